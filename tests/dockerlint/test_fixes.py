"""How edits are applied and kept or given up, and --fix, --unsafe-fixes and --diff as people meet them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockerlint import mending
from dockerlint.errors import Failure
from dockerlint.finding import Edit, Finding, Fix
from dockerlint.fixes import Judged, apply, difference, mend

from .program import Program

ROOT = Path(__file__).parents[2]
OLD = "FROM debian:13-slim as build\nENV A b\nUSER 65532\nCMD true\n"
MENDED = "FROM debian:13-slim AS build\nENV A=b\nUSER 65532\nCMD true\n"
NO_SHELLCHECK = ("--shellcheck", "never")


# --- Edits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "edits", "expected"),
    [
        (b"abc\n", [Edit(1, 2, 1, 3, "X")], b"aXc\n"),
        (b"abc\n", [Edit(1, 4, 1, 4, "\\\nd")], b"abc\\\nd\n"),
        (b"abc\r\nd\r\n", [Edit(1, 4, 1, 4, "\\\nd")], b"abc\\\r\nd\r\nd\r\n"),
        (b"a\r\nb", [Edit(2, 2, 2, 2, "\n")], b"a\r\nb\r\n"),
        (b"a", [Edit(1, 2, 1, 2, "\n")], b"a\n"),
        (b"\xef\xbb\xbfa\nb\n", [Edit(1, 1, 1, 1, "# x\n")], b"\xef\xbb\xbf# x\na\nb\n"),
        (b"a\nb\nc\n", [Edit(2, 1, 3, 1, "")], b"a\nc\n"),
        (b"a\nb", [Edit(2, 1, 3, 1, "")], b"a\n"),
        (b"a\nb\nc\n", [Edit(3, 1, 3, 2, "C"), Edit(1, 1, 1, 2, "A")], b"A\nb\nC\n"),
        (b"\xff\xc3\xa9x\n", [Edit(1, 3, 1, 4, "y")], b"\xff\xc3\xa9y\n"),
        (b"a\rb\n", [Edit(1, 3, 1, 4, "c")], b"a\rc\n"),
        (b"a\tb\n", [Edit(1, 2, 1, 3, " ")], b"a b\n"),
    ],
)
def test_an_edit_changes_what_it_names_and_nothing_else(data: bytes, edits: list[Edit], expected: bytes) -> None:
    assert apply(data, edits) == expected


@given(st.data())
def test_bytes_outside_of_edits_stay(data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.text("ab é\t\r😀", max_size=6), min_size=1, max_size=6))
    text = "\n".join(lines)
    places = sorted({(n, c) for n, line in enumerate(lines, 1) for c in range(1, len(line) + 2)})
    chosen = sorted(data.draw(st.lists(st.sampled_from(places), max_size=6)))
    regions = list(zip(chosen[::2], chosen[1::2], strict=False))
    edits = [Edit(*start, *end, f"<{number}>") for number, (start, end) in enumerate(regions)]

    def offset(place: tuple[int, int]) -> int:
        return sum(len(line) + 1 for line in lines[: place[0] - 1]) + place[1] - 1

    expected, kept = "", 0
    for number, (start, end) in enumerate(regions):
        expected += text[kept : offset(start)] + f"<{number}>"
        kept = offset(end)
    assert apply(text.encode(), edits) == (expected + text[kept:]).encode()


def finding(code: str, line: int, fix: Fix | None = None, severity: str = "info", breaks_build: bool = False) -> Finding:
    return Finding("f", line, 1, line, 2, code, code.lower(), severity, "high", "m", "", breaks_build, fix)


def finds(data: bytes) -> Judged:
    """A rule `X` against each line "x", to be mended to "y", and one against each "z", to be mended to "w", which breaks the build."""
    lines = data.decode().split("\n")
    found = [finding("X", n, Fix("safe", "m", (Edit(n, 1, n, 2, "y"),))) for n, line in enumerate(lines, 1) if line == "x"]
    found += [finding("Z", n, Fix("safe", "m", (Edit(n, 1, n, 2, "w"),))) for n, line in enumerate(lines, 1) if line == "z"]
    found += [finding("U", n, Fix("unsafe", "m", (Edit(n, 1, n, 2, ""),))) for n, line in enumerate(lines, 1) if line == "u"]
    found += [finding("I", n, Fix("safe", "m", (Edit(n, 1, n, 1, ""),))) for n, line in enumerate(lines, 1) if line == "i"]
    found += [finding("W", n, severity="error", breaks_build=True) for n, line in enumerate(lines, 1) if line == "w"]
    return Judged(found, found)


def test_what_does_harm_is_left_out_and_named_and_all_else_is_done() -> None:
    result = mend(b"x\nz\nx\nz\ni\nu\nx\n", finds)
    assert result.data == b"y\nz\ny\nz\ni\nu\ny\n"
    assert [each.code for each in result.mended] == ["X", "X", "X"]
    assert [(each.finding.code, each.finding.line, each.why) for each in result.refused] == [
        ("Z", 2, "it would bring W"),
        ("Z", 4, "it would bring W"),
        ("I", 5, "I would still be found"),
    ]
    assert mend(b"u\n", finds, unsafe=True).data == b"\n"


def test_of_edits_that_touch_the_first_comes_first() -> None:
    def overlapping(data: bytes) -> Judged:
        text = data.decode()
        found = []
        if "ab" in text:
            found.append(finding("A", 1, Fix("safe", "m", (Edit(1, 1, 1, 3, "c"),))))
        if "b" in text:
            found.append(finding("B", 1, Fix("safe", "m", (Edit(1, text.index("b") + 1, 1, text.index("b") + 2, "d"),))))
        return Judged(found, found)

    result = mend(b"ab b", overlapping)
    assert (result.data, [each.code for each in result.mended]) == (b"c d", ["A", "B"])


def test_a_file_that_could_be_mended_for_ever_comes_to_an_end() -> None:
    def growing(data: bytes) -> Judged:
        found = [finding("G", n, Fix("safe", "m", (Edit(1, 1, 1, 1, "g"),))) for n in range(max(1000 - len(data), 0))][:1]
        return Judged(found, [finding("G", n) for n in range(2000 - len(data))])

    assert 10 < len(mend(b"", growing).data) < 1000


# --- The command line -----------------------------------------------------------------------------------------------


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_text(OLD)
    return path


def test_fix_mends_what_is_safe_and_reports_what_is_left(run: Program, dockerfile: Path) -> None:
    done = run("--fix", *NO_SHELLCHECK, "Dockerfile")
    assert dockerfile.read_text() == MENDED
    assert done.status == 1, "CMD in shell form is left"
    assert "WD136" in done.out
    assert "WD143" not in done.out
    assert done.err == "validate-dockerfile: mended 2 findings in 1 file\n"
    again = run("--fix", *NO_SHELLCHECK, "--quiet", "Dockerfile")
    assert (dockerfile.read_text(), again.err) == (MENDED, "")


def test_unsafe_fixes_are_asked_for(run: Program, dockerfile: Path) -> None:
    done = run("--fix", "--unsafe-fixes", *NO_SHELLCHECK, "Dockerfile")
    assert dockerfile.read_text() == MENDED.replace("CMD true", 'CMD ["true"]')
    assert done.status == 0


def test_diff_writes_nothing_and_can_be_applied(run: Program, dockerfile: Path, tmp_path: Path) -> None:
    dockerfile.write_bytes(OLD.replace("\n", "\r\n").encode())
    before = dockerfile.read_bytes()
    done = run("--diff", "Dockerfile")
    assert (done.status, dockerfile.read_bytes()) == (1, before)
    assert done.err == "validate-dockerfile: would mend 2 findings in 1 file\n"
    expected = MENDED.replace("\n", "\r\n").encode()
    assert done.out.encode() == difference("Dockerfile", before, expected).encode()
    patched = subprocess.run(["git", "apply", "-p0", "-"], input=done.out.encode(), cwd=tmp_path, capture_output=True, check=False)
    assert (patched.returncode, dockerfile.read_bytes()) == (0, expected), patched.stderr
    assert run("--diff", "Dockerfile") == (0, "", "")


def test_diff_tells_of_a_missing_line_end(tmp_path: Path) -> None:
    text = difference("f", b"a", b"a\n")
    assert text == "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"


def test_standard_input_is_mended_to_standard_output(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-m", "dockerlint.cli", "--fix", "--no-config", *NO_SHELLCHECK, "-"]
    data = OLD.replace("\n", "\r\n").encode() + b"# \xff\r\n"
    done = subprocess.run(command, input=data, capture_output=True, cwd=tmp_path, env=environment, check=False)
    assert done.stdout == MENDED.replace("\n", "\r\n").encode() + b"# \xff\r\n"
    assert done.returncode == 1
    assert b"WD136" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_selection_comments_and_settings_choose_what_is_mended(run: Program, dockerfile: Path) -> None:
    run("--fix", *NO_SHELLCHECK, "--select", "WD143", "Dockerfile")
    assert dockerfile.read_text() == OLD.replace("ENV A b", "ENV A=b")
    dockerfile.write_text("# wd: ignore-file=WD131\n" + OLD)
    run("--fix", *NO_SHELLCHECK, "--ignore", "FromAsCasing,WD190", "Dockerfile")
    assert dockerfile.read_text() == "# wd: ignore-file=WD131\n" + OLD.replace("ENV A b", "ENV A=b")


def test_many_files_by_several_processes(run: Program, tmp_path: Path) -> None:
    for number in range(80):
        (tmp_path / f"{number}.Dockerfile").write_text(OLD)
    done = run("--fix", *NO_SHELLCHECK, "--jobs", "2", ".")
    assert {path.read_text() for path in tmp_path.iterdir()} == {MENDED}
    assert "mended 160 findings in 80 files" in done.err


@pytest.mark.parametrize("arguments", [["--unsafe-fixes"], ["--diff", "--format", "json"], ["--diff", "--statistics"]], ids=" ".join)
def test_options_that_contradict_each_other(run: Program, dockerfile: Path, arguments: list[str]) -> None:
    done = run(*arguments, "Dockerfile")
    assert done.status == 2
    assert done.err.count("\n") == 1
    assert dockerfile.read_text() == OLD


def test_json_says_how_each_finding_is_mended(run: Program, dockerfile: Path) -> None:
    found = {each["code"]: each for each in json.loads(run.json("Dockerfile").out)["findings"]}
    edits = [{"line": 2, "column": 6, "end_line": 2, "end_column": 7, "text": "="}]
    assert found["WD143"]["fix"] == {"applicability": "safe", "message": "Join name and value by =", "edits": edits}
    assert found["WD136"]["fix"]["applicability"] == "unsafe"
    assert "fix" in found["WD136"]
    done = json.loads(run.json("--fix", "Dockerfile").out)
    assert done["summary"]["mended"] == 2


def test_the_edits_in_json_are_those_of_fix(run: Program, dockerfile: Path) -> None:
    found = json.loads(run.json("Dockerfile").out)["findings"]
    safe = [each["fix"] for each in found if each["fix"] and each["fix"]["applicability"] == "safe"]
    assert apply(OLD.encode(), (Edit(**edit) for fix in safe for edit in fix["edits"])) == MENDED.encode()


def test_sarif_has_replacements(run: Program, dockerfile: Path) -> None:
    log = json.loads(run("--format", "sarif", *NO_SHELLCHECK, "Dockerfile").out)
    results = {each["ruleId"]: each for each in log["runs"][0]["results"]}
    (change,) = results["WD143"]["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "Dockerfile"}
    region = {"startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 7}
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": "="}}]
    assert "(unsafe)" in results["WD136"]["fixes"][0]["description"]["text"]


def test_a_mend_that_does_harm_is_named(run: Program, dockerfile: Path) -> None:
    text = "FROM debian:13-slim\nMAINTAINER a\nLABEL org.opencontainers.image.authors=b\nUSER 65532\n"
    dockerfile.write_text(text)
    done = run("--fix", *NO_SHELLCHECK, "Dockerfile")
    assert dockerfile.read_text() == text
    assert done.err == "validate-dockerfile: Dockerfile:2: the mend of WD137 is left out: it would bring WD833\n"


# --- Files ----------------------------------------------------------------------------------------------------------


def test_mode_and_links_stay(run: Program, tmp_path: Path) -> None:
    target = tmp_path / "real" / "file"
    target.parent.mkdir()
    target.write_text(OLD)
    target.chmod(0o640)
    link = tmp_path / "Dockerfile"
    link.symlink_to("real/file")
    hard = tmp_path / "hard"
    run("--fix", *NO_SHELLCHECK, "Dockerfile")
    assert link.is_symlink()
    assert target.read_text() == MENDED
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in target.parent.iterdir()) == ["file"]
    target.write_text(OLD)
    hard.hardlink_to(target)
    run("--fix", *NO_SHELLCHECK, "hard")
    assert target.read_text() == hard.read_text() == MENDED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_owner_stays(run: Program, dockerfile: Path) -> None:
    os.chown(dockerfile, 12345, 54321)
    run("--fix", *NO_SHELLCHECK, "Dockerfile")
    status = dockerfile.stat()
    assert (status.st_uid, status.st_gid, dockerfile.read_text()) == (12345, 54321, MENDED)


def test_what_has_changed_meanwhile_is_not_overwritten(dockerfile: Path) -> None:
    with pytest.raises(Failure, match="has changed meanwhile"):
        mending.replace_file(str(dockerfile), b"something else", b"new")
    assert dockerfile.read_text() == OLD


def test_a_write_that_fails_leaves_the_file_and_nothing_else(dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Failure, match="No space left"):
        mending.replace_file(str(dockerfile), OLD.encode(), b"new")
    assert dockerfile.read_text() == OLD
    assert [path.name for path in dockerfile.parent.iterdir()] == ["Dockerfile"]


def test_a_file_that_may_not_be_written_is_said_and_hides_nothing(run: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.Dockerfile", "b.Dockerfile"):
        (tmp_path / name).write_text(OLD)
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("a.Dockerfile") and real(path, mode))
    done = run("--fix", *NO_SHELLCHECK, ".")
    assert done.status == 2
    assert "cannot mend a.Dockerfile: it is not writable" in done.err
    assert [(tmp_path / name).read_text() for name in ("a.Dockerfile", "b.Dockerfile")] == [OLD, MENDED]


def test_without_fixes_their_code_is_not_imported() -> None:
    loaded = "print([name for name in sys.modules if 'mend' in name or 'fixes' in name])"
    program = f"import sys; from dockerlint.cli import main; main(['-', '--no-config']); {loaded}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run([sys.executable, "-c", program], input=OLD, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.endswith("[]\n")
