"""Markdown for a comment on a change, or a job's summary."""

from __future__ import annotations

from imageproof.outcome import Outcome
from imageproof.output import PROGRAM, SIGNS, Report

_SPECIAL = {ord(char): f"\\{char}" for char in "\\*_[]<>|~#$"} | {ord("@"): "@\u200b", ord("&"): "&amp;"}


def render(report: Report) -> str:
    """A heading and the table."""
    rows = "".join(f"| {SIGNS[each.status]} | {each.name} | {_cell(each)} |\n" for each in report.outcomes)
    notes = "".join(f"\n{_safe(note)}\n" for note in report.notes)
    head = f"### {PROGRAM}: {_safe(report.subject)}: {report.summary}\n"
    return f"{head}\n| | check | what was seen, what to change |\n| --- | --- | --- |\n{rows}{notes}"


def _cell(outcome: Outcome) -> str:
    return "<br>".join(
        [
            _safe(outcome.seen),
            *([f"**→** {_safe(outcome.change)}"] if outcome.change else []),
            *map(_safe, outcome.notes),
        ]
    )


def _safe(text: str) -> str:
    """Text that Markdown shows as it is; code between backquotes stays code."""
    if text.count("`") % 2:
        text = text.replace("`", "'")
    parts = text.split("`")
    return "`".join(
        part.replace("|", "\\|") if number % 2 else part.translate(_SPECIAL) for number, part in enumerate(parts)
    )
