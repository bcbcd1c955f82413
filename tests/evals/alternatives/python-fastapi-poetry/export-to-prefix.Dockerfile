FROM python:3.13-slim AS builder
RUN pip install --no-cache-dir poetry==2.5.1 poetry-plugin-export
WORKDIR /build
COPY pyproject.toml poetry.lock ./
RUN poetry export --only main --output requirements.txt \
    && pip install --no-cache-dir --prefix=/install --require-hashes -r requirements.txt

FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-log-init app
WORKDIR /app
COPY --from=builder /install /usr/local
COPY src/ .
USER app
EXPOSE 8000
HEALTHCHECK CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health')" || exit 1
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
