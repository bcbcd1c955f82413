FROM python:3.14-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY . .
RUN uv lock --check && uv build --all-packages --wheel --out-dir /wheels && python -m venv /venv \
    && uv pip install --python /venv --no-cache /wheels/*.whl

FROM python:3.14-slim
ENV PYTHONUNBUFFERED=1
COPY --from=build /venv /venv
USER 1234:1234
CMD ["/venv/bin/invoices"]
