"""Where files of an image come from, asked directly; the rules' cases ask the rest."""

from __future__ import annotations

import pytest

from dockerlint.files import (
    absolute,
    destination_of,
    directory_of,
    known_folder,
    looks_like_file,
    names_folder,
    placed_before,
    reaches_image,
)

from .harness import read


@pytest.mark.parametrize(
    ("path", "workdir", "found"),
    [
        ("/a/../b/", None, "/b"),
        ("a", "/srv", "/srv/a"),
        (".", "/srv", "/srv"),
        ("../..", "/srv", "/"),
        ("a", None, None),
        ("$A/b", "/srv", None),
        ("~/a", "/srv", None),
        ("a", "$HOME", None),
    ],
)
def test_absolute(path: str, workdir: str | None, found: str | None) -> None:
    assert absolute(path, workdir) == found


@pytest.mark.parametrize(
    ("path", "is_file"),
    [
        ("app.py", True),
        ("a/Makefile", True),
        ("LICENSE", True),
        (".env", True),
        ("package.json", True),
        ("src", False),
        ("src/", False),
        ("app.py/", False),
        ("conf.d", False),
        (".git", False),
        ("v1.2", False),
        ("", False),
    ],
)
def test_looks_like_file(path: str, is_file: bool) -> None:
    assert looks_like_file(path) is is_file


@pytest.mark.parametrize(("path", "folder"), [("/app/", True), (".", True), ("a/..", True), ("./", True), ("/app", False), ("a.b", False)])
def test_names_folder(path: str, folder: bool) -> None:
    assert names_folder(path) is folder


def test_directory_of_a_command() -> None:
    text = "FROM debian:13\nWORKDIR /srv\nRUN a && cd x && b && (cd y; c) && d && cd $Z && e && cd /opt && f\nRUN g\n"
    commands = read(text, []).dockerfile.stages[0].commands
    assert {command.name: directory_of(command) for command in commands if command.name != "cd"} == {
        "a": "/srv",
        "b": "/srv/x",
        "c": "/srv/x/y",
        "d": "/srv/x",
        "e": None,
        "f": "/opt",
        "g": "/srv",
    }


def test_what_is_placed_where() -> None:
    text = """
FROM debian:13 AS base
WORKDIR /app
COPY package.json ./
FROM base
COPY a.txt b.txt data/
COPY --from=base /opt /opt
COPY --from=base /srv/program /usr/bin/
COPY <<EOF /etc/x
EOF
RUN npm ci && git clone https://example.com/x/tool.git && tar -C /t -xzf a.tgz && python -m venv .venv
RUN true
"""
    files = {"package.json": "{}", "a.txt": "", "b.txt": ""}
    last = read(text.lstrip(), [], files).dockerfile.stages[1].instructions[-1]
    assert [(placed.path, placed.bulk) for placed in placed_before(last)] == [
        ("/app/package.json", False),
        ("/app/data/a.txt", False),
        ("/app/data/b.txt", False),
        ("/opt", True),
        ("/usr/bin", True),
        ("/etc/x", False),
        ("/app/node_modules", True),
        ("/app/tool", True),
        ("/t", True),
        ("/app/.venv", True),
    ]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/", True),
        ("/etc", True),
        ("/srv/app", True),
        ("/srv", True),
        ("/made/here", True),
        ("/x", True),
        ("/new", False),
        ("/srv/app/y", False),
    ],
)
def test_known_folders(path: str, known: bool) -> None:
    text = "FROM debian:13\nWORKDIR /srv/app\nRUN mkdir -p /made/here\nCOPY a.txt /x/\nRUN true\n"
    assert known_folder(read(text, [], {}).dockerfile.stages[0].instructions[-1], path) is known


def test_destinations() -> None:
    text = 'FROM debian:13\nENV D=/d\nARG E\nCOPY a $D/x/\nCOPY a $E\nCOPY a b\nWORKDIR /w\nCOPY a b\nCOPY ["a", "b c"]\n'
    copies = read(text, []).dockerfile.stages[0].of("COPY")
    assert [destination_of(copy) for copy in copies] == ["/d/x", None, None, "/w/b", "/w/b c"]


def test_what_reaches_the_image() -> None:
    text = "FROM debian:13 AS a\nFROM debian:13 AS b\nFROM debian:13\nCOPY --from=a /out/x /x\nCOPY --from=b / /b\n"
    first, second, final = read(text, []).dockerfile.stages
    assert reaches_image(first, "/out/x/y")
    assert not reaches_image(first, "/out/z")
    assert not reaches_image(first, "/out")
    assert reaches_image(second, "/anything")
    assert reaches_image(final, "/z")
