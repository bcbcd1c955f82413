"""The report as titled tables: what the terminal and Markdown both show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from imagesize.units import difference, seconds, size, visible

_INSTRUCTION = 76
Image = dict[str, Any]
Item = dict[str, Any]


class Section(NamedTuple):
    """A titled table, or a titled list of paragraphs."""

    title: str
    head: tuple[str, ...] = ()
    rows: Sequence[Sequence[str]] = ()
    numbers: int = 0
    """So many of the first columns are set to the right."""
    paragraphs: Sequence[str] = ()


def sections(report: dict[str, Any]) -> Iterator[Section]:
    """All that a person wants to see, what matters most first."""
    if "comparison" in report:
        yield from _comparison(report)
    for image in report["images"]:
        yield _summary(image)
        if image["layers"]:
            yield _layers(image)
        yield from _found(image)
    if report["exceeded"]:
        yield Section("Thresholds passed", paragraphs=[visible(each) for each in report["exceeded"]])


def _summary(image: Image) -> Section:
    base, estimated = image["base"], image["compressed_estimated"]
    seems = "" if base["known"] else "what seems to be "
    own = f"{size(image['own_bytes'])} of it on top of {seems}the base image {visible(base['name'])}".rstrip()
    rows = [
        ("on disk, uncompressed", size(image["uncompressed_bytes"]), own if base["layers"] else ""),
        (
            "to pull, compressed",
            size(image["compressed_bytes"], estimated),
            "estimated" if estimated else "" if image["deep"] else "not known without --deep",
        ),
    ]
    if image["deep"]:
        share = image["wasted_bytes"] / max(image["file_bytes"], 1)
        above = f"; {size(image['own_wasted_bytes'])} of it above the base image" if base["layers"] else ""
        rows += [
            ("wasted", size(image["wasted_bytes"]), f"{share:.1%} of all file contents, hidden by later layers{above}"),
            ("duplicate", size(image["duplicate_bytes"]), "the same contents at other paths"),
            ("in packages", size(image["packages_bytes"]), f"and {size(image['other_bytes'])} in other files"),
        ]
    name = visible(image["name"]) + (f" ({visible(image['platform'])})" if image["platform"] else "")
    return Section(name, (), rows, 0, [visible(note) for note in image["notes"]])


def _layers(image: Image) -> Section:
    deep, estimated = image["deep"], image["compressed_estimated"]
    head = ("layer", "on disk", *(("to pull", "wasted") if deep else ()), "instruction")
    rows = []
    for layer in image["layers"]:
        figures = (size(layer["compressed_bytes"], estimated), size(layer["wasted_bytes"])) if deep else ()
        line = f" (line {layer['line']})" if layer["line"] else ""
        rows.append(
            (str(layer["index"]), size(layer["uncompressed_bytes"]), *figures, _short(layer["instruction"] or layer["digest"]) + line)
        )
    return Section("Layers", head, rows, len(head) - 1)


def _found(image: Image) -> Iterator[Section]:
    left = image["left_out"]
    if image["advice"]:
        paragraphs = []
        for each in image["advice"]:
            where = f"line {each['line']}, " if each["line"] else ""
            paths = ", ".join("/" + path for path in each["paths"])
            paragraphs.append(
                visible(
                    f"{size(each['bytes'])}: {each['because']} ({paths}). "
                    f"Change {where}layer {each['layer']} `{_short(each['instruction'])}`: {each['mend']}."
                )
            )
        yield Section("What to change" + _more(left["advice"]), paragraphs=paragraphs)
    lists: tuple[tuple[str, str, tuple[str, ...], int, Callable[[Item], tuple[str, ...]]], ...] = (
        ("waste", "Wasted files", ("bytes", "how", "layers", "path"), 1, _waste),
        ("duplicates", "Duplicate contents", ("extra", "copies", "paths"), 2, _duplicate),
        ("packages", "Packages", ("bytes", "type", "package"), 1, _package),
        ("files", "Largest files", ("bytes", "layer", "path"), 2, _file),
    )
    for key, title, head, numbers, row in lists:
        if image[key]:
            yield Section(title + _more(left[key]), head, [row(each) for each in image[key]], numbers)


def _waste(each: Item) -> tuple[str, ...]:
    return size(each["bytes"]), each["how"], f"{each['added_by']} -> {each['wasted_by']}", "/" + visible(each["path"])


def _duplicate(each: Item) -> tuple[str, ...]:
    return size(each["extra_bytes"]), f"{len(each['paths'])} x {size(each['bytes'])}", _few(each["paths"])


def _package(each: Item) -> tuple[str, ...]:
    return size(each["bytes"]), each["type"], visible(f"{each['name']} {each['version']}".rstrip())


def _file(each: Item) -> tuple[str, ...]:
    return size(each["bytes"]), str(each["layer"]), "/" + visible(each["path"])


def _comparison(report: dict[str, Any]) -> Iterator[Section]:
    found = report["comparison"]
    names = tuple(visible(total["name"]) for total in found["totals"])
    estimated = [image["compressed_estimated"] for image in report["images"]]
    rows = [
        (
            name, size(total["uncompressed_bytes"]), difference(total["delta_uncompressed_bytes"]),
            size(total["compressed_bytes"], about), difference(total["delta_compressed_bytes"]),
            size(total["shared_bytes"]), size(total["unique_bytes"]),
            seconds(total["pull_seconds"]), seconds(total["pull_after_first_seconds"]),
        )
        for name, total, about in zip(names, found["totals"], estimated, strict=True)
    ]  # fmt: skip
    head = ("image", "on disk", "change", "to pull", "change", "shared", "unique", "pull", "pull after the first")
    yield Section(f"Compared with {names[0]}, pulled at {found['bandwidth'] / 1e6:g} Mbit/s", head, rows, -1)
    titles = (
        ("layers", "Layers, on disk"),
        ("folders", "Folders that differ"),
        ("packages", "Packages that differ"),
        ("files", "Files that differ"),
    )
    for key, title in titles:
        if found[key]:
            differing = [(*(size(each) for each in row["bytes"]), difference(row["delta"]), _short(row["name"])) for row in found[key]]
            yield Section(title, (*names, "change", key.removesuffix("s")), differing, len(names) + 1)


def _short(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _INSTRUCTION else text[: _INSTRUCTION - 3] + "..."


def _few(paths: Sequence[str]) -> str:
    shown = ", ".join("/" + visible(path) for path in paths[:2])
    return shown + (f", and {len(paths) - 2:,} more" if len(paths) > 2 else "")


def _more(count: int) -> str:
    return f" (and {count:,} more: --top 0 shows all)" if count else ""
