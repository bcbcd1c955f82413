"""What to change: for every wasted or needless byte the instruction, and how it should read."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from imagesize import mends, needless, pairs
from imagesize.dockerfile import FROM
from imagesize.history import keyword, sources
from imagesize.mends import from_a_stage
from imagesize.model import Image
from imagesize.packages import Packages
from imagesize.pairs import Pair
from imagesize.places import named, slashed
from imagesize.stack import DELETED, METADATA, OPAQUE_FOLDER, OVERWRITTEN, Duplicate, Waste
from imagesize.units import size as written

_WORTH, _WORTH_SHARE = 4096, 5000
"""Advice that saves fewer bytes, or less than such a part of all files, is not given."""
_DUPLICATE_WORTH = 64 << 10
_INSTALLED = re.compile(r"(.*/)?(site-packages|dist-packages|node_modules)/")
"""The last folder of a path that libraries are installed in."""
_SYSTEM = ("deb", "apk", "rpm")
_MANY = 3
"""More pairs of layers that do the same to the same places are one advice."""


class Advice(NamedTuple):
    """One thing to change."""

    bytes: int
    """Uncompressed bytes that it saves."""
    kind: str
    """deleted, overwritten, metadata, opaque, duplicate, base-image (all that comes with it), or a slug of `needless.KINDS`."""
    layer: int
    """Of the instruction to change."""
    instruction: str
    line: int
    """In the Dockerfile that was given; 0 where it is not known."""
    because: str
    mend: str
    paths: tuple[str, ...]
    """Where the bytes are: folders or files, those with the most bytes first."""


def give(image: Image, packages: Packages, lines: Mapping[int, int]) -> list[Advice]:
    """All the advice for an image that was read, what saves most first; `lines` tells lines of a Dockerfile by layer."""
    stacked = image.stacked
    waste = [*stacked.waste, *stacked.parted]
    origin = pairs.origins(waste)
    useless = needless.find(stacked.tree, packages, origin)
    told = {path for each in useless for path, _ in each.files} | {each.path for each in stacked.parted}
    found = [
        *_of_waste(image, waste, lines, origin),
        *_of_needless(image, useless, packages, lines),
        *_of_duplicates(image, stacked.duplicates, packages, lines, origin, told),
    ]
    own = [advice for advice in found if advice.layer >= image.base.layers]
    given = [advice for advice in found if advice.layer < image.base.layers]
    return sorted([*own, *_of_the_base(image, given, lines)], key=lambda advice: (-advice.bytes, advice.kind, advice.layer, advice.paths))


def _of_the_base(image: Image, given: Sequence[Advice], lines: Mapping[int, int]) -> Iterable[Advice]:
    """One for all that a Dockerfile above the base image cannot take away."""
    if not given or "distroless" in image.base.name:  # there is none smaller
        return
    titles = {kind.slug: kind.title for kind in needless.ALL}
    sums: dict[str, int] = {}
    for advice in given:
        title = titles.get(advice.kind, "contents that are there twice" if advice.kind == "duplicate" else "what its own layers hide")
        sums[title] = sums.get(title, 0) + advice.bytes
    kinds = sorted(sums, key=lambda title: (-sums[title], title))
    base = f"{'' if image.base.known else 'what seems to be '}the base image {image.base.name}".rstrip()
    because = f"{base} brings {', '.join(f'{title} ({written(sums[title])})' for title in kinds)}"
    smaller = "distroless" if re.search("slim|alpine|-jre", image.base.name) else "slim, distroless"
    mend = f"choose a smaller one ({smaller}), which saves this and more: from above nothing can be taken out of it"
    if kinds[0] == titles["build-tools"]:
        mend = f"build in this image, and let the final stage be a smaller one ({smaller}) that gets the result with `COPY --from=`"
    largest = max(given, key=lambda advice: advice.bytes)
    top = tuple(dict.fromkeys(advice.paths[0] for advice in sorted(given, key=lambda advice: -advice.bytes)))[:3]
    instruction = f"FROM {image.base.name}" if image.base.name else largest.instruction
    yield Advice(sum(sums.values()), "base-image", largest.layer, instruction, lines.get(FROM, 0), because, mend, top)


def _of_waste(image: Image, waste: Sequence[Waste], lines: Mapping[int, int], origin: Callable[[str, int], int]) -> Iterable[Advice]:
    """One for each pair of layers; what many of them do to the same places is one, and so is what is too little alone."""
    found, least, base = list(pairs.find(image, waste, origin)), _least(image), image.base.layers
    same = Counter((pair.how, pair.places) for pair in found)
    together = defaultdict[tuple[bool, str, tuple[str, ...]], list[Pair]](list)
    for pair in found:
        often = same[pair.how, pair.places] > _MANY
        if pair.bytes >= least and not often:
            yield _of_pair(image, pair, lines)
        else:
            together[pair.wasted < base, pair.how, pair.places if often else ()].append(pair)
    for many in together.values():
        if sum(pair.bytes for pair in many) >= least:
            yield _of_many(image, many, lines)


def _of_pair(image: Image, pair: Pair, lines: Mapping[int, int]) -> Advice:
    change, mend = mends.mend(image, pair)
    again = f" (first in layer {pair.first})" if pair.first != pair.added else ""
    because = f"{_called(image, pair.wasted, lines)} {_DOES[pair.how]} what {_called(image, pair.added, lines)} adds{again}"
    return Advice(pair.bytes, pair.how, change, image.layers[change].instruction, lines.get(change, 0), because, mend, pair.places)


def _of_many(image: Image, many: Sequence[Pair], lines: Mapping[int, int]) -> Advice:
    adding, wasting = sorted({pair.added for pair in many}), sorted({pair.wasted for pair in many})
    change, how, files = max(many, key=lambda pair: pair.bytes).wasted, many[0].how, [each for pair in many for each in pair.files]
    who = f"each of {len(wasting)} layers" if len(wasting) > 1 else _called(image, wasting[0], lines)
    whose = f"{_called(image, adding[0], lines)} adds" if len(adding) == 1 else f"earlier ones add, {_counted(files)}"
    places = named([(each.path, each.bytes) for each in files])
    saved, because, instruction = sum(pair.bytes for pair in many), f"{who} {_DOES[how]} what {whose}", image.layers[change].instruction
    return Advice(saved, how, change, instruction, lines.get(change, 0), because, _FOR_MANY[how], places)


def _least(image: Image) -> int:
    return max(_WORTH, image.file_bytes // _WORTH_SHARE)


_DOES = {
    METADATA: "changes only owner, mode or time of",
    DELETED: "deletes",
    OPAQUE_FOLDER: "replaces the folder of",
    OVERWRITTEN: "overwrites",
}
_FOR_MANY = {
    METADATA: "give files their owner and mode when they are copied or made (`COPY --chown=… --chmod=…`, `USER` before the RUN)",
    DELETED: "delete files in the RUN that adds them, or lend them to the RUN that needs them (`--mount=type=bind,source=…`)",
    OPAQUE_FOLDER: "make the folder once, in one RUN",
    OVERWRITTEN: "write each file once: let one instruction do what these layers do",
}


def _called(image: Image, layer: int, lines: Mapping[int, int]) -> str:
    line = f", line {lines[layer]}" if layer in lines else ""
    return f"layer {layer} ({keyword(image.layers[layer].instruction) or 'unknown'}{line})"


def _of_needless(image: Image, found: Sequence[needless.Needless], packages: Packages, lines: Mapping[int, int]) -> Iterable[Advice]:
    for each in found:
        if each.bytes < _least(image):
            continue
        paths, layer, packaged = named(each.files), image.layers[each.layer], _packages(image, each.files, packages)
        mend = _mend_of_needless(image, each, packaged)
        names = f" (of {', '.join(packaged[:3])}{', …' * (len(packaged) > 3)})" if packaged else ""
        because = f"{_called(image, each.layer, lines)} adds {each.kind.title}{names}, {_counted(each.files)}"
        yield Advice(each.bytes, each.kind.slug, each.layer, layer.instruction, lines.get(each.layer, 0), because, mend, paths)


def _mend_of_needless(image: Image, found: needless.Needless, packaged: Sequence[str]) -> str:
    """What to do about needless files, of which these packages of the system bring some."""
    slug, layer = found.kind.slug, image.layers[found.layer]
    instruction = layer.instruction
    if keyword(instruction) in ("COPY", "ADD"):
        if slug == "source-maps":
            return "build without them, or leave them out (`COPY --exclude=**/*.map …`)"
        if from_a_stage(layer) and slug not in _ANYWHERE:
            how = " (`npm prune --omit=dev`)" if slug == "development-packages" else ""
            return f"remove it in the stage that it is copied from{how}, or leave it out with `--exclude`"
        if slug == "version-control":
            return "name it in `.dockerignore`, or clone in another stage and copy what is wanted"
        names = {each.rpartition("/")[2] for each in sources(instruction)}
        if slug not in _ANYWHERE and all(path.rpartition("/")[2] in names for path, _ in found.files):
            return "lend it to the RUN that needs it (`--mount=type=bind,source=…`) instead of copying it"
        if slug not in _ANYWHERE:
            return "leave it out with a line in `.dockerignore`, or with `--exclude`"
    if slug == "package-lists" and (mends.is_index_alone(instruction) or mends.is_used_later(image, found.layer)):
        return "fetch the index in each RUN that installs (`apt-get update && apt-get install …`), and remove it at the end of that RUN"
    if slug == "headers" and all(_INSTALLED.match(path) for path, _ in found.files):
        return "remove them in the RUN that installs the packages, or in the builder stage"
    if slug == "headers" and packaged and not any(map(needless.is_tool, packaged)):
        return "do without these packages, or remove the files in the RUN that installs them"
    mend = found.kind.mend.replace("FOLDERS", slashed(named(found.files)))
    return mend.replace("MOUNTS", mends.mounts(image, found.layer, found.files)) if "MOUNTS" in mend else mend


_ANYWHERE = ("build-tools",)
"""Kinds whose mend is the same whatever brought them."""


def _packages(image: Image, files: Sequence[tuple[str, int]], packages: Packages) -> list[str]:
    """The system's packages that files come with, that with the most of their bytes first."""
    sums: dict[str, int] = {}
    for path, size in files:
        kind, name, _ = _package(image, path, packages)
        if kind in _SYSTEM:
            sums[name] = sums.get(name, 0) + size
    return sorted(sums, key=lambda name: (-sums[name], name))


def _package(image: Image, path: str, packages: Packages) -> tuple[str, str, str]:
    """Type, name and version of the package that a visible file belongs to."""
    number = image.final_tree.find(path)
    owner = packages.owners[number] if number is not None and number >= 0 else -1
    return packages.labels[owner] if owner >= 0 else ("", "", "")


def _of_duplicates(
    image: Image,
    duplicates: Sequence[Duplicate],
    packages: Packages,
    lines: Mapping[int, int],
    origin: Callable[[str, int], int],
    told: set[str],
) -> Iterable[Advice]:
    """One for each layer that brings what is there already, or brings it twice.

    What was told of as needless is not told again; what packages bring twice themselves is nobody's to mend.
    """
    groups: dict[int, list[tuple[str, int]]] = {}
    for duplicate in duplicates:
        places = zip(duplicate.paths, duplicate.layers, strict=True)
        copies = sorted((origin(path, layer), path) for path, layer in places if path not in told)[1:]
        installed = Counter(_within_package(path) for path in duplicate.paths if not _is_nodes(path))
        for layer, path in copies:
            within = _within_package(path)
            packaged = installed[within] < 2 or _is_nodes(path) if within else _package(image, path, packages)[0] in _SYSTEM
            if not packaged and not pairs.BOOKS.match(path):
                groups.setdefault(layer, []).append((path, duplicate.bytes))
    for layer, files in groups.items():
        saved = sum(size for _, size in files)
        if saved < _DUPLICATE_WORTH:
            continue
        mend = "copy it once, and link to it (`ln -s`) where it is wanted too"
        if all(_within_package(path) for path, _ in files):
            mend = "install each library once, in one environment"
        because = f"{_called(image, layer, lines)} adds contents that are at another path too, {_counted(files)}"
        yield Advice(saved, "duplicate", layer, image.layers[layer].instruction, lines.get(layer, 0), because, mend, named(files))


def _is_nodes(path: str) -> bool:
    """Whether a file belongs to a package that a package of Node.js brings along, or to npm itself: each has its own, on purpose."""
    return path.count("node_modules/") > 1 or path.startswith(("usr/lib/node_modules/", "usr/local/lib/node_modules/"))


def _within_package(path: str) -> str:
    """The path of a library's file below the folder that libraries are installed in; nothing for other files."""
    match = _INSTALLED.match(path)
    return path[match.end() :] if match else ""


def _counted(files: Sequence[object]) -> str:
    return f"{len(files):,} file{'s' * (len(files) != 1)}"
