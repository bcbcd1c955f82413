"""What one layer wastes of another's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from imagesize.model import Image
from imagesize.places import named
from imagesize.stack import DELETED, METADATA, Waste

_MOVES = re.compile(r"\bmv\s")
BOOKS = re.compile(
    r"(var/(lib/(dpkg|apt(?!/lists/)|rpm)|cache/(debconf|ldconfig)|log)|(usr/)?lib/apk/db|usr/lib/sysimage/rpm|etc/apk)/|etc/(ld\.so\.cache|(passwd|g?shadow|group)-?$)"
)
"""What package managers and the tools for accounts write anew whenever they do anything: nobody can spare that above a base image."""


def origins(waste: Sequence[Waste]) -> Callable[[str, int], int]:
    """From a path and a layer to the layer that brought its content first: a chown or chmod between them brings nothing new."""
    before: dict[int, dict[str, int]] = defaultdict(dict)
    for each in waste:
        if each.how == METADATA and each.added_by < each.wasted_by:
            before[each.wasted_by][each.path] = each.added_by

    def origin(path: str, layer: int) -> int:
        while layer in before and path in before[layer]:
            layer = before[layer][path]
        return layer

    return origin


class Pair(NamedTuple):
    """Two layers, and what one wastes of the other's files in one way."""

    added: int
    wasted: int
    how: str
    first: int
    """The layer that brought the contents first."""
    moved: bool
    """Whether they are in the wasting layer again, at another path."""
    bytes: int
    files: list[Waste]
    places: tuple[str, ...]


def find(image: Image, waste: Sequence[Waste], origin: Callable[[str, int], int]) -> Iterable[Pair]:
    """All of them; `origin` tells which layer brought a path's content first."""
    groups, base = defaultdict[tuple[int, int, str, int, bool], list[Waste]](list), image.base.layers
    moving = {layer.index: set(layer.entries.sizes) for layer in image.layers if _MOVES.search(layer.instruction)}
    for each in waste:
        path, size, how, added, wasted = each
        if not (added < base <= wasted and BOOKS.match(path)):
            moved = how == DELETED and size in moving.get(wasted, ())
            groups[added, wasted, how, origin(path, added), moved].append(each)
    for key, files in groups.items():
        yield Pair(*key, sum(each.bytes for each in files), files, named([(each.path, each.bytes) for each in files]))
