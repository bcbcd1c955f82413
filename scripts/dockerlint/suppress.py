"""What a file's own comments silence, and what is said of those that silence nothing.

No comment silences a finding with `breaks_build`: BuildKit refuses the file whatever a comment says. One that silences nothing is
itself a finding (WD190). How such comments are written: see pragmas.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.check_directive import CheckOptions, file_check_options
from dockerlint.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockerlint.model import Dockerfile
    from dockerlint.pragmas import Name, Pragma
    from dockerlint.selection import Meaning, Selection
    from dockerlint.source import Source

UNUSED = "WD190"
FORBIDDEN = "WD191"

_MARKS = ("wd:", "hadolint", "check", "trivy:ignore:", "crew:skip=")  # "check" is also in "checkov:skip="


class Outcome(NamedTuple):
    """What is left to report, and how many findings were silenced."""

    findings: list[Finding]
    silenced: int


def apply(findings: list[Finding], dockerfile: Dockerfile, selection: Selection) -> Outcome:
    """The findings that the file's own comments leave, and one more for every pragma that silences nothing.

    `findings` are all of the file, of every confidence, in order.
    """
    source = dockerfile.source
    options = file_check_options(source, dockerfile.options.build_args)
    marked = [number for number, line in enumerate(source.lines, 1) if "#" in line and any(mark in line.lower() for mark in _MARKS)]
    if not marked and options == CheckOptions():
        return Outcome(findings, 0)
    from dockerlint.pragmas import WHOLE_FILE, read

    pragmas = list(read(marked, dockerfile, options))
    meanings = [[(name, _meaning(pragma.owner, name.text)) for name in pragma.names] for pragma in pragmas]
    used: set[tuple[int, Name]] = set()

    def silences(finding: Finding) -> bool:
        """Whether some pragma silences it; every one that does is used."""
        hits = [
            (number, name)
            for number, pragma in enumerate(pragmas)
            if pragma.lines[0] <= finding.line <= pragma.lines[1]
            for name, meaning in meanings[number]
            if meaning.includes(finding.code)
        ]
        used.update(hits)
        return bool(hits)

    kept = [finding for finding in findings if finding.breaks_build or not silences(finding)]
    silenced = len(findings) - len(kept)
    if options.error:
        kept = [_refused(finding) for finding in kept]
    idle = [
        _finding(UNUSED, pragma, name, source.path, why)
        for number, pragma in enumerate(pragmas)
        for name, meaning in meanings[number]
        if (number, name) not in used
        and (why := _why_idle(pragma, name, meaning, selection, pragma.lines == WHOLE_FILE))
    ]
    ours = [finding for finding in idle if not silences(finding)] if UNUSED in selection.rules else []
    if FORBIDDEN in selection.rules:
        ours += [
            _finding(FORBIDDEN, pragma, pragma.names[0], source.path, "a comment decides what is reported")
            for pragma in pragmas
            if pragma.line and pragma.names
        ]
    if ours:
        kept = sorted([*kept, *ours], key=lambda finding: (finding.line, finding.column, finding.code))
    return Outcome(kept, silenced)


def experimental_rules(source: Source, build_args: Mapping[str, str]) -> frozenset[str]:
    """The codes of the rules that `check=experimental=…` turns on."""
    names = file_check_options(source, build_args).experimental
    if not names:
        return frozenset()
    from dockerlint.knowledge.peers import BUILDKIT_EXPERIMENTAL

    wanted = BUILDKIT_EXPERIMENTAL if names == ("all",) else BUILDKIT_EXPERIMENTAL & set(names)
    return frozenset(code for name in wanted for code in _meaning("buildkit", name).codes)


def _meaning(owner: str, name: str) -> Meaning:
    from dockerlint.selection import Meaning, meaning

    if owner == "buildkit":
        from dockerlint.knowledge.peers import BUILDKIT_CHECKS

        names: Iterable[str] = BUILDKIT_CHECKS if name == "all" else {name} & BUILDKIT_CHECKS
        return Meaning(frozenset(code for each in names for code in meaning(each).codes), "", 2)
    return meaning(name)


def _why_idle(pragma: Pragma, name: Name, meaning: Meaning, selection: Selection, everywhere: bool) -> str:
    """Why a pragma that silenced nothing should go; "" where it may stay.

    It may where a rule that is off could make it useful, or another linter that reads it.
    """
    from dockerlint.selection import is_peers

    if pragma.wrong:
        return pragma.wrong
    if meaning.codes and meaning.codes <= {UNUSED, FORBIDDEN}:
        return ""
    if pragma.owner == "wd" and meaning.empty and not is_peers(name.text):
        return f"no rule is called {name.text}"
    if pragma.line and name.text != "all" and meaning.codes & selection.rules:
        return f"silences nothing: {name.text} finds nothing {'in this file' if everywhere else 'here'}"
    return ""


def _refused(finding: Finding) -> Finding:
    """The finding where `error=true` makes BuildKit refuse what it else warns of."""
    from dockerlint.knowledge.peers import BUILDKIT_CHECKS
    from dockerlint.rules import RULES

    rule = RULES.get(finding.code)
    if rule is None or BUILDKIT_CHECKS.isdisjoint(rule.covers):
        return finding
    return finding._replace(severity="error", breaks_build=True)


def _finding(code: str, pragma: Pragma, name: Name, path: str, message: str) -> Finding:
    from dockerlint.rules import RULES

    rule = RULES[code]
    place = pragma.line, name.column, pragma.line, name.column + len(name.text)
    # Other tools judge by other rules than ours: what silences nothing here may be needed there.
    others = pragma.owner in ("hadolint", "trivy", "checkov")
    others = others or name.text == "SecretsUsedInArgOrEnv"  # BuildKit's list of names grows with its versions
    confidence = "low" if code == UNUSED and others else rule.confidence
    return Finding(path, *place, code, rule.slug, rule.severity, confidence, message, rule.help, False)
