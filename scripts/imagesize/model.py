"""An image and its layers, as they flow from the sources to everything behind them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Self

from imagesize.blobs import Meter, Region, Scan, Source, decompressed, open_regular, scan_region
from imagesize.checksums import fingerprint, fingerprint_of
from imagesize.errors import ImageError
from imagesize.history import Step
from imagesize.stack import FileTree, Stacked, stack
from imagesize.tarheaders import FILE, Entries, Entry
from imagesize.tarscan import CHUNK, Finder, Interest

_BEGIN = 4096


class Base(NamedTuple):
    """The image that an image is built on."""

    name: str
    """Empty where nothing tells."""
    layers: int
    """So many of the first layers are its."""
    known: bool
    """False: guessed from the history."""
    names: tuple[str, ...] = ()
    """All that the engine calls it."""


class Layer:
    """One layer: what it is, what it weighs, and, when it was read, what is in it."""

    def __init__(
        self, index: int, digest: str, diff_id: str, instruction: str, scan: Scan | None, region: Region | None, file_bytes: int
    ) -> None:
        self.index = index
        """From 0, the lowest."""
        self.digest = digest
        """Of the blob as it is stored; the diff id where the source does not say."""
        self.diff_id = diff_id
        self.instruction = instruction
        self.file_bytes = file_bytes
        """Payload of its regular files."""
        self.entries: Entries = scan.entries if scan else Entries()
        self.compression = scan.compression if scan else ""
        self.compressed_bytes: int | None = scan.compressed if scan else None
        """What travels; None where it is not known without reading."""
        self.uncompressed_bytes: int = scan.uncompressed if scan else file_bytes
        """Length of the tar; of a layer that was not read, the payload of its files."""
        self.estimated = not self.compression
        """Whether `compressed_bytes` is an estimate: the layer is stored plain."""
        self._parts: dict[int, bytes] = scan.kept if scan else {}
        """What the scan kept of files: all, the end, or what follows a marker."""
        self._kept = {index: data for index, data in self._parts.items() if len(data) == self.entries.sizes[index]}
        self._region = region
        self.from_stage: bool | None = None
        """Whether a COPY took it from a stage or an image; None where only the history tells."""

    def read(self, path: str, limit: int = 1 << 20) -> bytes:
        """The content of the regular file at a path of this layer.

        Raises ImageError where there is none, where it is larger than `limit` bytes, or where it came in a stream that was not told
        to keep it (`load(..., keep=...)`). A file of a compressed layer costs one more run through the layer.
        """
        for index in range(len(self.entries) - 1, -1, -1):
            if self.entries.paths[index] == path and self.entries.kinds[index] == FILE:
                return self.content(index, limit)
        raise ImageError(f"layer {self.index} has no file {path!r}")

    def files(self, wanted: Callable[[Entry], bool], limit: int = 1 << 20) -> Iterator[tuple[Entry, bytes]]:
        """All regular files that are wanted and no larger than `limit` bytes, with their contents; one run through the layer."""
        chosen = [index for index, entry in enumerate(self.entries) if entry.kind == "file" and entry.size <= limit and wanted(entry)]
        self._keep(chosen)
        for index in chosen:
            yield self.entries[index], self.content(index, limit)

    def content(self, index: int, limit: int) -> bytes:
        """The content of the file that is entry `index`; raises ImageError as `read` does."""
        size, path = self.entries.sizes[index], self.entries.paths[index]
        if size > limit:
            raise ImageError(f"{path!r} has {size:,} bytes, more than {limit:,}")
        if not size:
            return b""
        self._keep([index])
        if index in self._kept:
            return self._kept[index]
        if self._region is None:
            raise ImageError(f"{path!r} came in a stream and was not kept")
        with self._region.opened() as opened:
            return opened.read_at(self.entries.offsets[index], size)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the layer's tar, decompressed; raises ImageError where it came in a stream."""
        if self._region is None:
            raise ImageError(f"layer {self.index} came in a stream and was not kept")
        with self._region.opened() as opened:
            read = decompressed(self.compression, Source(opened.read, opened.readinto, lambda data: None))
            while data := bytes(read()):
                yield data

    def end(self, index: int, most: int) -> bytes:
        """The last bytes of the file that is entry `index`; nothing where a stream was not told to keep them."""
        if index in self._parts or self.plain_region is None:
            return self._parts.get(index, b"")[-most:]
        size = self.entries.sizes[index]
        with self.plain_region.opened() as opened:
            return opened.read_at(self.entries.offsets[index] + max(0, size - most), min(size, most))

    def find(self, index: int, interest: Interest) -> bytes:
        """What follows the interest's marker in the program that is entry `index`; nothing where it is not there."""
        if index in self._parts or self.plain_region is None:
            return self._parts.get(index, b"")
        at, end = self.entries.offsets[index], self.entries.offsets[index] + self.entries.sizes[index]
        finder = Finder(interest)
        with self.plain_region.opened() as opened:
            if opened.read_at(at, 4) != b"\x7fELF":
                return b""
            while at < end and not finder.done:
                piece = opened.read_at(at, min(CHUNK, end - at))
                finder.see(memoryview(piece))
                at += len(piece) or end
        return finder.found or b""

    def _keep(self, indexes: Sequence[int]) -> None:
        """Read through a compressed layer again for what was not kept the first time."""
        missing = [index for index in indexes if index not in self._kept and self.entries.sizes[index]]
        if missing and self._region is not None and self.compression:
            paths = {self.entries.paths[index] for index in missing}
            again = scan_region(self._region, Meter(), Interest(lambda path, size: size if path in paths else 0))
            self._kept.update(again.kept)

    @property
    def plain_region(self) -> Region | None:
        """Where the tar can be read at any place; None where it is compressed or came in a stream."""
        return None if self.compression else self._region


class Image:
    """An image: its configuration, its history, and its layers from the lowest up."""

    def __init__(
        self,
        name: str,
        tags: tuple[str, ...],
        platform: str,
        config: Mapping[str, Any],
        steps: tuple[Step, ...],
        layers: tuple[Layer, ...],
        quick: bool,
    ) -> None:
        self.name = name
        """As it was asked for."""
        self.tags = tags
        self.platform = platform
        """Such as linux/arm64."""
        self.config = config
        """The OCI image configuration; of an image that was looked at quickly, what the engine tells of it."""
        self.steps = steps
        self.layers = layers
        self.quick = quick
        """Whether only the history was read: layers have no entries."""
        self.base = Base("", 0, False)
        self.bases: Mapping[str, int] = {}
        """Of images that the Dockerfile names as bases, and that it is built on, how many of its first layers are theirs."""
        self.notes: tuple[str, ...] = ()
        """What the reader should know about the figures, a sentence each."""

    @property
    def uncompressed_bytes(self) -> int:
        """Of all layers: what lies on disk."""
        return sum(layer.uncompressed_bytes for layer in self.layers)

    @property
    def compressed_bytes(self) -> int | None:
        """Of all layers: what travels; None where some layer's is not known."""
        sizes = [layer.compressed_bytes for layer in self.layers]
        return None if self.quick else sum(size or 0 for size in sizes)

    @property
    def estimated(self) -> bool:
        """Whether `compressed_bytes` is an estimate."""
        return any(layer.estimated for layer in self.layers)

    @property
    def file_bytes(self) -> int:
        """Payload of all regular files in all layers."""
        return sum(layer.file_bytes for layer in self.layers)

    @cached_property
    def stacked(self) -> Stacked:
        """The layers laid on each other: the tree, what was wasted, what is there twice."""
        with _Reader(self.layers) as reader:
            return stack([layer.entries for layer in self.layers], reader)

    @property
    def final_tree(self) -> FileTree:
        """What a container of the image would see."""
        return self.stacked.tree

    def read(self, path: str, limit: int = 1 << 20) -> bytes:
        """The content of a file of the final file system, links among its folders followed; raises ImageError as `Layer.read` does."""
        tree = self.final_tree
        for _ in range(40):
            path = tree.resolve(path.strip("/"))
            placed = tree.get(path)
            if placed is None or placed.entry.kind != "symlink":
                break
            folder, link = path.rpartition("/")[0], placed.entry.link
            path = link if link.startswith("/") else f"{folder}/{link}"
        number = tree.find(path)
        if number is None or number < 0:
            raise ImageError(f"{self.name} has no file {path!r}")
        layer = tree.layer_of(number)
        return self.layers[layer].content(number - tree.starts[layer], limit)


class _Reader:
    """Takes fingerprints out of plain layers, each file of this machine opened once."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        self._open: dict[str, int] = {}
        self._places: dict[int, tuple[int, int, Entries]] = {}  # of a layer the descriptor, where it begins, its entries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for descriptor in self._open.values():
            os.close(descriptor)

    def whole(self, layer: int, index: int) -> int:
        return self._print(layer, index, 1 << 62)

    def begin(self, layer: int, index: int) -> int:
        return self._print(layer, index, _BEGIN)

    def _print(self, layer: int, index: int, most: int) -> int:
        if layer not in self._places:
            region = self._layers[layer].plain_region
            if region is None:
                return 0
            if region.path not in self._open:
                self._open[region.path] = open_regular(region.path)
            self._places[layer] = (self._open[region.path], region.start, self._layers[layer].entries)
        descriptor, start, entries = self._places[layer]
        size, at = entries.sizes[index], start + entries.offsets[index]
        size = min(size, most)
        if size <= CHUNK:
            return fingerprint(os.pread(descriptor, size, at))
        return fingerprint_of(os.pread(descriptor, min(CHUNK, at + size - place), place) for place in range(at, at + size, CHUNK))
