"""How the places of many files are told in a few words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

_TELLING = 0.8
"""Such a part of a folder's bytes is most of them."""


def named(files: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """Up to three places that tell where most of the bytes are: files, or folders with a slash behind them."""
    while True:
        start, sizes = len(_common([path for path, _ in files])), defaultdict[str, int](int)
        for path, size in files:
            sizes[path[: path.find("/", start) + 1] or path] += size
        best = sorted(sizes, key=lambda place: (-sizes[place], place))
        if len(best) > 1 and best[0].endswith("/") and sizes[best[0]] > 0.9 * sum(sizes.values()):
            files = [file for file in files if file[0].startswith(best[0])]
        elif start and len(best) > 3 and not _telling(best[:3], sizes):
            return (files[0][0][:start],)
        else:
            return tuple(best[:3])


def _telling(folders: Sequence[str], sizes: Mapping[str, int]) -> bool:
    """Whether these say more than the folder that they are in: folders with most of its bytes."""
    return all(each.endswith("/") for each in folders) and sum(sizes[each] for each in folders) >= _TELLING * sum(sizes.values())


def _common(paths: Sequence[str]) -> str:
    """The folder that all paths are in, with a slash behind it."""
    first, last = min(paths), max(paths)
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), min(len(first), len(last)))
    return first[: first.rfind("/", 0, same) + 1]


def slashed(paths: Sequence[str]) -> str:
    return ", ".join(f"/{path.rstrip('/')}" for path in paths)
