"""A table for people: one line a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockerlint.output import Report, plain, summary


def render(report: Report) -> Iterator[str]:
    """Yields the table and a summary."""
    if report.statistics:
        rows: Sequence[Sequence[object]] = list(report.by_rule())
        headers = ["findings", "files", "code", "rule", "severity"]
    else:
        rows = [
            (f"{plain(each.file)}:{each.line}:{each.column}", each.severity, each.code, each.slug, plain(each.message))
            for each in report.findings
        ]
        headers = ["place", "severity", "code", "rule", "message"]
    if rows:
        from tabulate import tabulate

        yield tabulate(rows, headers, tablefmt="simple", disable_numparse=not report.statistics) + "\n\n"
    if not report.quiet and (report.files or not report.failures):
        yield summary(report) + "\n"
