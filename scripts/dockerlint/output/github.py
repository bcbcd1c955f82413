"""GitHub Actions: a workflow command a finding, which becomes an annotation on the changed lines."""

from __future__ import annotations

from collections.abc import Iterator

from dockerlint.output import Report, plain, repository_path

LEVELS = {"error": "error", "warning": "warning", "info": "notice", "style": "notice"}


def render(report: Report) -> Iterator[str]:
    """Yields a line for each finding."""
    for finding in report.findings:
        properties = {"file": plain(repository_path(finding.file)), "line": finding.line, "endLine": finding.end_line}
        if finding.line == finding.end_line:  # columns mean nothing to GitHub across lines
            properties |= {"col": finding.column, "endColumn": max(finding.end_column - 1, finding.column)}
        properties["title"] = f"{finding.code} {finding.slug}"
        text = plain(finding.message) + (f"\nhelp: {plain(finding.help)}" if finding.help else "")
        listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
        yield f"::{LEVELS[finding.severity]} {listed}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
