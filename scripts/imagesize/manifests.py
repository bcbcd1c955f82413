"""From the documents of an archive or a layout to its images: which configuration, which layers, for which platform.

Sources: OCI image-spec `image-layout.md`, `image-index.md`, `manifest.md`; moby's image/spec v1.0 to v1.2 for what `docker save` writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from imagesize.blobs import Region, Scan
from imagesize.errors import ImageError

_DEPTH = 4
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_ATTESTATION = "vnd.docker.reference.type"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json", "")


class Store(Protocol):
    """Named things: the files of a layout, the members of an archive."""

    def document(self, path: str) -> bytes | None:
        """The bytes of a small file; None where there is none."""

    def blob(self, path: str) -> Region | Scan | None:
        """A layer: where it is, or what a stream's scan of it brought; None where there is none."""


class LayerSource(NamedTuple):
    """Where a layer comes from."""

    blob: Region | Scan
    digest: str
    """sha256:... of the blob; empty where nothing says."""
    diff_id: str


class Found(NamedTuple):
    """An image that was found."""

    tags: tuple[str, ...]
    platform: str
    config: Mapping[str, Any]
    layers: tuple[LayerSource, ...]


def images(store: Store, platform: str = "") -> Iterator[Found]:
    """The images of a store, one for each name; of an index the one for `platform`, else the only one or this machine's.

    Raises ImageError where something is missing, not of its digest, or contradicts the rest.
    """
    saved, index = store.document("manifest.json"), store.document("index.json")
    if saved is not None and (index is None or not platform):
        found = [_saved(store, item) for item in _list(_parse(saved, "manifest.json"), "manifest.json")]
    elif index is not None:
        found = list(_from_index(store, _parse(index, "index.json"), platform))
    else:
        repositories = store.document("repositories")
        if repositories is None:
            raise ImageError("there is neither a manifest.json nor an index.json in it: it is no image, or not all of one")
        found = list(_first_format(store, _parse(repositories, "repositories")))
    if not found:
        raise ImageError("it holds no image")
    for image in found:
        check_platform(image.platform, platform)
    yield from found


def check_platform(platform: str, wanted: str) -> None:
    """Raise ImageError where an image is for another platform than the one that is wanted, if one is."""
    if wanted and not _matches(platform, wanted):
        raise ImageError(f"it has no image for {wanted}, only for {platform}")


def normal_platform(text: str) -> str:
    """os/architecture[/variant] in the words of Go: `arm64` and `linux/aarch64` become `linux/arm64`.

    Raises ImageError for what is none.
    """
    parts = text.strip().lower().split("/")
    parts = parts if len(parts) > 1 else ["linux", *parts]
    if len(parts) > 3 or not all(parts):
        raise ImageError(f"--platform wants something like linux/arm64, not {text!r}")
    return "/".join([parts[0], _MACHINES.get(parts[1], parts[1]), *parts[2:]])


def platform_of(config: Mapping[str, Any]) -> str:
    """The platform that a configuration or a descriptor names."""
    parts = (
        config.get("os") or config.get("Os"),
        config.get("architecture") or config.get("Architecture"),
        config.get("variant") or config.get("Variant"),
    )
    return "/".join(str(part) for part in parts if part)


def _matches(platform: str, wanted: str) -> bool:
    have, want = (f"{platform}/v8" if platform.endswith("/arm64") else platform).split("/"), wanted.split("/")
    return have[: len(want)] == want


def _parse(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ImageError(f"{name} is not JSON") from None


def _list(value: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ImageError(f"{name} is not a list of objects")
    return value


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ImageError(f"{name} is not an object")
    return value


def _saved(store: Store, item: dict[str, Any]) -> Found:
    """An image of `docker save`."""
    path = str(item.get("Config") or "")
    data = store.document(path)
    if data is None:
        raise ImageError(f"the configuration {path!r} is missing")
    _check(data, path.rpartition("/")[2].removesuffix(".json"), f"the configuration {path!r}")
    config = _object(_parse(data, path), path)
    diff_ids = _diff_ids(config)
    paths = item.get("Layers") or []
    if not isinstance(paths, list) or len(paths) != len(diff_ids):
        raise ImageError(f"manifest.json names {len(paths)} layers and the configuration {len(diff_ids)}")
    sources = item.get("LayerSources") if isinstance(item.get("LayerSources"), dict) else {}
    layers = []
    for number, (path, diff_id) in enumerate(zip(map(str, paths), diff_ids, strict=True)):
        blob = store.blob(path)
        if blob is None:
            raise ImageError(f"layer {number} ({path}) is missing")
        algorithm, _, digest = path.removeprefix("blobs/").partition("/")
        named = f"{algorithm}:{digest}" if path.startswith("blobs/") else ""
        _check_size(blob, (sources or {}).get(diff_id), number)
        layers.append(LayerSource(blob, named, diff_id))
    tags = item.get("RepoTags")
    return Found(tuple(map(str, tags)) if isinstance(tags, list) else (), platform_of(config), config, tuple(layers))


def _diff_ids(config: Mapping[str, Any]) -> list[str]:
    root = config.get("rootfs")
    ids = root.get("diff_ids") if isinstance(root, dict) else None
    if ids is not None and not (isinstance(ids, list) and all(isinstance(each, str) for each in ids)):
        raise ImageError("the configuration's list of layers is none")
    return ids or []


def _check(data: bytes, digest: str, what: str) -> None:
    if len(digest) == 64 and sha256(data).hexdigest() != digest:
        raise ImageError(f"{what} is not of its digest")


def _check_size(blob: Region | Scan, descriptor: Any, number: int) -> None:
    size = blob.size if isinstance(blob, Region) else blob.stored
    claimed = descriptor.get("size") if isinstance(descriptor, dict) else None
    if isinstance(claimed, int) and claimed != size:
        raise ImageError(f"layer {number} has {size:,} bytes where its manifest says {claimed:,}")


def _from_index(store: Store, index: Any, platform: str) -> Iterator[Found]:
    """The images of an OCI layout: one for each name."""
    groups: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for descriptor in _list(_object(index, "index.json").get("manifests"), "index.json's list of manifests"):
        annotations = descriptor.get("annotations") or {}
        name = next((str(annotations[key]) for key in _NAMES if key in annotations), "")
        groups.setdefault(name, []).extend(_manifests(store, descriptor, _DEPTH))
    seen: dict[str, list[str]] = {}
    chosen: dict[str, tuple[str, dict[str, Any]]] = {}
    for name, manifests in groups.items():
        if manifests:
            digest, manifest = _choose(store, manifests, platform)
            seen.setdefault(digest, []).append(name)
            chosen[digest] = (digest, manifest)
    for digest, (_, manifest) in chosen.items():
        yield _manifest_image(store, manifest, tuple(name for name in seen[digest] if name))


def _manifests(store: Store, descriptor: dict[str, Any], depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Digest and content of the manifests below a descriptor, attestations left out; the platform is noted in the content."""
    digest, annotations = str(descriptor.get("digest") or ""), descriptor.get("annotations") or {}
    platform = platform_of(descriptor.get("platform") or {})
    if _ATTESTATION in annotations or platform.startswith("unknown"):
        return
    content = _blob_document(store, digest, depth < _DEPTH)
    if content is None:
        return
    media_type = str(descriptor.get("mediaType") or content.get("mediaType") or "")
    if media_type in _INDEXES or "manifests" in content:
        if not depth:
            raise ImageError("its indexes are nested too deeply")
        for inner in _list(content.get("manifests"), "an index's list of manifests"):
            yield from _manifests(store, inner, depth - 1)
    else:
        yield digest, {**content, " platform": platform}


def _blob_document(store: Store, digest: str, optional: bool = False) -> dict[str, Any] | None:
    algorithm, _, value = digest.partition(":")
    if algorithm not in ("sha256", "sha512") or not value.isalnum():
        raise ImageError(f"{digest!r} is no digest")
    data = store.document(f"blobs/{algorithm}/{value}")
    if data is None:
        if optional:  # an engine saves an index with all its platforms and only those blobs that it has
            return None
        raise ImageError(f"the blob {digest} is missing")
    _check(data, value, f"the blob {digest}")
    return _object(_parse(data, digest), digest)


def _choose(store: Store, manifests: list[tuple[str, dict[str, Any]]], platform: str) -> tuple[str, dict[str, Any]]:
    """The manifest for a platform."""
    if len(manifests) == 1:
        return manifests[0]
    import platform as machine

    having = {(manifest[" platform"] or _config_platform(store, manifest)): (digest, manifest) for digest, manifest in manifests}
    wanted = platform or f"linux/{_MACHINES.get(machine.machine(), machine.machine())}"
    for have, chosen in having.items():
        if _matches(have, wanted):
            return chosen
    names = ", ".join(sorted(having))
    raise ImageError(
        f"it has no image for {platform}, only for {names}" if platform else f"it has images for {names}: choose one with --platform"
    )


def _config_platform(store: Store, manifest: dict[str, Any]) -> str:
    return platform_of(_blob_document(store, str((manifest.get("config") or {}).get("digest") or "")) or {})


def _manifest_image(store: Store, manifest: dict[str, Any], tags: tuple[str, ...]) -> Found:
    described = _object(manifest.get("config"), "a manifest's configuration")
    if str(described.get("mediaType") or "") not in _CONFIGS:
        raise ImageError(f"it is no container image but {described.get('mediaType')}")
    config = _blob_document(store, str(described.get("digest") or "")) or {}
    descriptors = _list(manifest.get("layers"), "a manifest's list of layers")
    diff_ids = _diff_ids(config)
    if len(diff_ids) != len(descriptors):
        raise ImageError(f"its manifest names {len(descriptors)} layers and its configuration {len(diff_ids)}")
    layers = []
    for number, (descriptor, diff_id) in enumerate(zip(descriptors, diff_ids, strict=True)):
        digest = str(descriptor.get("digest") or "")
        algorithm, _, value = digest.partition(":")
        blob = store.blob(f"blobs/{algorithm}/{value}") if value.isalnum() and algorithm.isalnum() else None
        if blob is None:
            raise ImageError(f"layer {number} ({digest or 'without a digest'}) is missing")
        _check_size(blob, descriptor, number)
        layers.append(LayerSource(blob, digest, diff_id))
    return Found(tags, platform_of(config) or str(manifest.get(" platform") or ""), config, tuple(layers))


def _first_format(store: Store, repositories: Any) -> Iterator[Found]:
    """The images of `docker save` before 1.10: each layer an image with a parent."""
    for name, tags in _object(repositories, "repositories").items():
        for tag, top in _object(tags, "repositories").items():
            chain: list[tuple[str, dict[str, Any]]] = []
            current = str(top)
            while current:
                data = store.document(f"{current}/json")
                if data is None or len(chain) > 1000:
                    raise ImageError(f"the layer {current[:12]} of {name}:{tag} is missing")
                document = _object(_parse(data, f"{current}/json"), current)
                chain.append((current, document))
                current = str(document.get("parent") or "")
            chain.reverse()
            blobs = [(identity, store.blob(f"{identity}/layer.tar")) for identity, _ in chain]
            for identity, blob in blobs:
                if blob is None:
                    raise ImageError(f"the layer {identity[:12]} of {name}:{tag} is missing")
            history = [
                {
                    "created": document.get("created"),
                    "created_by": " ".join(map(str, (document.get("container_config") or {}).get("Cmd") or ())),
                }
                for _, document in chain
            ]
            config = {**chain[-1][1], "history": history}
            yield Found(
                (f"{name}:{tag}",),
                platform_of(config),
                config,
                tuple(LayerSource(blob, "", f"id:{identity}") for identity, blob in blobs if blob),
            )
