"""For people: each finding with its source line, the span marked below it, and one line on how to mend it.

Dockerfile:2:23: warning WD304 apt-no-install-recommends: installs what its packages merely recommend, too
  |
2 | RUN apt-get update && apt-get install -y curl
  |                       ^^^^^^^
  = help: add --no-install-recommends
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dockerlint.finding import Finding
from dockerlint.output import Report, plain, plural, summary

TAB = 4
"""Columns from one tab stop to the next."""

LEAST_WIDTH = 40

_STYLES = {"error": "1;31", "warning": "1;33", "info": "1;36", "style": "1;35", "bold": "1", "dim": "2", "gutter": "34", "help": "1;32"}

Paint = Callable[[str, str], str]


def render(report: Report) -> Iterator[str]:
    """Yields the findings in order, a blank line after each, and a summary at the end."""
    paint = _coloured if report.colour else _as_it_is
    if report.statistics:
        yield from _statistics(report, paint)
    else:
        for result in report.results:
            for finding in result.findings:
                yield "\n".join(_finding(finding, result.lines.get(finding.line), report.width, paint)) + "\n\n"
    if not report.quiet and (report.files or not report.failures):
        yield _summary(report, paint) + "\n"


def _as_it_is(text: str, _style: str) -> str:
    return text


def _coloured(text: str, style: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def _finding(finding: Finding, line: str | None, width: int, paint: Paint) -> Iterator[str]:
    place = paint(f"{plain(finding.file)}:{finding.line}:{finding.column}:", "bold")
    name = f"{paint(finding.code, 'bold')} {paint(finding.slug, 'dim')}:"
    yield f"{place} {paint(finding.severity, finding.severity)} {name} {plain(finding.message)}"
    number = str(finding.line)
    gutter = " " * len(number)
    if line is not None:
        several = finding.end_line > finding.line
        end = len(line.rstrip()) + 1 if several else finding.end_column
        shown, before, length = excerpt(line, finding.column, end, max(width - len(number) - 3, LEAST_WIDTH))
        mark = " " * before + paint("^" * length, finding.severity)
        yield paint(f"{gutter} |", "gutter")
        yield f"{paint(f'{number} |', 'gutter')} {shown}".rstrip()
        yield f"{paint(f'{gutter} |', 'gutter')} {mark}" + (f" … to line {finding.end_line}" if several else "")
    if finding.help:
        yield f"{paint(f'{gutter} =', 'gutter')} {paint('help:', 'help')} {plain(finding.help)}"


def excerpt(line: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """The line, or its part around the span, in at most `width` columns; how many stand before the mark; how many it spans.

    `start` and `end` are columns of the file: characters, from 1, the end exclusive.
    """
    cells, columns = _cells(line)
    total = len(cells)
    first = columns[min(max(start - 1, 0), total)]
    last = max(columns[min(max(end - 1, 0), total)], first + 1)
    if columns[total] <= width:
        return "".join(cells).rstrip(), first, last - first
    left = 0 if last < width else max(first - width // 3, 0)
    right = left + width
    shown = [cell for cell, column in zip(cells, columns, strict=False) if left <= column and column + _width(cell) <= right]
    if columns[total] > right:
        shown[-1] = "…"
    if left:
        shown[0] = "…"
    return "".join(shown).rstrip(), first - left, min(last, right) - first


def _cells(line: str) -> tuple[list[str], Sequence[int]]:
    """What each character of a line looks like, and the column (from 0) at which it does; one column more for the end."""
    if line.isascii() and line.isprintable():
        return list(line), range(len(line) + 1)
    cells, columns, column = [], [], 0
    for character in line:
        cell = " " * (TAB - column % TAB) if character == "\t" else plain(character)
        cells.append(cell)
        columns.append(column)
        column += _width(cell)
    return cells, [*columns, column]


def _width(cell: str) -> int:
    """The columns that a cell takes on a terminal: two for an ideograph or an emoji, none for a combining mark."""
    if cell.isascii():
        return len(cell)
    from unicodedata import combining, east_asian_width

    return 0 if combining(cell) else 2 if east_asian_width(cell) in "WF" else 1


def _statistics(report: Report, paint: Paint) -> Iterator[str]:
    counts = report.by_rule()
    if counts:
        wide = max(len(str(each.findings)) for each in counts)
        slug = max(len(each.slug) for each in counts)
        for each in counts:
            severity = paint(each.severity.ljust(len("warning")), each.severity)
            yield f"{each.findings:>{wide}}  {severity}  {each.code:<6}  {each.slug:<{slug}}  in {plural(each.files, 'file')}\n"
        yield "\n"


def _summary(report: Report, paint: Paint) -> str:
    worst = next((severity for severity, count in report.counts().items() if count), "help")
    silenced = sum(result.silenced for result in report.results)
    tail = f", {silenced} silenced by comments" if silenced else ""
    return paint(summary(report), worst) + tail
