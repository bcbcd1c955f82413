# syntax=docker/dockerfile:1
FROM python:3.13-alpine AS builder
RUN pip install --no-cache-dir "poetry>=2,<3"
WORKDIR /app
COPY pyproject.toml poetry.lock ./
RUN poetry config virtualenvs.in-project true && poetry install --only=main --no-root --no-interaction --no-ansi

FROM python:3.13-alpine AS runtime
RUN addgroup -S app && adduser -S -G app -h /app app
WORKDIR /app
COPY --from=builder /app/.venv /app/.venv
COPY src/app ./app
ENV PATH="/app/.venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
USER app
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD wget -qO- http://127.0.0.1:8000/health || exit 1
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
