"""Results as `run.py` keeps them, made up: what an assistant did is given, what a report must say of it is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.trials import slug

STATUS = {"+": "passed", "-": "failed", "?": "skipped"}


def keep(folder: Path, model: str, case: str, number: int, arm: str, run: int, marks: str, trial: Mapping[str, Any] = {}) -> None:
    """One trial; `marks` has a sign for each criterion, of STATUS."""
    place = folder / slug(model) / f"eval-{number}-{case}" / f"{arm}_skill" / f"run-{run}"
    place.mkdir(parents=True)
    expectations = [
        {"id": f"c-{at}", "text": f"Criterion {at} of {case} | holds", "passed": mark == "+", "status": STATUS[mark], "evidence": "seen"}
        for at, mark in enumerate(marks)
    ]
    usual = {
        "case": case, "arm": arm, "model": model, "run": run, "eval_id": number, "kind": "write",
        "should_trigger": case != "same", "status": "finished", "reason": "",
        "started": f"2026-11-2{run}T10:00:00+00:00", "seconds": 60.0 * run, "turns": 7, "tokens": 1000 * run, "tokens_out": 10,
        "dollars": 0.25, "skill_used": arm == "with", "proof": {"by": "prover", "passed": arm == "with", "seen": "seen"}, "tool_calls": 4,
    }  # fmt: skip
    (place / "trial.json").write_text(json.dumps({**usual, **trial}))
    (place / "grading.json").write_text(json.dumps({"expectations": expectations, "summary": {}}))


def keep_all(folder: Path, outcomes: Mapping[str, Mapping[str, Sequence[str]]], model: str = "haiku") -> Path:
    """Trials of several cases: case -> arm -> marks of each repetition."""
    for number, (case, arms) in enumerate(outcomes.items(), 1):
        for arm, runs in arms.items():
            for run, marks in enumerate(runs, 1):
                keep(folder, model, case, number, arm, run, marks)
    return folder


SAMPLE = {
    "helped": {"with": ["++", "++", "++"], "without": ["+-", "--", "+-"]},
    "same": {"with": ["++", "+-", "++"], "without": ["++", "+-", "++"]},
    "spoiled": {"with": ["+-", "+-", "+?"], "without": ["++", "++", "++"]},
    "lone": {"with": ["+"], "without": ["-"]},
}
