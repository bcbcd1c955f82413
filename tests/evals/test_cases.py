"""Cases are read strictly: what breaks the schema is refused with one sentence that names the case, the key and what is allowed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cases import CaseError, all_cases, read_case
from harness.facts import FACTS

GOOD: dict[str, Any] = {
    "id": 7,
    "kind": "write",
    "should_trigger": True,
    "expected_output": "a Dockerfile",
    "criteria": [{"id": "stages", "text": "It has two stages", "fact": "stages", "min": 2}],
}
PROMPT = "---\nname: made-up\n---\nWrite a Dockerfile.\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def writer(document: Any, prompt: str = PROMPT, name: str = "made-up") -> Path:
        folder = tmp_path / name
        (folder / "workspace").mkdir(parents=True)
        (folder / "workspace" / "app.py").write_text("pass\n")
        (folder / "expect.json").write_text(document if isinstance(document, str) else json.dumps(document))
        (folder / "prompt.md").write_text(prompt)
        return folder

    return writer


def criterion(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "criteria": [{"id": "one", "text": "It holds", **changes}]}


def test_a_good_case_is_read(write: Callable[..., Path]) -> None:
    case = read_case(write({**GOOD, "proof": {"port": 80, "secret": ["id=token,src=token.txt"]}}))
    assert (case.id, case.kind, case.dockerfile, case.prompt) == (7, "write", "Dockerfile", "Write a Dockerfile.")
    assert case.front_matter == {"name": "made-up"}
    assert case.workspace == case.folder / "workspace"
    assert case.proof == {"port": 80, "secret": (f"id=token,src={case.folder / 'token.txt'}",)}
    assert [(each.id, each.subject, each.of, each.comparison, each.value) for each in case.criteria] == [
        ("stages", "fact", "stages", "min", 2)
    ]


WRONG: dict[str, tuple[Any, str]] = {
    "no json": ("{", "expect.json is no JSON"),
    "no table": ([], "expect.json is no table"),
    "no id": ({key: value for key, value in GOOD.items() if key != "id"}, "id must be a whole number"),
    "an id that is a truth": ({**GOOD, "id": True}, "id must be a whole number"),
    "another kind": ({**GOOD, "kind": "poem"}, "kind must be one of write, repair,"),
    "an unknown key": ({**GOOD, "colour": "red"}, "has 'colour', which is no key here; there are id, kind,"),
    "an unknown key of files": ({**GOOD, "files": {"makefile": "Makefile"}}, "files has 'makefile', which is no key"),
    "no criteria": ({**GOOD, "criteria": []}, "a case that checks nothing proves nothing"),
    "a criterion of words": ({**GOOD, "criteria": ["stages"]}, "criterion 1 is no table"),
    "one id twice": ({**GOOD, "criteria": GOOD["criteria"] * 2}, "two criteria have the id 'stages'"),
    "an id of capitals": (criterion(id="Stages", fact="stages", min=2), "id must be a short name of lower-case words"),
    "no text": (criterion(text="", fact="stages", min=2), "text must be a sentence"),
    "no subject": (criterion(min=2), "must have exactly one of fact, finding, proof, file, answer, and has none"),
    "two subjects": (criterion(fact="stages", proof="starts", min=2), "and has fact, proof"),
    "an unknown fact": (criterion(fact="stage", min=2), "there is no fact 'stage': did you mean stages?"),
    "an unknown check": (criterion(proof="start"), "there is no proof 'start': did you mean starts?"),
    "an unknown rule": (criterion(finding="WD999", expected=False), "there is no finding 'WD999'"),
    "no comparison": (criterion(fact="stages"), "must have exactly one of equals, min, max, one_of, and has none"),
    "two comparisons": (criterion(fact="stages", min=2, max=3), "and has min, max"),
    "a comparison of another kind": (criterion(fact="stages", matches="2"), "must have exactly one of equals, min, max, one_of"),
    "a value of another kind": (criterion(fact="stages", min="2"), "min must be a whole number"),
    "a text for a flag": (criterion(fact="base_pinned", equals="yes"), "equals must be true or false"),
    "a broken expression": (criterion(fact="user", matches="("), "matches must be a regular expression"),
    "a broken expression for the message": (criterion(answer="("), "answer must be a regular expression"),
    "an unknown severity": (criterion(finding="*", at_least="fatal", expected=False), "at_least must be one of error, warning"),
    "a severity of a fact": (criterion(fact="stages", min=2, at_least="error"), "has 'at_least', which is no key here"),
    "expected of a proof": (criterion(proof="starts", expected=False), "has 'expected', which is no key here"),
    "a file that cannot stay": (criterion(file="gone.py", unchanged=True), "file must be a file of the workspace"),
    "an unknown option of the prover": ({**GOOD, "proof": {"prot": 80}}, "proof has 'prot', which is no option: did you mean port?"),
    "a wrong option of the prover": ({**GOOD, "proof": {"port": "x"}}, "proof has 'x' for port"),
    "an option that is ours": ({**GOOD, "proof": {"check": ["starts"]}}, "proof has 'check', which the harness sets"),
    "two workspaces": ({**GOOD, "workspace": "reference"}, "it has a folder workspace and names another"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_case_is_refused_with_one_sentence(name: str, write: Callable[..., Path]) -> None:
    document, sentence = WRONG[name]
    with pytest.raises(CaseError) as refusal:
        read_case(write(document))
    assert sentence in str(refusal.value)
    assert "made-up" in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("Write a Dockerfile.\n", "must have a front matter"),
        ("---\nname: made-up\n---\n", "and a prompt below it"),
        ("---\nname: [\n---\nWrite.\n", "is no YAML"),
        ("---\ncolour: red\n---\nWrite.\n", "may have allowed_tools, append_system_prompt"),
    ],
)
def test_a_wrong_prompt_is_refused(prompt: str, sentence: str, write: Callable[..., Path]) -> None:
    case = read_case(write(GOOD, prompt))
    with pytest.raises(CaseError, match="made-up") as refusal:
        _ = case.prompt, case.front_matter
    assert sentence in str(refusal.value)


def test_two_cases_may_not_have_one_id(write: Callable[..., Path]) -> None:
    folder = write(GOOD).parent
    write(GOOD, name="made-up-too")
    with pytest.raises(CaseError, match="the cases made-up and made-up-too have the same id 7"):
        all_cases(folder)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="there is no case in"):
        all_cases(tmp_path)


def test_every_fact_has_a_manual() -> None:
    assert len(FACTS) > 20
    assert all(fact.manual.strip().endswith(".") and fact.kind in ("text", "number", "flag", "list") for fact in FACTS.values())
