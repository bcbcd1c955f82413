"""GitLab's code quality report (a subset of Code Climate's): a JSON list."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps

from dockerlint.output import Report, fingerprints, plain, repository_path

SEVERITIES = {"error": "critical", "warning": "major", "info": "minor", "style": "info"}


def render(report: Report) -> Iterator[str]:
    """Yields the list, a line for each finding."""
    names = fingerprints(report.results)
    yield "["
    first = True
    for number, result in enumerate(report.results):
        for position, finding in enumerate(result.findings):
            entry = {
                "description": plain(finding.message) + (f" ({plain(finding.help)})" if finding.help else ""),
                "check_name": f"{finding.code} {finding.slug}",
                "fingerprint": names[number, position],
                "severity": "blocker" if finding.breaks_build else SEVERITIES[finding.severity],
                "location": {
                    "path": repository_path(finding.file),
                    "lines": {"begin": finding.line, "end": finding.end_line},
                },
            }
            yield ("\n  " if first else ",\n  ") + dumps(entry)
            first = False
    yield "]\n" if first else "\n]\n"
