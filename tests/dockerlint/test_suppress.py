"""Comments that silence findings, and what is said of those that silence nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockerlint.check_directive import CheckOptions, check_options
from dockerlint.finding import Finding
from dockerlint.pragmas import declared_shells
from dockerlint.rules import load
from dockerlint.selection import Layer, resolve
from dockerlint.source import Source
from dockerlint.suppress import Outcome, apply

from .harness import read

RECOMMENDS, MAINTAINER, UNUSED, FORBIDDEN = "WD304", "WD137", "WD190", "WD191"
CODES = (RECOMMENDS, MAINTAINER, "WD311", "WD101", UNUSED)
RUN = "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
BASE = "FROM debian:13-slim\n"
OLD = "MAINTAINER somebody\n"


def outcome(text: str, codes: Iterable[str] = CODES, **options: Any) -> Outcome:
    linted = read(text, codes, options=options)
    return apply(linted.findings, linted.dockerfile, resolve(Layer(select=tuple(codes))))


def places(findings: Iterable[Finding]) -> list[str]:
    return [f"{finding.line}:{finding.code}" for finding in findings]


def left(text: str, *codes: str, **options: Any) -> list[str]:
    return places(outcome(text, codes or CODES, **options).findings)


def test_without_a_comment_all_is_reported() -> None:
    assert left(BASE + OLD + RUN) == ["2:WD137", "3:WD304"]


@pytest.mark.parametrize(
    "comment",
    [
        "# wd: ignore=WD304",
        "# wd: ignore=wd304 the image is thrown away",
        "#wd:ignore=apt-no-install-recommends",
        "# WD: ignore = WD304",
        "# wd: ignore=WD304, DL3059 both",
        "# wd: ignore=DL3015",
        "# wd: ignore=WD3",
        "# wd: ignore=all",
        "# hadolint ignore=DL3015",
        "# hadolint ignore=DL3008, DL3015 # why",
        "#hadolint  ignore=DL3015",
        "# hadolint global ignore=DL3015",
        "# trivy:ignore:DS-0029",
        "# trivy:ignore:AVD-DS-0029",
        "#trivy:ignore:DS-0001 #trivy:ignore:DS-0029",
        "# trivy:ignore:DS-0029:exp:2027-01-31",
        "# wd: ignore=WD304\n# another comment of the same block",
    ],
)
def test_a_comment_above_an_instruction_silences_it(comment: str) -> None:
    assert left(f"{BASE}{OLD}{comment}\n{RUN}", RECOMMENDS, MAINTAINER) == ["2:WD137"]


def test_it_silences_nothing_else() -> None:
    text = f"{BASE}# wd: ignore=WD304 here\n{RUN}{RUN}"
    assert left(text) == ["4:WD304"]
    assert outcome(text).silenced == 1


def test_a_blank_line_takes_the_comment_away_from_the_instruction() -> None:
    assert left(f"{BASE}# wd: ignore=WD304\n\n{RUN}") == ["2:WD190", "4:WD304"]


def test_a_comment_inside_a_continuation_speaks_of_the_whole_instruction() -> None:
    assert left(BASE + "RUN apt-get update && \\\n    # wd: ignore=WD304 why\n    apt-get install -y curl\n", RECOMMENDS, UNUSED) == []


def test_a_comment_inside_a_heredoc_is_the_heredocs() -> None:
    text = BASE + "RUN <<EOF\napt-get update\n# wd: ignore=WD304\napt-get install -y curl\nEOF\n"
    assert left(text, RECOMMENDS, UNUSED) == ["5:WD304"]
    assert left(BASE + "# wd: ignore=WD304\n" + text.removeprefix(BASE), RECOMMENDS, UNUSED) == []


@pytest.mark.parametrize("comment", ["# wd: ignore-file=WD304 why", "# hadolint global ignore=DL3015", "# checkov:skip=CKV_DOCKER_6:why"])
def test_a_comment_for_the_whole_file_may_stand_anywhere(comment: str) -> None:
    silenced = MAINTAINER if "checkov" in comment else RECOMMENDS
    for text in (f"{comment}\n{BASE}{OLD}{RUN}{RUN}", f"{BASE}{OLD}{RUN}\n{comment}\n\n{RUN}", f"{BASE}{OLD}{RUN}{RUN}{comment}"):
        assert silenced not in {place.partition(":")[2] for place in left(text)}


def test_a_comment_for_a_stage() -> None:
    text = f"FROM debian:13 AS a\n{OLD}# hadolint stage ignore=DL4000\nFROM debian:13 AS b\n{OLD}{OLD}FROM debian:13 AS c\n{OLD}"
    assert left(text) == ["2:WD137", "8:WD137"]
    assert left(f"{BASE}# hadolint stage ignore=DL4000\n{OLD}", MAINTAINER) == ["3:WD137"]


def test_trivys_comment_above_the_first_instruction_is_for_the_file() -> None:
    assert left(f"# trivy:ignore:DS-0029\n{BASE}{RUN}", RECOMMENDS) == []
    assert left(f"{BASE}# trivy:ignore:DS-0029\n{BASE}{RUN}", RECOMMENDS) == ["4:WD304"]


def test_trivys_comment_expires() -> None:
    text = f"{BASE}# trivy:ignore:DS-0029:exp:2026-06-30\n{RUN}"
    assert left(text, RECOMMENDS, today="2026-06-30") == []
    assert left(text, RECOMMENDS, today="2026-07-01") == ["3:WD304"]


# BuildKit's own directive ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["skip=MaintainerDeprecated", "skip=JSONArgsRecommended,MaintainerDeprecated", "skip=all", "error=false;skip=all"]
)
def test_the_check_directive_skips_in_the_whole_file(value: str) -> None:
    assert left(f"# check={value}\n{BASE}{OLD}{RUN}") == ["4:WD304"]


def test_the_check_directive_knows_no_other_names() -> None:
    assert left(f"# check=skip=WD304,DL3015,maintainerdeprecated\n{BASE}{OLD}{RUN}") == ["3:WD137", "4:WD304"]


def test_check_above_one_instruction() -> None:
    assert left(f"{BASE}# check=skip=MaintainerDeprecated // why\n{OLD}{OLD}") == ["4:WD137"]
    assert left(f"{BASE}# check=skip=MaintainerDeprecated\n\n{OLD}") == [], "BuildKit passes over blank lines"
    assert left(f"{BASE}# check=skip=MaintainerDeprecated\n#\n{OLD}", MAINTAINER) == ["4:WD137"], "but not over an empty comment"
    first_only = f"{BASE}# check=skip=StageNameCasing\n# check=skip=MaintainerDeprecated\n{OLD}"
    assert left(first_only, MAINTAINER) == ["4:WD137"]


def test_error_makes_build_checks_break_the_build() -> None:
    (found, other) = outcome(f"# check=error=true\n{BASE}{OLD}{RUN}").findings
    assert (found.code, found.severity, found.breaks_build) == (MAINTAINER, "error", True)
    assert (other.code, other.breaks_build) == (RECOMMENDS, False)
    assert left(f"# check=skip=MaintainerDeprecated;error=true\n{BASE}{OLD}") == []


def test_the_build_argument_replaces_the_directive() -> None:
    text = f"# check=skip=MaintainerDeprecated\n{BASE}{OLD}"
    assert left(text, build_args={"BUILDKIT_DOCKERFILE_CHECK": "error=true"}) == ["3:WD137"]
    assert outcome(text, build_args={"BUILDKIT_DOCKERFILE_CHECK": "error=true"}).findings[0].breaks_build


def test_check_agrees_with_buildkit(judge: Callable[..., Any], tmp_path: Any) -> None:
    files = []
    texts = [
        f"# check=skip=MaintainerDeprecated\n{BASE}{OLD}",
        f"# check=skip=all;error=true\n{BASE}{OLD}",
        f"# check=error=true\n{BASE}{OLD}",
        f"{BASE}# check=skip=MaintainerDeprecated\n\n{OLD}{OLD}",
        f"{BASE}# check=skip=MaintainerDeprecated\n#\n{OLD}",
        f"{BASE}# check=skip=StageNameCasing\n# check=skip=MaintainerDeprecated\n{OLD}",
        f"{BASE}# check=skip=MaintainerDeprecated;\n{OLD}",
        f"{BASE}# check = skip = MaintainerDeprecated because\n{OLD}",
        f"{BASE}RUN echo \\\n# check=skip=MaintainerDeprecated\n  hello\n{OLD}",
    ]
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.Dockerfile")
        files[-1].write_text(text)
    for text, verdict in zip(texts, judge(files), strict=True):
        found = outcome(text, [MAINTAINER]).findings
        assert [finding.line for finding in found] == [warning["lines"][0][0] for warning in verdict["warnings"]], text
        assert any(finding.breaks_build for finding in found) == bool(verdict["refused"]), text


@pytest.mark.parametrize(
    ("value", "options"),
    [
        ("", CheckOptions()),
        ("skip=A,B", CheckOptions(skip=("A", "B"))),
        ("skip=A, B;error=true", CheckOptions(skip=("A", "B"), error=True)),
        ("experimental=all", CheckOptions(experimental=("all",))),
        ("error=1", CheckOptions(error=True)),
        ("error=F", CheckOptions()),
    ],
)
def test_check_options(value: str, options: CheckOptions) -> None:
    assert check_options(value) == options


@pytest.mark.parametrize("value", ["bogus", "skip", "error=maybe", "speed=1", "skip=A;"])
def test_check_options_that_buildkit_refuses(value: str) -> None:
    with pytest.raises(ValueError, match="check option"):
        check_options(value)


# What no comment can do --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("comment", ["# wd: ignore=WD101", "# wd: ignore-file=all", "# hadolint ignore=DL1000", "# check=skip=all"])
def test_nothing_silences_what_buildkit_refuses(comment: str) -> None:
    text = f"{comment}\nNONSENSE x\n{BASE}"
    assert any(place.endswith("WD101") for place in left(text, "WD101"))


# Comments that silence nothing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "column"),
    [
        ("# wd: ignore=WD304", 14),
        ("#  wd: ignore-file=MAINTAINER-deprecated", 20),
        ("# hadolint ignore=DL4000", 19),
        ("# hadolint global ignore=DL4000 # why", 26),
        ("# check=skip=MaintainerDeprecated", 14),
        ("# wd: ignore=no-such-rule", 14),
        ("# wd: ignor=WD304", 3),
        ("# wd: ignore WD304", 3),
        ("# wd: ignore=", 3),
    ],
)
def test_an_idle_comment_is_a_finding_at_its_name(comment: str, column: int) -> None:
    (finding,) = outcome(f"{BASE}{comment}\nUSER 65532\n").findings
    assert (finding.code, finding.line, finding.column) == (UNUSED, 2, column)
    name = comment[finding.column - 1 : finding.end_column - 1]
    assert name
    assert finding.end_line == 2


@pytest.mark.parametrize(
    "comment",
    [
        "# hadolint ignore=DL3059",  # covered by a rule that is not selected here
        "# hadolint ignore=DL9999",
        "# hadolint shell=powershell",
        "# hadolint ignore=SC2086",
        "# wd: ignore=SC2086",
        "# wd: ignore=CIS-DI-0005",
        "# check=skip=all",
        "# nosemgrep: x",
        "# Checked by hadolint, see wd: there",
    ],
)
def test_other_comments_may_stay(comment: str) -> None:
    assert left(f"{BASE}{comment}\nUSER 65532\n") == []


@pytest.mark.parametrize("comment", ["# trivy:ignore:DS-0029", "# checkov:skip=CKV_DOCKER_6"])
def test_an_idle_comment_for_another_tool_is_told_with_low_confidence(comment: str) -> None:
    (finding,) = outcome(f"{BASE}{comment}\nUSER 65532\n").findings
    assert (finding.code, finding.confidence) == (UNUSED, "low")


def test_only_the_idle_name_of_several_is_reported() -> None:
    (finding,) = outcome(f"{BASE}# wd: ignore=WD304,WD137 why\n{RUN}").findings
    assert (finding.code, finding.column, finding.message) == (UNUSED, 20, "silences nothing: WD137 finds nothing here")


def test_a_comment_that_hides_a_finding_of_low_confidence_is_used() -> None:
    rule = load()[RECOMMENDS]
    linted = read(f"{BASE}# wd: ignore=WD304\n{RUN}", [RECOMMENDS])
    unsure = [finding._replace(confidence="low") for finding in linted.findings]
    assert rule.confidence
    assert apply(unsure, linted.dockerfile, resolve(Layer(select=(RECOMMENDS, UNUSED)))).findings == []


def test_a_comment_for_another_linter_may_be_needed_there() -> None:
    text = f"{BASE}# hadolint ignore=DL4000\n# wd: ignore=WD137\nUSER 65532\n"
    assert [(finding.line, finding.confidence) for finding in outcome(text).findings] == [(2, "low"), (3, "high")]


def test_the_finding_about_a_comment_can_be_silenced_by_a_comment() -> None:
    assert left(f"# wd: ignore-file=WD190 shared\n{BASE}# wd: ignore=WD304\nUSER 65532\n") == []


def test_comments_can_be_forbidden() -> None:
    text = f"{BASE}# wd: ignore=WD304 why\n{RUN}# wd: ignore-file=WD191\n# a comment\nUSER 65532\n"
    assert left(text, RECOMMENDS, FORBIDDEN) == ["2:WD191", "4:WD191"]


def test_the_shells_that_hadolints_comments_declare() -> None:
    source = Source("Dockerfile", b"FROM x\n# hadolint shell=powershell\nRUN y\n#hadolint shell = bash # why\n# a shell=ksh\n")
    assert declared_shells(source) == {2: "powershell", 4: "bash"}


MARKS = "wd: wd:ignore= wd:ignore-file= hadolint check= check=skip= trivy:ignore: checkov:skip= ignore= stage exp:".split()
PIECES = st.sampled_from([*MARKS, *"WD304 DL3015 all SC2086 * [ , ; : = # \u2028 \t".split(" "), " ", "\n", "\n# "])


@given(st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join))
@settings(deadline=None)
def test_any_comment_is_read_without_an_error(comment: str) -> None:
    for finding in outcome(f"# {comment}\n{BASE}# {comment}\nRUN true \\\n# {comment}\n  && true\n").findings:
        assert finding.column <= finding.end_column
