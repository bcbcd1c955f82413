"""Every entry of a tar: path, size, kind, owner, mode and time, at the speed at which its bytes arrive.

A plain archive on disk is hopped through: only headers are read. A stream is read once; each file's fingerprint is taken on the way.
No path of an archive is ever looked for on this machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from struct import Struct
from typing import NamedTuple, Protocol

from imagesize.checksums import fingerprint, fingerprint_of
from imagesize.errors import LIMITS, ImageError
from imagesize.tarheaders import AT_ONCE, BLOCK, Entries, Headers, check, decimal, extend, number, path_of

CHUNK = 1 << 20
"""Bytes of a stream that are held at a time."""
_WINDOW = 8 << 10
_EXTENSION = 1 << 20  # a longer name or longer pax records than this are an attack
_BLOCK = Struct(f"{BLOCK}s")
_ZERO = bytes(BLOCK)
_NAME = 100  # bytes of a name; one so long may go on elsewhere
_MOST = 1 << 60
_NAMES = 256 << 20  # bytes of all extended headers of a layer
_SPACE, _SPARSE = b" S"
_HEADER_ONLY = b"123456"
_EXTENDS = {ord("x"): "pax", ord("g"): "global", ord("L"): "path", ord("K"): "linkpath", ord("X"): "pax"}
_UNUSUAL = bytes((_SPARSE, *_EXTENDS))
_NOTHING_SAID: Mapping[str, str] = {}


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
    tails: frozenset[bytes] | None = None
    """The last four bytes of all paths that `keep` is asked about;"""
    heads: bytes = b""
    """or the first one; without tails it is asked about all."""


NOTHING = Interest(lambda path, size: 0)


class Input(Protocol):
    """Bytes of an archive that are asked for in rising order."""

    @property
    def passing(self) -> Interest:
        """Whose bytes are kept. The scan itself looks at all other files that lie in its window."""

    @property
    def reach(self) -> int:
        """Up to where files need no visit: their bytes can be had later."""

    def window(self, at: int) -> tuple[bytes | memoryview, int]:
        """Bytes at hand, good until more is asked for, and the offset of their first: from `at` on at least 512, or all to the end."""

    def payload(self, at: int, size: int) -> bytes:
        """All bytes of a small payload."""

    def visit(self, at: int, size: int, path: str, executable: bool) -> tuple[int, bytes | None]:
        """The fingerprint of a file's payload and what was kept of it."""


class Archive:
    """An archive that can be read at any place: headers are fetched, payloads are passed over."""

    passing = NOTHING

    def __init__(self, read_at: Callable[[int, int], bytes], size: int) -> None:
        self._read_at, self.reach = read_at, size
        self._window, self._start = b"", 0

    def window(self, at: int) -> tuple[bytes, int]:
        self._window, self._start = self._read_at(at, min(_WINDOW, self.reach - at)) if at < self.reach else b"", at
        return self._window, at

    def payload(self, at: int, size: int) -> bytes:
        place = at - self._start
        if place >= 0 and place + size <= len(self._window):
            return self._window[place : place + size]
        data = self._read_at(at, size) if at + size <= self.reach else b""
        if len(data) != size:
            raise ImageError(f"the archive ends within an entry at byte {at}")
        return data

    def visit(self, at: int, size: int, path: str, executable: bool) -> tuple[int, bytes | None]:
        raise ImageError(f"the archive ends within {path!r}, which claims {size} bytes where {max(0, self.reach - at)} are left")


class Stream:
    """An archive that comes once, in chunks of any length, ended by an empty one; a chunk need not last longer than to the next."""

    reach = 0

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
        marker, then, after = self._interest[1:4]
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


def scan(data: Input, most: int = LIMITS.entries) -> tuple[Entries, dict[int, bytes]]:
    """Read all entries of a tar, at most so many.

    Returns them, and what was kept of files by their index. Raises ImageError on what is no tar, or too much.
    """
    headers = Headers(most)
    try:
        kept = _hop(data, headers)
    except ImageError:
        headers.check()  # if one before it is none, that is the reason
        raise
    headers.flush()
    return headers.entries, kept


def _hop(data: Input, headers: Headers) -> dict[int, bytes]:
    """Go from header to header and gather them; what was kept of files between them."""
    blocks, offsets, sizes, prints = headers.blocks, headers.offsets.append, headers.sizes.append, headers.prints.append
    unpack, visit, take, reach, heads = _BLOCK.unpack_from, data.visit, headers.blocks.append, data.reach, data.passing.heads
    tails, common = (data.passing.tails, data.passing.marked_from) if data.passing.tails is not None else (frozenset(), 0)
    said, extended, kept = _Said(), False, dict[int, bytes]()
    window: bytes | memoryview = b""
    at = start = 0
    last = -1  # where in the window the last header can begin
    while True:
        place = at - start
        if not 0 <= place <= last:
            if len(blocks) >= AT_ONCE:
                headers.flush()
            window, start = data.window(at)
            place, last = at - start, len(window) - BLOCK
            if place > last:
                break
        (block,) = unpack(window, place)
        at += BLOCK
        flag, mark, records = block[156], 0, _NOTHING_SAID
        try:
            stored = int(block[124:135], 8)
        except ValueError:
            stored = -1
        if stored < 0 or extended or flag in _UNUSUAL or block[135] > _SPACE:
            if block == _ZERO:
                headers.entries.ended = True
                break
            check(block, at - BLOCK)
            stored = number(block[124:136])
            if flag in _EXTENDS:
                at, last = said.read(data, flag, at, stored), -1  # what was asked for may have taken the window's place
                extended = True
                continue
            if extended:
                records, extended = said.of_the_next(), bool(said.everywhere)
                if records:
                    headers.extend(block, records)
                    stored = decimal(records, "size", stored)
            if flag == _SPARSE:
                at, last = _after_sparse_map(data, block, at), -1
        if stored:
            begin, after = at - start, at - start + stored
            if flag in _HEADER_ONLY:
                stored = 0
            elif (
                0 < stored < common and block[(end := block.find(0)) - 4 : end] not in tails
                and end < _NAME and block[0] not in heads and not records
            ):  # fmt: skip
                if after - BLOCK <= last:
                    mark = fingerprint(window[begin:after])
                else:
                    check(block, at - BLOCK)
                    (mark, _), last = visit(at, stored, "", False), -1  # nothing is kept of it, whatever its name is
            elif at + stored > reach or stored < 0:
                check(block, at - BLOCK)
                path = path_of(block, records)
                if not 0 < stored < _MOST:
                    raise ImageError(f"{path!r} claims {stored} bytes")
                mark, part = visit(at, stored, path, number(block[100:108]) & 0o111 != 0)
                if part is not None:
                    kept[len(headers)] = part
                last = -1
        take(block)
        offsets(at)
        sizes(stored)
        prints(mark)
        at += (stored + 511) & ~511
    if place < len(window) and not headers.entries.ended:
        raise ImageError(f"the archive ends within a header at byte {at}" if at else "it is not a tar archive")
    if said.once:
        raise ImageError("the archive ends after an extended header")
    return kept


class _Said:
    """What extended headers say of the headers behind them."""

    def __init__(self) -> None:
        self.once: dict[str, str] = {}
        """Of the next one,"""
        self.everywhere: dict[str, str] = {}
        """and of all that follow."""
        self._left = _NAMES

    def read(self, data: Input, flag: int, at: int, size: int) -> int:
        """Note what stands at a place in so many bytes; where the next header is."""
        if not 0 <= size <= _EXTENSION:
            raise ImageError(f"the extended header at byte {at - BLOCK} claims {size} bytes")
        self._left -= size
        if self._left < 0:
            raise ImageError("its extended headers together are larger than any image's")
        extend(_EXTENDS[flag], data.payload(at, size), self.once, self.everywhere)
        return at + ((size + 511) & ~511)

    def of_the_next(self) -> Mapping[str, str]:
        """Its records."""
        records = {**self.everywhere, **self.once}
        self.once.clear()
        return records


def _after_sparse_map(data: Input, block: bytes, at: int) -> int:
    """Pass over the blocks in which GNU tar goes on with the map of a sparse file."""
    more = block[482]
    while more:
        window, start = data.window(at)
        part = window[at - start : at - start + BLOCK]
        if len(part) < BLOCK:
            raise ImageError("the archive ends within the map of a sparse file")
        more, at = part[504], at + BLOCK
    return at
