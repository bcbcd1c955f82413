"""What the tables say of images that people build on; dates and releases are those of November 2026."""

from __future__ import annotations

import pytest

from dockerlint.knowledge.images import GLIBC_VERSIONS, SCRATCH, UNKNOWN, ImageFacts, facts
from dockerlint.references import parse


def of(text: str) -> ImageFacts:
    reference = parse(text)
    assert reference is not None
    return facts(reference)


@pytest.mark.parametrize(
    ("text", "family", "release"),
    [
        ("debian", "debian", "trixie"),
        ("debian:12.5-slim", "debian", "bookworm"),
        ("debian:stable-slim", "debian", "trixie"),
        ("debian:bookworm-20260803-slim", "debian", "bookworm"),
        ("ubuntu", "ubuntu", "26.04"),
        ("ubuntu:noble-20260810", "ubuntu", "24.04"),
        ("alpine", "alpine", "3.24"),
        ("alpine:3.18.4", "alpine", "3.18"),
        ("alpine:edge", "alpine", ""),
        ("python:3.14-slim", "debian", "trixie"),
        ("python:3.11.2-slim", "debian", "bullseye"),
        ("python:3.11.3", "debian", "bullseye"),
        ("python:3.11.4", "debian", "bookworm"),
        ("python:3-slim-bookworm", "debian", "bookworm"),
        ("python:3.9-alpine", "alpine", "3.22"),
        ("python:3.13.1-alpine", "alpine", ""),
        ("node:24-slim", "debian", "bookworm"),
        ("node:26-slim", "debian", "trixie"),
        ("node:lts", "debian", "trixie"),
        ("node:lts-krypton", "debian", "bookworm"),
        ("node:20-bullseye", "debian", "bullseye"),
        ("golang:1.24.5", "debian", "bookworm"),
        ("golang:1.24.6", "debian", "trixie"),
        ("golang:alpine3.21", "alpine", "3.21"),
        ("rust:1.88", "debian", "bookworm"),
        ("rust:1.89-slim", "debian", "trixie"),
        ("php:8.2-fpm", "debian", "trixie"),
        ("openjdk:17", "rhel", "8"),
        ("openjdk:17-slim", "debian", "bullseye"),
        ("eclipse-temurin:21", "ubuntu", "26.04"),
        ("eclipse-temurin:21.0.2_13-jre", "ubuntu", ""),
        ("eclipse-temurin:17-jre-jammy", "ubuntu", "22.04"),
        ("eclipse-temurin:21-jre-alpine-3.22", "alpine", "3.22"),
        ("maven:3.9-eclipse-temurin-21-alpine", "alpine", ""),
        ("amazoncorretto:21-al2023", "amazon", "2023"),
        ("nginx:1.27-bookworm", "debian", "bookworm"),
        ("mcr.microsoft.com/dotnet/sdk:10.0", "ubuntu", "24.04"),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled", "ubuntu", "22.04"),
        ("nvidia/cuda:12.4.1-devel-ubuntu22.04", "ubuntu", "22.04"),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "debian", "bookworm"),
        ("ghcr.io/astral-sh/uv:0.9", "scratch", ""),
        ("gcr.io/distroless/static-debian13:nonroot", "distroless", "trixie"),
        ("registry.access.redhat.com/ubi9/ubi-minimal", "rhel", "9"),
        ("quay.io/centos/centos:stream9", "rhel", "9"),
        ("public.ecr.aws/docker/library/python:3.14-slim", "debian", "trixie"),
        ("arm64v8/python:3.12-slim", "debian", "trixie"),
        ("mcr.microsoft.com/windows/servercore:ltsc2022", "windows", "ltsc2022"),
        ("mcr.microsoft.com/windows:ltsc2019", "windows", "ltsc2019"),
        ("mcr.microsoft.com/dotnet/framework/sdk:4.8", "windows", "4.8"),
        ("mcr.microsoft.com/dotnet/sdk:10.0-nanoserver-ltsc2022", "windows", "10.0-nanoserver-ltsc2022"),
        ("mcr.microsoft.com/powershell:lts-nanoserver-1809", "windows", "lts-nanoserver-1809"),
        ("python@sha256:" + "0" * 64, "", ""),
        ("somebody/something:1", "", ""),
    ],
)
def test_family_and_release(text: str, family: str, release: str) -> None:
    found = of(text)
    assert (found.family, found.release) == (family, release)


@pytest.mark.parametrize(
    ("text", "there", "missing"),
    [
        ("debian:13-slim", "useradd perl", "curl wget git adduser ps xz sudo"),
        ("debian:12-slim", "useradd adduser", "curl wget git"),
        ("ubuntu:24.04", "ps", "adduser curl sudo"),
        ("ubuntu:22.04", "adduser ps", "curl python3"),
        ("alpine:3.24", "wget adduser vi", "curl bash git useradd apt-get"),
        ("python:3.14", "git curl gcc python3", "node sudo"),
        ("python:3.14-slim", "python3 pip openssl", "git curl gcc adduser"),
        ("python:3.14-alpine", "wget python3", "git curl bash gcc"),
        ("golang:1.27", "git gcc go", "unzip node"),
        ("golang:1.27-alpine", "go wget", "git gcc bash make"),
        ("rust:1.98-slim", "gcc cargo", "make curl pkg-config"),
        ("php:8.4-fpm", "curl gcc xz", "git wget composer"),
        ("php:8.4-fpm-alpine", "curl tar", "git bash"),
        ("node:24-slim", "yarn corepack npm", "curl git python3"),
        ("node:25-slim", "yarn npm", "corepack"),
        ("node:26", "npm git", "corepack yarn"),
        ("nginx:1.31", "curl envsubst", "wget"),
        ("nginx:1.31-alpine", "curl wget", "bash"),
        ("nginx:1.31-alpine-slim", "wget envsubst", "curl"),
        ("eclipse-temurin:21-jre-noble", "curl wget java", "javac git"),
        ("eclipse-temurin:25-jre", "java update-ca-certificates", "javac git curl wget gpg"),
        ("maven:3.9-eclipse-temurin-25", "java mvn curl git", ""),
        ("gcr.io/distroless/python3-debian13", "python3", "sh ls curl pip"),
        ("scratch", "", "sh ls curl"),
        ("registry.access.redhat.com/ubi9/ubi-minimal", "curl microdnf", "useradd dnf git wget"),
    ],
)
def test_tools(text: str, there: str, missing: str) -> None:
    found = of(text)
    assert set(there.split()) <= found.tools
    assert set(missing.split()) <= found.missing
    assert not found.tools & found.missing


@pytest.mark.parametrize(
    ("text", "end", "of_what"),
    [
        ("python:3.9", "2025-10-31", "Python 3.9"),
        ("python:3.11-slim-bullseye", "2026-08-31", "Debian 11 (bullseye)"),
        ("node:20-alpine", "2026-04-30", "Node.js 20"),
        ("golang:1.25", "2026-08-19", "Go 1.25"),
        ("alpine:3.18", "2025-05-09", "Alpine 3.18"),
        ("ubuntu:20.04", "2025-05-31", "Ubuntu 20.04"),
        ("centos:7", "2024-06-30", "CentOS 7"),
        ("amazonlinux:2", "2026-06-30", "Amazon Linux 2"),
        ("mcr.microsoft.com/dotnet/aspnet:9.0", "2026-11-10", ".NET 9.0"),
        ("gcr.io/distroless/static-debian12", "2026-09-30", "distroless on Debian 12 (bookworm)"),
        ("gcr.io/distroless/python3-debian12", "2026-04-30", "distroless on Debian 12 (bookworm)"),
        ("node:18-buster", "2024-06-30", "Debian 10 (buster)"),
        ("rust:latest", "2030-06-30", "Debian 13 (trixie)"),
        ("golang:1.27-alpine", "2028-06-01", "Alpine 3.24"),
        ("somebody/something:1", "", ""),
    ],
)
def test_end_of_life(text: str, end: str, of_what: str) -> None:
    found = of(text)
    assert (found.end_of_life, found.end_of_life_of) == (end, of_what)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("openjdk:17-slim", "deprecated"),
        ("centos:7", "deprecated"),
        ("python:3.8-slim", "2024-10"),
        ("golang:1.22-alpine", "2025-02"),
        ("nginx:1.25", "2024-05"),
        ("bitnami/redis:7.2", "bitnamilegacy"),
        ("gcr.io/distroless/java17-debian12", "no longer built"),
        ("gcr.io/distroless/nodejs20-debian12:nonroot", "no longer built"),
        ("rockylinux:9", "rockylinux/rockylinux"),
    ],
)
def test_unpublished(text: str, reason: str) -> None:
    assert reason in of(text).unpublished


@pytest.mark.parametrize(
    "text",
    ["python:3.14", "python:3.10-slim", "node:22", "golang", "debian:12", "bitnami/redis", "eclipse-temurin:17"],
)
def test_published(text: str) -> None:
    assert of(text).unpublished == ""


@pytest.mark.parametrize(
    ("text", "user", "uids"),
    [
        ("node:24", "", {1000: "node"}),
        ("node:24-alpine", "", {1000: "node"}),
        ("ubuntu:24.04", "", {1000: "ubuntu"}),
        ("ubuntu:22.04", "", {}),
        ("debian:13", "", {}),
        ("oven/bun:1", "", {1000: "bun"}),
        ("gradle:9-jdk21", "", {1000: "gradle"}),
        ("nginxinc/nginx-unprivileged:1.31-alpine", "101", {}),
        ("gcr.io/distroless/base-debian13", "", {65532: "nonroot"}),
        ("gcr.io/distroless/base-debian13:nonroot", "65532", {65532: "nonroot"}),
        ("mcr.microsoft.com/dotnet/runtime:10.0-noble-chiseled", "1654", {1654: "app"}),
        ("somebody/something:1", "?", {}),
    ],
)
def test_accounts(text: str, user: str, uids: dict[int, str]) -> None:
    found = of(text)
    assert (found.user, dict(found.uids)) == (user, uids)


def test_nothing_is_known_of_nothing() -> None:
    assert facts(None) is UNKNOWN
    assert UNKNOWN.user == "?"


def test_nothing_has_a_shell() -> None:
    assert (SCRATCH.shell, SCRATCH.libc, SCRATCH.user) == ("none", "none", "")
    assert of("gcr.io/distroless/static-debian13").shell == "none"
    assert of("gcr.io/distroless/static-debian13:debug").shell == ""


def test_the_c_library_grows_with_the_release() -> None:
    assert GLIBC_VERSIONS["debian", "bookworm"] < GLIBC_VERSIONS["ubuntu", "24.04"] < GLIBC_VERSIONS["debian", "trixie"]
