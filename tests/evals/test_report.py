"""The report: differences of paired trials with their intervals, what is not known, and the zero and the negative ones, too."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.arithmetic import bootstrap, pass_hat
from harness.cases import CaseError
from harness.comparison import Model, compare
from harness.report_cli import main
from harness.reports import FORMATS, render
from harness.results import read_results

from .results import SAMPLE, keep, keep_all


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return keep_all(tmp_path / "results", SAMPLE)


def only(results: Path) -> Model:
    [model] = compare(read_results(results))
    return model


def test_differences_are_paired(results: Path) -> None:
    found = {case.name: case.difference for case in only(results).cases}
    means = {name: round(each.mean, 4) for name, each in found.items() if each}
    assert means == {"helped": 0.6667, "same": 0.0, "spoiled": -0.5, "lone": 1.0}
    same = found["same"]
    assert same and (same.low, same.high, same.observations) == (0.0, 0.0, 3), "its pairs differ among themselves, not between the arms"
    helped, lone = found["helped"], found["lone"]
    assert helped and helped.low is not None and helped.high is not None and 0.5 <= helped.low <= helped.mean <= helped.high <= 1
    assert lone and lone.low is None, "one pair has no interval"


def test_criteria_have_their_own_differences(results: Path) -> None:
    helped = only(results).cases[0]
    assert [(each.name, each.difference and round(each.difference.mean, 4)) for each in helped.criteria] == [("c-0", 0.3333), ("c-1", 1.0)]


def test_the_whole_resamples_cases(results: Path) -> None:
    whole = only(results).whole.difference
    assert whole and whole.observations == 4 and round(whole.mean, 4) == round((0.6667 + 0 - 0.5 + 1) / 4, 4)
    assert whole.low is not None and whole.high is not None and whole.low < 0 < whole.high


def test_pass_at_one_and_pass_hat_k(tmp_path: Path) -> None:
    model = only(keep_all(tmp_path, {"one": {"with": ["+", "+", "-"], "without": ["-", "-", "-"]}}))
    arm = model.cases[0].arms["with"]
    assert model.k == 3 and arm.pass_1 == pytest.approx(2 / 3) and arm.pass_k == 0
    fewer = only(keep_all(tmp_path / "b", {"one": {"with": ["+", "+", "-"], "without": ["-", "-"]}}))
    assert fewer.k == 2 and fewer.cases[0].arms["with"].pass_k == pytest.approx(1 / 3)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(1, 8))
def test_pass_hat_is_the_share_of_draws_that_are_all_solved(outcomes: list[bool], k: int) -> None:
    draws = list(combinations(outcomes, k))
    expected = sum(map(all, draws)) / len(draws) if draws else None
    assert pass_hat(sum(outcomes), len(outcomes), k) == (pytest.approx(expected) if expected is not None else None)


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=12), st.text(max_size=8))
def test_an_interval_holds_between_the_extremes_and_is_stable(values: list[float], seed: str) -> None:
    one, other = bootstrap(values, seed), bootstrap(values, seed)
    assert one == other and one is not None and one.low is not None and one.high is not None
    assert min(values) - 1e-9 <= one.low <= one.high <= max(values) + 1e-9


def test_use_of_the_skill_is_told_for_what_should_and_should_not_trigger_it(results: Path) -> None:
    keep(results, "haiku", "same", 2, "with", 4, "++", {"skill_used": False, "should_trigger": False})
    assert only(results).triggered == (1.0, 0.75)
    assert "Used the skill where it should: 100 %, where it should not: 75 %." in render(read_results(results), "markdown")


def test_a_skipped_criterion_did_not_pass_and_its_share_is_told(results: Path) -> None:
    spoiled = only(results).cases[2].arms["with"]
    assert spoiled.pass_rate == 0.5 and spoiled.skipped == pytest.approx(1 / 6)
    told = "Arm with: 10 trials, of which 0 did not end well; 5 % of the criteria were skipped."
    assert told in render(read_results(results), "markdown")


def test_what_an_agent_does_not_tell_stays_unknown(tmp_path: Path) -> None:
    silent = {"tokens": None, "turns": None, "dollars": None, "proof": None, "skill_used": None, "status": "timeout"}
    for arm in ("with", "without"):
        keep(tmp_path, "other", "one", 1, arm, 1, "+", silent)
    arm_ = only(tmp_path).whole.arms["with"]
    assert (arm_.tokens, arm_.dollars, arm_.proved, arm_.skill_used, arm_.unfinished) == (None, None, None, None, 1)
    assert "Proved what was handed over: – / –" in render(read_results(tmp_path), "markdown")


def test_one_arm_alone_has_no_difference(tmp_path: Path) -> None:
    model = only(keep_all(tmp_path, {"one": {"with": ["+", "-"]}}))
    assert model.whole.difference is None and set(model.whole.arms) == {"with"}
    for form in FORMATS:
        assert render(read_results(tmp_path), form)


def test_markdown_tells_zero_and_negative_differences_worst_first(results: Path) -> None:
    text = render(read_results(results), "markdown")
    lines = [line for line in text.splitlines() if line.startswith("| ") and " | Criterion" in line.replace("\\|", "")]
    assert len(lines) == 7
    names = [line.split("|")[1].strip() for line in lines]
    assert names[0] == "spoiled" and names[-1] in ("helped", "lone") and {"same", "spoiled"} <= set(names)
    assert re.search(r"\| spoiled +\| write +\| 3 .*-50 \[-50, -50\]", text)
    assert re.search(r"\| same .*\| 0 \[0, 0\]", text)
    assert "Criterion 0 of same \\| holds" in text, "a bar in a text does not break the table"


def test_json_is_what_skill_creator_reads(results: Path) -> None:
    document = json.loads(render(read_results(results), "json"))
    assert set(document) == {"metadata", "runs", "run_summary", "comparison"}
    assert document["metadata"]["evals_run"] == [1, 2, 3, 4] and document["metadata"]["runs_per_configuration"] == 3
    assert len(document["runs"]) == 20
    for each in document["runs"]:
        assert each["configuration"] in ("with_skill", "without_skill") and each["run_number"] >= 1
        assert {"pass_rate", "passed", "failed", "total", "time_seconds", "tokens", "tool_calls", "errors"} <= each["result"].keys()
        assert all(set(one) == {"text", "passed", "evidence"} for one in each["expectations"])
    assert set(document["run_summary"]["with_skill"]["pass_rate"]) == {"mean", "stddev", "min", "max"}
    assert document["run_summary"]["delta"]["tokens"] == "+0.00"
    assert document["comparison"][0]["cases"][2]["difference"]["mean"] == -0.5


class _Page(HTMLParser):
    """What a page shows, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.circles: list[float] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.fetched += [value for key in ("src", "href", "srcset") if (value := found.get(key))]
        if tag in ("script", "link", "iframe"):
            self.fetched.append(tag)
        if tag == "circle":
            self.circles.append(float(found["cx"] or 0))
        if tag not in ("meta", "line", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(tmp_path: Path) -> None:
    page = _Page()
    page.feed(render(read_results(keep_all(tmp_path, SAMPLE, "<b>model & co</b>")), "html"))
    assert page.open == [] and page.fetched == []
    assert len(page.circles) == 5
    helped, same, spoiled, lone, _ = page.circles
    assert spoiled < same < helped < lone, "the chart draws what the numbers say"


def test_the_page_can_be_looked_at(results: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("needs chromium to look at the page")
    assert main(["--results", str(results), "--write"]) == 0
    picture = tmp_path / "page.png"
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,900", f"--user-data-dir={tmp_path / 'browser'}"]
    command = [browser, *options, f"--screenshot={picture}", (results / "report.html").as_uri()]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "HOME": str(tmp_path)})
    assert picture.exists(), done.stderr[-400:]
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and picture.stat().st_size > 20_000, "it is not an empty page"


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_results_give_the_same_bytes(form: str, results: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(results, tmp_path / "elsewhere")
    assert render(read_results(elsewhere), form) == render(read_results(results), form)


def test_models_are_told_apart(tmp_path: Path) -> None:
    keep_all(tmp_path, SAMPLE, "haiku")
    keep_all(tmp_path, SAMPLE, "opus")
    text = render(read_results(tmp_path), "markdown")
    assert all(text.index(one) < text.index(other) for one, other in pairwise(["## haiku", "## opus"]))


@pytest.mark.parametrize("spoil", ["{", '{"case": "x"}'])
def test_results_that_cannot_be_read_are_named(spoil: str, results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next(results.rglob("grading.json")).write_text(spoil)
    assert main(["--results", str(results)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("report.py: the trial in ") and said.count("\n") == 1


def test_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="there is no graded trial in"):
        read_results(tmp_path)
    assert main(["--results", str(tmp_path)]) == 2
