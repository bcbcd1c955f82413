"""A progress bar on a terminal's standard error; nothing anywhere else."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Self, TextIO

from imagesize.units import size

_PATIENCE, _EVERY, _WIDTH = 0.7, 0.1, 30  # seconds before it appears and between two pictures; characters


class Bar:
    """Shows how much was read, once that takes long; wiped out at the end."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream, self._shown = stream, False
        self._next = monotonic() + _PATIENCE if stream.isatty() else float("inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def show(self, done: int, total: int) -> None:
        """So many of so many bytes are read; a total of 0 is not known."""
        if monotonic() < self._next:
            return
        self._next, self._shown = monotonic() + _EVERY, True
        filled = round(_WIDTH * min(done / total, 1)) if total else 0
        bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {size(done)} of {size(total)}" if total else f"{size(done)} read"
        self._stream.write(f"\r\x1b[K{bar}")
        self._stream.flush()
