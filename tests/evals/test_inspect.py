"""The Inspect AI task: the real framework with a model that says what a list has for it, the same cases, the same grader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.cases import find_case

HERE = Path(__file__).parent
CASE = "keep-good-dockerfile"


def test_cases_are_samples_and_the_grader_scores_them(tmp_path: Path) -> None:
    python = os.environ.get("EVALS_INSPECT") or (sys.executable if find_spec("inspect_ai") else "")
    if not python:
        pytest.skip("needs Inspect AI: the extra [inspect] brings it, EVALS_INSPECT names a Python that has it")
    command = [python, str(HERE / "inspect_program.py"), CASE, str(tmp_path / "logs")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    kept, spoiled = json.loads(done.stdout.splitlines()[-1])
    case = find_case(CASE)
    assert kept["input"] == spoiled["input"] == case.prompt
    assert kept["value"] == {"pass_rate": 1.0, "solved": 1.0}
    assert spoiled["value"] == {"pass_rate": round(1 - 1 / len(case.criteria), 4), "solved": 0.0}
    assert "Dockerfile is changed" in spoiled["explanation"]
    assert "A Dockerfile is done when it was built" in kept["tools"][0], "the skill is there"
    assert "SKILL.md" in kept["tools"][1] and "# " in kept["tools"][1] and "evals" not in kept["tools"][1]
    assert "No such file" in spoiled["tools"][0] or "can't cd" in spoiled["tools"][0], "and is not in the other arm"
