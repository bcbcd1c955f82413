"""The forms of the report, one module each with `render(records) -> str`, and what they have in common: how numbers are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

from harness.arithmetic import Estimate
from harness.comparison import Model, Row
from harness.results import Record
from harness.trials import ARMS, WITH, WITHOUT

FORMATS = {"markdown": "report.md", "json": "benchmark.json", "html": "report.html"}
"""Their names, and the file that each is usually kept in."""
NONE = "–"
CASES = ("case", "kind", "pairs", "with", "without", "difference [95 % interval]", "pass@1", "pass^{k}", "proved", "tokens", "seconds")
CRITERIA = ("case", "criterion", "with", "without", "difference [95 % interval]")
NOTE = (
    "A pair is one repetition of one case in both arms; the difference is with the skill less without it. Pairs of each case and criterion "
    "are resampled, of a model its cases (bootstrap, 2000 rounds, percentiles). From few pairs an interval of no width says that they were "
    "alike, not that the next ones will be. Two figures in one field: with / without. A skipped criterion did not pass."
)


def render(records: Sequence[Record], form: str) -> str:
    """The report in one of FORMATS."""
    text: str = import_module(f"harness.reports.{form}").render(records)
    return text


def share(value: float | None) -> str:
    """A share as a percentage."""
    return NONE if value is None else f"{100 * value:.0f} %"


def amount(value: float | None) -> str:
    """A number, rounded to what can be read."""
    return NONE if value is None else f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def points(estimate: Estimate | None) -> str:
    """A difference of shares in percentage points, with its interval."""
    if estimate is None:
        return NONE
    if estimate.low is None or estimate.high is None:
        return f"{signed(100 * estimate.mean)} (one pair)"
    return f"{signed(100 * estimate.mean)} [{signed(100 * estimate.low)}, {signed(100 * estimate.high)}]"


def change(estimate: Estimate | None) -> str:
    """A difference of amounts, with its interval."""
    if estimate is None:
        return NONE
    if estimate.low is None or estimate.high is None:
        return signed(estimate.mean)
    return f"{signed(estimate.mean)} [{signed(estimate.low)}, {signed(estimate.high)}]"


def signed(value: float) -> str:
    """A rounded number with its sign; zero has none."""
    return f"{value:+,.0f}" if round(value) else "0"


def both(row: Row, field: str, tell: Callable[[float | None], str] = share) -> str:
    """A field of both arms: `with / without`."""
    return " / ".join(tell(getattr(row.arms[arm], field)) if arm in row.arms else NONE for arm in ARMS)


def of_arm(row: Row, arm: str, field: str) -> str:
    """A share of one arm."""
    return share(getattr(row.arms[arm], field)) if arm in row.arms else NONE


def case_cells(row: Row) -> list[str]:
    """The cells of a case's or a model's row, in the order of CASES."""
    return [
        row.name,
        row.text,
        _pairs(row),
        of_arm(row, WITH, "pass_rate"),
        of_arm(row, WITHOUT, "pass_rate"),
        points(row.difference),
        both(row, "pass_1"),
        both(row, "pass_k"),
        both(row, "proved"),
        both(row, "tokens", amount),
        both(row, "seconds", amount),
    ]


def _pairs(row: Row) -> str:
    count = row.difference.observations if row.difference else 0
    return str(count) if row.criteria else _plural(count, "case")


def heads(k: int) -> list[str]:
    """The heads of these cells."""
    return [head.format(k=k) for head in CASES]


def criteria_cells(model: Model) -> list[list[str]]:
    """A row for each criterion, the worst difference first: what the skill spoils must not hide behind what it helps."""
    found = [(case, row) for case in model.cases for row in case.criteria]
    found.sort(key=lambda each: (each[1].difference.mean if each[1].difference else 0, each[0].name, each[1].name))
    return [[case.name, row.text, *(of_arm(row, arm, "pass_rate") for arm in ARMS), points(row.difference)] for case, row in found]


def sentences(model: Model) -> Iterator[str]:
    """What there is to say of a model beside the tables."""
    row = model.whole
    yield f"Pass rate {both(row, 'pass_rate')}; difference in points {points(row.difference)}, over {_plural(len(model.cases), 'case')}."
    yield f"A trial with the skill takes {change(row.tokens)} tokens and {change(row.seconds)} seconds more."
    should, should_not = map(share, model.triggered)
    yield f"Used the skill where it should: {should}, where it should not: {should_not}."
    yield f"Proved what was handed over: {both(row, 'proved')}."
    yield f"Turns {both(row, 'turns', amount)}, dollars {both(row, 'dollars', _money)} a trial."
    for arm, numbers in row.arms.items():
        trials, skipped = _plural(numbers.trials, "trial"), share(numbers.skipped)
        yield f"Arm {arm}: {trials}, of which {numbers.unfinished} did not end well; {skipped} of the criteria were skipped."


def period(records: Sequence[Record]) -> str:
    """From when to when the trials were begun."""
    days = sorted({str(record.trial.get("started") or "")[:10] for record in records} - {""})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else "at an unknown time"


def _money(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
