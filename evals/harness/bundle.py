"""The skill as an assistant gets it: what ships, without the evals and the tests, in which the answers stand."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.cases import ROOT

NAME = "writing-dockerfiles"
SHIPPED = (".claude-plugin", "LICENSE", "README.md", "SKILL.md", "examples", "pyproject.toml", "reference", "scripts")


def install(folder: Path) -> Path:
    """Copy the skill into a folder; the path of the copy, whose name is the skill's, and which is a plugin, too."""
    target = folder / NAME
    target.mkdir(parents=True)
    for name in SHIPPED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "node_modules", ".venv"))
        elif source.exists():
            shutil.copy2(source, target / name)
    return target
