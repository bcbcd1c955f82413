"""README.md: what it shows is what the programs print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from dockerlint.rules import load

from .documents import ROOT, Fence, fences

README = ROOT / "README.md"


def fence(language: str) -> Fence:
    [found] = [fence for fence in fences(README) if fence.language == language]
    return found


def test_the_mend_that_is_shown(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(fence("dockerfile").text)
    command = [sys.executable, ROOT / "scripts/validate_dockerfile.py", "--diff", "--unsafe-fixes", "Dockerfile"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    _, _, _, *changes = done.stdout.splitlines()
    assert changes == fence("diff").text.splitlines()


def test_the_mend_that_the_programs_manual_shows(tmp_path: Path) -> None:
    [shown] = [found.text for found in fences(ROOT / "scripts/README.md") if "--diff Dockerfile" in found.text]
    _, _, _, _, *changes = shown.splitlines()
    *changes, told = changes
    (tmp_path / "Dockerfile").write_text("".join(f"{line[1:]}\n" for line in changes if line[0] != "+"))
    command = [sys.executable, ROOT / "scripts/validate_dockerfile.py", "--diff", "Dockerfile"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert [*done.stdout.splitlines()[3:], done.stderr.strip()] == [*changes, told]


def test_the_number_of_rules_that_is_told() -> None:
    assert re.findall(r"\ball (\d+)\b", README.read_text(encoding="utf-8")) == [str(len(load()))]
