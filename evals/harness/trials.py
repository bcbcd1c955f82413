"""Trials: cases, arms and repetitions, each run once, graded and kept; what is there already is not done again.

    RESULTS/MODEL/eval-ID-NAME/ARM/run-K/     ARM: with_skill or without_skill, the layout of skill-creator
        outputs/          the workspace as the assistant left it
        transcript.jsonl  what the agent printed, stderr.txt what it complained of
        answer.md         its last message
        trial.json        how it ended, what it cost, whether it was proved and the skill used
        timing.json, grading.json
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Event, Lock
from typing import Any, NamedTuple

from harness.agents import FAILED, Agent, Bounds, run
from harness.answers import MESSAGE, TRANSCRIPT, Answer, data_of, lay_out, read_message
from harness.bundle import NAME, install
from harness.cases import Case, CaseError
from harness.grading import Grading, grade
from harness.transcript import Transcript
from harness.written import as_json

WITH, WITHOUT = ARMS = ("with", "without")
TRIAL, GRADING, OUTPUTS = "trial.json", "grading.json", "outputs"


class Trial(NamedTuple):
    """One repetition of one case in one arm with one model."""

    model: str
    case: Case
    arm: str
    number: int

    def folder(self, results: Path) -> Path:
        """Where it is kept."""
        return results / slug(self.model) / f"eval-{self.case.id}-{self.case.name}" / f"{self.arm}_skill" / f"run-{self.number}"

    def __str__(self) -> str:
        return f"{self.model} {self.case.name} {self.arm} {self.number}"


class Plan(NamedTuple):
    """What is to be run, and how."""

    results: Path
    agent: Agent
    bounds: Bounds
    most_dollars: float = 0.0
    """Of all runs together, 0 no bound: beyond it no further one is begun."""
    jobs: int = 1
    today: str = ""
    build: bool = True


class Done(NamedTuple):
    """What became of one trial."""

    trial: Trial
    status: str
    """How it ended; "kept" where it was there already, "left out" where the money was spent."""
    note: str = ""
    grading: Grading | None = None


def slug(text: str) -> str:
    """A name for a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.") or "model"


def trials(models: Sequence[str], cases: Sequence[Case], arms: Sequence[str], count: int) -> list[Trial]:
    """All of them; the repetitions outermost, so that what is cut off is cut off evenly."""
    return [Trial(model, case, arm, number) for number in range(1, count + 1) for model in models for case in cases for arm in arms]


def run_all(wanted: Iterable[Trial], plan: Plan) -> Iterator[Done]:
    """Run and grade what is not there yet, some at a time; yields each as it is done. Raises CaseError."""
    purse, stop = _Purse(plan.most_dollars), Event()
    with tempfile.TemporaryDirectory(prefix="writing-dockerfiles-evals-") as folder:
        skill = install(Path(folder))
        pool = ThreadPoolExecutor(plan.jobs, "trial")
        futures = [pool.submit(_one, trial, plan, skill, purse, stop) for trial in wanted]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


class _Purse:
    """The money that is left."""

    def __init__(self, most: float) -> None:
        self._most, self._spent, self._lock = most, 0.0, Lock()

    def pay(self, dollars: float | None) -> None:
        with self._lock:
            self._spent += dollars or 0.0

    @property
    def empty(self) -> bool:
        return bool(self._most) and self._spent >= self._most


def _one(trial: Trial, plan: Plan, skill: Path, purse: _Purse, stop: Event) -> Done:
    folder = trial.folder(plan.results)
    known = _read(folder / TRIAL)
    if known and (folder / GRADING).is_file():
        return Done(trial, "kept")
    if not known:
        if purse.empty:
            return Done(trial, "left out", f"{plan.most_dollars:g} dollars are spent")
        known = _perform(trial, plan, skill, folder, stop)
        purse.pay(known["dollars"])
    answer = Answer(folder / OUTPUTS, read_message(folder / MESSAGE))
    grading = grade(trial.case, answer, today=plan.today, build=plan.build)
    (folder / GRADING).write_text(as_json(grading), encoding="utf-8")
    return Done(trial, known["status"], known["reason"], grading)


def _perform(trial: Trial, plan: Plan, skill: Path, folder: Path, stop: Event) -> dict[str, Any]:
    """Run the assistant in a fresh copy of the workspace, far from the answers, and keep what it did; what trial.json then says."""
    case, bounds = trial.case, plan.bounds.of(trial.case)
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="task-") as place:
        workspace, prompt = Path(place, "workspace"), Path(place, "prompt.txt")
        lay_out(case, workspace)
        prompt.write_text(case.prompt + "\n", encoding="utf-8")
        before = data_of(workspace / case.dockerfile)
        command = plan.agent.command(trial.model, case, bounds, workspace, skill if trial.arm == WITH else None, prompt)
        ended = run(command, workspace, folder / TRANSCRIPT, folder / "stderr.txt", bounds.seconds, stop)
        shutil.copytree(workspace, folder / OUTPUTS, symlinks=True, ignore=_special)
    transcript = Transcript.read(folder / TRANSCRIPT)
    message = transcript.message if transcript.events else read_message(folder / TRANSCRIPT)
    if message is not None:
        (folder / MESSAGE).write_text(message, encoding="utf-8")
    proof = transcript.proof(case.dockerfile, data_of(folder / OUTPUTS / case.dockerfile), before)
    cost = transcript.cost
    status = FAILED if transcript.result.get("is_error") else ended.status
    found = {
        "case": case.name,
        "arm": trial.arm,
        "model": trial.model,
        "run": trial.number,
        "eval_id": case.id,
        "kind": case.kind,
        "should_trigger": case.should_trigger,
        "started": started,
        "status": status,
        "reason": ended.reason or (str(transcript.result.get("subtype") or "") if status == FAILED else ""),
        "seconds": round(ended.seconds, 3),
        "turns": cost.turns,
        "tokens": cost.tokens,
        "tokens_out": cost.tokens_out,
        "dollars": cost.dollars,
        "skill_used": transcript.uses(NAME) if transcript.events else None,
        "proof": proof._asdict() if transcript.events else None,
        "tool_calls": len(transcript.calls) if transcript.events else None,
    }
    timing = {"total_tokens": cost.tokens, "duration_ms": round(ended.seconds * 1000), "total_duration_seconds": round(ended.seconds, 3)}
    (folder / "timing.json").write_text(json.dumps(timing, indent=2) + "\n", encoding="utf-8")
    (folder / TRIAL).write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return found


def _special(folder: str, names: list[str]) -> list[str]:
    """What an assistant may leave and nobody can copy: sockets, pipes and devices."""
    kinds = {name: os.lstat(os.path.join(folder, name)).st_mode for name in names}
    return [name for name, mode in kinds.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        raise CaseError(f"{path} is no JSON: remove its folder, and the trial is run again") from None
    return found if isinstance(found, dict) else None
