"""Which files are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockerlint.errors import Failure
from dockerlint.inputs import MOST_BYTES, find, is_dockerfile, read


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("FROM scratch\n")


def found(*arguments: str) -> list[str]:
    return [each.path for each in find(arguments) if not each.failure]


def failures(*arguments: str) -> list[str]:
    return [each.failure for each in find(arguments) if each.failure]


@pytest.mark.parametrize(
    "name",
    "Dockerfile dockerfile Dockerfile.dev Dockerfile.alpine3.22 app.Dockerfile app.dockerfile Containerfile Containerfile.x".split(),
)
def test_names_that_a_search_takes(name: str) -> None:
    assert is_dockerfile(name)


@pytest.mark.parametrize(
    "name",
    (
        "Dockerfile.dockerignore Dockerfile~ Dockerfile.bak Dockerfile.orig .Dockerfile.swp #Dockerfile# Dockerfile.md Dockerfile.j2 "
        "dockerfile.mdx dockerfile.tsx dockerfile.cpython-311.pyc "
        "Dockerfile.template dockerfile.py mydockerfile Makefile Dockerfile_old docker-compose.yml"
    ).split(),
)
def test_names_that_a_search_passes_over(name: str) -> None:
    assert not is_dockerfile(name)


def test_a_folder_is_searched_below_too_in_a_stable_order() -> None:
    make("b/Dockerfile", "a/z/Dockerfile", "a/app.Dockerfile", "Dockerfile", "a/README.md", ".devcontainer/Dockerfile", "c/Containerfile")
    expected = ["Dockerfile", ".devcontainer/Dockerfile", "a/app.Dockerfile", "a/z/Dockerfile", "b/Dockerfile", "c/Containerfile"]
    assert found(".") == expected


def test_some_folders_are_skipped_unless_they_are_named() -> None:
    make(".git/Dockerfile", "node_modules/x/Dockerfile", ".venv/Dockerfile", "env/Dockerfile", "env/pyvenv.cfg", "src/Dockerfile")
    assert found(".") == ["src/Dockerfile"]
    assert found("node_modules") == ["node_modules/x/Dockerfile"]
    assert found("node_modules/x/Dockerfile") == ["node_modules/x/Dockerfile"]


def test_a_named_file_is_read_whatever_its_name() -> None:
    make("build.txt", "Dockerfile.bak")
    assert found("build.txt", "Dockerfile.bak") == ["build.txt", "Dockerfile.bak"]


def test_globs_that_the_shell_left_alone() -> None:
    make("a/Dockerfile", "a/b/Dockerfile", "a/b/README.md", "node_modules/Dockerfile", "x/dev.docker", "x/[1]")
    assert found("**/Dockerfile") == ["a/Dockerfile", "a/b/Dockerfile"]
    assert found("a/*") == ["a/Dockerfile", "a/b/Dockerfile"]
    assert found("x/*.docker") == ["x/dev.docker"]
    assert found("x/[1]") == ["x/[1]"]
    assert failures("**/*.nothing") == ["no Dockerfile matches '**/*.nothing'"]


def test_what_is_said_twice_is_read_once() -> None:
    make("a/Dockerfile", "Dockerfile")
    assert found("a/Dockerfile", ".", "./Dockerfile", "-", "-") == ["a/Dockerfile", "Dockerfile", "-"]


def test_links_to_folders_are_not_followed() -> None:
    make("a/Dockerfile")
    os.symlink("..", "a/up")
    assert found(".") == ["a/Dockerfile"]


def test_one_argument_that_fails_does_not_hide_the_others() -> None:
    make("a/Dockerfile")
    os.mkdir("empty")
    os.symlink("gone", "dangling")
    arguments = ["nowhere", "a", "empty", "dangling"]
    assert found(*arguments) == ["a/Dockerfile"]
    nowhere, empty, dangling = failures(*arguments)
    assert nowhere == "cannot read nowhere: no such file or folder"
    assert empty.startswith("no Dockerfile in empty")
    assert dangling.startswith("cannot read dangling: it is a link")


def test_what_no_dockerfile_is_is_not_read() -> None:
    os.mkfifo("pipe")
    with pytest.raises(Failure, match="not a regular file"):
        read("pipe")
    with open("big", "wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(Failure, match="more than 10 MiB"):
        read("big")
    with pytest.raises(Failure, match="No such file"):
        read("gone")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_one_sentence() -> None:
    make("Dockerfile")
    os.chmod("Dockerfile", 0)
    with pytest.raises(Failure, match="cannot read Dockerfile: Permission denied"):
        read("Dockerfile")
