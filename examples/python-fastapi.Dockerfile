# syntax=docker/dockerfile:1
# A FastAPI service whose dependencies Poetry 2 locks.
# Size: 155 MB uncompressed, measured 2026-11-25.
#
#   docker build -f python-fastapi.Dockerfile -t quotes python-fastapi
#   docker build -f python-fastapi.Dockerfile --target test python-fastapi
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 8000:8000 quotes

FROM python:3.14-slim-trixie AS build
ENV POETRY_VIRTUALENVS_IN_PROJECT=1 \
    POETRY_VIRTUALENVS_OPTIONS_NO_PIP=1 \
    POETRY_NO_INTERACTION=1 \
    PIP_ROOT_USER_ACTION=ignore
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install poetry==2.5.1
WORKDIR /app
# Only Poetry's downloads are cached: its folder for environments is below the same /root/.cache/pypoetry.
RUN --mount=type=cache,target=/root/.cache/pypoetry/cache \
    --mount=type=cache,target=/root/.cache/pypoetry/artifacts \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    --mount=type=bind,source=poetry.lock,target=poetry.lock \
    poetry install --only main --no-root --compile
COPY src/ src/
# Bytecode that is never compared with the source: on a read-only root it could not be written again.
RUN python -m compileall -q --invalidation-mode unchecked-hash src

FROM build AS test
RUN --mount=type=cache,target=/root/.cache/pypoetry/cache \
    --mount=type=cache,target=/root/.cache/pypoetry/artifacts \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    --mount=type=bind,source=poetry.lock,target=poetry.lock \
    poetry install --no-root
RUN --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    --mount=type=bind,source=tests,target=tests \
    .venv/bin/pytest

FROM python:3.14-slim-trixie
RUN useradd --uid 10001 --no-create-home --no-log-init --shell /usr/sbin/nologin app
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app/src PYTHONUNBUFFERED=1
WORKDIR /app
# Two layers, both root's: a change of the source fetches the second alone, and the process can change neither.
COPY --from=build /app/.venv .venv
COPY --from=build /app/src src
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
