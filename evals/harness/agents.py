"""Agents: one run of an assistant in a workspace, bounded in time, with what it printed kept."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path
from threading import Event
from typing import NamedTuple

from harness.cases import Case, CaseError

CLAUDE = "claude"
TOOLS = ("Bash", "Read", "Write", "Edit", "Glob", "Grep", "Skill")
"""What an assistant may use where the case does not say; nobody is asked in between."""
TURNS, SECONDS = 40, 1200
FINISHED, TIMEOUT, FAILED = "finished", "timeout", "failed"
_PLACES = ("model", "prompt", "prompt_file", "workspace", "skill", "turns", "seconds")
_GRACE, _POLL = 5.0, 0.1


class Bounds(NamedTuple):
    """What a run may take at most; nothing given: what the case says, else TURNS and SECONDS."""

    turns: int = 0
    seconds: float = 0.0
    dollars: float = 0.0
    """0: no bound."""

    def of(self, case: Case) -> Bounds:
        """These bounds, filled up with the case's."""
        front = case.front_matter
        turns, seconds = int(front.get("max_turns", TURNS)), float(front.get("timeout_seconds", SECONDS))
        return Bounds(self.turns or turns, self.seconds or seconds, self.dollars)


class Agent(NamedTuple):
    """How an assistant is called."""

    template: str = ""
    """A command line with places such as {model}; nothing: `claude -p`."""
    program: str = CLAUDE

    def command(self, model: str, case: Case, bounds: Bounds, workspace: Path, skill: Path | None, prompt_file: Path) -> list[str]:
        """The command line for one run; `skill` is the folder of the skill's copy, None in the arm without it."""
        if self.template:
            values = (model, case.prompt, prompt_file, workspace, skill or "", bounds.turns, int(bounds.seconds))
            return _filled(self.template, dict(zip(_PLACES, map(str, values), strict=True)))
        allowed = case.front_matter.get("allowed_tools") or TOOLS
        words = [self.program, "-p", case.prompt, "--model", model, "--output-format", "stream-json", "--verbose"]
        # Neither the user's own settings, skills and servers, nor what earlier runs left, may play a part.
        words += ["--setting-sources", "project", "--strict-mcp-config", "--no-session-persistence"]
        words += ["--permission-mode", "acceptEdits", "--allowedTools", ",".join(allowed), "--max-turns", str(bounds.turns)]
        words += ["--max-budget-usd", f"{bounds.dollars:g}"] if bounds.dollars else []
        return words + (["--plugin-dir", str(skill)] if skill else [])


class Ended(NamedTuple):
    """How a run ended; `reason` is a sentence where it did not finish."""

    status: str
    seconds: float
    reason: str = ""


def _filled(template: str, values: dict[str, str]) -> list[str]:
    try:
        return [word.format_map(values) for word in shlex.split(template)]
    except (KeyError, ValueError, IndexError) as error:
        places = ", ".join(f"{{{place}}}" for place in _PLACES)
        raise CaseError(f"the command template cannot be filled ({error}): its places are {places}") from None


def run(command: list[str], workspace: Path, output: Path, errors: Path, seconds: float, stop: Event) -> Ended:
    """Run an assistant; it and all that it started are ended when its time is up, or when `stop` is set. Raises CaseError."""
    began = time.monotonic()
    with open(output, "wb") as out, open(errors, "wb") as err:
        try:
            process = subprocess.Popen(command, cwd=workspace, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        except OSError as error:
            raise CaseError(f"cannot run {command[0]}: {error.strerror}; --command names another agent") from None
        try:
            while process.poll() is None:
                if time.monotonic() - began > seconds:
                    return Ended(TIMEOUT, time.monotonic() - began, f"it was not done after {seconds:g} s")
                if stop.wait(_POLL):
                    raise CaseError("it was interrupted")
        finally:
            _end(process)
    took = time.monotonic() - began
    if process.returncode:
        return Ended(FAILED, took, f"it ended with exit status {process.returncode}{_last_line(errors)}")
    return Ended(FINISHED, took)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all of its group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return f": {said[-1][:200]}" if said else ""
