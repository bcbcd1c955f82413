"""Mends of style: line ends, empty lines, spaces."""

from __future__ import annotations

from dockerlint.finding import Edit, Fix
from dockerlint.mends import Site, mend, safe
from dockerlint.mends.edits import delete_lines


@mend("WD901")
def trailing_space(site: Site) -> Fix:
    """Without it."""
    return safe("Delete the white space", Edit(*site.span, ""))


@mend("WD902")
def no_final_newline(site: Site) -> Fix:
    """With one."""
    return safe("End the line", Edit(*site.span, "\n"))


@mend("WD904")
def empty_lines(site: Site) -> Fix:
    """One of them."""
    lines = site.dockerfile.source.lines
    last = site.span.line
    while last < len(lines) and not lines[last].strip():
        last += 1
    return safe("Leave one empty line", delete_lines(site.span.line, last))


@mend("WD905")
def several_spaces(site: Site) -> Fix:
    """One of them."""
    return safe("Leave one space", Edit(*site.span, " "))


@mend("WD906")
def indented_instruction(site: Site) -> Fix | None:
    """From the first column on."""
    line, column = site.span.line, site.span.column
    indent = site.dockerfile.source.lines[line - 1][: column - 1]
    return safe("Begin in the first column", Edit(line, 1, line, column, "")) if not indent.strip() else None
