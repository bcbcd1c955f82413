"""The root is a plugin, too, and a marketplace of this one plugin: its manifests, and what the real client says of them."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from commandline import VERSION

from .documents import SKILL

ROOT = SKILL.parent
PLUGIN: dict[str, Any] = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
MARKETPLACE: dict[str, Any] = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_plugin_is_the_skill() -> None:
    assert PLUGIN["name"] == PROJECT["name"]
    assert PLUGIN["version"] == VERSION
    assert PLUGIN["license"] == PROJECT["license"]
    assert [(ROOT / ".claude-plugin" / ".." / path / "SKILL.md").resolve() for path in PLUGIN["skills"]] == [SKILL.resolve()]


def test_the_marketplace_offers_the_plugin() -> None:
    [offered] = MARKETPLACE["plugins"]
    assert (offered["name"], offered["description"], offered["source"]) == (PLUGIN["name"], PLUGIN["description"], "./")
    assert MARKETPLACE["owner"]["name"] == PLUGIN["author"]["name"]


@pytest.mark.parametrize("place", [".", ".claude-plugin/plugin.json", ".claude-plugin/marketplace.json"])
def test_the_real_client_accepts_it(place: str, tmp_path: Path) -> None:
    client = os.environ.get("EVALS_CLAUDE")
    if not client:
        pytest.skip("needs Claude Code: EVALS_CLAUDE names it where .ci/run has fetched it")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    done = subprocess.run([client, "plugin", "validate", "--strict", ROOT / place], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Validation passed" in done.stdout
