"""Checks that need a build context, side by side with `docker build --check` of a real engine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from .harness import findings

FILES = {"a.md": "a", "README.md": "r", "src/a.md": "a", "src/main.py": "m", "docs/x/y.txt": "y", "app.py": "p"}
# Dockerfile lines behind `FROM scratch`, and the .dockerignore.
CASES = {
    "a file": (["COPY a.md /a", "COPY app.py /b"], "*.md"),
    "a file in a folder": (["COPY src/a.md /a"], "**/*.md"),
    "only at the root": (["COPY src/a.md /a", "COPY a.md /b"], "*.md"),
    "a folder above": (["COPY docs/x/y.txt /y", "COPY docs/x /x", "COPY docs /d"], "docs"),
    "everything": (["COPY . /x", "COPY app.py /y"], "*"),
    "everything, with an exception": (["COPY a.md /x", "COPY app.py /y"], "*\n!app.py"),
    "ADD": (["ADD a.md README.md /x/"], "README.md"),
    "a heredoc": (["COPY <<EOF /x", "a.md", "EOF"], "*"),
    "from a stage": (["COPY --from=0 /a.md /x"], "*"),
    "a comment and a space": (["COPY a.md /x"], "# *.md\n a.md "),
    "no file": (["COPY a.md /x"], ""),
}


def written(folder: Path, text: str, ignore: str) -> dict[str, str]:
    """Puts a Dockerfile, a .dockerignore and the other files into the folder; returns the files."""
    files = {**FILES, ".dockerignore": ignore}
    for path, content in {**files, "Dockerfile": text}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return files


@pytest.mark.parametrize("name", CASES)
def test_copy_of_ignored_files_agrees_with_the_engine(name: str, engine: str, tmp_path: Path) -> None:
    lines, ignore = CASES[name]
    text = "FROM scratch\n" + ("FROM scratch\n" if name == "from a stage" else "") + "\n".join(lines) + "\n"
    files = written(tmp_path, text, ignore)
    # The check was experimental before it was on by default.
    command = [
        "docker",
        "buildx",
        "build",
        "--build-arg",
        "BUILDKIT_DOCKERFILE_CHECK=experimental=all",
        "--call=check,format=json",
        str(tmp_path),
    ]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    wanted = {w["location"]["ranges"][0]["start"]["line"] for w in said.get("warnings") or [] if w["ruleName"] == "CopyIgnoredFile"}
    assert {finding.line for finding in findings(text, ["WD508"], files)} == wanted


def test_a_leading_slash_is_seen_where_the_engines_check_misses_it(engine: str, tmp_path: Path) -> None:
    text = "FROM scratch\nCOPY /a.md /x\n"
    files = written(tmp_path, text, "a.md")
    built = subprocess.run(
        ["docker", "buildx", "build", "--output", "type=cacheonly", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert built.returncode != 0
    assert [finding.line for finding in findings(text, ["WD508"], files)] == [2]
