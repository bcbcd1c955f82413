"""The report for a pull request or a summary of CI."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from imagesize.output.sections import Section, sections

_ESCAPED = {ord(char): f"\\{char}" for char in "\\|*_[]<>#~"}


def write(report: dict[str, Any]) -> str:
    """Headings, GitHub's tables, and the advice as a list."""
    return "\n\n".join(map(_section, sections(report)))


def _section(section: Section) -> str:
    level = "##" if not section.head and section.rows else "###"
    parts = [f"{level} {section.title.translate(_ESCAPED)}"]
    if section.rows:
        columns = len(section.rows[0])
        align = ["right" if column < section.numbers or (section.numbers < 0 < column) else "left" for column in range(columns)]
        rows = [[cell.translate(_ESCAPED) for cell in row] for row in section.rows]
        head = [cell.translate(_ESCAPED) for cell in section.head] or [""] * columns
        tabulate: Any = import_module("tabulate").tabulate
        parts.append(tabulate(rows, head, "pipe", disable_numparse=True, colalign=align))
    if section.paragraphs:
        parts.append(
            "\n".join(
                f"- {paragraph.translate(_ESCAPED) if '`' not in paragraph else _outside_code(paragraph)}"
                for paragraph in section.paragraphs
            )
        )
    return "\n\n".join(parts)


def _outside_code(text: str) -> str:
    """Escaped, but for what stands between backquotes."""
    return "`".join(part if place % 2 else part.translate(_ESCAPED) for place, part in enumerate(text.split("`")))
