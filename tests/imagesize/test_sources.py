"""Every form that an image comes in, and every way in which one can be broken."""

# ruff: noqa: E501 - tables of cases read best in long lines
from __future__ import annotations

import gzip
import json
import lzma
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imagesize import Image, ImageError, Limits, load, load_all
from tests.imagesize.archives import (
    add_blob,
    add_manifest,
    blob_path,
    configuration,
    digest,
    file,
    folder,
    hardlink,
    legacy,
    oci,
    packed,
    symlink,
    tar,
    whiteout,
    write,
)  # fmt: skip

LAYERS = [
    [folder("d"), file("d/a", 1000), file("etc/passwd", b"root:x:0:0::/:/bin/sh\n", mode=0o600)],
    [whiteout("d/a"), file("b", 5000, uid=7)],
]
INDEX = "application/vnd.oci.image.index.v1+json"


def bytes_of(image: Image) -> tuple[int, list[tuple[str, int]]]:
    return image.file_bytes, [(each.path, each.bytes) for each in image.stacked.waste]


EXPECTED = (6022, [("d/a", 1000)])


def index(files: dict[str, bytes], *manifests: dict[str, Any]) -> dict[str, bytes]:
    return {**files, "index.json": json.dumps({"schemaVersion": 2, "manifests": manifests}).encode(), "oci-layout": b"{}"}


def multi_platform(nested: bool) -> dict[str, bytes]:
    """Images for amd64 (of LAYERS), arm64 and arm/v7, and an attestation."""
    files: dict[str, bytes] = {}
    described = []
    for architecture, variant, layers in (("amd64", "", LAYERS), ("arm64", "v8", [[file("arm", 64)]]), ("arm", "v7", [[file("arm", 7)]])):
        platform = {"os": "linux", "architecture": architecture, **({"variant": variant} if variant else {})}
        described.append(
            {**add_manifest(files, [tar(layer) for layer in layers], architecture=architecture, variant=variant), "platform": platform}
        )
    statement = add_blob(files, b'{"_type": "https://in-toto.io/Statement/v0.1"}', "application/vnd.in-toto+json")
    attestation = add_blob(
        files,
        json.dumps({"schemaVersion": 2, "config": statement, "layers": [statement]}).encode(),
        "application/vnd.oci.image.manifest.v1+json",
    )
    described.append(
        {
            **attestation,
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
        }
    )
    if nested:
        inner = add_blob(files, json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": described}).encode(), INDEX)
        return index(files, {**inner, "annotations": {"org.opencontainers.image.ref.name": "latest"}})
    return index(files, *described)


def first_format() -> dict[str, bytes]:
    """What `docker save` wrote before 1.10."""
    files = {"repositories": json.dumps({"app": {"old": "2" * 64}}).encode()}
    for number, layer in enumerate(LAYERS, 1):
        identity = str(number) * 64
        document = {
            "id": identity,
            "os": "linux",
            "architecture": "amd64",
            "container_config": {"Cmd": ["/bin/sh", "-c", f"step {number}"]},
        }
        files[f"{identity}/json"] = json.dumps({**document, **({"parent": "1" * 64} if number == 2 else {})}).encode()
        files[f"{identity}/layer.tar"] = tar(layer)
    return files


@pytest.mark.parametrize("compression", ["gzip", "zstd", ""])
@pytest.mark.parametrize("suffix", ["image", "image.tar"])
def test_layouts(tmp_path: Path, suffix: str, compression: str) -> None:
    assert bytes_of(load(str(write(tmp_path / suffix, oci(LAYERS, compression))))) == EXPECTED


def test_the_first_format(tmp_path: Path) -> None:
    image = load(str(write(tmp_path / "a.tar", first_format())))
    assert bytes_of(image) == EXPECTED
    assert image.tags == ("app:old",) and image.platform == "linux/amd64"
    assert [layer.instruction for layer in image.layers] == ["RUN step 1", "RUN step 2"]


def test_a_layer_that_is_a_link_to_another_images(tmp_path: Path) -> None:
    files = legacy(LAYERS)
    other = f"{9:064x}/layer.tar"
    manifest = json.loads(files["manifest.json"])
    manifest[0]["Layers"][1] = other
    files["manifest.json"] = json.dumps(manifest).encode()
    image = load(str(write(tmp_path / "a.tar", files, {other: f"../{1:064x}/layer.tar"})))
    assert bytes_of(image) == EXPECTED


@pytest.mark.parametrize("prefix", ["", "oci-archive:", "docker-archive:"])
@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
def test_whole_archives_that_are_compressed(tmp_path: Path, prefix: str, compression: str) -> None:
    path = write(tmp_path / "a.tar", legacy(LAYERS))
    path.write_bytes(packed(path.read_bytes(), compression))
    assert bytes_of(load(f"{prefix}{path}")) == EXPECTED


@pytest.mark.parametrize("make", [legacy, oci, lambda layers: oci(layers, "zstd"), lambda layers: oci(layers, "", saved=True)])
def test_a_pipe(tmp_path: Path, make: Callable[[Any], dict[str, bytes]]) -> None:
    data = write(tmp_path / "a.tar", make(LAYERS)).read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    if os.fork() == 0:
        try:
            pipe.write_bytes(data)
        finally:
            os._exit(0)
    assert bytes_of(load(str(pipe))) == EXPECTED
    os.wait()


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize(
    ("platform", "size"),
    [("linux/amd64", 6022), ("amd64", 6022), ("linux/arm64", 64), ("linux/arm64/v8", 64), ("linux/aarch64", 64), ("linux/arm/v7", 7), ("linux/arm", 7)],
)  # fmt: skip
def test_platforms(tmp_path: Path, nested: bool, platform: str, size: int) -> None:
    assert load(str(write(tmp_path / "a", multi_platform(nested))), platform=platform).file_bytes == size


@pytest.mark.parametrize("nested", [True, False])
def test_without_a_platform_this_machines_is_taken(tmp_path: Path, nested: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(write(tmp_path / "a", multi_platform(nested)))
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert load(path).file_bytes == 64
    monkeypatch.setattr("platform.machine", lambda: "s390x")
    with pytest.raises(ImageError, match="linux/amd64, linux/arm/v7, linux/arm64/v8: choose one with --platform"):
        load(path)


@pytest.mark.parametrize("make", [lambda: multi_platform(True), lambda: multi_platform(False), lambda: legacy(LAYERS), lambda: oci(LAYERS)])
def test_a_platform_that_is_not_there(tmp_path: Path, make: Callable[[], dict[str, bytes]]) -> None:
    with pytest.raises(ImageError, match=r"no image for linux/s390x, only for .*linux/amd64"):
        load(str(write(tmp_path / "a", make())), platform="linux/s390x")


def test_an_index_may_name_platforms_that_were_not_saved(tmp_path: Path) -> None:
    files = multi_platform(True)
    described = json.loads(files[blob_path(json.loads(files["index.json"])["manifests"][0]["digest"])])["manifests"]
    del files[blob_path(described[0]["digest"])], files[blob_path(described[2]["digest"])]
    assert load(str(write(tmp_path / "a", files))).file_bytes == 64


def test_several_images_in_one_archive(tmp_path: Path) -> None:
    one, two = legacy(LAYERS, "one:1"), legacy(LAYERS[:1], "two:2")
    both = {**one, **two, "manifest.json": json.dumps(json.loads(one["manifest.json"]) + json.loads(two["manifest.json"])).encode()}
    images = load_all([str(write(tmp_path / "a.tar", both))])
    assert [(image.name.rpartition("/")[2], image.file_bytes) for image in images] == [("a.tar (one:1)", 6022), ("a.tar (two:2)", 1022)]


def test_two_tags_of_one_image_are_one_image(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    manifest = add_manifest(files, [tar(layer) for layer in LAYERS])
    named = [{**manifest, "annotations": {"io.containerd.image.name": name}} for name in ("app:1", "app:2")]
    (image,) = load_all([str(write(tmp_path / "a", index(files, *named)))])
    assert image.tags == ("app:1", "app:2")


def test_shared_layers_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import imagesize.scanning

    read: list[object] = []
    original = imagesize.scanning.scan_region
    monkeypatch.setattr(imagesize.scanning, "scan_region", lambda region, *rest: (read.append(region), original(region, *rest))[1])
    path = str(write(tmp_path / "a.tar", oci(LAYERS)))
    first, second = load_all([path, path])
    assert len(read) == 2 and bytes_of(first) == bytes_of(second) == EXPECTED


def test_two_processes_give_what_one_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [[file(f"{layer}/{number}", 3000 + number) for number in range(200)] for layer in range(4)]
    path = str(write(tmp_path / "a.tar", oci(layers)))
    alone = load(path)
    monkeypatch.setattr("imagesize.scanning._WORTH", 1)
    together = load(path)
    assert [list(layer.entries) for layer in together.layers] == [list(layer.entries) for layer in alone.layers]
    assert [list(layer.entries.prints) for layer in together.layers] == [list(layer.entries.prints) for layer in alone.layers]


@pytest.mark.parametrize("name", ["a", "a.tar"])
@pytest.mark.parametrize("make", [legacy, oci, lambda layers: oci(layers, "zstd"), lambda layers: oci(layers, "")])
def test_contents(tmp_path: Path, name: str, make: Callable[[Any], dict[str, bytes]]) -> None:
    image = load(
        str(write(tmp_path / name, make([*LAYERS, [symlink("conf", "etc"), symlink("users", "/conf/../etc/passwd"), hardlink("c", "b")]])))
    )
    assert (
        image.layers[0].read("etc/passwd")
        == image.read("/etc/passwd")
        == image.read("conf/passwd")
        == image.read("users")
        == b"root:x:0:0::/:/bin/sh\n"
    )
    assert image.read("c") == image.layers[1].read("b") and len(image.read("c")) == 5000
    assert [(entry.path, len(data)) for entry, data in image.layers[0].files(lambda entry: entry.mode == 0o600)] == [("etc/passwd", 22)]
    assert [entry.path for entry, _ in image.layers[0].files(lambda entry: True, limit=100)] == ["etc/passwd"]
    placed = image.final_tree.get("c")
    assert placed and (placed.entry.path, placed.entry.size, placed.entry.uid, placed.layer) == ("c", 5000, 7, 1)
    assert "d/a" not in image.final_tree and "d" in image.final_tree
    assert dict(image.final_tree.items())["etc"].entry.kind == "folder"
    with pytest.raises(ImageError, match="more than 10"):
        image.read("b", limit=10)
    for missing in ("d/a", "nothing/here", "etc", ""):
        with pytest.raises(ImageError):
            image.read(missing)


def test_what_is_kept_of_a_stream(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", oci(LAYERS))
    path.write_bytes(gzip.compress(path.read_bytes()))
    image = load(str(path), keep=lambda path, size: path == "etc/passwd")
    assert image.read("etc/passwd").startswith(b"root:")
    with pytest.raises(ImageError, match="was not kept"):
        image.read("b")


def damaged(change: Callable[[dict[str, bytes]], None], make: Callable[[Any], dict[str, bytes]] = oci) -> dict[str, bytes]:
    files = make(LAYERS)
    change(files)
    return files


def layer_path(files: dict[str, bytes], number: int = 1) -> str:
    manifest = json.loads(files["manifest.json"])[0] if "manifest.json" in files else None
    if manifest:
        return str(manifest["Layers"][number])
    described = json.loads(files[blob_path(json.loads(files["index.json"])["manifests"][0]["digest"])])
    return blob_path(described["layers"][number]["digest"])


def replace(number: int, change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], None]:
    def act(files: dict[str, bytes]) -> None:
        path = layer_path(files, number)
        files[path] = change(files[path])

    return act


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def in_document(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, bytes]], None]:
    def act(files: dict[str, bytes]) -> None:
        files[name] = json.dumps(change(json.loads(files[name]))).encode()

    return act


def save(layers: Any) -> dict[str, bytes]:
    return oci(layers, "", saved=True)


BROKEN = {
    "no manifest": (damaged(lambda files: files.pop("manifest.json"), legacy), "neither a manifest.json nor an index.json"),
    "no index": (damaged(lambda files: files.pop("index.json")), "neither a manifest.json nor an index.json"),
    "an index that is no JSON": (damaged(lambda files: files.update({"index.json": b"{"})), "is not JSON"),
    "an index nested without end": (damaged(lambda files: files.update({"index.json": b'{"a":' * 100_000})), "is not JSON"),
    "an index that is a list": (damaged(lambda files: files.update({"index.json": b"[]"})), "is not an object"),
    "an index of nothing": (damaged(lambda files: files.update({"index.json": b'{"manifests": []}'})), "holds no image"),
    "a manifest of nothing": (damaged(lambda files: files.update({"manifest.json": b"[]"}), legacy), "holds no image"),
    "a manifest of numbers": (damaged(lambda files: files.update({"manifest.json": b"[1]"}), legacy), "list of objects"),
    "a layer is missing": (damaged(lambda files: files.pop(layer_path(files))), r"layer 1 \(sha256:.*\) is missing"),
    "a layer of docker save is missing": (damaged(lambda files: files.pop(layer_path(files)), legacy), "layer 1 .* is missing"),
    "a layer of the first format is missing": (damaged(lambda files: files.pop("2" * 64 + "/layer.tar"), lambda _: first_format()), "is missing"),
    "a layer too few": (damaged(in_document("manifest.json", lambda it: [{**it[0], "Layers": it[0]["Layers"][:1]}]), legacy), "names 1 layers and the configuration 2"),
    "the configuration is missing": (damaged(in_document("manifest.json", lambda it: [{**it[0], "Config": "x.json"}]), legacy), "configuration 'x.json' is missing"),
    "a configuration of another digest": (
        damaged(lambda files: files.update({json.loads(files["manifest.json"])[0]["Config"]: configuration([])}), legacy), "is not of its digest"),
    "a gzip layer is truncated": (damaged(replace(1, lambda data: data[: len(data) // 2])), "bytes where its manifest says"),
    "a gzip layer is corrupt": (damaged(replace(1, lambda data: flipped(data, len(data) // 2))), "layer 1"),
    "a gzip layer's checksum is wrong": (damaged(replace(1, lambda data: flipped(data, len(data) - 6))), "layer 1"),
    "a layer is another, as long": (damaged(replace(1, lambda data: flipped(data, 4))), "layer 1 is not of its digest"),
    "a zstd layer is corrupt": (damaged(replace(1, lambda data: flipped(data, 9)), lambda layers: oci(layers, "zstd")), "layer 1"),
    "a plain layer is another": (damaged(replace(1, lambda data: flipped(data, 1600)), save), "layer 1 is not of its digest"),
    "a plain layer of old is another": (damaged(replace(1, lambda data: flipped(data, 1600)), legacy), "layer 1 is not of its digest"),
    "a layer is no tar": (damaged(replace(1, lambda data: b"x" * len(data)), legacy), "layer 1: it is not a tar archive"),
    "a layer is of bzip2": (damaged(replace(1, lambda data: b"BZh9" + data), legacy), "bzip2"),
    "a layer out of the archive": (damaged(in_document("manifest.json", lambda it: [{**it[0], "Layers": ["../../etc/passwd", "/etc/passwd"]}]), legacy), "leads out"),
    "an absolute layer": (damaged(in_document("manifest.json", lambda it: [{**it[0], "Layers": ["/etc/passwd"] * 2}]), legacy), "is missing"),
    "a digest that is a path": (damaged(in_document("index.json", lambda it: {"manifests": [{"digest": "sha256:../../x"}]})), "is no digest"),
    "no container image": (damaged(lambda files: files.update(index(files, add_blob(files, json.dumps(
        {"config": {"mediaType": "application/vnd.cncf.helm.config.v1+json"}, "layers": []}).encode(), ""))), oci), "no container image"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("form", ["folder", "archive", "stream"])
def test_broken_images_are_refused_in_one_sentence(tmp_path: Path, name: str, form: str) -> None:
    files, sentence = BROKEN[name]
    path = write(tmp_path / ("a" if form == "folder" else "a.tar"), files)
    if form == "stream":
        path.write_bytes(gzip.compress(path.read_bytes(), 1))
        sentence = (
            sentence
            if "layer 1" not in sentence and "no tar" not in sentence and "bzip2" not in sentence and "manifest says" not in sentence
            else ""
        )
    with pytest.raises(ImageError, match=sentence or ".") as error:
        load(str(path))
    assert "\n" not in str(error.value) and str(error.value).startswith(str(path))


@pytest.mark.parametrize("make", [legacy, oci, lambda layers: oci(layers, "zstd"), lambda layers: oci(layers, "", saved=True)])
@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
def test_truncated_anywhere_is_never_a_traceback(tmp_path: Path, make: Callable[[Any], dict[str, bytes]], compression: str) -> None:
    whole = packed(write(tmp_path / "a.tar", make(LAYERS)).read_bytes(), compression)
    path, sentences = tmp_path / "b.tar", list[str]()
    for part in range(23):
        path.write_bytes(whole[: len(whole) * part // 24])
        try:
            assert bytes_of(load(str(path))) == EXPECTED  # the zeros at the end are no loss
            assert not compression and part > 12
        except ImageError as error:
            sentences.append(str(error))
    assert sentences and "\n" not in "".join(sentences)


@pytest.mark.parametrize("make", [legacy, oci, lambda layers: oci(layers, "zstd")])
def test_changed_bytes_are_never_a_traceback(tmp_path: Path, make: Callable[[Any], dict[str, bytes]]) -> None:
    whole = write(tmp_path / "a.tar", make(LAYERS)).read_bytes()
    path, sentences = tmp_path / "b.tar", list[str]()
    for at in range(0, len(whole), 37):
        path.write_bytes(flipped(whole, at))
        try:
            load(str(path)).final_tree.find("x")
        except ImageError as error:
            sentences.append(str(error))
    assert sentences and "\n" not in "".join(sentences)


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_compression_bomb_is_stopped(tmp_path: Path, compression: str) -> None:
    path = str(write(tmp_path / "a", oci([[file("zeros", bytes(50_000_000))]], compression)))
    with pytest.raises(ImageError, match="more than 1,000,000 bytes uncompressed"):
        load(path, limits=Limits(bytes=1_000_000))


def test_a_bomb_of_an_archive_is_stopped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", legacy([[file("zeros", bytes(50_000_000))]]))
    path.write_bytes(gzip.compress(path.read_bytes(), 1))
    with pytest.raises(ImageError, match="more than 1,000,000 bytes uncompressed"):
        load(str(path), limits=Limits(bytes=1_000_000))


def test_entries_are_bounded(tmp_path: Path) -> None:
    path = str(write(tmp_path / "a", oci([[file(f"{layer}/{number}", b"") for number in range(30)] for layer in range(2)])))
    assert load(path, limits=Limits(entries=60)).file_bytes == 0
    for most in (10, 59):
        with pytest.raises(ImageError, match=f"more than {most} entries"):
            load(path, limits=Limits(entries=most))


def test_documents_are_bounded(tmp_path: Path) -> None:
    path = str(write(tmp_path / "a", oci(LAYERS)))
    with pytest.raises(ImageError, match="larger than 10"):
        load(path, limits=Limits(document=10))


@pytest.mark.parametrize("worth", [1, 1 << 30])
def test_verify_reads_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worth: int) -> None:
    """Of plain layers only so many bytes are hashed unasked; whether or not a second process does it, the answer is one."""
    monkeypatch.setattr("imagesize.scanning._WORTH", worth)
    files = damaged(replace(1, lambda data: flipped(data, 1600)), legacy)
    path = str(write(tmp_path / "a.tar", files))
    for verify in (None, True):
        with pytest.raises(ImageError, match="layer 1 is not of its digest"):
            load(path, verify=verify)
    assert any("2 of 2 layers were not compared" in note for note in load(path, verify=False).notes)
    monkeypatch.setattr("imagesize.sources._FREELY_CHECKED", 100)
    assert any("--verify" in note for note in load(path).notes)
    with pytest.raises(ImageError, match="layer 1 is not of its digest"):
        load(path, verify=True)
    sound = load(str(write(tmp_path / "b.tar", legacy(LAYERS))), verify=True)
    assert not any("digest" in note for note in sound.notes)


def test_a_large_compressed_layer_is_compared_with_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that two processes read, and where the tar in it is sound; one processor compares it when it is told to."""
    path = write(tmp_path / "a", oci([[file(f"{layer}", 200_000)] for layer in range(3)]))
    monkeypatch.setattr("imagesize.sources._FREELY_CHECKED", 0)
    monkeypatch.setattr("imagesize.sources.processors", lambda: 2)
    for worth in (0, 1 << 30):
        monkeypatch.setattr("imagesize.scanning._WORTH", worth)
        assert not any("digest" in note for note in load(str(path)).notes)
    blob = next(each for each in (path / "blobs/sha256").iterdir() if each.read_bytes()[:2] == b"\x1f\x8b")
    blob.write_bytes(flipped(blob.read_bytes(), 5))  # a time
    for worth in (0, 1 << 30):
        monkeypatch.setattr("imagesize.scanning._WORTH", worth)
        with pytest.raises(ImageError, match="is not of its digest"):
            load(str(path))
    assert load(str(path), verify=False).file_bytes == 600_000
    monkeypatch.setattr("imagesize.sources.processors", lambda: 1)
    assert any("3 of 3 layers were not compared" in note for note in load(str(path)).notes)
    with pytest.raises(ImageError, match="is not of its digest"):
        load(str(path), verify=True)


@pytest.mark.parametrize("target", ["/etc/passwd", "../secret"])
def test_links_out_of_a_layout_are_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "secret").write_bytes(b"{}")
    path = write(tmp_path / "a", oci(LAYERS))
    os.unlink(path / "index.json")
    os.symlink(target, path / "index.json")
    with pytest.raises(ImageError, match="link out of the folder"):
        load(str(path))


def test_links_out_of_an_archive_are_not_followed(tmp_path: Path) -> None:
    files = legacy(LAYERS)
    (config,) = (name for name in files if name.endswith(".json") and name != "manifest.json")
    del files[config]
    with pytest.raises(ImageError, match="out of the archive"):
        load(str(write(tmp_path / "a.tar", files, {config: "/etc/passwd"})))


def test_pipes_and_devices_in_a_layout_are_not_waited_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a", oci(LAYERS))
    os.unlink(path / "index.json")
    os.mkfifo(path / "index.json")
    assert stat.S_ISFIFO(os.stat(path / "index.json").st_mode)
    with pytest.raises(ImageError, match="not a regular file"):
        load(str(path))


def test_nothing_is_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", legacy([[file("x", 10)], [file("/etc/imagesize-was-here", 10)]]))
    before = sorted(os.listdir(tmp_path))
    assert load(str(path)).stacked.waste == []
    assert sorted(os.listdir(tmp_path)) == before and not os.path.exists("/etc/imagesize-was-here")


_WATCHED = """
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event in ("open", "os.open", "os.listdir", "os.scandir") else None)
import imagesize
image = imagesize.load(sys.argv[1])
assert image.read("etc/hostname") == image.read("linked") == b"of the image", opened
assert image.stacked.waste == [("etc/hosts", 300, "deleted", 0, 1)], image.stacked.waste
assert sorted(image.final_tree) == ["etc", "etc/hostname", "ko-app", "ko-app/program", "linked"], list(image.final_tree)
assert not any(path.startswith(("/etc/host", "/ko-app")) for path in opened), opened
"""


@pytest.mark.parametrize("make", [legacy, oci])
def test_absolute_paths_are_below_the_root_of_the_image(tmp_path: Path, make: Callable[..., dict[str, bytes]]) -> None:
    """As engines take them, which run what ko builds: its programs have such paths. Nothing of this machine is opened for them."""
    lower = [file("/etc/hostname", b"of the image"), file("//etc/hosts", 300), symlink("/linked", "/etc/hostname")]
    upper = [hardlink("/ko-app/program", "/etc/hostname"), whiteout("/etc/hosts")]
    path = write(tmp_path / ("a.tar" if make is legacy else "a"), make([lower, upper]))
    done = subprocess.run([sys.executable, "-c", _WATCHED, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("missing.tar", "cannot be read|no such"), ("empty.tar", "is empty"), ("folder/", "neither"), ("/dev/null", "neither a file")],
)
def test_what_is_no_image(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "empty.tar").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ImageError, match=sentence):
        load(str(tmp_path / name) + ("/" if name.endswith("/") else ""))


def test_what_is_out_of_reach_is_not_asked_of_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to itself stands for a folder that may not be looked into, which a test run as root may."""
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImageError, match=r"^loop/app\.tar: cannot be read"):
        load("loop/app.tar")


def test_an_archive_in_another_compression(tmp_path: Path) -> None:
    (tmp_path / "app.tar.xz").write_bytes(lzma.compress(write(tmp_path / "app.tar", legacy([[file("a", 1)]])).read_bytes()))
    with pytest.raises(ImageError, match=r"app\.tar\.xz: it is compressed with xz: only gzip and zstd are read$"):
        load(str(tmp_path / "app.tar.xz"))


def test_a_digest_of_unknown_kind_is_refused(tmp_path: Path) -> None:
    files = {"index.json": json.dumps({"manifests": [{"digest": f"md5:{'0' * 32}"}]}).encode()}
    with pytest.raises(ImageError, match="is no digest"):
        load(str(write(tmp_path / "a", files)))
    assert digest(b"").startswith("sha256:")
