"""Images built before and after --fix on a real engine: they hold and do the same, and the waste is gone."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .mending import mended

BASE = "debian:13-slim"
MEGABYTE = 1_000_000
NAMES = [f"dockerlint-mended-{os.getpid()}:{state}" for state in ("before", "after")]
# What the engine puts there, and what tells when it was built: accounts are dated in /etc/shadow.
VOLATILE = (
    "etc/resolv.conf", "etc/hosts", "etc/hostname", "etc/shadow", "var/log/", "var/cache/ldconfig/", "dev/", "proc/", "sys/", ".dockerenv",
)  # fmt: skip
BIG = 12 * MEGABYTE
# Gives apt nothing to fetch, so that it works without a network; what it then leaves behind is made up.
OFFLINE = "RUN rm -rf /etc/apt/sources.list /etc/apt/sources.list.d\n"
UPDATE = f"apt-get update && head -c {BIG} /dev/urandom > /var/lib/apt/lists/index"
INSTALL = "apt-get install -y --no-install-recommends bash"


class Wasteful(NamedTuple):
    """A Dockerfile with waste, and how many bytes of its layers the mends save at least."""

    dockerfile: str
    saved: int


WASTEFUL = {
    "the owner of all files changed": Wasteful(
        f'FROM {BASE}\nWORKDIR /app\nCOPY . .\nRUN chown -R 10001:10001 /app\nUSER 10001\nCMD ["sh", "-c", "touch new && ls"]\n', BIG
    ),
    "an account created, and the owner changed": Wasteful(
        f"FROM {BASE}\nWORKDIR /srv/app\nCOPY deep/ ./\nCOPY . /srv/app/\n"
        "RUN groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-log-init app && chown -R app:app /srv/app\n"
        'USER app\nCMD ["sh", "-c", "id -un && touch new && ls"]\n',
        BIG,
    ),
    "the package index left": Wasteful(f'FROM {BASE}\n{OFFLINE}RUN {UPDATE} && {INSTALL}\nCMD ["ls", "/var/lib/apt/lists"]\n', BIG),
    "the package index in a RUN of its own, deleted later": Wasteful(
        f'FROM {BASE}\n{OFFLINE}RUN {UPDATE} \\\n    && {INSTALL}\nRUN rm -rf /var/lib/apt/lists/*\nCMD ["ls", "/var/lib/apt/lists"]\n', BIG
    ),
    "a mode changed": Wasteful(
        f"FROM {BASE}\nCOPY data.sh /usr/local/bin/\nRUN chmod 755 /usr/local/bin/data.sh\n"
        'CMD ["stat", "-c", "%a", "/usr/local/bin/data.sh"]\n',
        BIG,
    ),
}
SAME = f"""\
from {BASE} as Tools
RUN mkdir /out && echo tool > /out/tool

FROM {BASE}
MAINTAINER Jane Doe <jane@example.com>
ENV GREETING hello   world
ENV LONG one two \\
    three $GREETING
label example.name=first example.name=second
ADD data.txt /opt/data.txt
WORKDIR opt
RUN cd /opt \\

    && wc -c < data.txt > size
RUN cd /usr && echo here > share/here
WORKDIR /srv
COPY --from=Tools /out/tool ./
EXPOSE 8080:80/TCP
STOPSIGNAL 3
CMD ["false"]
RUN groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-log-init app
USER app
CMD ["sh", "-c", "env | grep -E 'GREETING|LONG' | sort && pwd && id && cat /opt/size tool"]"""


@pytest.fixture(scope="module")
def base(engine: str) -> None:
    """The base image, of this engine or pulled."""
    for command in ("inspect", "pull"):
        if subprocess.run(["docker", "image", command, BASE], capture_output=True, check=False).returncode == 0:
            return
    pytest.skip(f"needs the image {BASE}, which the engine has not and cannot pull")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    content = os.urandom(BIG)
    for name in ("data", "data.sh"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "deep" / "er" / "tool.sh").write_text("#!/bin/sh\necho tool\n")
    (tmp_path / "deep" / "er" / "tool.sh").chmod(0o750)
    (tmp_path / "data.txt").write_text("some text\n")
    yield tmp_path
    subprocess.run(["docker", "image", "rm", "--force", *NAMES], capture_output=True, check=False)


def build(name: str, dockerfile: bytes, context: Path) -> None:
    command = ["docker", "buildx", "build", "--load", "--tag", name, "--file", "-", str(context)]
    built = subprocess.run(command, input=dockerfile, capture_output=True, check=False)
    assert built.returncode == 0, built.stderr.decode()


def size(name: str) -> int:
    """The bytes of all its layers, uncompressed."""
    told = subprocess.run(["docker", "history", "--human=false", "--format", "{{.Size}}", name], capture_output=True, text=True, check=True)
    return sum(map(int, told.stdout.split()))


def output(name: str) -> str:
    return subprocess.run(["docker", "run", "--rm", "--network=none", name], capture_output=True, text=True, check=True).stdout


def files(name: str) -> dict[str, tuple[Any, ...]]:
    """All that is in the file system of a container but what is volatile: type, mode, owner and content of each path."""
    container = subprocess.run(["docker", "create", name], capture_output=True, text=True, check=True).stdout.strip()
    try:
        archive = subprocess.run(["docker", "export", container], capture_output=True, check=True).stdout
    finally:
        subprocess.run(["docker", "rm", container], capture_output=True, check=True)
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if not member.name.startswith(VOLATILE):
                data = tar.extractfile(member) if member.isreg() else None
                digest = hashlib.sha256(data.read()).hexdigest() if data else member.linkname
                found[member.name.rstrip("/")] = (member.type, oct(member.mode), member.uid, member.gid, digest)
    return found


def configuration(name: str) -> dict[str, Any]:
    """What a container starts with; less the author, whom MAINTAINER says in another way."""
    told = subprocess.run(["docker", "image", "inspect", name], capture_output=True, text=True, check=True)
    config: dict[str, Any] = json.loads(told.stdout)[0]["Config"]
    labels = {key: value for key, value in (config.get("Labels") or {}).items() if not key.endswith(".authors")}
    ports = sorted(config.get("ExposedPorts") or ())
    keys = ("Env", "Cmd", "Entrypoint", "WorkingDir", "Healthcheck", "Shell", "Volumes")
    return {key: config.get(key) for key in keys} | {"labels": labels, "ports": ports}


def build_both(dockerfile: str, context: Path) -> str:
    text = dockerfile.encode()
    result = mended(text)
    assert result.mended
    for name, each in zip(NAMES, (text, result.data), strict=True):
        build(name, each, context)
    return result.data.decode()


@pytest.mark.parametrize("case", WASTEFUL)
def test_a_wasteful_image_loses_its_waste_and_nothing_else(case: str, base: None, context: Path) -> None:
    wasteful = WASTEFUL[case]
    after = build_both(wasteful.dockerfile, context)
    assert size(NAMES[0]) - size(NAMES[1]) > wasteful.saved - MEGABYTE, after
    assert configuration(NAMES[0]) == configuration(NAMES[1])
    before, now = files(NAMES[0]), files(NAMES[1])
    gone = before.keys() - now.keys()
    assert all(path.startswith("var/lib/apt/lists/") for path in gone)
    assert {path: each for path, each in before.items() if path not in gone} == now
    assert output(NAMES[0]) == output(NAMES[1]) or gone


def test_what_is_only_spelled_otherwise_is_the_same_image(base: None, context: Path) -> None:
    after = build_both(SAME, context)
    for spelled in ("ENV GREETING hello", "MAINTAINER", "ADD", "cd /", " as ", "Tools", "first", "8080", "false", "USER app"):
        assert spelled in SAME
        assert spelled not in after, after
    assert configuration(NAMES[0]) == configuration(NAMES[1])
    assert files(NAMES[0]) == files(NAMES[1])
    assert output(NAMES[0]) == output(NAMES[1])
