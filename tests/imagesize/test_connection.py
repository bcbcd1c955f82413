"""Which engine is asked: what the environment and Docker's configuration say, against engines that tell their name and have no image."""

from __future__ import annotations

import json
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from shutil import which
from time import sleep
from types import SimpleNamespace

import pytest

from imagesize import ImageError, engine, load
from tests.imagesize.archives import Member, file, legacy, write

VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


class Engine(socketserver.ThreadingUnixStreamServer):
    """Answers at a socket, or at a port of this machine, and refuses everything with its name."""

    def __init__(self, name: str, path: Path | None) -> None:
        self.name, self.asked = name, list[str]()
        if path is None:
            self.address_family, place = socketserver.TCPServer.address_family, ("127.0.0.1", 0)
        super().__init__(place if path is None else str(path), Answer)


class Answer(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        known = self.path.endswith("/version")
        body = json.dumps({"ApiVersion": "1.51", "MinAPIVersion": "1.24"} if known else {"message": f"asked {self.server.name}"}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return ""

    def log_message(self, *words: object) -> None:
        """Nothing."""


@contextmanager
def engine_at(name: str, path: Path | None = None) -> Iterator[Engine]:
    with Engine(name, path) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the configuration of nobody, and where sockets are looked for."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr("imagesize.engine._SOCKETS", (f"{tmp_path}/docker.sock", f"{tmp_path}/podman.sock"))
    return tmp_path


def context(place: Path, name: str, host: str) -> None:
    """What `docker context create` writes: no config.json is needed for it."""
    folder = place / "contexts/meta" / sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    endpoint = {"docker": {"Host": host, "SkipTLSVerify": False}}
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoint}))


def asked() -> str:
    """What the engine that is asked says."""
    with pytest.raises(ImageError) as raised:
        load("app:1")
    return str(raised.value)


def test_the_sockets_in_their_order(place: Path) -> None:
    assert f"no engine answers at unix://{place}/docker.sock (No such file or directory)" in asked()
    with engine_at("podman", place / "podman.sock"):
        assert "asked podman" in asked()
        with engine_at("docker", place / "docker.sock"):
            assert "asked docker" in asked()
        assert (place / "docker.sock").exists() and "asked podman" in asked(), "nobody listens behind a socket that was left"
    (place / "podman.sock").unlink()
    assert "Connection refused" in asked()


@pytest.mark.parametrize("by", ["variable", "use"])
def test_contexts(place: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    context(place, "mine", f"unix://{place}/mine")
    if by == "use":
        (place / "config.json").write_text('{"currentContext": "mine"}')
    else:
        monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    with engine_at("mine", place / "mine"), engine_at("docker", place / "docker.sock"):
        assert "asked mine" in asked()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{place}/docker.sock")
        assert "asked docker" in asked()
        monkeypatch.delenv("DOCKER_HOST")
        monkeypatch.setenv("DOCKER_CONTEXT", "default")
        assert "asked docker" in asked()
        monkeypatch.setenv("DOCKER_CONTEXT", "nobody's")
        assert asked() == f'there is no Docker context "nobody\'s" in {place}'


def test_tcp(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine_at("far") as server:
        host = f"tcp://127.0.0.1:{server.server_address[1]}"
        context(place, "far", host)
        monkeypatch.setenv("DOCKER_HOST", host)
        assert "asked far" in asked()
        monkeypatch.delenv("DOCKER_HOST")
        monkeypatch.setenv("DOCKER_CONTEXT", "far")
        assert "asked far" in asked()
    assert f"no engine answers at {host} (Connection refused)" in asked()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"DOCKER_HOST": "nonsense"}, "no engine answers at nonsense"),
        ({"DOCKER_HOST": "tcp://127.0.0.1:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/nowhere"}, "DOCKER_CERT_PATH has no ca.pem"),
        ({"config.json": "[]"}, "config.json is no configuration of Docker"),
        ({"config.json": "{"}, "no engine answers"),
        ({"config.json": '{"currentContext": 7}'}, "there is no Docker context '7'"),
    ],
)
def test_what_leads_nowhere(place: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str) -> None:
    for name, value in variables.items():
        if name == "config.json":
            (place / name).write_text(value)
        else:
            monkeypatch.setenv(name, value)
    assert words in asked()


def test_a_platform_is_asked_for(place: Path) -> None:
    with engine_at("docker", place / "docker.sock") as server, pytest.raises(ImageError):
        load("app:1", platform="arm64/v8", deep=False)
    assert server.asked[-1].startswith("/v1.51/images/app:1/json?platform=") and "arm64" in server.asked[-1]


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """Podman with a store of its own, behind a socket that DOCKER_HOST names."""
    if not which("podman"):
        pytest.skip("needs podman")
    place = tmp_path_factory.mktemp("podman")
    socket = place / "podman.sock"
    command = (
        "podman",
        f"--root={place}/root",
        f"--runroot={place}/run",
        "--storage-driver=vfs",
        "--cgroup-manager=cgroupfs",
        "--events-backend=file",
    )
    service = subprocess.Popen(
        [*command, "system", "service", "--time=0", f"unix://{socket}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            if socket.exists() or service.poll() is not None:
                break
            sleep(0.1)
        if not socket.exists():
            pytest.skip("needs a podman that starts")
        yield (*command, str(socket))
    finally:
        service.terminate()
        service.wait(20)


def test_podman(podman: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    *command, socket = podman
    layers = [[file("data", 40_000)], [file("data", 40_000, uid=7), Member("more", b"m" * 900)]]
    when = "2026-11-25T00:00:00Z"
    history = [{"created": when, "created_by": f"RUN step {number}"} for number in range(2)]
    archive = write(tmp_path / "a.tar", legacy(layers, "localhost/app:1", created=when, history=history))
    loaded = subprocess.run([*command, "load", "-q", "-i", str(archive)], capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    for name in ("app:1", "localhost/app:1"):
        quick, deep = load(name, deep=False), load(name)
        assert [layer.file_bytes for layer in deep.layers] == [40_000, 40_900]
        assert [(each.path, each.how, each.bytes) for each in deep.stacked.waste] == [("data", "metadata", 40_000)]
        assert [layer.diff_id for layer in quick.layers] == [layer.diff_id for layer in deep.layers]
    with pytest.raises(ImageError, match="no image for linux/arm64, only for linux/amd64"):
        load("app:1", platform="arm64")
    with pytest.raises(ImageError, match="no such image"):
        load("app:2")


def test_the_socket_of_podman_is_found(podman: tuple[str, ...], place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagesize.engine._SOCKETS", (f"{place}/docker.sock", podman[-1]))
    with pytest.raises(ImageError, match="no such image"):
        load("app:2")


@pytest.mark.parametrize(
    ("digests", "expected"),
    [
        ({}, (("one:1",), 2)),
        ({"debian": ["debian@sha256:0"]}, (("debian:13",), 1)),
        ({"one": ["one@sha256:0"], "debian": ["debian@sha256:0"]}, (("one:1",), 2)),
        ({"other": ["other@sha256:0"]}, (("one:1",), 2)),
    ],
)
def test_what_was_pulled_goes_before_what_was_built(
    monkeypatch: pytest.MonkeyPatch, digests: dict[str, list[str]], expected: tuple[tuple[str, ...], int]
) -> None:
    layers = {"debian": ["a"], "one": ["a", "b"], "app": ["a", "b", "c"], "other": ["x"]}
    tags = {"debian": "debian:13", "one": "one:1", "app": "app:1", "other": "other:1"}
    listed = [
        {"Id": name, "RepoTags": [tags[name]], "RepoDigests": digests.get(name, []), "Size": 10 * len(layers[name])} for name in layers
    ]
    monkeypatch.setattr(engine, "inspected", lambda client, name: {"RootFS": {"Layers": layers[name]}})
    client = SimpleNamespace(images=lambda: listed)
    told = {"Id": "image", "RepoTags": ["app:2"], "RootFS": {"Layers": ["a", "b", "c", "d"]}, "Size": 100}
    assert engine.base_of(client, told) == expected
