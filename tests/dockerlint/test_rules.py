"""Every rule against its own docstring and its case file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dockerlint.rules import Rule, load

from .harness import examples, findings

CASES = Path(__file__).parent / "cases"
RULES = load()
# What cannot be shown in a snippet: it depends on an option, on bytes, or on the length of a line.
WITHOUT_EXAMPLES = {"WD122", "WD123", "WD152", "WD224", "WD839", "WD840", "WD901", "WD902", "WD903"}


def case_files(*kinds: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The cases of these kinds, each with its rule's code."""
    found = []
    for path in sorted(CASES.glob("*.toml")):
        with path.open("rb") as file:
            for kind, cases in tomllib.load(file).items():
                assert kind in ("hit", "clean", "mend", "unmended")
                found += [(path.stem, kind, case) for case in cases if kind in kinds]
    return found


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_manual_of_a_rule_is_true(rule: Rule) -> None:
    assert rule.doc.strip(), "a rule's docstring is its manual"
    bad, good = examples(rule.doc, "Bad:"), examples(rule.doc, "Good:")
    assert (bad and good) or rule.code in WITHOUT_EXAMPLES
    for text in bad:
        assert any(finding.code == rule.code for finding in findings(text, [rule.code])), f"Bad does not fire:\n{text}"
    for text in good:
        found = findings(text, [rule.code])
        assert not found, f"Good fires:\n{text}\n{found}"


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_has_cases(rule: Rule) -> None:
    kinds = [kind for code, kind, _ in case_files("hit", "clean") if code == rule.code]
    assert {"hit", "clean"} <= set(kinds)


def named(value: Any) -> str:
    """What a case is called in the report."""
    return value["name"] if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("code", "kind", "case"), case_files("hit", "clean"), ids=named)
def test_case(code: str, kind: str, case: dict[str, Any]) -> None:
    assert code in RULES, f"{code} is no rule"
    text = case["dockerfile"].replace("@@", "a" * case.get("repeat", 2))
    found = findings(text.encode("latin-1") if case.get("latin_1") else text, [code], case.get("files"), case.get("options"))
    places = [f"{finding.line}:{finding.column}" for finding in found if finding.code == code]
    assert places == (case["at"] if kind == "hit" else []), found
    if kind == "hit":
        assert case["at"], "a hit points somewhere"
        assert case.get("message", "") in found[0].message
        assert case.get("help", "") in found[0].help
        for key in ("severity", "confidence"):
            assert case.get(key, getattr(found[0], key)) == getattr(found[0], key)
