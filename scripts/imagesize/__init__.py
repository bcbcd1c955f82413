"""Where an image's bytes are: the package behind `analyze_image_size.sh`, and its use from Python.

    import imagesize

    image = imagesize.load("app.tar")              # an archive, a layout, or with an engine the name of an image
    image.uncompressed_bytes                       # what lies on disk
    image.compressed_bytes                         # what travels; `image.estimated` says whether it was guessed
    image.config["config"]["User"]                 # the OCI configuration
    for layer in image.layers:                     # lowest first: digest, instruction, sizes, entries
        for entry in layer.entries:                # path, kind, size, mode, uid, gid, mtime, link
            ...
    layer.read("etc/passwd", limit=65536)          # a file of one layer: bytes, never more than the limit
    for entry, data in layer.files(lambda entry: entry.path.endswith(".env")): ...
    image.read("etc/passwd")                       # of the final file system, links among folders followed
    for path, placed in image.final_tree.items():  # placed.entry and the layer it is in
        ...
    image.stacked.waste, image.stacked.duplicates  # what is carried in vain

Paths have no leading slash. Whatever cannot be read raises `ImageError`, whose message is one sentence. An engine's layers come in a
stream, once: `load(name, keep=lambda path, size: ...)` names the files whose bytes `read` will be asked for. Nothing is written to disk,
and no path of an archive is opened on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imagesize.errors import LIMITS, ImageError, Limits
from imagesize.model import Base, Image, Layer
from imagesize.stack import Duplicate, FileTree, Placed, Waste
from imagesize.tarheaders import Entry

__all__ = [
    "LIMITS", "Base", "Duplicate", "Entry", "FileTree", "Image", "ImageError", "Layer", "Limits", "Placed", "Waste", "load", "load_all",
]  # fmt: skip


def load(
    source: str,
    *,
    platform: str = "",
    deep: bool = True,
    keep: Callable[[str, int], bool] | None = None,
    limits: Limits = LIMITS,
    verify: bool | None = None,
) -> Image:
    """The image that a path, `-` or an engine's image name stands for; of an archive with several the first.

    `platform` chooses in an index. `deep=False` asks an engine for its history alone. `keep` says from a path and a size whose bytes
    are kept while the layers are read: it saves a second run through compressed layers, and is the only way with an engine's image.
    `verify` compares all layers with their digests, or none; else it is compressed ones where there are two processors, and of others
    the smallest, 64 MiB together. Raises ImageError.
    """
    return load_all([source], platform=platform, deep=deep, keep=keep, limits=limits, verify=verify)[0]


def load_all(
    sources: Sequence[str],
    *,
    platform: str = "",
    deep: bool = True,
    keep: Callable[[str, int], bool] | None = None,
    limits: Limits = LIMITS,
    verify: bool | None = None,
) -> list[Image]:
    """All images of all sources, in their order; layers that they share are read once. See `load`."""
    from imagesize.packages import INTEREST, wanted
    from imagesize.sources import Options
    from imagesize.sources import load_all as load_sources

    chosen = keep
    interest = (
        INTEREST
        if chosen is None
        else INTEREST._replace(keep=lambda path, size: size if chosen(path, size) else wanted(path, size), tails=None)
    )
    return load_sources(sources, Options(deep, platform, verify, limits, interest))
