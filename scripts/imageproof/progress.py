"""What a person sees on a terminal while a proof runs: a line a check, and below it what is being done."""

from __future__ import annotations

import os
import threading
from time import monotonic
from typing import TextIO

from imageproof.buildlog import shortened
from imageproof.outcome import Outcome
from imageproof.output import SIGNS

_EVERY = 0.1  # seconds between two pictures


class Progress:
    """Told what goes on; this one keeps silent."""

    def status(self, *lines: str) -> None:
        """What is being done now."""

    def done(self, outcome: Outcome) -> None:
        """A check has ended."""

    def wipe(self) -> None:
        """Nothing more is being done."""


SILENT = Progress()


class Terminal(Progress):
    """Writes to a terminal; to anything else nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._next = 0.0
        self._shown = 0
        self._lock = threading.Lock()

    def status(self, *lines: str) -> None:
        if self._live and (monotonic() >= self._next or not self._shown):
            self._next = monotonic() + _EVERY
            with self._lock:
                self._write(self._clear() + "\n".join(shortened(line, self._width) for line in lines))
                self._shown = len(lines)

    def done(self, outcome: Outcome) -> None:
        if self._live:
            with self._lock:
                self._write(f"{self._clear()}{shortened(f'{SIGNS[outcome.status]} {outcome.name}: {outcome.seen}', self._width)}\n")

    def wipe(self) -> None:
        if self._live:
            with self._lock:
                self._write(self._clear())

    def _clear(self) -> str:
        """What takes away the lines that are shown; the next come in their place."""
        up, self._shown = max(0, self._shown - 1), 0
        return "\r" + "\x1b[A" * up + "\x1b[J"

    @property
    def _width(self) -> int:
        try:
            return max(20, (os.get_terminal_size(self._stream.fileno()).columns or 80) - 1)
        except (OSError, ValueError):
            return 79

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._live = False
