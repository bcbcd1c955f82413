"""What to change: for every wasted or needless byte the instruction, and how it should read."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from imagesize import needless
from imagesize.dockerfile import FROM
from imagesize.history import keyword
from imagesize.model import Image
from imagesize.packages import Packages
from imagesize.stack import DELETED, METADATA, OPAQUE_FOLDER, Duplicate, Waste
from imagesize.units import size as written

_WORTH, _WORTH_SHARE = 4096, 5000
"""Advice that saves fewer bytes, or less than such a part of all files, is not given."""
_DUPLICATE_WORTH = 64 << 10
_TELLING = 0.8
"""Such a part of a folder's bytes is most of them."""
_CACHE = re.compile(
    r"(.*?(^|/)(\.cache/[^/]+|\.npm|\.m2/repository|\.gradle|(\.|^usr/local/)cargo/(registry|git)|go/pkg/mod|pnpm/store|\.pnpm-store|\.yarn|\.nuget/packages)"
    r"|var/(cache|lib)/(apt|apk|dnf|yum|libdnf5|zypp)|etc/apk/cache)/"
)
"""The folder of a package manager's cache, at the beginning of a path."""
_PACKED = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
_INSTALLED = re.compile(r"(.*/)?(site-packages|dist-packages|node_modules)/")
"""The last folder of a path that libraries are installed in."""
_SYSTEM = ("deb", "apk", "rpm")
_CHANGES = re.compile(r"\b(chown|chgrp|chmod|touch|setfacl)\b")
_BOOKS = re.compile(
    r"(var/(lib/(dpkg|apt|rpm)|cache/(debconf|ldconfig)|log)|(usr/)?lib/apk/db|usr/lib/sysimage/rpm|etc/apk)/|etc/(ld\.so\.cache|(passwd|g?shadow|group)-?$)"
)
"""What package managers and the tools for accounts write anew whenever they do anything: nobody can spare that above a base image."""


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
    stacked, origin = image.stacked, _origins(image.stacked.waste)
    useless = needless.find(stacked.tree, packages, origin)
    told = {path for each in useless for path, _ in each.files}
    found = [
        *_of_waste(image, stacked.waste, lines, origin),
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
    titles = {kind.slug: kind.title for kind in (*needless.KINDS, needless.BYTECODE)}
    sums: dict[str, int] = {}
    for advice in given:
        title = titles.get(advice.kind, "contents that are there twice" if advice.kind == "duplicate" else "what its own layers hide")
        sums[title] = sums.get(title, 0) + advice.bytes
    kinds = sorted(sums, key=lambda title: (-sums[title], title))
    named = (
        f"the base image {image.base.name}".rstrip() if image.base.known else f"what seems to be the base image {image.base.name}".rstrip()
    )
    because = f"{named} brings {', '.join(f'{title} ({written(sums[title])})' for title in kinds)}"
    smaller = "distroless" if re.search("slim|alpine|-jre", image.base.name) else "slim, distroless"
    mend = f"choose a smaller one ({smaller}): from above nothing can be taken out of it"
    if kinds[0] == titles["build-tools"]:
        mend = f"build in this image, and let the final stage be a smaller one ({smaller}) that gets the result with `COPY --from=`"
    largest = max(given, key=lambda advice: advice.bytes)
    top = tuple(advice.paths[0] for advice in sorted(given, key=lambda advice: -advice.bytes)[:3])
    instruction = f"FROM {image.base.name}" if image.base.name else largest.instruction
    yield Advice(sum(sums.values()), "base-image", largest.layer, instruction, lines.get(FROM, 0), because, mend, top)


def _origins(waste: Sequence[Waste]) -> Callable[[str, int], int]:
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


def _of_waste(image: Image, waste: Sequence[Waste], lines: Mapping[int, int], origin: Callable[[str, int], int]) -> Iterable[Advice]:
    groups, base, least = defaultdict[tuple[int, int, str, int], list[Waste]](list), image.base.layers, _least(image)
    for each in waste:
        path, _, how, added, wasted = each
        if not (added < base <= wasted and _BOOKS.match(path)):
            groups[added, wasted, how, origin(path, added)].append(each)
    for (added, wasted, how, first), group in groups.items():
        saved = sum(each.bytes for each in group)
        if saved < least:
            continue
        paths = _places([(each.path, each.bytes) for each in group])
        if added == wasted:
            change, mend = added, f"the layer's archive holds {_slashed(paths)} twice: build it anew with a current builder"
        elif all(_BOOKS.match(each.path) for each in group):
            change, mend = wasted, f"install and remove packages in one RUN: join layers {added} and {wasted}"
        else:
            change, mend = _mend(image, group, paths, how, first, wasted)
        again = f" (first in layer {first})" if first != added else ""
        because = f"{_called(image, wasted)} {_DOES[how]} what {_called(image, added)} adds{again}"
        yield Advice(saved, how, change, image.layers[change].instruction, lines.get(change, 0), because, mend, paths)


def _least(image: Image) -> int:
    return max(_WORTH, image.file_bytes // _WORTH_SHARE)


_DOES = {
    METADATA: "changes only owner, mode or time of",
    DELETED: "deletes",
    OPAQUE_FOLDER: "replaces the folder of",
    "overwritten": "overwrites",
}


def _called(image: Image, layer: int) -> str:
    return f"layer {layer} ({keyword(image.layers[layer].instruction) or 'unknown'})"


def _mend(image: Image, group: Sequence[Waste], paths: Sequence[str], how: str, added: int, wasted: int) -> tuple[int, str]:
    """The layer to change, and how."""
    adder, waster = image.layers[added].instruction, image.layers[wasted].instruction
    copies, place = keyword(adder) in ("COPY", "ADD"), _slashed(paths) if any("/" in path[:-1] for path in paths) else "this"
    if wasted < image.base.layers:
        return wasted, ""  # all of that kind is one advice
    from_base = added < image.base.layers
    if how == METADATA:
        if keyword(waster) in ("COPY", "ADD"):
            return wasted, f"copy {place} once: layer {added} already brings the same content"
        flag, value = _metadata_flag(waster)
        if from_base:
            return wasted, f"change only what must be written to, instead of all of {place}, which the base image brings"
        if copies:
            change, flagged = flag.removeprefix("--"), f"`{keyword(adder)} {flag}={value} …`"
            if change == "chown":
                return (
                    added,
                    f"drop the chown from layer {wasted}: code may stay root's, and {flagged} gives the user what must be written to",
                )
            return added, f"write {flagged} and drop the {change} from layer {wasted}"
        if not _CHANGES.search(waster):
            return wasted, f"write {place} once: join layers {added} and {wasted} in one RUN"
        return added, f"change owner and mode in the RUN that makes {place}, or make it as that user (`USER` before it)"
    if how in (DELETED, OPAQUE_FOLDER):
        if from_base:
            return (
                wasted,
                f"deleting does not shrink the base image: choose a smaller one, or copy what is needed of it into another stage ({place})",
            )
        if all(_CACHE.match(each.path) for each in group):
            return (
                added,
                f"keep {place} on a cache mount (`RUN --mount=type=cache,target={_mounted(group[0].path)} …`), and no RUN has to delete it",
            )
        if copies and all(each.path.endswith(_PACKED) for each in group):
            unpacking = "ADD --unpack=true URL" if keyword(adder) == "ADD" else "ADD FILE"  # a local archive ADD has unpacked already
            return added, f"`{unpacking} FOLDER/` unpacks {place} itself, or lend it to the RUN (`--mount=type=bind,source=…`)"
        if copies:
            return (
                added,
                f"leave {place} out (`.dockerignore`, `--exclude`), or lend it to the RUN that needs it (`--mount=type=bind,source=…`)",
            )
        return (
            wasted,
            f"delete {place} in the RUN that adds it (layer {added}, with `&&`), or let another stage do what needs it: `COPY --from=`",
        )
    if from_base:
        return wasted, f"use a newer base image, which brings the newer {place} itself"
    if copies and keyword(waster) in ("COPY", "ADD"):
        return added, f"copy {place} once: leave it out of layer {added} (`.dockerignore`, `--exclude`) or of layer {wasted}"
    if copies:
        return (
            added,
            f"make the final {place} in another stage and `COPY --from=` it, or lend the first one to the RUN (`--mount=type=bind`)",
        )
    return wasted, f"write {place} once: join layers {added} and {wasted} in one RUN"


def _mounted(path: str) -> str:
    """The folder of the cache that a path lies in, as a mount wants it: that of apt must not be used by two builds at once."""
    match = _CACHE.match(path)
    folder = match[1] if match else path.rpartition("/")[0]
    return f"/{folder},sharing=locked" if folder.endswith("/apt") else f"/{folder}"


def _metadata_flag(waster: str) -> tuple[str, str]:
    """The flag of COPY that does what a command does later."""
    for command, flag in (("chown", "--chown"), ("chgrp", "--chown"), ("chmod", "--chmod")):
        words = waster.split()
        if command in words or f"/bin/{command}" in words:
            at = next(place for place, word in enumerate(words) if word.endswith(command))
            value = next((word for word in words[at + 1 :] if not word.startswith("-")), "")
            return flag, value if value and not value.startswith("/") else "USER"
    return "--chown", "USER:GROUP"


def _of_needless(image: Image, found: Sequence[needless.Needless], packages: Packages, lines: Mapping[int, int]) -> Iterable[Advice]:
    for each in found:
        if each.bytes < _least(image):
            continue
        paths, layer, packaged = _places(each.files), image.layers[each.layer], _packages(image, each.files, packages)
        mend = each.kind.mend.replace("FOLDERS", _slashed(paths)).replace("FOLDER", _mounted(max(each.files, key=itemgetter(1))[0]))
        if keyword(layer.instruction) in ("COPY", "ADD") and each.kind.slug not in ("version-control", "source-maps", "build-tools"):
            mend = "leave it out with a line in `.dockerignore`, or with `--exclude`"
            if _from_a_stage(layer.instruction):
                mend = "remove it in the stage that it is copied from, or leave it out with `--exclude`"
        elif each.kind.slug == "headers" and all(_INSTALLED.match(path) for path, _ in each.files):
            mend = "remove them in the RUN that installs the packages, or in the builder stage"
        elif each.kind.slug == "headers" and packaged and not any(map(needless.is_tool, packaged)):
            mend = "do without these packages, or remove the files in the RUN that installs them"
        names = f" (of {', '.join(packaged[:3])}{', …' * (len(packaged) > 3)})" if packaged else ""
        because = f"{_called(image, each.layer)} adds {each.kind.title}{names}, {_counted(each.files)}"
        yield Advice(each.bytes, each.kind.slug, each.layer, layer.instruction, lines.get(each.layer, 0), because, mend, paths)


def _from_a_stage(instruction: str) -> bool:
    """Whether a COPY seems to be one from another stage: the history leaves `--from` out, but sources there are absolute."""
    words = [word for word in instruction.split()[1:] if not word.startswith("--")]
    return len(words) > 1 and all(word.startswith("/") for word in words[:-1])


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
        installed = Counter(map(_within_package, duplicate.paths))
        for layer, path in copies:
            within = _within_package(path)
            packaged = installed[within] == 1 if within else _package(image, path, packages)[0] in _SYSTEM
            if not packaged:
                groups.setdefault(layer, []).append((path, duplicate.bytes))
    for layer, files in groups.items():
        saved = sum(size for _, size in files)
        if saved < _DUPLICATE_WORTH:
            continue
        tails = [_within_package(path) for path, _ in files]
        mend = "copy it once, and link to it (`ln`, `ln -s`) where it is wanted too"
        if all("node_modules/" in path for path, _ in files):
            mend = "`npm dedupe` may join them"
        elif all(each.startswith("pip") for each in tails):
            mend = "make the environment without a pip of its own: `python -m venv --without-pip ENV && pip --python ENV install …`"
        elif all(tails):
            mend = "install each library once, in one environment"
        because = f"{_called(image, layer)} adds contents that are at another path too, {_counted(files)}"
        yield Advice(saved, "duplicate", layer, image.layers[layer].instruction, lines.get(layer, 0), because, mend, _places(files))


def _within_package(path: str) -> str:
    """The path of a library's file below the folder that libraries are installed in; nothing for other files."""
    match = _INSTALLED.match(path)
    return path[match.end() :] if match else ""


def _counted(files: Sequence[object]) -> str:
    return f"{len(files):,} file{'s' * (len(files) != 1)}"


def _places(files: Sequence[tuple[str, int]]) -> tuple[str, ...]:
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


def _slashed(paths: Sequence[str]) -> str:
    return ", ".join(f"/{path.rstrip('/')}" for path in paths)
