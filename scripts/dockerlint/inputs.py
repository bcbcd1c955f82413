"""Which files to read: the arguments of the command line as a list of Dockerfiles, and their bytes.

A folder is searched, below it too, for names that a Dockerfile has; a file that is named is read whatever its name. A glob that the
shell left alone is resolved here. What the arguments say twice is read once.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dockerlint.errors import Failure

STANDARD_INPUT = "-"

MOST_BYTES = 10 * 1024 * 1024
"""No file larger than this is read."""

STEMS = ("dockerfile", "containerfile")
SKIPPED_FOLDERS = frozenset(
    ".git .hg .svn node_modules .venv __pycache__ .tox .nox .mypy_cache .pytest_cache .ruff_cache .terraform".split()
)
VENV_MARK = "pyvenv.cfg"

OTHER_SUFFIXES = (
    # ignore files, what editors and merges leave behind
    *(".dockerignore", "~", ".bak", ".backup", ".old", ".orig", ".rej", ".save", ".swp", ".swo", ".swn", ".tmp", ".un~", ".patch", ".diff"),
    # templates: no Dockerfile before they are filled in
    *(".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".gotmpl", ".erb", ".ejs", ".hbs", ".mustache", ".m4", ".in"),
    # documents, data, programs and signatures about a Dockerfile
    *(".md", ".rst", ".adoc", ".html", ".json", ".yml", ".yaml", ".toml", ".xml", ".sh", ".py", ".js", ".ts", ".go", ".rb", ".rs", ".java"),
    *(".ex", ".exs", ".eex", ".dart", ".lua", ".rego", ".ncl", ".kt", ".c", ".h", ".cs", ".php", ".pl", ".vim", ".txt"),
    *(".mdx", ".tsx", ".jsx", ".vue", ".svelte", ".css", ".scss", ".svg", ".png", ".pyc"),
    *(".sha256", ".sig", ".asc", ".log", ".lock", ".gz", ".zip"),
)
"""Ends of names that a search passes over although they begin like a Dockerfile's."""


def is_dockerfile(name: str) -> bool:
    """Whether a search takes a file of this name: Dockerfile, Dockerfile.NAME, NAME.Dockerfile, the same with Containerfile."""
    lower = name.lower()
    if lower.startswith((".", "#")) or lower.endswith(OTHER_SUFFIXES):
        return False
    return lower in STEMS or any(lower.startswith(f"{stem}.") or lower.endswith(f".{stem}") for stem in STEMS)


class Found(NamedTuple):
    """A file to read, by its path ("-" for standard input), or why an argument gives none."""

    path: str
    failure: str = ""


def find(arguments: Iterable[str]) -> Iterator[Found]:
    """Every file that the arguments name, in their order, a folder's in the order of their names."""
    seen: set[str] = set()
    for argument in arguments:
        for found in _resolve(argument):
            if isinstance(found, Failure):
                yield Found(argument, str(found))
                continue
            key = found if found == STANDARD_INPUT else os.path.abspath(found)
            if key not in seen:
                seen.add(key)
                yield Found(found)


def _resolve(argument: str) -> Iterator[str | Failure]:
    if os.path.isdir(argument):
        yield from _below(argument)
    elif argument == STANDARD_INPUT or os.path.exists(argument):
        yield argument
    elif os.path.lexists(argument):
        yield Failure(f"cannot read {argument}: it is a link to what does not exist")
    elif any(character in argument for character in "*?["):
        paths = list(_matching(argument))
        yield from paths
        if not paths:
            yield Failure(f"no Dockerfile matches {argument!r}")
    else:
        yield Failure(f"cannot read {argument}: no such file or folder")


def _matching(pattern: str) -> Iterator[str]:
    """The files that a glob matches and those below the folders that it matches; folders that a search skips have to be spelled out.

    Where the last part is nothing but wildcards, only names that a Dockerfile has are meant.
    """
    from glob import glob

    skipped = SKIPPED_FOLDERS.difference(pattern.split("/"))
    named = os.path.basename(pattern).strip("*?") != ""
    for path in sorted(glob(pattern, recursive=True, include_hidden=True)):
        if skipped.isdisjoint(path.split(os.sep)):
            if os.path.isdir(path):
                yield from (found for found in _below(path) if isinstance(found, str))
            elif named or is_dockerfile(os.path.basename(path)):
                yield path


def _below(folder: str) -> Iterator[str | Failure]:
    """The Dockerfiles in a folder and below, those of a folder before those of its folders; links to folders are not followed."""
    problems: list[Failure] = []

    def unreadable(error: OSError) -> None:
        problems.append(Failure(f"cannot search {error.filename}: {error.strerror}"))

    count = 0
    for here, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(
            name for name in folders if name not in SKIPPED_FOLDERS and not os.path.exists(os.path.join(here, name, VENV_MARK))
        )
        for name in sorted(filter(is_dockerfile, names)):
            count += 1
            yield os.path.normpath(os.path.join(here, name))
    yield from problems
    if not count and not problems:
        looked_for = "Dockerfile, Dockerfile.*, *.Dockerfile, the same with Containerfile"
        yield Failure(f"no Dockerfile in {folder}: looked for {looked_for}; a file that is named is read whatever it is called")


def read(path: str) -> bytes:
    """The bytes of a file, or of standard input for "-"; raises Failure where it cannot or should not be read."""
    try:
        if path == STANDARD_INPUT:
            if sys.stdin is None:  # as Python has it where the caller closed it (`<&-`)
                raise Failure("standard input is closed")
            return _bounded(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input")
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise Failure(f"cannot read {path}: it is not a regular file; pipe what it gives into `validate-dockerfile -`")
        with open(path, "rb") as file:
            # Not MOST_BYTES + 1 for all: Python would make room for as many each time.
            return _bounded(file.read(min(status.st_size, MOST_BYTES) + 1), path)
    except OSError as error:
        raise Failure(f"cannot read {path}: {error.strerror or error}") from None


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise Failure(f"cannot read {name}: it has more than {MOST_BYTES // 1024 // 1024} MiB, which no Dockerfile has")
    return data
