"""What is sent to the engine: the Dockerfile, its ignore file, and a clean copy of the build context with made-up secrets in it.

The person's own folder is only read. Everything here lies in one temporary folder, which `close` removes.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.dockerignore import DockerIgnore, Trail
from dockerlint.knowledge.credentials import secret_name
from imageproof.errors import ProofError
from imageproof.spec import Spec

if TYPE_CHECKING:
    from dockerlint.source import Directive

MOST_BYTES = 2 << 30
"""Bytes of a context that are copied at most."""
MOST_FILES = 200_000
MOST_DOCKERFILE = 4 << 20
_MOST_SECRET = 64 << 10
_SHORTEST = 6  # a shorter value stands in every image by chance
PLANTED = {
    ".env": "CANARY_TOKEN={}\n",
    ".npmrc": "//npm.example.com/:_authToken={}\n",
    "id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n",
}
"""Files that people have in their folders and forget: put beside the Dockerfile where there is none of the name."""


class Canary(NamedTuple):
    """A value that must not be in an image."""

    name: str
    """What it is, as a sentence calls it."""
    value: bytes
    planted: bool
    """Made up here, so that it may be told."""
    mend: str


class Workspace:
    """The temporary folder of one proof."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.folder = tempfile.mkdtemp(prefix="imageproof-")
        self.canaries: list[Canary] = []
        self.build_args: list[str] = []
        self.secrets: list[str] = []
        self.context = spec.context
        self.copied = False
        self.touched = ""
        """The file of the context that is to be changed, as --touch names it; from the context's root."""
        self.note = ""
        """Why the context is used as it is."""
        self.dockerfile = ""
        self.source = b""
        self._counted = 0

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, *names: str) -> str:
        """A path in the folder; the folders above it are made."""
        path = os.path.join(self.folder, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def prepare(self, plant: bool, touch: bool) -> None:
        """Read the Dockerfile, copy the context where canaries are put into it (`plant`) or a file is changed (`touch`).

        Raises ProofError for what is not there.
        """
        spec = self.spec
        if not spec.image:
            if not os.path.isdir(spec.context):
                raise ProofError(
                    f"the build context {spec.context} is no folder"
                    if os.path.lexists(spec.context)
                    else f"there is no folder {spec.context or 'of an empty name'}"
                )
            self._take_dockerfile()
            touch = touch and bool(spec.touch)
            if plant or touch:
                self._take_context()
            if touch:
                self.touched = self._touched()
            self.build_args.extend(spec.build_arg)
            self.secrets.extend(spec.secret)
        self._given_canaries(plant)
        self._own_canaries()

    def _take_dockerfile(self) -> None:
        path = self.spec.dockerfile
        try:
            with open(path, "rb") as file:
                self.source = file.read(MOST_DOCKERFILE + 1)
        except OSError as error:
            raise ProofError(f"cannot read the Dockerfile {path}: {error.strerror}") from None
        if len(self.source) > MOST_DOCKERFILE:
            raise ProofError(f"the Dockerfile {path} is larger than 4 MiB")
        name = os.path.basename(path)
        self.dockerfile = self.path("dockerfile", name)
        self._write(self.dockerfile, self.source)
        own = path + ".dockerignore"
        if os.path.isfile(own):
            shutil.copyfile(own, self.dockerfile + ".dockerignore")

    @property
    def front_end(self) -> str:
        """What the `# syntax=` line names; nothing where there is none."""
        directive = self._directives.get("syntax")
        return directive.value if directive else ""

    @property
    def _directives(self) -> Mapping[str, Directive]:
        from dockerlint.source import Source

        return Source(self.dockerfile, self.source).directives

    def without_syntax(self) -> str:
        """Leave the `# syntax=` line out of what is sent: for an engine that cannot have that front end, or must not.

        Returns the front end that it named; nothing where there is no such line. A comment behind the other directives, which it would
        end in its own place, keeps the numbers of the lines.
        """
        directives = self._directives
        if "syntax" not in directives:
            return ""
        lines = self.source.split(b"\n")
        del lines[directives["syntax"].span.line - 1]
        lines.insert(max(each.span.line for each in directives.values()) - 1, b"#")
        self._write(self.dockerfile, b"\n".join(lines))
        return directives["syntax"].value

    @staticmethod
    def _write(path: str, data: bytes) -> None:
        with open(path, "wb") as file:
            file.write(data)

    # The context -------------------------------------------------------------------------------------------------------------------

    def _take_context(self) -> None:
        copy = self.path("context", "")
        try:
            for source, target, mode in self._entries(copy):
                if stat.S_ISDIR(mode):
                    os.makedirs(target, exist_ok=True)
                elif stat.S_ISLNK(mode):
                    os.symlink(os.readlink(source), target)
                else:
                    self._copy(source, target)
        except OSError as error:
            where = os.path.basename(str(error.filename))
            self.note = f"the context could not be copied ({error.strerror}: {where}): no canary file is in it"
        except _TooLarge:
            self.note = "the context is too large to be copied: no canary file is in it"
        else:
            self.context, self.copied = copy, True
            return

    def _touched(self) -> str:
        if not self.copied:
            raise ProofError(f"--touch needs a copy of the context, and {self.note.partition(':')[0]}")
        path, folder = self.spec.touch, self.spec.context
        if not os.path.lexists(os.path.join(folder, path)) and os.path.lexists(path):
            path = os.path.relpath(path, folder)
        if path.startswith("../") or os.path.isabs(path) or not os.path.isfile(os.path.join(folder, path)):
            raise ProofError(f"--touch {self.spec.touch}: there is no such file in the context")
        if not os.path.isfile(os.path.join(self.context, path)):
            raise ProofError(f"--touch {path}: the ignore file keeps it out of the build")
        return os.path.normpath(path)

    def _entries(self, copy: str) -> Iterator[tuple[str, str, int]]:
        """What the build may see: source, target, mode. Folders come before what is in them."""
        ignore = self._ignore()
        folders: list[tuple[str, Trail]] = [("", ())]
        room, files = MOST_BYTES, MOST_FILES
        while folders:
            folder, trail = folders.pop()
            with os.scandir(os.path.join(self.spec.context, folder)) as entries:
                for entry in entries:
                    path = folder + entry.name
                    pattern, inner = ignore.step(path, trail)
                    status = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        if pattern is None or ignore.may_return_inside(path):
                            yield entry.path, os.path.join(copy, path), status.st_mode
                            folders.append((path + "/", inner))
                            shutil.copymode(entry.path, os.path.join(copy, path))
                    elif (pattern is None or path == ".dockerignore") and (
                        stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)
                    ):
                        room, files = room - status.st_size, files - 1
                        if room < 0 or files < 0:
                            raise _TooLarge
                        yield entry.path, os.path.join(copy, path), status.st_mode

    def _ignore(self) -> DockerIgnore:
        for path in (self.dockerfile + ".dockerignore", os.path.join(self.spec.context, ".dockerignore")):
            if os.path.isfile(path):
                with open(path, encoding="utf-8", errors="surrogateescape") as file:
                    return DockerIgnore(file.read(MOST_DOCKERFILE))
        return DockerIgnore("")

    @staticmethod
    def _copy(source: str, target: str) -> None:
        try:
            os.link(source, target, follow_symlinks=False)  # nothing writes into it: what is changed here is replaced
        except OSError:
            shutil.copy2(source, target, follow_symlinks=False)

    def changed(self, path: str, data: bytes) -> str:
        """Another copy of the context in which one file has another content; its folder."""
        copy = os.path.join(self.folder, "changed")
        if not os.path.isdir(copy):
            shutil.copytree(self.context, copy, symlinks=True, copy_function=self._copy)
        self._replace(os.path.join(copy, path), data)
        return copy

    def _replace(self, target: str, data: bytes) -> None:
        """Give a file of a copy another content, the same file of the person's own folder staying as it is."""
        mode = os.stat(target).st_mode if os.path.exists(target) else 0o644
        if os.path.lexists(target):
            os.unlink(target)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        self._write(target, data)
        os.chmod(target, stat.S_IMODE(mode))

    # Canaries ----------------------------------------------------------------------------------------------------------------------

    def _given_canaries(self, plant: bool) -> None:
        for canary in self.spec.canary:
            kind, _, name = canary.partition(":")
            value = canary_value(canary)
            if kind == "value":
                self._note("a value given by --canary", name.encode(), False, "take it out of what is built")
            elif self.spec.image:
                raise ProofError(f"--canary {canary} is given to a build, and --image builds nothing: give value:TEXT")
            elif kind == "secret":
                path = self.path("secrets", sha256(name.encode()).hexdigest()[:16])
                self._write(path, value.encode())
                self.secrets.append(f"id={name},src={path}")
                self._note(
                    f"the secret {name}", value.encode(), True, "use it within its RUN only, and write it nowhere"
                )
            elif kind == "arg":
                self.build_args.append(f"{name}={value}")
                self._note(f"the build argument {name}", value.encode(), True, _ARGUMENT)
            else:
                self._plant(name, value, must=True)
        if plant and self.copied and not self.spec.canary:
            for name in PLANTED:
                self._plant(name, canary_value(f"file:{name}"), must=False)

    def _plant(self, path: str, value: str, must: bool) -> None:
        target = os.path.join(self.context, path)
        here = os.path.join(self.spec.context, path)
        mend = f"name {path} in the ignore file, or copy only what is needed"
        if os.path.lexists(here):
            if must:
                raise ProofError(f"--canary file:{path}: there is such a file, and it stays as it is")
            for piece in _pieces(_content(here)):
                self._note(f"a value of the context's {path}", piece, False, mend)
            return
        if not self.copied:
            raise ProofError(f"--canary file:{path}: {self.note or 'the context is not copied'}")
        if os.path.lexists(target):
            return
        self._replace(target, PLANTED.get(os.path.basename(path), "{}\n").format(value).encode())
        self._note(f"the made-up {path} in the context", value.encode(), True, mend)

    def _own_canaries(self) -> None:
        """The values that the person gives to the build."""
        for secret in self.spec.secret:
            fields = dict(part.partition("=")[::2] for part in secret.split(","))
            name, source, variable = fields.get("id", ""), fields.get("src") or fields.get("source"), fields.get("env")
            if not source and not variable:  # as buildx looks for it
                source, variable = ("", name) if name in os.environ or not os.path.isfile(name) else (name, "")
            if source and not os.path.isfile(os.path.expanduser(source)):
                raise ProofError(f"there is no file {source} for the secret {name}")
            if variable and variable not in os.environ:
                raise ProofError(f"the secret {name} is to come from the variable {variable}, which is not set")
            content = _content(os.path.expanduser(source)) if source else os.environ.get(variable or "", "").encode()
            for piece in _pieces(content):
                self._note(f"the secret {name}", piece, False, "use it within its RUN only, and write it nowhere")
        for argument in self.spec.build_arg:
            name, equals, value = argument.partition("=")
            value = value if equals else os.environ.get(name, "")
            if secret_name(name) and len(value) >= _SHORTEST:
                self._note(f"the build argument {name}", value.encode(), False, _ARGUMENT)

    def _note(self, name: str, value: bytes, planted: bool, mend: str) -> None:
        self.canaries.append(Canary(name, value, planted, mend))


class _TooLarge(Exception):
    pass


_ARGUMENT = "give it as a secret: `RUN --mount=type=secret,id=…`; build arguments stand in the history"


def canary_value(name: str) -> str:
    """A made-up value, the same each time, so that layers come from the cache.

    >>> canary_value("file:.env")[:8]
    'wdcanary'
    """
    return "wdcanary" + sha256(name.encode()).hexdigest()[:32]


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_MOST_SECRET)
    except OSError:
        return b""


_REGISTRY = re.compile(rb"\s*(@[\w.-]+:)?registry\s*=\s*[^@\s]*\s*$")


def _pieces(content: bytes) -> Iterator[bytes]:
    """What of a secret file is secret: its only line, else the values of its assignments, else its long lines.

    Where an .npmrc says that packages are is none: whatever the image has of the project may say it, too.
    """
    lines = [
        line.strip()
        for line in content.split(b"\n")
        if line.strip() and not line.lstrip().startswith((b"#", b"-----")) and not _REGISTRY.match(line)
    ]
    assigned = [
        line.partition(b"=")[2].strip(b" \"'") for line in lines if b"=" in line[:80] and not line.endswith(b"=")
    ]
    pieces = (
        [piece for piece in assigned if len(piece) >= 8] or [line for line in lines if len(line) >= 16] or lines[:1]
    )
    yield from dict.fromkeys(piece for piece in pieces[:64] if len(piece) >= _SHORTEST and b"$" not in piece)
