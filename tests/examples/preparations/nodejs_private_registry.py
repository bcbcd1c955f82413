"""The registry that the application takes a package from, reached by the build under the name that its .npmrc has."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.registry import HOST, running, without_certificate


def files(context: Path) -> None:
    """The test's registry has no certificate."""
    without_certificate(context / ".npmrc")


@contextmanager
def services(context: Path) -> Iterator[Mapping[str, Any]]:
    """Within, the registry is up, and the environment has the token that it wants."""
    token = secrets.token_urlsafe(24)
    with running(token) as (address, _), pytest.MonkeyPatch.context() as patch:
        patch.setenv("NPM_TOKEN", token)
        yield {"add_host": (f"{HOST}:{address}",)}
