"""Variables and quotes as BuildKit's Dockerfile frontend expands them (its `shell.Lex`, BuildKit 0.34).

This is not a shell: it knows `$name`, `${name}`, the modifiers `- + ? : # ## % %% / //`, both quotes and the escape character.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from dockerlint.text import SPACES

_SPECIAL = "@*#?-$!0"
_SPACES = frozenset(SPACES)
# Characters that mean nothing outside of quotes, whatever the escape character and what is open; and inside of double quotes.
_PLAIN = re.compile(r"""[^$<'"\\`}/]+""")
_PLAIN_QUOTED = re.compile(r"""[^$"\\`]+""")


class ExpansionError(Exception):
    """What BuildKit says about a word that it cannot expand."""


class Expansion(NamedTuple):
    """A word after expansion: its value, and which variables were found and which were not, in order of appearance."""

    value: str
    matched: tuple[str, ...]
    unmatched: tuple[str, ...]


def is_plain(word: str) -> bool:
    """Whether there is nothing to expand in the word, whatever the escape character."""
    return not ("$" in word or '"' in word or "'" in word or "\\" in word or "`" in word or "<" in word)


def expand(word: str, variables: Mapping[str, str], escape: str = "\\", keep_quotes: bool = False) -> Expansion:
    """The word with variables replaced and quotes removed; `keep_quotes` treats quotes as plain characters.

    Raises ExpansionError where BuildKit refuses the word.
    """
    if is_plain(word):
        return Expansion(word, (), ())
    if "$" not in word and "'" not in word and "<" not in word and escape not in word and word.count('"') % 2 == 0 and not keep_quotes:
        return Expansion(word.replace('"', ""), (), ())
    lexer = Lexer(word, variables, escape, process_quotes=not keep_quotes)
    value, _ = lexer.process()
    return Expansion(value, tuple(lexer.matched), tuple(lexer.unmatched))


def split(text: str, variables: Mapping[str, str], escape: str = "\\") -> list[str]:
    """The words of the text after expansion; raises ExpansionError."""
    return Lexer(text, variables, escape).process()[1]


class _Words:
    """Collects words while a text is processed; white space ends a word unless it was quoted or escaped."""

    __slots__ = ("buffer", "inside", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.buffer = ""
        self.inside = False

    def add(self, text: str) -> None:
        if text and _SPACES.isdisjoint(text):
            self.add_raw(text)
            return
        for character in text:
            if character not in _SPACES:
                self.add_raw(character)
            elif self.inside and self.buffer:
                self.words.append(self.buffer)
                self.buffer = ""
                self.inside = False

    def add_raw(self, text: str) -> None:
        self.buffer += text
        self.inside = True

    def finish(self) -> list[str]:
        if self.buffer:
            self.words.append(self.buffer)
            self.buffer = ""
        return self.words


class Lexer:
    """One pass over one text."""

    def __init__(
        self,
        text: str,
        variables: Mapping[str, str],
        escape: str = "\\",
        *,
        raw_quotes: bool = False,
        raw_escapes: bool = False,
        skip_unset: bool = False,
        process_quotes: bool = True,
    ) -> None:
        self.text = text
        self.at = 0
        self.variables = variables
        self.escape = escape
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes
        self.skip_unset = skip_unset
        self.process_quotes = process_quotes
        self.depth = 0
        self.matched: dict[str, None] = {}
        self.unmatched: dict[str, None] = {}

    def process(self) -> tuple[str, list[str]]:
        """The whole text after expansion, as one string and as words."""
        return self._until("", self.raw_escapes, False)

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _next(self) -> str:
        character = self._peek()
        self.at += 1
        return character

    def _until(self, stop: str, raw_escapes: bool, pattern: bool) -> tuple[str, list[str]]:
        self.depth += 1
        if self.depth > 100:
            raise ExpansionError("substitutions are nested too deeply")
        result: list[str] = []
        words = _Words()
        saved, self.raw_escapes = self.raw_escapes, raw_escapes
        try:
            while character := self._peek():
                if character == stop:
                    self.at += 1
                    return "".join(result), words.finish()
                if plain := _PLAIN.match(self.text, self.at):
                    value = plain[0]
                    self.at += len(value)
                    words.add(value)
                elif character == "$":
                    value = self._dollar()
                    words.add(value)
                elif character == "<":
                    value = self._angle()
                    words.add_raw(value)
                elif character == "'" and self.process_quotes:
                    value = self._single(pattern)
                    words.add_raw(value)
                elif character == '"' and self.process_quotes:
                    value = self._double(pattern)
                    words.add_raw(value)
                else:
                    self.at += 1
                    value = ""
                    if character == self.escape:
                        if self.raw_escapes:
                            words.add_raw(character)
                            value = character
                        character = self._next()
                        if character:
                            words.add_raw(character)
                    else:
                        words.add(character)
                    value += character
                result.append(value)
        finally:
            self.raw_escapes = saved
            self.depth -= 1
        if stop:
            raise ExpansionError(f"unexpected end of statement while looking for matching {stop}")
        return "".join(result), words.finish()

    def _single(self, pattern: bool) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ExpansionError("unexpected end of statement while looking for matching single-quote")
        value = self.text[self.at + 1 : end]
        self.at = end + 1
        if pattern:
            value = value.replace(self.escape, self.escape * 2)
        return f"'{value}'" if self.raw_quotes else value

    def _double(self, pattern: bool) -> str:
        result = [self._next()] if self.raw_quotes else [self._next()][:0]
        while True:
            character = self._peek()
            if not character:
                raise ExpansionError("unexpected end of statement while looking for matching double-quote")
            if plain := _PLAIN_QUOTED.match(self.text, self.at):
                result.append(plain[0])
                self.at = plain.end()
                continue
            if character == "$":
                result.append(self._dollar())
                continue
            self.at += 1
            if character == '"':
                if self.raw_quotes:
                    result.append(character)
                return "".join(result)
            if character == self.escape:
                following = self._peek()
                if not following:
                    continue
                if following in ('"', "$", self.escape):
                    if self.raw_escapes:
                        result.append(character)
                    character = self._next()
                elif self.raw_escapes and (not self.raw_quotes or pattern):
                    result.append(character)
            result.append(character)

    def _angle(self) -> str:
        self.at += 1
        if self._peek() != "<":
            return "<"
        self.at += 1
        start = self.at
        while self._peek() in ("\t", "\r", " "):
            self.at += 1
        return "<<" + self.text[start : self.at]

    def _name(self) -> str:
        start = self.at
        first = self._peek()
        if first.isdecimal():
            while self._peek().isdecimal():
                self.at += 1
        elif first and first in _SPECIAL:
            self.at += 1
        else:
            while (character := self._peek()) and (character.isalpha() or character.isdecimal() or character == "_"):
                self.at += 1
        return self.text[start : self.at]

    def _lookup(self, name: str) -> str | None:
        value = self.variables.get(name)
        (self.unmatched if value is None else self.matched)[name] = None
        return value

    def _dollar(self) -> str:
        self.at += 1
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            value = self._lookup(name)
            if value is None:
                return f"${name}" if self.skip_unset else ""
            return value
        self.at += 1
        if not self._peek():
            raise ExpansionError("syntax error: missing '}'")
        if self._peek() in "{}:":
            raise ExpansionError("syntax error: bad substitution")
        name = self._name()
        modifier = self._next()
        if modifier == "}":
            value = self._lookup(name)
            if value is None:
                return f"${{{name}}}" if self.skip_unset else ""
            return value
        if modifier == "/":
            return self._replace(name)
        if modifier not in (":", "+", "-", "?", "#", "%"):
            raise ExpansionError(f"unsupported modifier ({modifier}) in substitution")
        return self._modified(name, modifier)

    def _word(self, stop: str, raw: bool, pattern: bool, missing: str) -> str:
        try:
            return self._until(stop, raw, pattern)[0]
        except ExpansionError:
            if not self._peek():
                raise ExpansionError(f"syntax error: missing {missing}") from None
            raise

    def _modified(self, name: str, modifier: str) -> str:
        null_is_unset = modifier == ":"
        shown = modifier
        if null_is_unset:
            modifier = self._next()
            shown += modifier
        raw = modifier in ("#", "%")
        if null_is_unset and raw:
            raise ExpansionError(f"unsupported modifier ({shown}) in substitution")
        word = self._word("}", raw, raw, "'}'")
        value = self._lookup(name)
        if self.skip_unset and value is None:
            return f"${{{name}{shown}{word}}}"
        unset = value is None or (null_is_unset and value == "")
        if modifier == "-":
            return word if unset else value or ""
        if modifier == "+":
            return "" if unset else word
        if modifier == "?":
            if unset:
                why = "unset" if value is None else "empty"
                raise ExpansionError(f"{name}: {word or f'is not allowed to be {why}'}")
            return value or ""
        if raw:
            greedy = word[:1] == modifier
            pattern = word[1:] if greedy else word
            trim = _trim_suffix if modifier == "%" else _trim_prefix
            return trim(pattern, value or "", greedy)
        raise ExpansionError(f"unsupported modifier ({shown}) in substitution")

    def _replace(self, name: str) -> str:
        every = self._peek() == "/"
        if every:
            self.at += 1
        pattern = self._word("/", True, True, "'/' in ${}")
        replacement = self._word("}", True, False, "'}'")
        value = self._lookup(name)
        if self.skip_unset and value is None:
            return f"${{{name}/{pattern}/{replacement}}}"
        expression = _regex(pattern, greedy=True, anchored=False)
        return expression.sub(lambda _: replacement, value or "", count=0 if every else 1)


def _regex(pattern: str, greedy: bool, anchored: bool) -> re.Pattern[str]:
    """A shell pattern (`*`, `?` and escapes) as a regular expression."""
    out = ["^"] if anchored else []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            out.append(".*" if greedy else ".*?")
        elif character == "?":
            out.append(".")
        elif character == "\\":
            following = pattern[at : at + 1]
            if following in ("}", "/") and following:
                continue
            at += 1
            if following not in ("*", "?", "\\") or not following:
                raise ExpansionError(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{following}'")
            out.append("\\" + following)
        else:
            out.append(re.escape(character))
    return re.compile("".join(out))


def _trim_prefix(pattern: str, value: str, greedy: bool) -> str:
    match = _regex(pattern, greedy, anchored=True).match(value)
    return value[match.end() :] if match else value


def _reversed_pattern(pattern: str) -> str:
    units: list[str] = []
    at = 0
    while at < len(pattern):
        size = 2 if pattern[at] == "\\" and at + 1 < len(pattern) else 1
        units.append(pattern[at : at + size])
        at += size
    return "".join(reversed(units))


def _trim_suffix(pattern: str, value: str, greedy: bool) -> str:
    return _trim_prefix(_reversed_pattern(pattern), value[::-1], greedy)[::-1]
