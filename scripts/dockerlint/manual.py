"""Writes reference/rules.md from the rules themselves: `python3 -m dockerlint.manual`, with `--check` only says whether it is stale."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from dockerlint.explain import escaped, headline, markdown, mends
from dockerlint.knowledge import peers
from dockerlint.rules import Rule, load

PATH = os.path.join(os.path.dirname(__file__), "..", "..", "reference", "rules.md")

FAMILIES = {
    "1": "Syntax, build checks and pragmas",
    "2": "Images and stages",
    "3": "Packages and caching",
    "4": "Shell",
    "5": "Copying and the build context",
    "6": "Users and permissions",
    "7": "Secrets and supply chain",
    "8": "Runtime",
    "9": "Style",
}
"""What the first digit of a code says."""

PREFACE = """\
# Rules

What `scripts/validate_dockerfile.py` looks for: why, what is wrong, what is right, and what it leaves alone. Generated from the rules
themselves by `PYTHONPATH=scripts python3 -m dockerlint.manual`; a test fails when it is stale. `--explain WD304` prints one entry.

A rule is named by its code, its slug, the beginning of a code (`WD3`), a glob, or the id of another linter's check that it covers
(`--select DL3015`, `# hadolint ignore=DL3015`); the last section lists those ids. Severity says how bad: *error* (the build breaks, the
container cannot work, or a credential leaks), *warning* (worth a change in nearly every case), *info* (a good idea), *style* (taste).
Confidence says how sure; findings of low confidence are hidden unless `--min-confidence low` asks for them. A finding may be milder, or
less sure, than its rule. ShellCheck's findings keep their own codes (`SC2086`).

*Mends* says what `--fix` does about a finding, where there is one right answer: *safe* is what leaves the build and the container as they
are, but for what the finding is about; *unsafe*, which takes `--unsafe-fixes`, is what may change either. Whatever it writes it reads
again: a mend that would bring an error or a warning is left out. Consecutive RUNs are never merged for their own sake.
"""

PEERS_PREFACE = """\
## What other linters check

Every check of BuildKit (`docker build --check`), hadolint, tally, trivy, checkov, KICS, semgrep-rules, droast, dockerfile-utils,
dockerfilelint, dockerlinter, dockerlint and dockle, as of November 2026, in 178 groups of the same meaning; the rule here that covers
each, or why none does. ★★★ are errors and risks that matter to most people, ★★ useful, ★ opinion, niche or noisy.
"""


def manual() -> str:
    """The whole text of reference/rules.md."""
    rules = sorted(load().values())
    return "\n".join([PREFACE, *_contents(rules), *_sections(rules), PEERS_PREFACE, *_peers(rules)]) + "\n"


def _contents(rules: Sequence[Rule]) -> Iterator[str]:
    yield "## Contents\n"
    yield "| code | rule | severity | default | mends | what is wrong |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule in rules:
        anchor = f"{rule.code}-{rule.slug}".lower()
        state = "on" if rule.default else "off"
        yield f"| [{rule.code}](#{anchor}) | {rule.slug} | {rule.severity} | {state} | {mends(rule.doc)} | {_cell(headline(rule.doc))} |"
    yield "\nAt the end: [what other linters check](#what-other-linters-check), and by which rule it is covered.\n"


def _sections(rules: Sequence[Rule]) -> Iterator[str]:
    for digit, title in FAMILIES.items():
        family = [rule for rule in rules if rule.code[2] == digit]
        if family:
            yield f"## {title}\n"
        for rule in family:
            yield f"### {rule.code} {rule.slug}\n"
            state = "on by default" if rule.default else "off by default"
            breaks = "; BuildKit refuses the file" if rule.breaks_build else ""
            yield f"*{rule.severity}, {rule.confidence} confidence, {state}{breaks}*\n"
            yield markdown(rule.doc) + "\n"
            if rule.help:
                yield f"Help: {escaped(rule.help)}\n"
            if rule.covers:
                yield f"Covers: {', '.join(rule.covers)}\n"


def _peers(rules: Sequence[Rule]) -> Iterator[str]:
    covers = [(rule.code, rule.covers) for rule in rules]
    yield "| # | value | check | ids | covered by |"
    yield "| --- | --- | --- | --- | --- |"
    for group in peers.GROUPS:
        codes = peers.covering(group, covers)
        answer = ", ".join(codes) or _cell(peers.ELSEWHERE.get(group.number) or peers.NONE[group.number])
        yield f"| {group.number} | {'★' * group.stars} | {_cell(group.check)} | {', '.join(group.ids)} | {answer} |"


def _cell(text: str) -> str:
    return escaped(text).replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Writes the file, or with --check compares it; the exit status."""
    path = os.path.normpath(PATH)
    text = manual()
    if "--check" in arguments:
        try:
            with open(path, encoding="utf-8") as file:
                fresh = file.read() == text
        except FileNotFoundError:
            fresh = False
        if not fresh:
            print(f"{path} is stale: run PYTHONPATH=scripts python3 -m dockerlint.manual", file=sys.stderr)
        return 0 if fresh else 1
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
