# syntax=docker/dockerfile:1
FROM python:3.14-slim-trixie
ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY activate.py reports.py ./
RUN --mount=type=secret,id=LICENSE_KEY,required=true LICENSE_KEY=$(cat /run/secrets/LICENSE_KEY) python activate.py license.json
USER 10001:10001
EXPOSE 8000
CMD ["python", "reports.py"]
