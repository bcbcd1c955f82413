"""Each example is prepared once, built once and proved once; the tests look at what came of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from imageproof.output import Report
from imageproof.proof import prove

from .bundled import ALL, Prepared


@pytest.fixture(scope="module", params=ALL, ids=str)
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(request.param, tmp_path_factory.mktemp("example"))


@pytest.fixture(scope="module")
def options(engine: str, prepared: Prepared) -> Iterator[Mapping[str, Any]]:
    """What the example's services give to its builds and runs."""
    with prepared.services() as options:
        yield options


@pytest.fixture(scope="module")
def report(prepared: Prepared, options: Mapping[str, Any]) -> Iterator[Report]:
    """What the bundle's prover finds; the image stays until the example's tests are over."""
    report = prove(prepared.spec(options), keep=True)
    yield report
    if report.kept:
        subprocess.run(["docker", "image", "rm", *report.kept], check=True, capture_output=True)
