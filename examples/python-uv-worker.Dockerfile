# syntax=docker/dockerfile:1
# A worker without a port that finishes what it has begun when it is stopped; uv locks its dependencies.
# Size: 142 MB uncompressed, measured 2026-11-25.
#
# A uv.lock names the package index that it was made with, so that none is kept here: make it first, and keep yours in your repository.
#
#   uv lock --project python-uv-worker
#   docker build -f python-uv-worker.Dockerfile -t uptime python-uv-worker
#   docker build -f python-uv-worker.Dockerfile --target test python-uv-worker
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -e TARGETS=https://example.com/ uptime

FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

FROM python:3.14-slim-trixie AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=0
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-dev --no-install-project
COPY src/ src/
# Bytecode that is never compared with the source: on a read-only root it could not be written again.
RUN python -m compileall -q --invalidation-mode unchecked-hash src

FROM build AS test
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project
RUN --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    --mount=type=bind,source=tests,target=tests \
    .venv/bin/pytest

FROM python:3.14-slim-trixie
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app/src PYTHONUNBUFFERED=1
WORKDIR /app
# Two layers, both root's: a change of the source fetches the second alone, and the process can change neither.
COPY --from=build /app/.venv .venv
COPY --from=build /app/src src
# A number needs no account.
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["python", "-m", "uptime.health"]
CMD ["python", "-m", "uptime"]
