"""Facts: what a Dockerfile says, through the model, whatever it is written like."""

from __future__ import annotations

from typing import Any

import pytest

from dockerlint.context import Context
from dockerlint.evaluate import evaluate
from dockerlint.model import Dockerfile, Options
from dockerlint.source import Source
from harness.facts import FACTS

WHOLE = """\
# syntax=docker/dockerfile:1
ARG GO=1.27
FROM --platform=$BUILDPLATFORM golang:${GO} AS build
ARG TARGETOS
ENV CGO_ENABLED=0
USER 4711
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=secret,id=netrc,target=/root/.netrc,required=true --mount=type=ssh \\
    export GOFLAGS=-trimpath && GOOS=$TARGETOS go build -ldflags="-s -w" -o /app ./...
RUN --mount=type=secret,id=token --mount=type=bind,source=go.mod,target=go.mod apt-get install -y --no-install-recommends git=1:2.*

FROM build AS test
RUN go test ./...

FROM gcr.io/distroless/static-debian13:nonroot AS base
LABEL org.opencontainers.image.title="an app"
ENV PORT=8080
EXPOSE 8080/tcp

FROM base
# USER root
COPY --from=build /app /app
COPY --from=busybox:1.37 /bin/busybox /bin/busybox
WORKDIR /data
HEALTHCHECK --interval=5s CMD ["/app", "healthy"]
STOPSIGNAL SIGINT
ENTRYPOINT ["/app", "serve"]
"""
OF_WHOLE: dict[str, Any] = {
    "stages": 3,
    "base": "gcr.io/distroless/static-debian13:nonroot",
    "base_name": "distroless/static-debian13",
    "base_tag": "nonroot",
    "base_pinned": False,
    "base_family": "distroless",
    "base_release": "trixie",
    "base_language": "",
    "base_has_shell": False,
    "outdated": [],
    "bases": ["golang:1.27", "gcr.io/distroless/static-debian13:nonroot"],
    "platforms": ["$BUILDPLATFORM"],
    "syntax": "docker/dockerfile:1",
    "user": "65532",
    "workdir": "/data",
    "command": "/app serve",
    "command_form": "exec",
    "ports": ["8080"],
    "healthcheck": "/app healthy",
    "stop_signal": "SIGINT",
    "env": ["PORT=8080"],
    "labels": ["org.opencontainers.image.title=an app"],
    "settings": ["CGO_ENABLED=0", "GOFLAGS=-trimpath", "GOOS=$TARGETOS", "PORT=8080"],
    "args": ["TARGETOS"],
    "commands": [
        "export GOFLAGS=-trimpath",
        "go build -ldflags=-s -w -o /app ./...",
        "apt-get install -y --no-install-recommends git=1:2.*",
    ],
    "image_commands": [],
    "system_packages": [],
    "packages": ["git"],
    "copies_from": ["build", "busybox:1.37"],
    "copied": ["/app -> /app", "/bin/busybox -> /bin/busybox"],
    "cache_mounts": ["/go/pkg/mod"],
    "bind_mounts": ["go.mod"],
    "secret_mounts": ["netrc", "token"],
    "optional_secrets": ["token"],
    "ssh_mounts": 1,
}
PLAIN = """\
# a comment
# syntax=docker/dockerfile:1
FROM node:18
RUN apt-get update && apt-get install -y curl
HEALTHCHECK NONE
CMD npm start
"""
OF_PLAIN: dict[str, Any] = {
    "stages": 1,
    "base_tag": "18",
    "base_language": "node 18",
    "base_has_shell": True,
    "outdated": ["node:18"],
    "syntax": "",
    "user": "root",
    "workdir": "",
    "command": "npm start",
    "command_form": "shell",
    "healthcheck": "",
    "system_packages": ["curl"],
    "image_commands": ["apt-get update", "apt-get install -y curl"],
}


def model(text: str) -> Dockerfile:
    return evaluate(Source("Dockerfile", text.encode()), Options(today="2026-11-25"), Context.of_files({"go.mod": ""}))


@pytest.mark.parametrize("name", OF_WHOLE)
def test_facts_of_a_build_with_stages(name: str) -> None:
    assert FACTS[name].of(model(WHOLE)) == OF_WHOLE[name]


@pytest.mark.parametrize("name", OF_PLAIN)
def test_facts_of_one_stage(name: str) -> None:
    assert FACTS[name].of(model(PLAIN)) == OF_PLAIN[name]


def test_every_fact_is_tried() -> None:
    assert set(OF_WHOLE) == set(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_of_nothing_is_empty(name: str) -> None:
    assert FACTS[name].of(model("# nothing\n")) in (0, "", [], False, True)


def test_scratch_has_no_name_but_its_own() -> None:
    of = model("FROM scratch\nCOPY app /\nUSER app:app\n")
    names = ("base", "base_name", "base_tag", "base_family", "user")
    assert [FACTS[name].of(of) for name in names] == ["scratch", "scratch", "", "scratch", "app:app"]
