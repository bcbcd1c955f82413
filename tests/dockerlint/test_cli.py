"""The program as people and scripts meet it: arguments in, text, an exit status, and sentences about what went wrong."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from commandline import VERSION
from dockerlint import check, cli
from dockerlint.output import FORMATS
from dockerlint.rules import load

from .program import Program

ROOT = Path(__file__).parents[2]
BAD = "FROM debian:13-slim\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\nUSER 65532\n"
MILD = "FROM debian:13-slim\nMAINTAINER somebody\nUSER 65532\n"
GOOD = 'FROM debian:13-slim\nUSER 65532\nCMD ["sleep", "1"]\n'


def write(path: str, text: str = BAD) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    return path


def spawn(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dockerlint.cli", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    return subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE, **{"stdout": subprocess.PIPE, **options})


# Exit status -----------------------------------------------------------------------------------------------------------------


def test_the_exit_status(run: Program) -> None:
    assert run(write("bad", BAD)).status == 1
    assert run("--select", "WD137", write("mild", MILD)).status == 0
    assert run("--select", "WD137", "--fail-on", "info", "mild").status == 1
    assert run("--select", "WD304", "--fail-on", "error", "bad").status == 0
    assert run("--fail-on", "never", "bad").status == 0
    assert run("--select", "WD304,WD137", write("good", GOOD)).status == 0


def test_a_clean_run_says_so_in_one_line(run: Program) -> None:
    write("Dockerfile", GOOD)
    assert run("--select", "WD304", "Dockerfile") == (0, "no findings in 1 file\n", "")
    assert run("--select", "WD304", "-q", "Dockerfile") == (0, "", "")


def test_one_bad_file_hides_nobody_elses_findings(run: Program) -> None:
    found = run.json("--select", "WD304", "gone", write("a/Dockerfile"), "nowhere/*", write("b/Dockerfile"))
    assert found.status == 2
    assert found.codes == ["WD304", "WD304"]
    assert found.err.splitlines() == [
        "validate-dockerfile: cannot read gone: no such file or folder",
        "validate-dockerfile: no Dockerfile matches 'nowhere/*'",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gone"], "cannot read gone: no such file or folder"),
        (["--slect", "x"], "unknown option --slect; did you mean --select?"),
        (["--zyzzyva", "x"], "unknown option --zyzzyva; --help shows them all"),
        (["--format", "yaml", "."], "invalid choice: 'yaml'"),
        (["--select", "WD999", "."], "no rule is called 'WD999'"),
        (["--ignore", "apt-no-install-reccomends", "."], "did you mean apt-no-install-recommends?"),
        (["--select", "", "."], "names no rule"),
        (["--today", "tomorrow", "."], "'tomorrow' is no date such as 2026-11-23"),
        (["--jobs", "many", "."], "'many' is no number of processes"),
        (["--context", "gone", "."], "--context gone: no such folder"),
        (["--config", "gone.toml", "."], "cannot read the configuration gone.toml"),
        (["--config", "a.toml", "--no-config", "."], "exclude each other"),
        (["--build-arg", "=x", "."], "NAME=value"),
        (["--explain", "WD999"], "no rule is called 'WD999'"),
        (["--statistics", "--format", "sarif", "."], "--statistics goes with"),
        (["--list-rules", "--format", "sarif"], "--list-rules goes with"),
        (["--output", "gone/report.txt", "."], "cannot write gone/report.txt: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run: Program, arguments: list[str], sentence: str) -> None:
    write("Dockerfile", GOOD)
    found = run(*arguments)
    assert found.status == 2
    assert sentence in found.err
    assert len(found.err.splitlines()) == 1


def test_a_folder_without_dockerfiles_is_an_error(run: Program) -> None:
    os.mkdir("empty")
    found = run("empty")
    assert (found.status, found.out) == (2, "")
    assert "no Dockerfile in empty" in found.err


def test_a_wrong_configuration_stops_only_the_files_below_it(run: Program) -> None:
    write("a/Dockerfile")
    write("a/.validate-dockerfile.toml", "fial-on = 'error'\n")
    write("b/Dockerfile")
    found = run.json("--select", "WD304", "a/Dockerfile", "b/Dockerfile")
    assert found.status == 2
    assert found.codes == ["WD304"]
    assert "unknown key 'fial-on'; did you mean fail-on?" in found.err


def test_without_shellcheck_only_those_fail_who_insist_on_it(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockerlint.shellcheck.find_binary", lambda: None)
    write("a/Dockerfile")
    write("a/.validate-dockerfile.toml", "shellcheck = 'always'\n")
    write("b/Dockerfile")
    assert run("--shellcheck", "always", "b/Dockerfile").status == 2
    assert run("--select", "WD304", "a/Dockerfile").err == ""
    found = run("--format", "json", "--ignore", "WD3", "--extend-select", "WD304", "a/Dockerfile", "b/Dockerfile")
    assert found.status == 2
    assert found.codes.count("WD304") == 2
    assert len(found.err.splitlines()) == 1
    assert json.loads(found.out)["summary"]["files"] == 2


def test_a_shellcheck_that_does_not_run_hides_no_other_findings(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockerlint.shellcheck.find_binary", lambda: "/nowhere/shellcheck")
    write("Dockerfile", BAD + "RUN echo what no other test has checked before\n")
    found = run("--format", "json", "Dockerfile")
    assert found.status == 2
    assert "WD304" in found.codes
    assert "cannot run ShellCheck (/nowhere/shellcheck): No such file or directory" in found.err


def test_a_defect_of_ours_is_a_sentence_too(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh\nno")

    write("Dockerfile")
    monkeypatch.setattr(check, "lint", broken)
    found = run("Dockerfile")
    assert found.status == 2
    assert "cannot judge Dockerfile: ZeroDivisionError: oh no (test_cli.py:" in found.err
    assert "please report it" in found.err


# Input -----------------------------------------------------------------------------------------------------------------------


def test_standard_input(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def pipe(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    pipe(BAD)
    (finding,) = json.loads(run.json("--select", "WD304", "-").out)["findings"]
    assert finding["file"] == "-"
    write("app/.validate-dockerfile.toml", "ignore = ['WD304']\n")
    pipe(BAD)
    assert run.json("--stdin-filename", "app/Dockerfile", "-").codes.count("WD304") == 0
    pipe(BAD)
    assert json.loads(run.json("--select", "WD304", "--stdin-filename", "x/Dockerfile", "-").out)["findings"][0]["file"] == "x/Dockerfile"


def test_paths_may_stand_on_both_sides_of_options(run: Program) -> None:
    write("a/Dockerfile")
    write("b/Dockerfile")
    write("-c", BAD)
    assert run.json("a/Dockerfile", "--select", "WD304", "b/Dockerfile", "--", "-c").codes == ["WD304"] * 3


def test_without_a_path_the_current_folder_is_searched(run: Program) -> None:
    write("a/b/Dockerfile")
    (finding,) = json.loads(run.json("--select", "WD304").out)["findings"]
    assert finding["file"] == "a/b/Dockerfile"


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff\xfe", b"\xef\xbb\xbfFROM x\r\n", b"FROM", b"\n" * 9, b"RUN <<EOF\n", b"FROM a\nRUN \\", bytes(range(256))]
)
@pytest.mark.parametrize("format", FORMATS)
def test_any_bytes_in_any_format(run: Program, data: bytes, format: str) -> None:
    Path("Dockerfile").write_bytes(data)
    found = run("--format", format, "--select", "all", "--min-confidence", "low", "Dockerfile")
    assert found.status in (0, 1), found.err
    assert not found.err


def test_target_build_arg_and_today_reach_the_rules(run: Program) -> None:
    write("Dockerfile", "ARG BASE\nFROM $BASE AS a\nMAINTAINER x\nFROM scratch AS b\n")
    blank = run.json("--select", "WD108", "Dockerfile").codes
    given = run.json("--select", "WD108", "--build-arg", "BASE=debian:13", "--target", "a", "--today", "2026-11-23", "Dockerfile").codes
    assert (blank, given) == (["WD108"], [])


# Output ------------------------------------------------------------------------------------------------------------------------


def test_an_output_file_gets_what_standard_output_would(run: Program) -> None:
    write("Dockerfile")
    printed = run.json("--select", "WD304", "Dockerfile").out
    assert run.json("--select", "WD304", "--output", "report.json", "Dockerfile") == (1, "", "")
    assert Path("report.json").read_text() == printed
    assert run.json("--select", "WD304", "--output", "-", "Dockerfile").out == printed


def test_colour(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    write("Dockerfile")
    arguments = ("--select", "WD304", "Dockerfile")
    assert "\x1b[" not in run(*arguments).out
    assert "\x1b[" in run(*arguments, "--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run(*arguments).out
    assert "\x1b[" not in run(*arguments, "--color", "never").out
    run(*arguments, "--output", "report.txt")
    assert "\x1b[" not in Path("report.txt").read_text()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run(*arguments).out
    assert "\x1b[" in run(*arguments, "--color", "always").out


def test_a_name_that_the_terminal_cannot_show(run: Program) -> None:
    name = os.fsdecode(b"caf\xe9.Dockerfile")
    Path(name).write_text(BAD)
    for format in FORMATS:
        assert run("--format", format, "--select", "WD304", ".").status == 1
    assert run.json("--select", "WD304", ".").codes == ["WD304"]


def test_findings_of_low_confidence_are_hidden_unless_asked_for(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = load()
    write("Dockerfile", "FROM debian:13-slim\nMAINTAINER x\n")
    monkeypatch.setitem(rules, "WD137", rules["WD137"]._replace(confidence="low"))
    assert run.json("--select", "WD137", "Dockerfile").codes == []
    assert json.loads(run.json("--select", "WD137", "Dockerfile").out)["summary"]["unsure"] == 1
    assert run.json("--select", "WD137", "--min-confidence", "low", "Dockerfile").codes == ["WD137"]


def test_the_configuration_changes_severities_and_ignores_comments(run: Program) -> None:
    write("Dockerfile", BAD.replace("RUN", "# wd: ignore=WD304 why\nRUN"))
    assert run.json("--select", "WD304", "Dockerfile").codes == []
    write(".validate-dockerfile.toml", "pragmas = false\nseverity = { DL3015 = 'style' }\n")
    found = run.json("--select", "WD304", "Dockerfile")
    assert found.status == 0
    assert json.loads(found.out)["findings"][0]["severity"] == "style"


# Many files ----------------------------------------------------------------------------------------------------------------------


def test_any_number_of_processes_says_the_same(run: Program) -> None:
    for number in range(check.FEW + 20):
        write(f"{number:03}/Dockerfile", BAD if number % 3 else MILD)
    write("040/.validate-dockerfile.toml", "nonsense = 1\n")
    one = run.json("--jobs", "1", ".")
    assert json.loads(one.out)["summary"]["files"] == check.FEW + 19
    assert run.json("--jobs", "3", ".") == one
    assert run.json(".") == one


@pytest.mark.skipif(sys.platform != "linux", reason="only a forked process runs what this test puts in its place")
def test_what_a_killed_process_leaves_undone_is_done_all_the_same(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(check.FEW + 5):
        write(f"{number:03}/Dockerfile")
    one = run.json("--jobs", "1", ".")
    monkeypatch.setattr(check, "_work", lambda *_: os._exit(9))
    assert run.json("--jobs", "2", ".") == one


def test_standard_input_among_many_files(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(check.FEW + 20):
        write(f"{number:03}/Dockerfile", GOOD)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    found = run.json("--jobs", "2", "--select", "WD304", *sorted(map(str, Path().glob("0[0-4]*"))), "-", ".")
    assert [finding["file"] for finding in json.loads(found.out)["findings"]] == ["-"]


# The rules -----------------------------------------------------------------------------------------------------------------------


def test_explain(run: Program) -> None:
    found = run("--explain", "DL3015", "maintainer-deprecated", "SC2086")
    assert found.status == 0
    assert "WD304 apt-no-install-recommends (warning" in found.out
    assert "\nBad:\n    " in found.out
    assert "WD137" in found.out
    assert "https://www.shellcheck.net/wiki/SC2086" in found.out


@pytest.mark.parametrize("code", load())
def test_every_rule_can_be_explained(run: Program, code: str) -> None:
    assert run("--explain", code).out.startswith(f"{code} ")


def test_list_rules(run: Program) -> None:
    lines = run("--list-rules").out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(load())
    listed = json.loads(run("--list-rules", "--format", "json").out)
    assert [entry["code"] for entry in listed] == sorted(load())
    assert list(listed[0]) == ["code", "slug", "severity", "confidence", "default", "breaks_build", "covers", "help", "mends"]


def test_the_version_is_that_of_the_package(run: Program) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert settings["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "commandline.VERSION"}
    assert run("--version").out == f"validate-dockerfile {VERSION}\n"


def test_help_names_every_option(run: Program, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert "Exit status: 0" in shown
    assert "--stdin-filename" in shown
    assert max(map(len, shown.splitlines())) <= cli.WIDTH


# The process -----------------------------------------------------------------------------------------------------------------------


def test_who_reads_may_stop_reading(tmp_path: Path) -> None:
    paths = []
    for number in range(400):
        path = tmp_path / f"{number}.Dockerfile"
        path.write_text(BAD)
        paths.append(str(path))
    with spawn("--jobs", "1", "--shellcheck", "never", *paths) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1, "what was found, whoever reads on"


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    (tmp_path / "Dockerfile").write_text(BAD)
    with open("/dev/full", "w") as full, spawn(str(tmp_path / "Dockerfile"), stdout=full) as process:
        assert process.stderr
        assert process.stderr.read() == "validate-dockerfile: cannot write the report: No space left on device\n"
    assert process.returncode == 2


def test_an_interrupt_ends_quietly() -> None:
    with spawn("-", stdin=subprocess.PIPE) as process:
        assert process.stdin and process.stderr
        # It reads standard input once all imports are done; a byte that it takes says nothing, so wait for it to sleep.
        for _ in range(200):
            if Path(f"/proc/{process.pid}/wchan").exists() and "pipe" in Path(f"/proc/{process.pid}/wchan").read_text():
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        error = process.stderr.read()
        process.stdin.close()
    assert process.returncode == 130
    assert error == ""


def test_little_is_imported_for_one_file(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(GOOD)
    program = "import sys; from dockerlint.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", program, "--format", "json", "--shellcheck", "never", str(tmp_path / "Dockerfile")]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")}, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    unwanted = "tabulate tomllib yaml multiprocessing difflib inspect hashlib glob shutil docker dataclasses pathlib".split()
    ours = "dockerlint.shellcheck dockerlint.explain dockerlint.manual dockerlint.knowledge.peers dockerlint.output.text".split()
    assert loaded & {*unwanted, *ours} == set()


def test_a_closed_standard_input_is_one_sentence() -> None:
    command = f'exec "{sys.executable}" "{ROOT / "scripts" / "validate_dockerfile.py"}" - <&-'
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (2, "validate-dockerfile: standard input is closed\n")


@pytest.mark.parametrize("mending", [(), ("--fix",)])
def test_a_report_does_not_take_the_place_of_what_is_read(mending: tuple[str, ...], run: Program, tmp_path: Path) -> None:
    path, link = tmp_path / "Dockerfile", tmp_path / "link"
    path.write_text(BAD)
    link.symlink_to(path)
    done = run("--output", link, *mending, path)
    assert done.status == 2 and "is one of the files to be read" in done.err
    assert path.read_text() == BAD


def test_closed_streams_are_no_reason_to_stumble(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(BAD)
    script = ROOT / "scripts" / "validate_dockerfile.py"
    for streams in (">&-", "2>&-", ">&- 2>&-"):
        command = f'exec "$0" "$1" Dockerfile {streams}'
        ended = subprocess.run(["sh", "-c", command, sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
        assert (ended.returncode, ended.stderr) == (1, "")
