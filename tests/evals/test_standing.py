"""What is graded without a model: the bundled examples, and the helper programs on frozen cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cases import CaseError
from harness.grading import FAILED, PASSED, SKIPPED
from harness.run_cli import main
from harness.standing import Helper, Say, examples, grade_all, helpers

READ = ("validate_dockerfile.py", "--no-config", "--shellcheck", "never", "--format", "json", "Dockerfile")
TEXT = 'FROM debian:trixie-slim\nCMD ["true"]\n'
FOUND = Helper("made-up", "it is found", READ, 1, (Say(("findings", {"code": "WD601"}, "line"), 1),), {"Dockerfile": TEXT})


def statuses(helper: Helper, build: bool = False) -> list[str]:
    [grading] = grade_all([[helper]], 1, build)
    return [verdict.status for verdict in grading.verdicts]


@pytest.mark.parametrize(
    ("helper", "wanted"),
    [
        (FOUND, [PASSED, PASSED]),
        (FOUND._replace(exit=0), [FAILED, PASSED]),
        (FOUND._replace(says=(Say(("findings", {"code": "WD601"}, "line"), 2),)), [PASSED, FAILED]),
        (FOUND._replace(says=(Say(("findings", {"code": "WD601"}), None),)), [PASSED, FAILED]),
        (FOUND._replace(says=(Say(("findings", {"code": "WD999"}), None),)), [PASSED, PASSED]),
        (FOUND._replace(says=(Say(("colour", 3, "x"), "red"),)), [PASSED, FAILED]),
        (FOUND._replace(run=(*READ[:-3], "Dockerfile")), [PASSED, FAILED]),
        (FOUND._replace(files={}), [FAILED, FAILED]),
        (FOUND._replace(run=("verify_image.py", ".")), [SKIPPED, SKIPPED]),
    ],
)
def test_a_known_answer_is_compared(helper: Helper, wanted: list[str]) -> None:
    assert statuses(helper) == wanted


@pytest.mark.parametrize("helper", [each for each in helpers() if not each.builds], ids=lambda each: each.name)
def test_a_helper_program_answers_as_is_known(helper: Helper) -> None:
    [grading] = grade_all([[helper]], 1, build=False)
    assert grading.solved, [verdict.evidence for verdict in grading.verdicts if verdict.status != PASSED]


def test_every_helper_program_has_cases() -> None:
    programs = {helper.run[0] for helper in helpers()}
    assert programs == {"validate_dockerfile.py", "analyze_image_size.sh", "verify_image.py"}
    assert len({helper.name for helper in helpers()}) == len(helpers())


def test_an_example_is_read_and_proved(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app.Dockerfile").write_text(TEXT)
    [group] = examples(tmp_path)
    [grading] = grade_all([group], 1, build=False)
    assert [verdict.status for verdict in grading.verdicts] == [FAILED, SKIPPED]
    assert "WD601" in grading.verdicts[0].evidence


def test_no_example_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="there is no example in"):
        examples(tmp_path)


def test_the_bundled_examples_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--examples", "--no-build", "--jobs", "2"]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(examples()) and all("1 of 2 passed, 0 failed, 1 skipped" in line for line in said)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "helpers.toml cannot be used: 'helper'"),
        ("helper = []", "helpers.toml has no case"),
        ('[[helper]]\nname = "a"\ncolour = "red"', "a has 'colour'; there are exit, files,"),
        ('[[helper]]\nname = "a"', "helpers.toml cannot be used: 'text'"),
    ],
)
def test_a_wrong_table_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "helpers.toml"
    path.write_text(text)
    with pytest.raises(CaseError) as refusal:
        helpers(path)
    assert sentence in str(refusal.value)
