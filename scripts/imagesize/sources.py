"""From what a person names to images: an engine's image, an archive, a layout, a stream."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from imagesize import history
from imagesize.blobs import Meter, Region, Scan, Source, compression_of, decompressed
from imagesize.errors import LIMITS, ImageError, Limits
from imagesize.manifests import Found, LayerSource, check_platform, images, normal_platform, platform_of
from imagesize.model import Base, Image, Layer
from imagesize.processes import processors
from imagesize.scanning import Job, Task, is_compressed, scan_all
from imagesize.stores import Coming, File, Folder
from imagesize.tarscan import CHUNK, NOTHING, Interest, Stream

_PREFIXES = ("docker-archive:", "oci-archive:", "oci:", "docker-daemon:", "containers-storage:")
_ENGINE = ("docker-daemon:", "containers-storage:")
_FREELY_CHECKED = 64 << 20
"""So many bytes of layers are compared with their digests without being asked to where that takes long, the smallest first: of plain
layers only the headers are read, and beside one processor's decompression hashing takes a fifth as long again."""
_BASE_NAME = "org.opencontainers.image.base.name"


class Options(NamedTuple):
    """How to read images."""

    deep: bool = True
    """Read an engine's layers too; False: its history alone. Files are always read."""
    platform: str = ""
    verify: bool | None = None
    """Compare layers with their digests: all; none; or, as it is, compressed ones where there is more than one processor, and of the
    others the smallest."""
    limits: Limits = LIMITS
    interest: Interest = NOTHING
    bases: tuple[str, ...] = ()
    """Names that a Dockerfile has for its base images: the engine is asked whether the last image is built on one of them."""
    show: Callable[[int, int], object] | None = None
    """Told how many of how many stored bytes have been read; 0 for a number that is not known."""


def load_all(references: Sequence[str], options: Options) -> list[Image]:
    """All the images that are named, in that order; an archive of several gives several.

    A reference is a path if there is such a file or layout, `-` is standard input, all else is the name of an engine's image.
    Raises ImageError.
    """
    options = options._replace(platform=normal_platform(options.platform) if options.platform else "")
    local: dict[int, list[tuple[str, Found]]] = {}
    asked: dict[int, str] = {}
    for place, reference in enumerate(references):
        path, engine = _is_local(reference)
        if engine:
            asked[place] = path
        else:
            try:
                found = list(images(_store(path, options), options.platform))
            except ImageError as error:
                raise ImageError(f"{reference}: {error}") from None
            local[place] = [(reference if len(found) == 1 else f"{reference} ({_tag(image)})", image) for image in found]
    loaded = dict(zip(local, _read(list(local.values()), options), strict=True))
    try:
        # A quick look counts payload, a file's layers are tars: beside each other only what was read alike can be compared.
        loaded |= _from_engine(asked, options._replace(deep=options.deep or bool(local))) if asked else {}
    except ImageError as error:
        folder = next(filter(os.path.isdir, asked.values()), "")
        raise ImageError(f"{error}; the folder {folder} holds no image either" if folder else str(error)) from None
    return [_with_base(image) for place in sorted(loaded) for image in loaded[place]]


def _tag(found: Found) -> str:
    return found.tags[0] if found.tags else found.platform


def _is_local(reference: str) -> tuple[str, bool]:
    """The path or name that a reference means, and whether it is an engine's."""
    prefix = next((prefix for prefix in _PREFIXES if reference.startswith(prefix)), "")
    name = reference.removeprefix(prefix).removeprefix("//") if prefix in _ENGINE else reference.removeprefix(prefix)
    if prefix:
        return name, prefix in _ENGINE
    if name == "-":
        return name, False
    if os.path.isdir(name) and not any(_exists(os.path.join(name, each)) for each in ("index.json", "manifest.json")):
        return name, not name.startswith((".", "/")) and not name.endswith("/")
    return name, not _exists(name) and not name.startswith((".", "/"))


def _exists(path: str) -> bool:
    """Whether there is something at a path, be it out of reach."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # whoever opens it will say why
        pass
    return True


def _store(path: str, options: Options) -> Folder | File | Coming:
    if os.path.isdir(path):
        return Folder(path, options.limits)
    if path != "-":
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            raise ImageError(f"cannot be read: {error.strerror}") from None
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise ImageError("it is neither a file nor a folder")
        if stat.S_ISREG(mode):
            region = Region(path, 0, os.path.getsize(path))
            if not region.size:
                raise ImageError("it is empty")
            with region.opened() as opened:
                compression = compression_of(opened.read_at(0, 8))
                if compression:
                    return _coming(opened.read, opened.readinto, compression, options, region.size)
            return File(path, options.limits)
    if path == "-" and sys.stdin.isatty():
        raise ImageError("standard input is a terminal: pipe an archive into it")
    with open(0 if path == "-" else path, "rb", buffering=0, closefd=path != "-") as file:
        return _piped(lambda: file.read(CHUNK) or b"", options)


def _piped(read: Callable[[], bytes], options: Options) -> Coming:
    ahead = Stream(read)
    return _coming(ahead.chunk, lambda target: _into(ahead.chunk(len(target)), target), compression_of(ahead.peek(8)), options, 0)


def _into(data: bytes, target: memoryview) -> int:
    target[: len(data)] = data
    return len(data)


def _coming(read: Callable[[int], bytes], into: Callable[[memoryview], int], compression: str, options: Options, total: int) -> Coming:
    show = options.show
    meter = Meter(options.limits, (lambda done: show(done, total)) if show else None)
    source = Source(read, into, lambda data: meter.read(len(data)))
    return Coming(decompressed(compression, source), options.limits, meter, options.interest)


def _read(groups: list[list[tuple[str, Found]]], options: Options) -> list[list[Image]]:
    """Read the layers of all the images, each once however many share it."""
    sources: dict[Region, tuple[str, LayerSource]] = {}
    for name, found in (each for group in groups for each in group):
        for number, source in enumerate(found.layers):
            if isinstance(source.blob, Region):
                sources.setdefault(source.blob, (f"{name}: layer {number}", source))
    room, tasks = _FREELY_CHECKED, list[Task]()
    for region, (name, _) in sorted(sources.items(), key=lambda item: item[0].size):
        compressed = is_compressed(region)
        quick = compressed and processors() > 1
        room -= 0 if quick else region.size
        tasks.append(Task(region, name, compressed, (quick or room >= 0) if options.verify is None else options.verify))
    total, show = sum(task.region.size for task in tasks), options.show
    scans = scan_all(tasks, Job(options.interest, options.limits, (lambda done: show(done, total)) if show else None))
    by_region = {task.region: scan for task, scan in zip(tasks, scans, strict=True)}
    return [[_image(name, found, by_region) for name, found in group] for group in groups]


def _image(name: str, found: Found, scans: Mapping[Region, Scan]) -> Image:
    records = found.config.get("history")
    steps = history.steps(_records(records), len(found.layers))
    made = {step.layer: step.instruction for step in steps}
    layers, unchecked = list[Layer](), 0
    for number, (blob, digest, diff_id) in enumerate(found.layers):
        region = blob if isinstance(blob, Region) else None
        scan = scans[blob] if isinstance(blob, Region) else blob
        expected = digest or ("" if scan.compression else diff_id)
        if scan.sha256 and expected.startswith("sha256:") and expected != f"sha256:{scan.sha256}":
            raise ImageError(f"{name}: layer {number} is not of its digest {expected[:19]}…: its content is another")
        unchecked += not scan.sha256
        layers.append(Layer(number, digest or diff_id, diff_id, made.get(number, ""), scan, region, scan.entries.file_bytes))
    image = Image(name, found.tags, found.platform, found.config, steps, tuple(layers), False)
    notes = []
    if any(layer.estimated for layer in layers):
        notes.append("The compressed size is an estimate: layers are stored uncompressed here.")
    if unchecked:
        notes.append(f"{unchecked} of {len(layers)} layers were not compared with their digests; --verify does.")
    image.notes = tuple(notes)
    return image


def _records(value: Any) -> Iterable[Mapping[str, Any]]:
    return [record for record in value if isinstance(record, dict)] if isinstance(value, list) else ()


def _from_engine(asked: dict[int, str], options: Options) -> dict[int, list[Image]]:
    from imagesize import engine

    with engine.connected() as client:
        told = {place: engine.inspected(client, name, options.platform) for place, name in asked.items()}
        bases = {max(told): engine.known_bases(client, told[max(told)], options.bases)}
        if not options.deep:
            quick = {place: _quick(client, asked[place], answer, options.platform) for place, answer in told.items()}
            for place, image in quick.items():
                image.bases = bases.get(place, {})
            return {place: [image] for place, image in quick.items()}
        full = {place: answer for place, answer in told.items() if (answer.get("RootFS") or {}).get("Layers")}
        names = sorted({answer["Id"] if asked[place].startswith("sha256:") else asked[place] for place, answer in full.items()})
        found = list(images(_piped(engine.exported(client, names, options.platform), options), options.platform)) if names else []
        loaded = {}
        for place, name in asked.items():
            if place in full:
                (image,) = loaded[place] = [_image(name, _same(found, told[place], name), {})]
                image.base, image.bases = _engine_base(client, told[place]), bases.get(place, {})
            else:
                loaded[place] = [without_layers(client, name, told[place], options.platform)]
    return loaded


def _same(found: Sequence[Found], told: Mapping[str, Any], name: str) -> Found:
    """Which of the images in an export is the one that the engine told of."""
    layers = (told.get("RootFS") or {}).get("Layers")
    for image in found:
        tagged = any(tag == name or tag.removeprefix("docker.io/library/") in (name, f"{name}:latest") for tag in image.tags)
        if [source.diff_id for source in image.layers] == layers and (tagged or len(found) == 1 or not image.tags):
            return image
    for image in found:
        if [source.diff_id for source in image.layers] == layers:
            return image
    if len(found) == 1:
        return found[0]
    raise ImageError(f"{name}: the engine did not export it")


def _quick(client: Any, name: str, told: dict[str, Any], platform: str) -> Image:
    """An engine's image from its history alone."""
    from imagesize import engine

    check_platform(platform_of(told), platform)
    digests = list((told.get("RootFS") or {}).get("Layers") or [])
    steps = history.engine_steps(engine.history(client, name, platform), len(digests))
    sizes = {step.layer: (step.instruction, step.bytes or 0) for step in steps}
    layers = tuple(Layer(number, digest, digest, *_told(sizes.get(number, ("", 0)))) for number, digest in enumerate(digests))
    image = Image(name, tuple(told.get("RepoTags") or ()), platform_of(told), told, steps, layers, True)
    image.base = _engine_base(client, told)
    image.notes = (
        "From the engine's history alone: file contents, in a containerd store whole blocks; --deep tells what travels and what is wasted.",
    )
    return image


def without_layers(client: Any, name: str, told: dict[str, Any], platform: str = "") -> Image:
    """An engine's image that has no layers, from what the engine tells of it: Docker exports none of that kind."""
    image = _quick(client, name, told, platform)
    image.quick, image.notes = False, ()
    return image


def _told(step: tuple[str, int]) -> tuple[str, None, None, int]:
    return step[0], None, None, step[1]


def _engine_base(client: Any, told: dict[str, Any]) -> Base:
    from imagesize import engine

    names, count = engine.base_of(client, told)
    return Base(min(names, key=lambda name: (len(name), name), default=""), count, bool(names), names)  # a public name is a short one


def _with_base(image: Image) -> Image:
    if not image.base.known:
        labels = (image.config.get("config") or image.config.get("Config") or {}).get("Labels") or {}
        image.base = Base(str(labels.get(_BASE_NAME) or ""), history.base_layers(image.steps), False)
    return image
