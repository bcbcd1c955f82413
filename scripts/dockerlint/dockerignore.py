"""What a .dockerignore file keeps out of the build context, to the letter of the programs that read it.

Two programs read it: moby/patternmatcher's `ignorefile` turns the file into patterns, its `PatternMatcher` compares them with paths
(v0.6.1, with its oddities: `|`, `{` and `}` reach the regular expression unescaped, and a backslash before a letter can be a class).
`filepath.Match` of Go's standard library rules on whether a pattern is well formed, and it is what COPY's own wildcards mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from posixpath import normpath
from typing import NamedTuple

# What Go's strings.TrimSpace removes (unicode.IsSpace); str.strip() would also take the separators \x1c to \x1f.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

# bufio.Scanner's largest line, in bytes: BuildKit refuses a longer one.
LONGEST_LINE = 64 * 1024


class BadPattern(ValueError):
    """A pattern that Go refuses: BuildKit then refuses the build."""


def clean(path: str) -> str:
    """The path as Go's filepath.Clean writes it on Linux."""
    cleaned = normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def glob_match(pattern: str, name: str) -> bool:
    """Whether Go's filepath.Match says that the whole of `name` matches `pattern`; BadPattern where it finds an error.

    `*` and `?` do not cross a slash; `[^a-z]` negates (`!` does not); a backslash takes the next character as it is.
    """
    head, star, tail = pattern.partition("*")
    if star and not any(char in pattern for char in "?[\\") and "*" not in tail:  # as most are
        end = len(name) - len(tail)
        return end >= len(head) and name.startswith(head) and name.endswith(tail) and "/" not in name[len(head) : end]
    return _match(pattern, 0, name, 0)


def _match(pattern: str, at: int, name: str, start: int) -> bool:
    # One star at a time: what follows it up to the next star must fit at the first place where it can (as Go does).
    while at < len(pattern):
        star = False
        while at < len(pattern) and pattern[at] == "*":
            star, at = True, at + 1
        end = _chunk_end(pattern, at)
        if star and at == len(pattern):
            return "/" not in name[start:]
        rest = _match_chunk(pattern, at, end, name, start)
        if rest is not None and (rest == len(name) or end < len(pattern)):
            at, start = end, rest
            continue
        for begin in range(start, len(name)) if star else ():
            if name[begin] == "/":
                return False
            rest = _match_chunk(pattern, at, end, name, begin + 1)
            if rest is not None and (rest == len(name) or end < len(pattern)):
                at, start = end, rest
                break
        else:
            return False
    return start == len(name)


def _chunk_end(pattern: str, at: int) -> int:
    """Where the next star outside brackets stands, or the end."""
    in_class = False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif char == "*" and not in_class:
            break
        at += 1
    return min(at, len(pattern))


def _match_chunk(pattern: str, at: int, end: int, name: str, start: int) -> int | None:
    """Where in `name` the star-free pattern[at:end] stops matching from `start`, or None; BadPattern even behind a mismatch in it."""
    failed = False
    while at < end:
        char = pattern[at]
        failed = failed or start >= len(name)
        if char == "[":
            at, negated, ranges = _class(pattern, at, end)
            if not failed:
                failed = any(low <= name[start] <= high for low, high in ranges) == negated
                start += 1
            continue
        if char == "\\":
            at += 1
            if at >= end:
                raise BadPattern("a backslash at its end")
            char = pattern[at]
            wild = False
        else:
            wild = char == "?"
        if not failed:
            failed = name[start] == "/" if wild else name[start] != char
            start += 1
        at += 1
    return None if failed else start


def _class(pattern: str, at: int, end: int) -> tuple[int, bool, list[tuple[str, str]]]:
    """The bracket expression at `at`: where it ends, whether it is negated, its ranges."""
    at += 1
    negated = at < end and pattern[at] == "^"
    at += negated
    ranges: list[tuple[str, str]] = []
    while not (at < end and pattern[at] == "]" and ranges):
        low, at = _class_character(pattern, at, end)
        high = low
        if pattern[at] == "-":
            high, at = _class_character(pattern, at + 1, end)
        ranges.append((low, high))
    return at + 1, negated, ranges


def _class_character(pattern: str, at: int, end: int) -> tuple[str, int]:
    if at < end and pattern[at] == "\\":
        at += 1
    elif at < end and pattern[at] in "-]":
        raise BadPattern("a malformed [...]")
    if at + 1 >= end:
        raise BadPattern("an unclosed [")
    return pattern[at], at + 1


class Pattern:
    """One line of a .dockerignore file.

    `line` counts from 1; `written` is the line without white space around it; `cleaned` is what is compared, without the `!`
    of an `exception`. Raises BadPattern.
    """

    __slots__ = ("_search", "_test", "cleaned", "exception", "line", "written")

    def __init__(self, line: int, written: str, cleaned: str, exception: bool) -> None:
        self.line = line
        self.written = written
        self.cleaned = cleaned
        self.exception = exception
        self._test = _test(cleaned)
        self._search: Callable[[str], object] | None = None

    def matches(self, path: str) -> bool:
        """Whether the pattern names this very path (not a folder above it)."""
        kind, text, tail = self._test
        if kind == "exact":
            return path == text
        if kind == "prefix":
            return path.startswith(text)
        if kind == "suffix":
            return path.endswith(text) or (text.startswith("/") and path == text[1:])
        if kind == "deep star":
            path, kind = path.rpartition("/")[2], "star"
        if kind == "star":
            end = len(path) - len(tail)
            return end >= len(text) and path.startswith(text) and path.endswith(tail) and "/" not in path[len(text) : end]
        if self._search is None:
            import re

            try:
                self._search = re.compile(text, re.ASCII).search
            except (re.error, OverflowError):  # what only Go's parser could have told beforehand
                self._search = re.compile("(?!)").search
        return self._search(path) is not None

    @property
    def only_path(self) -> str:
        """The one path that it matches, "" where there may be others."""
        kind, text, _ = self._test
        return text if kind == "exact" else ""

    @property
    def only_name(self) -> str:
        """The name that it matches in any folder (`**/name`), "" where it is another kind of pattern."""
        kind, text, _ = self._test
        return text[1:] if kind == "suffix" and text.rfind("/") == 0 else ""

    @property
    def ending(self) -> str:
        """What every path ends with that it matches, "" where there is no such text."""
        kind, _, tail = self._test
        return tail if kind in ("star", "deep star") else ""

    @property
    def everything(self) -> bool:
        """Whether it leaves nothing of the context's root over (BuildKit's own list of such patterns)."""
        return not self.exception and self.cleaned in ("*", "**", "**/*")


def _test(pattern: str) -> tuple[str, str, str]:
    """How paths are compared with the pattern: kind, text, and what follows the one star.

    The kinds exact, prefix, suffix and expression are patternmatcher's own. A single star between fixed texts would be an expression, too;
    it is nearly every pattern that has a star, and not worth a regular expression.
    """
    deep = pattern.startswith("**/")
    if not any(char in pattern[3 if deep else 0 :] for char in "*?[]\\"):
        return ("suffix", pattern[2:], "") if deep else ("exact", pattern, "")
    text, star, tail = (pattern[3:] if deep else pattern).partition("*")
    if star and not any(char in pattern for char in "?[]\\|{}^") and "*" not in tail and not (deep and "/" in text + tail):
        return ("deep star" if deep else "star"), text, tail
    expression, kind, at, first = "^", "exact", 0, True
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*" and pattern.startswith("*", at):
            at += 1
            at += pattern.startswith("/", at)
            if at == len(pattern):
                if kind == "exact":
                    kind = "prefix"
                else:
                    kind, expression = "expression", expression + ".*"
            else:
                kind, expression = "expression", expression + "(.*/)?"
            if first:
                kind = "suffix"
        elif char == "*":
            kind, expression = "expression", expression + "[^/]*"
        elif char == "?":
            kind, expression = "expression", expression + "[^/]"
        elif char in ".+()$":
            expression += "\\" + char
        elif char == "\\":
            if at < len(pattern):
                kind, expression = "expression", expression + "\\" + pattern[at]
                at += 1
            else:
                expression += "\\"
        elif char in "[]":
            kind, expression = "expression", expression + char
        else:
            expression += char
        first = False
    if kind == "expression":
        return kind, _python_expression(expression + "$"), ""
    return kind, {"exact": pattern, "prefix": pattern[:-2], "suffix": pattern[2:]}[kind], ""


# Letters that mean something behind a backslash in Go's regular expressions and the same in Python's.
_SHARED_ESCAPES = frozenset("AbBdDsSwWaftnrv")


def _python_expression(expression: str) -> str:
    """A regular expression of Go, as `_test` builds it, in Python's spelling; BadPattern where Go would not compile it."""
    out, at = [], 0
    while at < len(expression):
        char = expression[at]
        if char == "\\":
            out.append(_escape(expression[at + 1 : at + 2]))
            at += 2
        elif char == "[":
            text, at = _python_class(expression, at)
            out.append(text)
        elif char == "{":
            closing = expression.find("}", at)
            counts = expression[at + 1 : closing].split(",") if closing > 0 else []
            repeats = 0 < len(counts) <= 2 and _number(counts[0]) and all(_number(count) for count in counts[1:] if count)
            if repeats and any(int(count) > 1000 for count in counts if count):
                raise BadPattern("a repetition of more than 1000")
            out.append(char if repeats else "\\{")
            at += 1
        elif char == "$" and at == len(expression) - 1:
            out.append("\\Z")
            at += 1
        else:
            out.append(char)
            at += 1
    return "".join(out)


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _escape(char: str) -> str:
    if char == "z":
        return "\\Z"
    if char in _SHARED_ESCAPES or (char.isascii() and not char.isalnum()):
        return "\\" + char
    raise BadPattern(f"a backslash before {char!r}")


def _python_class(expression: str, at: int) -> tuple[str, int]:
    out, at = ["["], at + 1
    if expression.startswith("^", at):
        out.append("^")
        at += 1
    first = True
    while at < len(expression) and (first or expression[at] != "]"):
        low, at = _python_class_character(expression, at)
        if expression.startswith("-", at) and not expression.startswith("-]", at):
            high, at = _python_class_character(expression, at + 1)
            if low[-1] > high[-1]:
                raise BadPattern("a range that runs backwards")
            low += "-" + high
        out.append(low)
        first = False
    if at >= len(expression):
        raise BadPattern("an unclosed [")
    return "".join(out) + "]", at + 1


def _python_class_character(expression: str, at: int) -> tuple[str, int]:
    char = expression[at : at + 1]
    if char == "\\":
        return _escape(expression[at + 1 : at + 2]), at + 2
    return (char if char.isalnum() else "\\" + char), at + 1


class Problem(NamedTuple):
    """Why BuildKit refuses the file: the line (from 1), what stands there, what is wrong with it."""

    line: int
    written: str
    reason: str


class DockerIgnore:
    """The patterns of one file, in order; with a `problem` it has those before the line that BuildKit refuses."""

    __slots__ = ("_endings", "_names", "_others", "_paths", "_rest", "exceptions", "patterns", "problem")

    def __init__(self, text: str) -> None:
        self.patterns: list[Pattern] = []
        self.problem: Problem | None = None
        try:
            for pattern in _read(text):
                self.patterns.append(pattern)
        except _Refused as refused:
            self.problem = refused.problem
        self.exceptions = any(pattern.exception for pattern in self.patterns)
        # Most patterns name one path, or one name in any folder: those are looked up, by position, the others are tried.
        self._paths: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self._others: list[tuple[int, Pattern]] = []
        for index, pattern in enumerate(self.patterns):
            if pattern.only_path:
                self._paths.setdefault(pattern.only_path, index)
            elif pattern.only_name:
                self._names.setdefault(pattern.only_name, index)
            else:
                self._others.append((index, pattern))
        self._endings = tuple(pattern.ending for _, pattern in self._others if pattern.ending)
        self._rest = [(index, pattern) for index, pattern in self._others if not pattern.ending]

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def pattern_for(self, path: str) -> Pattern | None:
        """The pattern that keeps this path (relative to the context's root, with slashes) out of the build; None where it is sent.

        A folder that is kept out can still be sent for the sake of an exception inside it: see `may_return_inside`.
        """
        decided = None
        above: Trail = ()
        parts = clean(path).strip("/").split("/")
        for depth in range(1, len(parts) + 1):
            decided, above = self.step("/".join(parts[:depth]), above)
        return decided

    def ignored(self, path: str) -> bool:
        """Whether the path is kept out of the build."""
        return self.pattern_for(path) is not None

    def step(self, path: str, above: Trail) -> tuple[Pattern | None, Trail]:
        """`pattern_for` for somebody who walks: `above` is what this returned for the folder above, () for the root's entries.

        That is the walk of the build itself: what a pattern says of a folder holds inside it, but a pattern that was not asked about
        the folder (an exception where nothing was kept out yet) is asked about each entry alone.
        """
        if not self.exceptions and not above:
            first = self._first(path)
            return first, () if first is None else tuple(pattern is first for pattern in self.patterns)
        decided: Pattern | None = None
        trail: list[bool] = []
        for index, pattern in enumerate(self.patterns):
            match = above[index] if above else False
            if not match and pattern.exception == (decided is not None):
                match = pattern.matches(path)
            trail.append(match)
            if match:
                decided = None if pattern.exception else pattern
        return decided, tuple(trail)

    def _first(self, path: str) -> Pattern | None:
        """The first pattern that names this very path."""
        count = len(self.patterns)
        found = min(self._paths.get(path, count), self._names.get(path[path.rfind("/") + 1 :], count))
        for index, pattern in self._others if path.endswith(self._endings) else self._rest:
            if index > found:
                break
            if pattern.matches(path):
                return pattern
        return self.patterns[found] if found < count else None

    def may_return_inside(self, folder: str) -> bool:
        """Whether an exception could bring back something below a folder that is kept out."""
        if not self.exceptions:
            return False
        inside = clean(folder) + "/"
        for pattern in self.patterns:
            if pattern.exception:
                fixed = pattern.cleaned.removesuffix("/**").removesuffix("/*") + "/"
                if fixed.startswith(inside):
                    return True
                if any(char in fixed for char in "*?[]^\\") and ("**" in fixed or _leads_into(fixed, inside)):
                    return True
        return False

    def keeps_everything_out(self) -> Pattern | None:
        """The pattern that leaves nothing over for `COPY .`; None where there is none or an exception follows."""
        if self.exceptions:
            return None
        return next((pattern for pattern in self.patterns if pattern.everything), None)


def _leads_into(pattern: str, folder: str) -> bool:
    """Whether a pattern without `**` may match the folder or what is below it; both end in a slash."""
    parts = zip(pattern[:-1].split("/"), folder[:-1].split("/"), strict=False)
    return all(any(char in wanted for char in "[]^\\|{}()+$") or fnmatchcase(name, wanted) for wanted, name in parts)


Trail = tuple[bool, ...]


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def _read(text: str) -> Iterator[Pattern]:
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.removesuffix("\r")
        if number == 1:
            line = line.removeprefix("\ufeff")
        if len(line) >= LONGEST_LINE // 4 and len(line.encode("utf-8", "surrogateescape")) >= LONGEST_LINE:
            raise _Refused(Problem(number, line[:40], "the line is longer than 64 KiB"))
        if line.startswith("#"):
            continue
        written = line.strip(WHITE_SPACE)
        if not written:
            continue
        try:
            pattern = _pattern(number, written)
        except BadPattern as bad:
            raise _Refused(Problem(number, written, str(bad))) from None
        if pattern is not None:
            yield pattern


def _pattern(line: int, written: str) -> Pattern | None:
    # What the reader of the file does ...
    inverted = written.startswith("!")
    text = written[1:].strip(WHITE_SPACE) if inverted else written
    if text:
        text = clean(text)
        if len(text) > 1:
            text = text.removeprefix("/")
    # ... and what the matcher does with its result: it trims and cleans once more.
    text = ("!" + text if inverted else text).strip(WHITE_SPACE)
    if not text:
        return None
    text = clean(text)
    exception = text.startswith("!")
    if exception:
        text = text[1:]
        if not text:
            raise BadPattern("an exception of nothing")
    if "[" in text or "\\" in text:  # nothing else can be malformed
        glob_match(text, ".")
    return Pattern(line, written, text, exception)
