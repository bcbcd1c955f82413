"""Tasks that two processes share."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from imagesize.errors import ImageError
from imagesize.processes import in_one, in_two

HERE = os.getpid()


def nothing() -> None:
    return


def refusing(*numbers: int) -> Callable[[int], int]:
    def work(number: int) -> int:
        if number in numbers:
            raise ImageError(f"task {number} cannot be done")
        return number * number

    return work


@pytest.fixture(autouse=True)
def no_copy_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins one copy, and leaves none; what other tests began is not looked at."""
    fork, copies = os.fork, []

    def counted() -> int:
        copies.append(fork())
        return copies[-1]

    monkeypatch.setattr(os, "fork", counted)
    yield
    assert len(copies) == 1
    with pytest.raises(ChildProcessError):
        os.waitpid(copies[0], os.WNOHANG)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 200])
def test_two_do_what_one_does(count: int) -> None:
    order = list(range(count))[::-1]
    assert in_two(order, refusing(), nothing, nothing) == in_one(order, refusing()) == {number: number**2 for number in range(count)}


class Meeting:
    """Work in which each of the two, in its first task, waits until the other one has begun one."""

    def __init__(self, copied: Callable[[], object]) -> None:
        self._copied, self._pipes, self._met = copied, (os.pipe(), os.pipe()), False

    def __call__(self, number: int) -> bool:
        here = os.getpid() == HERE
        if not self._met:
            os.write(self._pipes[here][1], b"x")
            self._met = os.read(self._pipes[not here][0], 1) == b"x"
        if not here:
            self._copied()
        return here


def test_both_work_and_only_the_copy_begins() -> None:
    begun: list[int] = []
    seen, told = os.pipe()
    done = in_two(range(10), Meeting(lambda: os.write(told, bytes(begun))), lambda: begun.append(7), nothing)
    assert sorted(done) == list(range(10)) and set(done.values()) == {True, False}
    assert set(os.read(seen, 10)) == {7} and not begun


@pytest.mark.parametrize(
    ("order", "bad", "named"),
    [([0, 1, 2], (1,), 1), ([2, 1, 0], (2, 1), 1), ([0, 1, 2], (0, 1, 2), 0), ([1], (1,), 1), ([3, 4], (4, 3), 3)],
)
def test_an_error_is_that_of_the_smaller_number(order: list[int], bad: tuple[int, ...], named: int) -> None:
    with pytest.raises(ImageError, match=f"task {named} cannot be done"):
        in_two(order, refusing(*bad), nothing, nothing)


def test_a_copy_that_was_ended_is_told_of() -> None:
    with pytest.raises(ImageError, match="ended from outside"):
        in_two(range(10), Meeting(lambda: os.kill(os.getpid(), signal.SIGKILL)), nothing, nothing)


def test_an_interrupt_ends_the_copy() -> None:
    seen, told = os.pipe()
    os.set_blocking(seen, False)

    def work(number: int) -> int:
        if os.getpid() == HERE:
            raise KeyboardInterrupt
        time.sleep(20)
        return os.write(told, b"x")

    with pytest.raises(KeyboardInterrupt):
        in_two(range(10), work, nothing, nothing)
    with pytest.raises(BlockingIOError):
        os.read(seen, 1)


def test_who_waits_for_the_copy_is_told() -> None:
    waited: list[int] = []
    done = in_two(range(2), Meeting(lambda: time.sleep(0.5)), nothing, lambda: waited.append(1))
    assert sorted(done.values()) == [False, True] and waited
