"""What is made for the workspaces is the same every time, and our programs find in it what the frozen answers say."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dockerlint.check import judge
from dockerlint.config import Configurations
from dockerlint.context import Context
from dockerlint.source import Source
from harness.answers import lay_out
from harness.cases import Case, all_cases
from imagesize.cli import main as analyze
from made import MAKERS, services


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def report(capsys: pytest.CaptureFixture[str], *images: Path) -> dict[str, Any]:
    assert analyze([*map(str, images), "--format", "json", "--top", "0"]) == 0
    return dict(json.loads(capsys.readouterr().out))


MADE = [case for case in all_cases() if case.make]


@pytest.mark.parametrize("case", MADE, ids=lambda case: case.name)
def test_what_is_made_is_the_same_twice(case: Case, tmp_path: Path) -> None:
    for each in ("one", "two"):
        lay_out(case, tmp_path / each)
    kept = digests(case.workspace) if case.workspace else {}
    assert digests(tmp_path / "one") == digests(tmp_path / "two") != kept


def test_every_maker_makes_a_workspace() -> None:
    assert {name for case in MADE for name in case.make} == set(MAKERS)


def test_the_waste_of_the_wasteful_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    MAKERS["wasteful-image"](tmp_path)
    image = report(capsys, tmp_path / "shop.tar")["images"][0]
    by_layer: dict[str, int] = {}
    for each in image["waste"]:
        instruction = image["layers"][each["wasted_by"]]["instruction"]
        by_layer[instruction.split()[1]] = by_layer.get(instruction.split()[1], 0) + each["bytes"]
    assert by_layer == {"chown": 2_698_033, "rm": 1_262_520, "python": 655_360}
    assert sum(by_layer.values()) == image["wasted_bytes"] == 4_615_913


def test_the_token_of_the_leaking_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    MAKERS["leaking-image"](tmp_path)
    image = report(capsys, tmp_path / "acme.tar")["images"][0]
    deleted = {each["path"]: image["layers"][each["added_by"]]["instruction"] for each in image["waste"]}
    assert deleted == {
        "srv/packages/web/.npmrc": "COPY packages packages",
        "srv/packages/web/README.md": "COPY packages packages",
        "srv/.npmrc": "COPY .npmrc ./",
    }
    assert (tmp_path / "acme.tar").read_bytes().count(b"_authToken=npm_") == 1


def test_what_grew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    MAKERS["grown-images"](tmp_path)
    comparison = report(capsys, tmp_path / "shop-1.4.tar", tmp_path / "shop-1.5.tar")["comparison"]
    assert {row["name"]: row["delta"] for row in comparison["packages"]} == {
        "pip pillow": 812_345,
        "pip tzdata": 655_292,
        "pip lxml": -390_024,
    }
    assert {row["name"]: row["delta"] for row in comparison["files"]}["srv/data/cities.csv"] == 1_048_576


def test_the_validator_finds_the_services_that_break_the_policy() -> None:
    """All but those whose tag comes from an ARG: the rule on `latest` leaves variables alone, and a reader has to see to them."""
    settings, _ = Configurations({"today": "2026-11-25", "shellcheck": "never"}, enabled=False).of("Dockerfile")
    policy = {"WD221", "WD222", "WD601", "WD602", "WD702", "WD703"}
    found = {
        name
        for name, text, _ in services()
        if policy & {each.code for each in judge(Source("Dockerfile", text.encode()), settings, Context(".", "Dockerfile")).findings}
    }
    breaking = {name for name, _, breaks in services() if breaks}
    by_argument = {name for name, text, _ in services() if "VERSION=latest" in text}
    assert len(list(services())) == 60
    assert len(breaking) == 14
    assert found == breaking - by_argument
    assert 0 < len(by_argument) < len(breaking)
