"""What a build did, step by step: reads buildx's `--progress=rawjson`, line by line.

The form is BuildKit's `client.SolveStatus` as JSON: vertexes (steps), statuses (their progress), logs in base64, warnings.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from typing import Any

from imagesize.units import visible

MOST_LOG = 1 << 20
"""Bytes of output that are kept of one step, its last."""
MOST_TEXT = 8 << 20
"""Bytes of output that are kept of a build: what a Dockerfile prints is nobody's to bound but ours."""


_LONGEST = 4096  # bytes of one
_TAIL = 3  # printed lines that a person sees


class Step:
    """One step of a build."""

    def __init__(self, digest: str) -> None:
        self.digest = digest
        self.name = ""
        self.started = ""
        self.completed = ""
        self.cached = False
        self.error = ""
        self.output = bytearray()
        self.transferred = 0
        """Bytes of what was downloaded or sent, where the step says so."""

    @property
    def instruction(self) -> str:
        """What of the Dockerfile it does, `RUN make`; empty where it does nothing of it."""
        bracket, _, rest = self.name.partition("] ")
        words = bracket.lstrip("[").split()
        return rest if words and "/" in words[-1] and words[-1].replace("/", "").isdigit() else ""

    @property
    def ran(self) -> bool:
        """Whether it was done, rather than taken from the cache."""
        return bool(self.started) and not self.cached

    @property
    def text(self) -> str:
        """What it printed, safe for a terminal; the last of it where it was much."""
        lines = self.output.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "\n".join(map(visible, lines))


class BuildLog:
    """All that a build told, in its order."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.rest: list[str] = []
        """What was no JSON: the last words of buildx, its error among them."""
        self.kept = 0
        self.last = ""
        """What it did last: a step's name, or a line that one printed."""
        self._step_name = ""
        self._lines: deque[str] = deque(maxlen=_TAIL)

    def read(self, line: bytes) -> None:
        """Take one line of buildx's output."""
        try:
            document = json.loads(line) if line.startswith(b"{") else None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            if text := visible(line.decode("utf-8", "replace").rstrip("\r\n")):
                self.rest = [*self.rest[-400:], text]
            return
        for vertex in document.get("vertexes") or ():
            self._vertex(vertex)
        for status in document.get("statuses") or ():
            step = self._step(status.get("vertex"))
            step.transferred = max(step.transferred, int(status.get("current") or 0))
        for log in document.get("logs") or ():
            self._log(self._step(log.get("vertex")), base64.b64decode(log.get("data") or ""))

    def _step(self, digest: Any) -> Step:
        return self.steps.setdefault(str(digest), Step(str(digest)))

    def _vertex(self, vertex: dict[str, Any]) -> None:
        step = self._step(vertex.get("digest"))
        step.name = visible(" ".join(str(vertex.get("name") or step.name).split()))
        step.started = str(vertex.get("started") or step.started)
        step.completed = str(vertex.get("completed") or "")
        step.cached = bool(vertex.get("cached")) or step.cached
        step.error = visible(str(vertex.get("error") or "")) or step.error
        if step.started and not step.completed:
            self.last = self._step_name = step.name

    def _log(self, step: Step, data: bytes) -> None:
        if self.kept < MOST_TEXT:
            step.output += data
            self.kept += len(data)
        else:
            step.output = step.output[-MOST_LOG // 16 :] + data
        if len(step.output) > MOST_LOG:
            del step.output[: -MOST_LOG // 2]
        ended = bytes(step.output[-_LONGEST:]).decode("utf-8", "replace").splitlines()
        if line := next((visible(text.strip()) for text in reversed(ended) if text.strip()), ""):
            self.last = line
            self._lines.append(line)

    @property
    def tail(self) -> list[str]:
        """The lines that a person who waits would like to see: the step, and the last that was printed."""
        return [self._step_name, *self._lines]

    @property
    def work(self) -> list[Step]:
        """The steps that do something of the Dockerfile."""
        return [step for step in self.steps.values() if step.instruction]

    @property
    def exporting(self) -> bool:
        """Whether the engine has begun to make an image."""
        return any(step.started and step.name.startswith("exporting to image") for step in self.steps.values())

    @property
    def failure(self) -> str:
        """Why the build failed, in a sentence: the step, and the last that it printed."""
        wrong = next(
            (step for step in self.steps.values() if step.error and "context canceled" not in step.error), None
        )
        error = next((line.removeprefix("ERROR: ") for line in reversed(self.rest) if line.startswith("ERROR: ")), "")
        error = error.removeprefix("failed to build: ").removeprefix("failed to solve: ")
        if wrong is None or not wrong.instruction:
            return error or (wrong.error if wrong else "") or (self.rest[-1] if self.rest else "buildx said nothing")
        lines = [line.strip() for line in wrong.text.split("\n") if line.strip()]
        reason = f"; its last words: {' ⏎ '.join(lines[-3:])[-400:]}" if lines else ""
        status = f"exit status {wrong.error.rpartition(': ')[2]}" if "exit code" in wrong.error else wrong.error
        return f"`{shortened(wrong.instruction)}` failed ({status[:300]}){reason}"

    @property
    def text(self) -> str:
        """The whole log for a file."""
        parts = []
        for step in self.steps.values():
            state = (
                "CACHED" if step.cached else f"ERROR {step.error}" if step.error else "DONE" if step.completed else ""
            )
            parts.append(f"=> {step.name}  {state}\n{step.text}".rstrip("\n"))
        return "\n".join([*parts, *self.rest, ""])


def shortened(text: str, most: int = 90) -> str:
    """The text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
