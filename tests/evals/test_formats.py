"""What is generated from the cases is in step with them, and has the shape that its readers want."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import formats
from harness.cases import EVALS, EXPECT, Case, all_cases, read_case

from .model_server import serving, text

TINY = Path(__file__).parent / "tiny" / "cases"


def test_what_is_kept_is_in_step_with_the_cases() -> None:
    assert formats.stale(all_cases()) == [], "evals/run.py --generate writes them anew"


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_prompt_has_what_claude_plugin_eval_reads(case: Case) -> None:
    assert case.front_matter["name"] == case.name
    assert case.front_matter["description"] and case.prompt


def test_evals_json_is_what_skill_creator_reads() -> None:
    document = json.loads((EVALS / "evals.json").read_text())
    assert document["skill_name"] == "writing-dockerfiles"
    for each in document["evals"]:
        assert isinstance(each["id"], int) and each["prompt"] and each["expected_output"] and each["expectations"]
        assert all((EVALS.parent / file).is_file() for file in each["files"])
    assert len(document["evals"]) == len(list(EVALS.glob(f"*/{EXPECT}")))


def test_triggers_json_has_prompts_that_must_and_must_not_trigger() -> None:
    document = json.loads((EVALS / "triggers.json").read_text())
    assert all(set(each) == {"query", "should_trigger"} for each in document)
    assert {each["should_trigger"] for each in document} == {True, False}
    assert len({each["query"] for each in document}) == len(document)


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, list[Case]]:
    cases = [read_case(shutil.copytree(path, tmp_path / path.name)) for path in sorted(TINY.iterdir())]
    formats.write(cases, tmp_path)
    return tmp_path, cases


def test_writing_mends_what_is_stale_and_nothing_else(written: tuple[Path, list[Case]]) -> None:
    folder, cases = written
    assert formats.write(cases, folder) == []
    (folder / "triggers.json").write_text("[]")
    (folder / "tiny-words" / "graders" / "date.md").unlink()
    (folder / "tiny-words" / "graders" / "of-old.md").write_text("gone")
    wrong = ["tiny-words/graders/date.md", "tiny-words/graders/of-old.md", "triggers.json"]
    assert formats.stale(cases, folder) == wrong == formats.write(cases, folder)
    assert formats.stale(cases, folder) == []


def front(path: Path) -> dict[str, Any]:
    _, text, body = path.read_text().split("---\n", 2)
    assert body.strip()
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_criteria_become_graders(written: tuple[Path, list[Case]]) -> None:
    folder, _ = written
    words, server = folder / "tiny-words" / "graders", folder / "tiny-server" / "graders"
    assert front(words / "date.md") == {
        "type": "regex", "pattern": "2028-06|june (30, )?2028", "flags": "im", "match": "contains", "target": "last_message",
    }  # fmt: skip
    assert front(words / "no-file.md") == {"type": "file_exists", "path": "Dockerfile", "exists": False}
    assert front(words / "skill.md") == {
        "type": "tool_used", "tool": "Skill", "input_match": "writing-dockerfiles", "min": 0, "max": 0, "arm": "both",
    }  # fmt: skip
    assert front(server / "skill.md")["min"] == 1
    assert front(server / "judged.md") == {"type": "llm", "weight": 8, "focus": "files"}
    assert "It answers" in (server / "judged.md").read_text()
    assert sorted(path.name for path in server.iterdir()) == ["how.md", "judged.md", "skill.md"]
    assert yaml.safe_load((folder / "tiny-server" / "case.yaml").read_text()) == {
        "schema_version": "1.1", "name": "tiny-server", "context": {"scaffold_script": "scaffold.sh"},
    }  # fmt: skip


def test_what_only_python_reads_is_left_to_a_judge() -> None:
    assert formats._regex(r"\Aall\Z", True, "last_message") == {}
    assert formats._regex(r"(?i)some", True, "last_message")["pattern"] == "some"


def test_the_real_client_reads_the_cases_and_scores_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = os.environ.get("EVALS_CLAUDE")
    if not client:
        pytest.skip("needs Claude Code: EVALS_CLAUDE names it where .ci/run has fetched it")
    plugin = tmp_path / "writing-dockerfiles"
    shutil.copytree(EVALS.parent / ".claude-plugin", plugin / ".claude-plugin")
    shutil.copy(EVALS.parent / "SKILL.md", plugin)
    cases = [read_case(shutil.copytree(path, plugin / "evals" / path.name)) for path in sorted(TINY.iterdir())]
    formats.write(cases, plugin / "evals")
    with serving([[text("Debian 12 gets them until 2028-06-30.")]]) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
        options = ["--runs", "1", "--model", "haiku", "--trust-plugin", "--no-publish", "--scaffold", "--output-dir", str(tmp_path / "out")]
        command = [client, "plugin", "eval", ".", "--case", "tiny-*", "--threshold", "0", *options]
        done = subprocess.run(command, cwd=plugin, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"tiny-words +1\.00 +1\.00", done.stdout), done.stdout
    assert re.search(r"tiny-server +0\.\d\d +0\.\d\d", done.stdout), "it is read, and the judge has its say"
