"""Source -> instructions, split where BuildKit splits them.

dockerfile-parse reads the instructions. It knows nothing of heredocs, of comments and blank lines inside a continuation, nor of the
finer rules of BuildKit's continuation lines, so it is given a *normalised* text: of each instruction the first line and the last.
What it found is put together again with the physical lines: flags, JSON form, `key=value` pairs, heredocs, each with its place.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

from dockerlint.expand import ExpansionError, Lexer
from dockerlint.source import Problem, Source
from dockerlint.text import SPACES, Span, Text, Word

if TYPE_CHECKING:
    from dockerlint.model import Stage, State
    from dockerlint.shell import Command

_SEPARATORS = "\t\v\f\r "
_WORD = re.compile(r"[^\t\v\f\r ]+")
_HEREDOC = re.compile(r"(\d*)<<(-?)\s*([^<]*)$")
_JSON_STRING = re.compile(r'[ \t\r\n]*"((?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"[ \t\r\n]*')
_JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_JSON_CHARACTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

HEREDOC_KEYWORDS = frozenset({"ADD", "COPY", "RUN"})
PAIR_KEYWORDS = frozenset({"ENV", "LABEL"})
COMMAND_KEYWORDS = frozenset({"RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK"})
LIST_KEYWORDS = frozenset({"ADD", "COPY", "VOLUME"})
TEXT_KEYWORDS = frozenset({"MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"})


class Flag(NamedTuple):
    """A flag of an instruction: `--name=value`, or `--name` with value None."""

    name: str
    value: str | None
    start: int
    end: int
    text: Text

    @property
    def span(self) -> Span:
        return self.text.span(self.start, self.end)


class Mount(NamedTuple):
    """A `RUN --mount`; what is absent is an empty string, and `type` is "bind" where none is given."""

    type: str
    source: str
    target: str
    from_: str
    id: str
    sharing: str
    env: str
    required: bool
    readonly: bool
    options: dict[str, str]
    flag: Flag

    @property
    def span(self) -> Span:
        return self.flag.span

    @property
    def secret(self) -> str:
        """The name under which a build gets the secret: --secret id=…"""
        return self.source or self.id or self.target.rpartition("/")[2]


class Heredoc(NamedTuple):
    """A here-document of an instruction; `line` is the first of its body, `end_line` the terminator's."""

    name: str
    expand: bool
    chomp: bool
    body: Text
    line: int
    end_line: int


class Pair(NamedTuple):
    """`key=value` of ENV, LABEL or ARG; `legacy` where they are separated by white space; value None for `ARG key`."""

    key: Word
    value: Word | None
    legacy: bool

    @property
    def span(self) -> Span:
        return self.key.text.span(self.key.start, (self.value or self.key).end)


class Instruction:
    """One instruction, or the trigger of an ONBUILD.

    `text` is its logical line, which ends on `last_line`; `end_line` has its heredocs, too. `blanks` are the empty lines inside of it.
    `problem` says why it cannot be split as BuildKit would; the model adds `stage`, `state` and `commands`.
    """

    __slots__ = (
        "_unsplit",
        "_words",
        "blanks",
        "commands",
        "comments",
        "end_line",
        "flags",
        "form",
        "heredocs",
        "keyword",
        "keyword_end",
        "last_line",
        "line",
        "mounts",
        "pairs",
        "problem",
        "stage",
        "start",
        "state",
        "text",
        "trigger",
        "value_start",
        "written",
    )

    def __init__(self, text: Text, start: int, line: int, end_line: int, comments: tuple[str, ...]) -> None:
        self.text = text
        self.line = line
        self.end_line = self.last_line = end_line
        self.blanks: tuple[int, ...] = ()
        self.comments = comments
        self.start = start
        self.keyword = self.written = ""
        self.keyword_end = self.value_start = start
        self.form = ""
        self._words: tuple[Word, ...] = ()
        self._unsplit: tuple[int, int] | None = None
        self.flags: tuple[Flag, ...] = ()
        self.mounts: tuple[Mount, ...] = ()
        self.pairs: tuple[Pair, ...] = ()
        self.heredocs: tuple[Heredoc, ...] = ()
        self.trigger: Instruction | None = None
        self.problem: Problem | None = None
        self.stage: Stage = None  # type: ignore[assignment]
        self.state: State = None  # type: ignore[assignment]
        self.commands: tuple[Command, ...] = ()

    @property
    def words(self) -> tuple[Word, ...]:
        """The arguments: the elements in exec form, else what white space separates; split when somebody asks, as few do."""
        if self._unsplit:
            self._words = _plain_words(self.text, *self._unsplit)
            self._unsplit = None
        return self._words

    @words.setter
    def words(self, words: tuple[Word, ...]) -> None:
        self._words = words

    @property
    def span(self) -> Span:
        """From the keyword to the end of the arguments; heredoc bodies are left out."""
        return self.text.span(self.start, len(self.text.value))

    @property
    def keyword_span(self) -> Span:
        return self.text.span(self.start, self.keyword_end)

    @property
    def value(self) -> str:
        """Everything behind the keyword and the flags, continuation lines joined."""
        return self.text.value[self.value_start :].rstrip(SPACES)

    def flag(self, name: str) -> Flag | None:
        """The last flag of this name."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag
        return None

    def flag_value(self, name: str) -> str:
        """The value of the last flag of this name, "" where it is absent."""
        flag = self.flag(name)
        return flag.value or "" if flag else ""

    def expand(self, word: Word | str) -> str | None:
        """The word with its variables replaced as BuildKit does at this place; None where a value is not known."""
        return self.stage.dockerfile.expand(word, self.state, self.form == "exec")

    @property
    def from_(self) -> str:
        """What `COPY --from` names."""
        return self.flag_value("from")

    @property
    def sources(self) -> tuple[Word, ...]:
        """The sources of COPY and ADD, heredocs left out."""
        if not self.heredocs:
            return self.words[:-1]
        return tuple(word for word in self.words[:-1] if not _HEREDOC.match(word.value))

    @property
    def destination(self) -> Word | None:
        """The last argument of COPY and ADD."""
        words = self.words
        return words[-1] if len(words) > 1 else None


def parse(source: Source) -> list[Instruction]:
    """All instructions of the file in order; problems that concern no single instruction go to `source.problems`."""
    blocks = list(_blocks(source))
    rows, lines = _normalised(blocks)
    parser = DockerfileParser(fileobj=io.BytesIO("\n".join(rows).encode(errors="replace")))
    by_line = {block.line: block for block in blocks}
    # No row is a comment: an instruction that dockerfile-parse calls COMMENT is one that somebody called so.
    return [_instruction(source, by_line[lines[found["startline"]]], lines[found["endline"]]) for found in parser.structure]


class _Block(NamedTuple):
    """The physical lines of one instruction: those that carry text, the last one, and its heredocs."""

    line: int
    rows: list[tuple[int, int, str]]  # line number, column, text without the continuation character
    end_line: int
    comments: tuple[str, ...]
    heredocs: tuple[Heredoc, ...]
    blanks: tuple[int, ...]
    problem: Problem | None

    def text(self) -> Text:
        value, offsets, length = [], [], 0
        for _, _, row in self.rows:
            offsets.append(length)
            value.append(row)
            length += len(row)
        return Text("".join(value), offsets, [row[0] for row in self.rows], [row[1] for row in self.rows])


def _blocks(source: Source) -> Iterator[_Block]:
    lines, escape = source.lines, source.escape
    count = len(lines)
    comments: list[str] = []
    directive_lines = {directive.span.line for directive in source.directives.values()}
    at = 0
    while at < count:
        row = lines[at].lstrip(SPACES)
        at += 1
        if not row or row[0] == "#":
            if row and at not in directive_lines:
                comment = row[1:].strip(SPACES)
                comments = [*comments, comment] if comment else []
            continue
        line = at
        rows: list[tuple[int, int, str]] = []
        blanks: list[int] = []
        column = len(lines[at - 1]) - len(row) + 1
        while True:
            stripped = row.rstrip(" \t")
            if not stripped.endswith(escape) or stripped[-2:-1] == escape:
                rows.append((at, column, row))
                break
            rows.append((at, column, stripped[:-1]))
            while at < count:
                row = lines[at]
                at += 1
                content = row.lstrip(SPACES)
                if not content:
                    blanks.append(at)
                elif content[0] != "#":
                    column = 1
                    break
            else:
                break
        end_line = at
        heredocs: list[Heredoc] = []
        problem = None
        if _opens_heredoc(rows):
            try:
                for name, expand, chomp in _heredocs_of("".join(row for _, _, row in rows), escape):
                    start = at
                    while at < count and (lines[at].lstrip("\t") if chomp else lines[at]) != name:
                        at += 1
                    heredocs.append(_heredoc(name, expand, chomp, lines, start, at))
                    if at == count:
                        problem = Problem("heredoc", "unterminated heredoc", Span(line, 1, line, len(lines[line - 1]) + 1))
                        break
                    at += 1
            except ExpansionError as error:
                problem = Problem("heredoc", str(error), Span(line, 1, line, len(lines[line - 1]) + 1))
        yield _Block(line, rows, end_line, tuple(comments), tuple(heredocs), tuple(blanks), problem)
        comments = []


def _opens_heredoc(rows: list[tuple[int, int, str]]) -> bool:
    """Whether a heredoc is possible; `<<` may be broken by a continuation."""
    return any("<" in row and ("<<" in row or row.endswith("<")) for _, _, row in rows)


def _heredoc(name: str, expand: bool, chomp: bool, lines: list[str], start: int, end: int) -> Heredoc:
    body = lines[start:end]
    if chomp:
        shown = [row.lstrip("\t") for row in body]
        columns = [len(row) - len(rest) + 1 for row, rest in zip(body, shown, strict=True)]
        text = Text.of_lines([*shown, ""] if body else [], start + 1, [*columns, 1] if body else None)
    else:
        text = Text.of_lines([*body, ""] if body else [], start + 1)
    return Heredoc(name, expand, chomp, text, start + 1, end + 1)


def _heredocs_of(line: str, escape: str) -> list[tuple[str, bool, bool]]:
    """Name, whether it expands, and whether it chomps, of each heredoc that this logical line opens."""
    probe = Instruction(Text(line, [0], [1], [1]), 0, 1, 1, ())
    _split(probe, escape)
    holder = probe.trigger or probe
    if holder.keyword not in HEREDOC_KEYWORDS or holder.form == "exec" or probe.problem:
        return []
    try:
        words = Lexer(line, {}, raw_quotes=True, raw_escapes=True, skip_unset=True).process()[1]
    except ExpansionError:
        return []
    return [found for word in words if (found := parse_heredoc(word))]


def parse_heredoc(word: str) -> tuple[str, bool, bool] | None:
    """Name, expansion and chomping of a heredoc word such as `<<-"EOF"`; None where it is none. Raises ExpansionError."""
    match = _HEREDOC.match(word)
    if not match or not match[3]:
        return None
    names = Lexer(match[3], {}, skip_unset=True).process()[1]
    if len(names) != 1:
        return None
    raw = Lexer(match[3], {}, skip_unset=True, raw_quotes=True).process()[1]
    quotes = [text.count("'") + text.count('"') for text in (names[0], raw[0])]
    return names[0], quotes[0] == quotes[1], match[2] == "-"


def _normalised(blocks: list[_Block]) -> tuple[list[str], list[int]]:
    """The lines that dockerfile-parse is given, and where each stands in the file: the first line of each instruction and its last.

    One word stands for the arguments: what matters here is which lines belong together, and under which keyword.
    """
    rows: list[str] = []
    lines: list[int] = []
    for block in blocks:
        match = _WORD.match(block.rows[0][2])
        keyword = match[0] if match else "-"
        if block.line == block.end_line:
            rows.append(f"{keyword} -")
            lines.append(block.line)
        else:
            rows += (f"{keyword} -\\", "-")
            lines += (block.line, block.end_line)
    return rows, lines


def _instruction(source: Source, block: _Block, end_line: int) -> Instruction:
    text = block.text()
    start = len(text.value) - len(text.value.lstrip(SPACES))
    instruction = Instruction(text, start, block.line, end_line, block.comments)
    instruction.blanks = block.blanks
    if block.heredocs:
        instruction.end_line = block.heredocs[-1].end_line
    _split(instruction, source.escape)
    holder = instruction.trigger or instruction
    holder.heredocs = instruction.heredocs = block.heredocs
    if block.problem and not instruction.problem:
        instruction.problem = block.problem
    return instruction


def _split(instruction: Instruction, escape: str) -> None:
    """Keyword, flags and arguments, as BuildKit's line parsers split them; sets `problem` where they refuse."""
    value = instruction.text.value
    match = _WORD.match(value, instruction.start)
    keyword_end = match.end() if match else instruction.start
    instruction.written = value[instruction.start : keyword_end]
    instruction.keyword = instruction.written.upper()
    instruction.keyword_end = keyword_end
    at = keyword_end
    end = len(value.rstrip(SPACES))
    while at < end and value[at] in _SEPARATORS:
        at += 1
    if value.startswith("--", at):
        at = _split_flags(instruction, at, end, escape)
    while at < end and value[at] in SPACES:
        at += 1
    instruction.value_start = min(at, max(end, keyword_end))
    if at >= end:
        return
    keyword = instruction.keyword
    if keyword == "ONBUILD":
        trigger = Instruction(instruction.text, at, instruction.line, instruction.end_line, ())
        _split(trigger, escape)
        instruction.trigger = trigger
        instruction.problem = trigger.problem
    elif keyword in PAIR_KEYWORDS:
        _split_pairs(instruction, at, end, escape)
    elif keyword == "ARG":
        _split_arg(instruction, at, end, escape)
    elif keyword in TEXT_KEYWORDS:
        instruction.words = (Word(value[at:end], value[at:end], False, at, end, instruction.text),)
    elif keyword == "HEALTHCHECK":
        _split_healthcheck(instruction, at, end)
    else:
        command = keyword in COMMAND_KEYWORDS
        if value[at] == "[" and (command or keyword in LIST_KEYWORDS) and _split_json(instruction, at, end):
            return
        if command:
            instruction.form = "shell"
        instruction._unsplit = (at, end)


def _plain_words(text: Text, at: int, end: int) -> tuple[Word, ...]:
    return tuple(Word(match[0], match[0], False, match.start(), match.end(), text) for match in _WORD.finditer(text.value, at, end))


def _split_flags(instruction: Instruction, at: int, end: int, escape: str) -> int:
    """Reads `--flag=value` words; returns the offset behind them."""
    value = instruction.text.value
    flags: list[Flag] = []
    while at < end:
        if value[at] in SPACES:
            at += 1
            continue
        if not value.startswith("--", at):
            break
        start = at
        word: list[str] = []
        quote = ""
        while at < end:
            character = value[at]
            if not quote and character in SPACES:
                break
            at += 1
            if character == quote:
                quote = ""
            elif not quote and character in "'\"":
                quote = character
            elif character == escape:
                if at < end:
                    word.append(value[at])
                    at += 1
            else:
                word.append(character)
        name, equals, text = "".join(word).partition("=")
        if name == "--" and not equals:
            break
        flags.append(Flag(name[2:], text if equals else None, start, at, instruction.text))
    instruction.flags = tuple(flags)
    return at


def _split_json(instruction: Instruction, at: int, end: int) -> bool:
    """Whether the arguments are a JSON array of strings; then they are the words. An array of other things is refused."""
    value = instruction.text.value
    words: list[Word] = []
    offset = at + 1
    while match := _JSON_STRING.match(value, offset, end):
        start, stop = match.start(1) - 1, match.end(1) + 1
        text = match[1]
        if "\\" in text:
            text = unescape_json(text)
        words.append(Word(value[start:stop], text, True, start, stop, instruction.text))
        offset = match.end()
        if offset >= end or value[offset] != ",":
            break
        offset += 1
    closed = value.startswith("]", offset) and value[offset - 1] != "," and offset == end - 1
    if not closed and not words and value[at + 1 : end].strip(" \t\r\n") == "]":
        closed = True
    if closed:
        instruction.form = "exec"
        instruction.words = tuple(words)
        return True
    if _is_json_array(value[at:end]):
        instruction.problem = Problem(
            "json", "when using JSON array syntax, arrays must be comprised of strings only", instruction.text.span(at, end)
        )
        return True
    return False


def unescape_json(text: str) -> str:
    """The characters between the quotes of a JSON string, escapes resolved; a lone surrogate becomes U+FFFD."""

    def character(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _JSON_CHARACTERS.get(match[2], match[2])

    plain = _JSON_ESCAPE.sub(character, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if "\\u" in text else plain


def _is_json_array(text: str) -> bool:
    import json

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return isinstance(json.loads(text, parse_constant=refuse), list)
    except (ValueError, RecursionError):
        return False


def _split_healthcheck(instruction: Instruction, at: int, end: int) -> None:
    value = instruction.text.value
    separator = at
    while separator < end and value[separator] not in SPACES:
        separator += 1
    kind = Word(value[at:separator], value[at:separator], False, at, separator, instruction.text)
    rest = separator
    while rest < end and value[rest] in SPACES:
        rest += 1
    instruction.words = (kind,)
    if rest >= end:
        return
    if value[rest] == "[" and _split_json(instruction, rest, end):
        instruction.words = (kind, *instruction.words) if instruction.form == "exec" else (kind,)
        return
    instruction.form = "shell"
    instruction.words = (kind, *_plain_words(instruction.text, rest, end))


def _quoted_words(text: Text, at: int, end: int, escape: str) -> list[Word]:
    """Words split at white space outside of quotes; quotes and escapes stay (BuildKit's parseWords)."""
    value = text.value
    words: list[Word] = []
    while at < end:
        if value[at] in SPACES:
            at += 1
            continue
        start = at
        quote = ""
        quoted = False
        while at < end:
            character = value[at]
            if not quote and character in SPACES:
                break
            if character == escape and quote != "'":
                at += 2
                continue
            at += 1
            if quote:
                if character == quote:
                    quote = ""
            elif character in "'\"":
                quote = character
                quoted = True
        at = min(at, end)
        raw = value[start:at]
        # An escape character at the very end of a word at the end of the text is dropped.
        if at == end and raw.endswith(escape) and quote != "'" and (len(raw) - len(raw.rstrip(escape))) % 2:
            raw = raw[:-1]
        if raw:
            words.append(Word(raw, raw, quoted, start, start + len(raw), text))
    return words


def _split_pairs(instruction: Instruction, at: int, end: int, escape: str) -> None:
    text = instruction.text
    words = _quoted_words(text, at, end, escape)
    if not words:
        return
    if "=" not in words[0].raw:
        match = _WORD.match(text.value, at, end)
        assert match
        if match.end() >= end:
            instruction.problem = Problem("pairs", f"{instruction.keyword} must have two arguments", words[0].span)
            return
        rest = match.end()
        while rest < end and text.value[rest] in _SEPARATORS:
            rest += 1
        raw = text.value[rest:end]
        value = Word(raw, raw, raw[:1] in ('"', "'"), rest, end, text)
        instruction.pairs = (Pair(Word(match[0], match[0], False, at, match.end(), text), value, True),)
        return
    pairs = []
    for word in words:
        name, equals, _ = word.raw.partition("=")
        if not equals:
            reason = f'Syntax error - can\'t find = in "{word.raw}". Must be of the form: name=value'
            instruction.problem = Problem("pairs", reason, word.span)
            return
        pairs.append(_pair(word, len(name)))
    instruction.pairs = tuple(pairs)


def _pair(word: Word, equals: int) -> Pair:
    split = word.start + equals
    name, raw = word.raw[:equals], word.raw[equals + 1 :]
    value = Word(raw, _unquoted(raw) if word.quoted or "\\" in raw else raw, word.quoted, split + 1, word.end, word.text)
    return Pair(Word(name, name, False, word.start, split, word.text), value, False)


def _unquoted(raw: str) -> str:
    if raw[:1] == raw[-1:] == '"' and len(raw) > 1 and raw.count('"') == 2 and "\\" not in raw and "<" not in raw:
        return raw[1:-1]
    try:
        return Lexer(raw, {}, skip_unset=True).process()[0]
    except ExpansionError:
        return raw


def _split_arg(instruction: Instruction, at: int, end: int, escape: str) -> None:
    pairs = []
    for word in _quoted_words(instruction.text, at, end, escape):
        equals = word.raw.find("=")
        pairs.append(_pair(word, equals) if equals >= 0 else Pair(word, None, False))
    instruction.pairs = tuple(pairs)
