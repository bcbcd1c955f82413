"""The command line, run in this process."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from dockerlint import cli


class Run(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in json.loads(self.out)["findings"]]


class Program:
    """Runs the command line in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Run:
        status = cli.main([str(argument) for argument in arguments])
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Run(status, out, err)

    def json(self, *arguments: object) -> Run:
        return self("--format", "json", "--shellcheck", "never", *arguments)
