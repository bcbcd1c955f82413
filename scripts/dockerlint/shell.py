"""Shell text into commands: what a RUN, CMD, ENTRYPOINT or HEALTHCHECK starts, and how the commands hang together.

Reads POSIX sh and bash (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html). It is no judge of syntax: a script that
a shell would refuse is read as far as it makes sense, and nothing is ever raised.

Most commands are plain, so one regular expression takes all the simple words of a command at once, and they are told apart only
when somebody asks. Words with substitutions and other rarities go through `scan`, a small machine with a stack of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.shellwords import (
    BLANKS,
    EMPTY_PARENTHESES,
    GAP,
    SIMPLE,
    TOKEN,
    first_word,
    is_assignment,
    json_pieces,
    scan,
    shell_pieces,
    word_at,
    words_of,
)
from dockerlint.text import Span, Text, Word
from dockerlint.wrappers import OUTER, TAKE_ASSIGNMENTS, WRAPPERS, find_actions, script_words, takes_next, wrapped_index

if TYPE_CHECKING:
    from dockerlint.parser import Instruction

_MAX_DEPTH = 12  # of substitutions in substitutions, scripts in scripts and wrappers of wrappers
_MAX_WITHIN = 40  # of the names in `Command.within`


class Redirect(NamedTuple):
    """`2>> log`: fd "2", operator ">>", target the word `log` (of a heredoc: its delimiter)."""

    fd: str
    operator: str
    target: Word

    @property
    def span(self) -> Span:
        return self.target.text.span(self.target.start - len(self.operator) - len(self.fd), self.target.end)


class Command:
    """A simple command, with how it is joined to its neighbours and what it stands in.

    `name` is the base name of the first word, "" where there are only assignments or redirections. `[[`, `((` and the header
    `function NAME` count as commands of these names. `within` says what surrounds it, outermost first: "subshell", "group",
    "if-condition", "if", "while-condition", "loop", "case", "function", "substitution", "not", "sh -c", "eval", "trap",
    "find -exec", "xargs". `branch` has two numbers for each compound command around it in the same script, outermost first: which one of
    the script's compound commands, and which of its lists; the branches of an `if` or a `case` differ in the second alone. `before` and
    `after` are the operators that join it to its list. Of `sudo apt-get` there are two:
    `apt-get` has `wrapper` sudo, sudo has `wrapped` apt-get, and both have the same operators, pipes and redirections; `piped_from`
    and `piped_into` give the outer one. In `a | { b; c; }` a is piped into b; in `{ a; b; } | c` c is piped from b.
    """

    branch: tuple[tuple[int, int], ...] = ()
    before: str = ""
    after: str = ""
    piped_from: Command | None = None
    piped_into: Command | None = None
    wrapper: Command | None = None
    wrapped: Command | None = None
    instruction: Instruction | None = None
    index: int = 0
    _parts: Sequence[tuple[int, int, bool]] = ()  # start, end, whether it is one word (else a run of simple words)
    _words: tuple[Word, ...] | None = None
    _assignments: Sequence[tuple[int, int] | Word] = ()
    _redirects: Sequence[tuple[str, str, int, int, int]] = ()  # descriptor, operator, start and end of the target, start of all

    def __init__(self, text: Text, start: int, name: str, within: tuple[str, ...]) -> None:
        self.text = text
        self.start = start
        self.name = name
        self.within = within

    def __repr__(self) -> str:
        return f"<Command {' '.join(word.raw for word in self.words)!r}>"

    @property
    def words(self) -> tuple[Word, ...]:
        """All its words, the command's own name first."""
        words = self._words
        if words is None:
            words = self._words = tuple(words_of(self.text, self._parts))
        return words

    @property
    def arguments(self) -> tuple[Word, ...]:
        return self.words[1:]

    @property
    def assignments(self) -> tuple[Word, ...]:
        """The NAME=value words before the name."""
        return tuple(item if isinstance(item, Word) else word_at(self.text, *item) for item in self._assignments)

    @property
    def redirects(self) -> tuple[Redirect, ...]:
        return tuple(Redirect(fd, operator, word_at(self.text, start, end)) for fd, operator, start, end, _ in self._redirects)

    @property
    def end(self) -> int:
        """The offset behind its last word, redirections not counted."""
        if self.words:
            return self.words[-1].end
        return max((word.end for word in self.assignments), default=max((item[3] for item in self._redirects), default=self.start))

    @property
    def span(self) -> Span:
        return self.text.span(self.start, self.end)

    def find(self, *flags: str) -> Word | None:
        """The first argument that is one of the flags: written out, with "=value", or in a cluster ("-qy" has "-y"); none behind "--"."""
        letters = [flag[1] for flag in flags if len(flag) == 2]
        for word in self.words[1:]:
            value = word.value
            if value[:1] == "-":
                if value == "--":
                    return None
                name = value.partition("=")[0]
                if name in flags:
                    return word
                cluster = name[1:]
                alone = cluster.lstrip("0123456#").removesuffix("-").isalpha()  # curl -LOC-
                if cluster[:1] in letters or (alone and any(letter in cluster for letter in letters)):
                    return word
        return None

    def has(self, *flags: str) -> bool:
        """Whether one of the flags is given; see `find`."""
        return self.find(*flags) is not None

    def option(self, *names: str) -> str | None:
        """The value of the first of these options: "--name=value", "--name value", "-n value", "-nvalue" or "-xyn value"."""
        words = iter(self.arguments)
        for word in words:
            value = word.value
            if value[:1] != "-":
                continue
            if value == "--":
                break
            for name in names:
                cluster = len(name) == 2 and value[1:].lstrip("0123456#").isalpha()  # curl -1sLfo FILE
                if value == name or (cluster and value.endswith(name[1]) and value[1] != name[1]):
                    following = next(words, None)
                    return following.value if following else ""
                if value.startswith(name) and (value[len(name)] == "=" or (len(name) == 2 and name != "--")):
                    return value[len(name) :].removeprefix("=")
        return None

    def verb(self, valued: Container[str] = ()) -> str:
        """The first operand's value, as `install` of `apt-get -y install curl`; "" where there is none."""
        operands = self.operands(valued)
        return operands[0].value if operands else ""

    def operands(self, valued: Container[str] = ()) -> list[Word]:
        """The arguments that are no options; `valued` names the options that take the next word."""
        operands: list[Word] = []
        words = iter(self.arguments)
        for word in words:
            value = word.value
            if value == "--":
                return [*operands, *words]
            if value[:1] != "-" or value == "-":
                operands.append(word)
            elif takes_next(value, valued):
                next(words, None)
        return operands


def parse(text: Text, start: int = 0, end: int | None = None) -> list[Command]:
    """The commands in a stretch of `text` in order of appearance, those in substitutions, in `sh -c` scripts and behind wrappers too."""
    reader = _Reader(text, [], 0)
    reader.read(start, len(text.value) if end is None else end, ())
    return reader.finished()


def command_of_words(words: Sequence[Word]) -> list[Command]:
    """The command that an exec form (a JSON array) starts, then the commands that it wraps or has as a script; [] for no words."""
    if not words:
        return []
    reader = _Reader(words[0].text, [], 0, json_pieces)
    command = _of_words(tuple(words), ())
    reader.commands.append(command)
    reader.unwrap(command)
    return reader.finished()


class _Reader:
    """Reads one script, or one stretch of it; `commands` is filled, and shared with the readers of what is nested in it."""

    def __init__(
        self, text: Text, commands: list[Command], depth: int, pieces: Callable[[Word], list[tuple[str, int]]] | None = None
    ) -> None:
        self.text = text
        self.commands = commands
        self.depth = depth
        self.pieces = pieces or shell_pieces

    def read(self, pos: int, end: int, within: tuple[str, ...]) -> None:
        value, match = self.text.value, TOKEN.match
        self.end = end
        # Where we are: the compound commands that are open, what surrounds a command here, and without "not".
        self.stack: list[tuple[str, tuple[str, ...], tuple[str, ...], tuple[tuple[int, int], ...]]] = []
        self.kind = ""
        self.within = self.surroundings = within
        self.branch: tuple[tuple[int, int], ...] = ()
        self.compounds = 0  # opened so far
        # The list: the operator before the next command, the command before, what is piped into the next one.
        self.before = ""
        self.last: Command | None = None
        self.feeding: Command | None = None
        self.fresh = True  # no command yet since the last operator or reserved word
        self.closed = False  # a compound command has just ended
        self.function = False  # the next compound command is a function's body
        self.arithmetic_tries = 8  # how often `((` may still turn out to be two subshells, which takes reading ahead
        self.heredocs: list[tuple[str, bool]] = []  # delimiters whose bodies begin on the next line
        self._begin()
        while pos < end:
            token = match(value, pos, end)
            assert token
            run, redirect, operator = token.groups()
            stop = token.end()
            if run:
                start, run_end = token.span(1)
                if not self.parts:
                    first = first_word(run)
                    if first in _KEYWORDS and not self.assignments and not self.redirects:
                        pos = self._keyword(first, start, start + len(first))
                        continue
                    if "=" in first and is_assignment(first):
                        assignment = SIMPLE.match(value, start, run_end)
                        assert assignment
                        pos = assignment.end()
                        self.assignments.append((start, pos))
                        continue
                self.parts.append((start, run_end, False))
            if operator:
                if operator == "(" or operator == ")":
                    stop = self._parenthesis(operator, token.end(3))
                else:
                    self._finish()
                    self._separate(operator)
                    if operator == "\n" and self.heredocs:
                        stop = self._skip_heredocs(token.end(3))
                    elif operator[0] == ";" and len(operator) > 1 and self.kind == "case":
                        stop = self._pattern(token.end(3))
            elif redirect:
                stop = self._redirect(redirect, token.start(2), stop)
            elif not run and stop < end and value[stop] != "\n":
                stop = self._rare_word(stop)
            pos = stop
        self._finish()

    def finished(self) -> list[Command]:
        """The commands, now that all is known about those that are wrapped."""
        for command in self.commands:
            outer = command.wrapper
            if outer and outer.wrapped is command:
                command.before, command.after = outer.before, outer.after
                command.piped_from, command.piped_into = outer.piped_from, outer.piped_into
        return self.commands

    def _begin(self) -> None:
        self.parts: list[tuple[int, int, bool]] = []
        self.assignments: list[tuple[int, int]] = []
        self.redirects: list[tuple[str, str, int, int, int]] = []
        self.nested: list[tuple[int, int]] = []

    def _finish(self) -> None:
        """The command under construction is complete."""
        if self.parts or self.assignments or (self.redirects and not self.closed):  # redirections behind `}` or `done` belong to no command
            self._add(self.parts)
        if self.nested:
            self._read_nested()
        if self.parts or self.assignments or self.redirects:
            self._begin()

    def _read_nested(self) -> None:
        within = _extended(self.within, "substitution")
        for start, end in self.nested:
            if self.depth < _MAX_DEPTH:
                _Reader(self.text, self.commands, self.depth + 1).read(start, end, within)
        self.nested = []

    def _add(self, parts: list[tuple[int, int, bool]]) -> None:
        text = self.text
        if parts:
            start, end, single = parts[0]
            first = text.value[start:end] if single else first_word(text.value[start:end])
            if single or "'" in first or '"' in first or "\\" in first:
                first = word_at(text, start, end).value if single else next(iter(words_of(text, parts[:1]))).value
            name = first if "/" not in first or "$(" in first or "`" in first else first[first.rindex("/") + 1 :]
            if name[:2] == "((":
                name = "(("
        else:
            name = ""
            start = self.assignments[0][0] if self.assignments else self.redirects[0][4]
        if self.assignments:
            start = self.assignments[0][0]
        command = Command(text, start, name, self.within)
        command._parts = parts
        if self.assignments:
            command._assignments = self.assignments
        if self.redirects:
            command._redirects = self.redirects
        command.branch = self.branch
        command.before = self.before
        if self.feeding:
            command.piped_from = self.feeding
            self.feeding.piped_into = command
            self.feeding = None
        self.last = command
        self.fresh = self.closed = False
        self.commands.append(command)
        if name in OUTER:
            self.unwrap(command)

    def _separate(self, operator: str) -> None:
        """A control operator ends a command or a compound command."""
        if self.fresh:
            if operator == "\n":
                return
        elif self.last and not self.closed:
            self.last.after = operator
        self.before = operator
        if operator[0] == "|" and operator != "||":
            self.feeding = self.last
        else:
            self.feeding = None
            self.within = self.surroundings
        self.fresh, self.closed = True, False

    def _open(self, kind: str, label: str) -> None:
        if self.function:
            label, self.function = "function", False
        self.stack.append((self.kind, self.within, self.surroundings, self.branch))
        self.kind = kind
        self.compounds += 1
        self.branch = (*self.branch, (self.compounds, 0))[:_MAX_WITHIN]
        self._restart(_extended(self.within, label))

    def _divide(self, within: tuple[str, ...]) -> None:
        """The next list of a compound command begins."""
        if self.branch:
            compound, number = self.branch[-1]
            self.branch = (*self.branch[:-1], (compound, number + 1))
        self._restart(within)

    def _restart(self, within: tuple[str, ...]) -> None:
        """A list begins."""
        self.within = self.surroundings = within
        self.before, self.fresh, self.closed = "", True, False

    def _close(self, kind: str) -> None:
        """The innermost compound command of this kind ends, and what was left open in it."""
        open_kinds = [self.kind, *(frame[0] for frame in reversed(self.stack[-8:]))][: len(self.stack)]
        if kind in open_kinds:
            del self.stack[len(self.stack) - open_kinds.index(kind) :]
            self.kind, self.within, self.surroundings, self.branch = self.stack.pop()
            self.fresh, self.closed = False, True

    def _parenthesis(self, operator: str, pos: int) -> int:
        value, end = self.text.value, self.end
        if operator == ")":
            self._finish()
            self._close("(")
            return pos
        if self.parts:
            closing = BLANKS.match(value, pos, end).end()  # type: ignore[union-attr]
            if value.startswith(")", closing):
                self._begin()
                self.function = True
                return closing + 1
        elif value.startswith("(", pos) and self.arithmetic_tries:
            self.arithmetic_tries -= 1
            nested: list[tuple[int, int]] = []
            arithmetic_end = scan(value, pos + 1, end, nested, [], "))")
            if value.endswith("))", pos, arithmetic_end):
                self.parts.append((pos - 1, arithmetic_end, True))
                self.nested += nested
                self.arithmetic_tries += 1
                return arithmetic_end
        self._finish()
        self._open("(", "subshell")
        return pos

    def _redirect(self, redirect: str, start: int, pos: int) -> int:
        value = self.text.value
        operator = redirect.lstrip("0123456789")
        pos = BLANKS.match(value, pos, self.end).end()  # type: ignore[union-attr]
        end = scan(value, pos, self.end, self.nested, [])
        self.redirects.append((redirect[: -len(operator)], operator, pos, end, start))
        if operator in ("<<", "<<-"):
            self.heredocs.append((word_at(self.text, pos, end).value, operator == "<<-"))
        return end

    def _rare_word(self, pos: int) -> int:
        """A word with a substitution, an array, an extended pattern or a quote without end."""
        value = self.text.value
        if not self.parts and value.startswith("!(", pos):
            return self._keyword("!", pos, pos + 1)
        end = max(scan(value, pos, self.end, self.nested, []), pos + 1)
        if not self.parts and is_assignment(value[pos:end]):
            self.assignments.append((pos, end))
        else:
            self.parts.append((pos, end, True))
        return end

    def _skip_heredocs(self, pos: int) -> int:
        value, end = self.text.value, self.end
        for delimiter, tabs in self.heredocs:
            line = None
            while pos < end and line != delimiter:
                line_end = value.find("\n", pos, end)
                line_end = end if line_end < 0 else line_end
                line = value[pos:line_end].rstrip("\r")
                if tabs:
                    line = line.lstrip("\t")
                pos = min(line_end + 1, end)
        self.heredocs.clear()
        return pos

    def _keyword(self, word: str, start: int, pos: int) -> int:
        """A reserved word stands where a command may begin."""
        kind, label = _KEYWORDS[word]
        if word in ("for", "select"):
            pos = self._skip_words(pos)
            self._open(kind, label)
        elif word == "case":
            pos = self._skip_words(pos, 2)
            self._open(kind, label)
            return self._pattern(pos)
        elif word == "function":
            self.parts = [(start, self._skip_words(pos, 1), False)]
            pos = self.parts[0][1]
            self._finish()
            self.function = self.fresh = True
            empty = EMPTY_PARENTHESES.match(self.text.value, pos, self.end)
            return empty.end() if empty else pos
        elif word == "[[":
            return self._test(start)
        elif word == "!":
            self.within = _extended(self.surroundings, "not")
        elif not label:
            self._close(kind)
        elif word in ("if", "while", "until", "{"):
            self._open(kind, label)
        elif self.stack:
            self._divide(_extended(self.stack[-1][1], label))
        return pos

    def _skip_words(self, pos: int, limit: int = 0) -> int:
        """Behind the words of the header of a `for`, a `case` or a `function`."""
        value, count = self.text.value, 0
        while not limit or count < limit:
            start = BLANKS.match(value, pos, self.end).end()  # type: ignore[union-attr]
            arithmetic = value.startswith("((", start)
            end = scan(value, start + 2 * arithmetic, self.end, self.nested, [], "))" if arithmetic else "")
            if end == start or (count == 1 and value[start:end] == "do"):
                break
            pos = end
            count += 1
        self._read_nested()
        return pos

    def _pattern(self, pos: int) -> int:
        """Behind the `)` of a case's pattern, or where `esac` stands."""
        value = self.text.value
        self._divide(self.surroundings)
        pos = GAP.match(value, pos, self.end).end()  # type: ignore[union-attr]
        if value.startswith("esac", pos) and scan(value, pos, self.end, [], []) == pos + 4:
            return pos
        pos += value.startswith("(", pos)
        while pos < self.end:
            pos = BLANKS.match(value, pos, self.end).end()  # type: ignore[union-attr]
            pos = BLANKS.match(value, scan(value, pos, self.end, self.nested, []), self.end).end()  # type: ignore[union-attr]
            if not value.startswith("|", pos):
                break
            pos += 1
        self._read_nested()
        return pos + value.startswith(")", pos)

    def _test(self, pos: int) -> int:
        """`[[ … ]]`, where `<`, `&&` and parentheses are words."""
        value = self.text.value
        while pos < self.end:
            end = scan(value, pos, self.end, self.nested, [])
            if end == pos:
                end += 2 if value[pos : pos + 2] in ("&&", "||") else 1
            self.parts.append((pos, end, True))
            if value[pos:end] == "]]":
                return end
            pos = GAP.match(value, end, self.end).end()  # type: ignore[union-attr]
        return pos

    def unwrap(self, command: Command, depth: int = 0) -> None:
        """Reads what a command runs that takes commands or scripts as arguments."""
        words, name, within = command.words, command.name, command.within
        if depth > _MAX_DEPTH:
            return
        if name == "find":
            for start, end in find_actions(words):
                self._wrap(command, words[start:end], _extended(within, "find -exec"), depth)
            return
        label = name if name in ("eval", "trap") else "sh -c"
        if script := script_words(name, words):
            self._read_script(command, script, _extended(within, label))
        elif name in WRAPPERS:
            start = wrapped_index(name, words)
            if start < len(words):
                inner = self._wrap(command, words[start:], _extended(within, "xargs") if name == "xargs" else within, depth)
                command.wrapped = inner
                if name in TAKE_ASSIGNMENTS:
                    inner._assignments = [word for word in words[1:start] if is_assignment(word.value)]

    def _wrap(self, outer: Command, words: tuple[Word, ...], within: tuple[str, ...], depth: int) -> Command:
        inner = _of_words(words, within)
        inner.wrapper = outer
        inner._redirects = outer._redirects
        inner.branch = outer.branch
        self.commands.append(inner)
        if inner.name in OUTER:
            self.unwrap(inner, depth + 1)
        return inner

    def _read_script(self, outer: Command, script: Sequence[Word], within: tuple[str, ...]) -> None:
        if self.depth >= _MAX_DEPTH:
            return
        pieces: list[tuple[str, int]] = []
        for word in script:
            if pieces:
                pieces.append((" ", word.start - 1))
            pieces += self.pieces(word)
        text = script[0].text.derive(pieces)
        first = len(self.commands)
        _Reader(text, self.commands, self.depth + 1).read(0, len(text.value), within)
        for command in self.commands[first:]:
            command.wrapper = command.wrapper or outer


# Reserved words: the kind of compound command that they open, divide or close, and what the commands behind them are within.
_KEYWORDS: dict[str, tuple[str, str]] = {
    "if": ("if", "if-condition"),
    "elif": ("if", "if-condition"),
    "then": ("if", "if"),
    "else": ("if", "if"),
    "fi": ("if", ""),
    "while": ("loop", "while-condition"),
    "until": ("loop", "while-condition"),
    "for": ("loop", "loop"),
    "select": ("loop", "loop"),
    "do": ("loop", "loop"),
    "done": ("loop", ""),
    "case": ("case", "case"),
    "esac": ("case", ""),
    "{": ("{", "group"),
    "}": ("{", ""),
    "!": ("", "not"),
    "[[": ("", ""),
    "function": ("", "function"),
}


def _extended(within: tuple[str, ...], label: str) -> tuple[str, ...]:
    return (*within, label) if len(within) < _MAX_WITHIN else within


def _of_words(words: tuple[Word, ...], within: tuple[str, ...]) -> Command:
    first = words[0]
    name = first.value if "$(" in first.value or "`" in first.value else first.value.rpartition("/")[2]
    command = Command(first.text, first.start, name, within)
    command._words = words
    return command
