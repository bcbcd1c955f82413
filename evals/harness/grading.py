"""Grading: a case's criteria, each applied to one answer. Nothing is searched in the text of a Dockerfile: the validator's model tells
what it says, the validator what is wrong with it, the prover what holds of its image.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness import engine
from harness.answers import Answer
from harness.cases import ANY, Case, Criterion
from harness.facts import FACTS, Value, secrets_of
from harness.registry import RegistryError, serving

if TYPE_CHECKING:
    from dockerlint.finding import Finding
    from dockerlint.lint import Linted
    from imageproof.outcome import Outcome

PASSED, FAILED, SKIPPED = STATUSES = ("passed", "failed", "skipped")
_SHOWN = 3


class Verdict(NamedTuple):
    """What became of one criterion."""

    criterion: Criterion
    status: str
    """One of STATUSES."""
    evidence: str
    """What was seen, a sentence; of a skipped one why it was skipped."""


class Grading(NamedTuple):
    """What became of all of them."""

    case: str
    verdicts: tuple[Verdict, ...]
    seconds: float = 0.0
    proof_seconds: float = 0.0
    """Of `seconds`, what the prover took; `build_seconds` of that the build, `start_seconds` until the container answered."""
    build_seconds: float = 0.0
    start_seconds: float = 0.0

    @property
    def counts(self) -> Mapping[str, int]:
        """How many passed, failed and were skipped."""
        return {status: sum(verdict.status == status for verdict in self.verdicts) for status in STATUSES}

    @property
    def solved(self) -> bool:
        """Whether all passed; a skipped one did not."""
        return self.counts[PASSED] == len(self.verdicts)

    @property
    def inspected(self) -> bool:
        """Whether there was anything to look at."""
        return self.counts[SKIPPED] < len(self.verdicts)


class Absent(Exception):
    """What a criterion is about is not there; it fails."""


class Unseen(Exception):
    """What a criterion is about could not be looked at; it is skipped."""


def grade(case: Case, answer: Answer, *, today: str = "", build: bool = True) -> Grading:
    """Grade an answer; never raises for what is in it. `today` (an ISO date) decides which bases are past their end.

    Without `build` nothing is asked of an engine, and what only a build can tell is skipped.
    """
    began = time.monotonic()
    graded = _Graded(case, answer, today or dt.datetime.now(dt.UTC).date().isoformat(), build)
    verdicts = tuple(graded.verdict(criterion) for criterion in case.criteria)
    proved = graded.proved
    return Grading(case.name, verdicts, time.monotonic() - began, *(proved.cost if proved else ()))


class _Graded:
    """An answer, with what several criteria want to know of it, each found once."""

    def __init__(self, case: Case, answer: Answer, today: str, build: bool) -> None:
        self.case, self.answer, self.today, self.build = case, answer, today, build
        self.dockerfile = answer.folder / case.dockerfile

    def verdict(self, criterion: Criterion) -> Verdict:
        try:
            holds, evidence = _JUDGES[criterion.subject](self, criterion)
        except Absent as absence:
            return Verdict(criterion, FAILED, str(absence))
        except Unseen as reason:
            return Verdict(criterion, SKIPPED, str(reason))
        return Verdict(criterion, PASSED if holds == criterion.expected else FAILED, evidence)

    # What is known ---------------------------------------------------------------------------------------------------------------------

    @cached_property
    def linted(self) -> Linted:
        """The model of the Dockerfile and its findings; pragmas and settings of the answer's own do not count. Raises Absent."""
        from dockerlint.check import judge
        from dockerlint.config import Configurations
        from dockerlint.context import Context
        from dockerlint.errors import Failure
        from dockerlint.inputs import read
        from dockerlint.source import Source

        path = str(self.dockerfile)
        arguments = dict(each.partition("=")[::2] for each in self.case.proof.get("build_arg", ()))
        options = {"today": self.today, "target": self.case.proof.get("target", ""), "build_args": arguments, "pragmas": False}
        try:
            settings, _ = Configurations(options, enabled=False).of(path)
            # Where the answer lies is nothing of its own: a folder called test or dev would excuse what belongs there.
            linted = judge(Source(self.case.dockerfile, read(path)), settings, Context(str(self.answer.folder), path, given=True))
        except Failure as failure:
            raise Absent(str(failure) if self.dockerfile.exists() else self.missing) from None
        findings = [each for each in linted.findings if settings.reports(each.confidence)]
        return linted._replace(findings=findings)

    @cached_property
    def missing(self) -> str:
        """A sentence: there is no Dockerfile where it is looked for, but these others are there."""
        names = ("Dockerfile*", "*.Dockerfile", "Containerfile*")
        found = {path.relative_to(self.answer.folder).as_posix() for name in names for path in self.answer.folder.rglob(name)}
        others = sorted(each for each in found if not each.endswith(".dockerignore"))
        return f"there is no {self.case.dockerfile}" + (f", but {_listed(others)}" if others else "")

    @cached_property
    def proved(self) -> _Proved | None:
        """What the prover found; None where it was not asked."""
        if not self.case.proofs or not self.build or not self.dockerfile.is_file():
            return None
        return _prove(self.case, self.answer, secrets_of(self.linted.dockerfile))

    # Judges: whether the criterion's subject is there, and what was seen ---------------------------------------------------------------

    def fact(self, criterion: Criterion) -> tuple[bool, str]:
        dockerfile = self.linted.dockerfile
        if dockerfile.target is None:
            raise Absent(f"{self.case.dockerfile} has no stage")
        value = FACTS[criterion.of].of(dockerfile)
        return compare(criterion, value), f"{criterion.of} is {_told(value)}"

    def finding(self, criterion: Criterion) -> tuple[bool, str]:
        from dockerlint.finding import SEVERITIES

        mildest = SEVERITIES[-1] if criterion.at_least == ANY else criterion.at_least
        counted = SEVERITIES[: SEVERITIES.index(mildest) + 1]
        found = [
            each for each in self.linted.findings if criterion.of in (ANY, each.code, each.slug) and each.severity in counted
        ]
        return bool(found), _listed(list(map(_finding, found))) if found else "the validator finds none"

    def proof(self, criterion: Criterion) -> tuple[bool, str]:
        if not self.dockerfile.is_file():
            raise Absent(self.missing)
        if not self.proved:
            raise Unseen("nothing was built, as was asked")
        outcome = self.proved.outcome(criterion.of)
        if outcome.status == SKIPPED:
            raise Unseen(outcome.seen)
        return outcome.status == PASSED, outcome.seen

    def file(self, criterion: Criterion) -> tuple[bool, str]:
        path = self.answer.folder / criterion.of
        value, comparison = criterion.value, criterion.comparison
        there = path.is_file() and self.answer.folder.resolve() in path.resolve().parents
        if comparison == "exists":
            return there == value, f"{criterion.of} is {'there' if there else 'not there'}"
        if comparison == "ignored":
            from dockerlint.context import Context

            ignored = Context(str(self.answer.folder), str(self.dockerfile), given=True).ignored(criterion.of)
            return ignored == value, f"{criterion.of} is {'kept out of' if ignored else 'sent with'} the build context"
        if not there:
            raise Absent(f"{criterion.of} is not there")
        data = path.read_bytes()
        if comparison == "unchanged":
            assert self.case.workspace
            same = data == (self.case.workspace / criterion.of).read_bytes()
            return same == value, f"{criterion.of} is {'as it was' if same else 'changed'}"
        return compare(criterion, data.decode(errors="replace")), f"{criterion.of} has {len(data)} bytes"

    def said(self, criterion: Criterion) -> tuple[bool, str]:
        if self.answer.message is None:
            raise Absent("there is no message")
        found = re.search(criterion.of, self.answer.message, re.MULTILINE)
        return bool(found), f"the message says {_told(found[0])}" if found else "the message does not say it"


_JUDGES: Mapping[str, Callable[[_Graded, Criterion], tuple[bool, str]]] = {
    "fact": _Graded.fact,
    "finding": _Graded.finding,
    "proof": _Graded.proof,
    "file": _Graded.file,
    "answer": _Graded.said,
}


class _Proved(NamedTuple):
    """What the prover found, or why it could not look."""

    outcomes: Mapping[str, Outcome] = {}
    named: tuple[str, ...] = ()
    """The checks that criteria name."""
    unable: Exception | None = None
    cost: tuple[float, ...] = ()

    def outcome(self, name: str) -> Outcome:
        """What a check found; it fails, too, where it could not run because of a failure that no criterion names."""
        if self.unable:
            raise self.unable
        outcome = self.outcomes[name]
        if outcome.status == SKIPPED:
            for cause in _FIRST:
                if cause not in self.named and self.outcomes[cause].status == FAILED:
                    return outcome._replace(status=FAILED, seen=f"{outcome.seen}: {self.outcomes[cause].seen}")
        return outcome


_FIRST = ("build", "starts")
"""Checks without which no other can run."""


def _prove(case: Case, answer: Answer, secrets: Mapping[str, str]) -> _Proved:
    from imageproof.errors import ProofError, Skip
    from imageproof.proof import prove
    from imageproof.spec import Spec

    fields: dict[str, Any] = {**case.proof, "context": str(answer.folder), "file": str(answer.folder / case.dockerfile)}
    fields["canary"] = tuple(_canaries(fields.get("canary", ()), secrets))
    fields["check"] = tuple(dict.fromkeys((*_FIRST, *case.proofs)))
    if not engine.answers():
        return _Proved(unable=Unseen(engine.MISSING))
    registry: AbstractContextManager[Mapping[str, Any]] = serving(secrets) if case.registry else nullcontext({})
    try:
        with registry as given:
            report = prove(Spec(**{**fields, **given}))
    except RegistryError as error:
        return _Proved(unable=Unseen(str(error)))
    except (ProofError, Skip) as error:
        ours = str(error).startswith("--needs")  # else the Dockerfile wants what the case does not give
        return _Proved(unable=Unseen(str(error)) if ours else Absent(str(error)))
    except Exception as error:  # noqa: BLE001 - a defect of ours must not end a night of trials
        return _Proved(unable=Unseen(f"the prover could not work: {type(error).__name__}: {' '.join(str(error).split())}"))
    outcomes = {outcome.name: outcome for outcome in report.outcomes}
    return _Proved(outcomes, case.proofs, None, (report.seconds, report.build_seconds, report.start_seconds))


def _canaries(wanted: tuple[str, ...], secrets: Iterable[str]) -> Iterator[str]:
    """`secret:*` stands for whatever secrets the Dockerfile mounts: how an answer calls them is its own affair."""
    for canary in wanted:
        if canary == f"secret:{ANY}":
            yield from (f"secret:{each}" for each in secrets)
        else:
            yield canary


def compare(criterion: Criterion, value: Value) -> bool:
    """Whether a value is as the criterion's comparison wants it; a list is when one of its elements is, its length counts."""
    wanted, comparison = criterion.value, criterion.comparison
    if comparison in ("min", "max"):
        number = len(value) if isinstance(value, list) else int(value)
        return bool(number >= wanted if comparison == "min" else number <= wanted)
    if comparison == "equals":
        return bool(sorted(value) == sorted(wanted) if isinstance(value, list) else value == wanted)
    if comparison == "exists":
        return bool(value) is wanted
    if isinstance(value, list):
        return any(_holds(comparison, each, wanted, whole=True) for each in value)
    return _holds(comparison, value, wanted, whole=False)


def _holds(comparison: str, value: str | int, wanted: Any, whole: bool) -> bool:
    if comparison == "one_of":
        return bool(value in wanted)
    if comparison == "contains":
        return bool(value == wanted if whole else wanted in str(value))
    return bool(re.search(wanted, str(value), re.MULTILINE))


def _told(value: Value) -> str:
    if isinstance(value, list):
        return _listed(value) if value else "empty"
    return f"`{' '.join(value.split())[:200]}`" if isinstance(value, str) and value else "empty" if value == "" else str(value).lower()


def _listed(items: list[str]) -> str:
    more = len(items) - _SHOWN
    return "; ".join(" ".join(item.split())[:200] for item in items[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _finding(finding: Finding) -> str:
    return f"{Path(finding.file).name}:{finding.line} {finding.severity} {finding.code} {finding.message}"
