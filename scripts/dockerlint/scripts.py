"""The shell scripts of the project that a RUN calls, as far as they can be read: from a heredoc, or from the build context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dockerlint.caches import path_at, target_of
from dockerlint.context import has_wildcards
from dockerlint.dockerignore import clean
from dockerlint.files import destination_of, is_within
from dockerlint.shell import parse
from dockerlint.text import Text
from dockerlint.wrappers import SHELLS

if TYPE_CHECKING:
    from dockerlint.parser import Instruction
    from dockerlint.shell import Command

_SEARCHED = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")


def commands_called(command: Command) -> list[Command]:
    """The commands of the shell script that a command of a RUN calls; none where it calls no script, or one that cannot be read."""
    instruction = command.instruction
    if instruction is None:
        return []
    for path in _paths(command):
        script = text_at(path, instruction)
        if script is not None and _is_shell(script):
            return parse(Text.of_lines(script.replace("\r\n", "\n").split("\n"), 1))
    return []


def _paths(command: Command) -> Iterator[str]:
    """Where the script may be that the command calls."""
    words = command.words[:1]
    if command.name in SHELLS or command.name in (".", "source"):
        words = tuple(command.operands(("-o", "-O"))[:1])
    elif words and "/" not in words[0].value:
        yield from (f"{folder}/{words[0].value}" for folder in _SEARCHED)
        return
    yield from (path for word in words if (path := path_at(word, command)))


def _is_shell(script: str) -> bool:
    first = script.partition("\n")[0]
    return not first.startswith("#!") or any(name in SHELLS for name in first.replace("/", " ").split())


def text_at(path: str, instruction: Instruction) -> str | None:
    """The text of what is at an absolute path when a RUN begins, from a heredoc or the build context; None where it is not known."""
    context = instruction.stage.dockerfile.context
    for mount in instruction.mounts:
        if mount.type == "bind" and not mount.from_:
            target = target_of(mount, instruction)
            if target is not None and is_within(path, target):
                return context.read(clean(f"{mount.source}/{path[len(target) :]}"))
    for stage in instruction.stage.chain():
        for copy in reversed(stage.of("COPY", "ADD")):
            target = destination_of(copy)
            if copy.from_ or target is None or not is_within(path, target) or copy.line > instruction.line:
                continue
            name, below = path.rpartition("/")[2], path[len(target.rstrip("/")) :]
            for heredoc in copy.heredocs:
                if not below or heredoc.name == name:
                    return heredoc.body.value
            for word in copy.sources:
                source = copy.expand(word) or ""
                if has_wildcards(source):
                    source = next((each for each in context.matches(source) or () if each.rpartition("/")[2] == name), source)
                # The file itself, the file put into a folder, or what is in a folder that is copied.
                whole = not below or below == "/" + source.rstrip("/").rpartition("/")[2]
                text = (context.read(source) if whole else None) or context.read(clean(f"{source}{below}"))
                if text is not None:
                    return text
    return None
