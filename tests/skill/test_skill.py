"""SKILL.md: its front matter by the specification of Agent Skills, its length, its routes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .documents import REFERENCES, SKILL, headings, links, name, prose, tokens

TEXT = SKILL.read_text(encoding="utf-8")
KEYS = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}


@pytest.fixture(scope="module")
def front_matter() -> dict[str, Any]:
    opening, text, _ = TEXT.split("---\n", 2)
    assert opening == ""
    loaded = yaml.safe_load(text)
    assert isinstance(loaded, dict)
    return loaded


def test_front_matter_has_only_what_the_specification_knows(front_matter: dict[str, Any]) -> None:
    assert set(front_matter) <= KEYS
    assert {"name", "description"} <= set(front_matter)
    assert all(isinstance(value, str) for key, value in front_matter.items() if key != "metadata")
    assert all(isinstance(value, str) for value in front_matter.get("metadata", {}).values())


def test_the_name_is_valid(front_matter: dict[str, Any]) -> None:
    assert front_matter["name"] == "writing-dockerfiles"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", front_matter["name"])
    assert len(front_matter["name"]) <= 64


def test_the_description_says_what_and_when_in_the_third_person(front_matter: dict[str, Any]) -> None:
    description = front_matter["description"]
    assert 0 < len(description) <= 1024
    assert not re.search(r"[<>]", description)
    assert re.match(r"[A-Z][a-z]+s\b", description), "begins with a verb in the third person"
    assert not re.search(r"\b(I|you|your|we)\b", description)
    assert "Use when" in description
    assert len(front_matter["compatibility"]) <= 500


@pytest.mark.parametrize(
    "words",
    [
        "write a Dockerfile for",
        "optimize this Dockerfile",
        "multi-stage build",
        "reduce Docker image size",
        "non-root",
        "distroless",
        "build secret",
        "why the image is so big",
    ],
)
def test_the_description_has_the_words_that_people_use(front_matter: dict[str, Any], words: str) -> None:
    assert words.lower() in front_matter["description"].lower()


def test_the_reference_validator_accepts_it(tmp_path: Path) -> None:
    validator = shutil.which("agentskills") or shutil.which("agentskills", path=str(Path(sys.executable).parent))
    if validator is None:
        pytest.skip("needs the reference validator of Agent Skills: pip install skills-ref")
    folder = tmp_path / "writing-dockerfiles"  # a skill's folder has its name, a checkout may have another
    folder.mkdir()
    shutil.copy(SKILL, folder)
    done = subprocess.run([validator, "validate", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_short_enough_to_be_read_each_time() -> None:
    assert 200 <= len(TEXT.splitlines()) <= 350
    assert tokens(TEXT) <= 3500


def test_the_counter_of_tokens_counts() -> None:
    assert tokens("") == 0
    assert tokens("RUN apt-get update\n") == 6
    assert tokens("internationalisation 12345") == 5


def test_every_reference_is_reached_from_it() -> None:
    reached = {target for _, target in links(SKILL)}
    assert {name(path) for path in REFERENCES} | {"reference/rules.md"} <= reached


@pytest.mark.parametrize(
    "heading", ["When to use", "When not to use", "To do X, read Y", "The loop", "Traps", "What to put in the answer", "Integration points"]
)
def test_it_has_the_sections_that_are_promised(heading: str) -> None:
    assert heading in [found.text for found in headings(SKILL)]


def test_there_are_enough_traps() -> None:
    lines = [line for _, line in prose(SKILL)]
    traps = lines[lines.index("## Traps") :]
    numbers = [int(match[1]) for line in traps if (match := re.match(r"(\d+)\. \*\*", line))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 15
