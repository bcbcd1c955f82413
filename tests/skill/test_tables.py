"""The references' tables of base images and caches say what the validator goes by."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from dockerlint.knowledge.images import ImageFacts, facts
from dockerlint.knowledge.packages import MANAGERS
from dockerlint.references import parse

from .documents import ROOT

BASES, FEATURES = "base-image-selection.md", "buildkit-features.md"
ENDING = {
    "Debian": "debian:{}",
    "Ubuntu": "ubuntu:{}",
    "Alpine": "alpine:{}",
    "Python": "python:{}",
    "Node.js": "node:{}",
    "Go": "golang:{}",
    ".NET": "mcr.microsoft.com/dotnet/sdk:{}.0",
    "Amazon Linux": "amazonlinux:{}",
    "PHP": "php:{}",
    "PostgreSQL": "postgres:{}",
}
HOLDING = {
    "Debian slim": "debian:trixie-slim",
    "Ubuntu": "ubuntu:24.04",
    "Alpine": "alpine:3.24",
    "distroless": "gcr.io/distroless/base-debian13",
    "scratch": "scratch",
}


def rows(heading: str, document: str = BASES) -> Iterator[list[str]]:
    """The cells of a section's first table, its head first."""
    text = (ROOT / "reference" / document).read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for line in re.findall(r"^\|(.*)\|$", section, re.MULTILINE):
        if not line.startswith(" ---"):
            yield [cell.strip() for cell in line.split("|")]


def known(image: str) -> ImageFacts:
    return facts(parse(image))


def ends() -> list[tuple[str, str, str]]:
    """Row, version, date."""
    found = [(name, re.findall(r"([\d.]+) \((\d{4}-\d\d(?:-\d\d)?)", " ".join(cells))) for name, *cells in rows("End of life")]
    return [(name, version, day) for name, dates in found for version, day in dates if name != "distroless"]


def test_there_are_dates() -> None:
    assert {name for name, _, _ in ends()} == set(ENDING)


@pytest.mark.parametrize(("name", "version", "day"), ends())
def test_what_ends(name: str, version: str, day: str) -> None:
    image = known(ENDING[name].format(version))
    if image.end_of_life_of.startswith(name):
        assert image.end_of_life.startswith(day)
    else:  # its distribution ends first
        assert image.end_of_life and image.end_of_life[: len(day)] <= day


def commands() -> list[list[str]]:
    """Without the files, of which the validator knows nothing."""
    return [row for row in rows("What is in which") if re.match("`[a-z]", row[0])]


@pytest.mark.parametrize("row", commands(), ids=lambda row: row[0])
def test_what_is_in_which(row: list[str]) -> None:
    name, *cells = row
    for base, cell in zip(next(rows("What is in which"))[1:], cells, strict=True):
        image, is_there = known(HOLDING[base]), cell.startswith(("yes", "busybox"))
        if name == "`sh`":
            assert (image.shell != "none") == is_there, base
        else:
            assert name.strip("`") in (image.tools if is_there else image.missing) or image.shell == "none", base


def test_where_caches_are() -> None:
    table = list(rows("Where package managers keep their caches", FEATURES))[1:]
    shown = {path for cells in table for path in re.findall("`(/(?:root|var|go|usr)[^`]*)`", " ".join(cells[:2]))}
    caches = [cache for manager in MANAGERS for cache in manager.caches]
    paths = [path.replace("~", "/root") for cache in caches for path in (cache.path, cache.official) if path]
    assert len(shown) > 12
    assert {path for path in shown if not any(f"{path}/".startswith(f"{cache}/") for cache in paths)} == set()
