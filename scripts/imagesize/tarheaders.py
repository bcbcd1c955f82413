"""What the headers of a tar say of its entries, a thousand headers at a time: what is done for all of them at once costs Python little.

Reads ustar, GNU (long names, base-256 numbers, sparse files) and pax (path, linkpath, size, uid, gid, mtime). Absolute paths are taken
as below the image's root, as engines take them (ko writes its program so); a path or hard link whose `..` leads out of it is refused.
Sources: POSIX.1-2017 `pax`, GNU tar's manual "Basic Tar Format", OCI image-spec `layer.md` (whiteouts).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from struct import Struct
from typing import Any, NamedTuple

from imagesize.checksums import adler32
from imagesize.errors import LIMITS, ImageError

FILE, FOLDER, SYMLINK, HARDLINK, OTHER, WHITEOUT, OPAQUE = range(7)
KINDS = ("file", "folder", "symlink", "hardlink", "other", "whiteout", "opaque")

BLOCK = 512
AT_ONCE = 1000
"""Headers that are read together."""
_FIELDS = Struct("100s24s12x12s8s356x")  # name; mode, owner and group; time; checksum
_FLAG, _PREFIX = 156, 345
_USTAR = b"ustar\0"
_PATH = 4096
_SUMS = 4000  # names and numbers of one kind have sums in a narrow range
_OWNERS = 1000
_TIMES = 1000  # an image's files have few times, or each its own
_LATEST = 1 << 62
_RECORDS = (b"path", b"linkpath", b"size", b"uid", b"gid", b"mtime", b"GNU.sparse.name")
_KIND = bytes(
    {ord("1"): HARDLINK, ord("2"): SYMLINK, ord("3"): OTHER, ord("4"): OTHER, ord("5"): FOLDER, ord("6"): OTHER}.get(flag, FILE)
    for flag in range(256)
)
_ODD = (b"/.", b"//", b"/\0", b"\0.", b"\0/", b"\0\0")
"""Without one of these between NULs no path is odd."""
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


class Entry(NamedTuple):
    """One member of a layer."""

    path: str
    """Without a leading slash; of a whiteout the path that it hides, of an opaque folder that folder."""
    kind: str
    """file, folder, symlink, hardlink, other (devices, pipes), whiteout or opaque."""
    size: int
    """Payload bytes in the archive; 0 for all but files."""
    mode: int
    uid: int
    gid: int
    mtime: int
    """Seconds since 1970."""
    link: str
    """Where a link points: as written for a symlink, normalised for a hard link."""


class Entries(Sequence[Entry]):
    """The entries of one layer in their order, as columns: about 200 bytes each."""

    __slots__ = ("ended", "kinds", "links", "mtimes", "offsets", "owners", "paths", "prints", "sizes")

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.kinds = bytearray()
        self.sizes = array("q")
        self.offsets = array("q")
        self.owners: list[tuple[int, int, int]] = []
        """(mode, uid, gid), shared between entries."""
        self.mtimes = array("q")
        self.prints = array("Q")
        """Fingerprints of files that came in a stream, else 0."""
        self.links: dict[int, str] = {}
        self.ended = False
        """Whether the block of zeros was there with which a tar ends."""

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Entry:  # type: ignore[override]
        mode, uid, gid = self.owners[index]
        link = self.links.get(index, "")
        return Entry(self.paths[index], KINDS[self.kinds[index]], self.sizes[index], mode, uid, gid, self.mtimes[index], link)

    def __iter__(self) -> Iterator[Entry]:
        return map(self.__getitem__, range(len(self.paths)))

    @property
    def file_bytes(self) -> int:
        """Payload of all regular files."""
        return sum(self.sizes)


class Headers:
    """Headers that were come by, and the entries that they make."""

    def __init__(self, most: int = LIMITS.entries) -> None:
        self.entries = Entries()
        self.blocks: list[bytes] = []
        """The headers that are not entries yet; of each:"""
        self.offsets: list[int] = []
        """where its payload begins,"""
        self.sizes: list[int] = []
        """how many bytes of payload it has,"""
        self.prints: list[int] = []
        """the fingerprint of them."""
        self._extended: dict[int, tuple[str, Mapping[str, str]]] = {}
        self._most = most
        self._owners, self._times, self._sums = _Memo(_owner, _OWNERS), _Memo(_time, _TIMES), _Memo(_sum, _SUMS)

    def __len__(self) -> int:
        return len(self.entries.paths) + len(self.blocks)

    def extend(self, block: bytes, records: Mapping[str, str]) -> None:
        """Have a header, which comes next, say what an extended header before it says."""
        self._extended[len(self.blocks)] = path_of(block, records), records

    def check(self) -> None:
        """Raise ImageError where one of the headers is none."""
        for block, offset in zip(self.blocks, self.offsets, strict=True):
            check(block, offset - BLOCK)

    def flush(self) -> None:
        """Make entries of the headers; raises ImageError where one cannot be."""
        if not self.blocks:
            return
        blocks, offsets, sizes, entries = self.blocks, self.offsets, self.sizes, self.entries
        joined = b"".join(blocks)
        flags, (names, owned, changed, checksums) = joined[_FLAG::BLOCK], zip(*_FIELDS.iter_unpack(joined), strict=True)
        if [adler32(block) & 0xFFFF for block in blocks] != list(map(self._sums.__getitem__, checksums)):
            self.check()
        if len(self) > self._most:
            raise ImageError(f"it has more than {self._most:,} entries; --max-entries moves that bound")
        kinds, begun = bytearray(flags.translate(_KIND)), [name.partition(b"\0")[0] for name in names]
        if any(joined[_PREFIX::BLOCK]):
            begun = list(map(_name, blocks))
        if 0 in flags:  # before POSIX a slash at the end made a folder
            for index in [index for index, flag in enumerate(flags) if not flag and begun[index][-1:] == b"/"]:
                kinds[index] = FOLDER
        text = b"\0".join((b"", *begun, b"")).replace(b"/\0", b"\0")
        paths = text.decode("utf-8", "surrogateescape").split("\0")[1:-1]
        owners, mtimes = list(map(self._owners.__getitem__, owned)), list(map(self._times.__getitem__, changed))
        for index, (path, records) in self._extended.items():
            mode, uid, gid = owners[index]
            paths[index] = path
            owners[index] = (mode, decimal(records, "uid", uid), decimal(records, "gid", gid))
            mtime = decimal(records, "mtime", -1)
            mtimes[index] = mtime if 0 <= mtime < _LATEST else mtimes[index]
        for index in self._odd(text, paths):
            paths[index], kinds[index] = _unusual(paths[index], kinds[index])
            if not paths[index] and kinds[index] not in (FOLDER, OPAQUE):
                raise ImageError(f"the entry at byte {offsets[index] - BLOCK} has no name")
            if kinds[index] != FILE:
                sizes[index] = 0
        linked = SYMLINK in kinds or HARDLINK in kinds
        for index in [index for index, kind in enumerate(kinds) if kind in (SYMLINK, HARDLINK)] if linked else ():
            _, records = self._extended.get(index, ("", {}))
            link = records.get("linkpath") or _until_nul(blocks[index][157:257]).decode("utf-8", "surrogateescape")
            entries.links[len(entries.paths) + index] = clean(link) if kinds[index] == HARDLINK else link
        entries.paths += paths
        entries.kinds += kinds
        entries.sizes.extend(sizes)
        entries.offsets.extend(offsets)
        entries.owners += owners
        entries.mtimes.extend(mtimes)
        entries.prints.extend(self.prints)
        for column in (blocks, offsets, sizes, self.prints, self._extended):
            column.clear()

    def _odd(self, text: bytes, paths: Sequence[str]) -> Sequence[int]:
        """The indexes of paths that must be cleaned, or may mark what a layer hides; `text` has all of them between NULs."""
        if not (self._extended or any(sign in text for sign in _ODD)):
            return ()
        return [index for index, path in enumerate(paths) if "/." in path or "//" in path or path.strip("/.") is not path or not path]


def path_of(block: bytes, records: Mapping[str, str]) -> str:
    """The path of one entry."""
    return clean(records.get("GNU.sparse.name") or records.get("path") or _name(block).decode("utf-8", "surrogateescape"))


def check(block: bytes, at: int) -> None:
    """Raise ImageError where what stands at a byte of an archive is no header."""
    if adler32(block) & 0xFFFF != _sum(block[148:156]):
        raise ImageError(f"what stands at byte {at} is no tar header" if at else "it is not a tar archive")


def _name(block: bytes) -> bytes:
    name = _until_nul(block[:100])
    return _until_nul(block[345:500]) + b"/" + name if block[345] and block[257:263] == _USTAR else name


def _until_nul(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def clean(path: str) -> str:
    """A path in an archive as engines read it: below the root, without dots; raises ImageError where it leaves the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise ImageError(f"the path {path!r} leads out of the image")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if len(path) > _PATH or "\0" in path:
        raise ImageError(f"the path {path[:80]!r}… is none that a file system takes")
    return "/".join(parts)


def _unusual(path: str, kind: int) -> tuple[str, int]:
    """A path that must be cleaned, or that marks what a layer hides."""
    path = clean(path)
    folder, slash, name = path.rpartition("/")
    if not name.startswith(_WHITEOUT):
        return path, kind
    if name == _OPAQUE:
        return folder, OPAQUE
    hidden = name.removeprefix(_WHITEOUT)
    if hidden in ("", ".", ".."):
        raise ImageError(f"the whiteout {path!r} leads out of its folder")
    if hidden.startswith(_WHITEOUT):  # what AUFS keeps for itself
        return path, OTHER
    return folder + slash + hidden, WHITEOUT


class _Memo(dict[bytes, Any]):
    """What a function makes of fields that return again and again; so many at a time."""

    def __init__(self, make: Callable[[bytes], Any], most: int) -> None:
        super().__init__()
        self._make, self._most = make, most

    def __missing__(self, field: bytes) -> Any:
        if len(self) >= self._most:
            self.clear()
        made = self[field] = self._make(field)
        return made


def _sum(checksum: bytes) -> int:
    """The lower half of adler32, the sum of a header's bytes plus 1 modulo 65521, that a checksum tells of; -1 where it is no number.

    A checksum counts its own field as spaces.
    """
    try:
        return (int(checksum.rstrip(b"\0 "), 8) + sum(checksum) - 8 * 32 + 1) % 65521
    except ValueError:
        return -1


def _owner(field: bytes) -> tuple[int, int, int]:
    """Mode, user and group."""
    return number(field[:8]) & 0o7777, number(field[8:16]), number(field[16:])


def _time(field: bytes) -> int:
    """Seconds since 1970; 0 for what no clock will show."""
    seconds = number(field)
    return seconds if seconds < _LATEST else 0


def number(field: bytes) -> int:
    """A numeric field: octal digits, or base 256 where its first bit is set."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=field[0] == 0xFF)
        return value if field[0] == 0xFF else value & (1 << 8 * len(field) - 1) - 1
    digits = field.partition(b"\0")[0].strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise ImageError(f"a tar header has {digits!r} for a number") from None


def decimal(records: Mapping[str, str], key: str, default: int) -> int:
    """A number in extended records."""
    try:
        return int(records[key].partition(".")[0]) if key in records else default
    except ValueError:
        raise ImageError(f"an extended header has {records[key][:40]!r} for {key}") from None


def extend(kind: str, data: bytes, extra: dict[str, str], everywhere: dict[str, str]) -> None:
    """Note what an extended header says of the next entry, or of all that follow."""
    if kind in ("path", "linkpath"):
        extra[kind] = data.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return
    records = everywhere if kind == "global" else extra
    at = 0
    while at < len(data) and data[at]:
        try:
            space = data.index(b" ", at, at + 20)
            end = at + int(data[at:space])
            key, equals, value = data[space + 1 : end - 1].partition(b"=")
            if not (equals and space < end <= len(data) and data[end - 1] == 10):
                raise ValueError
        except ValueError:
            raise ImageError("an extended header is not made of pax records") from None
        if key in _RECORDS:
            records[key.decode()] = value.decode("utf-8", "surrogateescape")
        at = end
