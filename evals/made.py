"""What workspaces hold that is too large, or too regular, to be kept: each maker writes into the folder that it is given.

Deterministic: the same bytes whenever and wherever it runs. So the truth of an image is known from how it is made, and the
frozen answers of the cases name it.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256, shake_128
from pathlib import Path
from typing import NamedTuple

MAKERS: dict[str, Callable[[Path], None]] = {}
"""By the name that `make` has in expect.json."""


def maker(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """Registers a function under its name, with dashes."""
    MAKERS[make.__name__.replace("_", "-")] = make
    return make


# Images ----------------------------------------------------------------------------------------------------------------------------


class File(NamedTuple):
    """One file of a layer; a text is its content, a number so many bytes that no other seed gives."""

    path: str
    content: str | int
    owner: int = 0
    seed: str = ""
    """What decides the bytes, where not the path does."""

    @property
    def data(self) -> bytes:
        if isinstance(self.content, str):
            return self.content.encode()
        return shake_128((self.seed or self.path).encode()).digest(self.content)


class Step(NamedTuple):
    """One instruction of an image's history and what its layer holds; no files: it made no layer."""

    instruction: str
    files: Sequence[File] = ()


def deleted(path: str) -> File:
    """What a layer holds where it deletes a file or a folder."""
    folder, _, name = path.rpartition("/")
    return File(f"{folder}/.wh.{name}", "")


def owned(files: Sequence[File], owner: int) -> list[File]:
    """What `chown` makes a layer hold: the same files once more."""
    return [file._replace(owner=owner) for file in files]


def save(path: Path, tag: str, steps: Sequence[Step]) -> None:
    """Write an image as `docker save` does: a tar of plain layers, their configuration and a manifest."""
    layers = [_tar((file.path, file.data, file.owner) for file in step.files) for step in steps if step.files]
    names = [sha256(layer).hexdigest() for layer in layers]
    history = [
        {"created": "2026-11-02T08:00:00Z", "created_by": step.instruction, **({} if step.files else {"empty_layer": True})}
        for step in steps
    ]
    settings = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-11-02T08:00:00Z",
        "config": {"Cmd": ["python", "-m", "shop"], "WorkingDir": "/srv"},
        "history": history,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{name}" for name in names]},
    }
    config = json.dumps(settings).encode()
    manifest = {"Config": f"{sha256(config).hexdigest()}.json", "RepoTags": [tag], "Layers": [f"{name}/layer.tar" for name in names]}
    files = [(manifest["Config"], config, 0), ("manifest.json", json.dumps([manifest]).encode(), 0)]
    path.write_bytes(_tar([*((f"{name}/layer.tar", layer, 0) for name, layer in zip(names, layers, strict=True)), *files]))


def _tar(files: object) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data, owner in files:  # type: ignore[attr-defined]
            info = tarfile.TarInfo(path)
            info.size, info.uid, info.gid, info.mtime = len(data), owner, owner, 1_793_606_400
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


_DEBIAN = Step(
    "# debian.sh --arch 'amd64' out/ 'trixie' '@1793059200'",
    [
        File("etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n'),
        File("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nshop:x:10001:10001::/nonexistent:/usr/sbin/nologin\n"),
        File("usr/lib/x86_64-linux-gnu/libc.so.6", 611_328),
        File("usr/bin/bash", 298_112),
    ],
)
_PYTHON = Step("RUN /bin/sh -c install-python # buildkit", [File("usr/local/lib/libpython3.14.so.1.0", 734_208)])


def _package(name: str, version: str, sizes: Sequence[int]) -> Iterator[File]:
    """An installed Python package with its RECORD, as pip leaves it."""
    site = "usr/local/lib/python3.14/site-packages"
    files = [File(f"{site}/{name}/part{number:02}.py", size, seed=f"{name} {number} {size}") for number, size in enumerate(sizes)]
    info = f"{site}/{name}-{version}.dist-info"
    yield from files
    yield File(f"{info}/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n")
    record = "".join(f"{file.path.removeprefix(f'{site}/')},,{file.content}\n" for file in files)
    yield File(f"{info}/RECORD", f"{record}{info.removeprefix(f'{site}/')}/METADATA,,\n{info.removeprefix(f'{site}/')}/RECORD,,\n")


@maker
def wasteful_image(folder: Path) -> None:
    """An image of a shop, and its Dockerfile. A `chown -R` stores 2,698,033 bytes a second time, in 239 files that two instructions
    bring; beside it 1,262,520 bytes are deleted with their folder and 655,360 overwritten.
    """
    images = [File(f"srv/media/{number:03}.webp", 9_000 + 37 * number) for number in range(200)]
    code = [File(f"srv/shop/module{number:02}.py", 2_000 + 113 * number) for number in range(39)]
    table = File("srv/search.idx", 655_360, seed="empty")
    wheels = [File(f"root/.cache/pip/http-v2/{number:x}/body", 78_900 + number) for number in range(16)]
    packages = [*_package("flask", "3.1.2", [61_000, 44_100]), *_package("pillow", "12.0.0", [911_870, 402_116])]
    steps = [
        _DEBIAN,
        _PYTHON,
        Step("WORKDIR /srv"),
        Step("COPY requirements.txt ./ # buildkit", [File("srv/requirements.txt", "flask==3.1.2\npillow==12.0.0\n")]),
        Step("RUN /bin/sh -c pip install -r requirements.txt # buildkit", [*packages, *wheels]),
        Step("COPY media media # buildkit", images),
        Step("COPY shop shop # buildkit", code),
        Step("COPY search.idx ./ # buildkit", [table]),
        Step("RUN /bin/sh -c rm -rf /root/.cache # buildkit", [deleted("root/.cache")]),
        Step("RUN /bin/sh -c python -m shop.index search.idx # buildkit", [table._replace(seed="filled")]),
        Step("RUN /bin/sh -c chown -R shop:shop /srv/media /srv/shop # buildkit", owned([*images, *code], 10001)),
        Step("USER 10001:10001"),
        Step('CMD ["python" "-m" "shop"]'),
    ]
    save(folder / "shop.tar", "registry.example.com/shop:1.4", steps)


@maker
def leaking_image(folder: Path) -> None:
    """An image with fourteen steps. A registry token is in `packages/web/.npmrc`, which `COPY packages` brings and a later RUN deletes;
    the `.npmrc` at the top, which is deleted too, names only a variable, and the history names the variable's secret mount.
    """
    token = f"npm_{shake_128(b'leak').hexdigest(18)}"
    registry = "@acme:registry=https://npm.example.com/\n//npm.example.com/:_authToken="
    modules = [
        File(f"srv/node_modules/{name}/index.js", 3_000 + 411 * number) for number, name in enumerate("express qs ms vary depd".split())
    ]
    sources = [File(f"srv/packages/{name}/src/index.js", 1_200 + 77 * number) for number, name in enumerate("api web mail jobs".split())]
    steps = [
        _DEBIAN,
        Step("RUN /bin/sh -c install-node # buildkit", [File("usr/local/bin/node", 402_944)]),
        Step("WORKDIR /srv"),
        Step("COPY package.json package-lock.json ./ # buildkit", [File("srv/package.json", '{"workspaces": ["packages/*"]}\n')]),
        Step("COPY .npmrc ./ # buildkit", [File("srv/.npmrc", f"{registry}${{NPM_TOKEN}}\n")]),
        Step("RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN /bin/sh -c npm ci --omit=dev # buildkit", modules),
        Step("RUN /bin/sh -c rm -f .npmrc # buildkit", [deleted("srv/.npmrc")]),
        Step("COPY config config # buildkit", [File("srv/config/default.json", '{"registry": "npm.example.com", "token": ""}\n')]),
        Step(
            "COPY packages packages # buildkit",
            [*sources, File("srv/packages/web/.npmrc", f"{registry}{token}\n"), File("srv/packages/web/README.md", "The shop's pages.\n")],
        ),
        Step("RUN /bin/sh -c node packages/web/src/index.js --build # buildkit", [File("srv/public/app.js", 48_211)]),
        Step(
            "RUN /bin/sh -c find packages -name .npmrc -delete -o -name README.md -delete # buildkit",
            [deleted("srv/packages/web/.npmrc"), deleted("srv/packages/web/README.md")],
        ),
        Step("ENV NODE_ENV=production"),
        Step("USER 1000:1000"),
        Step('CMD ["node" "packages/api/src/index.js"]'),
    ]
    save(folder / "acme.tar", "registry.example.com/acme:2.0", steps)


@maker
def grown_images(folder: Path) -> None:
    """Two versions of an image. Between them one package grows by 812,345 bytes, another shrinks by 390,001, a third is new (655,123),
    and a data file grows by 1,048,576: the difference of the totals names none of them.
    """

    def steps(version: str, pillow: Sequence[int], lxml: Sequence[int], more: Sequence[File], data: int) -> list[Step]:
        packages = [*_package("pillow", version, pillow), *_package("lxml", version, lxml), *_package("flask", "3.1.2", [61_000])]
        return [
            _DEBIAN,
            _PYTHON,
            Step("RUN /bin/sh -c pip install -r requirements.txt # buildkit", [*packages, *more]),
            Step("COPY . . # buildkit", [File("srv/shop.py", 12_007), File("srv/data/cities.csv", data)]),
            Step('CMD ["python" "shop.py"]'),
        ]

    before = steps("12.0.0", [1_411_870, 402_116], [1_200_000, 390_001], [], 262_144)
    after = steps("12.1.0", [1_724_215, 902_116], [1_200_000], list(_package("tzdata", "2026.2", [455_123, 200_000])), 1_310_720)
    save(folder / "shop-1.4.tar", "registry.example.com/shop:1.4", before)
    save(folder / "shop-1.5.tar", "registry.example.com/shop:1.5", after)


# Dockerfiles ------------------------------------------------------------------------------------------------------------------------

_BREAKING = {
    "user-in-builder-only": """\
FROM golang:1.27-trixie AS build
USER 10001:10001
WORKDIR /src
COPY . .
RUN go build -o /tmp/{name} ./cmd/{name}

FROM debian:trixie-slim
COPY --from=build /tmp/{name} /usr/local/bin/{name}
ENTRYPOINT ["{name}"]
""",
    "root-again": """\
FROM node:26-trixie-slim
WORKDIR /app
COPY . .
USER 1000:1000
RUN node --check {name}.js
USER root
CMD ["node", "{name}.js"]
""",
    "user-in-heredoc": """\
FROM python:3.14-slim-trixie
WORKDIR /app
COPY {name}.py ./
RUN <<EOF
cat > /etc/{name}.conf <<CONF
USER 10001
CONF
EOF
CMD ["python", "{name}.py"]
""",
    "registry-with-port": """\
FROM registry.example.com:5000/platform/node
WORKDIR /app
COPY . .
USER 1000:1000
CMD ["node", "{name}.js"]
""",
    "latest-by-argument": """\
ARG VERSION=latest
FROM python:${{VERSION}}
WORKDIR /app
COPY {name}.py ./
USER 10001:10001
CMD ["python", "{name}.py"]
""",
    "untagged-builder": """\
FROM maven AS build
WORKDIR /src
COPY . .
RUN mvn --batch-mode package

FROM eclipse-temurin:25-jre
COPY --from=build /src/target/{name}.jar /app/{name}.jar
USER 10001:10001
CMD ["java", "-jar", "/app/{name}.jar"]
""",
    "password-on-second-line": """\
FROM node:26-trixie-slim
ENV NODE_ENV=production \\
    DB_USER={name} \\
    DB_PASSWORD=hunter2-{name}
WORKDIR /app
COPY . .
USER 1000:1000
CMD ["node", "{name}.js"]
""",
    "inherits-root": """\
FROM python:3.14-slim-trixie AS base
WORKDIR /app

FROM base AS test
USER 10001:10001
RUN python -V

FROM base
COPY {name}.py ./
CMD ["python", "{name}.py"]
""",
    "lower-case": """\
from node:latest
workdir /app
copy . .
user 1000:1000
cmd ["node", "{name}.js"]
""",
}
"""Dockerfiles that break the policy of the services, by how they do."""

_KEEPING = {
    "inherits-user": """\
FROM python:3.14-slim-trixie AS base
WORKDIR /app
USER 10001:10001

FROM base
COPY {name}.py ./
CMD ["python", "{name}.py"]
""",
    "nonroot-tag": """\
FROM golang:1.27-trixie AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /{name} ./cmd/{name}

FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /{name} /{name}
ENTRYPOINT ["/{name}"]
""",
    "root-in-heredoc": """\
FROM debian:trixie-slim
COPY <<EOF /etc/{name}.conf
USER root
EOF
COPY {name}.sh /usr/local/bin/
USER 10001:10001
# USER root would break the policy
CMD ["{name}.sh"]
""",
    "root-then-dropped": """\
FROM nginxinc/nginx-unprivileged:stable
USER root
RUN rm /etc/nginx/conf.d/default.conf
USER 101:101
COPY {name}.conf /etc/nginx/conf.d/
""",
    "port-and-tag": """\
FROM registry.example.com:5000/platform/node:26.2
WORKDIR /app
COPY . .
USER 1000:1000
CMD ["node", "{name}.js"]
""",
    "digest": """\
FROM python@sha256:{digest}
WORKDIR /app
COPY {name}.py ./
USER 10001:10001
CMD ["python", "{name}.py"]
""",
    "argument-with-tag": """\
ARG VERSION=3.14-slim-trixie
FROM python:${{VERSION}}
WORKDIR /app
COPY {name}.py ./
USER 10001:10001
CMD ["python", "{name}.py"]
""",
    "secret-mount": """\
FROM node:26-trixie-slim AS deps
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN,required=true npm ci --omit=dev

FROM node:26-trixie-slim
WORKDIR /app
COPY --from=deps /app/node_modules node_modules
COPY {name}.js ./
USER 1000:1000
CMD ["node", "{name}.js"]
""",
    "user-by-argument": """\
FROM python:3.14-slim-trixie
ARG UID=10001
WORKDIR /app
COPY {name}.py ./
USER ${{UID}}:${{UID}}
CMD ["python", "{name}.py"]
""",
    "harmless-names": """\
FROM node:26-trixie-slim
ENV KEYBOARD_LAYOUT=de PASSWORD_FILE=/run/secrets/{name} MONKEYS=3
WORKDIR /app
COPY . .
USER 1000:1000
CMD ["node", "{name}.js"]
""",
    "scratch": """\
FROM rust:1-alpine AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked && cp target/release/{name} /{name}

FROM scratch
COPY --from=build /{name} /{name}
USER 65532:65532
ENTRYPOINT ["/{name}"]
""",
}
"""Dockerfiles that keep the policy, though a search for words may say otherwise."""

_ADJECTIVES = "amber brisk calm dusty eager faint".split()
_NOUNS = "anchor badger cedar delta ember falcon gravel harbor island juniper".split()
SERVICES = [f"{adjective}-{noun}" for adjective in _ADJECTIVES for noun in _NOUNS]
_OFFENDERS = 14


def services() -> Iterator[tuple[str, str, bool]]:
    """Name, Dockerfile, and whether it breaks the policy, of each service, in the order of their names."""
    ranked = sorted(SERVICES, key=lambda name: sha256(name.encode()).digest())
    for name in SERVICES:
        rank = ranked.index(name)
        forms = list((_BREAKING if rank < _OFFENDERS else _KEEPING).values())
        form = forms[rank % len(forms)]
        yield name, form.format(name=name, digest=sha256(name.encode()).hexdigest()), rank < _OFFENDERS


@maker
def sixty_dockerfiles(folder: Path) -> None:
    """`services/NAME/Dockerfile` for sixty services, of which fourteen break the policy in nine ways that only a reader of stages,
    heredocs, arguments and references tells from the others.
    """
    for name, text, _ in services():
        path = folder / "services" / name / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_text(text)


# A workspace that is an example's, changed -----------------------------------------------------------------------------------------

_FORMATTER = {
    "version": "3.6.2",
    "dev": True,
    "integrity": "sha512-I7AIg5boAr5R0FFtJ6rCfD+LFsWHp81dolrFD8S79U9tb8Az2nGrJncnMSnys+bpQJfRUzqs9hnA81OAA3hCuQ==",
}


@maker
def office_registry(folder: Path) -> None:
    """The registry in .npmrc has no certificate, as in many an office, and there is a development package, which must not ship."""
    settings = folder / ".npmrc"
    settings.write_text(settings.read_text().replace("https://", "http://"))
    for name in ("package.json", "package-lock.json"):
        path = folder / name
        document = json.loads(path.read_text())
        root = document["packages"][""] if "packages" in document else document
        root["devDependencies"] = {"prettier": _FORMATTER["version"]}
        if root is not document:
            document["packages"]["node_modules/prettier"] = _FORMATTER
        path.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":  # the scaffold scripts call it where the workspace is to be
    for name in sys.argv[1:]:
        MAKERS[name](Path())
