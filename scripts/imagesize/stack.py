"""Layers laid on each other as an engine does: the file tree that they show, and every byte that they carry in vain.

Source: OCI image-spec `layer.md`: a whiteout hides what lower layers have, never what its own layer brings; a folder in an upper
layer is merged with the one below, everything else replaces it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import NamedTuple, Protocol

from imagesize.tarheaders import FOLDER, HARDLINK, OPAQUE, WHITEOUT, Entries, Entry

File = tuple[str, int, int]
"""Path, number and size of a file with content."""
_LARGE = 64 << 10
"""Larger files are worth a look at how they begin before one at the whole."""
DELETED, OVERWRITTEN, METADATA, OPAQUE_FOLDER = "deleted", "overwritten", "metadata", "opaque"


class Waste(NamedTuple):
    """A file of a layer that the final file system does not show."""

    path: str
    bytes: int
    how: str
    """deleted, overwritten (by other content), metadata (the same content again), opaque (hidden with its folder)."""
    added_by: int
    wasted_by: int
    """Layer indexes, from 0."""


class Duplicate(NamedTuple):
    """One content at several paths of the final file system."""

    bytes: int
    """Of each copy."""
    paths: tuple[str, ...]
    layers: tuple[int, ...]
    """Which layer each copy is in."""

    @property
    def extra(self) -> int:
        """What all copies but one take."""
        return self.bytes * (len(self.paths) - 1)


class Placed(NamedTuple):
    """An entry of the final file system and the index of the layer that it is in."""

    entry: Entry
    layer: int


class Prints(Protocol):
    """Takes the fingerprints of files whose scan took none; files are told by layer index and entry index."""

    def whole(self, layer: int, index: int) -> int:
        """The fingerprint of all of it."""

    def begin(self, layer: int, index: int) -> int:
        """The fingerprint of its first bytes, cheaply."""


class FileTree:
    """What the layers show together.

    Files are known by a number: the index of their entry when the entries of all layers are counted through. Names of one
    hard-linked file have one number.
    """

    def __init__(self, layers: Sequence[Entries]) -> None:
        self.layers = layers
        self.folders: dict[str, dict[str, int]] = {"": {}}
        """Of each folder the paths in it and their numbers; -1 for a folder that no layer has an entry of."""
        self.names: dict[int, int] = {}
        """How many names a hard-linked file has left."""
        self.heirs: dict[int, list[int]] = {}
        """Of a hard-linked file the files that took names of it."""
        self.starts = [0]
        self.sizes = array("q")
        """Payload bytes, by number."""
        for entries in layers:
            self.sizes.extend(entries.sizes)
            self.starts.append(len(self.sizes))

    def layer_of(self, number: int) -> int:
        """The index of the layer that a file is in."""
        return bisect_right(self.starts, number) - 1

    def at(self, number: int) -> tuple[Entries, int]:
        """The layer's entries and the index in them."""
        layer = self.layer_of(number)
        return self.layers[layer], number - self.starts[layer]

    def path_of(self, number: int) -> str:
        """The path of a file's entry: of a hard-linked file the first name that its layer gave it."""
        entries, index = self.at(number)
        return entries.paths[index]

    def find(self, path: str) -> int | None:
        """The number of what is at a path; None where nothing is."""
        return self.folders.get(path.rpartition("/")[0], {}).get(path)

    def get(self, path: str) -> Placed | None:
        """What is at a path; links are not followed."""
        number = self.find(path)
        return None if number is None else self._placed(path, number)

    def __contains__(self, path: str) -> bool:
        return self.find(path) is not None

    def __iter__(self) -> Iterator[str]:
        """All paths, sorted within each folder, folders sorted."""
        for folder in self.ordered:
            yield from sorted(self.folders[folder])

    def items(self) -> Iterator[tuple[str, Placed]]:
        """All paths and what is there."""
        for path in self:
            number = self.find(path)
            if number is not None:
                yield path, self._placed(path, number)

    @cached_property
    def ordered(self) -> list[str]:
        """All folders, one before those in it."""
        return sorted(self.folders)

    @cached_property
    def linked(self) -> dict[int, list[str]]:
        """All names of each file that has more than one, by number; sorted within each folder, folders sorted."""
        found: dict[int, list[str]] = {number: [] for number, names in self.names.items() if names > 1}
        for folder in self.ordered if found else ():
            for path, number in sorted(self.folders[folder].items()):
                if number in found:
                    found[number].append(path)
        return found

    @cached_property
    def files_in(self) -> dict[str, list[File]]:
        """Of each folder the files with content, sorted; of a hard-linked one the first name alone."""
        sizes, names, first = self.sizes, self.names, dict[int, str]()
        found: dict[str, list[File]] = {}
        for folder in self.ordered:
            here = sorted(self.folders[folder].items())
            files = [(path, number, sizes[number]) for path, number in here if number >= 0 and sizes[number]]
            if names:
                files = [file for file in files if file[1] not in names or first.setdefault(file[1], file[0]) == file[0]]
            if files:
                found[folder] = files
        return found

    @cached_property
    def files(self) -> list[File]:
        """All of them."""
        return list(chain.from_iterable(self.files_in.values()))

    def resolve(self, path: str, depth: int = 40) -> str:
        """The path with the links among its folders followed within the image; the path itself where that fails."""
        done, todo = "", path.split("/")[::-1]
        while todo:
            part = todo.pop()
            if part in ("", ".", ".."):
                done = done.rpartition("/")[0] if part == ".." else done
                continue
            here = f"{done}/{part}" if done else part
            number = self.folders.get(done, {}).get(here) if todo else None
            link = "" if number is None or number < 0 or here in self.folders else self._link(number)
            if link:
                depth -= 1
                if depth < 0:
                    return path
                todo += link.split("/")[::-1]
                done = "" if link.startswith("/") else done
            else:
                done = here
        return done

    def targets(self) -> set[str]:
        """Where links of all layers point, as far as it is told from the root, into a folder of caches."""
        return {link for entries in self.layers for link in entries.links.values() if link.startswith("/") and "cache" in link}

    def _link(self, number: int) -> str:
        entries, index = self.at(number)
        return entries.links.get(index, "")

    def _placed(self, path: str, number: int) -> Placed:
        if number < 0:
            return Placed(Entry(path, "folder", 0, 0o755, 0, 0, 0, ""), -1)
        entries, index = self.at(number)
        return Placed(entries[index]._replace(path=path), self.layer_of(number))


class Stacked(NamedTuple):
    """A file tree and what it cost in vain."""

    tree: FileTree
    waste: list[Waste]
    """Largest first."""
    duplicates: list[Duplicate]
    """Those with the largest extra copies first."""
    parted: list[Waste]
    """Copies that a layer made of one hard-linked file by changing its owner, mode or time: all but the one that took its place. They are
    visible, and so not wasted; `how` is metadata."""


def stack(layers: Sequence[Entries], prints: Prints) -> Stacked:
    """Lay the layers on each other, the first at the bottom."""
    builder = _Builder(FileTree(layers))
    for number in range(len(layers)):
        builder.add(number)
    contents = _Contents(builder.tree, prints)
    waste = builder.waste(contents)
    return Stacked(builder.tree, waste, _duplicates(builder.tree, contents), builder.parted(contents, waste))


class _Contents:
    """Tells whether files have the same content, and asks for what it needs once."""

    def __init__(self, tree: FileTree, prints: Prints) -> None:
        self._tree, self._prints = tree, prints
        self.known = array("Q")
        """Fingerprints by number; 0 where none was taken yet."""
        for entries in tree.layers:
            self.known.extend(entries.prints)

    def whole(self, number: int) -> int:
        if not self.known[number]:
            self.known[number] = self._prints.whole(self._tree.layer_of(number), self._tree.at(number)[1])
        return self.known[number]

    def likely(self, files: list[File]) -> Iterable[File]:
        """Those files of one size that may be alike; a look at how large ones begin may save one at the whole."""
        if files[0][2] <= _LARGE or any(self.known[number] for _, number, _ in files):
            return files
        return chain.from_iterable(_alike(files, [self._begin(number) for _, number, _ in files]))

    def _begin(self, number: int) -> int:
        return self._prints.begin(self._tree.layer_of(number), self._tree.at(number)[1])


class _Builder:
    """Adds layer after layer to a tree and notes what each hides."""

    def __init__(self, tree: FileTree) -> None:
        self.tree = tree
        self._gone: dict[int, tuple[str, int]] = {}  # number of a file without a name -> how, by which layer
        self._replaced: dict[int, int] = {}  # ...-> the number of what took its last name, if that has its size
        self._hidden: dict[str, int] = {}  # of this layer's whiteouts: path -> number

    def add(self, layer: int) -> None:
        """Lay the next layer on the tree."""
        entries, start = self.tree.layers[layer], self.tree.starts[layer]
        folders, kinds, links, paths = self.tree.folders, entries.kinds, entries.links, entries.paths
        self._hidden = {}
        if WHITEOUT in kinds or OPAQUE in kinds:
            for path, kind in zip(paths, kinds, strict=True):
                if kind == WHITEOUT:
                    self._remove(path, DELETED, layer)
                elif kind == OPAQUE:
                    self._clear(path, OPAQUE_FOLDER, layer)
        parent, names, hidden = "", folders[""], self._hidden
        for number, (path, kind) in enumerate(zip(paths, kinds, strict=True), start):
            if kind >= WHITEOUT:
                continue
            folder = path.rpartition("/")[0]
            if folder != parent or folder not in folders:
                names = folders[folder] if folder in folders else self._make(folder, layer)
                parent = folder
            if kind == FOLDER:
                if path not in folders:
                    if path in names:
                        self._lose(names[path], OVERWRITTEN, layer)
                    folders[path] = {}
                if path:
                    names[path] = number
                continue
            if kind == HARDLINK:
                link = links[number - start]
                target = self.tree.find(link)
                if target is None or link in folders or f"{link}/".startswith(f"{path}/"):
                    continue  # an engine could not make it either
                number = target
                self.tree.names[number] = self.tree.names.get(number, 1) + 1
            if path in names:
                if path in folders:
                    self._clear(path, OVERWRITTEN, layer)
                    del folders[path]
                else:
                    self._lose(names[path], OVERWRITTEN, layer, number)
            elif path in hidden and hidden[path] in self._gone:
                self._gone[hidden[path]] = (OVERWRITTEN, layer)
                self._replaced[hidden[path]] = number
            names[path] = number

    def _make(self, folder: str, layer: int) -> dict[str, int]:
        """A folder that an entry lies in, though nothing says that there is one."""
        folders, missing = self.tree.folders, [folder]
        while (above := missing[-1].rpartition("/")[0]) not in folders:
            missing.append(above)
        for path in reversed(missing):
            names = folders[path.rpartition("/")[0]]
            if path in names:
                self._lose(names[path], OVERWRITTEN, layer)
            names[path] = -1
            folders[path] = {}
        return folders[folder]

    def _remove(self, path: str, how: str, layer: int) -> None:
        names = self.tree.folders.get(path.rpartition("/")[0], {})
        if path in names:
            if path in self.tree.folders:
                self._clear(path, how, layer)
                del self.tree.folders[path]
            else:
                self._hide(path, names[path], how, layer)
            del names[path]

    def _clear(self, folder: str, how: str, layer: int) -> None:
        """Empty a folder."""
        todo = [folder] if folder in self.tree.folders else []
        while todo:
            here = todo.pop()
            for path, number in self.tree.folders[here].items():
                if path in self.tree.folders:
                    todo.append(path)
                else:
                    self._hide(path, number, how, layer)
            if here == folder:
                self.tree.folders[here].clear()
            else:
                del self.tree.folders[here]

    def _hide(self, path: str, number: int, how: str, layer: int) -> None:
        if how != OVERWRITTEN:
            self._hidden[path] = number
        self._lose(number, how, layer)

    def _lose(self, number: int, how: str, layer: int, heir: int = -1) -> None:
        """A name of a file is gone; with the last one its bytes are wasted."""
        names = self.tree.names
        if number in names:
            if heir >= 0:
                self.tree.heirs.setdefault(number, []).append(heir)
            names[number] -= 1
            if names[number]:
                return
        if number >= 0:
            self._gone[number] = (how, layer)
            if heir >= 0:
                self._replaced[number] = heir

    def waste(self, contents: _Contents) -> list[Waste]:
        """All that was wasted; contents are compared only where the sizes are equal."""
        tree, wasted = self.tree, list[Waste]()
        for number, (how, layer) in self._gone.items():
            size = tree.sizes[number]
            if not size:
                continue
            heir = self._replaced.get(number, -1)
            if how == OVERWRITTEN and heir >= 0 and tree.sizes[heir] == size and contents.whole(number) == contents.whole(heir):
                how = METADATA
            wasted.append(Waste(tree.path_of(number), size, how, tree.layer_of(number), layer))
        wasted.sort(key=itemgetter(0, 3))
        wasted.sort(key=itemgetter(1), reverse=True)  # which leaves those of one size in their order
        return wasted


    def parted(self, contents: _Contents, waste: Sequence[Waste]) -> list[Waste]:
        """The copies of hard-linked files that are no longer linked, and whose content is the same."""
        tree, found, counted = self.tree, list[Waste](), {(each.path, each.wasted_by) for each in waste if each.how == METADATA}
        for number, heirs in tree.heirs.items():
            size, added = tree.sizes[number], tree.layer_of(number)
            for heir in dict.fromkeys(heirs) if size else ():
                layer, path = tree.layer_of(heir), tree.path_of(heir)
                if tree.sizes[heir] == size and (path, layer) not in counted and contents.whole(heir) == contents.whole(number):
                    found.append(Waste(path, size, METADATA, added, layer))
        return found


def _duplicates(tree: FileTree, contents: _Contents) -> list[Duplicate]:
    """Contents that several files of the tree have; what no scan has looked into is looked into only where sizes are equal."""
    likely, known, found = tree.files, contents.known, list[Duplicate]()
    if not all(known[number] for _, number, _ in likely):
        likely = list(chain.from_iterable(contents.likely(files) for files in _alike(likely, [size for _, _, size in likely])))
    for files in _alike(likely, [(size, known[number] or contents.whole(number)) for _, number, size in likely]):
        paths, numbers, sizes = zip(*sorted(files), strict=True)
        found.append(Duplicate(sizes[0], paths, tuple(map(tree.layer_of, numbers))))
    return sorted(found, key=lambda duplicate: (-duplicate.extra, duplicate.paths))


def _alike(files: Sequence[File], keys: Sequence[Hashable]) -> Iterable[list[File]]:
    """The files that are not alone with their key."""
    times, groups = Counter(keys), defaultdict[Hashable, list[File]](list)
    for file, key in zip(files, keys, strict=True):
        if times[key] > 1:
            groups[key].append(file)
    return groups.values()
