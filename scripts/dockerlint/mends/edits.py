"""Edits, made from places in logical texts."""

from __future__ import annotations

import re

from dockerlint.finding import Edit
from dockerlint.model import Dockerfile
from dockerlint.parser import Instruction
from dockerlint.shell import Command
from dockerlint.text import Text, Word

# Comments above an instruction that tell a program something about it.
_PRAGMA = re.compile(r"\b(wd:|hadolint|check=|trivy:|checkov:|crew:|tally)", re.IGNORECASE)


def before(text: Text, offset: int, new: str) -> Edit:
    """Inserts in front of the character at an offset."""
    line, column = text.position(offset)
    return Edit(line, column, line, column, new)


def behind(text: Text, end: int, new: str) -> Edit:
    """Inserts behind the character that ends at an offset, on that character's line."""
    line, column = text.position(end - 1)
    return Edit(line, column + 1, line, column + 1, new)


def replace(text: Text, start: int, end: int, new: str) -> Edit:
    """Replaces a stretch of a text; whatever continuation is inside of it goes, too."""
    return Edit(*text.span(start, end), new)


def replace_word(word: Word, new: str) -> Edit:
    """Replaces a word, which must stand on one line."""
    return replace(word.text, word.start, word.end, new)


def on_one_line(text: Text, start: int, end: int) -> bool:
    """Whether a stretch of a text has no continuation in it."""
    span = text.span(start, end)
    return span.line == span.end_line


def argument(command: Command, after: Word, *arguments: str) -> Edit | None:
    """Gives a command more arguments, behind one of its words; None where its words are made of something else.

    The arguments must need no quotes.
    """
    instruction = command.instruction
    if instruction is None or after not in command.words:
        return None
    exec_form = instruction.form == "exec" and after.raw[:1] == '"' and after.text.value[after.start] == '"'
    return behind(after.text, after.end, "".join(f', "{each}"' if exec_form else f" {each}" for each in arguments))


def without_flag(instruction: Instruction | None, name: str) -> Edit | None:
    """Deletes a flag and the blanks behind it; None where it is not there, or not all on one line."""
    flag = instruction.flag(name) if instruction is not None else None
    if flag is None or not on_one_line(flag.text, flag.start, flag.end + 2):
        return None
    end = flag.end
    while flag.text.value[end : end + 1] in (" ", "\t"):
        end += 1
    return replace(flag.text, flag.start, end, "") if on_one_line(flag.text, flag.start, end + 1) else None


def delete_lines(first: int, last: int) -> Edit:
    """Deletes whole lines."""
    return Edit(first, 1, last + 1, 1, "")


def delete(instruction: Instruction) -> Edit | None:
    """Deletes an instruction, with the empty lines behind it where one stands above, too, but not the comments above it.

    None where one of those tells a program something about it.
    """
    dockerfile = instruction.stage.dockerfile
    top = next((each for each in dockerfile.instructions if each.line == instruction.line), instruction)
    if any(_PRAGMA.search(comment) for comment in top.comments):
        return None
    last, lines = top.end_line, dockerfile.source.lines
    if top.line > 1 and not lines[top.line - 2].strip():
        while last < len(lines) and not lines[last].strip():
            last += 1
    return delete_lines(top.line, last)


def continuation(dockerfile: Dockerfile, indent: str) -> str:
    """What goes on in the next line."""
    return f" {dockerfile.escape}\n{indent}"
