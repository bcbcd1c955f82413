"""What an image's history says: one step for each instruction, as a Dockerfile would have it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

_LAYERS = ("RUN", "COPY", "ADD", "WORKDIR")
_SHELL = "/bin/sh -c "
_NOP = "#(nop) "
_SHELLS = re.compile(r"(?:/usr)?/bin/(?:env )?(?:ba|da|a|z|k)?sh(?: --?[a-z]+| pipefail| errexit| nounset)*? -[a-z]*c ")
"""A shell as SHELL may name it, with its options."""
KEYWORDS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split()
)


class Step(NamedTuple):
    """One instruction that made the image."""

    instruction: str
    """As in a Dockerfile, on one line; empty where the history does not say."""
    layer: int
    """The index of the layer it made; -1 where it made none."""
    bytes: int | None = None
    """Its size where the engine told it: the payload of its files, and of an imported layer the length of its symlinks too."""
    created: str = ""


def instruction(created_by: str) -> str:
    """A Dockerfile's instruction out of what engines write into the history.

    >>> instruction("/bin/sh -c #(nop)  CMD [\\"bash\\"]")
    'CMD ["bash"]'
    >>> instruction("|1 A=b /bin/sh -c make # buildkit")
    'RUN make'
    """
    text = " ".join(created_by.split()).removesuffix("# buildkit").strip()
    if text.startswith(_SHELL + _NOP):
        return text[len(_SHELL + _NOP) :].strip()
    rest = text.removeprefix("RUN ")
    shell = _SHELLS.search(rest) if rest.startswith("|") else _SHELLS.match(rest)  # behind build arguments, counted
    return f"RUN {rest[shell.end() :]}" if shell else text


def keyword(text: str) -> str:
    """The keyword of an instruction; empty where it is none of a Dockerfile."""
    word = text.partition(" ")[0].upper()
    return word if word in KEYWORDS else ""


def sources(instruction: str) -> list[str]:
    """What a COPY or ADD takes, without its flags."""
    return [word for word in instruction.split()[1:] if not word.startswith("--")][:-1]


def from_a_stage(instruction: str) -> bool:
    """Whether a COPY seems to be one from another stage: the history leaves `--from` out, but sources there are absolute."""
    taken = sources(instruction)
    return bool(taken) and all(word.startswith("/") for word in taken)


def steps(history: Iterable[Mapping[str, Any]], layers: int) -> tuple[Step, ...]:
    """The steps of a configuration's history; layers that it does not speak of come last, without an instruction."""
    found, index = list[Step](), 0
    for record in history:
        makes = not record.get("empty_layer") and index < layers
        text = instruction(str(record.get("created_by") or record.get("comment") or ""))
        found.append(Step(text, index if makes else -1, None, str(record.get("created") or "")))
        index += makes
    return (*found, *(Step("", number) for number in range(index, layers)))


def engine_steps(history: Sequence[Mapping[str, Any]], layers: int) -> tuple[Step, ...]:
    """The steps of what an engine answers to `history`: it gives sizes and does not say which steps made a layer."""
    records = [
        (instruction(str(record.get("CreatedBy") or record.get("Comment") or "")), int(record.get("Size") or 0))
        for record in reversed(history)
    ]
    for makes in (
        [size > 0 or keyword(text) in _LAYERS or not keyword(text) for text, size in records],
        [size > 0 or keyword(text) in _LAYERS[:3] for text, size in records],
        [size > 0 for _, size in records],
    ):
        if sum(makes) == layers:
            break
    found, index = list[Step](), 0
    for (text, size), made in zip(records, makes, strict=True):
        found.append(Step(text, index if made and index < layers else -1, size))
        index += made
    return (*found, *(Step("", number, 0) for number in range(index, layers)))


def base_layers(steps: Sequence[Step]) -> int:
    """A guess at how many layers are the base image's: those up to the command that a base image ends with.

    A Dockerfile's own part ends with its own CMD or ENTRYPOINT, so the last one below an instruction that adds files is the base's.
    """
    own = next((place for place in range(len(steps) - 1, -1, -1) if steps[place].layer >= 0), -1)
    for place in range(own, -1, -1):
        if keyword(steps[place].instruction) in ("CMD", "ENTRYPOINT"):
            return 1 + max((step.layer for step in steps[:place]), default=-1)
    first = next((step for step in steps if step.layer >= 0), None)
    foreign = first is not None and (not keyword(first.instruction) or first.instruction.startswith("ADD file:"))
    return 1 if foreign and own > 0 else 0
