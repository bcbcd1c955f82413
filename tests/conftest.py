"""What tests share: the outside programs that some of them need, each of which skips its tests with one sentence where it is missing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# In CI the same examples on every run: what is found anew is found, and kept as a case, by those who work on the code.
settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("ci")


signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so would all that the tests interrupt


@pytest.fixture(scope="session")
def judge() -> Callable[[Iterable[Path]], Iterator[dict[str, Any]]]:
    """BuildKit's own front end: files -> for each `file`, `refused` (None, or `reason` and `lines`) and `warnings`."""
    program = os.environ.get("DOCKERFILE_JUDGE") or shutil.which("dockerfile-judge")
    if not program:
        pytest.skip("needs BuildKit's front end as a judge: DOCKERFILE_JUDGE names it where .ci/run has built it")

    def ask(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
        names = "".join(f"{file}\n" for file in files)
        answer = subprocess.run([program], input=names, capture_output=True, text=True, check=True)
        return map(json.loads, answer.stdout.splitlines())

    return ask


@pytest.fixture(scope="session")
def engine() -> str:
    """The version of a Docker Engine that answers."""
    docker = shutil.which("docker")
    if docker:
        try:
            asked = subprocess.run([docker, "info", "--format", "{{.ServerVersion}}"], capture_output=True, text=True, timeout=20)
        except subprocess.TimeoutExpired:
            pass
        else:
            if asked.returncode == 0 and (version := asked.stdout.strip()):
                return version
    pytest.skip("needs a Docker Engine, and none answers")


@pytest.fixture(scope="session")
def shellcheck_binary() -> str:
    """The path of ShellCheck."""
    from dockerlint.shellcheck import find_binary

    return find_binary() or pytest.skip("needs ShellCheck: the extra [shellcheck] brings it")
