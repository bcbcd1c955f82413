"""What the command lines of the evals have in common: exit statuses, and errors as one sentence."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from harness.cases import CaseError

UNABLE, INTERRUPTED = 2, 130


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        raise CaseError(f"{message}; {self.prog} --help shows the options")


def guarded(program: str, run: Callable[[], int]) -> int:
    """Run a program; its exit status, 2 with one sentence where it cannot work. SIGTERM ends it as Ctrl-C does: what it began is ended."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run()
    except CaseError as error:
        return _refuse(program, str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has enough
        return INTERRUPTED
    except OSError as error:
        return _refuse(program, f"{error.filename or 'input or output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        return INTERRUPTED


def _refuse(program: str, sentence: str) -> int:
    sys.stderr.write(f"{program}: {sentence}\n".encode("utf-8", "backslashreplace").decode())
    return UNABLE
