"""JUnit's XML: a test suite a file, a test case a finding, failed where it is at or above `--fail-on`; a clean file is one passed case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dockerlint.output import PROGRAM, Report
from dockerlint.output.markup import attribute, element

if TYPE_CHECKING:
    from dockerlint.check import Result


def render(report: Report) -> Iterator[str]:
    """Yields the suites."""
    tests = sum(_cases(result) for result in report.results)
    failures = sum(len(result.failing) for result in report.results)
    errors = sum(bool(result.failure) for result in report.results)
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield f"<{element('testsuites', name=PROGRAM, tests=tests, failures=failures, errors=errors)}>\n"
    for result in report.results:
        failed, broken = len(result.failing), int(bool(result.failure))
        yield f"  <{element('testsuite', name=result.file, tests=_cases(result), failures=failed, errors=broken)}>\n"
        if result.failure:
            yield f"    <{element('testcase', name='can be judged', classname=result.file)}>\n"
            yield f"      <error message={attribute(result.failure)}/>\n    </testcase>\n"
        elif not result.findings:
            yield f"    <{element('testcase', name='no findings', classname=result.file)}/>\n"
        for position, finding in enumerate(result.findings):
            name = f"{finding.code} {finding.slug} (line {finding.line}, column {finding.column})"
            text = attribute(f"{finding.file}:{finding.line}:{finding.column}: {finding.severity}: {finding.message}; help: {finding.help}")
            yield f"    <{element('testcase', name=name, classname=result.file)}>\n"
            if position in result.failing:
                yield f"      <{element('failure', type=finding.severity, message=finding.message)}>{text[1:-1]}</failure>\n"
            else:
                yield f"      <system-out>{text[1:-1]}</system-out>\n"
            yield "    </testcase>\n"
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _cases(result: Result) -> int:
    return max(len(result.findings) + bool(result.failure), 1)
