"""How the two instructions of a pair should read instead, and the mounts that keep caches out of layers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from imagesize import history
from imagesize.history import keyword, sources
from imagesize.model import Image, Layer
from imagesize.pairs import BOOKS, Pair
from imagesize.places import slashed
from imagesize.stack import DELETED, METADATA, OPAQUE_FOLDER, Waste

_CACHE = re.compile(
    r"(.*?(^|/)(\.cache/(pypoetry/(cache|artifacts)|[^/]+)|\.npm|\.m2/repository|\.gradle|(\.|^usr/local/)cargo/(registry|git)|go/pkg/mod|pnpm/store|\.pnpm-store|\.yarn|\.nuget/packages"
    r"|\.(gem|bundle|composer|ivy2)/cache|(conda|miniconda3)/pkgs|(bundle|gems/[^/]+)/cache|\.next/cache|node_modules/\.cache|\.bun/install/cache)"
    r"|var/(cache|lib)/(apt|apk|dnf|yum|libdnf5|zypp)|etc/apk/cache)/"
)
"""The folder of a package manager's cache, at the beginning of a path."""
_PACKED = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
_CHANGES = re.compile(r"\b(chown|chgrp|chmod|touch|setfacl)\b")
_RIGHTS = frozenset(("chown", "chgrp", "chmod"))
_LINKS = re.compile(r"\b(ln\s+(?!-\w*s)|cp\s+-[a-zA-Z]*l)")
_FLAGS = ("chown", "chmod")
"""Commands that COPY has flags for."""
_ENDS = re.compile(r"&&|\|\||[;|&]")
_FETCHES_INDEX = re.compile(r"\b(apt-get|apt|apk|dnf|yum)\b[^&;|]*\b(update|makecache)\b")
_INSTALLS = re.compile(r"\s(install|add|upgrade|dist-upgrade|full-upgrade|build-dep)(?!\S)")
_MOST_MOUNTS = 6


def mend(image: Image, pair: Pair) -> tuple[int, str]:
    """The layer to change, and how."""
    if pair.added == pair.wasted:
        return pair.added, f"the layer's archive holds {slashed(pair.places)} twice: build it anew with a current builder"
    if pair.how not in (DELETED, OPAQUE_FOLDER) and all(BOOKS.match(each.path) for each in pair.files):
        joined = _joined(image, pair.added, pair.wasted)
        return pair.wasted, f"install and remove packages in one RUN{joined and ': '}{joined}"
    how, added, wasted = pair.how, pair.first, pair.wasted
    adder, waster = image.layers[added].instruction, image.layers[wasted].instruction
    copies = keyword(adder) in ("COPY", "ADD")
    place = slashed(pair.places) if any("/" in path[:-1] or path[-1] != "/" for path in pair.places) else "this"
    if wasted < image.base.layers:
        return wasted, ""  # all of that kind is one advice
    from_base = added < image.base.layers
    if how == METADATA:
        return _mend_of_metadata(image, pair, slashed(pair.places))
    if pair.moved and from_base:
        return wasted, f"link to {place} (`ln -s`): the base image keeps what is moved"
    if pair.moved:
        return added, f"{'copy' if copies else 'put'} {place} at once where layer {wasted} moves it"
    if how in (DELETED, OPAQUE_FOLDER):
        if from_base:
            needed = "" if place == "this" else f" ({place})"
            other = f"choose a smaller one, or copy what is needed of it into another stage{needed}"
            return wasted, f"deleting does not shrink the base image: {other}"
        return _mend_of_copied(image, pair, place) if copies else _mend_of_made(image, pair, place)
    if from_base:
        return wasted, f"use a newer base image, which brings the newer {place} itself"
    if copies and keyword(waster) in ("COPY", "ADD"):
        ways = "`--exclude`" if from_a_stage(image.layers[added]) else "`.dockerignore`, `--exclude`"
        return added, f"copy {place} once: leave it out of layer {added} ({ways}) or of layer {wasted}"
    return _write_once(image, pair, place)


def _mend_of_made(image: Image, pair: Pair, place: str) -> tuple[int, str]:
    """Of what one RUN makes and another deletes."""
    added, wasted = pair.first, pair.wasted
    adder, joined = image.layers[added].instruction, _joined(image, added, wasted)
    if all(_CACHE.match(each.path) for each in pair.files):
        if is_index_alone(adder):
            return wasted, f"fetch the index, install and clean up in one RUN{joined and ': '}{joined}"
        cached = f"`RUN {mounts(image, added, pair.files)} …`"
        return added, f"keep {place} on a cache mount in each RUN that uses it ({cached}), and no RUN has to delete it"
    elsewhere = f"let another stage do what needs {place}: `COPY --from=`"
    if joined:
        return wasted, f"{joined}, with `&&`, or {elsewhere}"
    return wasted, f"{elsewhere}; or do it in one RUN, to which a bind mount lends what is copied between layers {added} and {wasted}"


def from_a_stage(layer: Layer) -> bool:
    """Whether a COPY took a layer from another stage, by its line in the Dockerfile, else by what the history tells."""
    return history.from_a_stage(layer.instruction) if layer.from_stage is None else layer.from_stage


def _mend_of_copied(image: Image, pair: Pair, place: str) -> tuple[int, str]:
    """Of what a COPY or ADD brings and a RUN deletes."""
    adder = image.layers[pair.first].instruction
    added, named = pair.first, {each.rstrip("/").rpartition("/")[2] for each in sources(adder)}
    if all(each.path.endswith(_PACKED) for each in pair.files):
        unpacking = "ADD --unpack=true URL" if keyword(adder) == "ADD" else "ADD FILE"  # a local archive ADD has unpacked already
        return added, f"`{unpacking} FOLDER/` unpacks {place} itself, or lend it to the RUN (`--mount=type=bind,source=…`)"
    if keyword(adder) == "ADD" and any(source.endswith(_PACKED) for source in sources(adder)):
        return added, f"leave {place} out of the archive, or lend that to the RUN that unpacks it (`--mount=type=bind,source=…`)"
    if from_a_stage(image.layers[added]):
        return added, f"leave {place} out (`--exclude`, or delete it in that stage), or lend it to the RUN (`--mount=type=bind,from=…`)"
    if all(each.path.rpartition("/")[2] in named for each in pair.files):
        return added, f"lend {place} to the RUN that needs it (`--mount=type=bind,source=…`) instead of copying it"
    return added, f"leave {place} out (`.dockerignore`, `--exclude`), or lend it to the RUN that needs it (`--mount=type=bind,source=…`)"


def is_index_alone(instruction: str) -> bool:
    """Whether a RUN fetches the index of packages and installs none."""
    return bool(_FETCHES_INDEX.search(instruction)) and not _INSTALLS.search(instruction)


def is_used_later(image: Image, layer: int) -> bool:
    """Whether a RUN behind a layer installs packages by the index that is there."""
    behind = [each.instruction for each in image.layers[layer + 1 :] if keyword(each.instruction) == "RUN"]
    return any(re.search(r"\b(apt-get|apt)\s", text) and _INSTALLS.search(text) and not _FETCHES_INDEX.search(text) for text in behind)


def _joined(image: Image, first: int, last: int) -> str:
    """That these layers are to be one; nothing where what is between them is made by other instructions than RUN."""
    if any(keyword(layer.instruction) not in ("RUN", "") for layer in image.layers[first : last + 1]):
        return ""
    return f"join layers {first} {'and' if last == first + 1 else 'to'} {last} in one RUN"


def _write_once(image: Image, pair: Pair, place: str) -> tuple[int, str]:
    if keyword(image.layers[pair.first].instruction) in ("COPY", "ADD"):
        return (
            pair.first,
            f"make the final {place} in another stage and `COPY --from=` it, or lend the first one to the RUN (`--mount=type=bind`)",
        )
    joined = _joined(image, pair.first, pair.wasted)
    return pair.wasted, f"write {place} once{joined and ': '}{joined}"


def _mend_of_metadata(image: Image, pair: Pair, place: str) -> tuple[int, str]:
    added, wasted = pair.first, pair.wasted
    adder, waster = image.layers[added].instruction, image.layers[wasted].instruction
    copies, changes = keyword(adder) in ("COPY", "ADD"), list(dict.fromkeys(_CHANGES.findall(waster)))
    if keyword(waster) in ("COPY", "ADD"):
        return wasted, f"copy {place} once: layer {added} already brings the same content"
    if added < image.base.layers:
        return wasted, f"change only what must be written to, instead of all of {place}, which the base image brings"
    if not changes and _LINKS.search(waster):
        return wasted, f"link to {place} with `ln -s`: of a file of another layer a hard link is a copy"
    if not changes:
        return _write_once(image, pair, place)
    if not _RIGHTS.intersection(changes):
        drop = f"drop the {' and '.join(changes)} from layer {wasted}"
        return added, f"{drop}, or do it where {place} comes from" if copies else f"{drop}, or do it in the RUN that makes {place}"
    does = [each for each in changes if each in _RIGHTS]
    what = "what must be written to or run" if "chmod" in does else "what must be written to"
    limit = f"limit the {' and '.join(does)} of layer {wasted} to {what}, without {place}: code may stay root's"
    if not copies:
        return added, f"{limit}, or change it in the RUN that makes it"
    given, whole = _given(image, pair, waster), _is_all(image, pair)
    flags = "".join(f" --{command}={value}" for command, value in given.items())
    if not flags:
        flags = " --chmod=MODE" if "chown" not in does and "chgrp" not in does else " --chown=UID:GID"
    which = "" if whole else f", where it has a {keyword(adder)} of its own,"
    return added, f"{limit}, and `{keyword(adder)}{flags} …`{which} gives it owner and mode at once"


def _is_all(image: Image, pair: Pair) -> bool:
    """Whether the files of a pair are all that their layer brings."""
    return sum(1 for size in image.layers[pair.first].entries.sizes if size) == len({each.path for each in pair.files})


def _given(image: Image, pair: Pair, instruction: str) -> dict[str, str]:
    """The owner, by number, and the mode that a RUN gives files: of each command the argument, where there is one such command."""
    found = dict[str, str]()
    for part in _ENDS.split(instruction.partition(" ")[2]):
        command, *words = part.split() or [""]
        name, operands = command.rpartition("/")[2], [word for word in words if not word.startswith("-")]
        if name not in _FLAGS or len(operands) < 2 or len(re.findall(rf"\b{name}\b", instruction)) > 1 or "--reference" in part:
            continue
        deep = name == "chown" or any(re.match("-[a-zA-Z]*R|--recursive", word) for word in words)
        if all(any(_is_meant(target, f"/{each.path}", deep) for target in operands[1:]) for each in pair.files):
            uid, gid = _owner(image, pair.wasted, pair.files[0].path)
            found[name] = operands[0] if name == "chmod" else f"{uid}:{gid}" if ":" in operands[0] else str(uid)
    return found


def _is_meant(target: str, path: str, deep: bool) -> bool:
    """Whether an operand of chown or chmod may stand for the path."""
    known = re.split(r"[*?$]", target, maxsplit=1)[0]
    if not target.startswith("/") or path == target:
        return True
    return path.startswith(known) if known != target else deep and path.startswith(target.rstrip("/") + "/")


def _owner(image: Image, layer: int, path: str) -> tuple[int, int]:
    """User and group of a file as a layer has it; root's where it has none."""
    entries = image.layers[layer].entries
    return entries.owners[entries.paths.index(path)][1:] if path in entries.paths else (0, 0)


def mounts(image: Image, layer: int, files: Iterable[Waste] | Iterable[tuple[str, int]]) -> str:
    """The cache mounts that hold files of a layer, those with the most bytes first, and whose they must be."""
    sums, some = defaultdict[str, int](int), dict[str, str]()
    for path, size, *_ in files:
        folder = mounted(path)
        sums[folder] += size
        some.setdefault(folder, path)
    told = dict[str, str]()
    for folder in sorted(sums, key=lambda folder: (-sums[folder], folder))[:_MOST_MOUNTS]:
        uid, gid = _owner(image, layer, some[folder])
        within = "/.cache/" in folder and uid  # whose mount point the builder would make, as root
        place = folder.partition("/.cache/")[0] + "/.cache" if within else folder
        told[place] = f"--mount=type=cache,target={place}" + (f",uid={uid},gid={gid}" if uid else "")
    return " ".join(told.values())


def mounted(path: str) -> str:
    """The folder of the cache that a path lies in, as a mount wants it: that of apt must not be used by two builds at once."""
    match = _CACHE.match(path)
    folder = match[1] if match else path.rpartition("/")[0]
    return f"/{folder},sharing=locked" if folder.endswith("/apt") else f"/{folder}"
