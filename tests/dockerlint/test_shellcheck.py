"""ShellCheck over RUN: what it is given, where its findings point, and what becomes of a ShellCheck that fails."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dockerlint import shellcheck
from dockerlint.context import Context
from dockerlint.evaluate import evaluate
from dockerlint.finding import SEVERITIES, Finding
from dockerlint.model import Dockerfile, Options
from dockerlint.source import Source
from tests.benchmarks.dockerfiles import dockerfiles


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellcheck, "_checked", {})


def model(text: str | bytes, path: str = "Dockerfile") -> Dockerfile:
    data = text.encode() if isinstance(text, str) else text
    return evaluate(Source(path, data), Options(today="2026-11-23"), Context(None))


def scripts(text: str) -> list[shellcheck.Script]:
    return list(shellcheck.scripts_of(model(text)))


def places(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.code, f"{finding.line}:{finding.column}-{finding.end_line}:{finding.end_column}") for finding in found]


# -- where a finding points ---------------------------------------------------------------------------------------------------

POSITIONS = {
    "one line": ("FROM debian:13\nRUN rm -r $x\n", "SC2154", "2:11-2:13"),
    "behind a flag": ("FROM debian:13\nRUN --network=none rm -r $x\n", "SC2154", "2:26-2:28"),
    "a continued line": ("FROM debian:13\nRUN echo a && \\\n    rm -r $x\n", "SC2154", "3:11-3:13"),
    "behind a comment and a blank line": ("FROM debian:13\nRUN echo a && \\\n# why\n\n\trm -r $x\n", "SC2154", "5:8-5:10"),
    "over two lines": ("FROM debian:13\nRUN cd / && echo $(ls \\\n -l)\n", "SC2046", "2:18-3:5"),
    "another escape character": ("# escape=`\nFROM debian:13\nRUN echo a && `\n    rm -r $x\n", "SC2154", "4:11-4:13"),
    "CRLF": ("FROM debian:13\r\nRUN echo a && \\\r\n    rm -r $x\r\n", "SC2154", "3:11-3:13"),
    "wide characters": ("FROM debian:13\nRUN echo 'ü€😀' && rm -r $x\n", "SC2154", "2:25-2:27"),
    "a heredoc": ("FROM debian:13\nRUN <<EOF\nset -e\nrm -r $x\nEOF\n", "SC2154", "4:7-4:9"),
    "a heredoc without its tabs": ("FROM debian:13\nRUN <<-EOF\n\tset -e\n\t\trm -r $x\n\tEOF\n", "SC2154", "4:9-4:11"),
    "a heredoc with a shebang": ("FROM debian:13\nRUN <<EOF\n#!/usr/bin/env bash\nrm -r $x\nEOF\n", "SC2154", "4:7-4:9"),
    "a heredoc that a command reads": ("FROM debian:13\nRUN cat <<EOF >/a\none\n$(rm -r $x)\nEOF\n", "SC2154", "4:9-4:11"),
    "the command of a heredoc": ("FROM debian:13\nRUN cat <<EOF >/a$x\n1\nEOF\n", "SC2154", "2:18-2:20"),
    "the second of two heredocs": ("FROM debian:13\nRUN cat <<A - 3<<B\na\nA\n${x}\nB\n", "SC2154", "5:1-5:5"),
    "a shell that reads a heredoc": ("FROM debian:13\nRUN bash <<'EOF'\nrm -r $(pwd)\nEOF\n", "SC2046", "3:7-3:13"),
    "sh -c": ("FROM debian:13\nRUN sh -c 'rm -r $(pwd)'\n", "SC2046", "2:18-2:24"),
    "sh -c in exec form": ('FROM debian:13\nRUN ["bash", "-ec", "echo \\"a\\" && rm -r $(pwd)"]\n', "SC2046", "2:42-2:48"),
    "behind another command": ("FROM debian:13\nRUN exec env A=1 bash -c 'rm -r $(pwd)'\n", "SC2046", "2:33-2:39"),
    "ONBUILD": ("FROM debian:13\nONBUILD RUN rm -r $x\n", "SC2154", "2:19-2:21"),
    "the last character": ("FROM debian:13\nRUN if true; then true\n", "SC1046", "2:5-2:6"),
}


@pytest.mark.parametrize(("text", "code", "place"), POSITIONS.values(), ids=POSITIONS)
def test_a_finding_points_at_the_dockerfile(shellcheck_binary: str, text: str, code: str, place: str) -> None:
    found = list(shellcheck.findings([model(text)], shellcheck_binary))
    assert (code, place) in places(found)
    for finding in found:
        assert finding.file == "Dockerfile"
        assert finding.slug == "shellcheck"
        assert finding.severity in SEVERITIES
        assert finding.help.endswith(f"/{finding.code}")
        assert finding.message.strip(" .") == finding.message
        assert not finding.breaks_build


# -- what ShellCheck is given -------------------------------------------------------------------------------------------------

DIALECTS = {
    "debian's sh": ("FROM debian:13\nRUN true\n", "dash", True),
    "alpine's sh": ("FROM alpine:3\nRUN true\n", "busybox", True),
    "fedora's sh": ("FROM fedora:43\nRUN true\n", "bash", True),
    "an unknown image": ("FROM registry.example.com/app\nRUN true\n", "sh", False),
    "down the FROM chain": ("FROM alpine:3 AS a\nFROM a\nRUN true\n", "busybox", True),
    "SHELL": ('FROM debian:13\nSHELL ["/bin/bash", "-c"]\nRUN true\n', "bash", True),
    "SHELL of the base stage": ('FROM debian:13 AS a\nSHELL ["/bin/bash", "-c"]\nFROM a\nRUN true\n', "bash", True),
    "SHELL is ash": ('FROM alpine:3\nSHELL ["/bin/ash", "-o", "pipefail", "-c"]\nRUN true\n', "busybox", True),
    "a shebang": ("FROM debian:13\nRUN <<EOF\n#!/usr/bin/env -S bash -e\ntrue\nEOF\n", "bash", True),
    "a comment for hadolint": ("FROM x.example.com/y\n# hadolint shell=/bin/bash\nRUN true\n", "bash", True),
    "such a comment for all": ("# hadolint shell=/bin/bash\nFROM debian:13\nFROM x.example.com/y\nRUN true\n", "bash", True),
    "such a comment in another stage": ("FROM debian:13\n# hadolint shell=/bin/bash\nFROM alpine\nRUN true\n", "busybox", True),
    "sh replaced": ("FROM ubuntu:24.04\nRUN ln -sf /bin/bash /bin/sh\nRUN true\n", "bash", True),
}


@pytest.mark.parametrize(("text", "dialect", "known"), DIALECTS.values(), ids=DIALECTS)
def test_the_dialect(text: str, dialect: str, known: bool) -> None:
    script = scripts(text)[-1]
    assert (script.dialect, script.known) == (dialect, known)


@pytest.mark.parametrize(
    "text",
    [
        'FROM debian:13\nSHELL ["/usr/bin/zsh", "-c"]\nRUN print -l *(.)\n',
        'FROM debian:13\nSHELL ["pwsh", "-c"]\nRUN Get-Item $env:x\n',
        "FROM mcr.microsoft.com/windows/servercore:ltsc2025\nRUN if exist C:\\x (echo 1)\n",
        "# escape=`\nFROM registry.example.com/app\nRUN if exist C:\\x (echo 1)\n",
        "FROM debian:13\nRUN <<EOF\n#!/usr/bin/env python3\nprint($x)\nEOF\n",
        'FROM debian:13\nRUN ["rm", "-r", "$x"]\n',
        'FROM debian:13\nCMD rm -r $x\nENTRYPOINT ["sh", "-c", "rm -r $x"]\n',
        "FROM debian:13\nRUN\n",
    ],
)
def test_what_is_no_shell_code_of_a_build_is_left_alone(text: str) -> None:
    assert scripts(text) == []


def test_a_double_quoted_script_is_judged_where_its_outer_shell_reads_it() -> None:
    assert len(scripts('FROM debian:13\nRUN bash -c "rm -r $x"\n')) == 1


def test_each_script_stands_in_its_file_as_the_shell_gets_it() -> None:
    found = scripts("FROM debian:13\nARG A\nENV B=2\nRUN echo $A ${B} $C $http_proxy && \\\n  sh -c 'echo $B'\n")
    assert [script.content for script in found] == [
        "#!/bin/dash\nexport A=1\nexport B=1\nexport http_proxy=1\necho $A ${B} $C $http_proxy &&   sh -c 'echo $B'\n",
        "#!/bin/dash\n# shellcheck disable=SC2154\nexport B=1\necho $B\n",
    ]


def test_arguments_that_do_not_matter_are_blanked_and_nothing_is_lost(shellcheck_binary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [model(text, str(number)) for number, text in enumerate(dockerfiles(120))]
    given = [script.content for file in files for script in shellcheck.scripts_of(file)]
    found = list(shellcheck.findings(files, shellcheck_binary))
    monkeypatch.setattr(shellcheck, "_INDIFFERENT", frozenset())
    whole = [script.content for file in files for script in shellcheck.scripts_of(file)]
    assert [len(content) for content in given] == [len(content) for content in whole]
    assert sum(content.count(" ") for content in given) > 1.5 * sum(content.count(" ") for content in whole)
    assert found == list(shellcheck.findings(files, shellcheck_binary))
    assert found


WORDS = st.sampled_from(
    "install -y -qy --no-cache a.b=1 x+y do done if fi time in == =x x= += -- - . .. / /usr / /etc/* ~ ~root ! 1>2 >a 2>&1 <b | || && ; &"
    " 'a' \"$x\" $x ${x} $(ls) `pwd` {a,b} [a-z] a* ? # \\n \\ -exec {} + -m -p rm cd sudo xargs find echo"
    " cat grep x=1 777 a..b @a %b :c".split()
)
PROGRAMS = st.sampled_from([*sorted(shellcheck._INDIFFERENT), *"/usr/bin/python3 sudo env find cd rm echo".split()])
COMMANDS = st.builds(lambda name, words: " ".join([name, *words]), PROGRAMS, st.lists(WORDS, max_size=7))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(COMMANDS, min_size=1, max_size=6))
@example(["a2enmod install -- ?"])
def test_nothing_is_lost_of_any_command(shellcheck_binary: str, commands: list[str]) -> None:
    lines = [*(f"RUN {command}" for command in commands), f"RUN {' && '.join(commands)}", f"RUN {'; '.join(commands)}"]
    file = model("FROM debian:13\n" + "\n".join(lines) + "\n")
    found = list(shellcheck.findings([file], shellcheck_binary))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shellcheck, "_INDIFFERENT", frozenset())
        assert found == list(shellcheck.findings([file], shellcheck_binary))


def test_errexit_is_known(shellcheck_binary: str) -> None:
    text = 'FROM debian:13\nSHELL ["/bin/bash", "{}", "-c"]\nRUN cd /a; true\n'
    assert not list(shellcheck.findings([model(text.format("-euxo"))], shellcheck_binary))
    assert list(shellcheck.findings([model(text.format("-ux"))], shellcheck_binary))


def test_a_comment_above_the_instruction_speaks_to_shellcheck(shellcheck_binary: str) -> None:
    text = "FROM debian:13\n# shellcheck disable=SC2154\nRUN rm -r $x\nRUN rm -r $x\n"
    found = shellcheck.findings([model(text)], shellcheck_binary)
    assert [finding.line for finding in found if finding.code == "SC2154"] == [4]


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:13\nARG x\nRUN test -n $x\n",
        "ARG x\nFROM debian:13\nARG x\nRUN test -n $x\n",
        "FROM debian:13 AS a\nENV x=1\nFROM a\nRUN test -n ${x}\n",
        "FROM debian:13\nRUN . /etc/os-release && echo \"$x\"\n",
        "FROM debian:13\nRUN . /opt/venv/bin/activate\n",
        "FROM debian:13\nRUN x=1; export x; sh -c 'echo \"$x\"'\n",
        "FROM alpine:3\nRUN set -o pipefail; [[ a == \"$HOME\" ]] && echo -e 'a'\n",
    ],
)
def test_what_is_right_in_a_dockerfile_stays_quiet(shellcheck_binary: str, text: str) -> None:
    assert not list(shellcheck.findings([model(text)], shellcheck_binary))


def test_an_argument_of_another_stage_is_not_there(shellcheck_binary: str) -> None:
    text = "ARG version=1\nFROM debian:13\nRUN echo \"$version\"\n"
    assert places(list(shellcheck.findings([model(text)], shellcheck_binary))) == [("SC2154", "3:11-3:19")]


def test_what_another_shell_would_not_do_is_sure_where_the_shell_is(shellcheck_binary: str) -> None:
    run = "RUN cp /a/{b,c} /d\n"
    files = [model(f"FROM {image}\n{run}") for image in ("debian:13", "registry.example.com/app")]
    known, unknown = shellcheck.findings(files, shellcheck_binary)
    assert (known.code, known.severity, known.confidence) == ("SC3009", "warning", "medium")
    assert (unknown.code, unknown.severity, unknown.confidence) == ("SC3009", "warning", "low")


def test_a_broken_script_is_told_once(shellcheck_binary: str) -> None:
    found = list(shellcheck.findings([model("FROM debian:13\nRUN if true; then { echo a; fi\n")], shellcheck_binary))
    assert found
    assert not {finding.code for finding in found} & {"SC1072", "SC1073", "SC1009"}


def test_many_files_in_one_run_keep_their_findings_apart(shellcheck_binary: str) -> None:
    files = [model("FROM debian:13\n" + "\n" * number + "RUN rm -r $x\n", f"{number}/Dockerfile") for number in range(30)]
    found = [(finding.file, finding.line) for finding in shellcheck.findings(files, shellcheck_binary) if finding.code == "SC2154"]
    assert found == [(f"{number}/Dockerfile", number + 2) for number in range(30)]


def test_the_same_script_is_checked_once(shellcheck_binary: str, tmp_path: Path) -> None:
    counts = program(tmp_path, f"for file; do [ -f \"$file\" ] && echo >> {tmp_path}/count; done\nexec {shellcheck_binary} \"$@\"")
    run = "RUN rm -r $x\n"
    for path in "ab":
        found = list(shellcheck.findings([model(f"FROM debian:13\n{run}\n{run}FROM alpine:3\n{run}", path)], counts))
        assert [(finding.file, finding.line) for finding in found if finding.code == "SC2154"] == [(path, 2), (path, 4), (path, 6)]
    assert (tmp_path / "count").read_text() == "\n\n"


# -- a ShellCheck that is old, slow or broken ---------------------------------------------------------------------------------


def program(folder: Path, script: str) -> str:
    path = folder / "shellcheck"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_script_that_breaks_shellcheck_costs_only_its_own_findings(shellcheck_binary: str, tmp_path: Path) -> None:
    breaks = program(tmp_path, f"for file; do if grep -qs poison \"$file\"; then kill -9 $$; fi; done\nexec {shellcheck_binary} \"$@\"")
    files = [model(f"FROM debian:13\nRUN rm -r $x{'poison' * (number == 3)}{number}\n", str(number)) for number in range(6)]
    assert {finding.file for finding in shellcheck.findings(files, breaks)} == {"0", "1", "2", "4", "5"}


def test_a_script_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellcheck, "_SECONDS", 0.1)
    assert list(shellcheck.findings([model("FROM debian:13\nRUN rm -r $x\n")], program(tmp_path, "exec sleep 20"))) == []


def test_a_program_that_cannot_be_run_is_the_callers_to_report() -> None:
    with pytest.raises(OSError, match="nowhere"):
        list(shellcheck.findings([model("FROM debian:13\nRUN true\n")], "/nowhere/shellcheck"))


def test_before_0_10_there_is_no_busybox(shellcheck_binary: str, tmp_path: Path) -> None:
    old = program(
        tmp_path,
        "if [ \"$1\" = --version ]; then echo 'version: 0.9.0'; exit; fi\n"
        f"if grep -qs busybox [0-9]*; then exit 9; fi\nexec {shellcheck_binary} \"$@\"",
    )
    assert [finding.code for finding in shellcheck.findings([model("FROM alpine:3\nRUN rm -r $x\n")], old)] == ["SC2154", "SC2086"]


def test_options_of_the_environment_do_not_reach_it(shellcheck_binary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELLCHECK_OPTS", "--format=gcc --exclude=SC2154")
    found = shellcheck.findings([model("FROM debian:13\nRUN rm -r $x\n")], shellcheck_binary)
    assert [finding.code for finding in found] == ["SC2154", "SC2086"]


def test_it_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"relative:{tmp_path}")
    assert shellcheck.find_binary() != str(tmp_path / "shellcheck")
    ours = program(tmp_path, "exit 0")
    assert shellcheck.find_binary() == ours


# -- any content --------------------------------------------------------------------------------------------------------------

SIGNS = "\"'`$(){}[]<>|&;#!\\ \t\n=*~x\x00\x0c\r"
PIECES = st.sampled_from([*SIGNS, "<<E", "\nE\n", "if ", "fi", "case ", "${x", "$((", "[[ ", "é😀"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=12), st.booleans())
def test_any_script_gives_findings_inside_its_file(shellcheck_binary: str, bodies: list[str], junk: bool) -> None:
    text = "FROM debian:13\n" + "".join(f"RUN <<'--end--'\n{body}\n--end--\nRUN {body.replace(chr(10), '')}\n" for body in bodies)
    dockerfile = model(text.encode() + b"RUN rm \xff\xfe $x\n" * junk)
    lines = dockerfile.source.lines
    for finding in shellcheck.findings([dockerfile], shellcheck_binary):
        assert 2 <= finding.line <= finding.end_line <= len(lines)
        assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1
        assert 1 <= finding.end_column <= len(lines[finding.end_line - 1]) + 1
        assert (finding.line, finding.column) <= (finding.end_line, finding.end_column)
