"""The cases as an Inspect AI task, graded by the same grader: for many models on many machines. Needs the extra [inspect].

    inspect eval evals/inspect_task.py --model anthropic/claude-sonnet-4-5 --epochs 5
    inspect eval evals/inspect_task.py --model … -T arm=without
    inspect eval evals/inspect_task.py --model … -T case='python-*' -T sandbox=docker -T build=false

Each sample is one case: its workspace lies in the sandbox, in the arm `with` the skill, too (in .agents/skills, which is not graded). The
score is the share of criteria that passed, `solved` whether all did; images are built where the task runs, not in the sandbox.
"""

from __future__ import annotations

import asyncio
import base64
import io
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.agent import Agent, react
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState
from inspect_ai.tool import Skill, Tool, bash, skill, text_editor
from inspect_ai.util import sandbox as sandbox_of

sys.path.extend(str(Path(__file__).resolve().parents[up] / name) for up, name in ((0, ""), (1, "scripts")))

from harness.answers import Answer, lay_out
from harness.bundle import NAME, install
from harness.cases import Case, all_cases
from harness.grading import grade as grade_answer
from harness.written import document, table

SKILLS = ".agents/skills"
SECONDS = 300
"""Of one command of the assistant's."""


@task
def writing_dockerfiles(arm: str = "with", case: str = "*", sandbox: str = "local", build: bool = True, today: str = "") -> Task:
    """All cases whose names match a glob, with the skill or without it."""
    if arm not in ("with", "without"):
        raise ValueError(f"there is no arm {arm!r}: with and without are")
    place = Path(tempfile.mkdtemp(prefix="writing-dockerfiles-inspect-"))
    copy = install(place) if arm == "with" else None
    cases = [each for each in all_cases() if fnmatch(each.name, case)]
    return Task(
        dataset=MemoryDataset([_sample(each, place / "workspaces" / each.name, copy) for each in cases], name=f"{NAME}-{arm}"),
        solver=_assistant(copy),
        scorer=criteria(case, build, today),
        sandbox=sandbox,
        message_limit=100,
    )


def _sample(case: Case, workspace: Path, copy: Path | None) -> Sample:
    lay_out(case, workspace)
    files = dict(_files(workspace, ""))
    if copy:
        files |= dict(_files(copy, f"{SKILLS}/{NAME}/"))
        del files[f"{SKILLS}/{NAME}/SKILL.md"]  # which the tool writes
    return Sample(input=case.prompt, id=case.name, target=case.expected_output, files=files, metadata={"kind": case.kind})


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Where a file goes in the sandbox, and what is in it: as data, for what is binary stays so."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = base64.b64encode(path.read_bytes()).decode()
            yield f"{prefix}{path.relative_to(folder).as_posix()}", f"data:application/octet-stream;base64,{data}"


def _assistant(copy: Path | None) -> Agent:
    tools: list[Tool] = [bash(timeout=SECONDS), text_editor()]
    return react(tools=[*tools, skill([_specification(copy)], dir=SKILLS)] if copy else tools, submit=False)


def _specification(copy: Path) -> Skill:
    """SKILL.md; its folders are laid out by the sample, because the tool knows only three that are called otherwise."""
    import yaml

    _, front, text = (copy / "SKILL.md").read_text(encoding="utf-8").split("---\n", 2)
    return Skill(**yaml.safe_load(front), instructions=text.strip())


@scorer(metrics={"pass_rate": [mean(), stderr()], "solved": [mean(), stderr()]})
def criteria(glob: str, build: bool, today: str) -> Scorer:
    """The grader: what it sees is the workspace as the assistant left it, and its last message."""
    cases = {case.name: case for case in all_cases() if fnmatch(case.name, glob)}

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001 - every scorer is given it
        case = cases[str(state.sample_id)]
        with tempfile.TemporaryDirectory(prefix="answer-") as place:
            workspace = Path(place, "workspace")
            await _fetch(workspace)
            answer = Answer(workspace, state.output.completion)
            grading = await asyncio.to_thread(grade_answer, case, answer, today=today, build=build)
        whole = document(grading)
        value = {"pass_rate": whole["summary"]["pass_rate"], "solved": float(grading.solved)}
        return Score(value=value, answer=state.output.completion, explanation=table(grading), metadata=whole)

    return score


async def _fetch(folder: Path) -> None:
    """Copy the workspace out of the sandbox."""
    done = await sandbox_of().exec(["sh", "-c", f"tar -c --exclude=./{SKILLS.partition('/')[0]} . | base64"])
    if not done.success:
        raise RuntimeError(f"the workspace cannot be copied out of the sandbox: {done.stderr.strip()}")
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(done.stdout))) as archive:
        archive.extractall(folder, filter="data")
