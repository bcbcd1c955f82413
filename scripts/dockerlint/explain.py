"""A rule's docstring as the manual that it is: its parts, for a terminal and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import cleandoc
from textwrap import dedent, fill, indent
from typing import NamedTuple

from dockerlint.rules import Rule

CODE_TITLES = ("Bad", "Good")
_MENDS = re.compile(r"Mends \(([a-z ]+)\): ")


class Part(NamedTuple):
    """A paragraph, or a Dockerfile under the title "Bad" or "Good"."""

    title: str
    text: str


def parts(doc: str) -> Iterator[Part]:
    """The paragraphs and Dockerfiles of a docstring, in order; the lines of a paragraph are joined.

    A line `Bad:` or `Good:` begins a Dockerfile, indented below it up to the first line that is not.
    """
    lines = cleandoc(doc).split("\n")
    at = 0
    while at < len(lines):
        title = lines[at].rstrip(":")
        if lines[at].endswith(":") and title in CODE_TITLES:
            end = at + 1
            while end < len(lines) and (not lines[end] or lines[end].startswith(" ")):
                end += 1
            yield Part(title, dedent("\n".join(lines[at + 1 : end])).strip("\n"))
            at = end
        elif lines[at]:
            end = at
            while end < len(lines) and lines[end] and not (lines[end].endswith(":") and lines[end][:-1] in CODE_TITLES):
                end += 1
            yield Part("", " ".join(line.strip() for line in lines[at:end]))
            at = end
        else:
            at += 1


def mends(doc: str) -> str:
    """How safely `--fix` mends what the rule finds: "safe", "unsafe", "safe or unsafe", and "" where it does not."""
    return next((match[1] for part in parts(doc) if (match := _MENDS.match(part.text))), "")


def headline(doc: str) -> str:
    """The first sentence of a docstring."""
    return next(parts(doc), Part("", "")).text


def markdown(doc: str) -> str:
    """The docstring with its Dockerfiles fenced."""
    return "\n\n".join(f"{part.title}:\n\n```dockerfile\n{part.text}\n```" if part.title else escaped(part.text) for part in parts(doc))


def escaped(text: str) -> str:
    """The text with what Markdown would take for HTML or emphasis made plain, outside of `code`."""
    pieces = text.split("`")
    pieces[::2] = [piece.replace("<", "&lt;").replace("*", "\\*") for piece in pieces[::2]]
    return "`".join(pieces)


def plain_text(rule: Rule, width: int = 80) -> str:
    """All about a rule, for a terminal of `width` columns."""
    default = "" if rule.default else ", off by default"
    lines = [f"{rule.code} {rule.slug} ({rule.severity}, {rule.confidence} confidence{default})", ""]
    for part in parts(rule.doc):
        lines += [f"{part.title}:", indent(part.text, "    "), ""] if part.title else [_filled(part.text, width), ""]
    if rule.help:
        lines += [_filled(f"Help: {rule.help}", width), ""]
    if rule.covers:
        lines += [_filled(f"Covers: {', '.join(rule.covers)}", width), ""]
    return "\n".join(lines)


def _filled(text: str, width: int) -> str:
    return fill(text, width, break_on_hyphens=False, break_long_words=False)
