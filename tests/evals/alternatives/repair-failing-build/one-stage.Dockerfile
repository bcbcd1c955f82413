FROM python:3.14-slim-trixie
ENV PYTHONUNBUFFERED=1
WORKDIR /src
COPY . .
RUN pip install --no-cache-dir .
USER 10001:10001
EXPOSE 8000
CMD ["greeter"]
