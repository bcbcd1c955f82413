"""One JSON object: `findings`, each with the fields of Finding, and `summary`. The keys are a promise.

`summary` has `files` (judged), `unreadable` (not judged), a count for each severity, `total`, `failing` (at or above `--fail-on`),
`silenced` (by pragmas) and `unsure` (below `--min-confidence`, not shown). `failures` says, a sentence each, what could not be done.
`--statistics` adds `statistics`: how many `findings` in how many `files` for each `code`, with its `slug` and `severity`.
The text is ASCII, so that no character of a Dockerfile reaches a terminal as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps

from dockerlint.output import Report, printable_name


def render(report: Report) -> Iterator[str]:
    """Yields the object, a line for each finding."""
    yield '{"findings": ['
    first = True
    for finding in report.findings:
        texts = {key: printable_name(value) if isinstance(value, str) else value for key, value in finding._asdict().items()}
        yield ("\n  " if first else ",\n  ") + dumps(texts)
        first = False
    yield "],\n" if first else "\n],\n"
    if report.statistics:
        yield f'"statistics": {dumps([each._asdict() for each in report.by_rule()])},\n'
    yield f'"failures": {dumps([printable_name(failure) for failure in report.failures])},\n'
    yield f'"summary": {dumps(totals(report))}}}\n'


def totals(report: Report) -> dict[str, int]:
    """What `summary` says."""
    counts = report.counts()
    return {
        "files": report.files,
        "unreadable": sum(not result.judged for result in report.results),
        **counts,
        "total": sum(counts.values()),
        "failing": sum(len(result.failing) for result in report.results),
        "silenced": sum(result.silenced for result in report.results),
        "unsure": sum(result.unsure for result in report.results),
    }
