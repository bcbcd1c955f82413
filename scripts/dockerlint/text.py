"""Text that knows where in the file each of its characters stands.

BuildKit reads logical text: lines joined at continuations, JSON strings unescaped, tabs of a `<<-` heredoc removed.
People read physical lines. `Text` is the first with the way back to the second.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

# What Go's unicode.IsSpace holds for white space; BuildKit trims and splits with it.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


class Span(NamedTuple):
    """A region of the file; lines and columns count from 1, columns in characters, `end_column` is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Text:
    """A logical text made of pieces, each piece a run of characters that stand side by side on one physical line.

    `value` is the text itself. `offsets[i]` is where piece i starts in it, `lines[i]` and `columns[i]` where that is in the file
    (both from 1).
    """

    __slots__ = ("columns", "lines", "offsets", "value")

    def __init__(self, value: str, offsets: list[int], lines: list[int], columns: list[int]) -> None:
        self.value = value
        self.offsets = offsets
        self.lines = lines
        self.columns = columns

    @classmethod
    def of_lines(cls, lines: Iterable[str], first_line: int, first_columns: Iterable[int] | None = None) -> Text:
        """The lines joined by newlines; `first_columns` says in which column each starts (default: 1)."""
        rows = list(lines)
        columns = [1] * len(rows) if first_columns is None else list(first_columns)
        offsets, offset = [], 0
        for row in rows:
            offsets.append(offset)
            offset += len(row) + 1
        return cls("\n".join(rows), offsets or [0], list(range(first_line, first_line + len(rows))) or [first_line], columns or [1])

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column (from 1) of the character at `offset`."""
        piece = max(bisect_right(self.offsets, offset) - 1, 0)
        return self.lines[piece], self.columns[piece] + offset - self.offsets[piece]

    def span(self, start: int, end: int) -> Span:
        """The region from `start` up to `end` (exclusive); where `end` opens a piece, the region ends with the piece before."""
        line, column = self.position(start)
        if end <= start:
            return Span(line, column, line, column)
        end_line, end_column = self.position(end - 1)
        return Span(line, column, end_line, end_column + 1)

    def derive(self, pieces: Iterable[tuple[str, int]]) -> Text:
        """A text made of strings that come from this one, each with the offset here at which it stands.

        A string must be, character for character, what stands at that offset; one whose characters were escaped here
        is given in several pieces.
        """
        values, offsets, lines, columns = [], [], [], []
        length = 0
        for value, origin in pieces:
            end = origin + len(value)
            piece = max(bisect_right(self.offsets, origin) - 1, 0)
            offsets.append(length)
            lines.append(self.lines[piece])
            columns.append(self.columns[piece] + origin - self.offsets[piece])
            while piece + 1 < len(self.offsets) and self.offsets[piece + 1] < end:
                piece += 1
                offsets.append(length + self.offsets[piece] - origin)
                lines.append(self.lines[piece])
                columns.append(self.columns[piece])
            values.append(value)
            length += len(value)
        return Text("".join(values), offsets or [0], lines or [self.lines[0]], columns or [self.columns[0]])


class Word(NamedTuple):
    """One argument, of an instruction or of a shell command.

    `raw` is as written; `value` has quotes and escapes removed, while variables and substitutions stay as they are written.
    `start` and `end` are offsets into `text`.
    """

    raw: str
    value: str
    quoted: bool
    start: int
    end: int
    text: Text

    @property
    def span(self) -> Span:
        return self.text.span(self.start, self.end)

    @property
    def literal(self) -> bool:
        """Whether the value is known without running anything: it has no variable and no substitution."""
        return "$" not in self.value and "`" not in self.value
