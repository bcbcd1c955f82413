"""reference/rules.md, and what is known of other linters."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from dockerlint import manual
from dockerlint.explain import Part, headline, markdown, parts
from dockerlint.knowledge import peers
from dockerlint.rules import Rule, load
from dockerlint.selection import normalise

RULES = load()
COVERS = [(rule.code, rule.covers) for rule in RULES.values()]
KNOWN = {normalise(name) for name in [*(name for group in peers.GROUPS for name in group.ids), *peers.FURTHER]}


def covered(group: peers.Group) -> bool:
    return bool(peers.covering(group, COVERS)) or group.number in peers.ELSEWHERE


def test_the_manual_is_fresh() -> None:
    assert Path(manual.PATH).read_text(encoding="utf-8") == manual.manual(), "run PYTHONPATH=scripts python3 -m dockerlint.manual"


def test_checking_says_whether_it_is_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(manual, "PATH", str(tmp_path / "reference" / "rules.md"))
    assert manual.main(["--check"]) == 1
    assert "is stale" in capsys.readouterr().err
    assert manual.main([]) == 0
    assert manual.main(["--check"]) == 0


def test_every_rule_has_a_section_and_a_line_in_the_contents() -> None:
    text = manual.manual()
    for rule in RULES.values():
        assert f"\n### {rule.code} {rule.slug}\n" in text
        assert f"| [{rule.code}](#{rule.code.lower()}-{rule.slug}) |" in text


def test_the_table_of_the_peers_checks_has_no_gap() -> None:
    table = manual.manual().partition("## What other linters check")[2].splitlines()
    rows = [line.split(" | ") for line in table if line.startswith("| ") and line[2].isdigit()]
    assert [int(row[0].removeprefix("| ")) for row in rows] == list(range(1, 179))
    assert all(row[-1].removesuffix(" |").strip() for row in rows)


def test_the_groups_are_those_of_the_survey() -> None:
    assert [group.number for group in peers.GROUPS] == list(range(1, 179))
    assert Counter(group.stars for group in peers.GROUPS)[3] == 38
    assert {group.section for group in peers.GROUPS} == set(peers.SECTIONS)
    assert all(peers.distinctive(group) for group in peers.GROUPS)


def test_enough_is_covered_and_what_is_not_has_a_reason() -> None:
    missing = [group for group in peers.GROUPS if not covered(group)]
    assert len(peers.GROUPS) - len(missing) >= 120
    assert [group.number for group in missing if group.stars == 3] == []
    assert {group.number for group in missing} == set(peers.NONE), "a reason for each that is not covered, and for no other"
    assert all(reason.strip() for reason in peers.NONE.values())


def test_every_build_check_of_buildkit_is_covered() -> None:
    covering = {name for _, names in COVERS for name in names}
    # Whether the base image is for another platform only a registry can tell.
    assert peers.BUILDKIT_CHECKS - covering <= {"InvalidBaseImagePlatform"}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rules_cover_checks_that_exist(rule: Rule) -> None:
    assert {normalise(name) for name in rule.covers} <= KNOWN
    assert len(set(rule.covers)) == len(rule.covers)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_docstring_begins_with_one_sentence(rule: Rule) -> None:
    assert rule.doc.strip()
    assert headline(rule.doc) == rule.doc.strip().partition("\n")[0].strip(), "the first line is a paragraph of its own"
    assert headline(rule.doc).endswith((".", "?", "!"))


def test_the_parts_of_a_docstring() -> None:
    doc = """What is wrong.

    Why it
    matters.

    Bad:
        RUN a \\
            b

        RUN c

    Good:
        RUN d
    Leaves alone: this.
    """
    expected = [
        Part("", "What is wrong."),
        Part("", "Why it matters."),
        Part("Bad", "RUN a \\\n    b\n\nRUN c"),
        Part("Good", "RUN d"),
        Part("", "Leaves alone: this."),
    ]
    assert list(parts(doc)) == expected
    assert "Bad:\n\n```dockerfile\nRUN a \\\n    b\n\nRUN c\n```\n\nGood:" in markdown(doc)
