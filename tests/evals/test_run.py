"""The runner, end to end: a model that says what a script has for it, a client that does as it is told, and the trials that come of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.agents import Agent, Bounds
from harness.bundle import SHIPPED, install
from harness.cases import EVALS, CaseError, read_case
from harness.run_cli import main
from harness.trials import ARMS, Done, Plan, Trial, run_all, trials

from .frozen import TODAY
from .model_server import TOKENS_IN, TOKENS_OUT, Block, Server, serving, text, use

TINY = Path(__file__).parent / "tiny"
CASE = read_case(TINY / "cases" / "tiny-server")
GOOD = (TINY / "answers" / "tiny-server" / "good" / "Dockerfile").read_text()
SAID = "Build it: docker build -t server ."
SCRIPT: list[list[Block]] = [
    [text("I look at the skill first."), use("Skill", skill="writing-dockerfiles:writing-dockerfiles")],
    [use("Bash", command="pwd; ls")],
    [use("Bash", command=f"cat > Dockerfile <<'EOF'\n{GOOD}EOF")],
    [use("Bash", command="docker build -q .")],
    [text(SAID)],
]
Runner = Callable[..., tuple[list[Done], Server]]


@pytest.fixture
def perform(client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    def performer(wanted: list[Trial], script: list[list[Block]] = SCRIPT, **options: Any) -> tuple[list[Done], Server]:
        with serving(script) as server:
            monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
            plan = Plan(tmp_path / "results", Agent("", client), **{"bounds": Bounds(), "today": TODAY, "build": False, **options})
            return list(run_all(wanted, plan)), server

    return performer


def kept(tmp_path: Path, arm: str, name: str, run: int = 1) -> Path:
    return tmp_path / "results" / "haiku" / "eval-1-tiny-server" / f"{arm}_skill" / f"run-{run}" / name


def test_both_arms_are_run_graded_and_kept(perform: Runner, tmp_path: Path) -> None:
    done, server = perform(trials(["haiku"], [CASE], ARMS, 1), jobs=2)
    assert [(each.trial.arm, each.status, each.note) for each in sorted(done, key=lambda each: each.trial.arm)] == [
        ("with", "finished", ""),
        ("without", "finished", ""),
    ]
    for arm in ARMS:
        assert kept(tmp_path, arm, "outputs/Dockerfile").read_text() == GOOD
        assert kept(tmp_path, arm, "answer.md").read_text() == SAID
        trial = json.loads(kept(tmp_path, arm, "trial.json").read_text())
        assert (trial["turns"] or 0) >= 5
        assert (trial["tokens"], trial["tokens_out"]) == (5 * (TOKENS_IN + TOKENS_OUT), 5 * TOKENS_OUT)
        assert trial["skill_used"] is (arm == "with")
        assert trial["dollars"] > 0 and trial["seconds"] > 0 and trial["tool_calls"] == 4
        graded = json.loads(kept(tmp_path, arm, "grading.json").read_text())
        assert graded["summary"] == {"passed": 6, "failed": 0, "skipped": 4, "total": 10, "pass_rate": 0.6}
        assert all(set(each) >= {"text", "passed", "evidence"} for each in graded["expectations"])
    asked = [request for request in server.requests if request.get("tools")]
    assert all(CASE.prompt in json.dumps(request["messages"][0], ensure_ascii=False) for request in asked)


def test_an_assistant_cannot_see_the_answers(perform: Runner, tmp_path: Path) -> None:
    perform([Trial("haiku", CASE, "with", 1)])
    record = kept(tmp_path, "with", "transcript.jsonl").read_text()
    looked = next(line for line in record.splitlines() if "server.py" in line and "tool_result" in line)
    assert str(EVALS.parent) not in looked and "results" not in looked, "it works far from the evals and the results"
    copy = install(tmp_path / "copy")
    assert {path.name for path in copy.iterdir()} <= set(SHIPPED)
    assert not {"expect.json", "helpers.toml", "mutants.toml", ".git"} & {path.name for path in copy.rglob("*")}
    assert (copy / "SKILL.md").is_file() and (copy / "scripts" / "verify_image.py").is_file()


def test_what_is_there_is_not_run_again(perform: Runner, tmp_path: Path) -> None:
    wanted = [Trial("haiku", CASE, "without", 1)]
    perform(wanted)
    done, server = perform(wanted)
    assert [each.status for each in done] == ["kept"] and server.requests == []
    kept(tmp_path, "without", "grading.json").unlink()  # as after an interruption while it was graded
    done, server = perform(wanted)
    assert [each.status for each in done] == ["finished"] and server.requests == []
    assert done[0].grading and done[0].grading.counts["passed"] == 6


def test_a_run_that_takes_too_long_is_ended_with_all_that_it_started(perform: Runner, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = [[use("Bash", command=f"sleep 8; touch {mark}")], [text("done")]]
    done, _ = perform([Trial("haiku", CASE, "without", 1)], script, bounds=Bounds(seconds=4))
    assert (done[0].status, done[0].note) == ("timeout", "it was not done after 4 s")
    assert done[0].grading and done[0].grading.counts["failed"] > 0, "what is there is graded all the same"
    assert not mark.exists()


def test_turns_are_bounded(perform: Runner) -> None:
    script = [[use("Bash", command="true")] for _ in range(20)]
    done, server = perform([Trial("haiku", CASE, "without", 1)], script, bounds=Bounds(turns=3))
    assert done[0].status == "failed" and done[0].note
    assert len([request for request in server.requests if request.get("tools")]) <= 4


def test_no_run_is_begun_when_the_money_is_spent(perform: Runner) -> None:
    done, _ = perform(trials(["haiku"], [CASE], ["without"], 3), most_dollars=0.0005)
    assert [each.status for each in done] == ["finished", "left out", "left out"]
    assert "0.0005 dollars are spent" in done[1].note


def test_whether_it_was_proved_is_on_record(perform: Runner, engine: str, tmp_path: Path) -> None:
    perform([Trial("haiku", CASE, "with", 1)])
    trial = json.loads(kept(tmp_path, "with", "trial.json").read_text())
    assert trial["proof"] == {"by": "engine", "passed": True, "seen": "the engine's last verdict on this very file is good"}
    assert trial["skill_used"] is True


def test_what_cannot_be_copied_is_left_behind(tmp_path: Path) -> None:
    agent = Agent("sh -c 'mkfifo pipe; ln -s /etc/passwd link; mkdir a; echo FROM scratch > a/Dockerfile; chmod 0 a/Dockerfile; echo done'")
    [done] = run_all([Trial("haiku", CASE, "without", 1)], Plan(tmp_path / "results", agent, Bounds(), build=False, today=TODAY))
    assert done.status == "finished"
    outputs = kept(tmp_path, "without", "outputs")
    assert {path.name for path in outputs.iterdir()} == {"server.py", "a", "link"} and (outputs / "link").is_symlink()


def test_a_runner_that_is_ended_ends_what_it_began(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    agent = f"sh -c 'echo $$ > {mark}.new; mv {mark}.new {mark}; sleep 60; true'"
    program = [sys.executable, str(EVALS / "run.py"), "--model", "m", "--case", "tool-wasted-bytes", "--arm", "without"]
    process = subprocess.Popen([*program, "--command", agent, "--results", str(tmp_path / "results")], stderr=subprocess.PIPE)
    while not mark.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.terminate()
    process.communicate()
    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    assert not list(tmp_path.rglob("trial.json")), "it is run again the next time"


def test_another_agent_is_called_by_its_template(tmp_path: Path) -> None:
    agent = Agent("sh -c 'cp {prompt_file} said.txt; echo \"I am {model}, skill: {skill}\"; test -n \"{skill}\" || exit 3'")
    plan = Plan(tmp_path / "results", agent, Bounds(), build=False, today=TODAY)
    done = {each.trial.arm: each for each in run_all(trials(["haiku"], [CASE], ARMS, 1), plan)}
    assert (done["with"].status, done["without"].status) == ("finished", "failed")
    assert done["without"].note == "it ended with exit status 3"
    assert kept(tmp_path, "with", "answer.md").read_text().startswith("I am haiku, skill: /")
    assert kept(tmp_path, "with", "outputs/said.txt").read_text() == CASE.prompt + "\n"
    trial = json.loads(kept(tmp_path, "with", "trial.json").read_text())
    assert trial["tokens"] is None and trial["proof"] is None and trial["skill_used"] is None, "it does not tell"


@pytest.mark.parametrize(
    ("template", "sentence"),
    [("agent {colour}", "its places are {model}, {prompt}"), ("no-such-agent {prompt}", "cannot run no-such-agent")],
)
def test_a_template_that_cannot_work_is_refused(template: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError) as refusal:
        list(run_all([Trial("m", CASE, "with", 1)], Plan(tmp_path, Agent(template), Bounds())))
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "say what to run"),
        (["--model", "m", "--arm", "both"], "there is no arm 'both'"),
        (["--model", "m", "--trials", "0"], "argument --trials: invalid"),
        (["--max-cost", "-1"], "argument --max-cost: invalid"),
    ],
)
def test_the_command_line_refuses_with_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("run.py: ") and sentence in said and said.count("\n") == 1
