"""No secret value is in any layer, deleted files included, nor in the history or the configuration; nor is a credential written out there.

Every byte of every layer is searched, for each value as it is and in base64; small gzip and zip files above the base image are opened.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from dockerlint.knowledge.credentials import find, held_in
from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, listed, passed, plural
from imagesize.errors import ImageError
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.proof import Proof
    from imageproof.workspace import Canary
    from imagesize.model import Image, Layer
    from imagesize.tarheaders import Entry

_WRITTEN = "give it to the container when it starts, or to the step that needs it by --mount=type=secret, and change it: it is known"
_NAMING = ("ARG", "LABEL")
_HEAD = 8
_OPENED = 8 << 20
"""Bytes of a compressed file that is opened, and of what comes out of it."""
_ALL_OPENED = 128 << 20


def judge(proof: Proof) -> Outcome:
    """Looks for every value that the proof made up, or that was given to the build as a secret, and for what looks like a credential."""
    canaries, image = proof.workspace.canaries, proof.contents.get()
    written = list(dict.fromkeys(_written_out(image, proof.base_layers(image), proof.base_variables())))
    seen, mends = ([f"written out for whoever has the image: {listed(written)}"], [_WRITTEN]) if written else ([], [])
    if not canaries and not written:
        raise Skip(proof.workspace.note or "no value to look for: --canary value:TEXT gives one")
    found = dict.fromkeys([*_in_configuration(image, canaries), *_in_layers(image, proof.base_layers(image), canaries)])
    searched = (
        f"{plural(len(canaries), 'planted value')} in {plural(len(image.layers), 'layer')}, the history and the configuration"
    )
    notes = (proof.workspace.note,) if proof.workspace.note else ()
    if not found and not written:
        return passed(f"not one of {searched}", *notes)
    places: dict[str, list[str]] = {}
    for canary, place in found:
        if place not in places.setdefault(canary.name, []):
            places[canary.name].append(place)
    seen += [f"{name} is in {listed(where)}" for name, where in places.items()]
    return failed("; ".join(seen), "; ".join(dict.fromkeys([*(canary.mend for canary, _ in found), *mends])), *notes)


def _written_out(image: Image, base: int, given: Container[str]) -> Iterator[str]:
    """What the history and the configuration have that looks like a credential, by the linter's eye.

    Of the variables in `given` nothing is told, nor of the names that the first `base` layers have for their arguments and labels.

    The values themselves are told nowhere: a report is kept, and shown.
    """
    for variable in (image.config.get("config") or {}).get("Env") or ():
        if variable not in given and (kind := held_in(str(variable), ".env")):
            yield f"{visible(str(variable).partition('=')[0])} of the configuration ({kind})"
    for step in image.config.get("history") or ():
        text = str(step.get("created_by") or "")
        keyword, _, rest = text.partition(" ")
        if base <= 0 and keyword in _NAMING and (kind := held_in(rest, ".env")):
            yield f"{keyword} {visible(rest.partition('=')[0])} in the history ({kind})"
        base -= not step.get("empty_layer")
        for found in find(text):
            if found.sure:
                yield f"{found.kind} in the history ({keyword if keyword.isalpha() else 'RUN'})"


def _spellings(value: bytes) -> Iterator[bytes]:
    """The value, and the part of its base64 that is the same wherever in a longer text it begins."""
    yield value
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value)
        first, last = (0, 2, 3)[shift], len(encoded) - (4 if (len(value) + shift) % 3 else 0)
        if last - first >= 12:
            yield encoded[first:last]


def _in_configuration(image: Image, canaries: list[Canary]) -> Iterator[tuple[Canary, str]]:
    history = json.dumps(image.config.get("history") or [], ensure_ascii=False)
    whole = json.dumps({key: value for key, value in image.config.items() if key != "history"}, ensure_ascii=False)
    for canary in canaries:
        for spelling in _spellings(canary.value):
            text = json.dumps(spelling.decode("utf-8", "replace"), ensure_ascii=False)[1:-1]
            if text in history:
                yield canary, "the history"
            if text in whole:
                yield canary, "the configuration"


def _in_layers(image: Image, base: int, canaries: list[Canary]) -> Iterator[tuple[Canary, str]]:
    """Where the values stand in the layers: in their bytes, then in the compressed files above the base image, as many as have room."""
    needles = [(canary, spelling) for canary in canaries for spelling in dict.fromkeys(_spellings(canary.value))]
    if not needles:
        return
    for layer in image.layers:
        for canary, offset in _raw(layer, needles):
            yield canary, f"{visible(_path_at(layer, offset))} of layer {layer.index}"
    room = _ALL_OPENED
    for layer in image.layers[base:]:
        for entry, content in layer.files(_is_compressed, _OPENED):
            for name, data in _members(content):
                room -= len(data)
                if room < 0:
                    return
                for canary, spelling in needles:
                    if spelling in data:
                        yield canary, f"/{visible(entry.path)}{visible(name)} of layer {layer.index}"


def _raw(layer: Layer, needles: list[tuple[Canary, bytes]]) -> Iterator[tuple[Canary, int]]:
    """Where in the layer's tar the values stand; each value once for each chunk."""
    overlap = max(len(spelling) for _, spelling in needles) - 1
    heads = {
        spelling[:_HEAD] for _, spelling in needles
    }  # made-up values begin alike: one search tells that none is there
    tail, start = b"", 0
    for chunk in layer.chunks():
        data = tail + chunk
        for canary, spelling in needles if any(head in data for head in heads) else ():
            if (at := data.find(spelling)) >= 0:
                yield canary, start - len(tail) + at
        start += len(chunk)
        tail = data[-overlap:]


def _path_at(layer: Layer, offset: int) -> str:
    index = bisect_right(layer.entries.offsets, offset) - 1
    return f"/{layer.entries.paths[index]}" if index >= 0 else "a name"


def _is_compressed(entry: Entry) -> bool:
    return entry.path.endswith(
        (".gz", ".tgz", ".zip", ".whl", ".jar", ".war", ".egg", ".svgz", ".nupkg", ".br.gz", ".z")
    )


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """What is in a compressed file, bounded; nothing where it cannot be opened."""
    try:
        if content[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                yield "", file.read(_OPENED)
        elif content[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.infolist()[:10_000]:
                    if member.compress_type in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED) and not member.flag_bits & 1:
                        with archive.open(member) as opened:
                            yield f"!{member.filename}", opened.read(_OPENED)
    except (
        OSError,
        EOFError,
        zlib.error,
        zipfile.BadZipFile,
        ValueError,
        NotImplementedError,
        RuntimeError,
        ImageError,
    ):
        return
