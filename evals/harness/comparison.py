"""What the skill changes: results -> for each model, case and criterion both arms, and the difference between paired trials.

A pair is the same model, case and repetition in both arms. The interval of a criterion or a case resamples its pairs; that of a model
resamples cases, for trials of one case are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from harness.arithmetic import Estimate, bootstrap, mean, pass_hat
from harness.results import Record, grouped
from harness.trials import ARMS, WITH, WITHOUT

Measure = Callable[[Record], "float | None"]


class Arm(NamedTuple):
    """One arm's numbers; shares are from 0 to 1, None where nothing is known."""

    trials: int
    pass_rate: float | None
    pass_1: float | None
    pass_k: float | None
    proved: float | None
    """Share of trials whose record shows a good verdict on the file that was handed over."""
    skill_used: float | None
    seconds: float | None
    turns: float | None
    tokens: float | None
    dollars: float | None
    skipped: float
    """Share of criteria that could not be looked at."""
    unfinished: int
    """Trials that did not end by themselves, or ended badly."""


class Row(NamedTuple):
    """One criterion, case or model, in both arms."""

    name: str
    text: str
    arms: dict[str, Arm]
    difference: Estimate | None
    """Of the pass rate, with less without; None where there is no pair."""
    tokens: Estimate | None = None
    """The same of tokens, and of seconds."""
    seconds: Estimate | None = None
    criteria: tuple[Row, ...] = ()


class Model(NamedTuple):
    """All of one model."""

    name: str
    whole: Row
    cases: tuple[Row, ...]
    k: int
    """Of pass^k: the most trials that every case has in every arm that was run."""
    triggered: tuple[float | None, float | None]
    """In the arm with the skill, the share of trials that used it: of cases that should trigger it, and of those that should not."""


def compare(records: Sequence[Record]) -> list[Model]:
    """For each model what came out."""
    return [_model(name, found) for name, found in grouped(records, "model")]


def _model(name: str, records: list[Record]) -> Model:
    counts = [len(of_arm) for _, of_case in grouped(records, "case") for _, of_arm in grouped(of_case, "arm")]
    k = min(counts)
    cases = [_case(f"{name}/{case}", case, found, k) for case, found in grouped(records, "case")]
    whole = Row(
        name,
        "all cases",
        _arms(records, k),
        _of_cases([case.difference for case in cases], f"{name}/difference"),
        _of_cases([case.tokens for case in cases], f"{name}/tokens"),
        _of_cases([case.seconds for case in cases], f"{name}/seconds"),
    )
    return Model(name, whole, tuple(cases), k, (_triggered(records, should=True), _triggered(records, should=False)))


def _triggered(records: list[Record], should: bool) -> float | None:
    return mean(each.trial.get("skill_used") for each in records if each.arm == WITH and each.trial.get("should_trigger") is should)


def _of_cases(estimates: Sequence[Estimate | None], seed: str) -> Estimate | None:
    return bootstrap([each.mean for each in estimates if each], seed)


def _case(seed: str, name: str, records: list[Record], k: int) -> Row:
    def difference(measure: Measure, what: str) -> Estimate | None:
        return bootstrap(list(_differences(records, measure)), f"{seed}/{what}")

    return Row(
        name,
        records[0].kind,
        _arms(records, k),
        difference(lambda record: record.pass_rate, "pass rate"),
        difference(lambda record: record.number("tokens"), "tokens"),
        difference(lambda record: record.number("seconds"), "seconds"),
        tuple(_criteria(seed, records, k)),
    )


def _criteria(seed: str, records: list[Record], k: int) -> Iterator[Row]:
    texts = {each.id: each.text for record in records for each in record.expectations}
    for criterion, text in texts.items():
        only = [
            record._replace(expectations=kept)
            for record in records
            if (kept := tuple(each for each in record.expectations if each.id == criterion))
        ]
        pairs = list(_differences(only, lambda record: record.pass_rate))
        yield Row(criterion, text, _arms(only, k), bootstrap(pairs, f"{seed}/{criterion}"))


def _differences(records: Sequence[Record], measure: Measure) -> Iterator[float]:
    """Of every pair: with less without, where both are known."""
    values = {(record.arm, record.run): measure(record) for record in records}
    for run in sorted({record.run for record in records}):
        one, other = values.get((WITH, run)), values.get((WITHOUT, run))
        if one is not None and other is not None:
            yield one - other


def _arms(records: Sequence[Record], k: int) -> dict[str, Arm]:
    by_arm = dict(grouped(records, "arm"))
    return {arm: _arm(by_arm[arm], k) for arm in ARMS if arm in by_arm}


def _arm(records: list[Record], k: int) -> Arm:
    by_case = [found for _, found in grouped(records, "case")]
    solved = [sum(record.solved for record in found) for found in by_case]
    criteria = sum(len(record.expectations) for record in records)
    return Arm(
        len(records),
        mean(mean(record.pass_rate for record in found) for found in by_case),
        mean(count / len(found) for count, found in zip(solved, by_case, strict=True)),
        mean(pass_hat(count, len(found), k) for count, found in zip(solved, by_case, strict=True)),
        mean(record.proved for record in records),
        mean(record.trial.get("skill_used") for record in records),
        mean(record.number("seconds") for record in records),
        mean(record.number("turns") for record in records),
        mean(record.number("tokens") for record in records),
        mean(record.number("dollars") for record in records),
        sum(record.skipped for record in records) / criteria,
        sum(record.trial.get("status") != "finished" for record in records),
    )
