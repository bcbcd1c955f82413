"""What these tests need: a program to put into images, and an engine that is left as it was found."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .harness import Bench, inventory


def _static(program: Path) -> bool:
    data = program.read_bytes()
    return data[:4] == b"\x7fELF" and b"ld-linux" not in data[:4096] and b"ld-musl" not in data[:4096]


@pytest.fixture(scope="session")
def busybox(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static busybox: this machine's, else that of the image of the name."""
    found = shutil.which("busybox")
    if found and _static(Path(found)):
        return Path(found)
    target = tmp_path_factory.mktemp("busybox") / "busybox"
    recipe = "FROM busybox:stable-musl AS from\nFROM scratch\nCOPY --from=from /bin/busybox /busybox\n"
    command = ["docker", "buildx", "build", "--output", f"type=local,dest={target.parent}", "-"]
    if subprocess.run(command, input=recipe.encode(), capture_output=True).returncode or not target.exists():
        pytest.skip("needs a static busybox: on this machine (Debian: busybox-static), or to be pulled")
    return target


@pytest.fixture
def bench(tmp_path: Path, busybox: Path) -> Bench:
    return Bench(tmp_path / "context", busybox)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files of a test are its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def nothing_left(engine: str, temporary: None) -> Iterator[None]:
    """After the test there is nothing that it made."""
    yield
    assert inventory() == set()
