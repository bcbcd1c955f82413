"""Which package each file of the final file system belongs to: sizes that add up to the image.

Sources: dpkg's admin folder (`status`, `info/*.list`, distroless's `status.d`), apk's `installed` database, Python's "Recording installed
projects", Node's module resolution, Go's `debug/buildinfo`, Spring Boot's "Executable Jar Format".
"""

from __future__ import annotations

import json
import struct
from array import array
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from operator import itemgetter
from typing import NamedTuple

from imagesize import rpmdb
from imagesize.errors import ImageError
from imagesize.model import Image, Layer
from imagesize.stack import File, FileTree
from imagesize.tarscan import Interest

_STATUS, _LISTS, _STATUS_D = "var/lib/dpkg/status", "var/lib/dpkg/info/", "var/lib/dpkg/status.d/"
_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_DATABASES = frozenset((_STATUS, *_APK, *(folder + name for folder in rpmdb.FOLDERS for name in rpmdb.FILES)))
_LARGEST = 64 << 20
"""No database is larger than this; nor does any smaller file of a package's own description matter beyond `_SMALL`."""
_SMALL = 8 << 20
_MODULES = "node_modules/"
_LOCK = "/node_modules/.package-lock.json"
_DESCRIPTIONS = (".dist-info/RECORD", "/package.json", _LOCK, ".list", _STATUS, "/installed", *rpmdb.FILES)
_GO, _POINTERS, _GO_BYTES, _GO_FROM = b"\xff Go buildinf:", b"\4\x08", 64 << 10, 256 << 10
_JARS, _FAT = (".jar", ".war", ".ear"), 2 << 20
"""Smaller archives of Java are not looked into: those that bring other archives along are not small."""


class Package(NamedTuple):
    """What one package takes in the final file system."""

    type: str
    """deb, apk, rpm, pip, npm, go or jar."""
    name: str
    version: str
    bytes: int
    files: int
    """Archives within an archive are none."""
    layers: tuple[int, ...]
    """The layers that its files are in."""


class Packages(NamedTuple):
    """All packages, the largest first, and what belongs to none."""

    found: list[Package]
    other_bytes: int
    other_files: int
    owners: array[int]
    """For each file's number the index into `labels`, -1 for none."""
    labels: list[tuple[str, str, str]]
    """Type, name and version."""
    development: frozenset[str]
    """The folders of Node.js packages that npm has installed for development alone."""


def wanted(path: str, size: int) -> int:
    """How many of its last bytes a scan must keep of this file for us."""
    if path.endswith(_DESCRIPTIONS):
        if path in _DATABASES:
            return size if size <= _LARGEST else 0
        described = path.endswith("/RECORD") or (_MODULES in path if path.endswith(".json") else path.startswith(_LISTS))
        return size if described and size <= _SMALL else 0
    if size >= _FAT and path.endswith(_JARS):
        return _listed(size)
    return size if path.startswith(_STATUS_D) and size <= _SMALL else 0


def _listed(size: int) -> int:
    """Where in an archive of Java of so many bytes the list of what it holds is: about the last so many."""
    return min(size // 16, 512 << 10)


_TAILS = frozenset(each[-4:].encode() for each in (*_DESCRIPTIONS, *_JARS))
INTEREST = Interest(wanted, _GO, _POINTERS, _GO_BYTES, _GO_FROM, _TAILS, b"v./")  # var/lib/dpkg/status.d, however it is written


def find(image: Image) -> Packages:
    """Give every file of the image's final file system to at most one package."""
    tree = image.final_tree
    finder = _Finder(image, tree)
    for claim in (finder.dpkg, finder.apk, finder.rpm, finder.pip, finder.npm, finder.go_and_jars):
        claim()
    files: dict[int, list[File]] = defaultdict(list)
    for file in tree.files:
        files[finder.owners[file[1]]].append(file)
    counted = {owner: [sum(map(itemgetter(2), owned)), len(owned)] for owner, owned in files.items()}
    other_bytes, other_files = counted.pop(-1, (0, 0))
    layers = {owner: {tree.layer_of(number) for _, number, _ in files[owner]} for owner in counted}
    for number, parts in finder.parts.items():
        counted[finder.owners[number]][0] -= sum(parts.values())
        for owner, count in parts.items():
            counted.setdefault(owner, [0, 0])[0] += count
            layers.setdefault(owner, set()).add(tree.layer_of(number))
    found = [Package(*finder.labels[owner], size, count, tuple(sorted(layers[owner]))) for owner, (size, count) in counted.items()]
    found.sort(key=lambda package: (-package.bytes, package.type, package.name, package.version))
    return Packages(found, other_bytes, other_files, finder.owners, finder.labels, frozenset(finder.development()))


class _Finder:
    """Claims files for packages; who comes first has them."""

    def __init__(self, image: Image, tree: FileTree) -> None:
        self._image, self._tree = image, tree
        self.owners = array("i", (-1,)) * tree.starts[-1]
        self.labels: list[tuple[str, str, str]] = []
        self.parts: dict[int, dict[int, int]] = {}
        """Of files that hold other packages, by number, the bytes of each."""
        self._indexes: dict[tuple[str, str, str], int] = {}
        self._folders: dict[str, str] = {}

    def _label(self, kind: str, name: str, version: str) -> int:
        label = (kind, name, version)
        if label not in self._indexes:
            self._indexes[label] = len(self.labels)
            self.labels.append(label)
        return self._indexes[label]

    def _claim(self, label: int, path: str) -> None:
        number = self._tree.find(path)
        if number is None:  # its folder may be reached through a link: /lib is one to usr/lib
            folder, _, name = path.rpartition("/")
            if folder not in self._folders:
                self._folders[folder] = self._tree.resolve(folder + "/x")[:-1]  # up to the slash
            number = self._tree.find(self._folders[folder] + name)
        if number is not None and number >= 0 and self.owners[number] < 0:
            self.owners[number] = label

    def _content(self, number: int, limit: int = _SMALL) -> bytes:
        layer: Layer = self._image.layers[self._tree.layer_of(number)]
        try:
            return layer.content(number - self._tree.starts[layer.index], limit)
        except ImageError:
            return b""

    def _text(self, path: str) -> str:
        number = self._tree.find(path)
        return "" if number is None or number < 0 else self._content(number, _LARGEST).decode("utf-8", "surrogateescape")

    def _within(self, folder: str) -> Iterator[tuple[str, int]]:
        yield from sorted(self._tree.folders.get(folder.rstrip("/"), {}).items())

    def dpkg(self) -> None:
        """Debian's packages, as dpkg or a distroless image lists them."""
        for record in _paragraphs(self._text(_STATUS)):
            name, version = record.get("Package", ""), record.get("Version", "")
            if "installed" not in record.get("Status", "installed").split() or not name:
                continue
            listed = self._text(f"{_LISTS}{name}:{record.get('Architecture', '')}.list") or self._text(f"{_LISTS}{name}.list")
            label = self._label("deb", name, version)
            for line in listed.split("\n"):
                if len(line) > 2:
                    self._claim(label, line[1:])
        for path, number in self._within(_STATUS_D):
            if path.endswith(".md5sums"):
                continue
            for record in _paragraphs(self._content(number).decode("utf-8", "replace")):
                label = self._label("deb", record.get("Package", path.rpartition("/")[2]), record.get("Version", ""))
                for line in self._text(path + ".md5sums").split("\n"):
                    self._claim(label, line.partition("  ")[2].lstrip("/"))

    def apk(self) -> None:
        """Alpine's packages."""
        for database in _APK:
            label, folder, name = -1, "", ""
            for line in self._text(database).split("\n"):
                key, value = line[:2], line[2:]
                if key == "P:":
                    name, label = value, -1
                elif key == "V:":
                    label = self._label("apk", name, value)
                elif key == "F:":
                    folder = value
                elif key == "R:" and label >= 0:
                    self._claim(label, f"{folder}/{value}" if folder else value)

    def rpm(self) -> None:
        """Red Hat's and SUSE's packages."""
        for folder in rpmdb.FOLDERS:
            for name in rpmdb.FILES:
                number = self._tree.find(folder + name)
                if number is None or number < 0:
                    continue
                for package in rpmdb.installed(name, self._content(number, _LARGEST)):
                    label = self._label("rpm", package.name, package.version)
                    for path in package.paths:
                        self._claim(label, path)

    def pip(self) -> None:
        """Python's packages: what their RECORD lists, and the bytecode of it."""
        sites = set[str]()
        for folder in self._tree.ordered:
            site, _, name = folder.rpartition("/")
            if not name.endswith(".dist-info"):
                continue
            project, _, version = name.removesuffix(".dist-info").rpartition("-")
            label = self._label("pip", project or name, version)
            for line in self._text(folder + "/RECORD").split("\n"):
                path = line[1:].partition('"')[0] if line[:1] == '"' else line.partition(",")[0]
                if path:
                    self._claim(label, _joined(site, path))
            for path, _ in self._within(folder):
                self._claim(label, path)
            sites.add(site)
        for folder, names in self._tree.folders.items():
            if folder.endswith("/__pycache__"):
                above = folder.removesuffix("__pycache__")
                for path, number in names.items():
                    source = self._tree.find(above + path[len(folder) + 1 :].partition(".")[0] + ".py")
                    if source is not None and number >= 0 and self.owners[number] < 0:
                        self.owners[number] = self.owners[source]

    def npm(self) -> None:
        """Node's packages: every folder below a node_modules."""
        labels: dict[str, int] = {}
        for folder in self._tree.ordered:
            place = folder.rfind(_MODULES)
            if place < 0 or (place and folder[place - 1] != "/"):
                continue
            parts = folder[place + len(_MODULES) :].split("/")
            depth = 2 if parts[0].startswith("@") else 1
            if len(parts) < depth or parts[0].startswith("."):
                continue
            root = folder[: place + len(_MODULES)] + "/".join(parts[:depth])
            if root not in labels:
                labels[root] = self._label("npm", "/".join(parts[:depth]), self._version(root + "/package.json"))
            for number in self._tree.folders[folder].values():
                if number >= 0 and self.owners[number] < 0:
                    self.owners[number] = labels[root]

    def development(self) -> Iterator[str]:
        """The folders of packages that npm's own note of what it installed says are for development alone."""
        for folder in self._tree.ordered:
            if folder.endswith("/node_modules") and f"{folder}/.package-lock.json" in self._tree:
                try:
                    listed = json.loads(self._text(f"{folder}/.package-lock.json") or "{}").get("packages", {})
                    yield from (f"{folder.removesuffix('node_modules')}{place}" for place, noted in listed.items() if noted.get("dev"))
                except (ValueError, AttributeError, RecursionError):
                    continue

    def _version(self, path: str) -> str:
        try:
            document = json.loads(self._text(path) or "{}")
        except (ValueError, RecursionError):
            return ""
        return str(document.get("version") or "") if isinstance(document, dict) else ""

    def go_and_jars(self) -> None:
        """Programs of Go by what its linker notes in them, and Java archives by their names."""
        for path, number, size in self._tree.files:
            if self.owners[number] >= 0:
                continue
            if path.endswith(_JARS):
                self.owners[number] = self._label("jar", *_jar(path.rpartition("/")[2]))
                if size >= _FAT:
                    self._look_into(number, size)
            elif size >= _GO_FROM and ".so" not in path:
                entries, index = self._tree.at(number)
                if entries.owners[index][0] & 0o111:
                    layer = self._image.layers[self._tree.layer_of(number)]
                    module = _go_module(layer.find(index, INTEREST))
                    if module:
                        self.owners[number] = self._label("go", module[0] or path.rpartition("/")[2], module[1])

    def _look_into(self, number: int, size: int) -> None:
        """Give the archives within an archive of Java their bytes; the classes of the application stay with the outer one."""
        import zipfile

        layer, parts = self._image.layers[self._tree.layer_of(number)], dict[int, int]()
        try:
            with zipfile.ZipFile(BytesIO(layer.end(number - self._tree.starts[layer.index], _listed(size)))) as archive:
                listed = [(each.filename, each.compress_size) for each in archive.infolist() if each.filename.endswith(_JARS)]
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error):
            return
        for path, count in listed:
            if 0 < count <= size:
                size -= count
                label = self._label("jar", *_jar(path.rpartition("/")[2]))
                if label != self.owners[number]:
                    parts[label] = parts.get(label, 0) + count
        self.parts[number] = parts


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    """The records of a Debian control file; continued lines are left out."""
    for paragraph in text.split("\n\n"):
        record = {}
        for line in paragraph.split("\n"):
            if line[:1] not in (" ", "\t"):
                key, colon, value = line.partition(":")
                if colon:
                    record[key] = value.strip()
        if record:
            yield record


def _joined(folder: str, path: str) -> str:
    """A path relative to a folder."""
    if "../" not in path:
        return path.lstrip("/") if path.startswith("/") else f"{folder}/{path}"
    parts = folder.split("/")
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        else:
            parts.append(part)
    return "/".join(parts)


def _jar(name: str) -> tuple[str, str]:
    """Name and version out of an archive's file name.

    >>> _jar("jackson-core-2.19.0.jar")
    ('jackson-core', '2.19.0')
    """
    stem = name.rpartition(".")[0]
    parts = stem.split("-")
    for place in range(1, len(parts)):
        if parts[place][:1].isdigit():
            return "-".join(parts[:place]), "-".join(parts[place:])
    return stem, ""


def _go_module(data: bytes) -> tuple[str, str] | None:
    """Module and version of what a Go linker left: magic, pointer size, flags; from 32 on two strings, each with its length before it."""
    if len(data) < 33 or not data.startswith(_GO):
        return None
    if not data[15] & 2:  # Go before 1.18 left pointers
        return "", ""
    version, at = _go_string(data, 32)
    if not version.startswith(b"go") and not version.startswith(b"devel"):
        return None
    text = _go_string(data, at)[0][16:].decode("utf-8", "replace")
    for line in text.split("\n"):
        fields = line.split("\t")
        if fields[0] == "mod" and len(fields) > 2:
            return fields[1], fields[2]
    path = next((line.split("\t")[1] for line in text.split("\n") if line.startswith("path\t")), "")
    return path, ""


def _go_string(data: bytes, at: int) -> tuple[bytes, int]:
    size = shift = 0
    while at < len(data):
        size |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80 or shift > 35:
            break
    return data[at : at + size], at + size
