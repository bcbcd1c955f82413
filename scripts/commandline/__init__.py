"""What the command lines of the three programs share: streams that may be closed, full, or read no further."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

__all__ = ["INTERRUPTED", "UNABLE", "VERSION", "open_streams", "put"]

VERSION = "0.1.0"
UNABLE, INTERRUPTED = 2, 130
"""Exit statuses: something could not be done, and Ctrl-C."""


def open_streams() -> bool:
    """Replace streams that the caller closed (`2>&-`), for which Python has None; whether standard output was open."""
    wanted = sys.stdout is not None
    sys.stdout, sys.stderr = (stream or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w") for stream in (sys.stdout, sys.stderr))
    return wanted


def put(pieces: Iterable[bytes]) -> None:
    """Write to standard output; that whoever reads it has had enough is no failure. Raises OSError where it cannot be written."""
    try:
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.flush()
    except OSError as error:
        # What is still buffered must not raise again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise
