"""The program as people start it, through its launcher: what it prints, where, and its exit status."""

# ruff: noqa: E501 - tables of cases read best in long lines
from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import imagesize
from imagesize import report
from tests.imagesize.archives import Member, file, folder, legacy, oci, whiteout, write

SCRIPT = Path(imagesize.__file__).parent.parent / "analyze_image_size.sh"
SAME = b"ab" * 40_000
BEFORE = [
    [folder("app"), file("app/data", SAME), file("app/odd\x1b[31m|`*\n.txt", 9000)],
    [file("app/data", SAME, uid=1)],
    [whiteout("app/data")],
]
AFTER = [BEFORE[0], [file("app/new", 10_000), file("app/new2", 10_000)]]


def run(*arguments: str, standard_input: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **variables}
    return subprocess.run([str(SCRIPT), *arguments], input=standard_input, capture_output=True, env=environment, timeout=120)


def answer(*arguments: str, **more: Any) -> dict[str, Any]:
    done = run(*arguments, "--format", "json", **more)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    place = tmp_path_factory.mktemp("images")
    return str(write(place / "before.tar", legacy(BEFORE))), str(write(place / "after", oci(AFTER)))


def test_json_has_the_promised_keys(images: tuple[str, str]) -> None:
    document = answer(*images, "--top", "0")
    image = document["images"][0]
    assert image["name"] == images[0] and image["platform"] == "linux/amd64" and image["tags"] == ["app:1"] and image["deep"] is True
    assert image["file_bytes"] == 2 * len(SAME) + 9000 == image["visible_bytes"] + image["wasted_bytes"]
    assert image["visible_bytes"] == image["packages_bytes"] + image["other_bytes"] == 9000
    assert image["waste"] == [
        {"path": "app/data", "bytes": 80_000, "how": "metadata", "added_by": 0, "wasted_by": 1},
        {"path": "app/data", "bytes": 80_000, "how": "deleted", "added_by": 1, "wasted_by": 2},
    ]
    assert [layer["wasted_bytes"] for layer in image["layers"]] == [80_000, 80_000, 0]
    assert image["own_wasted_bytes"] == sum(layer["wasted_bytes"] for layer in image["layers"][image["base"]["layers"] :])
    assert image["uncompressed_bytes"] == sum(layer["uncompressed_bytes"] for layer in image["layers"])
    assert image["compressed_bytes"] == sum(layer["compressed_bytes"] for layer in image["layers"])
    assert set(image) == {
        "name", "tags", "platform", "deep", "uncompressed_bytes", "compressed_bytes", "compressed_estimated", "file_bytes", "visible_bytes",
        "wasted_bytes", "own_wasted_bytes", "duplicate_bytes", "packages_bytes", "other_bytes", "base", "own_bytes", "layers", "waste", "duplicates", "packages", "files",
        "folders", "advice", "left_out", "notes",
    }  # fmt: skip
    assert set(image["layers"][0]) == {
        "index", "digest", "diff_id", "instruction", "line", "uncompressed_bytes", "compressed_bytes", "file_bytes", "wasted_bytes", "entries",
    }  # fmt: skip
    assert set(image["advice"][0]) == {"bytes", "kind", "layer", "instruction", "line", "because", "mend", "paths"}
    second = document["images"][1]
    assert second["duplicate_bytes"] == 0 and second["folders"] == [{"path": "app/", "bytes": 109_000}]
    comparison = document["comparison"]
    assert [total["delta_uncompressed_bytes"] for total in comparison["totals"]] == [
        0,
        second["uncompressed_bytes"] - image["uncompressed_bytes"],
    ]
    first_layer = second["layers"][0]
    assert [total["shared_bytes"] for total in comparison["totals"]] == [first_layer["uncompressed_bytes"]] * 2
    assert comparison["totals"][1]["missing_compressed_bytes"] == second["layers"][1]["compressed_bytes"]
    assert comparison["totals"][1]["pull_seconds"] == round(second["compressed_bytes"] * 8 / 1e8, 2)
    assert comparison["files"][0] == {"name": "app/data", "bytes": [0, 80_000], "delta": 80_000}
    assert comparison["folders"] == [{"name": "app/", "bytes": [9000, 109_000], "delta": 100_000}]


def test_every_key_is_documented(images: tuple[str, str]) -> None:
    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(keys, value.values()))
        return set().union(*map(keys, value)) if isinstance(value, list) else set()

    reference = (Path(__file__).parents[2] / "reference" / "image-size.md").read_text(encoding="utf-8").partition("## JSON")[2]
    for text in (str(report.__doc__), reference):
        assert {key for key in keys(answer(*images)) if f"`{key}`" not in text.replace("[]`", "`")} == set()


def test_top_bounds_the_lists(images: tuple[str, str]) -> None:
    image = answer(images[0], "--top", "1")["images"][0]
    assert [len(image[name]) for name in ("waste", "files", "folders", "advice")] == [1, 1, 1, 1]
    assert image["left_out"] == {"waste": 1, "duplicates": 0, "packages": 0, "files": 0, "folders": 0, "advice": 1}
    assert len(image["layers"]) == 3


@pytest.mark.parametrize("form", ["table", "json", "markdown", "html"])
def test_the_same_twice_and_nothing_steers_the_terminal(images: tuple[str, str], form: str) -> None:
    one, two = run(*images, "--format", form), run(*images, "--format", form)
    assert one.stdout == two.stdout and one.returncode == 0 and one.stderr == b""
    assert b"\x1b" not in one.stdout
    assert (b"80.0 kB" if form != "json" else b"80000") in one.stdout


def test_the_table(images: tuple[str, str]) -> None:
    text = run(images[0]).stdout.decode()
    for words in (
        "on disk, uncompressed",
        "to pull, compressed",
        "wasted",
        "What to change",
        "metadata  0 -> 1    /app/data",
        r"\x1b[31m|`*\n.txt",
    ):
        assert words in text
    assert all(len(line) <= 140 for line in text.split("\n"))


def test_markdown_escapes(images: tuple[str, str]) -> None:
    text = run(images[0], "--format", "markdown").stdout.decode()
    assert r"\\x1b\[31m\|`\*\\n.txt" in text and "| on disk, uncompressed |" in text


def test_standard_input(images: tuple[str, str]) -> None:
    image = answer("-", standard_input=Path(images[0]).read_bytes())["images"][0]
    assert (image["name"], image["wasted_bytes"]) == ("-", 160_000)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--max-size", "1MB"], 0, ""),
        (["--max-size", "100kB"], 1, "bytes on disk are more than 100,000"),
        (["--max-waste", "160000"], 0, ""),
        (["--max-waste", "159999"], 1, "160,000 wasted bytes are more than 159,999"),
        (["--max-waste", "95%"], 0, ""),
        (["--max-waste", "94%"], 1, "94.7% of its bytes are wasted, more than 94.0%"),
        (["--max-growth", "0", "--baseline", "SELF"], 0, ""),
        (["--max-growth", "0", "--baseline", "SMALLER"], 1, "grew by"),
        (["--max-growth", "10%", "--baseline", "SMALLER"], 1, "more than 10.0%"),
        (["--max-growth", "1GiB", "--baseline", "SMALLER"], 0, ""),
        (["--max-growth", "0"], 2, "needs a --baseline, or a second image"),
        (["--baseline", "/nowhere"], 2, "cannot read /nowhere"),
        (["--baseline", "BROKEN"], 2, "is no report"),
        (["--dockerfile", "/nowhere"], 2, "cannot read /nowhere"),
        (["--platform", "a/b/c/d"], 2, "--platform wants"),
        (["--platform", "linux/s390x"], 2, "no image for linux/s390x"),
        (["--max-size", "12 parsecs"], 2, "is not a size"),
        (["--max-waste", "nan%"], 2, "is not a size such as 10MB or a share"),
        (["--bandwidth", "0"], 2, "is not a bandwidth"),
        (["--top", "-1"], 2, "is not a number"),
        (["--format", "pdf"], 2, "invalid choice"),
        (["--max-read", "1kB"], 0, ""),
        (["--max-entries", "2"], 2, "more than 2 entries"),
    ],
)  # fmt: skip
def test_thresholds_and_errors(images: tuple[str, str], tmp_path: Path, arguments: list[str], status: int, words: str) -> None:
    reported = answer(images[0])
    (tmp_path / "SELF").write_text(json.dumps(reported))
    reported["images"][0]["uncompressed_bytes"] = 1000
    (tmp_path / "SMALLER").write_text(json.dumps(reported))
    (tmp_path / "BROKEN").write_text('{"images": [{}]}')
    named = [str(tmp_path / each) if each in ("SELF", "SMALLER", "BROKEN") else each for each in arguments]
    done = run(images[0], *named)
    assert done.returncode == status, done.stderr
    assert words in done.stderr.decode() and b"Traceback" not in done.stderr
    assert bool(done.stdout) == (status < 2)


def test_growth_is_against_the_first_image_without_a_baseline(images: tuple[str, str]) -> None:
    assert run(images[1], images[0], "--max-growth", "0").returncode == 1
    assert run(images[0], images[1], "--max-growth", "0").returncode == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda data: data[:700], "a.tar: "), (lambda data: b"", "is empty"), (lambda data: b"no tar" * 200, "not a tar archive")],
)
def test_bad_input(tmp_path: Path, change: Any, words: str) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(change(write(path, legacy(BEFORE)).read_bytes()))
    done = run(str(path))
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode() and done.stderr.count(b"\n") == 1


def test_no_engine() -> None:
    done = run("app:1", DOCKER_HOST="unix:///nowhere.sock")
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1 and b"no engine answers" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_needs_no_packages(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, PYTHONPATH="", HOME=str(tmp_path), WRITING_DOCKERFILES_NO_SETUP="1")
    assert done.returncode == 0 and b"IMAGE" in done.stdout


def test_a_link_to_the_script_works_from_anywhere(images: tuple[str, str], tmp_path: Path) -> None:
    os.symlink(SCRIPT, tmp_path / "one")
    os.symlink("one", tmp_path / "size it")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run([tmp_path / "size it", images[0]], capture_output=True, cwd="/", env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stderr


def test_a_reader_that_has_enough(images: tuple[str, str]) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        f'"{SCRIPT}" "{images[0]}" --format html | head -c 10', shell=True, capture_output=True, env={**os.environ, "PATH": path}
    )
    assert done.stderr == b""


def test_nowhere_to_write(images: tuple[str, str]) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(f'"{SCRIPT}" "{images[0]}" >&-', shell=True, capture_output=True, env={**os.environ, "PATH": path})
    assert done.returncode == 2 and b"standard output is closed" in done.stderr and done.stderr.count(b"\n") == 1


def test_the_progress_bar_is_for_terminals(tmp_path: Path) -> None:
    """A read that lasts, with standard error on a terminal: a bar that is wiped out; with a pipe nothing."""
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    leader, follower = pty.openpty()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    started = subprocess.Popen([str(SCRIPT), str(fifo)], stdout=subprocess.DEVNULL, stderr=follower, env={**os.environ, "PATH": path})
    os.close(follower)
    data = write(tmp_path / "a.tar", legacy([[Member("zeros", bytes(3_000_000))]])).read_bytes()
    with open(fifo, "wb", buffering=0) as writer:
        writer.write(data[:1_000_000])
        select.select([], [], [], 1.5)
        writer.write(data[1_000_000:])
    shown = b""
    while select.select([leader], [], [], 20)[0]:
        try:
            shown += os.read(leader, 4096)
        except OSError:
            break
    os.close(leader)
    assert started.wait(20) == 0
    assert b"read" in shown and shown.endswith(b"\r\x1b[K")


def test_shellcheck(shellcheck_binary: str) -> None:
    done = subprocess.run([shellcheck_binary, str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert os.access(SCRIPT, os.X_OK)
