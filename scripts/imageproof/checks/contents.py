"""Nothing is in the final image that only building, testing or somebody's machine needs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.knowledge.credentials import credential_file, held_in
from imageproof.outcome import Outcome, failed, listed, passed
from imagesize.needless import KINDS
from imagesize.units import size, visible

if TYPE_CHECKING:
    from imageproof.proof import Proof
    from imagesize.model import Image

_FOLDERS = {kind.slug: kind.folders for kind in KINDS}
_LIBRARIES = ("/node_modules/", "/site-packages/", "/dist-packages/", "/vendor/", "/gems/")
"""What others wrote: their tests and source maps are `analyze_image_size.sh`'s to tell, as are those of any package."""
_SYSTEM = tuple(
    f"{folder}/" for folder in "etc/pki etc/ssh etc/ssl usr/lib usr/libexec usr/local/go usr/local/lib usr/local/share var/lib".split()
)
_SHARED = "usr/share/"
_SITE = "usr/share/nginx/"  # what a site's images are made for
_PROGRAMS = (
    "bin",
    "sbin",
    "usr/bin",
    "usr/sbin",
    "usr/local/bin",
    "usr/local/sbin",
    "opt/bin",
    "usr/local/go/bin",
    "usr/local/cargo/bin",
)
_COMPILERS = frozenset("gcc g++ cc c++ clang clang++ rustc cargo go javac make cmake ninja ld tsc".split())
_LOCK_TOOLS = frozenset(
    "poetry uv uvx pipenv pdm hatch pip-compile npm npx yarn yarnpkg pnpm pnpx corepack bun composer bundle mvn gradle".split()
)
_TESTS = frozenset({"test", "tests", "__tests__"})
_CODE = frozenset("py js mjs cjs jsx ts tsx mts cts rb php go java kt rs cs swift sh exs lua pl".split())
_TESTING = re.compile(
    rb"\b(?:def|func|fn|function) test|\b(?:it|test|describe|suite|expect)(?:\.\w+)?\s*\(|unittest|pytest|minitest|rspec|PHPUnit|ExUnit"
    rb"|#\[test\]|@Test\b|\bassert\b|\bbats\b",
    re.IGNORECASE,
)
"""What stands in a test."""
_SMALL = 1 << 16
_SHOWN = 3
_LITTLE = 100_000


class Kind(NamedTuple):
    """Something that does not belong there."""

    name: str
    fits: Callable[[str], bool]
    """Asked with a path without a leading slash."""
    change: str
    base_too: bool = False
    """Whether the base image's are counted: another base is the cure."""
    own: bool = False
    """Whether only what the application's people wrote is counted."""
    least: int = 0
    """Fewer bytes of it are nothing to speak of: what a cache that was emptied leaves."""


def _below(slug: str, *without: str) -> Callable[[str], bool]:
    places = tuple(place for place in _FOLDERS.get(slug, ()) if place not in without)

    def fits(path: str) -> bool:
        framed = f"/{path}"
        return any(
            f"/{place.removeprefix('**/')}/" in framed if place.startswith("**/") else path.startswith(f"{place}/")
            for place in places
        )

    return fits


def _own(path: str) -> bool:
    if path.startswith(_SHARED):
        return path.startswith(_SITE)
    return not any(place in f"/{path}" for place in _LIBRARIES) and not path.startswith(_SYSTEM)


def _program(names: frozenset[str]) -> Callable[[str], bool]:
    def fits(path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name in names and (folder in _PROGRAMS or folder.endswith("/bin"))

    return fits


def _test(path: str) -> bool:
    """Whether it is a program, and named as a test or in a folder of tests."""
    *folders, name = path.split("/")
    stem, _, ending = name.rpartition(".")
    named = name.startswith("test_") or stem.endswith(("_test", ".test", ".spec", "_spec")) or stem == "conftest"
    return ending in _CODE and _own(path) and (named or not _TESTS.isdisjoint(folders))


KINDS_HERE = (
    Kind(
        "compilers and build tools",
        _program(_COMPILERS),
        "compile in a stage of its own, and COPY --from it what runs",
        base_too=True,
    ),
    Kind(
        "package lists",
        _below("package-lists", "var/cache/debconf"),
        "use cache mounts, or remove them in the same RUN",
        least=_LITTLE,
    ),
    Kind("package caches", _below("caches"), "use a cache mount: `RUN --mount=type=cache,target=…`", least=_LITTLE),
    Kind("version control", _below("version-control"), "name .git in .dockerignore"),
    Kind("tests", _test, "name them in .dockerignore, or copy only what runs", own=True),
    Kind(
        "source maps",
        lambda path: path.endswith(".map") and path.count(".") > 1 and _own(path),
        "build without them, or `COPY --exclude=**/*.map`",
        own=True,
    ),
    Kind(
        "tools that install from lock files",
        _program(_LOCK_TOOLS),
        "install in a stage of its own, and COPY --from it what it installed",
    ),
)


def judge(proof: Proof) -> Outcome:
    """Goes through the final file system, the base image's part only for what another base would spare."""
    image = proof.contents.get()
    base = proof.base_layers(image)
    found: dict[str, list[tuple[str, int]]] = {}
    count = 0
    foreign = _foreign(image)
    for path, placed in image.final_tree.items():
        if placed.entry.kind not in ("file", "symlink", "hardlink") or (
            placed.entry.kind == "file" and not placed.entry.size
        ):
            continue
        count += 1
        for kind in KINDS_HERE:
            if (kind.base_too or placed.layer >= base) and kind.fits(path) and (not kind.own or not foreign(path)):
                found.setdefault(kind.name, []).append((path, placed.entry.size))
                break
    least = {kind.name: kind.least for kind in KINDS_HERE}
    found = {name: files for name, files in found.items() if sum(each for _, each in files) >= least[name]}
    credentials = list(_credentials(proof, image, base))
    if credentials:
        found["credential files"] = credentials
    if not found:
        return passed(f"nothing of the kind among {count} files")
    changes = {kind.name: kind.change for kind in KINDS_HERE} | {
        "credential files": "give them as secrets or mounts, never as files of the image"
    }
    seen = "; ".join(f"{name}: {_told(files)}" for name, files in found.items())
    return failed(seen, "; ".join(changes[name] for name in found))


def _told(files: list[tuple[str, int]]) -> str:
    """Some of the files, or the folder that has them all where they are many, and their bytes."""
    paths = [path for path, _ in files]
    total = sum(each for _, each in files)
    told = [size(total)] if total else []  # links to programs have no bytes of their own
    folder = os.path.commonpath(paths)
    if folder and len(paths) > _SHOWN:
        return visible(f"/{folder}/ ({', '.join([f'{len(paths)} files', *told])})")
    return listed([visible(f"/{path}") for path in paths], _SHOWN) + (f" ({told[0]})" if told else "")


def _foreign(image: Image) -> Callable[[str], bool]:
    """Whether a file that is the application's by its name is a package's, or no test by what is in it.

    Packages are sought when the first file is asked for.
    """
    from imagesize import packages
    from imagesize.errors import ImageError

    tree = image.final_tree
    known: list[packages.Packages] = []

    def foreign(path: str) -> bool:
        if not known:
            known.append(packages.find(image))
        number = tree.find(path)
        if number is not None and known[0].owners[number] >= 0:
            return True
        if not _test(path) or not _TESTS.isdisjoint(path.split("/")[:-1]):
            return False
        try:
            return not _TESTING.search(image.read(path, _SMALL))
        except ImageError:
            return False

    return foreign


def _credentials(proof: Proof, image: Image, base: int) -> Iterator[tuple[str, int]]:
    """Files that hold a credential: by their name, or by their content.

    Those that the proof itself put into the context are `secrets`' to tell.
    """
    from imagesize.errors import ImageError

    made_up = [canary.value for canary in proof.workspace.canaries if canary.planted]
    for path, placed in image.final_tree.items():
        if placed.layer < base or placed.entry.kind != "file" or not _own(path) or not 0 < placed.entry.size <= _SMALL:
            continue
        kind = credential_file(path)
        if kind is None:
            continue
        try:
            content = image.read(path, _SMALL)
        except ImageError:
            content = b""
        if any(value in content for value in made_up):
            continue
        if kind.sure or path.rpartition("/")[2].startswith(".env") or held_in(content.decode("utf-8", "replace"), path):
            yield path, placed.entry.size
