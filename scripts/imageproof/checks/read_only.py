"""It works where it can write nothing and may do nothing: what an attacker in it could not do either."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from imageproof.engine import RunOptions
from imageproof.outcome import Outcome, failed, listed, passed
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.proof import Proof
    from imageproof.reach import Readiness

_REFUSED = re.compile(r"[^\n]*(?:read-only file system|EROFS)[^\n]*", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w/.])/(?:[\w@.+-]+/?)+")
_PROPOSED = 3  # folders that are named at most


def judge(proof: Proof) -> Outcome:
    """Runs it so; where that fails, runs it with each half of the restrictions to tell which one it is, and which paths it wanted."""
    proof.working()
    locked = proof.tried(RunOptions(read_only=True, locked=True))
    if locked.ready:
        return passed(f"{locked.seen}, with a read-only root, no capabilities and no new privileges")
    rooted, powerless = proof.all_tried(RunOptions(read_only=True), RunOptions(locked=True))
    if not rooted.ready:
        wanted = _wanted(proof, rooted)
        seen = f"with a read-only root it {rooted.seen}"
        if wanted:
            seen = f"with a read-only root it fails: it wants to write {listed(wanted, 5)}; it {rooted.seen}"
        folders = sorted({path if path.endswith("/") else path.rpartition("/")[0] or "/" for path in wanted} - {"/"})
        change = (
            f"write only below a tmpfs or a volume: {' '.join(f'--tmpfs {folder}' for folder in folders[:_PROPOSED])}"
            if folders
            else "write only below a tmpfs or a volume (--tmpfs, --volume)"
        )
        return failed(seen, change)
    if not powerless.ready:
        return failed(
            f"without capabilities and new privileges it {powerless.seen}",
            "run as a fixed user from the start, and do without setuid, chown and low-level network calls",
        )
    return failed(
        f"with a read-only root and without capabilities, both together, it {locked.seen}",
        "run as a fixed user from the start, and write only below a tmpfs or a volume",
    )


def _wanted(proof: Proof, denied: Readiness) -> list[str]:
    """Paths that it writes where it may, and those that its complaints name."""
    named = [
        paths[-1] for line in _REFUSED.findall(denied.log) if (paths := _PATH.findall(line))
    ]  # before it may stand who says so
    written = _leaves(proof.plain.get().container.changed())
    mounted = tuple(
        path.partition(":")[0].rstrip("/")
        for path in (*proof.spec.tmpfs, *proof.spec.volume, *(proof.config.get("Volumes") or ()))
    )
    found = dict.fromkeys([*named, *written])
    return [visible(path) for path in found if not any(f"{path}/".startswith(f"{place}/") for place in mounted)]


def _leaves(paths: Iterable[str]) -> list[str]:
    """The paths that have no other below them: a folder is changed with what is in it."""
    ordered = sorted(paths)
    return [path for path, after in pairwise([*ordered, ""]) if not after.startswith(f"{path}/")]
