"""It works where it can write nothing and may do nothing: what an attacker in it could not do either."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from imageproof.engine import RunOptions
from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, listed, passed
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.proof import Proof
    from imageproof.reach import Readiness
    from imagesize.stack import FileTree

_REFUSED = re.compile(r"[^\n]*(?:read-only file system|EROFS)[^\n]*", re.IGNORECASE)
_NO_TEMPORARY = re.compile(r"No usable temporary directory found in \['([^']+)'")
"""What Python says, as gunicorn does that wants a file there."""
_PATH = re.compile(r"(?<![\w/.])/(?:[\w@.+-]+/?)+")
_SPARED = "/__pycache__/"  # Python goes on without what it cannot write there
_PROPOSED = 3  # folders that are named at most


def judge(proof: Proof) -> Outcome:
    """Runs it so; where that fails, runs it with each half of the restrictions to tell which one it is, and which paths it wanted."""
    proof.working()
    locked = proof.tried(RunOptions(read_only=True, locked=True))
    if locked.ready:
        return passed(f"{locked.seen}, with a read-only root, no capabilities and no new privileges")
    rooted, powerless = proof.all_tried(RunOptions(read_only=True), RunOptions(locked=True))
    if not rooted.ready:
        tree = _tree(proof)
        wanted = _wanted(proof, rooted, tree)
        seen = f"with a read-only root it {rooted.seen}"
        if wanted:
            seen = f"with a read-only root it fails: it wants to write {listed(list(map(visible, wanted)), 5)}; it {rooted.seen}"
        return failed(seen, _change(tree, wanted, proof.owner() or (0, 0)))
    if not powerless.ready:
        return failed(
            f"without capabilities and new privileges it {powerless.seen}",
            "run as a fixed user from the start, and do without setuid, chown and low-level network calls",
        )
    return failed(
        f"with a read-only root and without capabilities, both together, it {locked.seen}",
        "run as a fixed user from the start, and write only below a tmpfs or a volume",
    )


def _tree(proof: Proof) -> FileTree | None:
    """What the image has; None where it cannot be read."""
    from imagesize.errors import ImageError

    try:
        return proof.contents.get().final_tree
    except (Skip, ImageError):
        return None


def _change(tree: FileTree | None, wanted: Sequence[str], user: tuple[int, int]) -> str:
    """What to mount where it writes, so that nothing of the image is hidden."""
    usual = "write only below a tmpfs or a volume"
    if tree is None or not wanted:
        return f"{usual} (--tmpfs, --volume)"
    places = {path: _mountable(tree, path) for path in wanted}
    folders = sorted(set(places.values()) - {""})
    outer = [folder for folder in folders if not any(folder.startswith(f"{other}/") for other in folders)]
    mounts = f": {' '.join(f'--tmpfs {visible(_owned(tree, folder, user))}' for folder in outer[:_PROPOSED])}" if outer else ""
    stuck = next((path for path, place in places.items() if not place), "")
    if not stuck:
        return usual + mounts
    kept = visible(stuck.rpartition("/")[0] or "/")
    return f"{usual}{mounts}; let {visible(stuck)} go to a folder of its own: a mount at {kept} would hide what the image has in it"


def _mountable(tree: FileTree, path: str) -> str:
    """The folder to mount where a path is written: a new one, or one without files; empty where there is none."""
    folder = (path if path.endswith("/") else path.rpartition("/")[0]).strip("/")
    while folder and folder.rpartition("/")[0] not in tree.folders:
        folder = folder.rpartition("/")[0]
    within = (here for name, here in tree.folders.items() if f"{name}/".startswith(f"{folder}/"))
    filled = any(child not in tree.folders for children in within for child in children)
    return "" if not folder or filled else f"/{folder}"


def _owned(tree: FileTree, folder: str, user: tuple[int, int]) -> str:
    """A folder for --tmpfs, with the owner that it has in the image, or that would make it there.

    An engine takes its mode from the image, and root for its owner.
    """
    placed = tree.get(folder.strip("/"))
    uid, gid = (placed.entry.uid, placed.entry.gid) if placed else user
    options = ",".join(f"{name}={number}" for name, number in (("uid", uid), ("gid", gid)) if number)
    return f"{folder}:{options}" if options else folder


def _wanted(proof: Proof, denied: Readiness, tree: FileTree | None) -> list[str]:
    """Paths that it writes where it may, and those that its complaints name; links among their folders followed."""
    named = [f"{folder}/" for folder in _NO_TEMPORARY.findall(denied.log)]
    named += [paths[-1] for line in _REFUSED.findall(denied.log) if (paths := _PATH.findall(line))]  # before it may stand who says so
    written = [path for path in _leaves(proof.changed.get()) if _SPARED not in path]
    mounts = (*proof.spec.tmpfs, *proof.spec.volume, *(proof.config.get("Volumes") or ()))
    mounted = [_followed(path.partition(":")[0], tree).rstrip("/") for path in mounts]
    found = dict.fromkeys(_followed(path, tree) for path in (*named, *written))
    leaves = set(_leaves(found))
    return [path for path in found if path in leaves and not any(f"{path}/".startswith(f"{place}/") for place in mounted)]


def _followed(path: str, tree: FileTree | None) -> str:
    """An absolute path with the links among its folders followed; a slash at its end stays."""
    end = "/" if path.endswith("/") else ""
    return f"/{tree.resolve(path.strip('/'))}{end}" if tree else path


def _leaves(paths: Iterable[str]) -> list[str]:
    """The paths that have no other below them: a folder is changed with what is in it."""
    ordered = sorted(paths)
    return [path for path, after in pairwise([*ordered, ""]) if not after.startswith(f"{path}/")]
