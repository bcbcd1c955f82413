"""Many layers read at once: by two processes where that pays, the largest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from imagesize.blobs import Meter, Region, Scan, scan_region
from imagesize.errors import ImageError, Limits
from imagesize.processes import can_fork, in_one, in_two
from imagesize.tarscan import Interest

_WORTH = 8 << 20
"""Bytes to decompress or to hash from which on a second process pays for its start."""
_HOPPED = 8
"""So many times as fast are bytes of which only the headers are read."""


class Task(NamedTuple):
    """One layer to be read."""

    region: Region
    name: str
    """What an error calls it."""
    compressed: bool
    hashed: bool


class Job(NamedTuple):
    """How to read."""

    interest: Interest
    limits: Limits
    show: Callable[[int], object] | None = None
    """Told how many stored bytes have been read so far."""


def scan_all(tasks: Sequence[Task], job: Job) -> list[Scan]:
    """Scan every layer; in the order of the tasks. Raises ImageError of one that cannot be read."""
    meter = Meter(job.limits, job.show)

    def work(number: int) -> Scan:
        task = tasks[number]
        try:
            return scan_region(task.region, meter, job.interest, task.hashed)
        except ImageError as error:
            raise ImageError(f"{task.name}: {error}") from None

    efforts = [task.region.size // (1 if task.hashed or task.compressed else _HOPPED) for task in tasks]
    order = sorted(range(len(tasks)), key=lambda number: -efforts[number])
    if len(tasks) > 1 and sum(efforts) >= _WORTH and can_fork():
        meter.share()
        scans = in_two(order, work, meter.apart, meter.show)
    else:
        scans = in_one(order, work)
    return [scans[number] for number in range(len(tasks))]


def is_compressed(region: Region) -> bool:
    """Whether reading it means to decompress it."""
    with region.opened() as opened:
        return opened.read_at(0, 2) in (b"\x1f\x8b", b"\x28\xb5")
