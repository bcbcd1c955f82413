"""Checksums of what passes by: they tell contents apart, they protect from nobody."""

from __future__ import annotations

from collections.abc import Iterable

try:  # five times as fast as zlib's, and with the same results
    from isal.isal_zlib import adler32, crc32
except ImportError:
    from zlib import adler32, crc32

__all__ = ["adler32", "fingerprint", "fingerprint_of"]

_BEGIN = 4 << 10


def fingerprint(data: bytes | memoryview) -> int:
    """64 bits that tell contents of one size apart: the CRC of all, and a second checksum of how they begin."""
    return crc32(data) << 32 | adler32(data if len(data) <= _BEGIN else data[:_BEGIN])


def fingerprint_of(pieces: Iterable[memoryview] | Iterable[bytes]) -> int:
    """The fingerprint of the pieces joined."""
    crc, adler, left = 0, 1, _BEGIN
    for piece in pieces:
        crc = crc32(piece, crc)
        if left > 0:
            adler = adler32(piece[:left], adler)
            left -= len(piece)
    return crc << 32 | adler
