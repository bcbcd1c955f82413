"""What is known of each image, and the one form in which all outputs take it: the document that `--format json` prints.

Its keys are a promise; sizes are bytes, layers are numbered from 0, and `null` stands for what a quick look cannot know.

- `images`: one object for each image, in the order of the command line
  - `name`, `tags`, `platform`, `deep` (whether the layers were read)
  - `uncompressed_bytes`: the layers' tars, what lies on disk (in a quick look what the engine's history says); `compressed_bytes`: the
    layers as they travel, estimated where `compressed_estimated` is true
  - `file_bytes`: payload of all regular files in all layers = `visible_bytes` + `wasted_bytes`
  - `visible_bytes`: payload of the final file system = `packages_bytes` + `other_bytes`
  - `wasted_bytes`: payload that the final file system does not show, `own_wasted_bytes` of it in layers above the base image;
    `duplicate_bytes`: of visible contents all copies but one
  - `base`: `name`, `layers`, `uncompressed_bytes`, `known` (false: guessed); `own_bytes`: uncompressed bytes that are not the base's
  - `layers`: `index`, `digest`, `diff_id`, `instruction`, `line` (of the Dockerfile, or null), `uncompressed_bytes`, `compressed_bytes`,
    `file_bytes`, `wasted_bytes` (of its own files), `entries`
  - `waste`: `path`, `bytes`, `how` (`deleted`, `overwritten`, `metadata`, `opaque`), `added_by`, `wasted_by` (indexes of layers)
  - `duplicates`: `bytes` (of one copy), `extra_bytes`, `paths`, `layers`
  - `packages`: `type`, `name`, `version`, `bytes`, `files` (none for a jar within a jar), `layers`
  - `files`: the largest visible ones: `path`, `bytes`, `layer`
  - `folders`: visible bytes in and below each folder, three levels deep: `path`, `bytes`
  - `advice`: `bytes`, `kind` (a `how` of waste, `duplicate`, `base-image`, or a kind of needless files such as `caches`), `layer`,
    `instruction`, `line` (or null), `because`, `mend`, `paths`
  - `left_out`: of each list how many items `--top` left out; `notes`: sentences about the figures
- `comparison`, with two images or more: `bandwidth` (bits per second), `totals` (`name`, `uncompressed_bytes`, `compressed_bytes`,
  `delta_uncompressed_bytes`, `delta_compressed_bytes`, `shared_bytes`, `unique_bytes`, `missing_compressed_bytes`, `pull_seconds`,
  `pull_after_first_seconds`; deltas are against the first image), and `layers`, `folders`, `packages`, `files` (`name`,
  `bytes` in each image, `delta` of the last against the first), of which all but `layers` tell only what differs
- `exceeded`: the thresholds that were passed, a sentence each
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import nlargest
from operator import itemgetter
from typing import Any, NamedTuple

from imagesize import advice, compare, dockerfile, packages
from imagesize.model import Base, Image

Document = dict[str, Any]
_PARTS = 1500  # a file or folder of less than this part of all is not drawn


class Analysis(NamedTuple):
    """An image and all that was found in it; the latter is empty after a quick look."""

    image: Image
    packages: packages.Packages | None
    advice: list[advice.Advice]
    lines: Mapping[int, int]
    """Of a Dockerfile, by layer."""


def analyze(image: Image, dockerfile_text: str | None = None) -> Analysis:
    """Find everything in an image; the Dockerfile that it was built from tells lines, and what its base image is called."""
    lines: Mapping[int, int] = {}
    if dockerfile_text is not None:
        fit = dockerfile.fit(dockerfile_text, image.steps)
        if fit:
            lines = fit.lines
            image.base = _base(image, fit.base, [layer for layer in lines if layer >= 0])
            for layer, from_stage in fit.copies.items():
                image.layers[layer].from_stage = from_stage
        else:
            image.notes += ("No stage of the Dockerfile is like this image's history: no line is told.",)
    if image.quick:
        return Analysis(image, None, [], lines)
    found = packages.find(image)
    return Analysis(image, found, advice.give(image, found, lines), lines)


def _base(image: Image, named: str, made: Sequence[int]) -> Base:
    """The base image as the Dockerfile names it; where nothing is known of it, what lies below the layers that the Dockerfile made.

    An engine's image that has layers of the Dockerfile's own is an earlier build, or one of its stages.
    """
    base = image.base
    if named in image.bases:
        return Base(named, image.bases[named], True)
    if named in base.names:
        return base._replace(name=named)
    if named == "scratch":
        return Base("", 0, True)
    if base.known and not (made and min(made) < base.layers):
        return base
    return Base(named or ("" if base.known else base.name), min(made), False) if made else base


def document(analyses: Sequence[Analysis], top: int, bits_per_second: float) -> Document:
    """The whole report; `top` bounds its lists, 0 does not."""
    report: Document = {"images": [_image(each, top) for each in analyses], "exceeded": []}
    if len(analyses) > 1:
        found = compare.compare([each.image for each in analyses], [each.packages for each in analyses], bits_per_second)
        report["comparison"] = {
            "bandwidth": bits_per_second,
            "totals": [total._asdict() for total in found.totals],
            "layers": [_row(row) for row in found.layers],
            **{name: [_row(row) for row in _cut(getattr(found, name), top)] for name in ("folders", "packages", "files")},
        }
    return report


def _row(row: compare.Row) -> Document:
    return {"name": row.name, "bytes": list(row.bytes), "delta": row.delta}


def _cut(items: Sequence[Any], top: int) -> Sequence[Any]:
    return items[:top] if top else items


def _image(analysis: Analysis, top: int) -> Document:
    image, deep = analysis.image, not analysis.image.quick
    waste = image.stacked.waste if deep else []
    duplicates = image.stacked.duplicates if deep else []
    wasted = [0] * len(image.layers)
    for each in waste:
        wasted[each.added_by] += each.bytes
    files, folders = _visible(image, top) if deep else ([], [])
    base = image.layers[: image.base.layers]
    packages_bytes = sum(package.bytes for package in analysis.packages.found) if analysis.packages else None
    lists: dict[str, tuple[Sequence[Any], Callable[[Any], Document]]] = {
        "waste": (waste, _fields),
        "duplicates": (
            duplicates,
            lambda each: {"bytes": each.bytes, "extra_bytes": each.extra, "paths": list(each.paths), "layers": list(each.layers)},
        ),
        "packages": (analysis.packages.found if analysis.packages else (), lambda each: {**each._asdict(), "layers": list(each.layers)}),
        "files": (files, lambda each: {"path": each[0], "bytes": each[2], "layer": image.final_tree.layer_of(each[1])}),
        "folders": (folders, lambda each: {"path": each[0], "bytes": each[1]}),
        "advice": (analysis.advice, lambda each: {**each._asdict(), "line": each.line or None, "paths": list(each.paths)}),
    }
    return {
        "name": image.name,
        "tags": list(image.tags),
        "platform": image.platform,
        "deep": deep,
        "uncompressed_bytes": image.uncompressed_bytes,
        "compressed_bytes": image.compressed_bytes,
        "compressed_estimated": deep and image.estimated,
        "file_bytes": image.file_bytes,
        "visible_bytes": image.file_bytes - sum(wasted) if deep else None,
        "wasted_bytes": sum(wasted) if deep else None,
        "own_wasted_bytes": sum(wasted[image.base.layers :]) if deep else None,
        "duplicate_bytes": sum(each.extra for each in duplicates) if deep else None,
        "packages_bytes": packages_bytes,
        "other_bytes": analysis.packages.other_bytes if analysis.packages else None,
        "base": {
            **dict(zip(image.base._fields[:3], image.base, strict=False)),
            "uncompressed_bytes": sum(layer.uncompressed_bytes for layer in base),
        },
        "own_bytes": sum(layer.uncompressed_bytes for layer in image.layers[image.base.layers :]),
        "layers": [
            {
                "index": layer.index,
                "digest": layer.digest,
                "diff_id": layer.diff_id,
                "instruction": layer.instruction,
                "line": analysis.lines.get(layer.index),
                "uncompressed_bytes": layer.uncompressed_bytes,
                "compressed_bytes": layer.compressed_bytes,
                "file_bytes": layer.file_bytes,
                "wasted_bytes": wasted[layer.index] if deep else None,
                "entries": len(layer.entries) if deep else None,
            }
            for layer in image.layers
        ],
        **{name: [fields(each) for each in _cut(items, top)] for name, (items, fields) in lists.items()},
        "left_out": {name: len(items) - len(_cut(items, top)) for name, (items, _) in lists.items()},
        "notes": list(image.notes),
    }


def _fields(item: Any) -> Document:
    fields: Document = item._asdict()
    return fields


def _visible(image: Image, top: int) -> tuple[list[tuple[str, int, int]], list[tuple[str, int]]]:
    """The files of the final file system, of which the `top` largest come first and in order, and its folders, the largest first."""
    files = image.final_tree.files
    folders = compare.folder_sums(image.final_tree)
    least = nlargest(top, map(itemgetter(2), files))[-1] if 0 < top < len(files) else 0
    large = sorted(each for each in files if each[2] >= least)
    large.sort(key=itemgetter(2), reverse=True)  # which leaves files of one size in the order of their paths
    files = large + [each for each in files if each[2] < least]
    return files, sorted(folders.items(), key=lambda item: (-item[1], item[0]))


def trees(analyses: Sequence[Analysis]) -> list[Document]:
    """For each image its final file system as nested `name`, `bytes`, `layer` (of files), `children`; what is small is put together."""
    return [_tree(each.image) for each in analyses]


def _tree(image: Image) -> Document:
    root: Document = {"name": "/", "bytes": 0, "children": {}}
    if image.quick:
        return {**root, "children": []}
    tree = image.final_tree
    for path, number, count in tree.files:
        node = root
        node["bytes"] += count
        for part in path.split("/"):
            node = node.setdefault("children", {}).setdefault(part, {"name": part, "bytes": 0})
            node["bytes"] += count
        node["layer"] = tree.layer_of(number)
    return _pruned(root, root["bytes"] / _PARTS)


def _pruned(node: Document, least: float) -> Document:
    """The node with its children, largest first, as a list; those below `least` bytes are one."""
    children: list[Document] = []
    small = count = 0
    for child in sorted(node.get("children", {}).values(), key=lambda each: (-each["bytes"], each["name"])):
        if child["bytes"] >= least:
            children.append(_pruned(child, least))
        else:
            small, count = small + child["bytes"], count + 1
    if count:
        children.append({"name": f"{count:,} smaller", "bytes": small})
    return {**node, "children": children} if children else {key: value for key, value in node.items() if key != "children"}


def over(report: Document, baseline: Document | None, most: Mapping[str, float]) -> Iterator[str]:
    """The thresholds that a report passes, a sentence each.

    `most`: `size`, `waste`, `waste_share`, `growth`, `growth_share`, in bytes or as a share of one. Growth is against the baseline's
    image of the same name, else its first one; without a baseline against the first image.
    """
    first = report["images"][0]
    for image in report["images"]:
        name, size, wasted = image["name"], image["uncompressed_bytes"], image["wasted_bytes"] or 0
        if size > most.get("size", size):
            yield f"{name}: {size:,} bytes on disk are more than {most['size']:,.0f}"
        share = wasted / max(image["file_bytes"], 1)
        if wasted > most.get("waste", wasted):
            yield f"{name}: {wasted:,} wasted bytes are more than {most['waste']:,.0f}"
        if share > most.get("waste_share", share):
            yield f"{name}: {share:.1%} of its bytes are wasted, more than {most['waste_share']:.1%}"
        before = _before(baseline, image) if baseline else first
        grown = size - before["uncompressed_bytes"]
        if grown > most.get("growth", grown):
            yield f"{name}: grew by {grown:,} bytes, more than {most['growth']:,.0f}"
        share = grown / max(before["uncompressed_bytes"], 1)
        if share > most.get("growth_share", share):
            yield f"{name}: grew by {share:.1%}, more than {most['growth_share']:.1%}"


def _before(baseline: Document, image: Document) -> Document:
    images: list[Document] = baseline["images"]
    named = [each for each in images if each.get("name") == image["name"]]
    return (named or images)[0]
