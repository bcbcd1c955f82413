"""Two builds of one source give the same: the same layers where the engine's exporter can rewrite times, else the same files.

Source: BuildKit, `docs/build-repro.md`: SOURCE_DATE_EPOCH and rewrite-timestamp.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, listed, passed, plural
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.proof import Proof

_EPOCH = "1700000000"
_CHUNK = 1 << 20
_CHANGE = "leave times, random names and caches out of what is copied: SOURCE_DATE_EPOCH, sorted input, pinned versions"


def judge(proof: Proof) -> Outcome:
    """Builds twice without the cache."""
    if proof.built is None:
        raise Skip("an image was given")
    epoch = {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", _EPOCH)}

    def build(name: str, form: str) -> str:
        path = proof.workspace.path("twice", name)
        result = proof.build("--no-cache", output=("--output", f"{form},dest={path}"), variables=epoch)
        if not result.ok:
            if "OCI exporter is not supported" in result.failure or "exporter" in result.failure:
                return ""
            raise Skip(f"a build without the cache fails: {result.failure}")
        return path

    first = build("first.oci.tar", "type=oci,rewrite-timestamp=true")
    if first:
        return _compared_layers(first, build("second.oci.tar", "type=oci,rewrite-timestamp=true"))
    first, second = build("first.tar", "type=tar"), build("second.tar", "type=tar")
    if not first or not second:
        raise Skip(
            "the engine's builder can export nothing that could be compared: `docker buildx create --use` makes one that can"
        )
    return _compared_files(first, second)


def _compared_layers(first: str, second: str) -> Outcome:
    from imagesize.sources import Options, load_all

    left, right = (load_all([path], Options())[0] for path in (first, second))
    ours, theirs = ([layer.digest for layer in image.layers] for image in (left, right))
    if ours == theirs:
        return passed(f"two builds give the same {plural(len(ours), 'layer')}")
    differing = [
        layer.instruction or f"layer {layer.index}"
        for layer, digest in zip(left.layers, theirs, strict=False)
        if layer.digest != digest
    ]
    return failed(
        f"two builds differ in {plural(len(differing), 'layer')}: {listed([f'`{visible(each)[:80]}`' for each in differing])}",
        _CHANGE,
    )


def _compared_files(first: str, second: str) -> Outcome:
    left, right = _files(first), _files(second)
    differing = sorted(path for path in left.keys() | right.keys() if left.get(path) != right.get(path))
    if differing:
        return failed(
            f"two builds differ in {plural(len(differing), 'file')}: {listed([visible(f'/{path}') for path in differing])}",
            _CHANGE,
        )
    return passed(
        f"two builds give the same {plural(len(left), 'file')}",
        "compared without times and layers, which this engine's exporter cannot rewrite: "
        "`docker buildx create --use` makes a builder that can",
    )


def _files(path: str) -> dict[str, Any]:
    """Of every entry of a flat tar what it is, and a digest of its content."""
    from imagesize.blobs import Meter, Region, scan_region

    region = Region(path, 0, os.path.getsize(path))
    scan = scan_region(region, Meter())
    found: dict[str, Any] = {}
    with region.opened() as opened:
        for index, entry in enumerate(scan.entries):
            digest = hashlib.sha256()
            start = scan.entries.offsets[index]
            for at in range(0, entry.size, _CHUNK):
                digest.update(opened.read_at(start + at, min(_CHUNK, entry.size - at)))
            found[entry.path] = (entry.kind, entry.mode, entry.uid, entry.gid, entry.link, digest.digest())
    return found
