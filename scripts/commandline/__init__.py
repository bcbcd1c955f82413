"""What the command lines of the three programs share: errors of one sentence, streams that may be closed, full, or read no further."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

__all__ = ["INTERRUPTED", "UNABLE", "VERSION", "Parser", "open_streams", "put"]

VERSION = "0.1.0"
UNABLE, INTERRUPTED = 2, 130
"""Exit statuses: something could not be done, and Ctrl-C."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence, which it raises as the program's own `failure`."""

    def __init__(self, failure: type[Exception], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._failure = failure

    def error(self, message: str) -> NoReturn:
        raise self._failure(f"{message}; {self.prog} --help shows the options")


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
