"""One JSON object: `findings`, each with the fields of Finding, and `summary`. The keys are a promise.

`summary` has `files` (judged), `unreadable` (not judged), a count for each severity, `total`, `failing` (at or above `--fail-on`),
`silenced` (by pragmas), `unsure` (below `--min-confidence`, not shown) and `mended` (by `--fix`). `failures` says, a sentence each, what
could not be done. The `fix` of a finding is null where there is no certain way.
`--statistics` adds `statistics`: how many `findings` in how many `files` for each `code`, with its `slug` and `severity`.
The text is ASCII, so that no character of a Dockerfile reaches a terminal as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from typing import TYPE_CHECKING, Any

from dockerlint.output import Report, printable_name

if TYPE_CHECKING:
    from dockerlint.finding import Fix


def render(report: Report) -> Iterator[str]:
    """Yields the object, a line for each finding."""
    yield '{"findings": ['
    first = True
    for finding in report.findings:
        values = {key: printable_name(value) if isinstance(value, str) else value for key, value in finding._asdict().items()}
        yield ("\n  " if first else ",\n  ") + dumps(values | {"fix": _fix(finding.fix)})
        first = False
    yield "],\n" if first else "\n],\n"
    if report.statistics:
        yield f'"statistics": {dumps([each._asdict() for each in report.by_rule()])},\n'
    yield f'"failures": {dumps([printable_name(failure) for failure in report.failures])},\n'
    yield f'"summary": {dumps(totals(report))}}}\n'


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [edit._asdict() | {"text": printable_name(edit.text)} for edit in fix.edits]
    return {"applicability": fix.applicability, "message": printable_name(fix.message), "edits": edits}


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
        "mended": sum(len(result.mended) for result in report.results),
    }
