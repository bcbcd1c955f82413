"""Results: what `run.py` has kept, read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.cases import CaseError
from harness.grading import PASSED, SKIPPED
from harness.trials import ARMS, GRADING, TRIAL


class Expectation(NamedTuple):
    """What became of one criterion."""

    id: str
    text: str
    status: str
    evidence: str

    @property
    def passed(self) -> bool:
        return self.status == PASSED


class Record(NamedTuple):
    """One trial."""

    model: str
    case: str
    id: int
    kind: str
    arm: str
    run: int
    expectations: tuple[Expectation, ...]
    trial: Mapping[str, Any]
    """All of trial.json."""

    @property
    def pass_rate(self) -> float:
        """Share of the criteria that passed; skipped ones did not."""
        return sum(each.passed for each in self.expectations) / len(self.expectations)

    @property
    def solved(self) -> bool:
        """Whether all passed."""
        return all(each.passed for each in self.expectations)

    @property
    def skipped(self) -> int:
        """How many criteria could not be looked at."""
        return sum(each.status == SKIPPED for each in self.expectations)

    def number(self, key: str) -> float | None:
        """A number of trial.json: seconds, turns, tokens, dollars; None where the agent does not tell."""
        value = self.trial.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def proved(self) -> bool | None:
        """Whether the record shows a good verdict on the file that was handed over; None where there is no record."""
        proof = self.trial.get("proof")
        return bool(proof.get("passed")) if isinstance(proof, Mapping) else None

    @property
    def proved_by(self) -> str:
        """"prover", "engine" or nothing."""
        proof = self.trial.get("proof")
        return str(proof.get("by")) if isinstance(proof, Mapping) and proof.get("passed") else ""


def read_results(folder: Path) -> list[Record]:
    """All graded trials below a folder, in a stable order; raises CaseError where there is none, or one cannot be read."""
    records = [_record(path.parent) for path in folder.glob(f"*/eval-*/*_skill/run-*/{GRADING}")]
    if not records:
        raise CaseError(f"there is no graded trial in {folder}: run.py makes them")
    return sorted(records, key=lambda each: (each.model, each.id, each.case, ARMS.index(each.arm), each.run))


def _record(folder: Path) -> Record:
    try:
        trial, grading = (json.loads((folder / name).read_bytes()) for name in (TRIAL, GRADING))
        expectations = tuple(
            Expectation(str(each["id"]), str(each["text"]), str(each["status"]), str(each["evidence"])) for each in grading["expectations"]
        )
        record = Record(
            str(trial["model"]), str(trial["case"]), int(trial["eval_id"]), str(trial["kind"]), str(trial["arm"]), int(trial["run"]),
            expectations, trial,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CaseError(f"the trial in {folder} cannot be read ({error}): remove its folder, and it is run again") from None
    if record.arm not in ARMS or not expectations:
        raise CaseError(f"the trial in {folder} is in no arm, or has no criteria: remove its folder, and it is run again")
    return record


def grouped(records: Sequence[Record], key: str) -> Iterator[tuple[Any, list[Record]]]:
    """The records by a field, in the order of its first appearance."""
    groups: dict[Any, list[Record]] = {}
    for record in records:
        groups.setdefault(getattr(record, key), []).append(record)
    yield from groups.items()
