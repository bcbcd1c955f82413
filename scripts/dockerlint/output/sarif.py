"""SARIF 2.1.0, for GitHub code scanning and other viewers."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from typing import Any
from urllib.parse import quote

from commandline import VERSION
from dockerlint.finding import Finding, Fix
from dockerlint.output import PROGRAM, Report, fingerprints, plain, printable_name, repository_path
from dockerlint.rules import load

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note", "style": "note"}
SHELLCHECK_WIKI = "https://www.shellcheck.net/wiki/"


def render(report: Report) -> Iterator[str]:
    """Yields the log, a line for each rule and each result."""
    codes = sorted({finding.code: finding for finding in report.findings}.items())
    places = {code: index for index, (code, _) in enumerate(codes)}
    names = fingerprints(report.results)
    driver = {"name": PROGRAM, "semanticVersion": VERSION, "version": VERSION}
    invocation = {
        "executionSuccessful": not report.failures,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": plain(printable_name(failure))}} for failure in report.failures
        ],
    }
    yield f'{{"$schema": {dumps(SCHEMA)},\n"version": "2.1.0",\n"runs": [{{\n'
    yield f'"tool": {{"driver": {dumps(driver)[:-1]}, "rules": ['
    for index, (_, finding) in enumerate(codes):
        yield (",\n  " if index else "\n  ") + dumps(_rule(finding))
    yield "]}},\n" + f'"columnKind": "unicodeCodePoints",\n"invocations": [{dumps(invocation)}],\n"results": ['
    first = True
    for number, result in enumerate(report.results):
        for position, finding in enumerate(result.findings):
            entry = _result(finding, places[finding.code], names[number, position])
            yield ("\n  " if first else ",\n  ") + dumps(entry)
            first = False
    yield "]\n}]}\n"


def _rule(finding: Finding) -> dict[str, Any]:
    """What is known of the rule of a finding; ShellCheck's have a page of their own."""
    rule = load().get(finding.code)
    if rule is None:
        return {"id": finding.code, "name": finding.slug, "helpUri": SHELLCHECK_WIKI + finding.code}
    from dockerlint.explain import headline, markdown

    return {
        "id": rule.code,
        "name": rule.slug,
        "shortDescription": {"text": headline(rule.doc)},
        "help": {"text": rule.help or headline(rule.doc), "markdown": markdown(rule.doc)},
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": rule.default},
        "properties": {"tags": ["dockerfile"], "precision": rule.confidence, "covers": list(rule.covers)},
    }


def _result(finding: Finding, index: int, fingerprint: str) -> dict[str, Any]:
    text = plain(finding.message) + (f"\nhelp: {plain(finding.help)}" if finding.help else "")
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": max(finding.end_column, 1),
    }
    result = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(finding.file)}, "region": region}}],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
        "properties": {"severity": finding.severity, "confidence": finding.confidence, "breaksBuild": finding.breaks_build},
    }
    return result if finding.fix is None else result | {"fixes": [_fix(finding.fix, finding.file)]}


def _fix(fix: Fix, path: str) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {
                "startLine": edit.line,
                "startColumn": edit.column,
                "endLine": edit.end_line,
                "endColumn": edit.end_column,
            },
            "insertedContent": {"text": printable_name(edit.text)},
        }
        for edit in fix.edits
    ]
    return {
        "description": {"text": plain(fix.message) + (" (unsafe)" if fix.applicability == "unsafe" else "")},
        "artifactChanges": [{"artifactLocation": {"uri": _uri(path)}, "replacements": replacements}],
    }


def _uri(path: str) -> str:
    """A relative path as a relative reference, an absolute one as a file URI."""
    name = repository_path(path)
    return f"file://{quote(name)}" if name.startswith("/") else quote(name)
