"""Which shell runs a command, what that shell understands, and which of its options are on.

What each shell understands was measured: Debian 12's and 13's dash (0.5.12), BusyBox 1.37 and bash 5.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.wrappers import SHELLS

if TYPE_CHECKING:
    from dockerlint.model import Stage
    from dockerlint.parser import Instruction
    from dockerlint.shell import Command

_KINDS = {
    "bash": "bash",
    "rbash": "bash",
    "zsh": "zsh",
    "ksh": "ksh",
    "mksh": "ksh",
    "dash": "dash",
    "ash": "busybox",
    "busybox": "busybox",
}
# Releases whose dash refuses `set -o pipefail`; Debian took the option over in 0.5.12-7, which Debian 13 and Ubuntu 25.04 have.
_WITHOUT_PIPEFAIL = {
    "debian": frozenset(("jessie", "stretch", "buster", "bullseye", "bookworm", "8", "9", "10", "11", "12")),
    "ubuntu": frozenset(
        ("14.04", "16.04", "18.04", "20.04", "22.04", "24.04", "24.10", "trusty", "xenial", "bionic", "focal", "jammy", "noble")
    ),
}


class Shell(NamedTuple):
    """A shell as it is started: `kind` is "bash", "dash", "busybox", "zsh", "ksh", or "" where it is not known."""

    kind: str
    arguments: tuple[str, ...]


def shell_of(command: Command) -> Shell:
    """The shell that reads the command."""
    program, arguments = _started(command)
    assert command.instruction is not None
    return Shell(kind_of(program, command.instruction), arguments)


def _started(command: Command) -> tuple[str, tuple[str, ...]]:
    """The shell's program and its arguments, as they are written."""
    outer = command.wrapper
    while outer is not None:
        if outer.name in SHELLS and command.text is not outer.text:
            return outer.name, tuple(word.value for word in outer.arguments)
        outer = outer.wrapper
    run = command.instruction
    assert run is not None
    if run.heredocs and command.text is run.heredocs[0].body:
        first = run.commands[0]
        body = command.text.value
        if body.startswith("#!"):
            words = body[2:].partition("\n")[0].split() or [""]
            if words[0].endswith("/env") and len(words) > 1:
                words = [word for word in words[1:] if word != "-S"]
            return words[0], tuple(words[1:])
        if first.text is not command.text:  # bash <<EOF
            return first.name, tuple(word.value for word in first.arguments)
    if run.form == "exec":
        return "", ()
    shell = run.state.shell
    return (shell[0], shell[1:]) if shell else ("/bin/sh", ())


def kind_of(program: str, run: Instruction) -> str:
    """Which kind of shell a program is where an instruction runs, told as in `Shell.kind`; `sh` is what the image has there by then."""
    name = program.rpartition("/")[2]
    if name != "sh":
        return _KINDS.get(name, "")
    for stage, line, target in _links(run.stage):
        if stage is not run.stage or line < run.line:
            return _KINDS.get(target.rpartition("/")[2], "")
    return _KINDS.get(run.stage.image.shell, "")


@lru_cache(maxsize=32)
def _links(stage: Stage) -> list[tuple[Stage, int, str]]:
    """Where /bin/sh is replaced in the chain of a stage, and by what."""
    return [
        (each, link.instruction.line, target)
        for each in stage.chain()
        for link in each.calls("ln")
        if (target := linked_shell(link)) and link.instruction is not None
    ]


def linked_shell(link: Command) -> str:
    """What `ln` puts in the place of /bin/sh, "" where it links something else."""
    operands = link.operands(("-t", "-S"))
    if len(operands) == 2 and operands[1].value.rstrip("/") in ("/bin/sh", "/usr/bin/sh", "sh", "/bin"):
        target = operands[0].value
        if operands[1].value != "/bin" or target.endswith("/sh"):
            return target
    return ""


def options(command: Command) -> frozenset[str]:
    """Those of the options "errexit" and "pipefail" that are on where the command runs; "lenient" where `set +e` turned errexit off."""
    on: set[str] = set()
    _apply(on, _started(command)[1])
    if command.instruction:
        for other in command.instruction.commands[: command.index]:
            if other.name == "set" and other.text is command.text:
                _apply(on, (word.value for word in other.arguments))
    return frozenset(on)


def _apply(on: set[str], words: Iterable[str]) -> None:
    words = iter(words)
    for word in words:
        if word[:1] not in ("-", "+") or word[1:2] in ("", "-"):
            return
        for letter in word[1:]:
            name = next(words, "") if letter == "o" else {"e": "errexit"}.get(letter, "")
            if name in ("errexit", "pipefail"):
                (on.add if word[0] == "-" else on.discard)(name)
            if name == "errexit":
                (on.discard if word[0] == "-" else on.add)("lenient")


def dash_refuses_pipefail(stage: Stage) -> bool:
    """Whether the stage's dash is one that does not know the option."""
    image = stage.image
    return image.release in _WITHOUT_PIPEFAIL.get(image.family, ())


def pipefail_help(command: Command) -> str:
    """How to turn the option on for the command."""
    run = command.instruction
    assert run is not None
    kind = shell_of(command).kind
    if kind == "dash" and (dash_refuses_pipefail(run.stage) or not run.stage.image.release):
        return 'write SHELL ["/bin/bash", "-o", "pipefail", "-c"] above it: this dash has no pipefail'
    if kind in ("bash", "busybox", "dash", "zsh"):
        return "begin it with: set -o pipefail &&"
    return "set -o pipefail where the shell has it (bash, BusyBox), or download to a file first"


def _is_main(command: Command, run: Instruction) -> bool:
    return command.text is run.commands[0].text and command.wrapper is None and "substitution" not in command.within


def main_commands(run: Instruction) -> list[Command]:
    """The commands of the instruction's own script: none of a substitution, a string or behind a wrapper."""
    return [command for command in run.commands if _is_main(command, run)]


def last_command(run: Instruction) -> Command | None:
    """The last of them."""
    return next((command for command in reversed(run.commands) if _is_main(command, run)), None)
