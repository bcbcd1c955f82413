"""How findings are mended: for each rule that has one right answer, a function from the place that it objects to, to the edits.

A mend is imported only when fixes are wanted. It is offered where it is certain, and None otherwise; it never searches the text. *Safe*
is what leaves the build and the container as they are, but for what the finding is about; what may change either is *unsafe*, and what
guesses is no mend at all. The line `Mends …` in a rule's docstring says what its mend does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import NamedTuple

from dockerlint.finding import Edit, Fix
from dockerlint.model import Dockerfile
from dockerlint.parser import Instruction
from dockerlint.rules import Hit
from dockerlint.shell import Command
from dockerlint.text import Span, Word


class Site(NamedTuple):
    """Where a rule has found something: its hit, and the instruction and the command in it that it points at.

    Of an ONBUILD the instruction is the one that it holds back.
    """

    hit: Hit
    dockerfile: Dockerfile
    instruction: Instruction | None
    command: Command | None

    @property
    def span(self) -> Span:
        return self.hit.where if isinstance(self.hit.where, Span) else self.hit.where.span

    @property
    def written(self) -> str:
        """What the help of the hit says to write, "" where it says something else."""
        help = self.hit.help
        return help.removeprefix("write ") if help.startswith("write ") else ""


Mend = Callable[[Site], Fix | None]

# Every module with mends, named like those of the rules that they serve.
MODULES = ("checks", "platforms", "images", "packages", "dependencies", "caching", "shell", "copying", "users", "runtime", "style")

MENDS: dict[str, Mend] = {}


def mend(*codes: str) -> Callable[[Mend], Mend]:
    """Registers the function below it as the mend of these rules."""

    def register(function: Mend) -> Mend:
        for code in codes:
            assert code not in MENDS, f"{code} is mended twice"
            MENDS[code] = function
        return function

    return register


def safe(message: str, *edits: Edit) -> Fix:
    """A fix that changes nothing but what the finding is about."""
    return Fix("safe", message, edits)


def unsafe(message: str, *edits: Edit) -> Fix:
    """A fix that may change what the build does or what the container is."""
    return Fix("unsafe", message, edits)


@cache
def load() -> dict[str, Mend]:
    """All mends by the codes of their rules."""
    for module in MODULES:
        import_module(f"dockerlint.mends.{module}")
    return MENDS


def fix_of(code: str, hit: Hit, dockerfile: Dockerfile) -> Fix | None:
    """How to mend what a rule has found; None where there is no certain way, or a comment would be lost on it."""
    function = load().get(code)
    fix = function(_site(hit, dockerfile)) if function else None
    lines = dockerfile.source.lines
    lost = (lines[number - 1] for edit in (fix.edits if fix else ()) for number in range(edit.line + 1, edit.end_line))
    return None if any(line.lstrip().startswith("#") for line in lost) else fix


def _site(hit: Hit, dockerfile: Dockerfile) -> Site:
    where = hit.where
    if isinstance(where, Command):
        return Site(hit, dockerfile, where.instruction, where)
    instruction = where if isinstance(where, Instruction) else _instruction_at(hit, dockerfile)
    command = None
    if isinstance(where, Word) and instruction is not None:
        command = next((each for each in reversed(instruction.commands) if where in each.words), None)
    return Site(hit, dockerfile, instruction, command)


def _instruction_at(hit: Hit, dockerfile: Dockerfile) -> Instruction | None:
    line = hit.where.line if isinstance(hit.where, Span) else hit.where.span.line
    for instruction in dockerfile.instructions:
        if instruction.line <= line <= instruction.end_line:
            return instruction.trigger or instruction
    return None
