"""The bytes of a layer: a part of a file on this machine, or what a stream brings; plain, gzip or zstd."""

from __future__ import annotations

import os
import stat
import zlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from mmap import mmap
from typing import Any, NamedTuple

from imagesize.errors import LIMITS, ImageError, Limits
from imagesize.tarheaders import Entries
from imagesize.tarscan import CHUNK, NOTHING, Archive, Interest, Stream, scan

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_UNKNOWN = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"LZIP": "lzip", b"\x04\x22\x4d\x18": "lz4"}
_ZSTD_WINDOW = 128 << 20  # what the zstd program allows too
_HELD = 512 << 10
"""Uncompressed bytes that are held at a time: few files reach over their end, and the cache of a processor holds them."""
_AHEAD = 256 << 10
"""Compressed bytes that are read at a time."""
_STORED, _GROWN, _ENTRIES, _COUNTS = 0, 2, 4, 6 * 8
"""Where a meter counts, for each of two processes, and the bytes of all the counts."""
_SAMPLE, _SAMPLES = 64 << 10, 48
"""Of a plain layer so many pieces of so many bytes are compressed, to tell how it would travel."""


class Region(NamedTuple):
    """A part of a regular file on this machine, opened only while it is read."""

    path: str
    start: int
    size: int

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """The region, to be read."""
        descriptor = open_regular(self.path)
        try:
            yield Opened(self, descriptor)
        except OSError as error:
            raise ImageError(f"cannot read {self.path}: {error.strerror}") from None
        finally:
            os.close(descriptor)

    def read(self, limit: int) -> bytes:
        """All its bytes; raises ImageError where they are more than `limit` or end too early."""
        if self.size > limit:
            raise ImageError(f"a document of {self.size:,} bytes in {self.path} is larger than {limit:,}")
        with self.opened() as region:
            data = region.read_at(0, self.size)
        if len(data) != self.size:
            raise ImageError(f"{self.path} is truncated: it ends within a document")
        return data


class Opened:
    """A region of which bytes can be read at any place, and one after the other."""

    def __init__(self, region: Region, descriptor: int) -> None:
        self._region, self._descriptor, self._at = region, descriptor, 0

    def read_at(self, at: int, size: int) -> bytes:
        """Bytes at an offset; fewer at the end."""
        return os.pread(self._descriptor, max(0, min(size, self._region.size - at)), self._region.start + at)

    def read(self, size: int) -> bytes:
        """The next bytes."""
        data = self.read_at(self._at, size)
        self._at += len(data)
        return data

    def readinto(self, target: memoryview) -> int:
        """The next bytes, without a copy."""
        view = memoryview(target)[: max(0, self._region.size - self._at)]
        size = os.preadv(self._descriptor, [view], self._region.start + self._at) if view else 0
        self._at += size
        return size


def open_regular(path: str) -> int:
    """A descriptor of a regular file; raises ImageError for all else, and never waits for a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ImageError(f"cannot open {path}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ImageError(f"{path} is not a regular file")
    return descriptor


class Scan(NamedTuple):
    """What reading a layer's blob brought."""

    entries: Entries
    kept: dict[int, bytes]
    """Bytes of the files that the scan was asked to keep, by entry."""
    compression: str
    """gzip, zstd, or nothing."""
    stored: int
    """Bytes of the blob."""
    uncompressed: int
    """Bytes of the tar in it."""
    compressed: int
    """Bytes that travel: of the blob if it is compressed, else an estimate."""
    sha256: str
    """Of the blob, where it was taken."""


def compression_of(start: bytes) -> str:
    """gzip, zstd or nothing, by the first bytes; raises ImageError for what no engine reads."""
    if start[:2] == _GZIP:
        return "gzip"
    if start[:4] == _ZSTD:
        return "zstd"
    for magic, name in _UNKNOWN.items():
        if start.startswith(magic):
            raise ImageError(f"it is compressed with {name}: only gzip and zstd are read")
    return ""


class Source:
    """A file-like object, as decompressors want it, over one of two ways to read on; `see` is shown each piece."""

    def __init__(self, read: Callable[[int], bytes], into: Callable[[memoryview], int], see: Callable[[Any], object]) -> None:
        self._read, self._into, self._see = read, into, see

    def read(self, size: int) -> bytes:
        data = self._read(size)
        self._see(data)
        return data

    def readinto(self, target: memoryview) -> int:
        size = self._into(target)
        self._see(memoryview(target)[:size])
        return size


def decompressed(compression: str, source: Source) -> Callable[[], memoryview]:
    """A function that gives the uncompressed bytes chunk by chunk, at the end an empty one; what is corrupt raises ImageError.

    A chunk lasts until the next is asked for: all are put into one place, which stays in the processor's cache.
    """
    place = memoryview(bytearray(_HELD if compression else CHUNK))
    if not compression:
        return lambda: place[: source.readinto(place)]
    reader, errors = _OPENERS[compression](source)
    fill: Callable[[memoryview], int] = reader.readinto

    def chunk() -> memoryview:
        filled = 0
        try:
            while filled < _HELD and (size := fill(place[filled:])):
                filled += size
        except EOFError:
            raise ImageError(f"its {compression} data is truncated") from None
        except errors as error:
            raise ImageError(f"its {compression} data is corrupt ({str(error).strip()[:80] or type(error).__name__})") from None
        return place[:filled]

    return chunk


def _gzip(source: Source) -> tuple[Any, tuple[type[BaseException], ...]]:
    try:
        library = import_module("isal.isal_zlib")
        errors = (OSError, zlib.error, library.error)
        if hasattr(library, "_GzipReader"):  # what is below IGzipFile, without its buffers
            return library._GzipReader(source, _AHEAD), errors
        return import_module("isal.igzip").IGzipFile(fileobj=source, mode="rb"), errors
    except ImportError:
        return import_module("gzip").GzipFile(fileobj=source, mode="rb"), (OSError, zlib.error)


def _zstd(source: Source) -> tuple[Any, tuple[type[BaseException], ...]]:
    try:
        library = import_module("zstandard")
        decompressor = library.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        return decompressor.stream_reader(source, read_size=_AHEAD, read_across_frames=True), (library.ZstdError,)
    except ImportError:
        pass
    try:
        library = import_module("compression.zstd")  # Python 3.14
    except ImportError:
        raise ImageError("its layers are compressed with zstd: install the package zstandard to read them") from None
    return library.ZstdFile(source, "rb"), (OSError, library.ZstdError)


_OPENERS = {"gzip": _gzip, "zstd": _zstd}


class Meter:
    """Counts what was read and what it grew to; raises ImageError when that is more than was allowed."""

    def __init__(self, limits: Limits = LIMITS, show: Callable[[int], object] | None = None) -> None:
        self._limits, self._show = limits, show
        self._counts: array[int] | memoryview = array("q", bytes(_COUNTS))
        self._place = 0

    def share(self) -> None:
        """Have what a copy of this process counts, after it called `apart`, counted here too, and the other way round."""
        self._counts = memoryview(mmap(-1, _COUNTS)).cast("q")

    def apart(self) -> None:
        """Count beside the other process, and show nothing."""
        self._place, self._show = 1, None

    def _count(self, kind: int, more: int) -> int:
        """All of a kind that both processes counted, and more."""
        self._counts[kind + self._place] += more
        return self._counts[kind] + self._counts[kind + 1]

    def read(self, size: int) -> None:
        """So many bytes of a source were read."""
        total = self._count(_STORED, size)
        if self._show:
            self._show(total)

    def show(self) -> None:
        """Show how much was read."""
        self.read(0)

    def grow(self, size: int) -> None:
        """So many uncompressed bytes came of it."""
        if self._count(_GROWN, size) > self._limits.bytes:
            raise ImageError(f"its layers hold more than {self._limits.bytes:,} bytes uncompressed; --max-read moves that bound")

    def enter(self, entries: int) -> None:
        """So many entries were in it."""
        if self._count(_ENTRIES, entries) > self._limits.entries:
            raise ImageError(f"its layers have more than {self._limits.entries:,} entries; --max-entries moves that bound")

    @property
    def entries(self) -> int:
        """How many one layer may have."""
        return self._limits.entries


def scan_region(region: Region, meter: Meter, interest: Interest = NOTHING, hashed: bool = False) -> Scan:
    """Scan the layer in a region: a plain one by its headers alone, a compressed one as it is decompressed.

    `hashed` asks for the SHA-256 of the region.
    """
    sha = sha256() if hashed else None

    def see(data: bytes | memoryview) -> None:
        meter.read(len(data))
        if sha:
            sha.update(data)

    with region.opened() as opened:
        compression = compression_of(opened.read_at(0, 8))
        if compression:
            source = Source(opened.read, opened.readinto, see)
            entries, kept, size = _scan_stream(decompressed(compression, source), meter, interest)
            _complete(entries, compression)
            compressed = region.size
        else:
            entries, kept = scan(Archive(opened.read_at, region.size), meter.entries)
            meter.enter(len(entries))
            size, estimate = region.size, _Estimate(region.size)
            for number in sorted(estimate.wanted):
                estimate.add(number, opened.read_at(number * CHUNK, _SAMPLE))
            compressed = estimate.bytes
        place = memoryview(bytearray(_AHEAD))
        while (compression or sha) and (count := opened.readinto(place)):
            see(place[:count])  # what a decompressor leaves behind the end belongs to the blob too
    return Scan(entries, kept, compression, region.size, size, compressed, sha.hexdigest() if sha else "")


def scan_member(outer: Stream, size: int, meter: Meter, interest: Interest = NOTHING) -> Scan:
    """Scan the layer that are the next `size` bytes of a stream, and take its SHA-256."""
    compression = compression_of(outer.peek(min(8, size)))
    sha, estimate, left = sha256(), _Estimate(size), size

    def read(most: int) -> bytes:
        nonlocal left
        data = outer.take(min(most, left))
        left -= len(data)
        return data

    def into(target: memoryview) -> int:
        data = read(len(target))
        target[: len(data)] = data
        return len(data)

    def see(data: bytes | memoryview) -> None:
        sha.update(data)
        if not compression:
            estimate.add((size - left - len(data)) // CHUNK, bytes(data[:_SAMPLE]))

    source = Source(read, into, see)
    entries, kept, grown = _scan_stream(decompressed(compression, source), meter, interest)
    _complete(entries, compression)
    while left:
        source.read(CHUNK)
    return Scan(entries, kept, compression, size, grown, size if compression else estimate.bytes, sha.hexdigest())


def _complete(entries: Entries, compression: str) -> None:
    """The library for zstd says nothing when a frame ends too early: the tar in it does."""
    if compression == "zstd" and not entries.ended:
        raise ImageError("its zstd data is truncated")


def _scan_stream(chunks: Callable[[], memoryview], meter: Meter, interest: Interest) -> tuple[Entries, dict[int, bytes], int]:
    def metered() -> memoryview:
        chunk = chunks()
        meter.grow(len(chunk))
        return chunk

    stream = Stream(metered, interest)
    entries, kept = scan(stream, meter.entries)
    meter.enter(len(entries))
    while stream.chunk(CHUNK):  # the checksum stands at the end
        pass
    return entries, kept, stream.offset


class _Estimate:
    """How many bytes a plain layer would have with gzip, from pieces of it at regular distances."""

    def __init__(self, size: int) -> None:
        self._size, self._sampled, self._packed = size, 0, 0.0
        chunks = -(-size // CHUNK)
        self.wanted = {number * chunks // _SAMPLES for number in range(_SAMPLES)} if chunks > _SAMPLES else set(range(chunks))

    def add(self, number: int, data: bytes) -> None:
        """What chunk `number` begins with."""
        if number in self.wanted and data:
            self._sampled += len(data[:_SAMPLE])
            self._packed += _gzipped(data[:_SAMPLE])

    @property
    def bytes(self) -> int:
        return round(self._size * self._packed / self._sampled) if self._sampled else 0


def _gzipped(data: bytes) -> float:
    """About how many bytes `gzip` makes of these."""
    try:
        packed: int = len(import_module("isal.isal_zlib").compress(data, 3))
    except ImportError:
        return len(zlib.compress(data))
    return packed if packed > 0.95 * len(data) else 0.9 * packed  # gzip takes ten times as long and saves a tenth more
