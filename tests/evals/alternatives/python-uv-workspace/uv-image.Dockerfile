FROM ghcr.io/astral-sh/uv:python3.14-trixie-slim AS build
ENV UV_LINK_MODE=copy UV_NO_EDITABLE=1
WORKDIR /app
RUN --mount=type=bind,target=/src,rw --mount=type=cache,target=/root/.cache/uv \
    cd /src && UV_PROJECT_ENVIRONMENT=/app/.venv uv sync --frozen --no-dev

FROM python:3.14-slim-trixie
COPY --from=build /app /app
USER nobody
ENTRYPOINT ["/app/.venv/bin/invoices"]
