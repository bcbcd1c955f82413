"""Mends of COPY and ADD."""

from __future__ import annotations

import re

from dockerlint.files import absolute, destination_of, directory_of, is_folder, known_folder, looks_like_file, names_folder, placed_by
from dockerlint.finding import Edit, Fix
from dockerlint.mends import Site, mend, safe, unsafe
from dockerlint.mends.caching import mount_option
from dockerlint.mends.edits import behind, delete, on_one_line, replace, replace_word
from dockerlint.mends.runs import is_plain, is_root, is_step
from dockerlint.parser import Instruction, Mount
from dockerlint.text import Word

# What archives have, and texts have not: zero bytes, and bytes that are not UTF-8.
_BINARY = re.compile("[\0\udc80-\udcff]")
# Flags that only ADD has.
_OF_ADD = frozenset({"checksum", "keep-git-dir", "unpack"})


@mend("WD501")
def copy_instead_of_add(site: Site) -> Fix | None:
    """COPY; unsafe where a name does not tell whether ADD would unpack the file."""
    instruction = site.instruction
    if instruction is None or instruction.keyword != "ADD" or any(flag.name in _OF_ADD for flag in instruction.flags):
        return None
    sure = all(_is_no_archive(instruction, word) for word in instruction.sources)
    keyword = "copy" if instruction.written.islower() else "COPY"
    edit = replace(instruction.text, instruction.start, instruction.keyword_end, keyword)
    return (safe if sure else unsafe)(f"Write {keyword}", edit)


def _is_no_archive(instruction: Instruction, word: Word) -> bool:
    """By its name or, for what is in the context, by its content: ADD unpacks what has the bytes of an archive, whatever it is called."""
    source = (instruction.expand(word) or word.value).strip("\"'")
    if names_folder(source) or looks_like_file(source):
        return True
    if instruction not in instruction.stage.instructions:
        return False  # held back by an ONBUILD: another build's context
    text = instruction.stage.dockerfile.context.read(source)
    return bool(is_folder(instruction, source)) or (text is not None and not _BINARY.search(text))


@mend("WD506")
def folder_as_destination(site: Site) -> Fix | None:
    """A slash behind it; safe where the folder is there already."""
    word = site.hit.where
    if not isinstance(word, Word) or (word.raw[-1:] in "\"'" and site.instruction is not None and site.instruction.form != "exec"):
        return None
    if looks_like_file(word.value) or word.value.endswith("*"):
        return None  # sources whose names have spaces, more likely; a pattern, which would name a folder *
    end = word.end - 1 if word.raw[-1:] == '"' else word.end
    return (safe if site.hit.severity == "info" else unsafe)("End the folder's name with a slash", behind(word.text, end, "/"))


@mend("WD523")
def source_below(site: Site) -> Fix | None:
    """The source as BuildKit reads it."""
    word = site.hit.where
    if not isinstance(word, Word) or not on_one_line(word.text, word.start, word.end):
        return None
    quote = word.raw[:1] if word.raw[:1] in ('"', "'") else ""
    as_is = word.raw == f"{quote}{word.value}{quote}"
    return safe(f"Write {site.written}", replace_word(word, f"{quote}{site.written}{quote}")) if as_is else None


_PLUS_X = frozenset({"+x", "a+x", "ugo+x"})


@mend("WD514")
def chmod_while_copying(site: Site) -> Fix | None:
    """COPY --chmod; where the RUN only adds a permission, the mode that the file has then is a guess."""
    command, run = site.command, site.instruction
    if command is None or run is None or not is_plain(run) or not is_step(command) or not is_root(run) or command.redirects:
        return None
    operands = command.operands()
    mode = operands[0].value
    octal = re.fullmatch(r"0?[0-7]{3}", mode) is not None
    if len(command.arguments) != len(operands) or not (octal or mode in _PLUS_X) or command.after not in ("", "&&") or command.before:
        return None
    edits: list[Edit] = []
    for operand in operands[1:]:
        copy = _copied_by(operand, run)
        if copy is None or copy.flag("chmod") or any(edit[:2] == copy.keyword_span[2:] for edit in edits):
            return None
        edits.append(behind(copy.text, copy.keyword_end, f" --chmod={mode if octal else '755'}"))
    rest = run.commands[command.index + 1] if command.index + 1 < len(run.commands) else None
    if rest is None:
        gone = delete(run)
    else:  # between the two may stand what belongs to the second: `if`, `!`, `{`, a redirection
        alone = rest.text is run.text and run.text.value[command.end : rest.start].strip(" \t\n\\") == "&&"
        gone = replace(run.text, command.start, rest.start, "") if alone else None
    return (safe if octal else unsafe)("Set the mode while copying", *edits, gone) if gone else None


def _copied_by(operand: Word, run: Instruction) -> Instruction | None:
    """The COPY of the same stage that brings just this file, by its own name or another, with nothing in between that may replace it."""
    command = next(each for each in run.commands if operand in each.words)
    path = absolute(operand.value, directory_of(command)) if operand.literal else None
    if path is None:
        return None
    found: Instruction | None = None
    for instruction in run.stage.instructions[: run.stage.instructions.index(run)]:
        if instruction.keyword in ("COPY", "ADD") and any(placed.path == path for placed in placed_by(instruction)):
            found = instruction
        elif found is not None and any(path in word.value for each in instruction.commands for word in each.words):
            return None
    if found is None or found.keyword != "COPY" or len(found.sources) != 1 or found.heredocs or not looks_like_file(found.sources[0].value):
        return None
    destination = found.destination
    if destination is None or destination_of(found) is None:
        return None
    into = names_folder(destination.value) or known_folder(found, destination_of(found) or "")
    name = found.sources[0].value.rpartition("/")[2]
    return found if path == (f"{destination_of(found)}/{name}".replace("//", "/") if into else destination_of(found)) else None


@mend("WD706")
def secret_required(site: Site) -> Fix | None:
    """required=true; who has built without the secret cannot any more."""
    mount, run = site.hit.where, site.instruction
    if not isinstance(mount, Mount) or run is None:
        return None
    same = [
        each
        for other in run.stage.of("RUN")
        for each in other.mounts
        if (each.type, each.secret) == ("secret", mount.secret) and "required" not in each.options
    ]
    edits = [mount_option(each, "required=true") for each in same]
    return unsafe("Add required=true", *(edit for edit in edits if edit)) if None not in edits else None
