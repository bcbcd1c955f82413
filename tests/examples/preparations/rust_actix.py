"""A compiler for arm64 where the engine's `rust:1-alpine` is a stand-in that has none: rustup could not fetch that target's library."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

IMAGE, TARGET = "rust:1-alpine", "aarch64-unknown-linux-musl"
COMPLETED = "examples-rust:arm64"
"""Stays in the engine: its standard library takes a minute to compile."""


@contextmanager
def services(folder: Path) -> Iterator[Mapping[str, Any]]:
    """The image in the place of the stand-in, for all builds; nothing where the image can do it itself."""
    asked = subprocess.run(["docker", "run", "--rm", IMAGE, "rustup", "target", "add", TARGET], capture_output=True)
    if asked.returncode == 0:
        yield {}
        return
    dockerfile = Path(__file__).with_name("rust_arm64.Dockerfile")
    command = ["docker", "build", "--quiet", "--tag", COMPLETED, "--file", str(dockerfile), str(dockerfile.parent)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    yield {"build_context": (f"{IMAGE}=docker-image://{COMPLETED}",)}
