"""Parts that need no engine."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
from contextlib import suppress
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from imageproof import reach
from imageproof.buildlog import BuildLog
from imageproof.checks import health, stop
from imageproof.checks.read_only import _leaves
from imageproof.checks.secrets import _members, _spellings
from imageproof.errors import Skip
from imageproof.fetching import _FETCHING, _INSTALLING
from imageproof.outcome import Outcome, listed, plural
from imageproof.output import FORMATS, Report, render
from imageproof.processes import Process, queued, started
from imageproof.progress import Terminal
from imageproof.reach import Answer, ask, last_words, reach_of
from imageproof.spec import Spec
from imageproof.workspace import _pieces

NASTY = 'a <b> & "c" | `d` \\x1b[31m @all #1 $x é'
REPORT = Report(
    "app",
    "sha256:0",
    "linux/amd64",
    "28",
    [
        Outcome("passed", NASTY, "", (NASTY,), "starts"),
        Outcome("failed", NASTY, NASTY, (), "stop"),
        Outcome("skipped", NASTY, name="size"),
    ],
    [NASTY],
    1.0,
    0.5,
    0.1,
    [],
)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_takes_everything(form: str) -> None:
    text = render(REPORT, form)
    assert text.endswith("\n")
    assert "\x1b" not in text
    if form == "json":
        assert json.loads(text)["checks"][1]["seen"] == NASTY
    if form == "junit":
        assert ET.fromstring(text).get("failures") == "1"
    if form == "markdown":
        assert all(line.count(" | ") == 3 - 1 for line in text.splitlines() if line.startswith("| ✔"))


@pytest.mark.parametrize(
    ("statuses", "exit_status"),
    [(("passed",), 0), (("passed", "failed"), 1), (("skipped",), 3), (("skipped", "passed"), 0), ((), 3)],
)
def test_exit_status(statuses: tuple[str, ...], exit_status: int) -> None:
    assert REPORT._replace(outcomes=[Outcome(status, "") for status in statuses]).exit_status == exit_status


def _vertex(**fields: object) -> bytes:
    return json.dumps({"vertexes": [{"digest": "a", "name": "[build 2/3] RUN make", **fields}]}).encode()


def test_build_log() -> None:
    log = BuildLog()
    log.read(_vertex(started="1"))
    log.read(json.dumps({"logs": [{"vertex": "a", "data": base64.b64encode(b"no \x1b[31mrule\n").decode()}]}).encode())
    log.read(
        _vertex(
            started="1", completed="2", error='process "/bin/sh -c make" did not complete successfully: exit code: 2'
        )
    )
    log.read(b"ERROR: failed to build: failed to solve: process ...\n")
    (step,) = log.work
    assert step.instruction == "RUN make"
    assert step.ran
    assert log.failure == "`RUN make` failed (exit status 2); its last words: no \\x1b[31mrule"
    for noise in (b"{", b"{}", b'{"vertexes": null}', b"\xff\n", b"[]"):
        log.read(noise)


def test_what_a_person_sees_of_a_build() -> None:
    """The step and the last lines that it printed, what follows taking their place."""
    log, screen = BuildLog(), Screen()
    terminal = Terminal(screen)
    log.read(_vertex(started="1"))
    for number in range(5):
        log.read(json.dumps({"logs": [{"vertex": "a", "data": base64.b64encode(b"line %d\r\n" % number).decode()}]}).encode())
    assert log.tail == ["[build 2/3] RUN make", "line 2", "line 3", "line 4"]
    terminal.status(*log.tail)
    terminal.done(Outcome("passed", "well", name="build"))
    terminal.wipe()
    assert screen.getvalue().count("\x1b[A") == 3
    assert "line 4\r\x1b[A\x1b[A\x1b[A\x1b[J✔ build: well\n" in screen.getvalue()
    silent = StringIO()
    Terminal(silent).status("nothing")
    assert silent.getvalue() == ""


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def test_build_log_is_bounded() -> None:
    log = BuildLog()
    log.read(_vertex(started="1"))
    data = json.dumps({"logs": [{"vertex": "a", "data": base64.b64encode(b"x" * 1_000_000).decode()}]}).encode()
    for _ in range(30):
        log.read(data)
    assert len(log.work[0].output) < 3_000_000


@pytest.mark.parametrize(
    ("config", "ports", "path"),
    [
        ({}, (), ""),
        ({"ExposedPorts": {"8000/tcp": {}, "53/udp": {}, "443/tcp": {}}}, (443, 8000), ""),
        (
            {"Healthcheck": {"Test": ["CMD-SHELL", "curl -f http://localhost:3000/health || exit 1"]}},
            (3000,),
            "/health",
        ),
        (
            {"ExposedPorts": {"3000/tcp": {}}, "Healthcheck": {"Test": ["CMD", "wget", "http://127.0.0.1:3000/ready"]}},
            (3000,),
            "/ready",
        ),
        (
            {"ExposedPorts": {"3000/tcp": {}}, "Healthcheck": {"Test": ["CMD", "wget", "http://127.0.0.1:9999/ready"]}},
            (3000,),
            "",
        ),
        ({"Healthcheck": {"Test": ["NONE"]}}, (), ""),
        ({"ExposedPorts": {f"{port}/tcp": {} for port in range(1, 65536)}}, tuple(range(1, 17)), ""),
    ],
)
def test_reach(config: dict[str, object], ports: tuple[int, ...], path: str) -> None:
    reach = reach_of(Spec(), config)
    assert (reach.ports, reach.path) == (ports, path)


@pytest.mark.parametrize(("words", "status"), [(b"HTTP/1.1 200 OK\r\n\r\n", 200), (b"HTTP/1.1 200 OK\r\nX: ", 200), (b"", 0)])
def test_an_answer_without_an_end(words: bytes, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps nobody waiting."""
    monkeypatch.setattr("imageproof.reach._WHOLE", 0.5)
    heard_out = threading.Event()

    def trickle() -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(words)
            for _ in range(200):
                time.sleep(0.05)
                connection.sendall(b"x")
            heard_out.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=trickle, daemon=True).start()
        answer = ask("127.0.0.1", port, port, "/", whole=True)
    assert answer is not None
    assert answer.status == status
    assert not heard_out.is_set()


@pytest.mark.parametrize(
    ("words", "header", "answers"),
    [
        (b"PRI * HTTP/2.0", bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)), True),
        (b"PRI * HTTP/2.0", b"", False),
        (b"PRI * HTTP/2.0", b"no HTTP/2", False),
        (b"\1\x09\0\0", bytes((1, 10, 0, 0, 0, 0, 0, 0)), True),
        (b"\1\x09\0\0", bytes((1, 11, 0, 0, 0, 0, 0, 0)), False),
    ],
)
@pytest.mark.parametrize("proxied", [False, True])
def test_a_server_that_refuses_http_1(words: bytes, header: bytes, answers: bool, proxied: bool) -> None:
    """gRPC and FastCGI servers reset such a connection, as do MQTT's and many of TLS; so does an engine's proxy while nobody is there."""

    def serve() -> None:
        with suppress(OSError):  # the test is over
            while True:
                connection, _ = server.accept()
                with connection:
                    if connection.recv(1 << 10).startswith(words):
                        connection.sendall(header)
                    else:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=serve, daemon=True).start()
        answer = ask("127.0.0.1", port, 50051 if proxied else port, "/", whole=False)
    assert (answer is not None) == (answers or not proxied)
    assert not answer or answer.status == 0


def test_a_server_that_speaks_tls(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=app", "-keyout", "key", "-out", "cert"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")

    def serve() -> None:
        with suppress(ValueError, OSError):  # the test is over
            while True:
                with suppress(ssl.SSLError), context.wrap_socket(server.accept()[0], server_side=True) as connection:
                    connection.recv(1 << 10)
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=serve, daemon=True).start()
        answer = ask("127.0.0.1", port, port, "/", whole=True)
    assert answer == Answer(port, 200, "hello", secure=True)


def test_a_body_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events go on for ever: what came first counts."""
    monkeypatch.setattr(reach, "_PATIENCE", 0.3)

    def serve() -> None:
        with suppress(OSError):  # the test is over
            connection, _ = server.accept()
            connection.recv(1 << 10)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\ndata: hello\n\n\r\n")
            time.sleep(5)

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=serve, daemon=True).start()
        answer = ask("127.0.0.1", port, port, "/", whole=True)
    assert answer == Answer(port, 200, "data: hello\n\n")


@pytest.mark.skipif(not os.path.isdir("/proc/self/net"), reason="the queue of a port is told by /proc")
def test_connections_that_nobody_takes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert queued(os.getpid(), port) == 0
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            assert queued(os.getpid(), port) == 2
            server.accept()[0].close()
            assert queued(os.getpid(), port) == 1


@pytest.mark.skipif(not os.path.isdir("/proc/self/net"), reason="the queue of a port is told by /proc")
@pytest.mark.parametrize("takes", [True, False])
def test_a_server_that_says_nothing(takes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes connections waits for another protocol; one that takes none hangs."""
    monkeypatch.setattr(reach, "_PATIENCE", 0.2)
    kept: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):  # the test is over
            while takes:
                kept.append(server.accept()[0])

    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=serve, daemon=True).start()
        state: Any = SimpleNamespace(published={}, address="127.0.0.1", pid=os.getpid())
        answers = list(reach._answers(state, reach.Reach((port,)), time.monotonic() + 60))
        seen, _ = reach._silent(reach.Reach((port,)), state, "within 1 s")
    assert answers == ([Answer(port, 0, silent=True)] if takes else [])
    assert seen == f"listens on port {port} and takes no connection within 1 s"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("one\ntwo\nthree\nfour\n", "two ⏎ three ⏎ four"),
        ("Error: Cannot find module 'a'\nRequire stack:\n- /s.js\n  at x\n}\nNode.js", "Error: Cannot find module 'a' ⏎ … ⏎ } ⏎ Node.js"),
        ("", ""),
    ],
)
def test_last_words_say_why(log: str, words: str) -> None:
    assert last_words(log) == (f"; its last words: {words}" if words else "")


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("length", range(12, 16))
def test_a_value_is_known_in_base64(before: str, length: int) -> None:
    value = bytes(range(65, 65 + length))
    text = base64.b64encode(before.encode() + value + b"!!")
    assert any(spelling in text for spelling in _spellings(value))


def test_compressed_files_that_are_none() -> None:
    for content in (b"", b"\x1f\x8b", b"\x1f\x8b" + bytes(40), b"PK\x03\x04", b"PK\x03\x04" + bytes(100)):
        assert list(_members(content)) == []


def test_what_of_a_secret_file_is_secret() -> None:
    assert list(_pieces(b"//npm.example.com/:_authToken=npm_0123456789\nfund=false\n")) == [b"npm_0123456789"]
    assert list(_pieces(b"@acme:registry=https://npm.example.com/\n//npm.example.com/:_authToken=npm_0123456789")) == [b"npm_0123456789"]
    assert list(_pieces(b"registry=https://me:npm_0123456789@npm.example.com/\n")) == [b"https://me:npm_0123456789@npm.example.com/"]
    assert list(_pieces(b"token-of-one-line\n")) == [b"token-of-one-line"]
    assert list(_pieces(b"//npm.example.com/:_authToken=${NPM_TOKEN}\n")) == []
    assert list(_pieces(b"")) == []


@pytest.mark.parametrize(
    ("fetches", "line"),
    [
        (True, "Downloading idna-3.10.whl (70 kB)"),
        (True, "go: downloading golang.org/x/text v0.3.0"),
        (True, "   Compiling serde v1.0.1"),
        (True, "Get:1 http://deb.example.com trixie InRelease"),
        (False, "added 57 packages in 2s"),
        (False, "Collecting idna"),
        (False, "#12 0.531 Collecting click>=8.1.3 (from flask==3.1.3->-r requirements.txt (line 12))"),
        (False, "Collecting lib@ git+https://git.example.com/acme/lib.git"),
    ],
)
def test_lines_of_package_managers(fetches: bool, line: str) -> None:
    pattern, other = (_FETCHING, _INSTALLING) if fetches else (_INSTALLING, _FETCHING)
    assert pattern.search(f"before\n{line}\nafter") and not other.search(f"before\n{line}\nafter")
    assert not pattern.search(f"before and {line.lower().replace('downloading', 'down')}")


@pytest.mark.parametrize("line", ["Collecting page data using 1 worker ...", "Collecting build traces ...", "Compiling the pages"])
def test_a_bundler_collects_and_compiles_what_is_ones_own(line: str) -> None:
    assert not _FETCHING.search(f"#12 3.1 {line}") and not _INSTALLING.search(f"#12 3.1 {line}")


@pytest.mark.parametrize(
    ("init", "frozen", "left"),
    [
        ("tini -- sh -c app", {3}, ["app"]),  # which passes the signal on to the shell alone, and ends with it
        ("tini -g -- sh -c app", {2, 3}, ["sh -c app", "app"]),
        ("python boot.py", {2, 3}, ["sh -c app", "app"]),
    ],
)
def test_what_an_init_leaves_behind(init: str, frozen: set[int], left: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = set[int]()

    def processes() -> list[Process]:
        rows = [(1, 0, init), (2, 1, "sh -c app"), (3, 2, "app")]
        return [Process(pid, parent, 0, "T" if pid in stopped else "S", command) for pid, parent, command in rows]

    def freeze(main: bool, spared: frozenset[int]) -> bool:
        stopped.update({2, 3} - spared)
        return True

    container = SimpleNamespace(processes=processes, freeze=freeze, signal=lambda name: None, ended=lambda seconds: object())
    monkeypatch.setattr(stop, "_ready", lambda proof: container)
    proof: Any = SimpleNamespace()
    assert stop._orphans(proof, "SIGTERM") == left
    assert stopped == frozen


def test_a_health_probe_is_no_child_of_the_program() -> None:
    rows = [(40, 7), (41, 40), (39, 41), (50, 8), (51, 50)]  # 50 is what the engine runs beside it
    processes = [Process(pid, parent, 0, "S", f"program {pid}") for pid, parent in rows]
    assert [process.pid for process in started(processes)] == [41, 39]
    assert started([]) == []


@pytest.mark.parametrize(
    ("heard", "sleeps", "number", "deaf"),
    [
        (1 << 14, "do_wait", signal.SIGTERM, False),
        (1 << 14, "do_wait", signal.SIGQUIT, True),
        (0, "hrtimer_nanosleep", signal.SIGTERM, True),
        (0, "do_sigtimedwait", signal.SIGTERM, False),
        (0, "do_wait", signal.SIGKILL, False),
        (None, "", signal.SIGTERM, False),
    ],
)
def test_which_signals_a_first_process_hears(heard: int | None, sleeps: str, number: int, deaf: bool) -> None:
    assert Process(1, 0, 0, "S", "app", "", heard, sleeps).deaf(number) == deaf


def test_a_process_that_has_ended_is_stopped() -> None:
    """A health probe ends at any time. Nobody else is stopped who has its number by now."""
    with subprocess.Popen(["true"]) as probe:
        probe.wait()
    assert Process(probe.pid, 1, 0, "S", "true", "a container").stop()
    assert Process(os.getpid(), 1, 0, "S", "pytest", "a container").stop()


@pytest.mark.parametrize(("podman", "words"), [(False, "no HEALTHCHECK$"), (True, "no HEALTHCHECK that Podman tells of$")])
def test_an_engine_that_tells_of_no_health_check(podman: bool, words: str) -> None:
    """Podman 4.3 leaves it out of what it tells of an image, though it is there."""
    proof: Any = SimpleNamespace(config={}, engine=SimpleNamespace(podman=podman))
    with pytest.raises(Skip, match=words):
        health.judge(proof)


def test_of_paths_only_the_deepest_are_told() -> None:
    assert _leaves(["/var", "/var/lib", "/var/lib/app.db", "/tmp"]) == ["/tmp", "/var/lib/app.db"]
    assert _leaves([]) == []


def test_sentences() -> None:
    assert listed(["a", "b", "c", "d"]) == "a, b, c and 1 more"
    counts = [(1, "process"), (2, "process"), (2, "layer"), (2, "child")]
    assert [plural(*each) for each in counts] == ["1 process", "2 processes", "2 layers", "2 children"]
