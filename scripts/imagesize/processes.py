"""Tasks done by two processes: this one, and a copy of it that hands over what it found."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from imagesize.errors import ImageError

Result = TypeVar("Result")
_NUMBER = 8
"""Bytes of a task's number on its way."""


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_fork() -> bool:
    """Whether there is a second processor, and this process can be copied without harm."""
    threads = sys.modules["threading"].active_count() if "threading" in sys.modules else 1
    return sys.platform == "linux" and processors() > 1 and threads == 1


def in_one(order: Sequence[int], work: Callable[[int], Result]) -> dict[int, Result]:
    """What `work` makes of each number."""
    return {number: work(number) for number in order}


def in_two(
    order: Sequence[int], work: Callable[[int], Result], begin: Callable[[], object], wait: Callable[[], object]
) -> dict[int, Result]:
    """What `work` makes of each number, begun in this order, by this process and a copy of it.

    The copy calls `begin` first; this process calls `wait` ten times a second while the copy alone still works. Where `work` raises
    ImageError, so does this: that of the smaller number if it happens in both.
    """
    import pickle
    import select
    import signal

    taken, given = os.pipe()
    os.write(given, bytes(_NUMBER))
    result, told = os.pipe()
    copy = os.fork()
    if not copy:
        try:
            os.close(result)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other one says when to stop
            begin()
            with open(told, "wb") as file:
                pickle.dump(_done(_shared(order, taken, given), work), file, pickle.HIGHEST_PROTOCOL)
        finally:
            os._exit(0)
    os.close(told)
    try:
        with open(result, "rb") as file:
            done = _done(_shared(order, taken, given), work)
            while not select.select([file], [], [], 0.1)[0]:
                wait()
            done |= pickle.load(file)
    except (EOFError, pickle.UnpicklingError):
        raise ImageError("a process that read layers was ended from outside, perhaps for want of memory") from None
    finally:
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)
        os.close(taken)
        os.close(given)
    return dict(_sound(done))


def _shared(order: Sequence[int], taken: int, given: int) -> Iterator[int]:
    """The numbers that the other process has not taken: who holds the place of the next one, which lies in a pipe, may take it."""
    while (place := int.from_bytes(os.read(taken, _NUMBER), "little")) < len(order):
        os.write(given, (place + 1).to_bytes(_NUMBER, "little"))
        yield order[place]
    os.write(given, place.to_bytes(_NUMBER, "little"))


def _done(numbers: Iterator[int], work: Callable[[int], Result]) -> dict[int, Result | ImageError]:
    """What was made of each; an error is the last."""
    done: dict[int, Result | ImageError] = {}
    for number in numbers:
        try:
            done[number] = work(number)
        except ImageError as error:
            done[number] = error
            break
    return done


def _sound(done: Mapping[int, Result | ImageError]) -> Iterator[tuple[int, Result]]:
    for number, each in sorted(done.items(), key=lambda item: item[0]):
        if isinstance(each, ImageError):
            raise each
        yield number, each
