"""Dockerfiles that were broken on purpose, the same ones on every run."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

CASES = Path(__file__).parent / "cases"

SNIPPETS = (
    "$", "${", "}", '"', "'", "\\\n", "\n\n", "#", "<<EOF", "\nEOF\n", "[", "]", ",", "--", "--from=", "=", " ", "\t",
    ":", "/", "@", "~", "|", "`", "\r\n", "A", "0", "-", "--mount=type=cache,target=/x ", "\nRUN ", "\nFROM ", " AS ",
    "\nONBUILD ", "\nEXPOSE 80:90/TCP\n", "\nUSER ", "\nENV a b\n", "\nARG ", '\nSHELL ["/bin/bash", "-c"]\n',
    "\nHEALTHCHECK --interval=5s CMD x\n", "\nHEALTHCHECK NONE\n", "\nSTOPSIGNAL 9\n", "# escape=`\n", "# syntax=a\n",
    "${A:-b}", "${A#*/}", "${A/b/c}", "--chmod=", "--chown=a ", "--link ", "\nCOPY --from=0 a b\n", "\nVOLUME []\n",
    "\nCMD [1]\n", "\nCMD ['a']\n", "\nLABEL a\n", "\nMAINTAINER\n", "\nWORKDIR x\n",
    "\nADD http://example.com/y.git#z /a\n", "--checksum=sha256:", "required=true,", "sharing=locked,",
    "--platform=linux/arm64 ", "--platform=$BUILDPLATFORM ",
    "\nRUN --mount=type=secret,id=a,env=B --network=none x\n", '\nRUN <<-"E" cat\n\tE\n',
    "\nCOPY <<A <<B /x/\na\nA\nb\nB\n", "é", "\u2028", "\x0b",
)  # fmt: skip


def seeds() -> list[str]:
    """Every Dockerfile of the case files."""
    found = []
    for path in sorted(CASES.glob("*.toml")):
        with path.open("rb") as file:
            for cases in tomllib.load(file).values():
                found += [case["dockerfile"] for case in cases if "repeat" not in case]
    return found


def mutants(count: int, seed: int = 1) -> Iterator[str]:
    """Dockerfiles made from the seeds, each by one to five small changes."""
    source = random.Random(seed)
    originals = [text for text in seeds() if text.strip()]
    for _ in range(count):
        text = source.choice(originals)
        if source.random() < 0.5:
            text += source.choice(originals)
        for _ in range(source.choice((1, 1, 1, 2, 2, 3, 5))):
            text = source.choice(CHANGES)(text, source, originals)
        yield text


def _insert(text: str, source: random.Random, _: list[str]) -> str:
    at = source.randrange(len(text) + 1)
    return text[:at] + source.choice(SNIPPETS) + text[at:]


def _insert_at_word(text: str, source: random.Random, _: list[str]) -> str:
    ends = [at + 1 for at, character in enumerate(text) if character in " \n=:,"]
    at = source.choice(ends) if ends else 0
    return text[:at] + source.choice(SNIPPETS) + text[at:]


def _delete(text: str, source: random.Random, _: list[str]) -> str:
    at = source.randrange(len(text) + 1)
    return text[:at] + text[at + source.choice((1, 1, 2, 5, 20)) :]


def _lines(text: str, source: random.Random, originals: list[str]) -> str:
    lines = text.split("\n")
    at, other = source.randrange(len(lines)), source.randrange(len(lines))
    change = source.randrange(4)
    if change == 0:
        del lines[at]
    elif change == 1:
        lines.insert(other, lines[at])
    elif change == 2:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines.insert(at, source.choice(source.choice(originals).split("\n")))
    return "\n".join(lines)


def _words(text: str, source: random.Random, _: list[str]) -> str:
    words = text.split(" ")
    at = source.randrange(len(words))
    if source.random() < 0.5:
        words[at] = words[at].swapcase()
    else:
        del words[at]
    return " ".join(words)


CHANGES: tuple[Callable[[str, random.Random, list[str]], str], ...] = (
    _insert,
    _insert_at_word,
    _insert_at_word,
    _delete,
    _lines,
    _lines,
    _words,
)
