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

    def status(self, line: str) -> None:
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
        self._lock = threading.Lock()

    def status(self, line: str) -> None:
        if self._live and monotonic() >= self._next:
            self._next = monotonic() + _EVERY
            with self._lock:
                self._write(f"\r\x1b[K{shortened(line, self._width)}")

    def done(self, outcome: Outcome) -> None:
        if self._live:
            with self._lock:
                self._write(
                    "\r\x1b[K"
                    + shortened(f"{SIGNS[outcome.status]} {outcome.name}: {outcome.seen}", self._width)
                    + "\n"
                )

    def wipe(self) -> None:
        if self._live:
            with self._lock:
                self._write("\r\x1b[K")

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
