"""The report in every form that people and programs read.

Each format is a module with `render(report) -> Iterator[str]`, which yields pieces of the whole text; it is imported when it is asked for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.finding import SEVERITIES, Finding

if TYPE_CHECKING:
    from dockerlint.check import Result

FORMATS = ("text", "table", "json", "sarif", "github", "gitlab", "checkstyle", "junit", "markdown")
COUNTABLE = ("error", "warning")
"""The severities that have a plural."""

COUNTED = ("text", "table", "json", "markdown")
"""The formats that can give counts instead of findings."""

FIXED = ("json", "sarif")
"""The formats that say how a finding is mended."""

PROGRAM = "validate-dockerfile"


class Report(NamedTuple):
    """All that is to be said after a run."""

    results: Sequence[Result]
    failures: Sequence[str]
    """What could not be done, a sentence each."""
    colour: bool = False
    width: int = 120
    """How many columns the reader has."""
    quiet: bool = False
    statistics: bool = False
    """Whether counts are wanted rather than findings."""

    @property
    def findings(self) -> Iterator[Finding]:
        """All findings, in the order of the files."""
        return (finding for result in self.results for finding in result.findings)

    @property
    def files(self) -> int:
        """How many files were judged."""
        return sum(result.judged for result in self.results)

    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity, worst first."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in SEVERITIES}

    def by_rule(self) -> list[RuleCount]:
        """How often each rule fired, the most frequent first."""
        findings = Counter((finding.code, finding.slug, finding.severity) for finding in self.findings)
        files = Counter(key for result in self.results for key in {(each.code, each.slug, each.severity) for each in result.findings})
        counts = [RuleCount(count, files[key], *key) for key, count in findings.items()]
        return sorted(counts, key=lambda each: (-each.findings, each.code, each.severity))


class RuleCount(NamedTuple):
    """How often a rule fired, and in how many files."""

    findings: int
    files: int
    code: str
    slug: str
    severity: str


def render(format: str, report: Report) -> Iterator[str]:
    """The whole text of a report in one of FORMATS, in pieces."""
    pieces: Iterator[str] = import_module(f"dockerlint.output.{format}").render(report)
    return pieces


def plural(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def summary(report: Report) -> str:
    """`3 findings (1 error, 2 warnings) in 2 of 10 files`."""
    counts = report.counts()
    total = sum(counts.values())
    if not total:
        return f"no findings in {plural(report.files, 'file')}"
    parts = [plural(count, severity) if severity in COUNTABLE else f"{count} {severity}" for severity, count in counts.items() if count]
    touched = sum(bool(result.findings) for result in report.results)
    where = plural(report.files, "file") if touched == report.files else f"{touched} of {plural(report.files, 'file')}"
    return f"{plural(total, 'finding')} ({', '.join(parts)}) in {where}"


# What a terminal or another program would not show but obey: control characters as the pictures that Unicode has for them.
_PICTURES = {number: chr(0x2400 + number) for number in range(0x20)} | {0x7F: "␡"}


def plain(text: str) -> str:
    """The text with every character that cannot be seen made visible, so that no file can talk to the reader's terminal."""
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if ord(character) in _PICTURES:
        return _PICTURES[ord(character)]
    return " " if character.isspace() and character not in "\u2028\u2029\x85" else "\ufffd"


def printable_name(path: str) -> str:
    """A path as it is told to programs: bytes that are not UTF-8 become U+FFFD."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def repository_path(path: str) -> str:
    """A path as services want it that know the repository's files: relative to the current folder, if it is below it."""
    name = printable_name(path)
    if os.path.isabs(name):
        below = os.path.relpath(name)
        return name if below.startswith("..") else below
    return os.path.normpath(name)


def fingerprints(results: Sequence[Result]) -> Mapping[tuple[int, int], str]:
    """A name for each finding, by the positions of its result and in it, that stays the same while other lines come and go."""
    from hashlib import sha256

    seen: Counter[str] = Counter()
    found = {}
    for number, result in enumerate(results):
        for position, finding in enumerate(result.findings):
            line = " ".join(result.lines.get(finding.line, "").split())
            text = "\0".join((repository_path(finding.file), finding.code, line, finding.message))
            seen[text] += 1
            found[number, position] = sha256(f"{text}\0{seen[text]}".encode(errors="surrogatepass")).hexdigest()[:32]
    return found
