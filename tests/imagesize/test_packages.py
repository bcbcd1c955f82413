"""Packages of every kind, whose sizes and the rest add up to the image."""

# ruff: noqa: E501 - tables of cases read best in long lines
from __future__ import annotations

import io
import sqlite3
import struct
import subprocess
import zipfile
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from imagesize import load, needless, packages, rpmdb
from tests.imagesize.archives import Member, content, file, folder, hardlink, legacy, oci, symlink, whiteout, write

STATUS = b"""Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.41-12
Description: GNU C Library
 Package: not-this

Package: curl
Status: install ok installed
Architecture: amd64
Version: 8.14.1-2

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""

DEBIAN = [
    folder("usr/lib"), symlink("lib", "usr/lib"), file("var/lib/dpkg/status", STATUS),
    file("var/lib/dpkg/info/libc6:amd64.list", b"/.\n/lib\n/lib/libc.so.6\n/usr/lib/libm.so.6\n"),
    file("var/lib/dpkg/info/curl.list", b"/.\n/usr/bin\n/usr/bin/curl\n/usr/lib/libc.so.6\n"),
    file("var/lib/dpkg/info/gone.list", b"/usr/bin/other\n"),
    file("usr/lib/libc.so.6", 2000), file("usr/lib/libm.so.6", 300), file("usr/bin/curl", 400), file("usr/bin/other", 50),
]  # fmt: skip
DISTROLESS = [
    file("var/lib/dpkg/status.d/base", b"Package: base-files\nVersion: 13.8\n"),
    file("var/lib/dpkg/status.d/base.md5sums", b"0123  etc/os-release\n4567  usr/lib/os-release\n"),
    file("etc/os-release", 100), file("usr/lib/os-release", 20),
]  # fmt: skip
ALPINE = [
    file("lib/apk/db/installed", b"C:Q1\nP:musl\nV:1.2.5-r10\nF:lib\nR:ld-musl.so.1\nZ:Q1\nF:\nR:top\n\nP:busybox\nV:1.37.0-r18\nF:bin\nR:busybox\n"),
    file("lib/ld-musl.so.1", 600), file("bin/busybox", 800), file("top", 5),
]  # fmt: skip
PIP = [
    file("usr/lib/python3/site-packages/flask/__init__.py", 100), file("usr/lib/python3/site-packages/flask/__pycache__/__init__.cpython-313.pyc", 70),
    file("usr/lib/python3/site-packages/flask/__pycache__/__init__.cpython-313.opt-1.pyc", 60),
    file("usr/lib/python3/site-packages/odd, name.py", 9),
    file("usr/lib/python3/site-packages/flask-3.1.0.dist-info/METADATA", 30), file("usr/bin/flask", 11),
    file("usr/lib/python3/site-packages/flask-3.1.0.dist-info/RECORD",
         b'flask/__init__.py,sha256=x,100\n"odd, name.py",,\n../../../bin/flask,,\nflask-3.1.0.dist-info/RECORD,,\n'),
]  # fmt: skip
NODE = [
    file("app/node_modules/express/package.json", b'{"name": "express", "version": "5.1.0"}'), file("app/node_modules/express/lib/a.js", 200),
    file("app/node_modules/express/node_modules/debug/package.json", b'{"version": "4.4.0"}'), file("app/node_modules/express/node_modules/debug/b.js", 40),
    file("app/node_modules/@types/node/index.d.ts", 70), file("app/node_modules/broken/package.json", b'["version"]'), file("app/node_modules/.bin/x", 5),
    file("app/my_node_modules/x.js", 3),
]  # fmt: skip
JARS = [file("app/lib/jackson-core-2.19.0.jar", 500), file("app/service.jar", 600), file("app/a-b-1.0-SNAPSHOT.war", 7)]


def varint(data: bytes) -> bytes:
    size, out = len(data), b""
    while size >= 0x80:
        out, size = out + bytes([size & 0x7F | 0x80]), size >> 7
    return out + bytes([size]) + data


def go_program(info: str, flags: int = 2) -> bytes:
    head = b"\xff Go buildinf:" + bytes([8, flags]) + bytes(16)
    return (
        b"\x7fELF"
        b"\xff Go buildinf:\0 a table"
        + bytes(600_000)
        + head
        + varint(b"go1.27.3")
        + varint(b"0" * 16 + info.encode() + b"1" * 16)
        + bytes(9000)
    )


GO = [
    file("server", go_program("path\texample.com/server\nmod\texample.com/server\tv1.4.0\th1:x\ndep\texample.com/dep\tv0.1.0\n"), mode=0o755),
    file("old", go_program("", 0), mode=0o755),
    file("c-program", b"\x7fELF" + bytes(700_000), mode=0o755),
]  # fmt: skip


def rpm_header(name: str, version: str, release: str, files: list[str]) -> bytes:
    folders = sorted({path.rpartition("/")[0] + "/" for path in files})
    values: list[tuple[int, int, int, bytes]] = [
        (tag, 6, 1, text.encode() + b"\0") for tag, text in ((1000, name), (1001, version), (1002, release))
    ]
    values.append((1116, 4, len(files), struct.pack(f">{len(files)}I", *(folders.index(path.rpartition("/")[0] + "/") for path in files))))
    values.append((1117, 8, len(files), b"".join(path.rpartition("/")[2].encode() + b"\0" for path in files)))
    values.append((1118, 8, len(folders), b"".join(each.encode() + b"\0" for each in folders)))
    index, data = b"", b""
    for tag, kind, count, value in values:
        data += bytes(-len(data) % 4)
        index += struct.pack(">IIiI", tag, kind, len(data), count)
        data += value
    return struct.pack(">II", len(values), len(data)) + index + data


RPM_FILES = [file("usr/bin/bash", 900), file("etc/bashrc", 90)]
HEADERS = [rpm_header("bash", "5.3", "1.fc43", ["/usr/bin/bash", "/etc/bashrc"]), rpm_header("empty", "1", "1", []), b"\0\0"]


def sqlite_database(folder: Path) -> bytes:
    path = folder / "rpmdb.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(header,) for header in HEADERS])
    connection.commit()
    connection.close()
    return path.read_bytes()


def ndb_database(_: Path) -> bytes:
    page = bytearray(4096)
    page[:16] = struct.pack("<4sIII", b"RpmP", 0, 1, 1)
    blobs = b""
    for number, header in enumerate(HEADERS):
        page[32 + 16 * number : 48 + 16 * number] = struct.pack("<4sIII", b"Slot", number + 1, (4096 + len(blobs)) // 16, 0)
        blobs += struct.pack("<4sIII", b"BlbS", number + 1, 1, len(header)) + header
        blobs += bytes(-len(blobs) % 16)
    return bytes(page) + blobs


def berkeley_database(_: Path, order: str = "<") -> bytes:
    """One page of a hash table, whose large values lie on pages of their own."""
    size, pages, places, end = 4096, list[bytes](), list[int](), 4096
    page = bytearray(size)
    for number, header in enumerate([b"\2\0\0\0", *HEADERS, rpm_header("large", "1", "2", [f"/a/{each:04}" for each in range(2000)])]):
        key = b"\1" + struct.pack(f"{order}I", number)
        if len(header) < 100:
            value = b"\1" + header
        else:
            value = struct.pack(f"{order}B3xII", 3, len(pages) + 2, len(header))
            parts = [header[at : at + size - 26] for at in range(0, len(header), size - 26)]
            for place, part in enumerate(parts, len(pages) + 2):
                following = place + 1 if place < len(pages) + 2 + len(parts) - 1 else 0
                pages.append(struct.pack(f"{order}8xIIIHHBB", place, 0, following, 1, len(part), 0, 7) + part.ljust(size - 26, b"\0"))
        for item in (key, value):
            end -= len(item)
            page[end : end + len(item)] = item
            places.append(end)
    page[:26] = struct.pack(f"{order}8xIIIHHBB", 1, 0, 0, len(places), end, 0, 13)
    page[26 : 26 + 2 * len(places)] = struct.pack(f"{order}{len(places)}H", *places)
    return struct.pack(f"{order}12xIII", 0x061561, 9, size).ljust(size, b"\0") + bytes(page) + b"".join(pages)


def swapped_berkeley_database(folder: Path) -> bytes:
    return berkeley_database(folder, ">")


def found(layers: list[list[Member]], tmp_path: Path, form: str) -> tuple[set[tuple[str, str, str, int]], int]:
    image = load(str(write(tmp_path / "a.tar", legacy(layers) if form == "plain" else oci(layers, form))))
    packed = packages.find(image)
    visible = sum(size for _, _, size in image.final_tree.files)
    assert sum(package.bytes for package in packed.found) + packed.other_bytes == visible
    assert visible + sum(each.bytes for each in image.stacked.waste) == image.file_bytes
    return {(package.type, package.name, package.version, package.bytes) for package in packed.found}, packed.other_bytes


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (DEBIAN, {("deb", "libc6", "2.41-12", 2300), ("deb", "curl", "8.14.1-2", 400)}),
        (DISTROLESS, {("deb", "base-files", "13.8", 120)}),
        (ALPINE, {("apk", "musl", "1.2.5-r10", 605), ("apk", "busybox", "1.37.0-r18", 800)}),
        (PIP, {("pip", "flask", "3.1.0", 100 + 70 + 60 + 9 + 30 + 11 + len(PIP[-1].data))}),
        (
            NODE,
            {("npm", "express", "5.1.0", 239), ("npm", "debug", "4.4.0", 60), ("npm", "@types/node", "", 70), ("npm", "broken", "", 11)},
        ),
        (JARS, {("jar", "jackson-core", "2.19.0", 500), ("jar", "service", "", 600), ("jar", "a-b", "1.0-SNAPSHOT", 7)}),
        (GO, {("go", "example.com/server", "v1.4.0", len(GO[0].data)), ("go", "old", "", len(GO[1].data))}),
    ],
    ids=["dpkg", "distroless", "apk", "pip", "npm", "jar", "go"],
)
def test_sizes_add_up(members: list[Member], expected: set[Any], form: str, tmp_path: Path) -> None:
    rest = [file("rest", 13), hardlink("rest2", "rest")]
    packed, other = found([members, rest], tmp_path, form)
    assert packed == expected
    assert other == sum(len(member.data) for member in members) + 13 - sum(each[3] for each in expected)


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("ends", ["whole", "broken"])
def test_jars_within_a_jar(form: str, ends: str, tmp_path: Path) -> None:
    """As Spring Boot packs them: stored, beside the classes of the application."""
    libraries = {"spring-core-6.2.1.jar": 1_900_000, "snakeyaml-2.4.jar": 350_000, "spring-core-6.2.1.jar.txt": 9000}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, size in libraries.items():
            archive.writestr(f"BOOT-INF/lib/{name}", content(size, name))
        archive.writestr("BOOT-INF/classes/App.class", content(50_000, "App"), zipfile.ZIP_DEFLATED)
    data = buffer.getvalue() if ends == "whole" else buffer.getvalue()[:-400] + bytes(400)
    twice = file("lib/snakeyaml-2.4.jar", 700)
    packed, other = found([[file("app/shop-1.0.jar", data), twice, file("rest", 5)]], tmp_path, form)
    inner = {("jar", "spring-core", "6.2.1", 1_900_000), ("jar", "snakeyaml", "2.4", 350_700)}
    if ends == "whole":
        assert packed == inner | {("jar", "shop", "1.0", len(data) - 2_250_000)}
    else:
        assert packed == {("jar", "shop", "1.0", len(data)), ("jar", "snakeyaml", "2.4", 700)}
    assert other == 5


@pytest.mark.parametrize("form", ["plain", "gzip"])
@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm"])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("rpmdb.sqlite", sqlite_database),
        ("Packages.db", ndb_database),
        ("Packages", berkeley_database),
        ("Packages", swapped_berkeley_database),
    ],
)
def test_rpm(name: str, make: Any, folder: str, form: str, tmp_path: Path) -> None:
    packed, _ = found([[file(f"{folder}/{name}", make(tmp_path)), *RPM_FILES]], tmp_path, form)
    assert packed == {("rpm", "bash", "5.3-1.fc43", 990)}


def test_what_berkeley_db_itself_writes(tmp_path: Path) -> None:
    """Perl's DB_File is that library."""
    if not which("perl") or subprocess.run(["perl", "-MDB_File", "-e", "1"], capture_output=True).returncode:
        pytest.skip("needs Perl's DB_File")
    headers = [rpm_header(f"package{number}", "1", "2", [f"/opt/{number}/{each}" for each in range(number)]) for number in range(300)]
    for number, header in enumerate(headers):
        (tmp_path / str(number)).write_bytes(header)
    program = (
        'my %h; tie %h, "DB_File", "Packages", 66, 0644, $DB_HASH or die $!; $h{pack("V", 0)} = pack("V", 300);'
        'for my $n (0..299) { open(my $f, "<:raw", $n); local $/; $h{pack("V", $n + 1)} = <$f>; } untie %h;'
    )
    subprocess.run(["perl", "-MDB_File", "-e", program], cwd=tmp_path, check=True)
    read = list(rpmdb.installed("Packages", (tmp_path / "Packages").read_bytes()))
    assert {each.name: len(each.paths) for each in read} == {f"package{number}": number for number in range(300)}


@pytest.mark.parametrize("name", rpmdb.FILES)
@pytest.mark.parametrize(
    "make", [sqlite_database, ndb_database, berkeley_database, lambda _: b"", lambda _: b"SQLite format 3\0" + bytes(90)]
)
def test_broken_databases_name_no_package(name: str, make: Any, tmp_path: Path) -> None:
    data = make(tmp_path)
    for at in range(0, len(data), max(1, len(data) // 40)):
        found([[file(f"var/lib/rpm/{name}", data[:at] + b"\xff" * 7 + data[at + 7 :]), *RPM_FILES]], tmp_path, "plain")


def test_who_comes_first_has_a_file(tmp_path: Path) -> None:
    both = [*DEBIAN, file("var/lib/dpkg/info/curl.list", b"/usr/lib/python3/site-packages/flask/__init__.py\n"), *PIP]
    packed, _ = found([both], tmp_path, "plain")
    assert ("deb", "curl", "8.14.1-2", 230) in packed  # with its bytecode


def test_what_was_removed_belongs_to_nobody(tmp_path: Path) -> None:
    packed, _ = found([DEBIAN, [whiteout("usr/bin/curl"), file("usr/lib/libm.so.6", 10)]], tmp_path, "gzip")
    assert packed == {("deb", "libc6", "2.41-12", 2010)}


NEEDLESS = {
    "var/lib/apt/lists/deb_Packages": "package-lists",
    "var/cache/apt/pkgcache.bin": "package-lists",
    "root/.cache/pip/http/a": "caches",
    "home/app/.npm/_cacache/x": "caches",
    "go/pkg/mod/cache/x": "caches",
    "app/.git/objects/x": "version-control",
    "app/dist/main.js.map": "source-maps",
    "usr/lib/gcc/x86_64-linux-gnu/14/cc1": "build-tools",
    "usr/lib/jvm/java/jmods/java.base.jmod": "build-tools",
    "usr/include/stdio.h": "headers",
    "usr/lib/libm.a": "headers",
    "usr/share/doc/curl/changelog.gz": "documentation",
    "usr/share/locale/de/LC_MESSAGES/x.mo": "documentation",
    "app/node_modules/a/test/b.js": "tests",
    "usr/lib/python3/site-packages/numpy/tests/test_x.py": "tests",
    "tmp/installer.sh": "leftovers",
    "usr/lib/python3/__pycache__/a.cpython-313.opt-1.pyc": "bytecode",
    "usr/bin/curl": "",
    "app/tests/test_x.py": "",
    "app/git/x": "",
    "usr/lib/python3/__pycache__/a.cpython-313.pyc": "",
    "usr/lib/python3/__pycache__/b.cpython-313.pyc": "",
    "opt/var/lib/apt/lists/x": "",
    "app/documentation/x.html": "",
}


@pytest.mark.parametrize("path", NEEDLESS)
def test_what_nothing_needs(path: str, tmp_path: Path) -> None:
    more = [file("usr/lib/python3/__pycache__/a.cpython-313.pyc", 999)] if "opt-1" in path else []
    image = load(str(write(tmp_path / "a.tar", legacy([[file(path, 70), *more]]))))
    each = needless.find(image.final_tree, packages.find(image), lambda path, layer: layer)
    assert [(one.kind.slug, one.layer, one.bytes, one.files) for one in each] == (
        [(NEEDLESS[path], 0, 70, [(path, 70)])] if NEEDLESS[path] else []
    )


@pytest.mark.parametrize(
    ("name", "tool"),
    [("gcc-14", True), ("gcc-14-base", False), ("libc6-dev", True), ("g++", True), ("make", True), ("cmake", True), ("libgcc-s1", False), ("git", True),
     ("typescript", True), ("curl", False), ("openssl-devel", True), ("binutils-x86-64-linux-gnu", True), ("express", False)],
)  # fmt: skip
def test_which_packages_are_build_tools(name: str, tool: bool) -> None:
    assert needless.is_tool(name) is tool


def test_a_build_tools_files_are_build_tools(tmp_path: Path) -> None:
    members = [
        file("var/lib/dpkg/status", b"Package: make\nStatus: install ok installed\nVersion: 4.4\nArchitecture: amd64\n"),
        file("var/lib/dpkg/info/make.list", b"/usr/bin/make\n"),
        file("usr/bin/make", 500),
    ]
    image = load(str(write(tmp_path / "a.tar", legacy([members]))))
    (each,) = needless.find(image.final_tree, packages.find(image), lambda path, layer: layer)
    assert (each.kind.slug, each.bytes) == ("build-tools", 500)
