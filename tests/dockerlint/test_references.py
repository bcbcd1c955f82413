"""The reference grammar, case by case; every verdict here is also BuildKit's."""

from __future__ import annotations

import pytest

from dockerlint.references import parse

SHA256 = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "registry", "repository", "name", "tag", "digest"),
    [
        ("python", "docker.io", "library/python", "python", "", ""),
        ("python:3.14-slim", "docker.io", "library/python", "python", "3.14-slim", ""),
        ("library/python", "docker.io", "library/python", "python", "", ""),
        ("docker.io/python", "docker.io", "library/python", "python", "", ""),
        ("docker.io/library/python:3", "docker.io", "library/python", "python", "3", ""),
        ("index.docker.io/python", "docker.io", "library/python", "python", "", ""),
        ("grafana/grafana:12.0", "docker.io", "grafana/grafana", "grafana/grafana", "12.0", ""),
        ("docker.io/library/a/b", "docker.io", "library/a/b", "library/a/b", "", ""),
        ("localhost/app", "localhost", "app", "app", "", ""),
        ("localhost:5000/app:1", "localhost:5000", "app", "app", "1", ""),
        ("host:80/library/app", "host:80", "library/app", "library/app", "", ""),
        ("gcr.io/distroless/static-debian13:nonroot", "gcr.io", *["distroless/static-debian13"] * 2, "nonroot", ""),
        ("[::1]:5000/app", "[::1]:5000", "app", "app", "", ""),
        ("1.2.3.4/app", "1.2.3.4", "app", "app", "", ""),
        ("Team/app", "Team", "app", "app", "", ""),  # capitals make it a host name
        ("my__host.io/app", "", "my__host.io/app", "my__host.io/app", "", ""),  # no host name, yet a valid path
        (f"alpine@{SHA256}", "docker.io", "library/alpine", "alpine", "", SHA256),
        (f"alpine:3.24@{SHA256}", "docker.io", "library/alpine", "alpine", "3.24", SHA256),
        ("a--b.c_d__e:_x", "docker.io", "library/a--b.c_d__e", "a--b.c_d__e", "_x", ""),
        ("a" * 247, "docker.io", "library/" + "a" * 247, "a" * 247, "", ""),
        ("gcr.io/" + "a" * 255, "gcr.io", "a" * 255, "a" * 255, "", ""),
        ("x:" + "t" * 128, "docker.io", "library/x", "x", "t" * 128, ""),
        ("f" * 63, "docker.io", "library/" + "f" * 63, "f" * 63, "", ""),
    ],
)
def test_accepts(text: str, registry: str, repository: str, name: str, tag: str, digest: str) -> None:
    reference = parse(text)
    assert reference == (text, registry, repository, name, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Python",
        "python:",
        "python@",
        "python:-slim",
        "python:.slim",
        "python:3.14+slim",
        "python:3:14",
        "python:ü",
        "x:" + "t" * 129,
        "team/App",
        "gcr.io/App",
        "a..b",
        "a._b",
        "a___b",
        "-a",
        "a-",
        "a/",
        "/a",
        "a//b",
        "a b",
        "python\n",
        "ü",
        "0" * 64,  # an image id
        "a" * 248,  # "library/" counts
        "gcr.io/" + "a" * 256,
        "[]:80/app",
        "[::1/app",
        "host:port/app",
        "host:/app",
        "host:٣/app",
        "-host.io/app",
        "ubuntu:24.04/app",
        "alpine@sha256:" + "0" * 63,
        "alpine@sha256:" + "A" * 64,
        "alpine@SHA256:" + "0" * 64,
        "alpine@md5:" + "0" * 32,
        "alpine@sha512:" + "0" * 64,
        f"alpine@{SHA256}:3.24",
        f"alpine@{SHA256}@{SHA256}",
        "$IMAGE",
        "https://docker.io/python",
    ],
)
def test_refuses(text: str) -> None:
    assert parse(text) is None
