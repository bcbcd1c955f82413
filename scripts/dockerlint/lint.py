"""One file through all steps: source, instructions, model, rules, findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dockerlint.context import Context
from dockerlint.evaluate import evaluate
from dockerlint.finding import Finding, Fix
from dockerlint.knowledge.credentials import concealed
from dockerlint.model import Dockerfile, Options
from dockerlint.rules import Hit, Rule, load
from dockerlint.source import Source
from dockerlint.text import Span


class Linted(NamedTuple):
    """The findings of one file, in the order of the file, pragmas not yet applied; and the model that they come from."""

    findings: list[Finding]
    dockerfile: Dockerfile


def lint(source: Source, options: Options, context: Context, selection: frozenset[str], fixes: bool = False) -> Linted:
    """Judges a file by the selected rules, given by code; with `fixes`, findings say how to mend them."""
    dockerfile = evaluate(source, options, context)
    found = list(_findings(dockerfile, selection, fixes))
    found.sort(key=lambda finding: (finding.line, finding.column, finding.code, finding.end_line, finding.end_column, finding.message))
    return Linted(list(dict.fromkeys(found)), dockerfile)


def _findings(dockerfile: Dockerfile, selection: frozenset[str], fixes: bool) -> Iterator[Finding]:
    if fixes:
        from dockerlint.mends import fix_of
    for code, rule in load().items():
        if code in selection:
            for scope in [dockerfile] if rule.scope == "Dockerfile" else dockerfile.stages:
                for hit in rule.check(scope):
                    yield finding(dockerfile.source.path, rule, hit, fix_of(code, hit, dockerfile) if fixes else None)


def finding(path: str, rule: Rule, hit: Hit, fix: Fix | None = None) -> Finding:
    """What is reported of a rule's hit."""
    span = hit.where if isinstance(hit.where, Span) else hit.where.span
    return Finding(
        path, *span, rule.code, rule.slug, hit.severity or rule.severity, hit.confidence or rule.confidence,
        concealed(hit.message), concealed(hit.help or rule.help), rule.breaks_build, fix,
    )  # fmt: skip
