"""The arithmetic of the report: means, paired bootstrap intervals, pass@1 and pass^k. Same numbers in, same numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import comb
from random import Random
from statistics import fmean, stdev
from typing import NamedTuple

ROUNDS = 2000
CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A mean and its bootstrap interval; without one where there are fewer than two observations."""

    mean: float
    low: float | None = None
    high: float | None = None
    observations: int = 0


class Spread(NamedTuple):
    """How numbers lie, as skill-creator's benchmark.json has it."""

    mean: float
    stddev: float
    min: float
    max: float


def bootstrap(values: Sequence[float], seed: str) -> Estimate | None:
    """The mean of observations and the percentile interval of ROUNDS resamples, drawn by a seed of their own; None for no observation."""
    if not values:
        return None
    mean, count = fmean(values), len(values)
    if count < 2:
        return Estimate(mean, observations=count)
    random = Random(seed)
    means = sorted(fmean(random.choices(values, k=count)) for _ in range(ROUNDS))
    tail = round(ROUNDS * (1 - CONFIDENCE) / 2)
    return Estimate(mean, means[tail], means[-1 - tail], count)


def pass_hat(solved: int, count: int, k: int) -> float | None:
    """pass^k: the chance that k trials, drawn from those that were made, are all solved; None where fewer were made.

    The estimator without bias is C(solved, k) / C(count, k).
    """
    return comb(solved, k) / comb(count, k) if 0 < k <= count else None


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def spread(values: Iterable[float | None]) -> Spread | None:
    """Mean, sample standard deviation, least and most of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return Spread(fmean(known), stdev(known) if len(known) > 1 else 0.0, min(known), max(known)) if known else None
