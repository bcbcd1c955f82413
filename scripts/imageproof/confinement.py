"""Bounds for what a build runs: a control group of this machine, where the engine is on it and we may make one.

An engine bounds its containers for everybody, but not the steps of a build. Sources: cgroups(7); runc, `cgroupsPath`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from imageproof.errors import ProofError

NAME = "imageproof-untrusted"
"""The same each time: it is a part of what the builder's cache knows a step by."""
PROCESSES = 4096
MEMORY = 4 << 30
_ROOT = "/sys/fs/cgroup"
_LIMITS = (
    ("pids.max", PROCESSES),
    ("memory.max", MEMORY),
    ("memory.swap.max", 0),
    ("memory.limit_in_bytes", MEMORY),
    ("memory.memsw.limit_in_bytes", MEMORY),
)
_PATIENCE = 3.0  # seconds in which an engine takes its last process out of a group


@contextmanager
def confined() -> Iterator[str]:
    """A control group with bounds; within, its path as `--cgroup-parent` wants it. Raises ProofError where it cannot be made."""
    folders = list(_folders())
    try:
        bounded = set[str]()
        for folder in folders:
            os.makedirs(folder, exist_ok=True)
            for name, limit in _LIMITS:
                path = os.path.join(folder, name)
                if os.path.exists(path):
                    with open(path, "w", encoding="ascii") as file:
                        file.write(str(limit))
                    bounded.add(name.partition(".")[0])
        if bounded != {"pids", "memory"}:
            raise ProofError(
                "--untrusted cannot bound a build: this machine's control groups do not bound memory and processes"
            )
        yield f"/{NAME}"
    except OSError as error:
        raise ProofError(
            f"--untrusted cannot bound a build: {error.filename}: {error.strerror}; it needs root"
        ) from None
    finally:
        _remove()


def _folders() -> Iterator[str]:
    if os.path.exists(f"{_ROOT}/cgroup.controllers"):
        yield f"{_ROOT}/{NAME}"
    else:
        yield f"{_ROOT}/pids/{NAME}"
        yield f"{_ROOT}/memory/{NAME}"


def _remove() -> None:
    """Remove the group and what the engine made in it, in every hierarchy; another proof's stays until it is empty."""
    deadline = time.monotonic() + _PATIENCE
    tops = [f"{_ROOT}/{NAME}", *(f"{_ROOT}/{each}/{NAME}" for each in os.listdir(_ROOT))]
    while any(map(os.path.isdir, tops)):
        for top in tops:
            for folder, _, _ in os.walk(top, topdown=False):
                with suppress(OSError):
                    os.rmdir(folder)
        if time.monotonic() > deadline:
            return
        time.sleep(0.1)
