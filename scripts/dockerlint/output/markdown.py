"""Markdown for a comment on a pull request or a job summary: a table of the findings, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockerlint.finding import SEVERITIES, Finding
from dockerlint.output import PROGRAM, Report, plain, summary

SIGNS = {"error": "🔴", "warning": "🟡", "info": "🔵", "style": "⚪"}

_SPECIAL = {ord(character): f"\\{character}" for character in "\\`*_{}[]<>|~#$"} | {ord("@"): "@\u200b", ord("&"): "&amp;"}


def render(report: Report) -> Iterator[str]:
    """Yields a heading with the summary, and the table."""
    yield f"### {PROGRAM}: {summary(report)}\n"
    findings = sorted(report.findings, key=lambda finding: SEVERITIES.index(finding.severity))
    if report.statistics:
        rows: Sequence[Sequence[object]] = [
            (each.findings, each.files, f"{each.code} {each.slug}", f"{SIGNS[each.severity]} {each.severity}") for each in report.by_rule()
        ]
        headers = ["findings", "files", "rule", "severity"]
    else:
        rows = [_row(finding) for finding in findings]
        headers = ["", "place", "rule", "what", "help"]
    if rows:
        from tabulate import tabulate

        yield "\n" + tabulate(rows, headers, tablefmt="github", disable_numparse=True) + "\n"
    if report.failures:
        yield "\n" + "".join(f"- {escape(failure)}\n" for failure in report.failures)


def _row(finding: Finding) -> tuple[str, ...]:
    place = f"{escape(finding.file)}:{finding.line}"
    return SIGNS[finding.severity], place, f"{finding.code} {finding.slug}", escape(finding.message), escape(finding.help)


def escape(text: str) -> str:
    """The text with nothing in it that Markdown, or GitHub's @names, would read as more than text."""
    return plain(text).translate(_SPECIAL)
