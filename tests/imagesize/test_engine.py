"""Images that a real engine builds: quick and deep, alone and together, against what the engine says and against its own archive."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagesize import ImageError, load, load_all, packages
from tests.imagesize.archives import content, file, symlink, tar
from tests.imagesize.test_cli import answer, run

NAMES = ("imagesize-test:before", "imagesize-test:after")
DOCKERFILES = (
    'FROM scratch\nCOPY app /app\nCOPY --chown=7 app /app\nLABEL a=b\nCOPY other/data /app/data\nWORKDIR /srv\nCMD ["/app/data"]\n',
    "FROM scratch\nCOPY app /app\nWORKDIR /srv\n",
)


@pytest.fixture(scope="module")
def built(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("context")
    for name, size in (("app/data", 300_000), ("app/more", 50_000), ("other/data", 120_000)):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(content(size, name))
    for name, text in zip(NAMES, DOCKERFILES, strict=True):
        subprocess.run(["docker", "build", "-q", "-t", name, "-f", "-", str(place)], input=text.encode(), check=True, capture_output=True)
    yield place
    subprocess.run(["docker", "image", "rm", "-f", *NAMES], capture_output=True)


@pytest.fixture(scope="session")
def blocks(engine: str) -> bool:
    """Whether the engine has a containerd store, whose history counts blocks of the disk, folders included, and not bytes."""
    told = subprocess.run(["docker", "info", "--format", "{{json .DriverStatus}}"], capture_output=True, text=True, check=True)
    return "io.containerd.snapshotter.v1" in told.stdout


def test_per_layer_sums_equal_the_engines(built: Path, blocks: bool) -> None:
    listed = subprocess.run(
        ["docker", "history", "--human=false", "--format", "{{.Size}}", NAMES[0]], capture_output=True, text=True, check=True
    )
    sizes = [int(line) for line in reversed(listed.stdout.split()) if int(line)]
    quick, deep = load(NAMES[0], deep=False), load(NAMES[0])
    ours = [layer.file_bytes for layer in deep.layers]
    assert ours == [350_000, 350_000, 120_000, 0]
    if blocks:
        assert sizes == [layer.file_bytes for layer in quick.layers]
        assert all(own <= told < own + 5 * 4096 and told % 4096 == 0 for own, told in zip(ours, sizes, strict=True))
    else:
        assert ours[:3] == sizes and ours == [layer.file_bytes for layer in quick.layers]
    assert [layer.instruction for layer in quick.layers] == [layer.instruction for layer in deep.layers]
    assert [layer.diff_id for layer in quick.layers] == [layer.diff_id for layer in deep.layers]
    assert quick.platform == deep.platform and quick.quick and not deep.quick


def test_of_an_imported_layer_the_engine_counts_links_as_files(blocks: bool, tmp_path: Path) -> None:
    name = "imagesize-test:imported"
    (tmp_path / "a.tar").write_bytes(tar([file("a", 5000), symlink("b", "x" * 70)]))
    subprocess.run(["docker", "import", str(tmp_path / "a.tar"), name], check=True, capture_output=True)
    try:
        quick, deep = load(name, deep=False), load(name)
    finally:
        subprocess.run(["docker", "image", "rm", "-f", name], capture_output=True)
    assert deep.file_bytes == 5000 and (blocks or quick.file_bytes - deep.file_bytes in (0, 70))


def test_waste_is_exact(built: Path) -> None:
    waste = sorted((each.path, each.bytes, each.how, each.added_by, each.wasted_by) for each in load(NAMES[0]).stacked.waste)
    assert waste == [
        ("app/data", 300_000, "metadata", 0, 1),
        ("app/data", 300_000, "overwritten", 1, 2),
        ("app/more", 50_000, "metadata", 0, 1),
    ]


def test_packages_and_the_rest_are_all(built: Path) -> None:
    image = load(NAMES[0])
    found = packages.find(image)
    wasted = sum(each.bytes for each in image.stacked.waste)
    assert sum(each.bytes for each in found.found) + found.other_bytes + wasted == image.file_bytes == 820_000


def test_the_engines_archive_says_the_same(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    subprocess.run(["docker", "save", "-o", str(path), NAMES[0]], check=True)
    ours, theirs = answer(str(path))["images"][0], answer(NAMES[0], "--deep")["images"][0]
    assert {**ours, "name": "", "base": 0, "notes": 0} == {**theirs, "name": "", "base": 0, "notes": 0}


def test_a_file_and_an_engines_image_are_read_alike(built: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    subprocess.run(["docker", "save", "-o", str(path), NAMES[0]], check=True)
    document = answer(NAMES[0], str(path))
    assert [image["deep"] for image in document["images"]] == [True, True]
    assert document["comparison"]["totals"][1]["delta_uncompressed_bytes"] == 0


def test_an_earlier_build_is_no_base_image(built: Path, tmp_path: Path) -> None:
    """Nor is another tag, where the Dockerfile made layers of it."""
    name, text = "imagesize-test:later", DOCKERFILES[1] + "COPY other /other\n"
    (tmp_path / "Dockerfile").write_text(text)
    subprocess.run(["docker", "build", "-q", "-t", name, "-f", "-", str(built)], input=text.encode(), check=True, capture_output=True)
    other = "imagesize-other:1"
    try:
        base = answer(name, "--deep")["images"][0]["base"]
        assert (base["name"], base["layers"]) == ("", 0)
        subprocess.run(["docker", "tag", NAMES[1], other], check=True)
        base = answer(name, "--deep")["images"][0]["base"]
        assert (base["name"], base["layers"], base["known"]) == (other, 2, True)
        base = answer(name, "--deep", "--dockerfile", str(tmp_path / "Dockerfile"))["images"][0]["base"]
        assert (base["name"], base["layers"], base["known"]) == ("", 0, True), "it is FROM scratch"
        (tmp_path / "Dockerfile").write_text(f"FROM {NAMES[1]}\nCOPY other /other\n")
        base = answer(name, "--dockerfile", str(tmp_path / "Dockerfile"))["images"][0]["base"]
        assert (base["name"], base["layers"], base["known"]) == (NAMES[1], 2, True), "of the same repository, and named"
    finally:
        subprocess.run(["docker", "image", "rm", "-f", name, other], capture_output=True)


def test_an_image_that_adds_no_layer_to_its_base(built: Path) -> None:
    name = "imagesize-label:1"
    text = f"FROM {NAMES[1]}\nLABEL a=b\n"
    subprocess.run(["docker", "build", "-q", "-t", name, "-"], input=text.encode(), check=True, capture_output=True)
    try:
        added, below = (answer(each)["images"][0]["base"] for each in (name, NAMES[1]))
    finally:
        subprocess.run(["docker", "image", "rm", "-f", name], capture_output=True)
    assert (added["name"], added["layers"], added["known"]) == (NAMES[1], 2, True)
    assert below["name"] != name


def test_two_images_are_one_request(built: Path) -> None:
    before, after = load_all(NAMES)
    assert (before.name, after.name) == NAMES
    assert before.layers[0].digest == after.layers[0].digest
    there = {layer.diff_id for layer in after.layers}
    shared = sum(layer.uncompressed_bytes for layer in before.layers if layer.diff_id in there)
    comparison = answer(*NAMES, "--deep")["comparison"]
    assert [total["shared_bytes"] for total in comparison["totals"]] == [shared, shared] and shared > 350_000


def test_quick_is_history_alone(built: Path, blocks: bool) -> None:
    done = run(NAMES[0], "--format", "json")
    image = json.loads(done.stdout)["images"][0]
    assert (image["deep"], image["wasted_bytes"], image["compressed_bytes"]) == (False, None, None)
    assert blocks or image["file_bytes"] == 820_000
    assert "not known without --deep" in run(NAMES[0]).stdout.decode()
    assert run(*NAMES).returncode == 0


def test_thresholds_read_the_layers(built: Path) -> None:
    assert run(NAMES[0], "--max-waste", "600kB").returncode == 1
    assert run(NAMES[1], "--max-waste", "0").returncode == 0


def test_the_dockerfiles_lines(built: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILES[0])
    image = answer(NAMES[0], "--deep", "--dockerfile", str(tmp_path / "Dockerfile"))["images"][0]
    assert [layer["line"] for layer in image["layers"]] == [2, 3, 5, 6]


def test_files_that_are_kept(built: Path) -> None:
    image = load(NAMES[0], keep=lambda path, size: path == "app/data")
    assert image.read("app/data", 200_000) == content(120_000, "other/data")
    with pytest.raises(ImageError, match="was not kept"):
        image.read("app/more")


def test_an_image_that_is_not_there(engine: str) -> None:
    done = run("imagesize-test:missing")
    assert done.returncode == 2 and b"no such image" in done.stderr.lower() and done.stderr.count(b"\n") == 1


def test_an_image_without_layers(built: Path) -> None:
    """Which an engine does not export."""
    name = "imagesize-test:empty"
    subprocess.run(["docker", "build", "-q", "-t", name, "-"], input=b"FROM scratch\nLABEL a=b\n", check=True, capture_output=True)
    try:
        empty, full = answer(name, NAMES[1], "--deep")["images"]
        gate = run(name, "--max-size", "0", "--max-waste", "0")
    finally:
        subprocess.run(["docker", "image", "rm", "-f", name], capture_output=True)
    assert (empty["deep"], empty["layers"], empty["uncompressed_bytes"], empty["wasted_bytes"], empty["notes"]) == (True, [], 0, 0, [])
    assert full["file_bytes"] == 350_000
    assert (gate.returncode, b"Layers" in gate.stdout) == (0, False)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "no image's name"), ("x/../../containers", "no image's name"), ("folder", "the folder folder holds no image")],
)
def test_what_can_be_no_image(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sentence: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    done = run(name)
    assert done.returncode == 2 and sentence in done.stderr.decode() and done.stderr.count(b"\n") == 1
