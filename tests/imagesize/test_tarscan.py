"""Headers in every dialect, made by hand where no library writes them."""

# ruff: noqa: E501 - tables of cases read best in long lines
from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

import pytest

from imagesize.checksums import fingerprint, fingerprint_of
from imagesize.errors import ImageError
from imagesize.packages import INTEREST
from imagesize.tarheaders import Entries
from imagesize.tarscan import Archive, Finder, Interest, Stream, scan
from tests.imagesize.archives import file, folder, hardlink, symlink, tar


def plain(data: bytes) -> Entries:
    return scan(Archive(lambda at, size: data[at : at + size], len(data)))[0]


def stream(data: bytes, chunk: int = 700, interest: Interest | None = None) -> tuple[Entries, dict[int, bytes]]:
    source = io.BytesIO(data)
    place = memoryview(bytearray(chunk))

    def read() -> memoryview:  # as decompressors do: what was there is gone
        place[:] = b"\xaa" * chunk
        return place[: source.readinto(place)]

    return scan(Stream(read, *([interest] if interest else [])))


def header(name: bytes, size: bytes = b"00000000000", flag: bytes = b"0", magic: bytes = b"ustar\000", **fields: bytes) -> bytes:
    block = bytearray(512)
    places = {"mode": (100, b"0000644\0"), "uid": (108, b"0001750\0"), "gid": (116, b"0000012\0"), "mtime": (136, b"14524770200\0")}
    for at, value in (
        (0, name),
        (124, size),
        (156, flag),
        (257, magic),
        *((at, fields.get(key, value)) for key, (at, value) in places.items()),
    ):
        block[at : at + len(value)] = value
    for key, at in (("link", 157), ("prefix", 345), ("sparse", 482)):
        if key in fields:
            block[at : at + len(fields[key])] = fields[key]
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


END = bytes(1024)


@pytest.mark.parametrize(
    "read", [plain, lambda data: stream(data)[0], lambda data: stream(data, 512)[0], lambda data: stream(data, 100_000)[0]]
)
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (header(b"a", b"0000000002 ") + padded(b"xy") + END, [("a", "file", 2, 0o644, 1000, 10)]),
        (header(b"a", b"2\0") + padded(b"xy") + END, [("a", "file", 2, 0o644, 1000, 10)]),
        (header(b"a", magic=b"") + END, [("a", "file", 0, 0o644, 1000, 10)]),
        (header(b"old/", flag=b"\0", magic=b"") + END, [("old", "folder", 0, 0o644, 1000, 10)]),
        (header(b"a", flag=b"7") + END, [("a", "file", 0, 0o644, 1000, 10)]),
        (header(b"b", prefix=b"some/where") + END, [("some/where/b", "file", 0, 0o644, 1000, 10)]),
        (header(b"b", prefix=b"some/where", magic=b"ustar  \0") + END, [("b", "file", 0, 0o644, 1000, 10)]),
        (header(b"a", b"\x80" + (600).to_bytes(11, "big")) + padded(b"z" * 600) + END, [("a", "file", 600, 0o644, 1000, 10)]),
        (header(b"a", uid=b"\x80\0\0\0\xff\xff\xff\xff", gid=b"\xff" * 8) + END, [("a", "file", 0, 0o644, 0xFFFFFFFF, -1)]),
        (header(b"a", mode=b" 40755 \0") + END, [("a", "file", 0, 0o755, 1000, 10)]),
        (header(b"dev/null", flag=b"3") + header(b"pipe", flag=b"6") + END, [("dev/null", "other", 0, 0o644, 1000, 10), ("pipe", "other", 0, 0o644, 1000, 10)]),
        (header(b"d/", b"00000001000", b"5") + header(b"d/a") + END, [("d", "folder", 0, 0o644, 1000, 10), ("d/a", "file", 0, 0o644, 1000, 10)]),
        (header(b"s", b"00000000003", b"S", sparse=b"\1") + bytes(512) + padded(b"abc") + header(b"t") + END,
         [("s", "file", 3, 0o644, 1000, 10), ("t", "file", 0, 0o644, 1000, 10)]),
        (header(b"././@LongLink", b"00000000004", b"L") + padded(b"n/m\0") + header(b"n") + END, [("n/m", "file", 0, 0o644, 1000, 10)]),
        (header(b"x", b"00000000021", b"x") + padded(b"17 path=some/file") + header(b"s") + END, None),
        (header(b"g", b"00000000022", b"g") + padded(b"18 comment=nothing\n"[:18]) + header(b"s") + END, None),
        (header(b"a"), [("a", "file", 0, 0o644, 1000, 10)]),
        (END, []),
        (b"", []),
    ],
)  # fmt: skip
def test_headers(read: Callable[[bytes], Entries], data: bytes, expected: list[tuple[object, ...]] | None) -> None:
    if expected is None:
        with pytest.raises(ImageError, match="pax records"):
            read(data)
    else:
        assert [(entry.path, entry.kind, entry.size, entry.mode, entry.uid, entry.gid) for entry in read(data)] == expected


def record(key: str, value: str) -> bytes:
    return next(data for size in range(999) if len(data := f"{size} {key}={value}\n".encode()) == size)


def test_pax_records() -> None:
    records = (
        record("path", "ü" * 200)
        + record("size", "3")
        + record("uid", "70000000")
        + record("mtime", "12.75")
        + record("SCHILY.xattr.a", "b\nc")
    )
    everywhere = record("gid", "77")
    data = (
        header(b"g", b"%011o" % len(everywhere), b"g") + padded(everywhere)
        + header(b"x", b"%011o" % len(records), b"x") + padded(records) + header(b"short", b"00000000777") + padded(b"abc")
        + header(b"x", b"%011o" % len(record("linkpath", "./to/there")), b"x") + padded(record("linkpath", "./to/there")) + header(b"l", flag=b"1")
        + header(b"last") + END
    )  # fmt: skip
    first, second, last = plain(data)
    assert (first.path, first.size, first.uid, first.gid, first.mtime) == ("ü" * 200, 3, 70000000, 77, 12)
    assert (second.kind, second.link) == ("hardlink", "to/there")
    assert (last.path, last.uid, last.gid) == ("last", 1000, 77)


def test_links() -> None:
    entries = plain(tar([file("a", b"1"), symlink("s", "../../etc/x"), hardlink("d/h", "./a"), folder("d")]))
    assert [(entry.kind, entry.link) for entry in entries] == [("file", ""), ("symlink", "../../etc/x"), ("hardlink", "a"), ("folder", "")]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("chunk", [1, 511, 512, 513, 5000, 1 << 20])
def test_a_stream_reads_what_an_archive_reads(form: int, chunk: int) -> None:
    members = [file(f"d/{number}", number * 97) for number in range(30)] + [file("n" * 99, b"q" * 3000)]
    data = tar(members, form)
    entries, kept = stream(data, chunk, Interest(lambda path, size: size if size == 97 * 7 else 0))
    assert list(entries) == list(plain(data))
    assert list(kept.values()) == [members[7].data]
    assert list(entries.prints) == [fingerprint(member.data) if member.data else 0 for member in members]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("var/lib/dpkg/status.d/tzdata", True),
        ("./var/lib/dpkg/status.d/tzdata", True),
        ("/var/lib/dpkg/status.d/tzdata", True),
        ("usr/lib/python3/site-packages/six.dist-info/RECORD", True),
        ("/".join(["n" * 30] * 4) + "/six.dist-info/RECORD", True),
        ("n" * 83 + ".dist-info/RECORD", True),
        ("srv/node_modules/x/package.json", True),
        ("srv/node_modules/x/index.js", False),
        ("a", False),
    ],
)
def test_what_is_kept_for_packages_does_not_depend_on_how_its_path_is_written(form: int, path: str, kept: bool) -> None:
    data = tar([file("first", b"1"), file(path, b"content"), file("last", b"2")], form)
    entries, found = stream(data, 1 << 20, INTEREST)
    assert [entry.size for entry in entries] == [1, 7, 1]
    assert found == ({1: b"content"} if kept else {})


def test_what_is_remembered_of_headers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = tar([file(f"d/{number}", number) for number in range(30)])
    entries = list(plain(data))
    monkeypatch.setattr("imagesize.tarheaders._SUMS", 1)
    monkeypatch.setattr("imagesize.tarheaders._TIMES", 0)
    assert list(plain(data)) == entries


def test_a_fingerprint_does_not_depend_on_pieces() -> None:
    data = bytes(range(256)) * 1000
    assert fingerprint_of(data[at : at + 777] for at in range(0, len(data), 777)) == fingerprint(data)
    assert fingerprint(data[:-1] + b"x") != fingerprint(data)


@pytest.mark.parametrize("chunk", [1, 5, 16, 1000])
def test_a_marker_is_found_across_pieces(chunk: int) -> None:
    data = b"\x7fELF" + b"\xff Go buildinf:\0\0only named" + b"." * 50 + b"\xff Go buildinf:\x08\x02rest" + b"," * 90
    finder = Finder(Interest(lambda path, size: 0, b"\xff Go buildinf:", b"\4\x08", 40))
    for at in range(0, len(data), chunk):
        finder.see(memoryview(data[at : at + chunk]))
    assert finder.found == (b"\xff Go buildinf:\x08\x02rest" + b"," * 90)[:40]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"x" * 512, "not a tar"),
        (header(b"a")[:300], "not a tar"),
        (header(b"a") + header(b"b")[:300], "ends within a header"),
        (header(b"a", b"00000007777") + b"abc", "ends"),
        (header(b"a") + b"y" * 512, "no tar header"),
        (header(b"a", b"\x80" + b"\xff" * 11) + END, "claims"),
        (header(b"a", b"-0000000001") + END, "claims"),
        (header(b"a", b"0000000x000") + END, "for a number"),
        (header(b"x", b"77777777777", b"x") + END, "extended header"),
        (header(b"x", b"00000000004", b"L") + padded(b"abc\0"), "ends after an extended header"),
        (header(b"x", b"00000000004", b"L") + padded(b"abc\0") + END, "ends after an extended header"),
        (header(b"a") + header(b"b").replace(b"000644", b"000645") + header(b"c", b"00000007777") + b"abc", "at byte 512 is no tar header"),
        (header(b"d/.wh.a", b"00000007777") + b"abc", "ends"),
        (header(b"../a") + END, "leads out of the image"),
        (header(b"a/../../b") + END, "leads out of the image"),
        (header(b"h", flag=b"1", link=b"../../etc/passwd") + END, "leads out of the image"),
        (header(b"d/.wh...") + END, "leads out of its folder"),
        (header(b"./") + END, "has no name"),
        (header(b"a", flag=b"S", sparse=b"\1"), "map of a sparse file"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("read", [plain, lambda data: stream(data)[0]])
def test_what_is_wrong_is_said_in_one_sentence(read: Callable[[bytes], Entries], data: bytes, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence) as error:
        read(data)
    assert "\n" not in str(error.value)


def test_entries_are_bounded() -> None:
    data = tar([file(str(number), b"") for number in range(20)])
    with pytest.raises(ImageError, match="more than 10 entries"):
        scan(Archive(lambda at, size: data[at : at + size], len(data)), 10)


def test_names_are_bounded() -> None:
    long = b"n/" * 3000
    with pytest.raises(ImageError, match="none that a file system takes"):
        plain(header(b"L", b"%011o" % len(long), b"L") + padded(long) + header(b"a") + END)
