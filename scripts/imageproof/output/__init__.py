"""The report: what it holds, and its forms, one module each with `render(report) -> str`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple

from imageproof.outcome import STATUSES, Outcome

FORMATS = ("table", "json", "junit", "markdown")
PROGRAM = "verify-image"
SIGNS = {"passed": "✔", "failed": "✘", "skipped": "–"}


class Report(NamedTuple):
    """All that a proof found."""

    subject: str
    """What was proved, as the person named it."""
    image: str
    """The image's id; empty where nothing was built."""
    platform: str
    engine: str
    outcomes: Sequence[Outcome]
    notes: Sequence[str]
    seconds: float
    build_seconds: float
    start_seconds: float
    kept: Sequence[str]
    """Names of the images that stay."""
    width: int = 120

    @property
    def counts(self) -> Mapping[str, int]:
        """How many checks passed, failed and were skipped."""
        return {status: sum(outcome.status == status for outcome in self.outcomes) for status in STATUSES}

    @property
    def exit_status(self) -> int:
        """0 all that ran hold, 1 something failed, 3 nothing ran."""
        counts = self.counts
        return 1 if counts["failed"] else 0 if counts["passed"] else 3

    @property
    def summary(self) -> str:
        """One sentence."""
        return f"{', '.join(f'{count} {status}' for status, count in self.counts.items())} in {self.seconds:.1f} s"


def render(report: Report, form: str) -> str:
    """The report in one of FORMATS."""
    text: str = import_module(f"imageproof.output.{form}").render(report)
    return text
