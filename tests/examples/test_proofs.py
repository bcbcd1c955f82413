"""Every example is built, run, attacked, measured, changed and built again."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.facts import FACTS
from imageproof.checks import CHECKS
from imageproof.output import Report, render
from imagesize import Image, load
from imagesize.units import parse_size

from .bundled import ALL, Example, Prepared
from .test_files import left_behind

Given = Mapping[str, Any]
TOLERANCE, LEAST_TOLERANCE = 0.02, 100_000
"""How far a size may be from the figure in the header. Base images and their packages are renewed every few weeks, which moves them by a
few hundred kilobytes, a point release of Debian or of an interpreter by one or two megabytes; anything more is a change of ours."""
OWN_BYTES = 64 << 10
"""Most bytes that a pull fetches after a changed line: these applications are a few files. A compiled program is one, fetched whole."""
ACCOUNTS = re.compile(r"etc/(?:passwd|group|shadow|gshadow|subuid|subgid)-?")
"""What adding a user writes anew."""
ELF_MACHINES = {62: "amd64", 183: "arm64"}


def outcomes(report: Report) -> dict[str, Any]:
    return {outcome.name: outcome for outcome in report.outcomes}


def only(wanted: Callable[[Example], bool]) -> pytest.MarkDecorator:
    """The test is about some of the examples."""
    return pytest.mark.parametrize("prepared", [example for example in ALL if wanted(example)], indirect=True, ids=str, scope="module")


@pytest.fixture(scope="module")
def image(report: Report) -> Image:
    assert report.kept, render(report, "table")
    return load(report.kept[0])


def test_every_check_holds(report: Report, prepared: Prepared) -> None:
    found = outcomes(report)
    wanted = {check.name for check in CHECKS if check.default}
    if not FACTS["healthcheck"].of(prepared.model):
        wanted.remove("health")
    assert {name for name, outcome in found.items() if outcome.status == "passed"} >= wanted, render(report, "table")
    assert report.exit_status == 0, render(report, "table")
    assert "says nothing" in found["build"].seen


def test_it_works_as_any_user(report: Report) -> None:
    notes = outcomes(report)["user"].notes
    assert any(re.fullmatch(r"as a random user \(\d+:0\) it (?:answers|logs|stays up)[^;]*", note) for note in notes), notes


def test_a_changed_line_shows_and_costs_little(report: Report, prepared: Prepared) -> None:
    rebuild = outcomes(report)["rebuild"]
    assert "the new image says" in rebuild.seen, rebuild
    fetched = next(match[1] for note in rebuild.notes if (match := re.match(r"a pull would fetch ~?([\d.]+ \w+) in", note)))
    assert prepared.example.cross_compiles or parse_size(fetched.replace(" ", "")) <= OWN_BYTES, rebuild


def test_nothing_is_wasted(image: Image, prepared: Prepared) -> None:
    target = prepared.model.target
    assert target is not None
    base = base_layers(target.root.reference_text, image)
    wasted = [waste for waste in image.stacked.waste if waste.wasted_by >= base]
    assert [waste for waste in wasted if waste.added_by >= base and waste.bytes] == []
    assert [waste for waste in wasted if waste.bytes and not ACCOUNTS.fullmatch(waste.path)] == [], "nothing of the base is written anew"


def base_layers(reference: str, image: Image) -> int:
    """How many of its first layers are its base's."""
    if reference == "scratch":
        return 0
    told = subprocess.run(["docker", "image", "inspect", "--format", "{{range .RootFS.Layers}}{{println .}}{{end}}", reference], **TEXT)
    layers = told.stdout.split()
    assert layers and [layer.diff_id for layer in image.layers[: len(layers)]] == layers, told.stderr
    return len(layers)


TEXT: dict[str, Any] = {"capture_output": True, "text": True}


def test_the_size_is_as_the_header_says(image: Image, prepared: Prepared) -> None:
    figure = prepared.example.figure
    assert figure
    assert abs(image.uncompressed_bytes - figure.bytes) <= max(figure.bytes * TOLERANCE, LEAST_TOLERANCE), f"{image.uncompressed_bytes:,}"


@only(lambda example: example.bundled)
def test_its_own_tests_run_in_the_build(prepared: Prepared, options: Given, tmp_path: Path) -> None:
    """They pass, and fail where the program says something else."""
    words = ("--target", "test", "--output", "type=cacheonly")
    done = prepared.build(options, *words)
    assert done.returncode == 0, done.stderr
    spec = prepared.spec(options)
    broken = tmp_path / "broken"
    shutil.copytree(prepared.context, broken)
    file, says = broken / spec.touch, spec.expect or spec.expect_log
    text = file.read_text(encoding="utf-8")
    assert says in text
    file.write_text(text.replace(says, "broken"), encoding="utf-8")
    assert prepared.build(options, *words, context=broken).returncode != 0, "its tests do not look at what it says"


@only(lambda example: example.cross_compiles)
def test_it_is_compiled_for_another_processor(prepared: Prepared, options: Given) -> None:
    """All that the final stage takes from the stages that compile, on an empty base: so nothing is emulated, and no base of that
    platform is needed."""
    before, _, final = prepared.example.text.rpartition("\nFROM ")
    text = f"{before}\nFROM scratch\n{final.partition(chr(10))[2]}"
    for machine, platform in ELF_MACHINES.items():
        done = _tar(prepared, options, "--platform", f"linux/{platform}", text=text)
        found = {path: int.from_bytes(data[18:20], "little") for path, data in done.items() if data[:4] == b"\x7fELF"}
        assert found and set(found.values()) == {machine}, found


def test_the_engine_sees_nothing_that_was_left_behind(prepared: Prepared, options: Given, tmp_path: Path) -> None:
    context = tmp_path / "context"
    shutil.copytree(prepared.context, context)
    canaries = left_behind(context)
    for path in canaries:
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        (context / path).write_text("canary\n", encoding="utf-8")
    seen = _tar(prepared, options, text="FROM scratch\nCOPY . /\n", context=context)
    assert not set(canaries) & set(seen)
    assert prepared.spec().touch in seen


SIGNALLING = """
import os, signal, socket, time
with socket.create_server(("127.0.0.1", 8080)) as site:
    asked, _ = site.accept()
    os.kill(1, signal.SIGTERM)
    time.sleep(0.5)
    asked.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
"""
"""A site that has the worker stopped while it waits for the answer."""


@only(lambda example: example.name == "python-uv-worker")
def test_the_worker_finishes_what_it_has_begun(report: Report) -> None:
    site = "http://127.0.0.1:8080/"
    command = ["docker", "run", "--detach", "--read-only", "--env", f"TARGETS={site}", "--env", "PAUSE=0.1", report.kept[0]]
    container = subprocess.run(command, **TEXT, check=True).stdout.strip()
    try:
        subprocess.run(["docker", "exec", container, "python", "-c", SIGNALLING], **TEXT)
        status = subprocess.run(["docker", "wait", container], **TEXT, check=True).stdout.strip()
        log = list(map(json.loads, subprocess.run(["docker", "logs", container], **TEXT, check=True).stdout.splitlines()))
    finally:
        subprocess.run(["docker", "rm", "--force", container], check=True, capture_output=True)
    assert status == "0"
    assert log[-3:] == [
        {"event": "up", "target": site, "status": 200},
        {"event": "round finished", "up": 1, "targets": 1},
        {"event": "drained"},
    ]


def _tar(prepared: Prepared, options: Given, *words: str, **changes: Any) -> dict[str, bytes]:
    """The files of what a build makes."""
    archive = prepared.context.parent / "built.tar"
    done = prepared.build(options, *words, "--output", f"type=tar,dest={archive}", **changes)
    assert done.returncode == 0, done.stderr
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as opened:
        return {member.name: file.read() for member in opened if (file := opened.extractfile(member)) is not None}
