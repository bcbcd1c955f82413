"""Small build contexts and their proofs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from imageproof.outcome import Outcome
from imageproof.output import Report
from imageproof.proof import prove
from imageproof.spec import merged, read_spec

BASE = """\
FROM scratch AS base
COPY --chmod=0555 busybox /bin/busybox
COPY --chmod=0555 busybox /bin/sh
COPY --chmod=0555 passwd /etc/passwd
"""
SERVE = """\
trap 'kill $server; wait $server; exit 0' TERM
busybox httpd -f -p 8080 -h /www &
server=$!
wait
"""
PASSWD = "root:x:0:0:root:/root:/bin/sh\nweb:x:65532:65532:web:/:/bin/sh\n"
FILES = {"index.html": "hello\n", "serve.sh": SERVE, "passwd": PASSWD}
"""In every context."""
GOOD = """\
FROM base
COPY --chmod=0555 index.html /www/
COPY --chmod=0555 serve.sh /app/
USER 65532:65532
EXPOSE 8080
HEALTHCHECK CMD ["busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]
CMD ["sh", "/app/serve.sh"]
"""


USUAL = {"start_seconds": 20.0, "stop_seconds": 6.0}
"""Patience with a loaded machine, of which nothing is spent where all is well."""


class Bench:
    """Writes contexts and proves them."""

    def __init__(self, folder: Path, busybox: Path) -> None:
        self.folder = folder
        self._busybox = busybox

    def write(self, dockerfile: str, files: Mapping[str, str] = {}) -> Path:
        """A context with this Dockerfile (which may be built FROM base, a stage that is put before it) and these files."""
        self.folder.mkdir(exist_ok=True)
        shutil.copyfile(self._busybox, self.folder / "busybox")
        text = dockerfile if "FROM base" not in dockerfile else BASE + dockerfile
        for name, content in {"Dockerfile": text, **FILES, **files}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return self.folder

    def prove(self, dockerfile: str = GOOD, files: Mapping[str, str] = {}, **options: Any) -> Report:
        """Prove it in this process."""
        context = self.write(dockerfile, files)
        return prove(merged({}, {"context": str(context), **USUAL, **options}))

    def prove_spec(self, dockerfile: str, files: Mapping[str, str], spec: str, **options: Any) -> Report:
        """Prove it as a spec file says."""
        context = self.write(dockerfile, files)
        (context.parent / "spec.toml").write_text(f'context = "{context.name}"\n{spec}')
        return prove(merged({**USUAL, **read_spec(str(context.parent / "spec.toml"))}, options))


STARTED = {os.getpid()}
"""The processes whose proofs are these tests' own: others may be at work on the same engine."""


def inventory() -> set[str]:
    """All that proofs of these tests have left in the engine, and in the folder for temporary files."""
    networks = ["network", "ls", "--format", "{{.Name}}", "--filter", "label=imageproof"]
    images = ["images", "--format", "{{.Repository}}", "--filter", "reference=imageproof-*"]
    return {*containers(), *_own(networks), *_own(images), *workspaces()}


def containers() -> list[str]:
    """The proofs of these tests, one for each container that there is."""
    return _own(["ps", "-a", "--no-trunc", "--format", '{{.Label "imageproof"}}', "--filter", "label=imageproof"])


def workspaces() -> list[str]:
    """The folders of proofs."""
    return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("imageproof-")]


def _own(words: list[str]) -> list[str]:
    lines = subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.split()
    own = set(map(str, STARTED))
    return [line for line in lines if line.removeprefix("imageproof-").partition("-")[0] in own]


def until(reached: Callable[[], object]) -> None:
    """Wait for something that comes, at most a minute."""
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def by_name(report: Report) -> dict[str, Outcome]:
    return {outcome.name: outcome for outcome in report.outcomes}


def failing(report: Report) -> list[str]:
    return [outcome.name for outcome in report.outcomes if outcome.status == "failed"]
