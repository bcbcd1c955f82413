"""The grader is proved by answers whose grades are known: a good one passes every criterion, each mutant fails one and no other."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from harness.cases import EXPECT, Case, all_cases
from harness.grading import FAILED, PASSED, SKIPPED, Grading, grade

from .frozen import ANSWERS, TODAY, Mutant, laid_out, mutants

TINY = Path(__file__).parent / "tiny"


class Frozen(NamedTuple):
    """A case, and where its answers are."""

    case: Case
    answers: Path
    mutant: Mutant | None = None

    @property
    def builds(self) -> bool:
        """Whether an engine is needed: mutants of what a reading tells need none."""
        named = {each.id for each in self.case.criteria if each.subject == "proof"}
        return self.mutant.flips in named if self.mutant else bool(named)

    def grade(self, folder: Path) -> Grading:
        return grade(self.case, laid_out(self.case, folder, self.answers, self.mutant), today=TODAY, build=self.builds)

    def __str__(self) -> str:
        return f"{self.case.name}-{self.mutant.flips}" if self.mutant else self.case.name


def _cases() -> list[Frozen]:
    ours = all_cases() if any(Path(ANSWERS).glob("*")) else []
    return [Frozen(case, ANSWERS) for case in ours] + [Frozen(case, TINY / "answers") for case in all_cases(TINY / "cases")]


CASES = _cases()
MUTANTS = [frozen._replace(mutant=mutant) for frozen in CASES for mutant in mutants(frozen.case, frozen.answers)]


def of(grading: Grading, status: str) -> dict[str, str]:
    return {each.criterion.id: each.evidence for each in grading.verdicts if each.status == status}


def by_need(found: list[Frozen], builds: bool) -> list[Frozen]:
    return [each for each in found if each.builds == builds]


@pytest.mark.parametrize("frozen", by_need(CASES, builds=False), ids=str)
def test_a_good_answer_passes(frozen: Frozen, tmp_path: Path) -> None:
    grading = frozen.grade(tmp_path / "answer")
    assert of(grading, FAILED) == {} and of(grading, SKIPPED) == {}


@pytest.mark.parametrize("frozen", by_need(CASES, builds=True), ids=str)
def test_a_good_answer_passes_when_it_is_built(frozen: Frozen, engine: str, tmp_path: Path) -> None:
    grading = frozen.grade(tmp_path / "answer")
    assert of(grading, FAILED) == {} and of(grading, SKIPPED) == {}


@pytest.mark.parametrize("frozen", by_need(MUTANTS, builds=False), ids=str)
def test_a_mutant_fails_one_criterion_alone(frozen: Frozen, tmp_path: Path) -> None:
    grading = frozen.grade(tmp_path / "answer")
    assert frozen.mutant and set(of(grading, FAILED)) == {frozen.mutant.flips}
    built = {each.id for each in frozen.case.criteria if each.subject == "proof"}
    assert set(of(grading, SKIPPED)) == built


@pytest.mark.parametrize("frozen", by_need(MUTANTS, builds=True), ids=str)
def test_a_mutant_that_is_built_fails_one_criterion_alone(frozen: Frozen, engine: str, tmp_path: Path) -> None:
    grading = frozen.grade(tmp_path / "answer")
    assert frozen.mutant and set(of(grading, FAILED)) == {frozen.mutant.flips}, of(grading, FAILED)
    assert of(grading, PASSED) or of(grading, SKIPPED), "the other criteria were looked at"


@pytest.mark.parametrize("frozen", CASES, ids=str)
def test_every_criterion_has_a_mutant(frozen: Frozen) -> None:
    flipped = [mutant.flips for mutant in mutants(frozen.case, frozen.answers)]
    assert {each.id for each in frozen.case.criteria} == set(flipped)


def test_there_are_no_answers_without_a_case() -> None:
    known = {frozen.case.name for frozen in CASES}
    assert {path.name for path in (*ANSWERS.glob("*"), *(TINY / "answers").glob("*"))} <= known
    assert all((frozen.case.folder / EXPECT).is_file() for frozen in CASES)
