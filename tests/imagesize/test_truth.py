"""Small images of which every byte is known: what is wasted, by whom, how, and what is there twice."""

# ruff: noqa: E501 - tables of cases read best in long lines
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from imagesize import Image, load
from tests.imagesize.archives import Member, content, file, folder, hardlink, legacy, oci, opaque, symlink, tar, whiteout, write


class Case(NamedTuple):
    """Layers, and the truth about them."""

    layers: list[list[Member]]
    waste: list[tuple[str, int, str, int, int]]
    """Path, bytes, how, added by, wasted by."""
    duplicate: int = 0
    visible: int | None = None


SAME = content(3000, "same")

CASES = {
    "nothing": Case([[file("a", 100)], [file("b", 50)]], [], visible=150),
    "a file is deleted": Case([[file("a", 100)], [whiteout("a")]], [("a", 100, "deleted", 0, 1)], visible=0),
    "a folder is deleted by one whiteout": Case(
        [[folder("d"), file("d/a", 100), file("d/e/b", 50), file("keep", 7)], [whiteout("d")]],
        [("d/a", 100, "deleted", 0, 1), ("d/e/b", 50, "deleted", 0, 1)],
        visible=7,
    ),
    "an opaque folder hides what lies in it": Case(
        [[folder("d"), file("d/a", 300), file("d/e/b", 20)], [folder("d"), opaque("d"), file("d/new", 5)]],
        [("d/a", 300, "opaque", 0, 1), ("d/e/b", 20, "opaque", 0, 1)],
        visible=5,
    ),
    "an opaque marker behind its layer's own files spares them": Case(
        [[file("d/a", 300)], [file("d/new", 5), opaque("d")]], [("d/a", 300, "opaque", 0, 1)], visible=5
    ),
    "a whiteout spares what its own layer brings": Case(
        [[file("a", b"old old")], [file("a", b"new"), whiteout("a")]], [("a", 7, "overwritten", 0, 1)], visible=3
    ),
    "a whiteout of nothing": Case([[file("a", 20)], [whiteout("gone"), whiteout("x/y")], [file("a", 30)]], [("a", 20, "overwritten", 0, 2)]),
    "an opaque marker of nothing": Case([[file("a", 20)], [opaque("gone/there")]], []),
    "other content": Case([[file("a", b"1" * 40)], [file("a", b"2" * 40)]], [("a", 40, "overwritten", 0, 1)], visible=40),
    "chown counts once": Case([[file("a", SAME)], [file("a", SAME, uid=1000)]], [("a", 3000, "metadata", 0, 1)], visible=3000),
    "chmod and touch": Case(
        [[file("a", SAME)], [file("a", SAME, mode=0o600)], [file("a", SAME, mtime=5)]],
        [("a", 3000, "metadata", 0, 1), ("a", 3000, "metadata", 1, 2)],
        visible=3000,
    ),
    "chown of a large file": Case(
        [[file("a", 900_000)], [file("a", 900_000, uid=1)]], [("a", 900_000, "metadata", 0, 1)], visible=900_000
    ),
    "a large file that differs at its end": Case(
        [[file("a", b"x" * 900_000 + b"1")], [file("a", b"x" * 900_000 + b"2")]], [("a", 900_001, "overwritten", 0, 1)]
    ),
    "chown behind a whiteout": Case(
        [[file("d/a", SAME)], [opaque("d"), file("d/a", SAME, uid=1)]], [("d/a", 3000, "metadata", 0, 1)], visible=3000
    ),
    "deleted and made again later": Case([[file("a", SAME)], [whiteout("a")], [file("a", SAME)]], [("a", 3000, "deleted", 0, 1)]),
    "a file becomes a folder": Case([[file("a", 60)], [folder("a"), file("a/b", 9)]], [("a", 60, "overwritten", 0, 1)], visible=9),
    "a file becomes a folder that has no entry": Case([[file("a", 60)], [file("a/b/c", 9)]], [("a", 60, "overwritten", 0, 1)], visible=9),
    "a folder becomes a file": Case([[file("d/a", 60), file("d/e/b", 4)], [file("d", 9)]],
                                    [("d/a", 60, "overwritten", 0, 1), ("d/e/b", 4, "overwritten", 0, 1)], visible=9),
    "a folder becomes a link": Case([[file("d/a", 60)], [symlink("d", "e")]], [("d/a", 60, "overwritten", 0, 1)], visible=0),
    "a link is replaced": Case([[symlink("a", "b")], [file("a", 8)]], [], visible=8),
    "a hard link counts once": Case([[file("a", 100), hardlink("b", "a")]], [], visible=100),
    "one name of two is deleted": Case([[file("a", 100), hardlink("b", "a")], [whiteout("a")]], [], visible=100),
    "both names are deleted": Case(
        [[file("a", 100), hardlink("b", "a")], [whiteout("a")], [whiteout("b")]], [("a", 100, "deleted", 0, 2)], visible=0
    ),
    "a folder with two names of one file is deleted": Case(
        [[file("d/a", 100), hardlink("d/b", "d/a")], [whiteout("d")]], [("d/a", 100, "deleted", 0, 1)]
    ),
    "chown of both names": Case(
        [[file("a", SAME), hardlink("b", "a")], [file("a", SAME, uid=1), hardlink("b", "a")]], [("a", 3000, "metadata", 0, 1)], visible=3000
    ),
    "a hard link to a lower layer's file": Case(
        [[file("a", 100)], [hardlink("b", "a")], [whiteout("a")]], [], visible=100
    ),
    "a hard link to nothing": Case([[hardlink("b", "gone"), file("a", 5)]], [], visible=5),
    "one path twice in a layer": Case([[file("a", b"1" * 30), file("a", b"2" * 10)]], [("a", 30, "overwritten", 0, 0)], visible=10),
    "the same content at two paths": Case([[file("a", SAME), file("b", SAME), file("c/d", SAME)]], [], duplicate=6000, visible=9000),
    "the same content in two layers": Case([[file("a", SAME)], [file("b", SAME)]], [], duplicate=3000, visible=6000),
    "a duplicate that is deleted is none": Case([[file("a", SAME), file("b", SAME)], [whiteout("b")]], [("b", 3000, "deleted", 0, 1)]),
    "hard links are no duplicates": Case([[file("a", SAME), hardlink("b", "a")]], [], visible=3000),
    "large duplicates": Case([[file("a", 700_000), file("b", content(700_000, "a")), file("c", 700_000)]], [], duplicate=700_000),
    "chown, then a copy": Case(
        [[file("a", 900_000)], [file("a", 900_000, uid=1)], [file("b", content(900_000, "a"))]],
        [("a", 900_000, "metadata", 0, 1)], duplicate=900_000,
    ),
    "empty files waste nothing": Case([[file("a", b""), file("b", b"")], [whiteout("a")]], [], visible=0),
    "dots and slashes in paths": Case([[file("./a/./b", 30), file("/c", 3), folder("./")], [whiteout("/a/b")]], [("a/b", 30, "deleted", 0, 1)], visible=3),
    "long names": Case([[file("n" * 180 + "/" + "m" * 180, 30)], [whiteout("n" * 180 + "/" + "m" * 180)]],
                       [("n" * 180 + "/" + "m" * 180, 30, "deleted", 0, 1)]),
    "names that are not ASCII": Case([[file("füße/日本", 30)], [whiteout("füße/日本")]], [("füße/日本", 30, "deleted", 0, 1)]),
    "a root that is hidden": Case([[file("a", 3), file("d/b", 4)], [Member(".wh..wh..opq"), file("c", 5)]],
                                  [("d/b", 4, "opaque", 0, 1), ("a", 3, "opaque", 0, 1)], visible=5),
}  # fmt: skip

FORMS = {
    "docker save of old": ("a.tar", legacy),
    "docker save of today": ("a.tar", lambda layers: oci(layers, "", saved=True)),
    "layout, gzip": ("a", lambda layers: oci(layers, "gzip")),
    "layout, zstd": ("a", lambda layers: oci(layers, "zstd")),
    "archive, gzip": ("a.tar", lambda layers: oci(layers, "gzip")),
    "archive, plain": ("a.tar", lambda layers: oci(layers, "")),
}


def found(image: Image) -> list[tuple[str, int, str, int, int]]:
    return sorted(map(tuple, image.stacked.waste))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CASES)
def test_every_byte(name: str, form: str, tmp_path: Path) -> None:
    case = CASES[name]
    suffix, make = FORMS[form]
    image = load(str(write(tmp_path / suffix, make(case.layers))))
    assert found(image) == sorted(case.waste)
    assert sum(each.extra for each in image.stacked.duplicates) == case.duplicate
    contents = [sum(len(member.data) for member in layer) for layer in case.layers]
    assert [layer.file_bytes for layer in image.layers] == contents
    assert [layer.uncompressed_bytes for layer in image.layers] == [len(tar(layer)) for layer in case.layers]
    visible = sum(size for _, _, size in image.final_tree.files)
    assert visible == sum(contents) - sum(each.bytes for each in image.stacked.waste)
    if case.visible is not None:
        assert visible == case.visible


def test_compressed_size_is_that_of_the_blobs(tmp_path: Path) -> None:
    files = oci([[file("a", 5000)], [file("b", 70_000)]], "gzip")
    image = load(str(write(tmp_path / "a", files)))
    blobs = [len(data) for name, data in files.items() if name.startswith("blobs/") and data[:2] == b"\x1f\x8b"]
    assert sorted(layer.compressed_bytes or 0 for layer in image.layers) == sorted(blobs)
    assert image.compressed_bytes == sum(blobs) and not image.estimated


def test_the_compressed_size_of_plain_layers_is_estimated(tmp_path: Path) -> None:
    layers = [[file(f"f{number}", 40_000) for number in range(200)]]
    plain = load(str(write(tmp_path / "a.tar", legacy(layers))))
    packed = load(str(write(tmp_path / "b", oci(layers, "gzip"))))
    assert plain.estimated
    assert plain.compressed_bytes == pytest.approx(packed.compressed_bytes, rel=0.5)


def test_layers_are_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    layers = [[file(f"f{number}", 10 + number)] for number in range(9)]
    for name, files in (("a.tar", oci(layers)), ("b.tar", dict(sorted(oci(layers).items(), reverse=True)))):
        image = load(str(write(tmp_path / name, files)))
        assert [layer.file_bytes for layer in image.layers] == list(range(10, 19))
        assert [layer.instruction for layer in image.layers] == [f"RUN step {number}" for number in range(9)]
