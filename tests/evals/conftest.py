"""What these tests need: an assistant's client, and an environment in which nothing leads to a real model."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that is started here has a key, a login or settings of the machine's."""
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "CLAUDE_", "OPENAI_", "AWS_", "GOOGLE_")) or name == "CLAUDECODE":
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(home / "config"))
    monkeypatch.setenv("DISABLE_AUTOUPDATER", "1")
    monkeypatch.setenv("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")


@pytest.fixture(params=["small", "real"])
def client(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a client that understands the command line of `claude -p`: a small one of these tests, and the real one."""
    if request.param == "real":
        path = os.environ.get("EVALS_CLAUDE")
        if not path:
            pytest.skip("needs Claude Code: EVALS_CLAUDE names it where .ci/run has fetched it")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
        return path
    program = tmp_path / "small-agent"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name('small_agent.py')} \"$@\"\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)
