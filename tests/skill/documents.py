"""The skill's texts, taken apart: headings, links, fenced blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SKILL = ROOT / "SKILL.md"
GENERATED = {"rules.md"}
"""Written by `python3 -m dockerlint.manual`; its own tests look after it."""
REFERENCES = sorted(path for path in (ROOT / "reference").glob("*.md") if path.name not in GENERATED)
DOCUMENTS = [SKILL, *REFERENCES]
MANUALS = [ROOT / folder / "README.md" for folder in ("", "scripts", "examples", "evals")]
"""What people read who use the programs, or work on them."""

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})(\w*)[^`]*$")


class Fence(NamedTuple):
    """A fenced block."""

    document: str
    line: int  # of its first line of text, from 1
    language: str
    text: str

    introduction: str
    """The last paragraph above it."""

    @property
    def bad(self) -> str:
        """The rule that must fire: the block begins with "# Bad (WD360)"."""
        match = re.match(r"# Bad \((\w+)\)\n", self.text)
        return match[1] if match else ""

    @property
    def whole(self) -> bool:
        """Whether it is a whole Dockerfile that is taught, not a part of one."""
        return self.text.startswith("# syntax=")

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


class Heading(NamedTuple):
    level: int
    text: str
    anchor: str


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def fences(path: Path) -> Iterator[Fence]:
    """The fenced blocks, without the indentation of the list item that they stand in."""
    opening, indent, language, start = "", 0, "", 0
    body: list[str] = []
    above, ended = [""], True
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _FENCE.match(line)
        if not opening and match:
            opening, indent, language, start, body = match[2], len(match[1]), match[3], number + 1, []
        elif opening and line.strip() == opening:
            yield Fence(name(path), start, language, "".join(f"{text}\n" for text in body), "\n".join(above))
            opening, above = "", []
        elif opening:
            body.append(line[indent:] if not line[:indent].strip() else line)
        elif line.strip():
            above = [line] if ended else [*above, line]
        ended = not line.strip()
    assert not opening, f"{name(path)}:{start}: the fence is never closed"


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines outside of fenced blocks, with their numbers."""
    opening = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _FENCE.match(line)
        if opening:
            opening = "" if line.strip() == opening else opening
        elif match:
            opening = match[2]
        else:
            yield number, line


def headings(path: Path) -> Iterator[Heading]:
    for _, line in prose(path):
        if match := re.match(r"(#{1,6}) (.+)", line):
            yield Heading(len(match[1]), match[2], anchor(match[2]))


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links(path: Path) -> Iterator[tuple[int, str]]:
    """The targets of the links, with their lines."""
    for number, line in prose(path):
        for match in re.finditer(r"\[[^\]]*\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            yield number, match[1]


def tokens(text: str) -> int:
    """At least as many tokens as a language model's tokenizer makes of English Markdown: one for each run of up to eight letters, of up to
    three digits, each other sign and each end of a line. Compared in November 2026 with a published byte pair tokenizer (65,000 tokens):
    1 % to 9 % above it on the texts of this repository."""
    return len(re.findall(r"[A-Za-z]{1,8}|[0-9]{1,3}|[^\sA-Za-z0-9]|\n", text))
