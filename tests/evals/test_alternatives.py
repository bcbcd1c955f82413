"""Other answers are as good: each Dockerfile in `alternatives/CASE/`, beside what else the good answer has, fails no criterion.

Most are written as people write them, not as the references do, so that no criterion asks for a fashion.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cases import EVALS, all_cases, read_case
from harness.grading import FAILED, grade

from .frozen import TODAY, laid_out

ALTERNATIVES = sorted((Path(__file__).parent / "alternatives").glob("*/*.Dockerfile"))


@pytest.mark.parametrize("path", ALTERNATIVES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_another_good_answer_fails_nothing(path: Path, tmp_path: Path) -> None:
    case = read_case(EVALS / path.parent.name)
    answer = laid_out(case, tmp_path / "answer")
    (answer.folder / case.dockerfile).write_bytes(path.read_bytes())
    grading = grade(case, answer, today=TODAY, build=False)
    assert {each.criterion.id: each.evidence for each in grading.verdicts if each.status == FAILED} == {}


def test_every_dockerfile_to_write_has_another_answer() -> None:
    asked = {case.name for case in all_cases() if case.kind in ("write", "optimise")}
    assert asked <= {path.parent.name for path in ALTERNATIVES}
