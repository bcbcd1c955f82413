"""Any bytes at all: findings or none, never an exception; and the same findings every time.

A longer run: `DOCKERLINT_FUZZ=20000 python -m pytest tests/dockerlint/test_robustness.py`.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockerlint.context import Context

from .harness import findings, read
from .mutants import SNIPPETS, mutants, seeds

EXAMPLES = int(os.environ.get("DOCKERLINT_FUZZ", "300"))
LINES = sorted({line for text in seeds() for line in text.split("\n")})
PIECES = st.one_of(
    st.sampled_from([snippet.encode() for snippet in SNIPPETS]),
    st.sampled_from([line.encode() + b"\n" for line in LINES]),
    st.binary(max_size=12),
)


@given(st.binary(max_size=400))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_bytes(data: bytes) -> None:
    findings(data)


@given(st.lists(PIECES, max_size=14))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pieces_of_dockerfiles(pieces: list[bytes]) -> None:
    data = b"FROM debian:13\n" + b"".join(pieces)
    lines = data.decode(errors="replace").count("\n") + 1
    for finding in findings(data, files={".dockerignore": "*.md\n", "package.json": "{}"}):
        assert 1 <= finding.line <= finding.end_line <= lines
        assert finding.column >= 1
        assert (finding.end_line, finding.end_column) >= (finding.line, finding.column)


def test_mutants() -> None:
    judged = sum(1 for text in mutants(EXAMPLES, seed=5) if findings(text) is not None)
    assert judged == EXAMPLES


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:13\nRUN " + "(" * 5000,
        "FROM debian:13\nRUN " + "$(" * 5000,
        "FROM debian:13\nRUN " + "`" * 5001,
        "FROM debian:13\nRUN " + '"$(' * 3000,
        "FROM debian:13\nENV A=" + "${A:-" * 5000,
        "FROM debian:13\nCMD " + "[" * 30000,
        "FROM debian:13\nRUN " + "sh -c '" * 2000,
        "FROM debian:13\nRUN " + "a && " * 10000,
        "FROM debian:13\n" + "RUN true\n" * 20000,
        "FROM debian:13\n" + "".join(f"FROM debian:13 AS s{n}\n" for n in range(2000)),
        "FROM debian:13\nRUN <<A " + "<<A " * 5000 + "\nA\n",
        "FROM debian:13\nRUN a \\\n" + "# c\n" * 50000,
        "# " * 30000,
    ],
    ids=lambda text: text[15:30],
)
def test_deep_and_long(text: str) -> None:
    findings(text)


def test_the_same_file_has_the_same_findings() -> None:
    for text in list(mutants(100, seed=7)):
        assert findings(text) == findings(text)


def test_no_finding_twice() -> None:
    for text in mutants(100, seed=8):
        found = read(text).findings
        assert len(found) == len(set(found))


def test_nothing_is_known_of_a_missing_context() -> None:
    assert not Context(None).known
