"""The table for a terminal: a check a row, what was seen, and what to change below it."""

from __future__ import annotations

import textwrap

from imageproof.outcome import Outcome
from imageproof.output import SIGNS, Report


def render(report: Report) -> str:
    """The table, notes and a summary."""
    from tabulate import tabulate

    room = max(40, report.width - 2 - 3 - max((len(each.name) for each in report.outcomes), default=0) - 11)
    rows = [(SIGNS[each.status], each.name, each.status, _cell(each, room)) for each in report.outcomes]
    table = tabulate(rows, ["", "check", "", "what was seen, what to change"], tablefmt="simple", disable_numparse=True)
    lines = [line.rstrip() for line in table.split("\n")]
    head = f"{report.subject}" + (f"  ({report.image[:19]}, {report.platform})" if report.image else "")
    kept = [f"Kept: {', '.join(report.kept)}"] if report.kept else []
    return "\n".join([head, "", *lines, "", *report.notes, *kept, report.summary, ""])


def _cell(outcome: Outcome, room: int) -> str:
    paragraphs = [
        outcome.seen,
        *([f"→ {outcome.change}"] if outcome.change else []),
        *(f"· {note}" for note in outcome.notes),
    ]
    return "\n".join(
        textwrap.fill(
            paragraph, room, subsequent_indent="  " if number else "", break_long_words=True, break_on_hyphens=False
        )
        for number, paragraph in enumerate(paragraphs)
    )
