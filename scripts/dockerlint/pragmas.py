"""Pragmas: comments in a Dockerfile that say which findings are not wanted, and where.

    # wd: ignore=WD302,apt-no-install-recommends why      the instruction below, or around it inside a continuation
    # wd: ignore-file=WD302 why                           the whole file, wherever the comment stands
    # hadolint ignore=DL3008,SC2086 # why                 as hadolint reads it; also `global ignore=` and, above a FROM, `stage ignore=`
    # check=skip=A,B;error=true                           BuildKit's directive on the first lines; above an instruction, `skip=` for it
    # trivy:ignore:DS-0002:exp:2027-01-31                 the instruction below; above the first instruction, the whole file
    # checkov:skip=CKV_DOCKER_3:why                       the whole file

A comment inside a heredoc is the heredoc's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.check_directive import CHECK_ARGUMENT, CheckOptions, check_options

if TYPE_CHECKING:
    from dockerlint.model import Dockerfile
    from dockerlint.source import Source

Lines = tuple[int, int]
"""A first and a last line."""

WHOLE_FILE = (1, 1 << 60)
NOWHERE = (0, 0)

_NAME = re.compile(r"[ \t]*([^ \t,:;]+)[ \t]*(,?)")


class Name(NamedTuple):
    """One name in a pragma, and its column (from 1)."""

    text: str
    column: int


class Pragma(NamedTuple):
    """One comment that silences; `lines` are the first and the last line that it speaks of, `wrong` says why it cannot be read."""

    owner: str
    line: int
    names: tuple[Name, ...]
    lines: Lines
    wrong: str = ""


def comment_text(line: str) -> tuple[str, int]:
    """The text of a comment line and the column at which it starts; "" where the line is none."""
    stripped = line.lstrip()
    if not stripped.startswith("#"):
        return "", 0
    body = stripped[1:].lstrip()
    return body.rstrip(), len(line) - len(body) + 1


class _Comment(NamedTuple):
    """A comment that may be a pragma, and where it stands.

    `around` are the lines of the instruction that it is inside of; `below` those of the instruction under it, with only comments
    between, its own line included; `next` of the one that BuildKit takes it for (blank lines do not count, an empty comment ends it).
    """

    line: int
    body: str
    column: int
    around: Lines | None
    below: Lines | None
    next: Lines | None
    dockerfile: Dockerfile

    @property
    def here(self) -> Lines:
        return self.around or self.below or NOWHERE

    def names(self, start: int) -> tuple[Name, ...]:
        """The names that commas join from this offset on; a space, a colon or a semicolon ends the last."""
        found = []
        while match := _NAME.match(self.body, start):
            found.append(Name(match[1], self.column + match.start(1)))
            if not match[2]:
                break
            start = match.end()
        return tuple(found)


def read(lines: Iterable[int], dockerfile: Dockerfile, options: CheckOptions) -> Iterator[Pragma]:
    """The pragmas on these lines, given by number, and what the check options for the whole file silence."""
    source = dockerfile.source
    directive = source.directives.get("check")
    if options.skip:
        by_argument = dockerfile.options.build_args.get(CHECK_ARGUMENT)
        at = directive.span.line if directive and not by_argument else 0
        written = source.lines[at - 1] if at else ""
        names = tuple(Name(name, max(written.find(name, written.find("skip")), 0) + 1) for name in options.skip)
        yield Pragma("buildkit", at, names, WHOLE_FILE)
    directive_lines = {each.span.line for each in source.directives.values()}
    checked: set[int] = set()
    for number in lines:
        comment = None if number in directive_lines else _located(number, dockerfile)
        if comment is None:
            continue
        lower = comment.body.lower()
        if lower.startswith("wd:"):
            yield _own(comment)
        elif lower.startswith("hadolint"):
            yield from _hadolint(comment)
        elif lower.startswith("trivy:ignore:"):
            yield _trivy(comment)
        elif lower.partition("=")[0].rstrip() == "check":
            # Of several above one instruction BuildKit reads the first.
            if comment.next and comment.next[1] not in checked:
                checked.add(comment.next[1])
                yield from _check(comment, comment.next)
        else:
            yield from _checkov(comment)


def _own(comment: _Comment) -> Pragma:
    verb, _, listed = comment.body[3:].partition("=")
    scope = {"ignore": comment.here, "ignore-file": WHOLE_FILE}.get(verb.strip().lower())
    names = comment.names(len(comment.body) - len(listed))
    if scope is None or not names:
        wrong = "is not a pragma: write `wd: ignore=CODE why`, or `wd: ignore-file=CODE why`"
        return Pragma("wd", comment.line, (Name(comment.body, comment.column),), NOWHERE, wrong)
    return Pragma("wd", comment.line, names, scope)


def _hadolint(comment: _Comment) -> Iterator[Pragma]:
    words, separator, _ = comment.body.partition("=")
    kind = words.lower().split()[1:]
    if separator and kind in (["ignore"], ["global", "ignore"], ["stage", "ignore"]):
        scope = {"ignore": comment.here, "global": WHOLE_FILE, "stage": _stage(comment.below, comment.dockerfile)}[kind[0]]
        yield Pragma("hadolint", comment.line, comment.names(len(words) + 1), scope)


def _check(comment: _Comment, lines: Lines) -> Iterator[Pragma]:
    try:
        skip = check_options(comment.body.partition("=")[2].strip().partition(" ")[0]).skip
    except ValueError:
        return  # as BuildKit does
    start = comment.body.find("skip")
    names = tuple(Name(name, comment.column + max(comment.body.find(name, start), 0)) for name in skip)
    yield Pragma("buildkit", comment.line, names, lines)


def _trivy(comment: _Comment) -> Pragma:
    """All of `trivy:ignore:ID[:key:value]…` in the comment that have not expired."""
    today = comment.dockerfile.options.today
    names = []
    at = 0
    for each in comment.body.split():
        column = comment.column + comment.body.index(each, at)
        at += len(each)
        name, *qualifiers = each[each.lower().find("trivy:ignore:") + 13 :].split(":")
        settings = dict(zip(qualifiers[::2], qualifiers[1::2], strict=False))
        if "trivy:ignore:" in each.lower() and name and not (today and settings.get("exp", "9999") < today):
            names.append(Name(name, column + each.index(name)))
    before_all = comment.line < min((each.line for each in comment.dockerfile.instructions), default=0)
    return Pragma("trivy", comment.line, tuple(names), WHOLE_FILE if before_all else comment.here)


def _checkov(comment: _Comment) -> Iterator[Pragma]:
    for mark in ("checkov:skip=", "bridgecrew:skip="):
        if mark in comment.body:
            yield Pragma("checkov", comment.line, comment.names(comment.body.index(mark) + len(mark)), WHOLE_FILE)


def _located(number: int, dockerfile: Dockerfile) -> _Comment | None:
    """The comment on a line with what stands around it; None where the line is none, or in a heredoc."""
    body, column = comment_text(dockerfile.source.lines[number - 1])
    if not body:
        return None
    for instruction in dockerfile.instructions:
        if number < instruction.line:
            between = [text.strip() for text in dockerfile.source.lines[number : instruction.line - 1]]
            lines = (number, instruction.end_line)
            below, following = lines if all(between) else None, lines if "#" not in between else None
            return _Comment(number, body, column, None, below, following, dockerfile)
        if any(heredoc.line <= number <= heredoc.end_line for heredoc in instruction.heredocs):
            return None
        if number <= instruction.end_line:
            return _Comment(number, body, column, (instruction.line, instruction.end_line), None, None, dockerfile)
    return _Comment(number, body, column, None, None, None, dockerfile)


def _stage(below: Lines | None, dockerfile: Dockerfile) -> Lines:
    """The lines of the stage whose FROM stands below; nowhere where something else does."""
    if below is None:
        return NOWHERE
    starts = [stage.instruction.line for stage in dockerfile.stages]
    for index, stage in enumerate(dockerfile.stages):
        if stage.instruction.end_line == below[1]:
            return below[0], starts[index + 1] - 1 if index + 1 < len(starts) else WHOLE_FILE[1]
    return NOWHERE


def declared_shells(source: Source) -> dict[int, str]:
    """The shells that `# hadolint shell=…` comments declare, by line number."""
    shells = {}
    for number, line in enumerate(source.lines, 1):
        if "hadolint" in line and "#" in line:
            body, _ = comment_text(line)
            key, separator, value = body.partition("=")
            if separator and key.split() == ["hadolint", "shell"]:
                shells[number] = value.split()[0] if value.split() else ""
    return shells
