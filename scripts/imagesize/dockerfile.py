"""Which line of a Dockerfile made which step of an image's history.

A reader of instructions and stages only: enough to point at a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import dropwhile
from typing import NamedTuple

from imagesize.history import KEYWORDS, Step, keyword

FROM = -1
"""Stands where a layer's index would for the line that names the base image."""
_SILENT = ("FROM", "ONBUILD")
_FITTING = 0.4
"""So much must instructions be like those of the history in the mean; an unrelated Dockerfile comes to 0.3 at most."""
_HEREDOC = re.compile(r"""\\.|<<<|<<-?(?P<quote>["']?)(?P<mark>[A-Za-z_]\w*)(?P=quote)|'[^']*'|"(?:\\.|[^"\\])*\"""")
"""The beginning of a here-document, or what hides one."""
_FIRST_FROM = re.compile(r"^[ \t]*FROM\s", re.MULTILINE | re.IGNORECASE)
_ARGUMENTS = re.compile(r"^[ \t]*ARG\s+(.*)", re.MULTILINE | re.IGNORECASE)
_DEFAULT = re.compile(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S+)")
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::?-(?P<otherwise>[^}]*))?\}|\$(?P<plain>\w+)")
_BETWEEN = re.compile(r'[\s,"\[\]]+')


class Line(NamedTuple):
    """An instruction of a Dockerfile."""

    number: int
    """Of its first line, from 1."""
    text: str


def read(text: str) -> list[list[Line]]:
    """The instructions of each stage, FROM first; what stands before the first FROM is left out."""
    stages: list[list[Line]] = []
    lines = text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
    escape = "`" if any(line.replace(" ", "").lower() == "#escape=`" for line in lines[:5]) else "\\"
    at = 0
    while at < len(lines):
        start, parts = at, list[str]()
        while at < len(lines):
            line = lines[at].strip()
            at += 1
            if line.startswith("#") or (parts and not line):
                continue
            parts.append(line.removesuffix(escape).strip())
            if not line.endswith(escape):
                break
        joined = " ".join(parts)
        for mark in _heredocs(joined):
            end = next((place for place in range(at, len(lines)) if lines[place].lstrip("\t") == mark), -1)
            if end >= 0:
                parts += [line.strip() for line in lines[at:end]]
                at = end + 1
        word = joined.partition(" ")[0].upper()
        if word == "FROM":
            stages.append([])
        if word in KEYWORDS and stages:
            first = next(
                (number for number in range(start, at) if lines[number].strip() and not lines[number].lstrip().startswith("#")), start
            )
            stages[-1].append(Line(first + 1, word + " " + " ".join(parts).partition(" ")[2]))
    return stages


def _heredocs(text: str) -> list[str]:
    """The words that end the here-documents of an instruction; what stands in quotes begins none."""
    if text.partition(" ")[0].upper() not in ("RUN", "COPY", "ADD"):
        return []
    return [match["mark"] for match in _HEREDOC.finditer(text) if match["mark"]]


class Fit(NamedTuple):
    """What a Dockerfile tells of an image that was built from it."""

    lines: dict[int, int]
    """The line of the instruction for each layer that it made, and for `FROM` that of the base image."""
    base: str
    """The image that its stage is built on in the end, with a tag; empty where build arguments without a default choose it."""
    copies: dict[int, bool]
    """For each layer that a COPY made, whether it took from a stage or another image."""


def bases(text: str) -> tuple[str, ...]:
    """The images that the stages of a Dockerfile are built on, with tags."""
    stages, defaults = read(text), _defaults(text)
    found = dict.fromkeys(_base(_chain(stages, number), defaults) for number in range(len(stages)))
    return tuple(name for name in found if name not in ("", "scratch"))


def fit(text: str, steps: Sequence[Step]) -> Fit | None:
    """The stage of a Dockerfile whose instructions are most like an image's history; None where no stage's are.

    `docker build --target` ends with any stage, so each is tried: the last that fits best is taken.
    """
    stages, made, defaults = read(text), [step for step in steps if step.instruction], _defaults(text)
    chains = [_chain(stages, number) for number in range(len(stages))]
    own = [[line for stage in chain for line in stage if keyword(line.text) not in _SILENT] for chain in chains]
    if not any(own):
        return Fit({FROM: chains[-1][0][0].number}, _base(chains[-1], defaults), {}) if chains else None
    laid = [_laid(instructions, made) for instructions in own]
    alike = [sum(_likeness(step.instruction, line.text) for step, line in pairs) for pairs in laid]
    likely = {alike[number] / (len(instructions) + len(made)): number for number, instructions in enumerate(own) if instructions}
    best = likely[max(likely)]
    if alike[best] < _FITTING * len(own[best]):
        return None
    lines = {step.layer: line.number for step, line in laid[best] if step.layer >= 0}
    copies = {step.layer: " --from=" in line.text for step, line in laid[best] if step.layer >= 0 and keyword(line.text) == "COPY"}
    return Fit({FROM: chains[best][0][0].number, **lines}, _base(chains[best], defaults), copies)


def _defaults(text: str) -> dict[str, str]:
    """The defaults of the arguments before the first FROM, of which a later one may use an earlier one."""
    found = dict[str, str]()
    for line in _ARGUMENTS.findall(_FIRST_FROM.split(text, maxsplit=1)[0]):
        for name, value in _DEFAULT.findall(line):
            found[name] = _expanded(value.strip("\"'"), found)
    return found


def _expanded(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables replaced; one that has no value leaves its sign."""
    return _VARIABLE.sub(lambda match: values.get(match["name"] or match["plain"]) or match["otherwise"] or "$", text)


def _laid(instructions: Sequence[Line], made: Sequence[Step]) -> list[tuple[Step, Line]]:
    """Instructions beside the history, so that as many as possible agree: the pairs, from the end."""
    best = [[0.0] * (len(instructions) + 1) for _ in range(len(made) + 1)]
    for row, step in enumerate(made, 1):
        for column, line in enumerate(instructions, 1):
            best[row][column] = max(
                best[row - 1][column], best[row][column - 1], best[row - 1][column - 1] + _likeness(step.instruction, line.text)
            )
    pairs, row, column = list[tuple[Step, Line]](), len(made), len(instructions)
    while row and column:
        step, line = made[row - 1], instructions[column - 1]
        alike = _likeness(step.instruction, line.text)
        if alike and best[row][column] == best[row - 1][column - 1] + alike:
            pairs.append((step, line))
            row, column = row - 1, column - 1
        elif best[row][column] == best[row - 1][column]:
            row -= 1
        else:
            column -= 1
    return pairs


def _base(chain: Sequence[list[Line]], defaults: Mapping[str, str]) -> str:
    reference = _expanded("".join(_from(chain[0])[:1]), defaults)
    if not reference or "$" in reference:
        return ""
    name = reference.removeprefix("docker.io/").removeprefix("library/").partition("@")[0]
    return name if ":" in name.rpartition("/")[2] or name == "scratch" else f"{name}:latest"


def _chain(stages: Sequence[list[Line]], number: int) -> list[list[Line]]:
    """A stage, and before it those that it is built on, in the order of the history."""
    named = dict[str, int]()
    for place, stage in enumerate(stages):
        _, *name = _from(stage) or [""]
        if len(name) > 1 and name[0].upper() == "AS":
            named[name[1].lower()] = place
    found = list[list[Line]]()
    while number >= 0:
        found.insert(0, stages[number])
        below = named.get("".join(_from(stages[number])[:1]).lower(), -1)
        number = below if below < number else -1
    return found


def _from(stage: Sequence[Line]) -> list[str]:
    """The words of a stage's FROM, without its flags."""
    return [word for word in stage[0].text.split()[1:] if not word.startswith("--")]


def _likeness(instruction: str, line: str) -> float:
    """0 for different keywords, else from 0.1 up to 1: how many words are the same.

    A history has no flags, and lists in another notation.
    """
    one, other = _words(instruction), _words(line)
    if not one or not other or one[0].upper() != other[0].upper():
        return 0
    ours, theirs = set(one[1:]), set(other[1:])
    return 0.1 + 0.9 * len(ours & theirs) / max(len(ours | theirs), 1)


@cache
def _words(instruction: str) -> tuple[str, ...]:
    word, *others = instruction.split() or [""]
    return word, *_BETWEEN.split(" ".join(dropwhile(lambda other: other.startswith("--"), others)))
