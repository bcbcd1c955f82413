"""What the linter's tests share: a Dockerfile in, its findings out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dockerlint.context import Context
from dockerlint.finding import Finding
from dockerlint.lint import Linted, lint
from dockerlint.model import Options
from dockerlint.rules import load
from dockerlint.selection import Layer, resolve
from dockerlint.source import Source
from dockerlint.suppress import apply

TODAY = "2026-11-23"
BASE = "FROM debian:13-slim\n"


def read(
    text: str | bytes, codes: Iterable[str] | None = None, files: Mapping[str, str] | None = None, options: Mapping[str, Any] | None = None
) -> Linted:
    """The findings by the rules of these codes (default: all there are), and the model, of a Dockerfile with these files beside it."""
    data = text if isinstance(text, bytes) else text.encode()
    planted, path = surroundings(text) if isinstance(text, str) else ({}, "Dockerfile")
    files = planted or None if files is None else files
    context = Context.of_files(files, path) if files is not None else Context(None)
    selection = frozenset(load() if codes is None else codes)
    chosen = {"today": TODAY, **(options or {})}
    if "trusted_registries" in chosen:
        chosen["trusted_registries"] = tuple(chosen["trusted_registries"])
    return lint(Source(path, data), Options(**chosen), context, selection)


def findings(
    text: str | bytes, codes: Iterable[str] | None = None, files: Mapping[str, str] | None = None, options: Mapping[str, Any] | None = None
) -> list[Finding]:
    """The same, with what comments in the file silence taken away and idle comments reported."""
    linted = read(text, codes, files, options)
    wanted = list(load() if codes is None else codes)
    return apply(linted.findings, linted.dockerfile, resolve(Layer(select=wanted))).findings


def surroundings(text: str) -> tuple[dict[str, str], str]:
    """The files that comments of a snippet put beside it, and where it says that it stands itself."""
    files: dict[str, str] = {}
    path = "Dockerfile"
    for line in text.splitlines():
        mark, _, value = line.removeprefix("# ").partition(": ") if line.startswith("# ") else ("", "", "")
        if mark == "in the context":
            files |= dict.fromkeys(value.split(), "")
        elif mark == ".dockerignore":
            files[".dockerignore"] = value.replace(", ", "\n")
        elif mark == "path":
            path = value
    return files, path


def examples(doc: str, heading: str) -> list[str]:
    """The Dockerfiles below a heading ("Bad:" or "Good:") of a rule's docstring, each completed by a base image where it has none."""
    found: list[list[str]] = []
    inside = False
    for line in doc.splitlines():
        stripped = line.strip()
        if stripped == heading:
            found.append([])
            inside = True
        elif inside and stripped and not line.startswith(" " * 8):
            inside = False
        elif inside:
            found[-1].append(line[8:])
    texts = ["\n".join(lines).strip("\n") + "\n" for lines in found]
    return [text if any(line.upper().lstrip().startswith("FROM") for line in text.splitlines()) else BASE + text for text in texts]
