"""Mends of what BuildKit's own checks find: spelling, and what has one right form."""

from __future__ import annotations

import re

from dockerlint.continuations import swallowed
from dockerlint.expand import ExpansionError, expand
from dockerlint.finding import Edit, Fix
from dockerlint.knowledge.images import works_in_root
from dockerlint.mends import Site, mend, safe, unsafe
from dockerlint.mends.edits import behind, delete, delete_lines, on_one_line, replace, replace_word, without_flag
from dockerlint.parser import Pair
from dockerlint.rules.runtime import text_of
from dockerlint.text import Word
from dockerlint.wrappers import SHELLS


@mend("WD130")
def stage_name(site: Site) -> Fix | None:
    """The stage's name in lower case, and where COPY --from and mounts name it."""
    word = site.hit.where
    if not isinstance(word, Word):
        return None
    edits = [replace_word(word, word.value.lower())]
    for instruction in site.dockerfile.instructions:
        for flag in instruction.flags:
            raw = flag.text.value[flag.start : flag.end]
            match = re.search(rf"(?:^--|[=,])from=({re.escape(word.value)})(?=,|$)", raw)
            if match and instruction.keyword in ("COPY", "RUN"):
                edits.append(replace(flag.text, flag.start + match.start(1), flag.start + match.end(1), word.value.lower()))
    return safe(f"Write {word.value.lower()}", *edits)


@mend("WD131", "WD147", "WD148", "WD816")
def spelling(site: Site) -> Fix | None:
    """The word as the help has it."""
    word = site.hit.where
    written = site.written.removeprefix("STOPSIGNAL ")
    if not isinstance(word, Word) or not written or not word.literal:
        return None
    return safe(f"Write {written}", replace_word(word, written))


@mend("WD133")
def instruction_casing(site: Site) -> Fix | None:
    """The keyword in the case of the others."""
    return safe(f"Write {site.written}", Edit(*site.span, site.written)) if site.span.line == site.span.end_line else None


@mend("WD132")
def empty_continuation(site: Site) -> Fix | None:
    """Without the empty lines, where another instruction is not hidden behind them."""
    instruction = site.instruction
    if instruction is None or swallowed(instruction) is not None:
        return None
    blanks = next(each.blanks for each in site.dockerfile.instructions if each.line == instruction.line)
    return safe("Delete the empty lines", *(delete_lines(line, line) for line in blanks)) if blanks else None


# No program, or one that means the shell itself.
_BUILTINS = frozenset(
    (". : alias bg break cd command continue declare eval exit export fg hash jobs local read readonly return set shift source time times"
    " trap type ulimit umask unalias unset wait ! { if for while case").split()
)  # fmt: skip
_SPECIAL = frozenset("$`|&;<>*?()~\"'\\#[]{}!")


@mend("WD136")
def exec_form(site: Site) -> Fix | None:
    """The words as a JSON array, where a shell would not have changed any of them."""
    instruction = site.instruction
    if instruction is None or sum(command.wrapper is None for command in instruction.commands) != 1 or instruction.trigger:
        return None
    shell = instruction.state.shell
    if (shell and shell[0].rpartition("/")[2] not in SHELLS) or (
        instruction.keyword == "ENTRYPOINT" and instruction.stage.last("CMD") is not None
    ):
        return None
    words = [word.value for word in instruction.words]
    if words[:1] == ["exec"]:
        del words[0]
    if not words or words[0] in _BUILTINS or "=" in words[0] or any(set(word) & _SPECIAL or not word.isprintable() for word in words):
        return None
    script = text_of(instruction.stage, words[0])
    if script is not None and not script.startswith("#!"):  # which only a shell runs
        return None
    start, end = instruction.value_start, instruction.value_start + len(instruction.value)
    if not on_one_line(instruction.text, start, end):
        return None
    array = "[" + ", ".join(f'"{word}"' for word in words) + "]"
    return unsafe(f"Write {instruction.written} {array}", replace(instruction.text, start, end, array))


@mend("WD137")
def maintainer(site: Site) -> Fix | None:
    """The name as the label that registries and scanners read."""
    instruction = site.instruction
    if instruction is None or instruction.keyword != "MAINTAINER" or not instruction.words or instruction.stage is None:
        return None
    end = instruction.value_start + len(instruction.value)
    if not on_one_line(instruction.text, instruction.start, end):
        return None
    name = re.sub(r"""^(["'])([^"']*)\1([^"']*)$""", r"\2\3", instruction.value)
    escape = site.dockerfile.escape
    for special in (escape, '"', "$"):
        name = name.replace(special, escape + special)
    keyword = "label" if instruction.written.islower() else "LABEL"
    label = f'{keyword} org.opencontainers.image.authors="{name}"'
    return safe("Write it as a label", replace(instruction.text, instruction.start, end, label))


@mend("WD140")
def relative_workdir(site: Site) -> Fix | None:
    """The path from the root, where the base image is known to start there."""
    word, instruction = site.hit.where, site.instruction
    if not isinstance(word, Word) or instruction is None or not re.match(r"[\w$@]", word.raw):
        return None
    reference = instruction.stage.reference
    root = instruction.stage.root.reference_text == "scratch" or (reference is not None and works_in_root(reference))
    if not root or "$" in word.raw or instruction.stage.image.family == "windows":
        return None
    return safe(f"Write /{word.raw}", replace(word.text, word.start, word.start, "/"))


@mend("WD142")
def only_the_last_counts(site: Site) -> Fix | None:
    """Without the instruction that has no effect."""
    instruction = site.instruction
    gone = delete(instruction) if instruction is not None else None
    return safe(f"Delete the {instruction.keyword} that a later one replaces", gone) if instruction and gone else None


@mend("WD143")
def legacy_key_value(site: Site) -> Fix | None:
    """`name=value`, in quotes where the value has spaces."""
    pair = site.hit.where
    if not isinstance(pair, Pair) or pair.value is None or site.instruction is None:
        return None
    text, value = pair.key.text, pair.value
    if not on_one_line(text, pair.key.start, value.start + 1):
        return None
    separator = Edit(*text.span(pair.key.end, value.start), "=")
    escape = site.dockerfile.escape
    if value.raw.startswith("= "):
        meant = value.raw[1:].lstrip()
        gone = Edit(*text.span(pair.key.end, value.end - len(meant)), "=")
        return unsafe("Take out the spaces around =", gone) if _words(meant, escape) == 1 else None
    plain = _words(value.raw, escape) == 1
    quoted = not set(value.raw) & {'"', "'", escape}
    written = value.raw if plain else f'"{value.raw}"'
    if not (plain or quoted) or not _same_value(value.raw, written, escape):
        return None
    edits = [separator] if plain else [Edit(*separator[:4], '="'), behind(text, value.end, '"')]
    return safe("Join name and value by =", *edits)


def _words(raw: str, escape: str) -> int:
    """In how many words `name=value` would be read."""
    words, quote, at, inside = 0, "", 0, False
    while at < len(raw):
        character = raw[at]
        if not quote and character.isspace():
            inside = False
        else:
            words += not inside
            inside = True
            if character == escape and quote != "'":
                at += 1
            elif character == quote:
                quote = ""
            elif not quote and character in "\"'":
                quote = character
        at += 1
    return words if not quote else 0


class _Names(dict[str, str]):
    """Variables of which every one has a value that shows its name."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return f"<{name}>"

    def get(self, name: str, default: object = None) -> str:
        return self[name]


def _same_value(raw: str, written: str, escape: str) -> bool:
    """Whether both mean the same, whatever the variables in them are, set or not."""
    some: tuple[dict[str, str], ...] = (_Names(), {})
    try:
        return all(expand(raw, names, escape).value == expand(written, names, escape).value for names in some)
    except ExpansionError:
        return False


@mend("WD144")
def redundant_platform(site: Site) -> Fix | None:
    """Without the flag."""
    edit = without_flag(site.instruction, "platform")
    return safe("Leave the flag out", edit) if edit else None


@mend("WD151")
def dead_directive(site: Site) -> Fix | None:
    """The syntax directive as the first line, where it counts; which may be another frontend than has built it so far."""
    match = re.match(r"make it line 1: (# syntax=\S+)$", site.hit.help)
    line = site.span.line
    if not match or site.dockerfile.source.directives or site.dockerfile.source.lines[0].startswith("#!"):
        return None
    if line == 1:
        return unsafe("Write it as a directive", Edit(*site.span, match[1]))
    return unsafe("Make it the first line", Edit(1, 1, 1, 1, match[1] + "\n"), delete_lines(line, line))


@mend("WD208")
def stage_by_number(site: Site) -> Fix | None:
    """The name of the stage instead of its number, where it has one."""
    stages = site.dockerfile.stages
    edits: list[Edit] = []
    name = ""
    for instruction in site.instruction.stage.instructions if site.instruction else ():
        flag = instruction.flag("from")
        if flag and site.instruction and flag.value == site.instruction.from_ and (flag.value or "").isdigit():
            index = int(flag.value or 0)
            name = stages[index].name if index < len(stages) else ""
            if not name or sum(stage.name == name for stage in stages) != 1:
                return None
            edits.append(replace(flag.text, flag.end - len(flag.value or ""), flag.end, name))
    return safe(f"Write --from={name}", *edits) if edits else None
