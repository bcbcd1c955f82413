"""The command: exit statuses, sentences, and that nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .harness import GOOD, STARTED, Bench, containers, inventory, until, workspaces

SCRIPT = Path(__file__).parents[2] / "scripts" / "verify_image.py"
BROKEN = 'FROM scratch\nRUN ["/nothing"]\n'
"""What is told of this is told before the build."""


def verify(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}
    ) as process:
        STARTED.add(process.pid)
        out, error = process.communicate(timeout=120)
    return subprocess.CompletedProcess(command, process.returncode, out, error)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("verify-image: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_help_names_every_check_and_option() -> None:
    done = verify("--help")
    assert done.returncode == 0
    for option in ("--file", "--image", "--needs", "--touch", "--canary", "--spec", "--keep", "--format"):
        assert option in done.stdout
    assert verify("--list-checks").stdout.count("\n") == 14


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--nonsense"], "--help shows the options"),
        (["--port", "99999"], "a port from 1 to 65535"),
        (["--volume", "/etc:/etc"], "no folder or volume of this machine is ever mounted"),
        (["--max-size", "big"], "a size such as 200MB"),
        (["--canary", "x"], "secret:ID"),
        (["--image", "a", "--target", "b"], "not both"),
        (["--check", "nonsense"], "there is no check 'nonsense'"),
        (["--check", ""], "one name or several"),
        (["--add-host", "db.example.com"], "NAME:IP is wanted"),
        (["--spec", "/nowhere.toml"], "cannot read the spec"),
        (["--add-host", "foo:bar"], "NAME:IP is wanted"),
        (["--secret", "token"], "id=ID,src=FILE or id=ID,env=NAME is wanted"),
        (["--tmpfs", "/tmp:size=zz"], "the options of a tmpfs are wanted"),
        (["--image", "a", "folder"], "or the folder folder, not both"),
        (["--needs", "db="], "IMAGE or NAME=IMAGE is wanted"),
        (["--needs", ",POSTGRES_PASSWORD=x"], "IMAGE or NAME=IMAGE is wanted"),
        (["--env", "NOBODY_SETS_THIS"], "a variable that is set here"),
        (["--args", "--version"], "--args='--port 80'"),
    ],
)
def test_wrong_options(arguments: list[str], words: str) -> None:
    assert words in refused(verify(*arguments))


def test_nowhere_to_write() -> None:
    done = subprocess.run(
        f'"{sys.executable}" "{SCRIPT}" --list-checks >&-', shell=True, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "standard output is closed" in done.stderr


def test_no_engine(tmp_path: Path) -> None:
    assert "no engine answers" in refused(verify(tmp_path, DOCKER_HOST="tcp://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("dockerfile", "arguments", "words"),
    [
        (GOOD, ["-f", "nothing"], "cannot read the Dockerfile"),
        (GOOD, ["--target", "nothing"], "has no stage nothing"),
        (BROKEN, ["--touch", "nothing"], "there is no such file in the context"),
        (GOOD, ["--secret", "id=a,src=nothing"], "there is no file nothing"),
        (GOOD, ["--secret", "id=A_NOTHING"], "the variable A_NOTHING, which is not set"),
        (GOOD, ["--secret", "id=a,env=A_NOTHING"], "the variable A_NOTHING, which is not set"),
        (GOOD, ["--ssh", "default"], "SSH_AUTH_SOCK names none"),
        (BROKEN, ["--needs", "no.example.com/nothing"], "has no such image"),
        ("ARG VERSION\nFROM no.example.com/python:${VERSION}\n", [], "has no value: give --build-arg VERSION"),
        ("FROM base\nRUN --mount=type=secret,id=token,required=true true\n", [], "needs the secret token"),
    ],
)
def test_what_only_the_person_can_give(dockerfile: str, arguments: list[str], words: str, bench: Bench) -> None:
    assert words in refused(verify(bench.write(dockerfile), *arguments, SSH_AUTH_SOCK=""))


def test_an_argument_without_a_value_that_does_no_harm(bench: Bench) -> None:
    done = verify(bench.write('ARG SUFFIX\nFROM scratch$SUFFIX\nRUN ["/nothing"]\n'), "--format", "json")
    assert done.returncode == 1, done.stderr
    build = json.loads(done.stdout)["checks"][0]
    assert build["seen"].startswith('`RUN ["/nothing"]` failed')
    Path(build["notes"][-1].partition(": ")[2]).unlink()


def test_no_such_folder(engine: str) -> None:
    assert "there is no folder nowhere" in refused(verify("nowhere"))
    assert "there is no folder of an empty name" in refused(verify(""))


def test_exit_statuses(bench: Bench, nothing_left: None) -> None:
    context = bench.write(GOOD)
    assert verify(context, "--check", "starts").returncode == 0
    assert verify(context, "--check", "size", "--max-size", "1kB").returncode == 1
    assert verify(context, "--check", "size").returncode == 3
    assert "no such image" in refused(verify("--image", "no.example.com/nothing")).lower()


def test_formats(bench: Bench) -> None:
    context = bench.write(GOOD)
    document = json.loads(verify(context, "--check", "starts,size", "--format", "json").stdout)
    assert document["exit_status"] == 0
    assert document["summary"] == {"passed": 1, "failed": 0, "skipped": 1}
    assert [check["name"] for check in document["checks"]] == ["starts", "size"]
    suite = ET.fromstring(verify(context, "--check", "starts,size", "--format", "junit", "--max-size", "1").stdout)
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "0")
    assert "| ✔ | starts |" in verify(context, "--check", "starts", "--format", "markdown").stdout
    assert "1 passed, 0 failed, 0 skipped" in verify(context, "--check", "starts").stdout


def test_keep(bench: Bench, nothing_left: None) -> None:
    done = verify(bench.write(GOOD), "--check", "starts", "--keep", "--format", "json")
    (name,) = json.loads(done.stdout)["kept"]
    assert inventory() == {name.partition(":")[0]}
    assert subprocess.run(["docker", "rmi", name], capture_output=True).returncode == 0


def test_an_image_that_exists_stays(bench: Bench, nothing_left: None) -> None:
    context = bench.write(GOOD)
    name = "imageproof-test-existing:1"
    subprocess.run(["docker", "buildx", "build", "-q", "-t", name, str(context)], check=True, capture_output=True)
    try:
        assert verify("--image", name, "--check", "starts,user").returncode == 0
        assert (
            verify(context, "--check", "starts").returncode == 0
        )  # builds the same image, and takes only its own name away
        assert subprocess.run(["docker", "image", "inspect", name], capture_output=True).returncode == 0
    finally:
        subprocess.run(["docker", "rmi", name], check=True, capture_output=True)


def test_an_image_without_a_name_stays(bench: Bench, nothing_left: None) -> None:
    context = bench.write(GOOD.replace("EXPOSE", "LABEL one=1\nEXPOSE"))
    command = ["docker", "buildx", "build", "-q", str(context)]
    identity = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    try:
        assert verify(context, "--check", "starts", "--skip", "secrets").returncode == 0
        told = subprocess.run(
            ["docker", "image", "inspect", "-f", "{{.RepoTags}}", identity], capture_output=True, text=True
        )
        assert told.stdout.strip() == "[]"
    finally:
        subprocess.run(["docker", "rmi", identity], check=True, capture_output=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["build", "a step", "checks"])
def test_interrupted(number: signal.Signals, moment: str, bench: Bench, temporary: None) -> None:
    context = bench.write(
        GOOD.replace("USER", "RUN busybox sleep 1; busybox head -c 8 /dev/urandom > /www/r\nUSER"),
        {"serve.sh": "busybox sleep 100\n"},
    )
    with subprocess.Popen(
        [sys.executable, SCRIPT, str(context)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        STARTED.add(process.pid)
        until(workspaces if moment != "checks" else containers)
        if moment == "a step":
            time.sleep(1)
        process.send_signal(number)
        out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert out == ""
    assert inventory() == set()


def test_a_failed_build_keeps_its_log(bench: Bench) -> None:
    done = verify(bench.write("FROM base\nRUN echo the cause >&2; exit 7\n"), "--format", "json")
    assert done.returncode == 1
    (build, *rest) = json.loads(done.stdout)["checks"]
    assert build["status"] == "failed"
    assert "the cause" in build["seen"] and "exit status 7" in build["seen"]
    path = Path(build["notes"][0].partition(": ")[2])
    assert "the cause" in path.read_text()
    path.unlink()
    assert {check["status"] for check in rest} == {"skipped"}


@pytest.mark.parametrize("more", ["", "# escape=`\n", "# check=skip=JSONArgsRecommended\n# escape=`\n"])
def test_front_end_that_cannot_be_had(more: str, bench: Bench) -> None:
    """Without its line the other directives count as before, and lines keep their numbers."""
    context = bench.write(GOOD.replace("EXPOSE 8080\n", "EXPOSE `\n 8080\nNOPE x\n") if "escape" in more else GOOD)
    text = (context / "Dockerfile").read_text()
    (context / "Dockerfile").write_text("# syntax=no.example.com/dockerfile:1\n" + more + text)
    done = verify(context, "--check", "build,starts", "--trusted")
    if "escape" in more:
        line = 1 + (context / "Dockerfile").read_text().split("\n").index("NOPE x")
        assert done.returncode == 1 and "unknown instruction: NOPE" in done.stdout, done.stdout + done.stderr
        assert f"line {line}" in done.stdout
        return
    assert done.returncode == 0, done.stdout + done.stderr
    assert "its own was used" in done.stdout


def test_ignore_file_beside_the_dockerfile(bench: Bench) -> None:
    context = bench.write(GOOD)
    (context / "app.Dockerfile").write_text((context / "Dockerfile").read_text().replace("index.html", "."))
    (context / "app.Dockerfile.dockerignore").write_text("*\n!index.html\n!serve.sh\n!busybox\n!passwd\n")
    done = verify(context, "-f", context / "app.Dockerfile", "--check", "secrets,contents")
    assert done.returncode == 0, done.stdout
