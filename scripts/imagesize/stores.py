"""Where images lie on this machine: folders, archives, and archives that come as a stream."""

from __future__ import annotations

import os
from collections.abc import Callable

from imagesize.blobs import Meter, Region, Scan, compression_of, scan_member
from imagesize.errors import ImageError, Limits
from imagesize.tarheaders import BLOCK, FILE, HARDLINK, SYMLINK, clean
from imagesize.tarscan import Archive, Interest, Stream, scan

_DOCUMENTS = 64 << 20  # all documents of a stream together


class Folder:
    """An OCI layout, or an unpacked archive, in a folder."""

    def __init__(self, path: str, limits: Limits) -> None:
        self._path, self._limits = os.path.realpath(path), limits

    def document(self, path: str) -> bytes | None:
        region = self.blob(path)
        return region.read(self._limits.document) if region else None

    def blob(self, path: str) -> Region | None:
        full = os.path.realpath(os.path.join(self._path, clean(path)))
        if not full.startswith(self._path.rstrip("/") + "/"):
            raise ImageError(f"{path!r} is a link out of the folder")
        return Region(full, 0, os.path.getsize(full)) if os.path.lexists(full) else None


class File:
    """An archive in a file."""

    def __init__(self, path: str, limits: Limits) -> None:
        self._path, self._limits = path, limits
        with Region(path, 0, os.path.getsize(path)).opened() as opened:
            entries, _ = scan(Archive(opened.read_at, os.path.getsize(path)), limits.entries)
        self._members, self._links = dict[str, Region](), dict[str, str]()
        for index, kind in enumerate(entries.kinds):
            name = entries.paths[index]
            if kind == FILE:
                self._members[name] = Region(path, entries.offsets[index], entries.sizes[index])
            elif kind in (SYMLINK, HARDLINK):
                self._links[name] = _target(name, entries.links[index], kind)

    def document(self, path: str) -> bytes | None:
        region = self.blob(path)
        return region.read(self._limits.document) if region else None

    def blob(self, path: str) -> Region | None:
        return self._members.get(_followed(path, self._links))


class Coming:
    """An archive that comes once: its layers are scanned as they pass, its documents kept."""

    def __init__(self, read: Callable[[], bytes | memoryview], limits: Limits, meter: Meter, interest: Interest) -> None:
        members = _Members(read, limits, meter, interest)
        entries, _ = scan(members, limits.entries)
        while members.chunk(1 << 20):
            pass
        self._documents, self._scans = members.documents, members.scans
        self._links = {
            entries.paths[index]: _target(entries.paths[index], link, entries.kinds[index]) for index, link in entries.links.items()
        }

    def document(self, path: str) -> bytes | None:
        return self._documents.get(_followed(path, self._links))

    def blob(self, path: str) -> Scan | None:
        return self._scans.get(_followed(path, self._links))


class _Members(Stream):
    """The members of an archive that comes as a stream: each is told by how it begins."""

    def __init__(self, read: Callable[[], bytes | memoryview], limits: Limits, meter: Meter, interest: Interest) -> None:
        super().__init__(read, Interest(lambda path, size: size))
        self._limits, self._meter, self._wanted = limits, meter, interest
        self._room = _DOCUMENTS
        self.documents: dict[str, bytes] = {}
        self.scans: dict[str, Scan] = {}

    def visit(self, at: int, size: int, path: str, executable: bool) -> tuple[int, bytes | None]:
        self.seek(at)
        start = self.peek(min(BLOCK, size))
        if _is_layer(start):
            try:
                self.scans[path] = scan_member(self, size, self._meter, self._wanted)
            except ImageError as error:
                raise ImageError(f"{path}: {error}") from None
        elif start.lstrip()[:1] in (b"{", b"[") and size <= min(self._limits.document, self._room):
            self.documents[path] = self.take(size)
            self._room -= size
        else:
            self.skip(size)
        return 0, None


def _is_layer(start: bytes) -> bool:
    """Whether a member that begins like this is a tar, compressed or not."""
    try:
        return (
            bool(compression_of(start)) or (len(start) == BLOCK and not start.strip(b"\0")) or start[257:262] == b"ustar" or _old_tar(start)
        )
    except ImageError:
        return True


def _old_tar(start: bytes) -> bool:
    try:
        return len(start) == BLOCK and int(start[148:156].rstrip(b"\0 "), 8) == sum(start) - sum(start[148:156]) + 8 * 32
    except ValueError:
        return False


def _target(path: str, link: str, kind: int) -> str:
    """What a link within an archive points at; raises ImageError where that is outside."""
    if kind == HARDLINK:
        return link
    if link.startswith("/"):
        raise ImageError(f"the member {path!r} is a link out of the archive")
    return clean(f"{path.rpartition('/')[0]}/{link}")


def _followed(path: str, links: dict[str, str]) -> str:
    path = clean(path)
    for _ in range(8):
        if path not in links:
            break
        path = links[path]
    return path
