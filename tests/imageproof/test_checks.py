"""Every check on a real engine: a Dockerfile for which all hold, and for each check one that fails that check alone (`cases/`)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from imageproof.checks import CHECKS

from .harness import GOOD, Bench, by_name, failing

CASES = {
    path.stem: tomllib.loads(path.read_text()) for path in sorted((Path(__file__).parent / "cases").glob("*.toml"))
}


def test_every_check_has_a_case() -> None:
    assert set(CASES) == {check.name for check in CHECKS}


def test_all_hold(bench: Bench, nothing_left: None) -> None:
    report = bench.prove(
        GOOD,
        check=tuple(check.name for check in CHECKS),
        max_size=10_000_000,
        touch="index.html",
        expect="hello",
        platform=("linux/amd64", "linux/arm64"),
        canary=("secret:token", "file:.env"),
        files={".dockerignore": ".env\n"},
    )
    assert [(each.name, each.status, each.seen) for each in report.outcomes if each.status != "passed"] == []
    assert report.exit_status == 0
    assert "the new image says 'hell" in by_name(report)["rebuild"].seen


@pytest.mark.parametrize("name", CASES)
def test_fails_alone(name: str, bench: Bench, nothing_left: None) -> None:
    case = CASES[name]
    report = bench.prove_spec(case["dockerfile"], case.get("files", {}), case.get("spec", ""))
    outcome = by_name(report)[name]
    assert failing(report) == [name], [(each.name, each.seen) for each in report.outcomes if each.status == "failed"]
    assert case["seen"] in outcome.seen
    assert case.get("change", "") in outcome.change
    assert outcome.change
    assert report.exit_status == 1


def test_a_build_takes_more_than_one_context(bench: Bench, tmp_path: Path, nothing_left: None) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.html").write_text("from elsewhere\n")
    dockerfile = GOOD.replace("COPY --chmod=0555 index.html", "COPY --from=pages --chmod=0555 index.html")
    assert dockerfile != GOOD
    report = bench.prove(dockerfile, check=("starts",), build_context=(f"pages={pages}",), expect="from elsewhere")
    assert report.exit_status == 0, report.outcomes
