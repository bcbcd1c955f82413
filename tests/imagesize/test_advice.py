"""For each kind of loss: which instruction is named, at which line, and what it should say instead."""

# ruff: noqa: E501 - tables of cases read best in long lines
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imagesize import dockerfile, history, load
from imagesize.report import Analysis, analyze
from tests.imagesize.archives import Member, file, hardlink, legacy, opaque, symlink, whiteout, write

BIG = 200_000
DOCKERFILE = """\
# syntax=docker/dockerfile:1
FROM debian:13 AS builder
RUN make
COPY app /app

FROM debian:13 AS base
ENV A=1
RUN apt-get update \\
    # a comment
    && apt-get install -y curl

FROM base
COPY app /app
RUN <<EOF
chown -R app:app /app
EOF
RUN rm /app/big
CMD ["app"]
"""


def advised(tmp_path: Path, layers: list[list[Member]], commands: list[str], text: str = "", base: int = 0) -> Analysis:
    steps: list[dict[str, Any]] = [{"created_by": command} for command in commands]
    if base:
        steps.insert(base, {"created_by": 'CMD ["bash"]', "empty_layer": True})
    return analyze(load(str(write(tmp_path / "a.tar", legacy(layers, history=steps)))), text)


CASES = {
    "chown of a copy": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY app /app", "RUN chown -R web:web /app"], 0,
        ("metadata", 0, BIG, "limit the chown of layer 1 to what must be written to, without /app/big: code may stay root's, and `COPY --chown=1:0 …` gives")),
    "chmod of a copy": (
        [[file("app/big", BIG)], [file("app/big", BIG, mode=0o755)]], ["COPY app /app", "RUN chmod +x /app/big"], 0,
        ("metadata", 0, BIG, "`COPY --chmod=+x …`")),
    "chown of what a RUN made": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["RUN make", "RUN chown web /app"], 0,
        ("metadata", 0, BIG, "code may stay root's, or change it in the RUN that makes it")),
    "chown of the base image": (
        [[file("usr/big", BIG)], [file("usr/big", BIG, uid=1)]], ["RUN base", "RUN chown -R web /usr"], 1,
        ("metadata", 1, BIG, "only what must be written to")),
    "all that a RUN changes of a copy": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY app /app", "RUN chown -R web:web /app && chmod -R u+rwX /app"], 0,
        ("metadata", 0, BIG, "limit the chown and chmod of layer 1 to what must be written to or run, without /app/big: code may stay root's, and `COPY --chown=1:0 --chmod=u+rwX …`")),
    "the owner of another file": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY app /app", "RUN chown --reference=/srv -R /app"], 0,
        ("metadata", 0, BIG, "`COPY --chown=UID:GID …`")),
    "a copy touched": (
        [[file("app/big", BIG)], [file("app/big", BIG, mtime=1)]], ["COPY app /app", "RUN build"], 0, ("metadata", 0, BIG, "in another stage")),
    "a later chown of what a RUN made": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["RUN npm ci", "RUN chown -R web ."], 0,
        ("metadata", 0, BIG, "or change it in the RUN that makes it")),
    "copied, then moved": (
        [[file("etc/app.example", BIG)], [whiteout("etc/app.example"), file("etc/app", BIG)]], ["COPY app.example /etc/", "RUN mv /etc/app.example /etc/app"],
        0, ("deleted", 0, BIG, "copy /etc/app.example at once where layer 1 moves it")),
    "made, then moved": (
        [[file("out/x", BIG)], [whiteout("out"), file("srv/x", BIG)]], ["RUN make", "RUN mv /out /srv"], 0,
        ("deleted", 0, BIG, "put /out/x at once where layer 1 moves it")),
    "the base's file moved": (
        [[file("out/x", BIG)], [whiteout("out"), file("srv/x", BIG)]], ["RUN base", "RUN mv /out /srv"], 1, ("deleted", 1, BIG, "link to /out/x")),
    "deleted by a RUN that moves something else": (
        [[file("i/x", BIG)], [whiteout("i"), file("srv/y", 9)]], ["COPY i /i", "RUN mv /y /srv && rm -r /i"], 0, ("deleted", 0, BIG, ".dockerignore")),
    "a part of a stage's folder deleted": (
        [[file("o/a", BIG), file("o/b", 9)], [whiteout("o/a")]], ["COPY /o /o", "RUN rm /o/a"], 0, ("deleted", 0, BIG, "delete it in that stage")),
    "a part of a stage's folder copied over": (
        [[file("o/a", b"1" * BIG)], [file("o/a", b"2" * BIG)]], ["COPY /o /o", "COPY a /o"], 0, ("overwritten", 0, BIG, "layer 0 (`--exclude`)")),
    "lists deleted later": (
        [[file("var/lib/apt/lists/x", BIG)], [whiteout("var/lib/apt/lists/x")]], ["RUN apt-get update", "RUN rm -rf /var/lib/apt/lists/*"], 0,
        ("deleted", 1, BIG, "fetch the index, install and clean up in one RUN: join layers 0 and 1")),
    "lists of an install deleted later": (
        [[file("var/lib/apt/lists/x", BIG)], [whiteout("var/lib/apt/lists/x")]], ["RUN apt-get update && apt-get install -y a", "RUN rm -rf /var/lib/apt/lists/*"], 0,
        ("deleted", 0, BIG, "`RUN --mount=type=cache,target=/var/lib/apt,sharing=locked …`")),
    "lists deleted later, something copied before": (
        [[file("var/lib/apt/lists/x", BIG)], [file("a", 1)], [whiteout("var/lib/apt/lists/x")]], ["RUN apt-get update", "COPY a /a", "RUN rm -rf /var/lib/apt/lists/*"], 0,
        ("deleted", 2, BIG, "fetch the index, install and clean up in one RUN")),
    "packages removed when they have been used": (
        [[file("usr/lib/gcc/x", BIG)], [file("x.o", 1)], [whiteout("usr/lib/gcc")]], ["RUN apt-get install gcc", "RUN make", "RUN apt-get purge gcc"], 0,
        ("deleted", 2, BIG, "join layers 0 to 2 in one RUN")),
    "packages removed when what was copied is compiled": (
        [[file("usr/lib/gcc/x", BIG)], [file("x.c", 1)], [whiteout("usr/lib/gcc")]], ["RUN apt-get install gcc", "COPY x.c /", "RUN make; apt-get purge gcc"], 0,
        ("deleted", 2, BIG, "let another stage do what needs /usr/lib/gcc/x")),
    "the owner is made later": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=999)]], ["COPY . /app", "RUN useradd app && chown -R app:app /app"], 0,
        ("metadata", 0, BIG, "`COPY --chown=999:0 …`")),
    "an owner without a group": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=999)]], ["COPY . /app", 'RUN chown -R "$(id -u app)" /app'], 0,
        ("metadata", 0, BIG, "`COPY --chown=999 …`")),
    "the mode of one file of many": (
        [[file("app/big", BIG), file("app/x", 9)], [file("app/big", BIG, mode=0o600)]], ["COPY . /app", "RUN chmod 600 /app/big"], 0,
        ("metadata", 0, BIG, "`COPY --chmod=600 …`, where it has a COPY of its own, gives")),
    "modes by find alone": (
        [[file("app/big", BIG)], [file("app/big", BIG, mode=0o600)]], ["COPY . /app", "RUN find /app -exec chmod 600 {} +"], 0,
        ("metadata", 0, BIG, "`COPY --chmod=MODE …`")),
    "a file made beside a chown": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1), file("run/pid", b"")]], ["COPY . /app", "RUN touch /run/pid && chown 1 /app/big /run/pid"], 0,
        ("metadata", 0, BIG, "limit the chown of layer 1")),
    "a link beside a chown": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY . /app", "RUN ln a b && chown -R 1 /app"], 0, ("metadata", 0, BIG, "limit the chown")),
    "modes by find": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY . /app", "RUN find /app -type d -exec chmod 755 {} + && find /app -type f -exec chmod 600 {} + && chown -R 1 /app"], 0,
        ("metadata", 0, BIG, "`COPY --chown=1 …`")),
    "the mode of another folder": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY . /app", "RUN chmod 0775 /opt && cd /app && chown -R 1:1 ."], 0,
        ("metadata", 0, BIG, "`COPY --chown=1:0 …`")),
    "the mode of the folder alone": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY . /app", "RUN chmod 700 /app && chown -R 1:1 /app"], 0,
        ("metadata", 0, BIG, "`COPY --chown=1:0 …`")),
    "linked in another layer": (
        [[file("x/big", BIG)], [file("x/big", BIG, mtime=1), hardlink("y/big", "x/big")]], ["COPY x /x", "RUN mkdir /y && ln /x/big /y/big"], 0,
        ("metadata", 1, BIG, "link to /x/big with `ln -s`")),
    "two owners": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY . /app", "RUN chown -R 1 /app && chown 2 /app/x"], 0,
        ("metadata", 0, BIG, "`COPY --chown=UID:GID …`")),
    "a copied file that its COPY names": (
        [[file("tmp/inst.bin", BIG)], [whiteout("tmp/inst.bin")]], ["COPY inst.bin /tmp/", "RUN sh /tmp/inst.bin && rm /tmp/inst.bin"], 0,
        ("deleted", 0, BIG, "lend /tmp/inst.bin to the RUN that needs it (`--mount=type=bind,source=…`) instead of copying it")),
    "a needless file that its COPY names": ([[file("tmp/inst.bin", BIG)]], ["COPY inst.bin /tmp/"], 0, ("leftovers", 0, BIG, "lend it to the RUN")),
    "a file of the root": ([[file("big", BIG)], [whiteout("big")]], ["RUN base", "RUN rm /big"], 1, ("deleted", 1, BIG, "into another stage (/big)")),
    "logs": ([[file("var/log/x/y.log", BIG)]], ["RUN make"], 0, ("leftovers", 0, BIG, "`rm -f /var/log/*.log /var/log/*/*`")),
    "a clone": ([[file("src/.git/x", BIG)]], ["RUN git clone x /src"], 0, ("version-control", 0, BIG, "clone in another stage and copy what is wanted, or delete it in the RUN")),
    "caches of another user, and of several tools": (
        [[file("home/a/.npm/_cacache/x", BIG, uid=1000), file("root/.cache/pip/y", BIG - 9)]], ["RUN npm ci; pip install x"], 0,
        ("caches", 0, 2 * BIG - 9, "`RUN --mount=type=cache,target=/home/a/.npm,uid=1000,gid=0 --mount=type=cache,target=/root/.cache/pip …`")),
    "a cache of another user in a folder that the builder would make": (
        [[file("home/a/.cache/yarn/x", BIG, uid=1000)]], ["RUN yarn"], 0, ("caches", 0, BIG, "`RUN --mount=type=cache,target=/home/a/.cache,uid=1000,gid=0 …`")),
    "a cache of Poetry's": (
        [[file("root/.cache/pypoetry/cache/x", BIG)]], ["RUN poetry install"], 0, ("caches", 0, BIG, "target=/root/.cache/pypoetry/cache …`")),
    "a folder of the root given away": (
        [[file("app/a", BIG), file("app/b", BIG - 1)], [file("app/a", BIG, uid=1), file("app/b", BIG - 1, uid=1)]], ["COPY . /app", "RUN chown -R 1 /app"], 0,
        ("metadata", 0, 2 * BIG - 1, "without /app")),
    "a cache of gems": ([[file("usr/local/bundle/cache/x.gem", BIG)]], ["RUN bundle install"], 0, ("caches", 0, BIG, "target=/usr/local/bundle/cache")),
    "what Cargo leaves": ([[file("app/target/release/deps/x", BIG)]], ["RUN cargo build"], 0, ("intermediates", 0, BIG, "`COPY --from=`")),
    "wheels": ([[file("wheels/x.whl", BIG)]], ["COPY wheels /wheels"], 0, ("installers", 0, BIG, ".dockerignore")),
    "a pip of the environment's own": (
        [[file("venv/pyvenv.cfg", 1), file("venv/lib/python3.14/site-packages/pip/_vendor/x.py", BIG)]], ["RUN python -m venv /venv"], 0,
        ("pip", 0, BIG, "--without-pip")),
    "packages for development": (
        [[file("app/node_modules/.package-lock.json", b'{"packages": {"node_modules/jest": {"dev": true}, "node_modules/ms": {}}}'),
          file("app/node_modules/jest/x.js", BIG), file("app/node_modules/ms/x.js", BIG)]], ["RUN npm ci"], 0,
        ("development-packages", 0, BIG, "`npm ci --omit=dev`")),
    "packages removed later": (
        [[file("usr/lib/gcc/x", BIG), file("usr/bin/gcc", BIG)], [whiteout("usr/lib/gcc"), whiteout("usr/bin/gcc")]],
        ["RUN apt-get install gcc", "RUN apt-get purge gcc"], 0, ("deleted", 1, 2 * BIG, "join layers 0 and 1 in one RUN")),
    "a copy whose time is changed": (
        [[file("app/big", BIG)], [file("app/big", BIG, mtime=1)]], ["COPY app /app", "RUN find /app -exec touch {} +"], 0,
        ("metadata", 0, BIG, "drop the touch from layer 1, or do it where /app/big comes from")),
    "the time of what a RUN made is changed": (
        [[file("app/big", BIG)], [file("app/big", BIG, mtime=1)]], ["RUN make", "RUN touch /app/big"], 0,
        ("metadata", 0, BIG, "drop the touch from layer 1, or do it in the RUN that makes /app/big")),
    "a part of an archive deleted": (
        [[file("srv/app/big", BIG)], [whiteout("srv/app/big")]], ["ADD app.tar.gz /srv/", "RUN rm /srv/app/big"], 0,
        ("deleted", 0, BIG, "leave /srv/app/big out of the archive")),
    "the same copied twice": (
        [[file("app/big", BIG)], [file("app/big", BIG)]], ["COPY app /app", "COPY . /"], 0, ("metadata", 1, BIG, "layer 0 already brings")),
    "a copied installer deleted": (
        [[file("tmp/i/big.deb", BIG)], [whiteout("tmp/i/big.deb")]], ["COPY i /tmp/i", "RUN rm -r /tmp/i"], 0,
        ("deleted", 0, BIG, "--mount=type=bind")),
    "a copied archive deleted": (
        [[file("tmp/data.tar.gz", BIG)], [whiteout("tmp/data.tar.gz")]], ["COPY data.tar.gz /tmp/", "RUN tar -xf /tmp/data.tar.gz && rm /tmp/data.tar.gz"], 0,
        ("deleted", 0, BIG, "`ADD FILE FOLDER/` unpacks /tmp/data.tar.gz itself")),
    "a fetched archive deleted": (
        [[file("tmp/data.tgz", BIG)], [whiteout("tmp/data.tgz")]], ["ADD https://example.com/data.tgz /tmp/", "RUN tar -xf /tmp/data.tgz && rm /tmp/data.tgz"], 0,
        ("deleted", 0, BIG, "`ADD --unpack=true URL FOLDER/`")),
    "headers of a library": (
        [[file("usr/lib/python3/site-packages/numpy/x.h", BIG)]], ["RUN pip install numpy"], 0, ("headers", 0, BIG, "remove them in the RUN that installs")),
    "a cache deleted later": (
        [[file("root/.cache/pip/x", BIG)], [whiteout("root/.cache")]], ["RUN pip install x", "RUN rm -rf /root/.cache"], 0,
        ("deleted", 0, BIG, "--mount=type=cache,target=/root/.cache/pip")),
    "written again by a package manager": (
        [[file("var/lib/dpkg/status", BIG)], [file("var/lib/dpkg/status", b"2" * BIG)]], ["RUN apt-get install a", "RUN apt-get install b"], 0,
        ("overwritten", 1, BIG, "in one RUN: join layers 0 and 1")),
    "written again as it was": (
        [[file("app/lock", BIG)], [file("app/lock", BIG, mtime=1)]], ["RUN npm install", "RUN npm prune"], 0, ("metadata", 1, BIG, "join layers 0 and 1")),
    "npm's cache": (
        [[file("root/.npm/_cacache/content/x", BIG)]], ["RUN npm install"], 0, ("caches", 0, BIG, "`RUN --mount=type=cache,target=/root/.npm …`")),
    "made and deleted": (
        [[file("src/a/x", BIG), file("src/b/y", BIG)], [whiteout("src")]], ["RUN make", "RUN rm -rf /src"], 0, ("deleted", 1, 2 * BIG, "with `&&`")),
    "deleted from the base": (
        [[file("usr/big", BIG)], [whiteout("usr/big")]], ["RUN base", "RUN rm /usr/big"], 1, ("deleted", 1, BIG, "choose a smaller one")),
    "copied, given away, deleted": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)], [whiteout("app/big")]], ["COPY app /app", "RUN chown web /app", "RUN rm /app/big"], 0,
        ("deleted", 0, BIG, ".dockerignore")),
    "a folder made anew": (
        [[file("d/x", BIG)], [opaque("d"), file("d/y", 9)]], ["RUN one", "RUN two"], 0, ("opaque", 1, BIG, "with `&&`")),
    "upgraded": (
        [[file("usr/lib/x", b"1" * BIG)], [file("usr/lib/x", b"2" * BIG)]], ["RUN base", "RUN apt-get upgrade"], 1,
        ("overwritten", 1, BIG, "newer base image")),
    "copied over": (
        [[file("app/x", b"1" * BIG)], [file("app/x", b"2" * BIG)]], ["COPY a /app", "COPY b /app"], 0, ("overwritten", 0, BIG, "once")),
    "written over": (
        [[file("app/x", b"1" * BIG)], [file("app/x", b"2" * BIG)]], ["RUN a", "RUN b"], 0, ("overwritten", 1, BIG, "join layers 0 and 1")),
    "copied and compiled": (
        [[file("app/x", b"1" * BIG)], [file("app/x", b"2" * BIG)]], ["COPY a /app", "RUN strip /app/x"], 0, ("overwritten", 0, BIG, "another stage")),
    "package lists": (
        [[file("var/lib/apt/lists/x", BIG)]], ["RUN apt-get update && apt-get install a"], 0, ("package-lists", 0, BIG, "--mount=type=cache,target=/var/lib/apt")),
    "package lists alone": (
        [[file("var/lib/apt/lists/x", BIG)]], ["RUN add-apt-repository a && apt-get update"], 0, ("package-lists", 0, BIG, "in each RUN that installs")),
    "package lists that a later RUN uses": (
        [[file("var/lib/apt/lists/x", BIG)], [file("usr/bin/b", 1)]], ["RUN apt-get update && apt-get install a", "RUN apt-get install b"], 0,
        ("package-lists", 0, BIG, "in each RUN that installs")),
    "lists of the base fetched again": (
        [[file("var/lib/apt/lists/x", BIG)], [whiteout("var/lib/apt/lists/x")]], ["RUN base", "RUN rm -r /var/lib/apt/lists"], 1, ("deleted", 1, BIG, "choose a smaller one")),
    "debconf": ([[file("var/cache/debconf/x", BIG)]], ["RUN apt-get install x"], 0, ("debconf", 0, BIG, "rm -rf /var/cache/debconf/*")),
    "git's folder": ([[file("app/.git/x", BIG)]], ["COPY . /app"], 0, ("version-control", 0, BIG, ".dockerignore")),
    "headers that were only given away": (
        [[file("app/x.h", BIG)], [file("app/x.h", BIG, uid=1)]], ["COPY . /app", "RUN chown web /app"], 0, ("headers", 0, BIG, ".dockerignore")),
    "a copy of a copy": (
        [[file("a/x", b"1" * BIG)], [file("b/x", b"1" * BIG)]], ["COPY a /a", "RUN cp -r /a /b"], 0, ("duplicate", 1, BIG, "link")),
    "source maps copied": ([[file("app/x.js.map", BIG)]], ["COPY . /app"], 0, ("source-maps", 0, BIG, "leave them out (`COPY --exclude=**/*.map …`)")),
    "source maps made": ([[file("app/x.js.map", BIG)]], ["RUN npm run build"], 0, ("source-maps", 0, BIG, "delete them in the RUN that installs or builds")),
    "git's folder from a stage": ([[file("app/.git/x", BIG)]], ["COPY /app /app"], 0, ("version-control", 0, BIG, "remove it in the stage")),
    "a compiler copied": ([[file("usr/local/go/src/x.go", BIG)]], ["COPY /usr/local/go /usr/local/go"], 0, ("build-tools", 0, BIG, "compile in a stage of its own")),
    "a cache of a RUN that fetches the index too": (
        [[file("root/.cache/pip/x", BIG)]], ["RUN apt-get update && pip download x"], 0, ("caches", 0, BIG, "target=/root/.cache/pip")),
    "a cache of a build deleted later": (
        [[file("root/.cache/go-build/x", BIG)], [whiteout("root/.cache")]], ["RUN go build .", "RUN rm -rf /root/.cache"], 0,
        ("deleted", 0, BIG, "--mount=type=cache,target=/root/.cache/go-build")),
    "package lists that each RUN fetches": (
        [[file("var/lib/apt/lists/x", BIG)], [file("b", 1)]], ["RUN apt-get update && apt-get install a", "RUN apt-get update && apt-get install b"], 0,
        ("package-lists", 0, BIG, "put them on cache mounts")),
    "package lists that nothing but pip follows": (
        [[file("var/lib/apt/lists/x", BIG)], [file("b", 1)]], ["RUN apt-get update && apt-get install a", "RUN pip install b"], 0,
        ("package-lists", 0, BIG, "put them on cache mounts")),
    "an archive that holds a file twice": ([[file("app/x", BIG), file("app/x", BIG)]], ["COPY . /app"], 0, ("metadata", 0, BIG, "holds /app/x twice")),
    "copied over from the context": (
        [[file("app/x", b"1" * BIG)], [file("app/x", b"2" * BIG)]], ["COPY . /app", "COPY b /app/x"], 0,
        ("overwritten", 0, BIG, "leave it out of layer 0 (`.dockerignore`, `--exclude`) or of layer 1")),
    "made, then copied over": (
        [[file("app/x", b"1" * BIG)], [file("app/x", b"2" * BIG)]], ["RUN make", "COPY x /app/x"], 0, ("overwritten", 1, BIG, "write /app/x once")),
    "the books of the packages deleted": (
        [[file("var/lib/dpkg/status", BIG)], [whiteout("var/lib/dpkg")]], ["RUN apt-get install a", "RUN rm -r /var/lib/dpkg"], 0,
        ("deleted", 1, BIG, "join layers 0 and 1 in one RUN, with `&&`, or let another stage")),
    "a part of an added folder deleted": (
        [[file("src/x", BIG)], [whiteout("src/x")]], ["ADD src /src", "RUN rm /src/x"], 0, ("deleted", 0, BIG, "leave /src/x out (`.dockerignore`")),
    "a part of a copied folder deleted": (
        [[file("src/a/x", BIG)], [whiteout("src/a")]], ["COPY . /src", "RUN rm -r /src/a"], 0, ("deleted", 0, BIG, "leave /src/a/x out (`.dockerignore`")),
    "the group of a copy": (
        [[file("app/big", BIG)], [file("app/big", BIG, uid=1)]], ["COPY . /app", "RUN chgrp -R web /app"], 0, ("metadata", 0, BIG, "`COPY --chown=UID:GID …`")),
    "copied, copied over, deleted": (
        [[file("a/x", b"1" * BIG)], [file("a/x", b"2" * BIG)], [whiteout("a/x")]], ["COPY . /a", "COPY x /a/", "RUN rm /a/x"], 0,
        ("deleted", 1, BIG, "lend /a/x to the RUN")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_advice(name: str, tmp_path: Path) -> None:
    layers, commands, base, (kind, layer, saved, words) = CASES[name]
    analysis = advised(tmp_path, layers, commands, base=base)
    assert analysis.image.base.layers == base
    (each,) = [advice for advice in analysis.advice if advice.kind == kind]
    assert (each.layer, each.bytes) == (layer, saved) and words in each.mend
    assert each.instruction == commands[layer] and each.line == 0


def test_what_comes_with_the_base_image_is_one_advice(tmp_path: Path) -> None:
    layers = [
        [file("usr/big", BIG), file("usr/share/doc/x", BIG), file("usr/bin/a", b"1" * BIG)],
        [whiteout("usr/big"), file("usr/bin/b", b"1" * BIG)],
    ]
    commands = ["RUN base", "RUN rm /usr/big", "COPY own /own"]
    analysis = advised(tmp_path, [*layers, [file("own", BIG)]], commands, "FROM some/base AS one\nFROM one\nCOPY own /own\n", base=2)
    (each,) = analysis.advice
    assert (each.kind, each.bytes, each.line, each.instruction) == ("base-image", 3 * BIG, 1, "FROM some/base:latest")
    assert each.because == (
        "what seems to be the base image some/base:latest brings contents that are there twice (200 kB), documentation and translations (200 kB), "
        "what its own layers hide (200 kB)"
    )
    assert each.mend.startswith("choose a smaller one (slim, distroless)")
    tools = advised(tmp_path, [[file("usr/local/go/src/x", BIG)], [file("own", 1)]], ["RUN base", "COPY own /"], base=1)
    assert "COPY --from=" in tools.advice[0].mend


@pytest.mark.parametrize("instruction", ["RUN pip install requests", "COPY /venv /venv"])
def test_what_a_library_brings_twice_is_nobodys_to_mend(tmp_path: Path, instruction: str) -> None:
    layers = [[file(f"usr/lib/python3/site-packages/{name}/certs.pem", b"1" * BIG) for name in ("pip/_vendor", "requests")]]
    assert advised(tmp_path, layers, [instruction]).advice == []


def test_what_packages_of_nodejs_bring_along_is_nobodys_to_mend(tmp_path: Path) -> None:
    paths = ("usr/local/lib/node_modules/npm/node_modules/x/i", "app/node_modules/x/i", "app/node_modules/y/node_modules/x/i")
    assert advised(tmp_path, [[file(path, b"1" * BIG) for path in paths]], ["RUN npm install"]).advice == []


@pytest.mark.parametrize("path", ["node_modules/@playwright/test/lib/x.js", "node_modules/test/x.js", "node_modules/tests/x.js"])
def test_a_package_called_test_is_no_test(tmp_path: Path, path: str) -> None:
    assert advised(tmp_path, [[file(f"app/{path}", BIG)]], ["RUN npm ci"]).advice == []


def test_wheels_that_are_a_package_are_not_what_was_installed_from(tmp_path: Path) -> None:
    layers = [
        [
            file("var/lib/dpkg/status", b"Package: python3-pip-whl\nStatus: install ok installed\n"),
            file("var/lib/dpkg/info/python3-pip-whl.list", b"/usr/share/python-wheels/pip.whl\n"),
            file("usr/share/python-wheels/pip.whl", BIG),
        ]
    ]
    assert advised(tmp_path, layers, ["RUN apt-get install -y python3-pip"]).advice == []


LINKED = [file("root/.cache/uv/x.so", BIG), hardlink("app/.venv/x.so", "root/.cache/uv/x.so")]


def test_a_cache_that_is_linked_with_what_is_used_costs_nothing(tmp_path: Path) -> None:
    assert advised(tmp_path, [LINKED], ["RUN uv sync"]).advice == []
    only = advised(tmp_path, [[file("root/.cache/uv/x", BIG), hardlink("root/.cache/pip/x", "root/.cache/uv/x")]], ["RUN uv sync"]).advice
    assert [(each.kind, each.bytes) for each in only] == [("caches", BIG)]


@pytest.mark.parametrize(
    "members",
    [
        [file("root/.cache/pypoetry/virtualenvs/app/lib/x.py", BIG)],
        [file("root/.cache/uv/archive-v0/a/flask/x.py", BIG), symlink("app/.venv/lib/flask", "/root/.cache/uv/archive-v0/a/flask")],
        [file("root/.yarn/berry/cache/ms.zip", BIG), file("app/.pnp.cjs", 9)],
        [file("root/.cache/deno/npm/x.js", BIG)],
        [file("usr/lib/python3/ensurepip/_bundled/pip.whl", BIG)],
        [file("usr/lib/ImageMagick/coders/jpeg.la", BIG)],
    ],
)
def test_what_a_program_runs_from_is_no_cache(tmp_path: Path, members: list[Member]) -> None:
    assert advised(tmp_path, [members], ["RUN install"]).advice == []


@pytest.mark.parametrize(
    ("line", "mend"),
    [
        ("COPY --from=build w/out /out/", "remove it in the stage that it is copied from"),
        ("COPY / /out/", "leave it out with a line in `.dockerignore`"),
    ],
)
def test_the_dockerfile_tells_where_a_copy_is_from(tmp_path: Path, line: str, mend: str) -> None:
    made = line.replace("--from=build ", "")
    (advice,) = advised(tmp_path, [[file("out/node_modules/a/test/x.js", BIG)]], [made], f"FROM scratch\n{line}\n").advice
    assert mend in advice.mend


def test_development_packages_of_a_stage_are_pruned_there(tmp_path: Path) -> None:
    lock = file("app/node_modules/.package-lock.json", b'{"packages": {"node_modules/jest": {"dev": true}}}')
    (advice,) = advised(tmp_path, [[lock, file("app/node_modules/jest/x.js", BIG)]], ["COPY /app /app"]).advice
    assert "remove it in the stage that it is copied from (`npm prune --omit=dev`)" in advice.mend


def test_what_a_chown_parts_is_what_it_costs(tmp_path: Path) -> None:
    (advice,) = advised(tmp_path, [LINKED, [file("app/.venv/x.so", b"", uid=9)._replace(data=LINKED[0].data)]], ["RUN uv sync", "RUN chown -R 9 /app"]).advice
    assert (advice.kind, advice.layer, advice.bytes) == ("metadata", 0, BIG) and "limit the chown of layer 1" in advice.mend
    names = ["opt/a", "opt/b", "opt/c"]
    one = [file(names[0], b"1" * BIG), *(hardlink(name, names[0]) for name in names[1:])]
    analysis = advised(tmp_path, [one, [file(name, b"1" * BIG, uid=9) for name in names]], ["RUN make", "RUN chown -R 9 /opt"])
    assert [(each.kind, each.bytes) for each in analysis.advice] == [("metadata", 3 * BIG)]
    assert [(each.path, each.bytes) for each in analysis.image.stacked.waste] == [("opt/a", BIG)], "the copies are visible"


def test_what_the_systems_packages_bring_twice_is_nobodys_to_mend(tmp_path: Path) -> None:
    layers = [
        [
            file("var/lib/dpkg/status", b"Package: perl\nStatus: install ok installed\n"),
            file("var/lib/dpkg/info/perl.list", b"/usr/share/perl/1.pl\n/usr/share/perl/2.pl\n"),
            *(file(f"usr/share/perl/{number}.pl", b"1" * BIG) for number in (1, 2)),
        ]
    ]
    assert advised(tmp_path, layers, ["RUN apt-get install -y perl"]).advice == []


def test_the_package_managers_own_copies_are_nobodys_to_mend(tmp_path: Path) -> None:
    layers = [[file(f"var/lib/dpkg/{name}", b"1" * BIG) for name in ("status", "status-old")]]
    assert advised(tmp_path, layers, ["RUN apt-get remove -y gcc"]).advice == []


@pytest.mark.parametrize(
    ("paths", "mend"),
    [
        (("a/node_modules/x/index.js", "node_modules/x/index.js"), "in one environment"),
        (("app/lib/python3.13/site-packages/numpy/x.py", "venv/lib/python3.13/site-packages/numpy/x.py"), "in one environment"),
        (("app/model.bin", "srv/model.bin"), "link to it"),
    ],
)
def test_what_is_installed_twice_is_joined_with_its_own_tool(tmp_path: Path, paths: tuple[str, ...], mend: str) -> None:
    (advice,) = advised(tmp_path, [[file(path, b"1" * BIG) for path in paths]], ["RUN install"]).advice
    assert (advice.kind, advice.bytes) == ("duplicate", BIG)
    assert mend in advice.mend


def test_the_packages_that_bring_what_is_needless_are_named(tmp_path: Path) -> None:
    layers = [
        [
            file("var/lib/dpkg/status", b"Package: gcc-14\nStatus: install ok installed\n"),
            file("var/lib/dpkg/info/gcc-14.list", b"/usr/bin/gcc-14\n"),
            file("usr/bin/gcc-14", BIG),
        ]
    ]
    (advice,) = advised(tmp_path, layers, ["RUN apt-get install -y gcc"]).advice
    assert (advice.kind, advice.because) == ("build-tools", "layer 0 (RUN) adds build tools (of gcc-14), 1 file")


@pytest.mark.parametrize(("count", "named"), [(3, "(of doc0, doc1, doc2)"), (4, "(of doc0, doc1, doc2, …)")])
def test_of_many_packages_the_first_are_named(tmp_path: Path, count: int, named: str) -> None:
    names = [f"doc{number}" for number in range(count)]
    layers = [
        [
            file("var/lib/dpkg/status", "\n".join(f"Package: {name}\nStatus: install ok installed\n" for name in names).encode()),
            *(file(f"var/lib/dpkg/info/{name}.list", f"/usr/share/doc/{name}\n".encode()) for name in names),
            *(file(f"usr/share/doc/{name}", BIG - number) for number, name in enumerate(names)),
        ]
    ]
    (advice,) = advised(tmp_path, layers, ["RUN apt-get install -y docs"]).advice
    assert named in advice.because and advice.mend.startswith("keep /usr/share/doc")


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("make", True), ("golang-1.24", True), ("gcc-14", True), ("gcc-c++", True), ("binutils-x86-64-linux-gnu", True), ("libpq-dev", True),
        ("openssl-devel", True), ("gcc-14-base", False), ("libgcc-s1", False), ("make-guile", False), ("curl", False),
    ],
)  # fmt: skip
def test_which_packages_make_programs(tmp_path: Path, name: str, tool: bool) -> None:
    layers = [
        [
            file("var/lib/dpkg/status", f"Package: {name}\nStatus: install ok installed\n".encode()),
            file(f"var/lib/dpkg/info/{name}.list", b"/usr/bin/x\n"),
            file("usr/bin/x", BIG),
        ]
    ]
    found = advised(tmp_path, layers, [f"RUN apt-get install -y {name}"]).advice
    assert [each.kind for each in found] == ["build-tools"] * tool


@pytest.mark.parametrize(("name", "mend"), [("libperl5.40", "do without these packages"), ("libpq-dev", "without their -dev")])
def test_headers_are_mended_by_the_package_that_brings_them(tmp_path: Path, name: str, mend: str) -> None:
    layers = [
        [
            file("var/lib/dpkg/status", f"Package: {name}\nStatus: install ok installed\n".encode()),
            file(f"var/lib/dpkg/info/{name}.list", b"/usr/lib/x.h\n"),
            file("usr/lib/x.h", BIG),
        ]
    ]
    (advice,) = advised(tmp_path, layers, ["RUN apt-get install"]).advice
    assert (advice.kind, mend in advice.mend) == ("headers", True)


@pytest.mark.parametrize(
    ("base", "mend"),
    [("python:3.14", "(slim, distroless)"), ("python:3.14-slim", "(distroless)"), ("alpine:3", "(distroless)"), ("gcr.io/distroless/cc", "")],
)
def test_a_base_image_gives_way_to_a_smaller_one_if_there_is_one(tmp_path: Path, base: str, mend: str) -> None:
    layers = [[file("usr/share/doc/x", BIG)], [file("app", 1)]]
    found = advised(tmp_path, layers, ["ADD file:1 in /", "COPY app /app"], f"FROM {base}\nCOPY app /app\n", base=1).advice
    assert [(each.kind, mend in each.mend) for each in found] == ([("base-image", True)] if mend else [])


def test_many_files_are_named_by_their_folder(tmp_path: Path) -> None:
    layers = [[file(f"var/lib/apt/lists/{number}_Packages", BIG * (9 if number < 3 else 1)) for number in range(5)]]
    (advice,) = advised(tmp_path, layers, ["RUN apt-get update"]).advice
    assert advice.paths == ("var/lib/apt/lists/",)


def test_documentation_is_named_by_its_folders(tmp_path: Path) -> None:
    layers = [[file(f"usr/share/{name}/{number}", BIG) for name in ("doc", "man", "locale", "info") for number in range(9)]]
    layers[0] = layers[0][:28]
    (advice,) = advised(tmp_path, layers, ["RUN make install"]).advice
    assert advice.paths == ("usr/share/doc/", "usr/share/locale/", "usr/share/man/")
    assert advice.mend.startswith("keep /usr/share/doc, /usr/share/locale, /usr/share/man out")


@pytest.mark.parametrize(("instruction", "mend"), [("COPY /app/node_modules /app/node_modules", "in the stage"), ("COPY . /app", "`.dockerignore`")])
def test_a_copy_from_a_stage_is_mended_there(tmp_path: Path, instruction: str, mend: str) -> None:
    (advice,) = advised(tmp_path, [[file("app/node_modules/a/test/t.js", BIG)]], [instruction]).advice
    assert mend in advice.mend


@pytest.mark.parametrize("path", ["srv/x", "var/x"])
def test_what_is_needless_is_not_told_again_as_duplicate(tmp_path: Path, path: str) -> None:
    layers = [[file(path, b"1" * BIG), file("usr/share/doc/x", b"1" * BIG)]]
    assert [(each.kind, each.bytes) for each in advised(tmp_path, layers, ["RUN make"]).advice] == [("documentation", BIG)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM debian:13-slim\nRUN a", "debian:13-slim"),
        ("FROM --platform=linux/amd64 docker.io/library/debian\nRUN a", "debian:latest"),
        ("FROM localhost:5000/a@sha256:00\nRUN a", "localhost:5000/a:latest"),
        ("ARG V=1\nFROM debian:$V\nRUN a", "debian:1"),
        ('ARG BASE="a/b:2"\nARG X\nFROM ${BASE}\nARG BASE=c\nRUN a', "a/b:2"),
        ("FROM ${BASE:-a:3}\nRUN a", "a:3"),
        ("ARG BASE\nFROM $BASE\nRUN a", ""),
        ("ARG V=13 N=debian\nARG BASE=$N:${V}-slim\nFROM $BASE\nRUN a", "debian:13-slim"),
        ("FROM a:1 AS one\nFROM b:1\nFROM one AS two\nFROM two\nRUN a", "a:1"),
        ("FROM a:1 AS a\nFROM a\nRUN a", "a:1"),
        ("RUN a", ""),
    ],
)
def test_the_base_of_a_dockerfile(tmp_path: Path, text: str, expected: str) -> None:
    assert advised(tmp_path, [[file("a", 1)]], ["RUN a"], text).image.base.name == expected


def test_a_dockerfile_tells_how_much_is_its_base(tmp_path: Path) -> None:
    layers = [[file("a", 1)], [file("b", 2)], [file("c", 3)]]
    commands = ["RUN one", "RUN two", "COPY c /c"]
    base = advised(tmp_path, layers, commands, "FROM x:1\nCOPY c /c\n").image.base
    assert (base.name, base.layers, base.known) == ("x:1", 2, False)
    base = advised(tmp_path, layers, commands, "FROM scratch\nCOPY c /c\n", base=1).image.base
    assert (base.name, base.layers, base.known) == ("", 0, True)


def test_licences_are_not_needless(tmp_path: Path) -> None:
    layers = [[file("usr/share/doc/curl/copyright", BIG), file("usr/share/doc/curl/x", BIG)]]
    assert [(each.kind, each.bytes) for each in advised(tmp_path, layers, ["RUN make"]).advice] == [("documentation", BIG)]


def test_a_clean_image_needs_no_advice(tmp_path: Path) -> None:
    assert advised(tmp_path, [[file("app/server", BIG)]], ["COPY server /app/server"]).advice == []


@pytest.mark.parametrize(
    ("layers", "commands", "layer", "because", "mend"),
    [
        pytest.param(
            [[file("state", str(each).encode() * 5000)] for each in range(10, 20)],
            [f"COPY {each} /state" for each in range(10)],
            1,
            "each of 9 layers overwrites what earlier ones add, 9 files",
            "write each file once",
            id="enough alone",
        ),
        pytest.param(
            [[file("state", str(each).encode() * 1000)] for each in range(10, 20)],
            [f"COPY {each} /state" for each in range(10)],
            1,
            "each of 9 layers overwrites what earlier ones add, 9 files",
            "write each file once",
            id="too little alone",
        ),
        pytest.param(
            [*([file(f"in/{each}", 2000)] for each in range(10)), [whiteout("in")]],
            [*(f"COPY {each} /in" for each in range(10)), "RUN rm -r /in"],
            10,
            "layer 10 (RUN) deletes what earlier ones add, 10 files",
            "lend them",
            id="deleted at once",
        ),
        pytest.param(
            [[file(f"in/{each}", 2000) for each in range(3)], *([whiteout(f"in/{each}")] for each in range(3))],
            ["COPY in /in", *(f"RUN rm /in/{each}" for each in range(3))],
            1,
            "each of 3 layers deletes what layer 0 (COPY) adds",
            "lend them",
            id="deleted one by one",
        ),
    ],
)
def test_what_many_layers_do_is_told_once(
    tmp_path: Path, layers: list[list[Member]], commands: list[str], layer: int, because: str, mend: str
) -> None:
    analysis = advised(tmp_path, layers, commands)
    (advice,) = analysis.advice
    assert (advice.layer, advice.because) == (layer, because)
    assert advice.bytes == sum(waste.bytes for waste in analysis.image.stacked.waste)
    assert mend in advice.mend


def test_little_is_not_spoken_of(tmp_path: Path) -> None:
    layers = [[file("a", 5000), file("large", 40_000_000)], [whiteout("a")]]
    assert advised(tmp_path, layers, ["RUN a", "RUN b"]).advice == []
    books = [[file("var/lib/dpkg/status", BIG)], [file("var/lib/dpkg/status", b"2" * BIG)]]
    assert advised(tmp_path, books, ["RUN base", "RUN apt-get install a"], base=1).advice == [], "nobody can spare that"
    assert advised(tmp_path, [[file("a", 100)], [whiteout("a")]], ["RUN a", "RUN b"]).advice == []
    assert advised(tmp_path, [[file("usr/share/doc/x", 5000), file("large", 40_000_000)]], ["RUN a"]).advice == []
    assert advised(tmp_path, [[file("a", b"1" * 60_000), file("b", b"1" * 60_000)]], ["RUN a"]).advice == []


def test_each_layer_has_a_name(tmp_path: Path) -> None:
    layers = [[file("a", BIG)], [file("a", BIG, uid=1)], [whiteout("a")]]
    (*_, advice) = sorted(advised(tmp_path, layers, ["", "RUN chown 1 /a", "RUN rm /a"]).advice, key=lambda each: each.kind == "deleted")
    assert advice.because == "layer 2 (RUN) deletes what layer 1 (RUN) adds (first in layer 0)"
    (advice,) = advised(tmp_path, [layers[0], layers[2]], ["", "RUN rm /a"]).advice
    assert advice.because == "layer 1 (RUN) deletes what layer 0 (unknown) adds"


def test_what_is_copied_between_cannot_be_joined(tmp_path: Path) -> None:
    layers = [[file("usr/lib/gcc/x", BIG)], [file("x.c", 1)], [whiteout("usr/lib/gcc")]]
    (advice,) = advised(tmp_path, layers, ["RUN apt-get install gcc", "COPY x.c /", "RUN make; apt-get purge gcc"]).advice
    assert "join" not in advice.mend


def test_lines_of_the_dockerfile(tmp_path: Path) -> None:
    layers = [[file("base", 10)], [file("curl", 10)], [file("app/big", BIG)], [file("app/big", BIG, uid=1)], [whiteout("app/big")]]
    commands = ["# debian.sh", "RUN /bin/sh -c apt-get update     && apt-get install -y curl # buildkit", "COPY app /app # buildkit",
                "RUN /bin/sh -c chown -R app:app /app\n # buildkit", "RUN /bin/sh -c rm /app/big # buildkit"]  # fmt: skip
    analysis = advised(tmp_path, layers, commands, DOCKERFILE)
    assert dict(analysis.lines) == {dockerfile.FROM: 6, 1: 8, 2: 13, 3: 14, 4: 17}
    assert {(each.kind, each.line) for each in analysis.advice} == {("metadata", 13), ("deleted", 13)}


STAGES = """\
FROM debian:13 AS base
RUN --mount=type=cache,target=/root/.cache make tools

FROM base AS test
RUN make test
RUN rm /big

FROM base AS final
RUN make app
RUN rm /other
CMD ["app", "serve"]
"""


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        (["RUN make tools", "RUN make test", "RUN rm /big"], {0: 2, 1: 5, 2: 6}),
        (["RUN make tools", "RUN make app", "RUN rm /other"], {0: 2, 1: 9, 2: 10}),
        (["RUN make tools"], {0: 2}),
        (["RUN make tools", "RUN make app", "RUN rm -f /other # changed since"], {0: 2, 1: 9, 2: 10}),
    ],
)
def test_the_stage_that_is_most_like_the_history_tells_the_lines(tmp_path: Path, commands: list[str], expected: dict[int, int]) -> None:
    analysis = advised(tmp_path, [[file(str(number), 1)] for number in range(len(commands))], commands, STAGES)
    assert analysis.lines == {dockerfile.FROM: 1, **expected}
    assert analysis.image.base.name == "debian:13"


@pytest.mark.parametrize("text", ["FROM alpine:3\nRUN apk add curl\nCOPY a b\nRUN npm ci\n", "\x7fELF\0 RUN make", "RUN make"])
def test_another_dockerfile_tells_no_line(tmp_path: Path, text: str) -> None:
    analysis = advised(tmp_path, [[file("app/big", BIG)], [whiteout("app/big")]], ["COPY app /app", "RUN rm /app/big"], text)
    assert not analysis.lines and not analysis.image.base.name
    assert analysis.image.notes[-1] == "No stage of the Dockerfile is like this image's history: no line is told."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN b", [["FROM a", "RUN b"]]),
        ("ARG X=1\nFROM a AS b\nrun \\\n\n# c\n  d\nFROM b", [["FROM a AS b", "RUN d"], ["FROM b"]]),
        ("FROM a\nRUN <<A <<-B\nx\nA\ny\n\tB\nRUN z", [["FROM a", "RUN <<A <<-B x y", "RUN z"]]),
        ("# escape=`\nFROM a\nRUN b `\n c\\\n", [["FROM a", "RUN b c\\"]]),
        ("\ufeffFROM a\r\nRUN b\r\n", [["FROM a", "RUN b"]]),
        ("", []),
        ("RUN a", []),
    ],
)
def test_a_dockerfile_is_read(text: str, expected: list[list[str]]) -> None:
    assert [[line.text for line in stage] for stage in dockerfile.read(text)] == expected


@pytest.mark.parametrize(
    ("created_by", "expected"),
    [
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c #(nop) ADD file:0123 in / ", "ADD file:0123 in /"),
        ("/bin/sh -c make", "RUN make"),
        ("RUN /bin/sh -c make # buildkit", "RUN make"),
        ("RUN |1 A=b c /bin/sh -c make # buildkit", "RUN make"),
        ("|1 A=b /bin/sh -c make", "RUN make"),
        ("RUN |2 A=1 B=2 /bin/bash -o pipefail -c make # buildkit", "RUN make"),
        ("RUN /bin/bash -euxo pipefail -c make -c x # buildkit", "RUN make -c x"),
        ("RUN |1 S=/bin/sh /usr/bin/zsh -c make", "RUN make"),
        ("RUN /bin/sh script.sh", "RUN /bin/sh script.sh"),
        ("RUN |1 V=1 /bin/bash --login -c make", "RUN make"),
        ("RUN /usr/bin/env bash -c make", "RUN make"),
        ("RUN |1 A=1 /app/tool -c make", "RUN |1 A=1 /app/tool -c make"),
        ("COPY a b # buildkit", "COPY a b"),
        ("", ""),
    ],
)
def test_instructions_of_a_history(created_by: str, expected: str) -> None:
    assert history.instruction(created_by) == expected


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        (["ADD file:1 in /", "-CMD bash", "RUN a", "-CMD x"], 1),
        (["# debian.sh", "RUN python", "-CMD python3", "COPY a b", "-ENTRYPOINT x", "-CMD y"], 2),
        (["# debian.sh", "RUN a"], 1),
        (["COPY a b", "RUN c", "-CMD d"], 0),
        (["ADD file:1 in /", "-CMD bash"], 0),
        ([], 0),
    ],
)
def test_the_base_is_guessed(instructions: list[str], expected: int) -> None:
    records = [{"created_by": each.lstrip("-"), "empty_layer": each.startswith("-")} for each in instructions]
    assert history.base_layers(history.steps(records, sum(not each.startswith("-") for each in instructions))) == expected


def test_layers_without_a_history() -> None:
    assert [step.layer for step in history.steps([{"created_by": "RUN a"}], 3)] == [0, 1, 2]
    assert [step.layer for step in history.steps([{"created_by": "RUN a"}] * 4, 2)] == [0, 1, -1, -1]
