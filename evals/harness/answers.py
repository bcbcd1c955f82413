"""Answers: a folder with the files of an assistant, and what it said; and the workspace that it began with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from harness.cases import Case, CaseError
from harness.transcript import Proof, Transcript

MESSAGE, TRANSCRIPT = "answer.md", "transcript.jsonl"
_MOST_MESSAGE = 1 << 20


class Answer(NamedTuple):
    """What is graded: the workspace as the assistant left it, and its last message."""

    folder: Path
    message: str | None = None
    """None where nothing was said, or kept."""


def read_answer(folder: Path) -> Answer:
    """The answer in a folder: files, and `answer.md` with the last message. Raises CaseError where there is nothing to grade."""
    if not folder.is_dir():
        raise CaseError(f"there is no answer to grade: {folder} is no folder")
    if not any(folder.iterdir()):
        raise CaseError(f"there is no answer to grade: {folder} is empty")
    return Answer(folder, read_message(folder / MESSAGE))


def read_message(path: Path) -> str | None:
    """The text of a message; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_MESSAGE)
    except FileNotFoundError:
        return None


def proof_on_record(case: Case, answer: Answer) -> Proof | None:
    """Whether the answer's transcript shows that its Dockerfile was proved; None where there is no transcript."""
    path = answer.folder / TRANSCRIPT
    if not path.is_file():
        return None
    before = case.workspace / case.dockerfile if case.workspace else None
    return Transcript.read(path).proof(case.dockerfile, data_of(answer.folder / case.dockerfile), data_of(before) if before else None)


def data_of(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none."""
    return path.read_bytes() if path.is_file() else None


def lay_out(case: Case, folder: Path) -> None:
    """Put a fresh copy of the case's workspace into a folder that does not exist yet; raises CaseError where it cannot be made."""
    if case.workspace:
        shutil.copytree(case.workspace, folder, symlinks=True)
    else:
        folder.mkdir(parents=True)
    if case.make:
        from made import MAKERS

        for name in case.make:
            if name not in MAKERS:
                raise CaseError(f"case {case.name}: evals/made.py makes nothing called {name!r}; it makes {', '.join(MAKERS) or 'nothing'}")
            MAKERS[name](folder)
