"""Every Dockerfile that the skill shows: the good ones are silent, the bad ones are found, parts of one parse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dockerlint.rules import load

from .documents import DOCUMENTS, ROOT, Fence, fences, prose

TODAY = "2026-11-23"
BASE = "example.com/base:1"
"""Nothing is known of what it holds."""
AROUND = f"# syntax=docker/dockerfile:1\nFROM {BASE} AS build\nWORKDIR /src\n"
"""Stands above a part of a Dockerfile, so that it is one."""

PATHS = [*DOCUMENTS, ROOT / "examples" / "README.md", ROOT / "scripts" / "README.md"]
ALL = [fence for path in PATHS for fence in fences(path)]
SHOWN = [fence for fence in ALL if fence.language == "dockerfile"]
WHOLE = [fence for fence in SHOWN if fence.whole]
BAD = [fence for fence in SHOWN if fence.bad]
PARTS = [fence for fence in SHOWN if not fence.whole and not fence.bad]

KEYWORDS = "FROM RUN COPY ADD CMD ENTRYPOINT HEALTHCHECK ENV ARG USER WORKDIR EXPOSE VOLUME LABEL STOPSIGNAL SHELL ONBUILD".split()
INSTRUCTION = re.compile(rf"^[> ]*(?:{'|'.join(KEYWORDS)}) .|^# syntax=", re.MULTILINE)
PROVED = re.compile(r"^# (?:Builds|Runs) examples/[a-z-]+|^# Built by hand on \d{4}-\d\d-\d\d\b|^# Not built: \w", re.MULTILINE)
"""In a header: the tests build it on that application, somebody did on that day, or why nobody did."""

Findings = dict[Fence, list[dict[str, Any]]]


def complete(fence: Fence) -> str:
    if fence not in PARTS:
        return fence.text
    if " AS build\n" in fence.text:
        return AROUND.partition("FROM")[0] + fence.text
    if "--from=build" in fence.text and "FROM " not in fence.text:
        return f"{AROUND}FROM {BASE}\nWORKDIR /src\n{fence.text}"
    return AROUND + fence.text


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[Fence, Path]:
    """Each Dockerfile in a folder of its own, with nothing beside it."""
    folder = tmp_path_factory.mktemp("shown")
    paths = {fence: folder / str(number) / "Dockerfile" for number, fence in enumerate(SHOWN)}
    for fence, path in paths.items():
        path.parent.mkdir()
        path.write_text(complete(fence), encoding="utf-8")
    return paths


@pytest.fixture(scope="module")
def findings(files: dict[Fence, Path]) -> Findings:
    """What the validator says, by its own command line."""
    command = [sys.executable, str(ROOT / "scripts" / "validate_dockerfile.py"), "--no-config", "--today", TODAY, "--format", "json"]
    done = subprocess.run([*command, "--fail-on", "never", *map(str, files.values())], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    of_path = {str(path): fence for fence, path in files.items()}
    result: Findings = {fence: [] for fence in SHOWN}
    for finding in report["findings"]:
        result[of_path[finding["file"]]].append(finding)
    return result


def told(found: Iterable[dict[str, Any]], fence: Fence) -> str:
    above = complete(fence).removesuffix(fence.text).count("\n")
    return "\n".join(
        f"{fence.document}:{fence.line + finding['line'] - 1 - above}: {finding['code']} {finding['severity']}: {finding['message']}"
        for finding in found
    )


def test_there_are_dockerfiles_of_each_kind() -> None:
    assert len(WHOLE) >= 25
    assert len(BAD) >= 8
    assert len(PARTS) >= 20
    assert {fence.document for fence in WHOLE} >= {
        f"reference/{language}-dockerfiles.md" for language in ("python", "nodejs", "go", "rust", "java")
    }


def test_no_dockerfile_hides_under_another_name() -> None:
    """Nor in a quotation, an indented block or a fence that no Markdown has."""
    assert [str(fence) for fence in ALL if fence.language not in ("dockerfile", "console") and INSTRUCTION.search(fence.text)] == []
    lines = [(path, number, line) for path in PATHS for number, line in prose(path) if re.search("^[> ]|`{3}|~{3}", line)]
    assert [line for line in lines if re.search(f"`{{3}}|~{{3}}|{INSTRUCTION.pattern}", line[2])] == []


def ends(fence: Fence) -> bool:
    """Whether it has a base, a command, and all the stages that it takes from."""
    keywords = {line.partition(" ")[0] for line in fence.text.splitlines()}
    stages = set(re.findall(r"^FROM .* AS (\w+)$", fence.text, re.MULTILINE))
    return "FROM" in keywords and bool(keywords & {"CMD", "ENTRYPOINT"}) and set(re.findall(r"--from=(\w+)", fence.text)) <= stages


def test_whole_files_are_told_from_parts() -> None:
    """The proofs look for them among those that begin with `# syntax=`."""
    assert [str(fence) for fence in PARTS if ends(fence)] == []
    assert [str(fence) for fence in PARTS if re.search("^# (?:syntax=|.*examples/)", fence.text, re.MULTILINE)] == []


@pytest.mark.parametrize("fence", WHOLE, ids=str)
def test_whole_files_say_who_built_them(fence: Fence) -> None:
    header = fence.text.partition("\nFROM ")[0]
    assert PROVED.search(header), "neither built by the tests, nor said to be built by hand or not at all"
    assert "examples/" not in fence.text.removeprefix(header), "only the header says what is built"


@pytest.mark.parametrize("fence", SHOWN, ids=str)
def test_what_is_called_bad_is_marked(fence: Fence) -> None:
    called = fence.introduction.startswith(("Bad", "Wrong")) or fence.text.lstrip("# ").lower().startswith("bad")
    assert bool(fence.bad) == called, "`Bad: why.` above it, and its first line is `# Bad (CODE)`"


@pytest.mark.parametrize("fence", WHOLE, ids=str)
def test_whole_files_have_nothing_to_mend(fence: Fence, findings: Findings) -> None:
    bad = [finding for finding in findings[fence] if finding["severity"] in ("error", "warning")]
    assert not bad, told(bad, fence)


@pytest.mark.parametrize("fence", WHOLE, ids=str)
def test_whole_files_say_what_they_are_written_in(fence: Fence) -> None:
    assert fence.text.startswith("# syntax=docker/dockerfile:1\n")


@pytest.mark.parametrize("fence", PARTS, ids=str)
def test_parts_parse_and_have_nothing_to_mend(fence: Fence, findings: Findings) -> None:
    bad = [finding for finding in findings[fence] if finding["severity"] in ("error", "warning")]
    assert not bad, told(bad, fence)


@pytest.mark.parametrize("fence", BAD, ids=str)
def test_what_is_bad_is_found(fence: Fence, findings: Findings) -> None:
    assert fence.bad in load()
    assert fence.bad in {finding["code"] for finding in findings[fence]}, told(findings[fence], fence)
    assert not any(finding["breaks_build"] for finding in findings[fence]), "a bad example is bad because it builds"


def test_buildkit_refuses_none(files: dict[Fence, Path], judge: Callable[[Iterable[Path]], Iterator[dict[str, Any]]]) -> None:
    refused = {answer["file"]: answer["refused"]["reason"] for answer in judge(files.values()) if answer["refused"]}
    assert {str(fence): refused[str(path)] for fence, path in files.items() if str(path) in refused} == {}
