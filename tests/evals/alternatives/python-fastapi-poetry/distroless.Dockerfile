# syntax=docker/dockerfile:1
ARG PYTHON=3.13
FROM python:${PYTHON}-slim-trixie AS build
ENV POETRY_VIRTUALENVS_CREATE=false
RUN python -m venv /opt/poetry && /opt/poetry/bin/pip install --no-cache-dir poetry~=2.5
WORKDIR /app
COPY pyproject.toml poetry.lock ./
RUN --mount=type=cache,target=/root/.cache/pypoetry/artifacts \
    python -m venv --without-pip .venv && . .venv/bin/activate && /opt/poetry/bin/poetry install --only=main --no-root

FROM gcr.io/distroless/python3-debian13:nonroot
ENV PYTHONPATH=/app/src:/app/site-packages
COPY --from=build /app/.venv/lib/python3.13/site-packages /app/site-packages
COPY src /app/src
EXPOSE 8000/tcp
HEALTHCHECK CMD ["/usr/bin/python3.13", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health')"]
ENTRYPOINT ["/usr/bin/python3.13", "-m", "uvicorn", "app.main:app", "--host", "0.0.0.0"]
