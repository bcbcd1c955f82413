"""The registry that the application takes a package from, reached by the build under the name that its .npmrc has."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

REGISTRY = Path(__file__).resolve().parent.parent / "npm_registry.py"
HOST = "npm.example.com"
IMAGE = "python:3.14-slim-trixie"
_PATIENCE = 60.0


def files(context: Path) -> None:
    """The test's registry has no certificate."""
    settings = context / ".npmrc"
    settings.write_text(settings.read_text(encoding="utf-8").replace(f"https://{HOST}", f"http://{HOST}"), encoding="utf-8")


@contextmanager
def services(context: Path) -> Iterator[Mapping[str, Any]]:
    """Within, the registry is up, and the environment has the token that it wants."""
    token = secrets.token_urlsafe(24)
    with running(token) as (address, _), pytest.MonkeyPatch.context() as patch:
        patch.setenv("NPM_TOKEN", token)
        yield {"add_host": (f"{HOST}:{address}",)}


@contextmanager
def running(token: str) -> Iterator[tuple[str, str]]:
    """Within, the registry is up: its address on the network where builds are, and its container."""
    command = ["docker", "run", "--detach", "--rm", "--env", "TOKEN", IMAGE, "python", "-u", "-c", REGISTRY.read_text(encoding="utf-8")]
    container = _said(*command, TOKEN=token)
    try:
        deadline = time.monotonic() + _PATIENCE
        while "ready" not in _said("docker", "logs", container):
            assert time.monotonic() < deadline, "the registry does not start"
            time.sleep(0.1)
        yield _said("docker", "inspect", "--format", "{{.NetworkSettings.Networks.bridge.IPAddress}}", container), container
    finally:
        subprocess.run(["docker", "rm", "--force", container], capture_output=True)


def _said(*command: str, **variables: str) -> str:
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
