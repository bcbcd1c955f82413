"""Instructions that a backslash at the end of the line above has made a part of another one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockerlint.grammar import SYNTAX
from dockerlint.parser import COMMAND_KEYWORDS, PAIR_KEYWORDS, Instruction
from dockerlint.text import Word

_WORD = re.compile(r"\S+")


def swallowed(instruction: Instruction) -> Word | None:
    """The first keyword, in capitals, that begins a continued line of the instruction and is a word of its own there; None without one."""
    first_of_line = line_starts(instruction)
    return next((word for word in _words(instruction) if word.raw in SYNTAX and word.start in first_of_line), None)


def line_starts(instruction: Instruction) -> frozenset[int]:
    """Where the first word of each line but the first one begins."""
    value = instruction.text.value
    starts = (offset for offset in instruction.text.offsets if offset > instruction.start)
    return frozenset(len(value) - len(value[offset:].lstrip()) for offset in starts)


def _words(instruction: Instruction) -> Iterator[Word]:
    """Its words, those of its commands where it has any: a word in the quotes of a shell is none."""
    for command in instruction.commands:
        if command.text is instruction.text and "substitution" not in command.within:
            yield from command.words
    yield from (pair.key for pair in instruction.pairs if pair.value is None)
    if instruction.keyword not in COMMAND_KEYWORDS | PAIR_KEYWORDS:
        for match in _WORD.finditer(instruction.text.value, instruction.value_start):
            yield Word(match[0], match[0], False, match.start(), match.end(), instruction.text)
