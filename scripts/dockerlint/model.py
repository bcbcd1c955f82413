"""What a Dockerfile means: stages and the graph between them, and what holds at each instruction.

`evaluate.py` fills these objects; the rules read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.expand import ExpansionError, expand, is_plain
from dockerlint.knowledge.images import ImageFacts, facts
from dockerlint.parser import Instruction
from dockerlint.references import ImageReference
from dockerlint.references import parse as parse_reference
from dockerlint.source import Problem, Source
from dockerlint.text import Span, Word

if TYPE_CHECKING:
    from dockerlint.context import Context
    from dockerlint.shell import Command

ROOT_USERS = frozenset({"", "0", "root"})


class Options(NamedTuple):
    """What the person who asks has chosen, as far as rules want to know; `today` is an ISO date."""

    today: str = ""
    target: str = ""
    build_args: Mapping[str, str] = {}
    trusted_registries: tuple[str, ...] = ()
    label_schema: Mapping[str, str] = {}
    strict_labels: bool = False


class State(NamedTuple):
    """What holds just before an instruction.

    `variables` are the ARG and ENV that can be used, expanded; `unknown` names those among them, or declared without a value, whose
    value depends on the build. `user` and `workdir` are None where this file sets none.
    """

    shell: tuple[str, ...]
    user: str | None
    workdir: str | None
    variables: Mapping[str, str]
    unknown: frozenset[str]


class Note(NamedTuple):
    """Something that one of BuildKit's build checks warns of, found while the file was evaluated."""

    where: Instruction | Word
    message: str
    help: str = ""
    name: str = ""


class Stage:
    """A build stage.

    `reference_text` is its base as BuildKit would use it, variables expanded; `base` is the stage that it is built FROM, if it is one.
    `chosen` tells whether a --build-arg may put another base there, and not just another version of it.
    `ships` tells whether its layers are in the image: those of the target and of the stages that it is FROM.
    `end` is what holds at its end.
    """

    def __init__(self, dockerfile: Dockerfile, index: int, instruction: Instruction) -> None:
        self.dockerfile = dockerfile
        self.index = index
        self.instruction = instruction
        words = instruction.words
        self.name = words[2].value.lower() if len(words) == 3 and words[1].value.lower() == "as" else ""
        self.instructions: list[Instruction] = []
        self.base: Stage | None = None
        self.reference_text = ""
        self.chosen = False
        self.platform = ""
        self.copies_from: list[tuple[Instruction, Stage | None]] = []
        self.reaches_target = False
        self.ships = False
        self.end: State = None  # type: ignore[assignment]
        self._chain: list[Stage] | None = None
        self._image: ImageFacts | None = None
        self._of: dict[tuple[str, ...], list[Instruction]] = {}
        self._calls: dict[str, list[Command]] | None = None
        self._commands: list[Command] | None = None

    @property
    def role(self) -> str:
        """ "final" for the target, "builder" for what it needs, "unused" for the rest."""
        if self is self.dockerfile.target:
            return "final"
        return "builder" if self.reaches_target else "unused"

    def chain(self) -> list[Stage]:
        """This stage and those that it is FROM, nearest first."""
        if self._chain is None:
            self._chain = [self]
            while (base := self._chain[-1].base) is not None:
                self._chain.append(base)
        return self._chain

    @property
    def root(self) -> Stage:
        """The stage at the root of its FROM chain."""
        return self.chain()[-1]

    @property
    def reference(self) -> ImageReference | None:
        """The image at the root of its FROM chain; None for scratch, and where it is not known."""
        text = self.root.reference_text
        return parse_reference(text) if text and text != "scratch" else None

    @property
    def image(self) -> ImageFacts:
        """What is known of the image at the root of its FROM chain."""
        if self._image is None:
            root = self.root
            if root._image is None:
                root._image = facts(SCRATCH if root.reference_text == "scratch" else self.reference)
            self._image = root._image
        return self._image

    @property
    def image_varies(self) -> bool:
        """Whether what is known of the image is known of the defaults of ARGs alone."""
        return any(stage.chosen for stage in self.chain())

    def of(self, *keywords: str) -> list[Instruction]:
        """Its instructions of these keywords, in order."""
        found = self._of.get(keywords)
        if found is None:
            found = self._of[keywords] = [instruction for instruction in self.instructions if instruction.keyword in keywords]
        return found

    def last(self, keyword: str, inherited: bool = True) -> Instruction | None:
        """The instruction of this keyword that is in effect at the end, looked up the FROM chain when `inherited`."""
        for stage in self.chain() if inherited else [self]:
            if found := stage.of(keyword):
                return found[-1]
        return None

    @property
    def commands(self) -> list[Command]:
        """Every shell command of its RUN instructions, nested ones and those that an ONBUILD holds back included."""
        if self._commands is None:
            runs = self.of("RUN", "ONBUILD") if self.of("ONBUILD") else self.of("RUN")
            held = (instruction.trigger or instruction for instruction in runs)
            self._commands = [command for run in held if run.keyword == "RUN" for command in run.commands]
        return self._commands

    def calls(self, *names: str) -> list[Command]:
        """The commands of these names in its RUN instructions, in order."""
        if self._calls is None:
            self._calls = {}
            for command in self.commands:
                self._calls.setdefault(command.name, []).append(command)
        calls = self._calls
        if len(names) == 1:
            return calls.get(names[0], [])
        found = [command for name in names if name in calls for command in calls[name]]
        if len(found) > 1:
            found.sort(key=lambda command: (command.instruction.line, command.index))  # type: ignore[union-attr]
        return found

    @property
    def user(self) -> str | None:
        """The user at its end: "" or "0" or "root" is root, None is not known."""
        if self.end.user is not None:
            return self.end.user
        return None if self.image.user == "?" else self.image.user

    def user_at(self, instruction: Instruction) -> str | None:
        """The user just before an instruction, told as `user` is."""
        if instruction.state.user is not None:
            return instruction.state.user
        return None if self.image.user == "?" else self.image.user

    def has_tool(self, name: str, before: Instruction | None = None) -> bool | None:
        """Whether a program is there: in the base image, or brought in by this chain before an instruction. None is not known."""
        if name in self.image.tools:
            return True
        opaque = False
        for stage in reversed(self.chain()):
            for instruction in stage.instructions:
                if instruction is before:
                    break
                brought = _brings(instruction, name)
                if brought:
                    return True
                opaque = opaque or brought is None
        return False if name in self.image.missing and not opaque else None


def _brings(instruction: Instruction, tool: str) -> bool | None:
    """Whether an instruction brings a program; None where it may (it unpacks, copies folders of programs or runs what we cannot see)."""
    from dockerlint.packages import brings

    if instruction.keyword in ("COPY", "ADD"):
        destination = instruction.destination
        if destination is None:
            return False
        names = [word.value.rstrip("/").rpartition("/")[2] for word in (*instruction.sources, destination)]
        if tool in names:
            return True
        folder = destination.value.rstrip("/")
        return None if folder == "" or folder.endswith(("bin", "/usr", "/usr/local", "/opt")) or instruction.keyword == "ADD" else False
    if instruction.keyword != "RUN":
        return False
    opaque = False
    for command in instruction.commands:
        if tool in brings(command):
            return True
        if command.name in _OPAQUE or command.name.endswith((".sh", ".py")) or "$" in command.name:
            opaque = True
        elif command.name in _PLACING and any(word.value.rpartition("/")[2] == tool for word in command.arguments):
            return True
    return None if opaque else False


_OPAQUE = frozenset(
    {"sh", "bash", "tar", "unzip", "make", "dpkg", "rpm", "brew", "nix", "cargo", "go", "npm", "pip", "pip3", "busybox", "apko"}
)
_PLACING = frozenset({"ln", "cp", "mv", "install", "curl", "wget", "chmod", "touch"})
SCRATCH = ImageReference("scratch", "", "scratch", "scratch", "", "")


class Dockerfile:
    """A Dockerfile that was read and evaluated.

    `instructions` are all of the top level; `problems` say why BuildKit refuses it; `notes` holds, by the name of the build check, what
    the evaluation found for it.
    """

    def __init__(self, source: Source, options: Options, context: Context, instructions: list[Instruction]) -> None:
        self.source = source
        self.options = options
        self.context = context
        self.instructions = instructions
        self.stages: list[Stage] = []
        self.target: Stage | None = None
        self.problems: list[Problem] = list(source.problems)
        self.notes: dict[str, list[Note]] = {}
        self.before_first_stage: list[Instruction] = []
        self.start: State = None  # type: ignore[assignment]

    def dissolve(self) -> None:
        """Cuts what leads from the parts back to the whole: its memory is then free at once, and nothing can be asked of it any more."""
        for instruction in self.instructions:
            instruction.stage = None  # type: ignore[assignment]
            for command in instruction.commands:
                command.__dict__.clear()
        for stage in self.stages:
            stage.__dict__.clear()

    @property
    def escape(self) -> str:
        return self.source.escape

    def refuse(self, kind: str, reason: str, where: Span, help: str = "") -> None:
        """Records why BuildKit refuses the file."""
        self.problems.append(Problem(kind, reason, where, help))

    def note(self, check: str, where: Instruction | Word, message: str, help: str = "", name: str = "") -> None:
        """Records what one of BuildKit's build checks warns of."""
        self.notes.setdefault(check, []).append(Note(where, message, help, name))

    def expand(self, word: Word | str, state: State, exec_form: bool = False) -> str | None:
        """The word with its variables replaced as BuildKit does; None where a value is not known or the word is broken."""
        if isinstance(word, Word):
            text = word.value if exec_form else word.raw
        else:
            text = word
        if is_plain(text):
            return text
        try:
            expansion = expand(text, state.variables, self.escape)
        except ExpansionError:
            return None
        if expansion.unmatched or not state.unknown.isdisjoint(expansion.matched):
            return None
        return expansion.value


def closest(name: str, candidates: Iterable[str]) -> str:
    """The candidate that differs least from the name, "" where none is near (at most two letters, and a third of them)."""
    best, least = "", min(max(1, len(name) // 3), 2) + 1
    for candidate in sorted(set(candidates)):
        distance = _distance(name.lower(), candidate.lower(), least)
        if distance < least and candidate != name:
            best, least = candidate, distance
    return best


def _distance(left: str, right: str, bound: int) -> int:
    """Letters to insert, delete, change or swap (optimal string alignment); `bound` where it is that or more."""
    if abs(len(left) - len(right)) >= bound:
        return bound
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (a != b))
            if row > 1 and column > 1 and a == right[column - 2] and b == left[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return min(previous[-1], bound)
