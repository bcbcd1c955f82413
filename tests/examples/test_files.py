"""What can be said of the examples without an engine: the validator is silent, headers and bounds are there, secrets stay out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

from dockerlint.dockerignore import DockerIgnore
from imagesize.units import parse_size

from .bundled import ALL, EXAMPLES, PATIENCE, Prepared

TODAY = "2026-11-25"
"""End of life is judged as of this day."""
BOUNDS = {
    "go-microservice": "8MB",
    "rust-actix": "4MB",
    "python-fastapi": "155MB",
    "nodejs-express": "170MB",
    "java-spring": "130MB",
    "static-site": "105MB",
}
"""Most bytes on disk, uncompressed."""
SLOW_STARTERS = {"java-spring": 30.0}
START_SECONDS = 10.0
STOP_SECONDS = 2.0
REGISTRIES = re.compile(
    r"np[m]js\.(?:org|com)|registry\.yar[n]pkg|py[p]i\.org|python[h]osted|repo\d?\.ma[v]en|maven\.or[g]|(?:index|static)\.cr[a]tes|"
    r"(?:proxy|sum)\.go[l]ang|(?:deb|security|snapshot)\.de[b]ian"
)
LEFT_BEHIND = {
    "": [".env", ".env.production", "id_ed25519", "server.key", "deep/in/.env", "deep/in/id_rsa", ".git/config", "deep/.git/HEAD"],
    "package.json": ["node_modules/left-pad/index.js", "deep/node_modules/left-pad/index.js"],
    "pyproject.toml": [".venv/bin/python", "src/app/__pycache__/main.cpython-314.pyc"],
    "Cargo.toml": ["target/release/app"],
    "pom.xml": ["target/app.jar"],
}
"""By the manifest in an application's folder: what people have lying there and no build may see."""
ARCHITECTURES = re.compile(r"amd64|arm64|aarch64|x86[_-]64|--platform", re.IGNORECASE)


def test_there_are_examples() -> None:
    assert any(example.bundled for example in ALL)


def test_every_file_belongs_to_an_example() -> None:
    """Nothing that looks like an example escapes these tests."""
    names = [example.name for example in ALL if example.bundled]
    expected = {f"{name}{ending}" for name in names for ending in ("", ".Dockerfile", ".Dockerfile.dockerignore", ".verify.toml")}
    assert {path.name for path in EXAMPLES.iterdir()} == {*expected, "README.md"}


def test_no_registry_is_named() -> None:
    """Lock files and manifests work with whatever registry the person who builds has set."""
    files = [path for path in EXAMPLES.rglob("*") if path.is_file() and not {"node_modules", ".venv", "target"} & set(path.parts)]
    assert len(files) > len(ALL)
    named = {str(path): match[0] for path in files if (match := REGISTRIES.search(path.read_text(encoding="utf-8", errors="replace")))}
    assert named == {}


def test_the_validator_says_nothing(prepared: Prepared) -> None:
    command = [sys.executable, str(EXAMPLES.parent / "scripts" / "validate_dockerfile.py"), "--no-config", "--today", TODAY]
    done = subprocess.run(
        [*command, "--format", "json", "--fail-on", "style", "--context", str(prepared.context), str(prepared.dockerfile)],
        capture_output=True,
        text=True,
    )
    assert done.stdout, done.stderr
    said = [f"{finding['line']}: {finding['code']} {finding['message']}" for finding in json.loads(done.stdout)["findings"]]
    assert said == []
    assert done.returncode == 0, done.stderr


def test_the_header_says_what_it_is_and_how_large(prepared: Prepared) -> None:
    first, *comments = prepared.example.header
    assert first == "# syntax=docker/dockerfile:1"
    assert comments, "a comment says what is built"
    figure = prepared.example.figure
    assert figure, "`# Size: 141 MB uncompressed, measured 2026-11-25.` is missing"
    assert figure.day <= date.today()  # noqa: DTZ011 - a day as people write it


def test_every_bound_is_set(prepared: Prepared) -> None:
    spec, name = prepared.spec(), prepared.example.application
    most = BOUNDS.get(name, "1GB") if prepared.example.bundled else "1GB"  # a reference also shows what is larger, and says so
    assert 0 < spec.max_size <= parse_size(most)
    assert spec.start_seconds <= SLOW_STARTERS.get(name, START_SECONDS) * PATIENCE
    assert spec.touch and (spec.expect or spec.expect_log), "a changed source file must show in what the program says"
    assert spec.port == 0 or spec.path, "an HTTP answer is wanted, not an open port"
    assert spec.stop_seconds <= STOP_SECONDS * PATIENCE
    assert not spec.check and not spec.skip, "every check runs"


def test_compiled_programs_are_cross_compiled_and_the_others_know_no_architecture(prepared: Prepared) -> None:
    if any((prepared.context / manifest).exists() for manifest in ("go.mod", "Cargo.toml")):
        assert prepared.example.cross_compiles
    else:
        assert not ARCHITECTURES.findall(prepared.example.text)


def left_behind(folder: Path) -> list[str]:
    return [path for manifest, paths in LEFT_BEHIND.items() if (folder / manifest).exists() for path in paths]


def test_what_is_left_behind_does_not_reach_the_build(prepared: Prepared) -> None:
    ignore = DockerIgnore(prepared.ignore.read_text(encoding="utf-8"))
    assert [path for path in left_behind(prepared.context) if not ignore.ignored(path)] == []
    assert not ignore.ignored(prepared.spec().touch)
