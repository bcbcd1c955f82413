"""SKILL.md and the references: links, contents, paths, commands and codes are those that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from dockerlint.rules import load

from .documents import DOCUMENTS, MANUALS, REFERENCES, ROOT, fences, headings, links, name

LONG = [path for path in REFERENCES if len(path.read_text(encoding="utf-8").splitlines()) > 100]
"""These have a table of contents."""

PROGRAMS = {
    "scripts/validate_dockerfile.py": [sys.executable, "scripts/validate_dockerfile.py"],
    "scripts/verify_image.py": [sys.executable, "scripts/verify_image.py"],
    "scripts/analyze_image_size.sh": ["scripts/analyze_image_size.sh"],
}
PATH = re.compile(r"(?<![\w./-])(?:scripts|reference|references|examples|evals|tests)/[\w.-]+(?:/[\w.-]+)*")

FORBIDDEN = {
    "a package registry": r"np[m]js\.|py[p]i\.org|python[h]osted|repo\d?\.ma[v]en|cr[a]tes\.io|proxy\.go[l]ang|ruby[g]ems\.org",
    "a machine's own path": r"(?<![\w.])/(?:work|home|Users)/(?!nonroot|gradle)\w+",
    "a heading that promises more": r"(?i)\b(?:TODO|TBD|FIXME)\b",
}
documents = pytest.mark.parametrize("path", DOCUMENTS, ids=name)
all_texts = pytest.mark.parametrize("path", [*DOCUMENTS, *MANUALS], ids=name)


def test_there_is_something_to_look_at() -> None:
    assert [path.stem for path in REFERENCES] == [
        "base-image-selection",
        "buildkit-features",
        "dockerignore",
        "go-dockerfiles",
        "image-size",
        "java-dockerfiles",
        "nodejs-dockerfiles",
        "python-dockerfiles",
        "rust-dockerfiles",
        "security-hardening",
    ]
    assert all(list(headings(path)) for path in DOCUMENTS)


@all_texts
def test_every_link_resolves(path: Path) -> None:
    for line, target in links(path):
        if target.startswith("https://"):
            continue
        file, _, fragment = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{name(path)}:{line}: {target}"
        if fragment:
            assert fragment in {heading.anchor for heading in headings(there)}, f"{name(path)}:{line}: {target}"


@all_texts
def test_no_heading_occurs_twice(path: Path) -> None:
    anchors = [heading.anchor for heading in headings(path)]
    assert len(anchors) == len(set(anchors))


@documents
def test_every_path_of_the_bundle_exists(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for match in PATH.finditer(line):
            assert (ROOT / match[0].rstrip(".")).exists(), f"{name(path)}:{number}: {match[0]}"


@pytest.mark.parametrize("path", LONG, ids=name)
def test_long_references_have_their_contents_first(path: Path) -> None:
    sections = [heading for heading in headings(path) if heading.level == 2]
    assert sections[0].text == "Contents"
    listed = [target for _, target in links(path) if target.startswith("#")][: len(sections) - 1]
    assert listed == [f"#{section.anchor}" for section in sections[1:]]


@all_texts
@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_is_named_that_does_not_belong(path: Path, what: str) -> None:
    found = re.search(FORBIDDEN[what], path.read_text(encoding="utf-8"))
    assert not found, f"{name(path)} names {what}: {found[0]}"


@all_texts
def test_every_rule_that_is_named_exists(path: Path) -> None:
    for code in re.findall(r"\bWD\d{3}\b", path.read_text(encoding="utf-8")):
        assert code in load(), f"{name(path)}: {code}"


@cache
def help_of(program: str) -> str:
    done = subprocess.run([*PROGRAMS[program], "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands() -> list[tuple[str, str]]:
    """Each call of one of our programs: where it stands, the command."""
    found = []
    for path in [*DOCUMENTS, *MANUALS]:
        blocks = [(f"{fence}", fence.text.replace("\\\n", " ")) for fence in fences(path) if fence.language in ("bash", "console")]
        spans = [(name(path), match[1]) for match in re.finditer(r"`([^`\n]+)`", path.read_text(encoding="utf-8"))]
        for where, text in [*blocks, *spans]:
            calls = re.split(r"\n|&&|\|\|?", re.sub(r"(?m)\s+#.*$", "", text))
            found += [(where, call.strip()) for call in calls if re.match(r"\s*(?:python3 )?scripts/\S+\s", call)]
    return found


def test_commands_of_our_programs_are_found() -> None:
    called = {program for _, command in commands() for program in PROGRAMS if program in command}
    assert called == set(PROGRAMS)


@pytest.mark.parametrize(("where", "command"), commands(), ids=[f"{where}-{number}" for number, (where, _) in enumerate(commands())])
def test_every_option_of_a_command_exists(where: str, command: str) -> None:
    words = shlex.split(re.sub(r" >.*", "", command))
    program = next(word for word in words if word.startswith("scripts/"))
    known = set(re.findall(r"--[a-z][a-z-]+", help_of(program)))
    used = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert used <= known, f"{where}: {command}"
