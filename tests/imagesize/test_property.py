"""Random layers against an engine of twenty lines that knows nothing of speed."""

# ruff: noqa: E501 - tables of cases read best in long lines
from __future__ import annotations

import io
import os
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from imagesize import load
from tests.imagesize.archives import Member, file, folder, hardlink, legacy, oci, opaque, symlink, tar, whiteout, write

PATHS = st.sampled_from(["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/b", "f/g/h"])
CONTENTS = st.sampled_from([b"", b"x", b"y", b"zz", b"xx" * 40])
MEMBERS = st.one_of(
    st.builds(lambda path, data, uid: file(path, data, uid=uid), PATHS, CONTENTS, st.integers(0, 2)),
    st.builds(folder, PATHS),
    st.builds(symlink, PATHS, PATHS),
    st.builds(hardlink, PATHS, PATHS),
    st.builds(whiteout, PATHS),
    st.builds(opaque, PATHS),
)
LAYERS = st.lists(st.lists(MEMBERS, max_size=6), min_size=1, max_size=5)


class Oracle:
    """Files as lists [content, layer, path of the entry, why it is gone], folders as None, links as strings."""

    def __init__(self, layers: list[list[Member]]) -> None:
        self.tree: dict[str, Any] = {}
        self.files: list[list[Any]] = []
        for number, layer in enumerate(layers):
            self.add(layer, number)

    def names(self, one: Any) -> list[str]:
        return [path for path, node in self.tree.items() if node is one]

    def drop(self, path: str, why: tuple[str, int], heir: Any = None) -> dict[str, Any]:
        gone = {each: self.tree.pop(each) for each in list(self.tree) if each == path or each.startswith(path + "/")}
        for each, node in gone.items():
            if isinstance(node, list) and not self.names(node):
                same = each == path and isinstance(heir, list) and heir[0] == node[0]
                node[3] = ("metadata", why[1]) if same else why
        return gone

    def add(self, layer: list[Member], number: int) -> None:
        hidden: dict[str, Any] = {}
        for member in layer:
            above, _, name = member.path.rpartition("/")
            if name == ".wh..wh..opq":
                for path in [each for each in self.tree if each.startswith(above + "/") and each.count("/") == above.count("/") + 1]:
                    hidden |= self.drop(path, ("opaque", number))
            elif name.startswith(".wh."):
                hidden |= self.drop(f"{above}/{name[4:]}".lstrip("/"), ("deleted", number))
        for member in layer:
            path = member.path
            if ".wh." in path:
                continue
            parts = path.split("/")
            for depth in range(1, len(parts)):
                above = "/".join(parts[:depth])
                if self.tree.get(above, "") is not None:
                    self.drop(above, ("overwritten", number))
                    self.tree[above] = None
            node: Any = None
            if member.kind == tarfile.DIRTYPE:
                if self.tree.get(path, "") is None:
                    continue
            elif member.kind == tarfile.SYMTYPE:
                node = "link"
            elif member.kind == tarfile.LNKTYPE:
                node = self.tree.get(member.link)
                if node is None or f"{member.link}/".startswith(f"{path}/"):
                    continue
                if node is self.tree.get(path) and isinstance(node, list):
                    continue
            else:
                node = [member.data, number, path, None]
                self.files.append(node)
            heir = node if isinstance(node, list) else None
            old = hidden.get(path)
            if path not in self.tree and isinstance(old, list) and old[3] and old[3][1] == number and node is not None:
                old[3] = ("metadata" if heir and heir[0] == old[0] else "overwritten", number)
            self.drop(path, ("overwritten", number), heir)
            self.tree[path] = node

    def waste(self) -> list[tuple[str, int, str, int, int]]:
        return sorted((path, len(data), why[0], layer, why[1]) for data, layer, path, why in self.files if why and data)

    def duplicate(self) -> int:
        shown = [node[0] for node in self.files if node[3] is None]
        return sum(len(data) * (shown.count(data) - 1) for data in set(shown))


@settings(max_examples=400, deadline=None)
@given(LAYERS, st.sampled_from(["legacy", "gzip", ""]))
def test_the_same_as_the_oracle(layers: list[list[Member]], form: str) -> None:
    oracle = Oracle(layers)
    with tempfile.TemporaryDirectory() as place:
        files = legacy(layers) if form == "legacy" else oci(layers, form)
        image = load(str(write(Path(place) / "a.tar", files)))
        stacked = image.stacked
    assert sorted(map(tuple, stacked.waste)) == oracle.waste()
    assert sum(each.extra for each in stacked.duplicates) == oracle.duplicate()
    assert sorted(stacked.tree) == sorted(oracle.tree)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.builds(file, st.text("ab/.é ", min_size=1, max_size=150).filter(lambda text: text.strip("/. ") and ".wh." not in text), CONTENTS), max_size=8),
       st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))  # fmt: skip
def test_the_same_entries_as_tarfile(members: list[Member], form: int) -> None:
    members = [member for member in members if ".." not in member.path.split("/") and os.path.normpath(member.path).strip("/.")]
    try:
        data = tar(members, form)
    except ValueError:  # a name that ustar cannot hold
        return
    with tempfile.TemporaryDirectory() as place:
        image = load(str(write(Path(place) / "a.tar", oci([], "", tars=[data]))))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        expected = [(os.path.normpath(info.name).lstrip("/"), info.size, info.mode, info.uid, int(info.mtime)) for info in archive]
    assert [(entry.path, entry.size, entry.mode, entry.uid, entry.mtime) for entry in image.layers[0].entries] == expected
