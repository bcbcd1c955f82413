"""Bounds for what a build runs, where its engine gives none.

An engine bounds each container, but not the steps of a build: it only puts them into the control group that it is told. There are two:
one that is made here, where we are root and see the control groups as the engine does (its name stays the same, for the builder's cache
knows a step by it, too); else that of a container which does nothing, whose bounds the engine keeps, and which any engine can have.
Sources: cgroups(7), unix(7), elf(5); runc, `cgroupsPath`; BuildKit, `executor/oci`.
"""

from __future__ import annotations

import errno
import io
import os
import socket
import struct
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

NAME = "imageproof-build-{}m"
"""Of the control group, with its memory: proofs with the same bounds share one."""
PROCESSES = 4096
"""Processes and threads that all steps together may have."""
IDLE = "/idle"
"""The program of the container that does nothing."""
_ROOT = "/sys/fs/cgroup"
_STEPS = "buildkit"  # what the engine makes in it
_CONTROLLERS = ("memory", "pids")
_PATIENCE = 3.0  # seconds in which an engine takes its last process out of a group
_LEAST_FREE = 1 << 30
_LEAST_SHARE = 20  # the disk's twentieth


# A control group of our own --------------------------------------------------------------------------------------------------------


def engine_process(path: str) -> int:
    """The process that listens on a Unix socket, 0 where that is not told: its number here."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
            return int(struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])
        except (OSError, AttributeError):
            return 0


def can_confine(process: int) -> bool:
    """Whether a control group of ours is one of the engine's, too: both see the same tree, and we may write into it."""
    return process > 0 and all(
        os.access(top, os.W_OK) and _same(top, f"/proc/{process}/root{top}") for top in map(os.path.dirname, _folders(NAME))
    )


@contextmanager
def confined(key: str, memory: int) -> Iterator[str]:
    """A control group with bounds; within, its path as `--cgroup-parent` wants it. Raises OSError where it cannot be made.

    Proofs share it: each holds it by a group of its own within, and the last removes it.
    """
    name = NAME.format(memory >> 20)
    folders = list(_folders(name))
    try:
        for folder in folders:
            _hold(folder, key)
            for bound, limit in _limits(memory).items():
                if os.path.exists(path := f"{folder}/{bound}"):
                    _write(path, str(limit))
        for wanted in (("pids.max",), ("memory.max", "memory.limit_in_bytes")):
            if not any(os.path.exists(f"{folder}/{bound}") for folder in folders for bound in wanted):
                raise OSError(errno.ENOTSUP, "no such bound", wanted[0])
        yield f"/{name}"
    finally:
        for folder in folders:
            _release(folder, key)


def _folders(name: str) -> Iterator[str]:
    """Where the group is: in each hierarchy, for the engine makes it in those, too, that bound nothing of ours."""
    if os.path.exists(f"{_ROOT}/cgroup.controllers"):
        yield f"{_ROOT}/{name}"
    else:
        with os.scandir(_ROOT) as entries:
            yield from (f"{entry.path}/{name}" for entry in entries if entry.is_dir(follow_symlinks=False))


def _limits(memory: int) -> Mapping[str, int]:
    return {
        "pids.max": PROCESSES,
        "memory.max": memory,
        "memory.swap.max": 0,
        "memory.limit_in_bytes": memory,
        "memory.memsw.limit_in_bytes": memory,
    }


def _same(here: str, there: str) -> bool:
    with suppress(OSError):
        return os.path.samefile(here, there)
    return False


def _hold(folder: str, key: str) -> None:
    """Make the group, and ours within; another proof may remove the outer one as long as it is empty."""
    top = os.path.dirname(folder)
    if os.path.exists(control := f"{top}/cgroup.subtree_control"):
        with suppress(OSError):  # most machines have it so
            _write(control, " ".join(f"+{controller}" for controller in _CONTROLLERS))
    while True:
        with suppress(FileExistsError):
            os.mkdir(folder)
        with suppress(FileNotFoundError):
            os.mkdir(f"{folder}/{key}")
            return


def _write(path: str, text: str) -> None:
    with open(path, "r+", encoding="ascii") as file:
        file.write(text)


def _release(folder: str, key: str) -> None:
    """Remove our part of the group, and the rest where nobody else holds it, as soon as the engine's last step is gone."""
    with suppress(OSError):
        os.rmdir(f"{folder}/{key}")
    deadline = time.monotonic() + _PATIENCE
    while os.path.isdir(folder) and time.monotonic() < deadline:
        try:
            with os.scandir(folder) as entries:
                if any(entry.is_dir() and entry.name != _STEPS for entry in entries):
                    return
            for inner, _, _ in os.walk(f"{folder}/{_STEPS}", topdown=False):
                os.rmdir(inner)
            os.rmdir(folder)
        except OSError:
            time.sleep(0.05)


# A container that does nothing -----------------------------------------------------------------------------------------------------

_PROGRAMS = {
    "x86_64": (62, "b822000000 0f05 ebf7"),  # pause(2), again and again
    "aarch64": (183, "000080d2 010080d2 020080d2 030080d2 040080d2 280980d2 010000d4 f9ffff17"),  # ppoll(2) of nothing
}
"""By what `uname -m` says: ELF's number of the machine, and its code."""


def idle_image(machine: str) -> bytes:
    """A root file system, as a tar, with nothing in it but a program that waits; raises KeyError for a machine without one.

    An engine cannot keep a container without a process, and no image is there whose programs could be trusted to wait.
    """
    number, code = _PROGRAMS[machine]
    address, header = 0x400000, 64 + 56
    text = bytes.fromhex(code)
    identity = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    program = (
        struct.pack("<16sHHIQQQIHHHHHH", identity, 2, number, 1, address + header, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        + struct.pack("<IIQQQQQQ", 1, 5, 0, address, address, header + len(text), header + len(text), 0x10000)
        + text
    )
    entry = tarfile.TarInfo(IDLE.lstrip("/"))
    entry.size, entry.mode = len(program), 0o555
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(program))
    return buffer.getvalue()


# The disk --------------------------------------------------------------------------------------------------------------------------


def least_free(size: int, free: int) -> int:
    """Free bytes that a proof leaves to others, of a disk of this size.

    >>> least_free(1 << 40, 1 << 39) >> 30, least_free(1 << 40, 1 << 30) >> 20
    (51, 512)
    """
    return min(max(_LEAST_FREE, size // _LEAST_SHARE), free // 2)


class Disk:
    """The file system where an engine keeps what it makes, watched from this machine."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        told = os.statvfs(folder)
        self.least = least_free(told.f_frsize * told.f_blocks, self.free)

    @property
    def free(self) -> int:
        """Bytes that anybody may still write."""
        told = os.statvfs(self._folder)
        return told.f_frsize * told.f_bavail

    @property
    def full(self) -> bool:
        """Whether less is left than must be."""
        with suppress(OSError):
            return self.free < self.least
        return False


def disk_of(process: int, folder: str) -> Disk | None:
    """The disk of an engine on this machine, by its process and what it calls its folder; None where it cannot be seen."""
    for path in (f"/proc/{process}/root{folder}", folder):
        with suppress(OSError):
            return Disk(path)
    return None
