"""Every entry of a tar: path, size, kind, owner, mode and time, at the speed at which its bytes arrive.

Reads ustar, GNU (long names, base-256 numbers, sparse files) and pax (path, linkpath, size, uid, gid, mtime). A plain archive
on disk is hopped through: only headers are read. A stream is read once; each file's fingerprint is taken on the way.
Absolute paths are taken as below the image's root, as engines take them (ko writes its program so); a path or hard link whose `..`
leads out of it is refused. Neither is ever looked for on this machine.
Sources: POSIX.1-2017 `pax`, GNU tar's manual "Basic Tar Format", OCI image-spec `layer.md` (whiteouts).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from struct import Struct
from typing import NamedTuple, Protocol

from imagesize.errors import LIMITS, ImageError

try:  # five times as fast as zlib's, and with the same results
    from isal.isal_zlib import adler32, crc32
except ImportError:
    from zlib import adler32, crc32

FILE, FOLDER, SYMLINK, HARDLINK, OTHER, WHITEOUT, OPAQUE = range(7)
KINDS = ("file", "folder", "symlink", "hardlink", "other", "whiteout", "opaque")

BLOCK = 512
CHUNK = 1 << 20
"""Bytes of a stream that are held at a time."""
_WINDOW = 8 << 10
_EXTENSION = 1 << 20  # a longer name or longer pax records than this are an attack
_BEGIN = 4 << 10
_HEADER = Struct("100s24s12s12s8sc")  # name; mode, owner and group; size; time; checksum; kind
_ZERO = bytes(BLOCK)
_USTAR = b"ustar\0"
_NAMES = 256 << 20  # bytes of all extended headers of a layer
_PATH = 4096
_SUMS = 4000  # names and numbers of one kind have sums in a narrow range
_TIMES = 1000  # an image's files have few times, or each its own
_RECORDS = (b"path", b"linkpath", b"size", b"uid", b"gid", b"mtime", b"GNU.sparse.name")
_KIND = {
    b"0": FILE, b"\0": FILE, b"7": FILE, b"S": FILE, b"1": HARDLINK, b"2": SYMLINK, b"3": OTHER, b"4": OTHER, b"5": FOLDER, b"6": OTHER,
}  # fmt: skip
_HEADER_ONLY = (b"1", b"2", b"3", b"4", b"5", b"6")
_EXTENDS = {b"x": "pax", b"g": "global", b"L": "path", b"K": "linkpath", b"X": "pax"}
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


class Interest(NamedTuple):
    """Whose bytes a scan of a stream keeps: they do not come again."""

    keep: Callable[[str, int], int]
    """How many of the last bytes of the file with this path and size are kept: its size for all of it."""
    marker: bytes = b""
    """Of other executables, what to look for,"""
    then: bytes = b""
    """with one of these bytes behind it,"""
    after: int = 0
    """and how many bytes from there on are kept."""
    marked_from: int = 1 << 62
    """The size from which an executable is searched."""


NOTHING = Interest(lambda path, size: 0)


class Input(Protocol):
    """Bytes of an archive that are asked for in rising order."""

    @property
    def passing(self) -> Interest | None:
        """For an archive that comes once: whose bytes are kept. The scan itself looks at all other files that lie in its window."""

    def window(self, at: int) -> tuple[bytes | memoryview, int]:
        """Bytes at hand, good until more is asked for, and the offset of their first: from `at` on at least 512, or all to the end."""

    def payload(self, at: int, size: int) -> bytes:
        """All bytes of a small payload."""

    def visit(self, at: int, size: int, path: str, executable: bool) -> tuple[int, bytes | None]:
        """The fingerprint of a file's payload (0 where it can be had later) and what was kept of it."""


class Archive:
    """An archive that can be read at any place: headers are fetched, payloads are passed over."""

    passing = None

    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        self._read_at, self._size = read_at, size
        self._window, self._start = b"", 0

    def window(self, at: int) -> tuple[bytes, int]:
        self._window, self._start = self._read_at(at, min(_WINDOW, self._size - at)) if at < self._size else b"", at
        return self._window, at

    def payload(self, at: int, size: int) -> bytes:
        place = at - self._start
        if place >= 0 and place + size <= len(self._window):
            return self._window[place : place + size]
        data = self._read_at(at, size) if at + size <= self._size else b""
        if len(data) != size:
            raise ImageError(f"the archive ends within an entry at byte {at}")
        return data

    def visit(self, at: int, size: int, path: str, executable: bool) -> tuple[int, bytes | None]:
        if at + size > self._size:
            raise ImageError(f"the archive ends within {path!r}, which claims {size} bytes where {max(0, self._size - at)} are left")
        return 0, None


class Stream:
    """An archive that comes once, in chunks of any length, ended by an empty one; a chunk need not last longer than to the next."""

    def __init__(self, read: Callable[[], bytes | memoryview], interest: Interest = NOTHING) -> None:
        self._read, self.passing = read, interest
        self._chunk, self._at, self._start = memoryview(b""), 0, 0  # the chunk, the place in it, the offset of its first byte

    @property
    def offset(self) -> int:
        """How many bytes have been taken."""
        return self._start + self._at

    def _next(self) -> bool:
        self._start += len(self._chunk)
        self._at = 0
        self._chunk = memoryview(self._read())
        return len(self._chunk) > 0

    def _pieces(self, size: int) -> Iterator[memoryview]:
        while size > 0:
            if self._at >= len(self._chunk) and not self._next():
                raise ImageError(f"the archive ends at byte {self.offset}, {size} bytes before the end of an entry")
            piece = self._chunk[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> None:
        """Take bytes that nobody wants."""
        at = self._at + size
        if at <= len(self._chunk):
            self._at = at
        else:
            for _ in self._pieces(size):
                pass

    def take(self, size: int) -> bytes:
        """The next bytes; raises ImageError where there are fewer."""
        at = self._at
        if at + size <= len(self._chunk):
            self._at = at + size
            return bytes(self._chunk[at : at + size])
        return b"".join(map(bytes, self._pieces(size)))  # a piece lasts no longer than its chunk

    def peek(self, size: int) -> bytes:
        """The next bytes, not taken; fewer at the end."""
        while len(self._chunk) - self._at < size:
            rest, offset = bytes(self._chunk[self._at :]), self.offset
            more = self._read()
            self._chunk, self._start, self._at = memoryview(rest + more), offset, 0
            if not more:
                break
        return bytes(self._chunk[self._at : self._at + size])

    def chunk(self, most: int) -> bytes:
        """What is at hand of the next bytes, at most so many; empty at the end."""
        if self._at >= len(self._chunk) and not self._next():
            return b""
        piece = bytes(self._chunk[self._at : self._at + most])
        self._at += len(piece)
        return piece

    def window(self, at: int) -> tuple[memoryview, int]:
        self.seek(at)
        if len(self._chunk) - self._at < BLOCK:
            if self._at == len(self._chunk):
                self._next()
            self.peek(BLOCK)
        return self._chunk, self._start

    def seek(self, at: int) -> None:
        """Go on to an offset, over what the scan has seen in the window or does not want."""
        place = at - self._start
        if place <= len(self._chunk):
            self._at = place
        elif at - self.offset >= BLOCK or self.peek(at - self.offset):  # an archive may end without the last padding
            self.skip(at - self.offset)

    def payload(self, at: int, size: int) -> bytes:
        self.seek(at)
        return self.take(size)

    def visit(self, at: int, size: int, path: str, executable: bool) -> tuple[int, bytes | None]:
        self.seek(at)
        if kept := min(self.passing.keep(path, size), size):
            return self._keep(size, kept)
        if executable and size >= self.passing.marked_from:
            return self._search(size)
        return fingerprint_of(self._pieces(size)), None

    def _keep(self, size: int, kept: int) -> tuple[int, bytes | None]:
        end = b""

        def pieces() -> Iterator[memoryview]:
            nonlocal end
            yield from self._pieces(size - kept)
            end = self.take(kept)
            yield memoryview(end)

        return fingerprint_of(pieces()), end

    def _search(self, size: int) -> tuple[int, bytes | None]:
        elf = self.peek(4) == b"\x7fELF"
        finder = Finder(self.passing)
        return fingerprint_of(map(finder.see, self._pieces(size)) if elf else self._pieces(size)), finder.found


class Finder:
    """Looks in passing pieces for the marker of an interest, and keeps what follows it."""

    def __init__(self, interest: Interest) -> None:
        self._interest, self._tail = interest, b""
        self.found: bytes | None = None

    @property
    def done(self) -> bool:
        """Whether all is there that is to be kept."""
        return self.found is not None and len(self.found) >= self._interest.after

    def see(self, piece: memoryview) -> memoryview:
        """Look at the next piece; gives it back."""
        _, marker, then, after, _ = self._interest
        if self.found is None:
            data = self._tail + bytes(piece)
            at = data.find(marker)
            while at >= 0 and (behind := data[at + len(marker) : at + len(marker) + 1]) and behind not in then:
                at = data.find(marker, at + 1)
            if at >= 0 and at + len(marker) < len(data):
                self.found = data[at : at + after]
            self._tail = data[-len(marker) :]
        elif not self.done:
            self.found += bytes(piece[: after - len(self.found)])
        return piece


def fingerprint(data: bytes | memoryview) -> int:
    """64 bits that tell contents of one size apart: the CRC of all, and a second checksum of how they begin."""
    return crc32(data) << 32 | adler32(data[:_BEGIN])


def fingerprint_of(pieces: Iterable[memoryview] | Iterable[bytes]) -> int:
    """The fingerprint of the pieces joined."""
    crc, adler, left = 0, 1, _BEGIN
    for piece in pieces:
        crc = crc32(piece, crc)
        if left > 0:
            adler = adler32(piece[:left], adler)
            left -= len(piece)
    return crc << 32 | adler


def scan(data: Input, most: int = LIMITS.entries) -> tuple[Entries, dict[int, bytes]]:
    """Read all entries of a tar, at most so many.

    Returns them, and what was kept of files by their index. Raises ImageError on what is no tar, or too much.
    """
    entries, kept = Entries(), dict[int, bytes]()
    paths, kinds, sizes, offsets = entries.paths.append, entries.kinds.append, entries.sizes.append, entries.offsets.append
    owners, mtimes, prints = entries.owners.append, entries.mtimes.append, entries.prints.append
    unpack, visit, passing = _HEADER.unpack_from, data.visit, data.passing
    keep, marked_from = (passing.keep, passing.marked_from) if passing else (None, 0)
    known_owners, known_times, known_kinds = dict[bytes, tuple[int, int, int]](), dict[bytes, int](), _KIND
    known_sums = dict[bytes, int]()
    extra, everywhere, names = dict[str, str](), dict[str, str](), _NAMES
    window: bytes | memoryview = b""
    at = index = start = held = 0
    while True:
        place = at - start
        if not 0 <= place <= held - BLOCK:
            window, start = data.window(at)
            place, held = at - start, len(window)
        block = window[place : place + BLOCK]
        if len(block) < BLOCK:
            break
        name, owned, length, time, checksum, flag = unpack(block)
        # adler32's lower half is the sum of the bytes plus 1, modulo 65521; a checksum counts its own field as spaces
        try:
            expected = known_sums.get(checksum)
            if expected is None:
                if len(known_sums) > _SUMS:
                    known_sums.clear()
                expected = known_sums[checksum] = (int(checksum.rstrip(b"\0 "), 8) + sum(checksum) - 255) % 65521
            if adler32(block) & 0xFFFF != expected:
                raise ValueError
        except ValueError:
            if block == _ZERO:
                entries.ended = True
                break
            raise ImageError(f"what stands at byte {at} is no tar header" if at else "it is not a tar archive") from None
        at += BLOCK
        try:
            size = int(length.rstrip(b"\0 "), 8)
        except ValueError:
            size = _number(length)
        if flag in _EXTENDS:
            if not 0 <= size <= _EXTENSION:
                raise ImageError(f"the extended header at byte {at - BLOCK} claims {size} bytes")
            names -= size
            if names < 0:
                raise ImageError("its extended headers together are larger than any image's")
            _extend(_EXTENDS[flag], data.payload(at, size), extra, everywhere)
            held = 0  # what was asked for since may have taken the window's place
            at += (size + 511) & ~511
            continue
        if index >= most:
            raise ImageError(f"it has more than {most:,} entries; --max-entries moves that bound")

        if block[345] and block[257:263] == _USTAR:
            name = bytes(block[345:500]).partition(b"\0")[0] + b"/" + name
        path = name.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        try:
            owner = known_owners[owned]
        except KeyError:
            owner = known_owners[owned] = (_number(owned[:8]) & 0o7777, _number(owned[8:16]), _number(owned[16:]))
        mtime = -1
        if extra or everywhere:
            extended = {**everywhere, **extra}
            extra.clear()
            path = clean(extended.get("GNU.sparse.name") or extended.get("path") or path)
            size = _decimal(extended, "size", size)
            mtime = _decimal(extended, "mtime", -1)
            owner = (owner[0], _decimal(extended, "uid", owner[1]), _decimal(extended, "gid", owner[2]))
            link = extended.get("linkpath", "")
        else:
            link = ""
        if mtime < 0:
            try:
                mtime = known_times[time]
            except KeyError:
                if len(known_times) > _TIMES:
                    known_times.clear()
                mtime = known_times[time] = _number(time)

        kind = known_kinds.get(flag, FILE)
        if path[-1:] == "/":
            path = path.rstrip("/")
            if flag == b"\0":  # as before POSIX
                kind = FOLDER
        if "/." in path or path[:1] in "./" or "//" in path:
            path, kind = _unusual(path, kind)
        if kind in (HARDLINK, SYMLINK):
            link = link or bytes(block[157:257]).partition(b"\0")[0].decode("utf-8", "surrogateescape")
            entries.links[index] = clean(link) if kind == HARDLINK else link
        elif not path and kind != FOLDER and kind != OPAQUE:
            raise ImageError(f"the entry at byte {at - BLOCK} has no name")
        stored = size if flag not in _HEADER_ONLY else 0
        if not 0 <= stored < 1 << 60:
            raise ImageError(f"{path!r} claims {size} bytes")
        if flag == b"S":
            at, held = _after_sparse_map(data, block, at), 0
        mark = 0
        if stored and kind == FILE:
            place, end = at - start, at - start + stored
            executable = owner[0] & 0o111 != 0
            if keep and end <= held and not (keep(path, stored) or (executable and stored >= marked_from)):
                mark = crc32(window[place:end]) << 32 | adler32(window[place : min(end, place + _BEGIN)])  # what `fingerprint` does
            else:
                mark, data_kept = visit(at, stored, path, executable)
                if data_kept is not None:
                    kept[index] = data_kept
                held = 0 if keep else held
        paths(path)
        kinds(kind)
        sizes(stored if kind == FILE else 0)
        offsets(at)
        owners(owner)
        mtimes(mtime if mtime < 1 << 62 else 0)
        prints(mark)
        index += 1
        at += (stored + 511) & ~511
    if block and not entries.ended:
        raise ImageError(f"the archive ends within a header at byte {at}" if at else "it is not a tar archive")
    if extra:
        raise ImageError("the archive ends after an extended header")
    return entries, kept


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


def _number(field: bytes) -> int:
    """A numeric field: octal digits, or base 256 where its first bit is set."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=field[0] == 0xFF)
        return value if field[0] == 0xFF else value & (1 << 8 * len(field) - 1) - 1
    digits = field.partition(b"\0")[0].strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        raise ImageError(f"a tar header has {digits!r} for a number") from None


def _decimal(records: dict[str, str], key: str, default: int) -> int:
    try:
        return int(records[key].partition(".")[0]) if key in records else default
    except ValueError:
        raise ImageError(f"an extended header has {records[key][:40]!r} for {key}") from None


def _extend(kind: str, data: bytes, extra: dict[str, str], everywhere: dict[str, str]) -> None:
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


def _after_sparse_map(data: Input, block: bytes | memoryview, at: int) -> int:
    """Pass over the blocks in which GNU tar goes on with the map of a sparse file."""
    more = block[482]
    while more:
        window, start = data.window(at)
        block = window[at - start : at - start + BLOCK]
        if len(block) < BLOCK:
            raise ImageError("the archive ends within the map of a sparse file")
        more, at = block[504], at + BLOCK
    return at
