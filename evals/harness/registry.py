"""A private npm registry, up for the time of a proof: without one, what a case says of a token could only be read, not built."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOST = "npm.example.com"
"""Its name in the build."""
IMAGE = "python:3.14-slim-trixie"
_PROGRAM = Path(__file__).with_name("npm_registry.py")
_PATIENCE = 60.0
_NPMRC = """\
@acme:registry = http://{host}/
//{host}/:_authToken={token}
"""


def without_certificate(npmrc: Path) -> None:
    """Have an .npmrc ask the registry by HTTP, which is all that it speaks."""
    npmrc.write_text(npmrc.read_text(encoding="utf-8").replace(f"https://{HOST}", f"http://{HOST}"), encoding="utf-8")


class RegistryError(Exception):
    """It cannot be started; the message is one sentence."""


@contextmanager
def serving(secrets: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Within, the registry is up; yields options of the prover by which the build reaches it and has what it wants.

    `secrets` are the build's secrets, with the paths at which it finds them. Whether the token is one of them, or stands in an .npmrc that
    is mounted whole, is the Dockerfile's affair: the registry takes the value that the secret has.
    """
    from imageproof.workspace import canary_value

    tokens = {name: canary_value(f"secret:{name}") for name in secrets}
    files = {name for name, path in secrets.items() if "npmrc" in f"{name} {path}".lower()}
    with tempfile.TemporaryDirectory(prefix="registry-") as place, running(*tokens.values()) as (address, _):
        given = []
        for number, name in enumerate(sorted(files)):
            path = Path(place, str(number))
            path.write_text(_NPMRC.format(host=HOST, token=tokens[name]), encoding="utf-8")
            given.append(f"id={name},src={path}")
        yield {
            "add_host": (f"{HOST}:{address}",),
            "secret": tuple(given),
            "canary": tuple(f"value:{tokens[name]}" if name in files else f"secret:{name}" for name in secrets),
        }


@contextmanager
def running(*tokens: str) -> Iterator[tuple[str, str]]:
    """Within, the registry is up: its address on the network where builds are, and its container. Raises RegistryError."""
    command = ["docker", "run", "--detach", "--rm", "--env", "TOKEN", IMAGE, "python", "-u", "-c", _PROGRAM.read_text(encoding="utf-8")]
    container = _said(*command, TOKEN=" ".join(tokens))
    try:
        deadline = time.monotonic() + _PATIENCE
        while "ready" not in _said("docker", "logs", container):
            if time.monotonic() > deadline:
                raise RegistryError(f"the npm registry is not up after {_PATIENCE:g} s")
            time.sleep(0.1)
        yield _said("docker", "inspect", "--format", "{{.NetworkSettings.Networks.bridge.IPAddress}}", container), container
    finally:
        subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=False)


def _said(*command: str, **variables: str) -> str:
    try:
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False)
    except OSError as error:
        raise RegistryError(f"the npm registry needs the docker command line: {error.strerror}") from None
    if done.returncode:
        raise RegistryError(f"the npm registry cannot be started: {done.stderr.strip().rpartition(chr(10))[2]}")
    return done.stdout.strip()
