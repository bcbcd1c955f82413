"""Checkstyle's XML, which many CI servers read."""

from __future__ import annotations

from collections.abc import Iterator

from dockerlint.output import Report
from dockerlint.output.markup import element

LEVELS = {"error": "error", "warning": "warning", "info": "info", "style": "info"}


def render(report: Report) -> Iterator[str]:
    """Yields a `file` for every file judged, an `error` in it for each finding."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<checkstyle version="4.3">\n'
    for result in report.results:
        if result.judged:
            yield f"  <{element('file', name=result.file)}>\n"
            for finding in result.findings:
                message = finding.message + (f"; help: {finding.help}" if finding.help else "")
                source = f"{finding.code} {finding.slug}"
                place = {"line": finding.line, "column": finding.column, "severity": LEVELS[finding.severity]}
                yield f"    <{element('error', **place, message=message, source=source)}/>\n"
            yield "  </file>\n"
    yield "</checkstyle>\n"
