"""Engines that are not this machine's Docker on its usual socket."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from imageproof.confinement import IDLE, idle_image
from imageproof.engine import Engine, connected
from imageproof.errors import ProofError

from .harness import GOOD, Bench, by_name, failing

SOCKET = "/var/run/docker.sock"


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _serve(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(SOCKET)
            for pair in ((client, engine), (engine, client)):
                threading.Thread(target=_pass_on, args=pair, daemon=True).start()


@pytest.fixture
def by_tcp(engine: str) -> Iterator[int]:
    """The port on which the engine answers, too."""
    if not os.path.exists(SOCKET):
        pytest.skip(f"needs an engine at {SOCKET}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


def test_an_engine_by_tcp(bench: Bench, by_tcp: int, monkeypatch: pytest.MonkeyPatch, nothing_left: None) -> None:
    """It may be on another machine: its containers are reached by published ports, and it bounds the build's steps by itself."""
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{by_tcp}")
    report = bench.prove(GOOD.replace("USER", "RUN busybox true\nUSER"), check=("build", "starts", "user", "stop"))
    assert failing(report) == []
    assert "answers 200 on port 8080" in by_name(report)["starts"].seen
    with pytest.raises(ProofError, match="--offline hides a port"):
        bench.prove(check=("starts",), offline=True)


def test_offline(bench: Bench, nothing_left: None) -> None:
    """Neither a step nor the container sees a network beyond its own, and the proof sees the container all the same."""
    report = bench.prove(
        GOOD.replace("USER", "RUN busybox ip route | busybox grep -q . && exit 9; busybox true\nUSER"),
        {"serve.sh": "busybox ip route | busybox grep -q default && exit 9\nexec busybox httpd -f -p 8080 -h /www\n"},
        offline=True,
        check=("build", "starts"),
    )
    assert failing(report) == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"BuildahVersion": "1.28"}, "podman build"),
        ({"SecurityOptions": ["name=rootless"]}, "a rootless engine cannot bound"),
        ({"CgroupDriver": "none"}, "this engine cannot bound"),
        ({"Architecture": "s390x"}, "on s390x nothing bounds"),
    ],
)
def test_engines_that_cannot_bound_a_build(told: dict[str, object], words: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imageproof.engine.can_confine", lambda process: False)
    with connected(60) as found:
        found.info = {**found.info, **told}
        with pytest.raises(ProofError, match=words), found.bounded(0):
            pass
        found.close()


def test_where_an_engine_is() -> None:
    class Client:
        def __init__(self, url: str, ssh_host: str = "") -> None:
            self.base_url, self.ssh_host = url, ssh_host

        def get_adapter(self, url: str) -> Client:
            return self

    cases = {
        ("http+docker://localhost", ""): "",
        ("http://127.0.0.1:2375", ""): "",
        ("https://builder.example.com:2376", ""): "builder.example.com",
        ("http+docker://ssh", "me@builder.example.com:22"): "builder.example.com",
    }
    for (url, ssh_host), host in cases.items():
        found = object.__new__(Engine)
        found.client = Client(url, ssh_host)
        assert found.host == host


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_program_that_waits(machine: str) -> None:
    import io
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(idle_image(machine))) as archive:
        (entry,) = archive
        program = archive.extractfile(entry)
        assert program is not None
        assert (entry.name, entry.mode) == (IDLE.lstrip("/"), 0o555)
        assert program.read(4) == b"\x7fELF"
