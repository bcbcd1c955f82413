"""Images made by the tests: layers of which every byte is known, in every form that an image is stored in."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple


class Member(NamedTuple):
    """One entry of a layer."""

    path: str
    data: bytes = b""
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    uid: int = 0
    mode: int = 0o644
    mtime: int = 1_700_000_000


def file(path: str, data: bytes | int, **fields: Any) -> Member:
    """A file with this content, or with so many bytes that differ from path to path."""
    return Member(path, content(data, path) if isinstance(data, int) else data, **fields)


def content(size: int, seed: str) -> bytes:
    """Bytes that no other seed gives, and that compress a little."""
    block = sha256(seed.encode()).hexdigest().encode()
    return (block * (size // len(block) + 1))[:size]


def folder(path: str, **fields: Any) -> Member:
    return Member(path, kind=tarfile.DIRTYPE, **{"mode": 0o755, **fields})


def symlink(path: str, target: str) -> Member:
    return Member(path, kind=tarfile.SYMTYPE, link=target)


def hardlink(path: str, target: str) -> Member:
    return Member(path, kind=tarfile.LNKTYPE, link=target)


def whiteout(path: str) -> Member:
    parent, _, name = path.rpartition("/")
    return Member(f"{parent}/.wh.{name}".lstrip("/"))


def opaque(path: str) -> Member:
    return Member(f"{path}/.wh..wh..opq")


def tar(members: Iterable[Member], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of the members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for member in members:
            info = tarfile.TarInfo(member.path)
            info.type, info.linkname, info.size = member.kind, member.link, len(member.data)
            info.uid, info.mode, info.mtime = member.uid, member.mode, member.mtime
            archive.addfile(info, io.BytesIO(member.data))
    return buffer.getvalue()


def packed(data: bytes, compression: str) -> bytes:
    if compression == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if compression == "zstd":
        import zstandard

        return zstandard.ZstdCompressor().compress(data)
    return data


def digest(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def configuration(
    tars: Sequence[bytes], history: Sequence[dict[str, Any]] | None = None, architecture: str = "amd64", **more: Any
) -> bytes:
    steps = history if history is not None else [{"created_by": f"RUN step {number}"} for number in range(len(tars))]
    root = {"type": "layers", "diff_ids": [digest(each) for each in tars]}
    return json.dumps({"architecture": architecture, "os": "linux", "config": {}, "history": steps, "rootfs": root, **more}).encode()


def write(path: Path, files: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    """The files as a tar, or below a folder where the path has no suffix."""
    if path.suffix:
        members = [Member(name, data) for name, data in files.items()] + [symlink(name, target) for name, target in (links or {}).items()]
        path.write_bytes(tar(members))
    else:
        for name, data in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
    return path


def legacy(layers: Sequence[Sequence[Member]], tag: str = "app:1", **config: Any) -> dict[str, bytes]:
    """What `docker save` wrote from 1.10 up to 24."""
    tars = [tar(layer) for layer in layers]
    settings = configuration(tars, **config)
    name = f"{sha256(settings).hexdigest()}.json"
    files = {name: settings}
    paths = []
    for number, data in enumerate(tars):
        paths.append(f"{number:064x}/layer.tar")
        files[paths[-1]] = data
    return {**files, "manifest.json": json.dumps([{"Config": name, "RepoTags": [tag], "Layers": paths}]).encode()}


def oci(
    layers: Sequence[Sequence[Member]],
    compression: str = "gzip",
    tag: str = "",
    saved: bool = False,
    tars: Sequence[bytes] | None = None,
    **config: Any,
) -> dict[str, bytes]:
    """An OCI layout; `saved` adds what `docker save` adds to it from 25 on."""
    tars = [tar(layer) for layer in layers] if tars is None else tars
    files: dict[str, bytes] = {}
    manifest = add_manifest(files, tars, compression, **config)
    annotations = {"io.containerd.image.name": f"docker.io/library/{tag}"} if tag else {}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [{**manifest, "annotations": annotations}]}).encode()
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    if saved:
        described = json.loads(files[blob_path(manifest["digest"])])
        entry = {
            "Config": blob_path(described["config"]["digest"]),
            "RepoTags": [tag or "app:1"],
            "Layers": [blob_path(layer["digest"]) for layer in described["layers"]],
        }
        files["manifest.json"] = json.dumps([entry]).encode()
    return files


def blob_path(name: str) -> str:
    return "blobs/" + name.replace(":", "/")


def add_blob(files: dict[str, bytes], data: bytes, media_type: str, **more: Any) -> dict[str, Any]:
    files[blob_path(digest(data))] = data
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def add_manifest(files: dict[str, bytes], tars: Sequence[bytes], compression: str = "gzip", **config: Any) -> dict[str, Any]:
    """Add an image's blobs; the descriptor of its manifest."""
    media_type = "application/vnd.oci.image.layer.v1.tar" + (f"+{compression}" if compression else "")
    settings = add_blob(files, configuration(tars, **config), "application/vnd.oci.image.config.v1+json")
    described = [add_blob(files, packed(each, compression), media_type) for each in tars]
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": settings, "layers": described}
    return add_blob(files, json.dumps(manifest).encode(), manifest["mediaType"])


def tree_members(root: str, below: str, prefix: str = "") -> Iterable[Member]:
    """The files of a folder of this machine as entries of a layer."""
    for place, folders, names in os.walk(os.path.join(root, below)):
        folders.sort()
        at = prefix + os.path.relpath(place, root)
        yield folder(at)
        for name in sorted(names):
            full = os.path.join(place, name)
            if os.path.isfile(full) and not os.path.islink(full):
                yield Member(f"{at}/{name}", Path(full).read_bytes(), mode=os.stat(full).st_mode & 0o777)
