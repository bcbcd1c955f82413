"""What can go wrong, and how much is read before it is called wrong."""

from __future__ import annotations

from typing import NamedTuple


class ImageError(Exception):
    """The image cannot be read; the message is one sentence for the person who asked."""


class Limits(NamedTuple):
    """Bounds on what one image may make us read."""

    bytes: int = 64 << 30
    """Uncompressed bytes of all layers: what stops a compression bomb."""
    entries: int = 5_000_000
    """Files, folders, links and whiteouts of all layers: each costs a few hundred bytes of memory."""
    document: int = 16 << 20
    """Bytes of one manifest, index or configuration."""


LIMITS = Limits()
