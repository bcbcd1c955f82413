"""Several images side by side: what each adds to the first, what they share, how long they take to pull."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from imagesize.model import Image, Layer
from imagesize.packages import Packages
from imagesize.stack import FileTree


class Row(NamedTuple):
    """One thing in every image."""

    name: str
    bytes: tuple[int, ...]
    """In each image; 0 where it is not there."""

    @property
    def delta(self) -> int:
        """What the last has more than the first."""
        return self.bytes[-1] - self.bytes[0]


class Total(NamedTuple):
    """One image among the others."""

    name: str
    uncompressed_bytes: int
    compressed_bytes: int | None
    delta_uncompressed_bytes: int
    """More than the first image; so is the next."""
    delta_compressed_bytes: int | None
    shared_bytes: int
    """Uncompressed, in layers that another of the images has too."""
    unique_bytes: int
    missing_compressed_bytes: int | None
    """What travels to a machine that has the first image."""
    pull_seconds: float | None
    """To a machine that has nothing, at the given bandwidth, transfer alone."""
    pull_after_first_seconds: float | None


class Comparison(NamedTuple):
    """Images compared."""

    totals: tuple[Total, ...]
    layers: tuple[Row, ...]
    """By instruction; a layer that is in several images is one row."""
    folders: tuple[Row, ...]
    packages: tuple[Row, ...]
    files: tuple[Row, ...]
    """Those of which the size differs somewhere; so it is with folders and packages. The largest difference first."""


def compare(images: Sequence[Image], packages: Sequence[Packages | None], bits_per_second: float) -> Comparison:
    """Compare images in their order, the first being what the others are held against."""
    holders: dict[str, set[int]] = {}
    for place, image in enumerate(images):
        for layer in image.layers:
            holders.setdefault(_identity(layer), set()).add(place)
    deep = all(not image.quick for image in images)
    files = [_files(image) for image in images] if deep else []
    return Comparison(
        tuple(_total(image, images[0], holders, bits_per_second) for image in images),
        tuple(_layers(images)),
        _rows([folder_sums(image.final_tree) for image in images]) if deep else (),
        _rows([_packages(each) for each in packages if each]) if deep else (),
        _rows(files),
    )


def _identity(layer: Layer) -> str:
    return layer.diff_id or layer.digest


def _total(image: Image, first: Image, holders: Mapping[str, set[int]], bits_per_second: float) -> Total:
    shared = sum(layer.uncompressed_bytes for layer in image.layers if len(holders[_identity(layer)]) > 1)
    packed, before = image.compressed_bytes, first.compressed_bytes
    there = {_identity(layer) for layer in first.layers}
    missing = None if packed is None else sum(layer.compressed_bytes or 0 for layer in image.layers if _identity(layer) not in there)
    return Total(
        image.name,
        image.uncompressed_bytes,
        packed,
        image.uncompressed_bytes - first.uncompressed_bytes,
        None if packed is None or before is None else packed - before,
        shared,
        image.uncompressed_bytes - shared,
        missing,
        None if packed is None else round(packed * 8 / bits_per_second, 2),
        None if missing is None else round(missing * 8 / bits_per_second, 2),
    )


def _layers(images: Sequence[Image]) -> list[Row]:
    rows: dict[str, tuple[str, list[int]]] = {}
    for place, image in enumerate(images):
        for layer in image.layers:
            _, sizes = rows.setdefault(_identity(layer), (layer.instruction or layer.digest, [0] * len(images)))
            sizes[place] += layer.uncompressed_bytes
    return [Row(name, tuple(sizes)) for name, sizes in rows.values()]


def _files(image: Image) -> dict[str, int]:
    return {path: size for path, _, size in image.final_tree.files}


def folder_sums(tree: FileTree) -> dict[str, int]:
    """Bytes in and below each folder, up to three levels deep."""
    sums: dict[str, int] = {}
    for folder, files in tree.files_in.items():
        direct, above = sum(map(itemgetter(2), files)), ""
        for part in folder.split("/", 3)[:3] if folder else ():
            above += part + "/"
            sums[above] = sums.get(above, 0) + direct
    return sums


def _packages(packages: Packages) -> dict[str, int]:
    sums: dict[str, int] = {}
    for package in packages.found:
        name = f"{package.type} {package.name}"
        sums[name] = sums.get(name, 0) + package.bytes
    return sums


def _rows(columns: Sequence[Mapping[str, int]]) -> tuple[Row, ...]:
    """Those names of which the bytes differ."""
    names: set[str] = set().union(*columns)
    rows = (Row(name, tuple(column.get(name, 0) for column in columns)) for name in names)
    different = [row for row in rows if len(set(row.bytes)) > 1]
    return tuple(sorted(different, key=lambda row: (-(max(row.bytes) - min(row.bytes)), row.name)))
