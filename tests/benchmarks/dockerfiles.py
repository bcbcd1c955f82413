"""A few hundred Dockerfiles that look like those of real repositories, the same ones on every run.

usage: python tests/benchmarks/dockerfiles.py FOLDER [NUMBER]

They are random sentences of a small grammar: «a¦b» is one of a and b, «@name» the text or some of the words of that name, and what is
empty may well be chosen.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

SEED = 20261123

WORDS = {
    "debian": """
        build-essential ca-certificates curl default-libmysqlclient-dev ffmpeg git gnupg imagemagick jq libcurl4-openssl-dev libffi-dev
        libjpeg-dev libmagic1 libpq-dev libssl-dev libxml2-dev libxslt1-dev locales make netcat-openbsd nginx openssh-client pkg-config
        procps python3-pip rsync sudo supervisor tini tzdata unzip vim wget xz-utils zlib1g-dev libsqlite3-0=3.46* openssl=3.*""",
    "alpine": """
        bash build-base ca-certificates curl gcc git jq libffi-dev libpq make musl-dev nodejs npm openssh openssl-dev python3 su-exec
        tini tzdata""",
    "wheels": """
        alembic boto3 celery cryptography django==5.2 fastapi flask gunicorn httpx numpy pandas psycopg2-binary pydantic redis requests
        uvicorn[standard]""",
    "extensions": "bcmath exif gd intl mbstring mysqli opcache pcntl pdo_mysql pdo_pgsql soap zip",
}

TEXTS = {
    # -- what many files have -------------------------------------------------------------------------------------------------
    "name": "«api¦app¦backend¦gateway¦service¦site¦web¦worker»",
    "port": "«80¦3000¦5000¦8000¦8080¦9000»",
    "note": """«¦¦# «Install dependencies¦Set the working directory¦Copy the application¦Build¦TODO: pin versions¦hadolint ignore=DL3008»
»""",
    "apt": r"""«@note»RUN «¦¦--mount=type=cache,target=/var/cache/apt,sharing=locked \
    »apt-get update «&& ¦&& \
    »apt-get install «-y¦-y --no-install-recommends¦-yq --no-install-recommends» \
        «@debian»«¦ \
    && rm -rf /var/lib/apt/lists/*¦ && \
    apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/* /var/tmp/*»
""",
    "apk": "«@note»RUN apk add «--no-cache¦--update¦--no-cache --virtual .build-deps» «@alpine»\n",
    "download": r"""
ARG TOOL_VERSION=«1¦2¦3».«0¦4¦12».«0¦1»
RUN set -eux; \
    arch="$(«dpkg --print-architecture¦uname -m»)"; \
    case "$arch" in \
        amd64 | x86_64) arch=amd64 ;; \
        arm64 | aarch64) arch=arm64 ;; \
        *) echo >&2 "unsupported architecture: $arch"; exit 1 ;; \
    esac; \
    curl -fsSL «-o /tmp/x.tar.gz https://downloads.example.com/«@name»/v${TOOL_VERSION}/linux-$arch.tar.gz; \
    «¦echo "$SHA256  /tmp/x.tar.gz" | sha256sum -c -; »tar -xzf /tmp/x.tar.gz -C /usr/local/bin; \
    rm /tmp/x.tar.gz¦https://downloads.example.com/«@name»-$arch.tar.gz | tar -xz -C /usr/local/bin»
""",
    "heredoc": """
RUN <<«EOF¦-EOF¦'EOF'»
set -e
mkdir -p /etc/«@name»
for part in «@wheels»; do
  echo "$part" >> /etc/«@name»/parts
done
EOF
""",
    "more": r"""«¦¦@download»«¦¦¦¦¦¦¦¦@heredoc»«¦¦LABEL org.opencontainers.image.title="«@name»" maintainer="team@example.com"
»«¦¦ENV TZ=UTC \
    LOG_LEVEL=«info¦debug» \
    PORT=«@port»
»«¦¦¦¦ARG VERSION=«dev¦1.2.3¦latest»
RUN echo $VERSION > /version.txt
»«¦¦¦¦¦¦¦ADD https://downloads.example.com/wait-for-it.sh /usr/local/bin/
RUN chmod +x /usr/local/bin/wait-for-it.sh
»«¦¦¦¦¦¦VOLUME ["/data"]
»""",
    "user": """«¦RUN «adduser --disabled-password --gecos '' app¦useradd -m -u 1001 app¦groupadd -r app && useradd -r -g app app»\
«¦ && chown -R app /app»
USER «app¦1001¦app:app»
»""",
    "expose": """«¦EXPOSE «@port»
»«¦¦HEALTHCHECK --interval=30s --timeout=3s CMD curl -f http://localhost:«@port»/health || exit 1
»""",
    # -- whole files ----------------------------------------------------------------------------------------------------------
    "python": """
FROM python:«3.14-slim¦3.13¦3.12-slim-bookworm¦3.11¦3.9¦latest»
«¦ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
»WORKDIR /app
«¦@apt»«COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt¦COPY . .
RUN pip3 install -r requirements.txt¦RUN pip install «@wheels»
COPY . /app¦COPY pyproject.toml poetry.lock ./
RUN pip install poetry==2.2.1 && poetry config virtualenvs.create false && poetry install --only main¦COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev»
«@more»«@user»«@expose»CMD «gunicorn app:app¦["uvicorn", "main:app", "--host", "0.0.0.0"]¦["python", "app.py"]¦python manage.py runserver»
""",
    "node": """
FROM node:«24-slim¦22-alpine¦20¦18-alpine¦lts¦latest» AS build
WORKDIR /app
«@note»«COPY package*.json ./
RUN npm ci --omit=dev && npm cache clean --force¦COPY package.json yarn.lock ./
RUN yarn install --frozen-lockfile¦COPY . .
RUN npm install¦COPY package.json pnpm-lock.yaml ./
RUN corepack enable && pnpm install --frozen-lockfile¦COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npm_token NPM_TOKEN=$(cat /run/secrets/npm_token) npm ci»
COPY . .
RUN npm run build«¦ && npm prune --production»

«FROM nginx:«alpine¦1.29¦stable-alpine»
COPY --from=build /app/dist /usr/share/nginx/html
«@more»EXPOSE 80¦FROM node:«24-slim¦22-alpine¦20»
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app .
«@more»«¦USER node
»«@expose»CMD «["node", "server.js"]¦npm start¦["npm", "run", "start"]»»
""",
    "go": """
FROM --platform=$BUILDPLATFORM golang:«1.27¦1.26-alpine¦1.24-bookworm» AS build
ARG TARGETOS TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN «¦--mount=type=cache,target=/go/pkg/mod »go mod download
COPY . .
RUN «¦CGO_ENABLED=0 »GOOS=$TARGETOS GOARCH=$TARGETARCH go build«¦ -ldflags="-s -w"¦ -trimpath -ldflags "-X main.version=${VERSION}"» \
    -o /out/«@name» ./cmd/«@name»

«FROM gcr.io/distroless/static-debian13¦FROM scratch¦FROM alpine:3.22
«@apk»¦FROM debian:13-slim
«@apt»»
COPY --from=build /out/ /usr/local/bin/
«¦USER 65532:65532
»«@expose»ENTRYPOINT ["/usr/local/bin/«@name»", "serve"]
""",
    "java": """
«FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /build
COPY pom.xml .
RUN mvn -B dependency:go-offline
COPY src ./src
RUN mvn -B package -DskipTests¦FROM gradle:8-jdk21 AS build
COPY --chown=gradle:gradle . /build
WORKDIR /build
RUN gradle build --no-daemon -x test»

FROM «eclipse-temurin:25-jre¦eclipse-temurin:21-jre-alpine¦openjdk:17-jdk-slim¦amazoncorretto:21»
WORKDIR /app
«¦ENV JAVA_OPTS="-Xmx512m -XX:+UseG1GC"
»COPY --from=build /build/target/*.jar app.jar
«@more»«@user»«@expose»ENTRYPOINT «["java", "-jar", "app.jar"]¦java $JAVA_OPTS -jar app.jar¦["sh", "-c", "java $JAVA_OPTS -jar app.jar"]»
""",
    "rust": """
FROM rust:«1.91-slim¦1¦latest» AS builder
WORKDIR /usr/src/app
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo 'fn main() {}' > src/main.rs && cargo build --release && rm -rf src
COPY src ./src
RUN «¦--mount=type=cache,target=/usr/local/cargo/registry »touch src/main.rs && cargo build --release«¦ --locked»

FROM debian:«trixie-slim¦bookworm-slim¦12»
«@apt»COPY --from=builder /usr/src/app/target/release/«@name» /usr/local/bin/
«@user»«@expose»CMD ["«@name»"]
""",
    "php": """
FROM php:«8.4-fpm¦8.3-apache¦8.2-fpm¦7.4-fpm»
«@apt»RUN docker-php-ext-install -j$(nproc) «@extensions»
«¦RUN pecl install redis xdebug && docker-php-ext-enable redis xdebug
»COPY --from=composer:2 /usr/bin/composer /usr/bin/composer
WORKDIR /var/www/html
COPY . .
RUN composer install --no-dev --optimize-autoloader
«¦RUN chown -R www-data:www-data storage bootstrap/cache && chmod -R 775 storage
»«@more»«@expose»CMD ["php-fpm"]
""",
    "ruby": """
FROM ruby:«3.4-slim¦3.3¦2.7-slim»
«@apt»ENV RAILS_ENV=production BUNDLE_WITHOUT=development:test
WORKDIR /rails
COPY Gemfile Gemfile.lock ./
RUN gem install bundler && bundle install --jobs 4 && rm -rf ~/.bundle/ "${BUNDLE_PATH}"/ruby/*/cache
COPY . .
«¦RUN SECRET_KEY_BASE=dummy bundle exec rails assets:precompile
»«@more»«@user»«@expose»CMD bundle exec puma -C config/puma.rb
""",
    "tools": r"""
FROM «ubuntu:24.04¦debian:bookworm¦ubuntu:22.04¦ubuntu¦debian:13-slim»
«¦¦SHELL ["/bin/bash", "-o", "pipefail", "-c"]
»ARG DEBIAN_FRONTEND=noninteractive
«@apt»«@more»«¦@download»«¦RUN curl -sL https://downloads.example.com/setup.sh | bash - && apt-get install -y nodejs
»«¦RUN echo "deb [signed-by=/usr/share/keyrings/x.gpg] https://apt.example.com stable main" > /etc/apt/sources.list.d/x.list
»«¦RUN if [ "$(uname -m)" = x86_64 ]; then \
      ln -s /usr/lib/x86_64-linux-gnu /usr/lib/native; \
    fi
»«¦RUN cd /opt && git clone --depth 1 https://git.example.com/tool.git && cd tool && make && make install && rm -rf /opt/tool
»COPY entrypoint.sh /
RUN chmod +x /entrypoint.sh
ENTRYPOINT ["/entrypoint.sh"]
""",
}

KINDS = "python python python node node node go go java rust php ruby tools tools".split()

_CHOICE = re.compile("«([^«»]*)»")


def dockerfiles(number: int) -> Iterator[str]:
    """The text of so many Dockerfiles."""
    for index in range(number):
        choose = random.Random(SEED + index)
        syntax = choose.choice(["# syntax=docker/dockerfile:1\n", "", ""])
        yield syntax + _said(TEXTS[KINDS[index % len(KINDS)]].lstrip("\n"), choose)


def _said(text: str, choose: random.Random) -> str:
    while match := _CHOICE.search(text):
        said = choose.choice(match[1].split("¦"))
        name = said[1:]
        if said[:1] == "@" and name in WORDS:
            words = WORDS[name].split()
            said = " ".join(sorted(choose.sample(words, choose.randint(2, min(len(words), 12)))))
        elif said[:1] == "@":
            said = TEXTS[name]
        text = text[: match.start()] + said + text[match.end() :]
    return text


def write(folder: Path, number: int = 300) -> list[Path]:
    """Write them below a folder, each in one of its own; their paths."""
    paths = []
    for index, text in enumerate(dockerfiles(number)):
        path = folder / f"{index:03}" / "Dockerfile"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths.append(path)
    return paths


if __name__ == "__main__":
    write(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
