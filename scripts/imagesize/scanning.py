"""Many layers read at once: compressed ones by two processes, the largest first; digests of the others are taken by threads."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from imagesize.blobs import Meter, Region, Scan, digest_of, scan_region
from imagesize.errors import ImageError, Limits
from imagesize.tarscan import Interest

_PROCESSES = 2
_WORTH = 8 << 20  # compressed bytes from which on a second process pays for its start
_APART = 4 << 20  # bytes from which on a digest is taken by a thread of its own


class Task(NamedTuple):
    """One layer to be read."""

    region: Region
    name: str
    """What an error calls it."""
    hashed: bool


class Job(NamedTuple):
    """How to read."""

    interest: Interest
    limits: Limits
    show: Callable[[int], object] | None = None
    """Told how many stored bytes have been read so far."""


_job: Job | None = None  # of a process that was started for it
_meter: Meter | None = None


def scan_all(tasks: Sequence[Task], job: Job) -> list[Scan]:
    """Scan every layer; in the order of the tasks. Raises ImageError of the first that cannot be read."""
    compressed = [number for number, task in enumerate(tasks) if is_compressed(task.region)]
    heavy = sum(tasks[number].region.size for number in compressed)
    scans: dict[int, Scan] = {}
    if len(compressed) > 1 and heavy >= _WORTH and _can_fork():
        compressed.sort(key=lambda number: -tasks[number].region.size)
        scans = _in_processes(tasks, compressed, job)
    meter = Meter(job.limits.bytes, job.show)
    apart = [number for number, task in enumerate(tasks) if number not in scans and task.hashed and task.region.size >= _APART]
    hashing = _Hashing(tasks, apart if processors() > 1 else [])
    entries = 0
    try:
        for number, task in enumerate(tasks):
            if number not in scans:
                scans[number] = _scan(task._replace(hashed=task.hashed and number not in hashing.numbers), job, meter)
            entries += len(scans[number].entries)
            if entries > job.limits.entries:
                raise ImageError(f"its layers have more than {job.limits.entries:,} entries; --max-entries moves that bound")
        for number, digest in hashing.digests(job.show):
            scans[number] = scans[number]._replace(sha256=digest)
    finally:
        hashing.stop()
    return [scans[number] for number in range(len(tasks))]


class _Hashing:
    """Takes digests while the layers are scanned: hashing lets other threads run."""

    def __init__(self, tasks: Sequence[Task], numbers: Sequence[int]) -> None:
        self.numbers = frozenset(numbers)
        self._tasks, self._left = tasks, sorted(numbers, key=lambda number: tasks[number].region.size)
        self._meter, self._found, self._errors = Meter(), dict[int, str](), list[ImageError]()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(min(_PROCESSES, len(numbers)))]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while self._left:
            try:
                number = self._left.pop()
            except IndexError:  # the other thread was faster
                return
            task = self._tasks[number]
            try:
                self._found[number] = digest_of(task.region, self._see)
            except ImageError as error:
                self._errors.append(ImageError(f"{task.name}: {error}"))

    def _see(self, size: int) -> bool:
        self._meter.read(size)
        return not self._stopped

    _stopped = False

    def digests(self, show: Callable[[int], object] | None) -> Iterator[tuple[int, str]]:
        """Wait for all of them."""
        for thread in self._threads:
            while thread.is_alive():
                thread.join(0.1)
                if show:
                    show(self._meter.stored.value)
        if self._errors:
            raise self._errors[0]
        yield from self._found.items()

    def stop(self) -> None:
        """Have no thread go on."""
        self._stopped = True
        self._left.clear()
        for thread in self._threads:
            thread.join()


def _scan(task: Task, job: Job, meter: Meter) -> Scan:
    try:
        return scan_region(task.region, meter, job.interest, task.hashed, job.limits.entries)
    except ImageError as error:
        raise ImageError(f"{task.name}: {error}") from None


def is_compressed(region: Region) -> bool:
    """Whether reading it means to decompress it."""
    with region.opened() as opened:
        return opened.read_at(0, 2) in (b"\x1f\x8b", b"\x28\xb5")


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _can_fork() -> bool:
    """Whether there is a second processor, and this process can be copied without harm."""
    return sys.platform == "linux" and processors() > 1 and threading.active_count() == 1


def _in_processes(tasks: Sequence[Task], numbers: list[int], job: Job) -> dict[int, Scan]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, wait
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("fork")
    meter = Meter(job.limits.bytes)
    meter.stored, meter.grown = context.Value("q", 0), context.Value("q", 0)
    pool = ProcessPoolExecutor(_PROCESSES, context, _begin, (job, meter))
    try:
        futures: dict[Any, int] = {pool.submit(_work, tasks[number]): number for number in numbers}
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, 0.1, "FIRST_COMPLETED")
            for future in done:
                future.result()
            if job.show:
                job.show(meter.stored.value)
        return {number: future.result() for future, number in futures.items()}
    except BrokenProcessPool:
        raise ImageError("a process that read layers was ended from outside, perhaps for want of memory") from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(job: Job, meter: Meter) -> None:
    global _job, _meter
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    _job, _meter = job, meter


def _work(task: Task) -> Scan:
    assert _job and _meter
    return _scan(task, _job, _meter)
