"""What rpm has installed, out of its databases.

Sources: RPM manual, "Package Format" (headers); rpm's `lib/backend/ndb`; Berkeley DB's `dbinc/db_page.h`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

FOLDERS = ("var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/")
FILES = ("rpmdb.sqlite", "Packages.db", "Packages")
"""SQLite, NDB, and the Berkeley DB of RHEL 7 and older."""


class Installed(NamedTuple):
    """A package and its files."""

    name: str
    version: str
    paths: tuple[str, ...]
    """Without a leading slash."""


def installed(file: str, database: bytes) -> Iterator[Installed]:
    """The packages in the bytes of a database, which is named as one of `FILES`; of what is broken those that can be read."""
    room = len(database)
    for header in _READERS[file](database):
        room -= len(header)
        if room < 0:  # no database holds more than itself: its pages or slots point at one another
            return
        tags = _tags(header)
        if not tags.get(_NAME):
            continue
        folders = tags.get(_DIRNAMES, [])
        paths = (
            f"{folders[index]}{base}".lstrip("/")
            for base, index in zip(tags.get(_BASENAMES, []), tags.get(_DIRINDEXES, []), strict=False)
            if isinstance(index, int) and index < len(folders)
        )
        yield Installed(str(tags[_NAME][0]), "-".join(str(tags[tag][0]) for tag in (_VERSION, _RELEASE) if tags.get(tag)), tuple(paths))


_NAME, _VERSION, _RELEASE, _DIRINDEXES, _BASENAMES, _DIRNAMES = 1000, 1001, 1002, 1116, 1117, 1118
_WANTED = (_NAME, _VERSION, _RELEASE, _DIRINDEXES, _BASENAMES, _DIRNAMES)


def _tags(header: bytes) -> dict[int, list[str | int]]:
    """The tags that we need of a package's header: counts, an index of 16 bytes each, then the data."""
    tags: dict[int, list[str | int]] = {}
    if len(header) < 8:
        return tags
    count, size = struct.unpack_from(">II", header)
    if len(header) < 8 + 16 * count:
        return tags
    data = header[8 + 16 * count : 8 + 16 * count + size]
    for number in range(count):
        tag, kind, offset, items = struct.unpack_from(">IIiI", header, 8 + 16 * number)
        if tag not in _WANTED or not 0 <= offset < len(data):
            continue
        if kind == 4 and offset + 4 * items <= len(data):
            tags[tag] = list(struct.unpack_from(f">{items}I", data, offset))
        elif kind in (6, 8, 9):
            items = min(items, len(data) - offset)
            tags[tag] = [text.decode("utf-8", "surrogateescape") for text in data[offset:].split(b"\0", items)[:items]]
    return tags


def _sqlite_headers(database: bytes) -> Sequence[bytes]:
    """The headers in rpm's SQLite database, which is read in memory."""
    import sqlite3

    if len(database) < 100:
        return ()
    connection = sqlite3.connect(":memory:")
    try:
        # bytes 18 and 19 say that there is a log beside the file, which a database in memory cannot have
        connection.deserialize(database[:18] + b"\1\1" + database[20:])
        return [row[0] for row in connection.execute("SELECT blob FROM Packages ORDER BY hnum") if isinstance(row[0], bytes)]
    except (sqlite3.Error, AttributeError):
        return ()
    finally:
        connection.close()


def _ndb_headers(database: bytes) -> Iterator[bytes]:
    """The headers in rpm's NDB database: pages of slots that point at blobs of 16-byte blocks."""
    if database[:4] != b"RpmP" or len(database) < 32:
        return
    pages = min(struct.unpack_from("<I", database, 12)[0], len(database) // 4096)
    for at in range(32, pages * 4096, 16):
        magic, package, block, _ = struct.unpack_from("<4sIII", database, at)
        start = block * 16
        if magic == b"Slot" and package and start + 16 <= len(database):
            blob, _, _, size = struct.unpack_from("<4sIII", database, start)
            if blob == b"BlbS":
                yield database[start + 16 : start + 16 + size]


_HASH_MAGIC, _HASH_PAGES, _OVERFLOW, _IN_PLACE, _OFF_PAGE = 0x061561, (2, 13), 7, 1, 3
_PAGE = 26
"""Bytes of a page's head in a Berkeley DB."""


def _berkeley_headers(database: bytes) -> Iterator[bytes]:
    """The headers in rpm's Berkeley DB: pages of a hash table, with small values in them, and large ones in chains of other pages.

    Source: Berkeley DB's `dbinc/db_page.h`.
    """
    order = next((each for each in "<>" if len(database) >= 512 and struct.unpack_from(f"{each}I", database, 12)[0] == _HASH_MAGIC), "")
    size = struct.unpack_from(f"{order}I", database, 20)[0] if order else 0
    if not 512 <= size <= 1 << 16:
        return
    head = struct.Struct(f"{order}16xI2HxB").unpack_from
    for page in range(size, len(database) - size + 1, size):
        _, count, _, kind = head(database, page)
        if kind not in _HASH_PAGES or count > (size - _PAGE) // 2:
            continue
        places = struct.unpack_from(f"{order}{count}H", database, page + _PAGE)
        for key, value in zip(places[::2], places[1::2], strict=False):  # the value lies in front of its key
            if not _PAGE <= value < size - 12:
                continue
            if database[page + value] == _IN_PLACE:
                yield database[page + value + 1 : page + key]
            elif database[page + value] == _OFF_PAGE:
                number, length = struct.unpack_from(f"{order}2I", database, page + value + 4)
                yield b"".join(_chained(database, head, size, number, min(length, len(database))))


def _chained(database: bytes, head: Callable[[bytes, int], tuple[int, ...]], size: int, number: int, left: int) -> Iterator[bytes]:
    """The pieces of a value that lies on pages of its own."""
    while left > 0 and number and (number + 1) * size <= len(database):
        following, _, used, kind = head(database, number * size)
        if kind != _OVERFLOW or not 0 < used <= size - _PAGE:
            return
        start = number * size + _PAGE
        yield database[start : start + min(left, used)]
        number, left = following, left - used


_READERS: dict[str, Callable[[bytes], Iterable[bytes]]] = dict(zip(FILES, (_sqlite_headers, _ndb_headers, _berkeley_headers), strict=True))
