"""One answer, graded: what passes, fails and is skipped, what is written of it, and the exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import engine as engines
from harness.answers import read_answer
from harness.cases import Case, CaseError, read_case
from harness.grade_cli import main
from harness.grading import FAILED, PASSED, SKIPPED, grade
from imageproof import proof

from .frozen import TODAY

TINY = Path(__file__).parent / "tiny"
SERVER = TINY / "cases" / "tiny-server"
GOOD = "FROM python:3.14-slim\nWORKDIR /app\nCOPY server.py .\nUSER 10001\nEXPOSE 80 443\nCMD [\"python\", \"server.py\"]\n"
Graded = Callable[..., tuple[str, str]]


def case_of(folder: Path, *criteria: dict[str, Any], **fields: Any) -> Case:
    folder.mkdir()
    (folder / "workspace").mkdir()
    (folder / "workspace" / "server.py").write_text("pass\n")
    head = {"id": 1, "kind": "write", "should_trigger": True, "expected_output": "x", **fields}
    numbered = [{"id": f"c-{number}", "text": "It holds", **criterion} for number, criterion in enumerate(criteria)]
    (folder / "expect.json").write_text(json.dumps({**head, "criteria": numbered}))
    return read_case(folder)


@pytest.fixture
def graded(tmp_path: Path) -> Graded:
    def grader(criterion: dict[str, Any], build: bool = False, files: dict[str, str] | None = None, **fields: Any) -> tuple[str, str]:
        case = case_of(tmp_path / "made-up", criterion, **fields)
        folder = tmp_path / "answer"
        folder.mkdir()
        for name, text in ({"Dockerfile": GOOD, "server.py": "pass\n", "answer.md": "I say\nso.\n"} if files is None else files).items():
            (folder / name).write_text(text)
        [verdict] = grade(case, read_answer(folder), today=TODAY, build=build).verdicts
        return verdict.status, verdict.evidence

    return grader


CRITERIA: list[tuple[dict[str, Any], str, str]] = [
    ({"fact": "stages", "equals": 1}, PASSED, "stages is 1"),
    ({"fact": "stages", "min": 2}, FAILED, "stages is 1"),
    ({"fact": "stages", "max": 1}, PASSED, "stages is 1"),
    ({"fact": "stages", "one_of": [2, 3]}, FAILED, "stages is 1"),
    ({"fact": "user", "matches": r"^[1-9]\d*$"}, PASSED, "user is `10001`"),
    ({"fact": "user", "matches": "^root$", "expected": False}, PASSED, "user is `10001`"),
    ({"fact": "base", "contains": "slim"}, PASSED, "base is `python:3.14-slim`"),
    ({"fact": "healthcheck", "exists": True}, FAILED, "healthcheck is empty"),
    ({"fact": "healthcheck", "exists": False}, PASSED, "healthcheck is empty"),
    ({"fact": "base_pinned", "equals": False}, PASSED, "base_pinned is false"),
    ({"fact": "ports", "contains": "44"}, FAILED, "ports is 80; 443"),
    ({"fact": "ports", "contains": "443"}, PASSED, "ports is 80; 443"),
    ({"fact": "ports", "matches": "^4"}, PASSED, "ports is 80; 443"),
    ({"fact": "ports", "equals": ["443", "80"]}, PASSED, "ports is 80; 443"),
    ({"fact": "ports", "one_of": ["8080", "80"]}, PASSED, "ports is 80; 443"),
    ({"fact": "ports", "min": 2}, PASSED, "ports is 80; 443"),
    ({"fact": "ports", "min": 2, "expected": False}, FAILED, "ports is 80; 443"),
    ({"fact": "secret_mounts", "contains": "x"}, FAILED, "secret_mounts is empty"),
    ({"finding": "*", "at_least": "warning", "expected": False}, PASSED, "the validator finds none"),
    ({"finding": "no-user", "expected": False}, PASSED, "the validator finds none"),
    ({"finding": "WD601"}, FAILED, "the validator finds none"),
    ({"file": "server.py", "unchanged": True}, PASSED, "server.py is as it was"),
    ({"file": "server.py", "unchanged": False}, FAILED, "server.py is as it was"),
    ({"file": "server.py", "contains": "pass"}, PASSED, "server.py has 5 bytes"),
    ({"file": "server.py", "matches": "^fail$"}, FAILED, "server.py has 5 bytes"),
    ({"file": "server.py", "exists": False}, FAILED, "server.py is there"),
    ({"file": "gone.txt", "exists": False}, PASSED, "gone.txt is not there"),
    ({"file": "gone.txt", "contains": "x", "expected": False}, FAILED, "gone.txt is not there"),
    ({"file": "../made-up/expect.json", "exists": True}, FAILED, "../made-up/expect.json is not there"),
    ({"file": "server.py", "ignored": False}, PASSED, "server.py is sent with the build context"),
    ({"answer": "^so"}, PASSED, "the message says `so`"),
    ({"answer": "never"}, FAILED, "the message does not say it"),
    ({"answer": "never", "expected": False}, PASSED, "the message does not say it"),
    ({"proof": "starts"}, SKIPPED, "nothing was built, as was asked"),
]


@pytest.mark.parametrize(("criterion", "status", "evidence"), CRITERIA, ids=str)
def test_a_criterion(criterion: dict[str, Any], status: str, evidence: str, graded: Graded) -> None:
    assert graded(criterion) == (status, evidence)


@pytest.mark.parametrize(
    ("criterion", "evidence"),
    [
        ({"fact": "stages", "equals": 0}, "there is no Dockerfile"),
        ({"finding": "*", "expected": False}, "there is no Dockerfile"),
        ({"proof": "starts"}, "there is no Dockerfile"),
        ({"answer": "x", "expected": False}, "there is no message"),
    ],
)
def test_what_is_not_there_fails(criterion: dict[str, Any], evidence: str, graded: Graded) -> None:
    assert graded(criterion, files={"README.md": "nothing here"}, build=True) == (FAILED, evidence)


def test_a_dockerfile_by_another_name_is_told(graded: Graded) -> None:
    files = {"Dockerfile.prod": "FROM scratch\n", "Dockerfile.prod.dockerignore": "*\n", "Containerfile": "FROM scratch\n"}
    assert graded({"fact": "stages", "min": 1}, files=files) == (FAILED, "there is no Dockerfile, but Containerfile; Dockerfile.prod")


def test_a_file_without_a_stage_fails(graded: Graded) -> None:
    assert graded({"fact": "stages", "equals": 0}, files={"Dockerfile": "# nothing\n"}) == (FAILED, "Dockerfile has no stage")


def test_an_answer_cannot_silence_the_validator(graded: Graded) -> None:
    text = '# wd: ignore-file=WD601 mine\nFROM debian:trixie-slim\nCMD ["true"]\n'
    files = {"Dockerfile": text, ".validate-dockerfile.toml": 'ignore = ["WD601"]\n'}
    status, evidence = graded({"finding": "WD601", "expected": False}, files=files)
    assert status == FAILED and evidence.startswith("Dockerfile:2 ") and "WD601" in evidence


def test_an_ignored_file(graded: Graded) -> None:
    files = {"Dockerfile": GOOD, ".dockerignore": "**/.env*\n", ".env": "x"}
    assert graded({"file": ".env", "ignored": True}, files=files) == (PASSED, ".env is kept out of the build context")


def test_without_an_engine_proofs_are_skipped_with_a_reason(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "answers", lambda: False)
    assert graded({"proof": "starts"}, build=True) == (SKIPPED, "needs a Docker Engine, and none answers")


def test_a_defect_of_the_prover_is_told_and_ends_nothing(graded: Graded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "answers", lambda: True)
    monkeypatch.setattr(proof, "prove", lambda spec: 1 / 0)
    assert graded({"proof": "starts"}, build=True) == (SKIPPED, "the prover could not work: ZeroDivisionError: division by zero")


def test_a_proof_that_cannot_be_made_for_a_failure_that_nobody_names_fails(graded: Graded, engine: str) -> None:
    files = {"Dockerfile": "FROM scratch\nCOPY gone /\n"}
    status, evidence = graded({"proof": "user"}, files=files, build=True)
    assert status == FAILED and evidence.startswith("it does not build: ") and "gone" in evidence


def test_what_the_answer_wants_and_the_case_does_not_give_fails(graded: Graded, engine: str) -> None:
    files = {"Dockerfile": "FROM scratch\nRUN --mount=type=secret,id=other,required=true [\"/x\"]\n"}
    status, evidence = graded({"proof": "user"}, files=files, build=True)
    assert status == FAILED and "other" in evidence


# The command line ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    folder = tmp_path / "answer"
    folder.mkdir()
    (folder / "server.py").write_bytes((SERVER / "workspace" / "server.py").read_bytes())
    (folder / "Dockerfile").write_text(GOOD.replace("80 443", "8000"))
    (folder / "answer.md").write_text("docker build .")
    return folder


def test_json_is_what_skill_creator_reads(answer: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = [str(SERVER), str(answer), "--no-build", "--today", TODAY, "--format", "json", "--output", str(tmp_path / "grading.json")]
    assert main(arguments) == 3, "none failed, some were skipped"
    said = capsys.readouterr().out
    document = json.loads(said)
    assert (tmp_path / "grading.json").read_text() == said
    assert document["summary"] == {"passed": 6, "failed": 0, "skipped": 4, "total": 10, "pass_rate": 0.6}
    assert all({"text", "passed", "evidence"} <= each.keys() for each in document["expectations"])
    skipped = [each for each in document["expectations"] if each["status"] == "skipped"]
    assert len(skipped) == 4 and not any(each["passed"] for each in skipped)
    assert main(arguments) == 3 and capsys.readouterr().out == said, "the same answer, the same bytes"


def test_the_table_says_what_was_seen_and_which_share_was_skipped(answer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (answer / "Dockerfile").write_text(GOOD)
    assert main([str(SERVER), str(answer), "--no-build", "--today", TODAY]) == 1
    said = capsys.readouterr().out
    assert re.search("✘ +Port 8000 is exposed +ports is 80; 443", said)
    share = "40% of the criteria were not looked at: nothing was built, as was asked"
    assert said.endswith(f"tiny-server: 5 of 10 passed, 1 failed, 4 skipped ({share})\n")


def test_a_record_tells_whether_the_file_was_proved(answer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"file_path": "Dockerfile", "content": (answer / "Dockerfile").read_text()}
    write = {"type": "tool_use", "id": "1", "name": "Write", "input": given}
    prove = {"type": "tool_use", "id": "2", "name": "Bash", "input": {"command": "verify-image ."}}
    said = {"type": "tool_result", "tool_use_id": "2", "content": "12 passed, 0 failed, 0 skipped in 3.1 s"}
    events = [{"type": "assistant", "message": {"content": [write, prove]}}, {"type": "user", "message": {"content": [said]}}]
    (answer / "transcript.jsonl").write_text("no JSON\n" + "".join(json.dumps(event) + "\n" for event in events))
    main([str(SERVER), str(answer), "--no-build", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["proof"]["by"] == "prover"
    main([str(SERVER), str(answer), "--no-build"])
    assert capsys.readouterr().out.endswith("on record: the prover's last verdict on this very file is good\n")


def test_all_passed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "answer.md").write_text("2028-06-30")
    assert main([str(TINY / "cases" / "tiny-words"), str(tmp_path)]) == 0


def test_a_grader_that_inspected_nothing_fails(tmp_path: Path, answer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = case_of(tmp_path / "made-up", {"proof": "starts"}, {"proof": "user"})
    assert main([str(case.folder), str(answer), "--no-build"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("grade.py: nothing was inspected: made-up: 0 of 2 passed") and said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([str(SERVER), "/nowhere"], "there is no answer to grade: /nowhere is no folder"),
        (["no-such-case", "."], "there is no case in no-such-case"),
        ([str(SERVER)], "the following arguments are required: DIR"),
        ([str(SERVER), ".", "--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_bad_input_is_refused_with_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("grade.py: ") and sentence in said and said.count("\n") == 1


def test_an_empty_answer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "answer").mkdir()
    with pytest.raises(CaseError, match="is empty"):
        read_answer(tmp_path / "answer")


def test_it_runs_as_a_program(answer: Path) -> None:
    program = Path(__file__).parents[2] / "evals" / "grade.py"
    command = [sys.executable, str(program), str(SERVER), str(answer), "--no-build"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "WRITING_DOCKERFILES_NO_SETUP": "1"})
    assert done.returncode == 3 and "tiny-server: 6 of 10 passed" in done.stdout, done.stderr
