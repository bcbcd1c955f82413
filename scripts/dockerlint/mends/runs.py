"""Changes to whole RUN instructions: one more step at their end or beginning, a RUN folded into the one before it.

Each is None where the shell code has a shape of which it is not certain that a step more, joined by `&&`, does the same.
"""

from __future__ import annotations

import re

from dockerlint.caches import ROOTS
from dockerlint.finding import Edit
from dockerlint.mends.edits import before, behind, continuation, delete
from dockerlint.parser import Instruction
from dockerlint.shell import Command
from dockerlint.wrappers import SHELLS

# What ends the shell, or replaces it, or takes the place that a following command would have.
_ENDINGS = frozenset({"exit", "exec", "return", "trap"})
_COMMENT = re.compile(r"(?:^|[\s;&|(])#")
_UNFINISHED = (";", "&", "|", "\\", "(", "{")


def is_root(instruction: Instruction) -> bool:
    """Whether root runs it, for certain."""
    return instruction.stage.user_at(instruction) in ROOTS


def is_plain(run: Instruction) -> bool:
    """Whether a RUN is code of a POSIX shell, read whole: no heredoc, no comment of the shell, nothing on the line behind its end."""
    if run.keyword != "RUN" or run.form != "shell" or run.heredocs or run.blanks or not run.commands or _COMMENT.search(run.value):
        return False
    if run.state.shell and run.state.shell[0].rpartition("/")[2] not in SHELLS:
        return False
    line, column = run.text.position(_end(run) - 1)
    return line == run.last_line and len(run.stage.dockerfile.source.lines[line - 1].rstrip()) == column


def _end(run: Instruction) -> int:
    return run.value_start + len(run.value)


def append(run: Instruction, step: str) -> Edit | None:
    """Ends a RUN with one more step, laid out as the steps before it are.

    The step runs where the RUN has succeeded so far; if the RUN has failed it fails as before.
    """
    if not may_go_on(run):
        return None
    return behind(run.text, _end(run), _joined(run, step))


def may_go_on(run: Instruction) -> bool:
    """Whether its code can be followed by `&&` and a step."""
    return (
        is_plain(run)
        and not run.value.endswith(_UNFINISHED)
        and not any(command.name in _ENDINGS for command in run.commands)
        and not any(command.after == "&" for command in run.commands)
    )


def _joined(run: Instruction, step: str) -> str:
    """The step with what joins it, in line, or on a line of its own: behind the operator, or in front of it, as the RUN has it."""
    dockerfile = run.stage.dockerfile
    rows = [dockerfile.source.lines[number - 1] for number in sorted(set(run.text.lines))]
    if len(rows) == 1:
        return f" && {step}"
    leading = [row for row in rows[1:] if row.lstrip().startswith("&&")]
    ends = [row.rstrip().removesuffix(dockerfile.escape).rstrip() for row in rows[:-1]]
    trailing = [number for number, row in enumerate(ends) if row.endswith(("&&", ";"))]
    if trailing and not leading:
        operator = ";" if ends[trailing[-1]].endswith(";") and _ends_at_failure(run) else " &&"
        return f"{operator}{continuation(dockerfile, _indent(rows[trailing[-1] + 1]))}{step}"
    return continuation(dockerfile, _indent(leading[-1]) if leading else min(map(_indent, rows[1:]), key=len)) + f"&& {step}"


def _ends_at_failure(run: Instruction) -> bool:
    """Whether the RUN begins with `set -e` and ends with a plain command, so that `;` joins as `&&` does."""
    settings = [command for command in run.commands if command.name == "set"]
    last = run.commands[-1]
    plain = is_step(last) and last.before == ";" and not run.text.value[:last.start].rstrip().endswith("!")
    return plain and settings[:1] == [run.commands[0]] and settings[0].has("-e") and len(settings) == 1


def _indent(row: str) -> str:
    return row[: len(row) - len(row.lstrip())]


def prepend(run: Instruction, step: str) -> Edit | None:
    """Begins a RUN with one more step, on the success of which all else depends."""
    if not is_plain(run) or (run.commands[0].before, run.commands[0].start) != ("", run.value_start):
        return None
    return before(run.text, run.value_start, f"{step} && ")


def joined_by_and(run: Instruction) -> bool:
    """Whether the RUN is a list of simple commands that are all joined by `&&`, so that the first failure ends it."""
    return all(not command.within and command.wrapper is None and command.after in ("", "&&") for command in run.commands)


def fold(run: Instruction, into: Instruction) -> tuple[Edit, ...] | None:
    """Moves all steps of a RUN to the end of the RUN just before it; None unless they do there what they do here.

    Nothing of the shell that a RUN leaves behind for the next may matter: folders changed, variables, options.
    """
    neighbours = run.stage.instructions
    if into not in neighbours or neighbours.index(run) != neighbours.index(into) + 1:
        return None
    if not is_plain(run) or run.flags or into.flags or not joined_by_and(run) or len(set(run.text.lines)) > 1:
        return None
    if run.state.shell != into.state.shell or any(command.name in _STATEFUL for command in into.commands):
        return None
    moved = append(into, run.value)
    gone = delete(run)
    return (moved, gone) if moved and gone else None


# What changes the shell that runs it: folder, variables, options, functions.
_STATEFUL = frozenset(
    ("", *"cd pushd popd export set unset umask source . eval alias shopt ulimit function declare local readonly".split())
)


def is_step(command: Command) -> bool:
    """Whether a command stands by itself in its RUN: in no substitution, subshell, branch, loop or script, and behind no sudo."""
    return not command.within and command.wrapper is None and command.piped_from is None and command.piped_into is None
