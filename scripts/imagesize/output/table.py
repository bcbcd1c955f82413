"""The report for a terminal."""

from __future__ import annotations

import textwrap
from importlib import import_module
from typing import Any

from imagesize.output.sections import Section, sections

_WIDTH = 120


def write(report: dict[str, Any]) -> str:
    """Titled tables, and the advice as paragraphs."""
    return "\n\n".join(map(_section, sections(report)))


def _section(section: Section) -> str:
    parts = [section.title]
    if section.rows:
        columns = len(section.rows[0])
        right = columns if section.numbers < 0 else section.numbers
        align = ["right" if column < right else "left" for column in range(columns)]
        align[0] = "left" if section.numbers < 0 or not section.head else align[0]
        tabulate: Any = import_module("tabulate").tabulate
        text: str = tabulate(section.rows, section.head, "simple" if section.head else "plain", disable_numparse=True, colalign=align)
        parts.append(textwrap.indent("\n".join(line.rstrip() for line in text.split("\n")), "  "))
    wrap = textwrap.TextWrapper(_WIDTH, initial_indent="  ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
    parts += map(wrap.fill, section.paragraphs)
    return "\n".join(parts)
