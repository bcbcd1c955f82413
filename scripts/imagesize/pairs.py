"""What one layer wastes of another's, and how the two should read instead."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from imagesize.history import from_a_stage, keyword, sources
from imagesize.model import Image
from imagesize.places import named, slashed
from imagesize.stack import DELETED, METADATA, OPAQUE_FOLDER, Waste

_CACHE = re.compile(
    r"(.*?(^|/)(\.cache/[^/]+|\.npm|\.m2/repository|\.gradle|(\.|^usr/local/)cargo/(registry|git)|go/pkg/mod|pnpm/store|\.pnpm-store|\.yarn|\.nuget/packages)"
    r"|var/(cache|lib)/(apt|apk|dnf|yum|libdnf5|zypp)|etc/apk/cache)/"
)
"""The folder of a package manager's cache, at the beginning of a path."""
_PACKED = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
_CHANGES = re.compile(r"\b(chown|chgrp|chmod|touch|setfacl)\b")
_OWNERS = frozenset(("chown", "chgrp", "chmod"))
_GIVES = re.compile(r"(?:^|[\s;&|/])(chown|chmod)(?:\s+-\S+)*\s+([^\s;&|-][^\s;&|]*)")
"""A command that COPY has a flag for, and what it gives."""
_MOVES = re.compile(r"\bmv\s")
BOOKS = re.compile(
    r"(var/(lib/(dpkg|apt|rpm)|cache/(debconf|ldconfig)|log)|(usr/)?lib/apk/db|usr/lib/sysimage/rpm|etc/apk)/|etc/(ld\.so\.cache|(passwd|g?shadow|group)-?$)"
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


def mend(image: Image, pair: Pair) -> tuple[int, str]:
    """The layer to change, and how."""
    if pair.added == pair.wasted:
        return pair.added, f"the layer's archive holds {slashed(pair.places)} twice: build it anew with a current builder"
    if pair.how not in (DELETED, OPAQUE_FOLDER) and all(BOOKS.match(each.path) for each in pair.files):
        return pair.wasted, f"install and remove packages in one RUN: join layers {pair.added} and {pair.wasted}"
    how, added, wasted = pair.how, pair.first, pair.wasted
    adder, waster = image.layers[added].instruction, image.layers[wasted].instruction
    copies, place = keyword(adder) in ("COPY", "ADD"), slashed(pair.places) if any("/" in path[:-1] for path in pair.places) else "this"
    if wasted < image.base.layers:
        return wasted, ""  # all of that kind is one advice
    from_base = added < image.base.layers
    if how == METADATA:
        return _mend_of_metadata(image, added, wasted, place)
    if pair.moved and from_base:
        return wasted, f"link to {place} (`ln -s`): the base image keeps what is moved"
    if pair.moved:
        return added, f"{'copy' if copies else 'put'} {place} at once where layer {wasted} moves it"
    if how in (DELETED, OPAQUE_FOLDER):
        if from_base:
            return (
                wasted,
                f"deleting does not shrink the base image: choose a smaller one, or copy what is needed of it into another stage ({place})",
            )
        if all(_CACHE.match(each.path) for each in pair.files):
            mounts = " ".join(f"--mount=type=cache,target={each}" for each in sorted({mounted(each.path) for each in pair.files}))
            return added, f"keep {place} on a cache mount (`RUN {mounts} …`), and no RUN has to delete it"
        if copies and all(each.path.endswith(_PACKED) for each in pair.files):
            unpacking = "ADD --unpack=true URL" if keyword(adder) == "ADD" else "ADD FILE"  # a local archive ADD has unpacked already
            return added, f"`{unpacking} FOLDER/` unpacks {place} itself, or lend it to the RUN (`--mount=type=bind,source=…`)"
        if keyword(adder) == "ADD" and any(source.endswith(_PACKED) for source in sources(adder)):
            return added, f"leave {place} out of the archive, or lend that to the RUN that unpacks it (`--mount=type=bind,source=…`)"
        if copies and from_a_stage(adder):
            return added, f"leave {place} out (`--exclude`, or delete it in that stage), or lend it to the RUN (`--mount=type=bind,from=…`)"
        if copies:
            return (
                added,
                f"leave {place} out (`.dockerignore`, `--exclude`), or lend it to the RUN that needs it (`--mount=type=bind,source=…`)",
            )
        return (
            wasted,
            f"join layers {added} and {wasted} in one RUN, with `&&`, or let another stage do what needs {place}: `COPY --from=`",
        )
    if from_base:
        return wasted, f"use a newer base image, which brings the newer {place} itself"
    if copies and keyword(waster) in ("COPY", "ADD"):
        ways = "`--exclude`" if from_a_stage(adder) else "`.dockerignore`, `--exclude`"
        return added, f"copy {place} once: leave it out of layer {added} ({ways}) or of layer {wasted}"
    return _write_once(added, wasted, place, copies)


def _write_once(added: int, wasted: int, place: str, copies: bool) -> tuple[int, str]:
    if copies:
        return (
            added,
            f"make the final {place} in another stage and `COPY --from=` it, or lend the first one to the RUN (`--mount=type=bind`)",
        )
    return wasted, f"write {place} once: join layers {added} and {wasted} in one RUN"


def _mend_of_metadata(image: Image, added: int, wasted: int, place: str) -> tuple[int, str]:
    adder, waster = image.layers[added].instruction, image.layers[wasted].instruction
    copies, changes = keyword(adder) in ("COPY", "ADD"), list(dict.fromkeys(_CHANGES.findall(waster)))
    if keyword(waster) in ("COPY", "ADD"):
        return wasted, f"copy {place} once: layer {added} already brings the same content"
    if added < image.base.layers:
        return wasted, f"change only what must be written to, instead of all of {place}, which the base image brings"
    if not changes:
        return _write_once(added, wasted, place, copies)
    drop = f"drop the {' and '.join(changes)} from layer {wasted}"
    if not _OWNERS.intersection(changes):
        return added, f"{drop}, or do it where {place} comes from" if copies else f"{drop}, or do it in the RUN that makes {place}"
    if not copies:
        return added, f"{drop}: change owner and mode in the RUN that makes {place}, or make it as that user (`USER` before it)"
    stays = ["code may stay root's"] if "chown" in changes else []
    flags = "".join(f" --{command}={value}" for command, value in dict(_GIVES.findall(waster)).items() if not value.startswith("/"))
    does = f"`{keyword(adder)}{flags or ' --chown=USER:GROUP'} …` gives what must be written to its owner and mode"
    return added, f"{drop}: {', and '.join([*stays, does])}"


def mounted(path: str) -> str:
    """The folder of the cache that a path lies in, as a mount wants it: that of apt must not be used by two builds at once."""
    match = _CACHE.match(path)
    folder = match[1] if match else path.rpartition("/")[0]
    return f"/{folder},sharing=locked" if folder.endswith("/apt") else f"/{folder}"
