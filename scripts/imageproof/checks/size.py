"""It is no larger than the bound; both sizes are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, passed
from imagesize.units import size

if TYPE_CHECKING:
    from imageproof.proof import Proof


def judge(proof: Proof) -> Outcome:
    """Sums the layers, not what the engine says: that depends on its store."""
    image = proof.contents.get()
    both = f"{size(image.uncompressed_bytes)} on disk, {size(image.compressed_bytes, image.estimated)} compressed"
    most = proof.spec.max_size
    if not most:
        raise Skip(f"no --max-size is given; it has {both}")
    if image.uncompressed_bytes > most:
        largest = max(image.layers, key=lambda layer: layer.uncompressed_bytes)
        return failed(
            f"{both}: more than {size(most)}",
            f"begin with layer {largest.index} ({size(largest.uncompressed_bytes)}); analyze_image_size.sh tells what is in it",
        )
    return passed(f"{both}; the bound is {size(most)}")
