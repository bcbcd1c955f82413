"""The Dockerfiles that are proved: those of examples/, and those shown in a reference that name an application of examples/."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from dockerlint.context import Context
from dockerlint.evaluate import evaluate
from dockerlint.model import Dockerfile, Options
from dockerlint.source import Source
from imageproof.spec import Spec, merged, read_spec
from imagesize.units import parse_size
from tests.skill.documents import REFERENCES, fences

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE = float(os.environ.get("EXAMPLES_PATIENCE", "1"))
"""How many times over the bounds of time are allowed: for a machine that does much else meanwhile."""
_ENDING = ".Dockerfile"
_MADE_BY_TOOLS = ("node_modules", ".venv", "target", "dist", "__pycache__", ".pytest_cache", "uv.lock")
"""Left behind by somebody who tried an application in place."""
_NAMED = re.compile(r"\bexamples/([a-z0-9-]+)")
_FIGURE = re.compile(
    r"^# Size: (?P<size>[\d.]+ [kM]B) uncompressed, measured (?P<day>\d{4}-\d\d-\d\d)(?:, at most (?P<most>\d+ MB))?\.$", re.MULTILINE
)


class Figure(NamedTuple):
    """What a Dockerfile's header says of the image's size: bytes, the day, and a bound that goes before the spec file's."""

    bytes: int
    day: date
    most: int


class Example(NamedTuple):
    """A Dockerfile and the application that it builds."""

    name: str
    """That of the application, or where in which reference it stands."""
    application: str
    text: str

    @property
    def bundled(self) -> bool:
        """Whether it is a file of examples/."""
        return self.name == self.application

    @property
    def header(self) -> list[str]:
        """The comments above the first instruction."""
        lines = self.text.splitlines()
        return lines[: next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))]

    @property
    def figure(self) -> Figure | None:
        match = _FIGURE.search("\n".join(self.header))
        if not match:
            return None
        most = parse_size(match["most"].replace(" ", "")) if match["most"] else 0
        return Figure(parse_size(match["size"].replace(" ", "")), date.fromisoformat(match["day"]), most)

    @property
    def cross_compiles(self) -> bool:
        """Whether a stage compiles on the builder's platform for another one."""
        return "--platform=$BUILDPLATFORM" in self.text

    def __str__(self) -> str:
        return self.name


def _bundled() -> Iterator[Example]:
    for path in sorted(EXAMPLES.glob(f"*{_ENDING}")):
        name = path.name.removesuffix(_ENDING)
        yield Example(name, name, path.read_text(encoding="utf-8"))


def _shown() -> Iterator[Example]:
    for path in REFERENCES:
        for fence in fences(path):
            example = Example(str(fence), "", fence.text)
            named = _NAMED.search("\n".join(example.header))
            if fence.language == "dockerfile" and fence.whole and named:
                yield example._replace(application=named[1])


ALL = [*_bundled(), *_shown()]


class Prepared:
    """An example in a folder of its own, laid out as in examples/, with what it needs."""

    def __init__(self, example: Example, folder: Path) -> None:
        self.example = example
        name = example.application
        self.context = folder / name
        self.dockerfile = folder / f"{name}{_ENDING}"
        self.ignore = folder / f"{name}{_ENDING}.dockerignore"
        self._spec = folder / f"{name}.verify.toml"
        shutil.copytree(EXAMPLES / name, self.context, ignore=shutil.ignore_patterns(*_MADE_BY_TOOLS))
        for path in (self.ignore, self._spec):
            shutil.copy(EXAMPLES / path.name, path)
        self.dockerfile.write_text(example.text, encoding="utf-8")
        if make := getattr(self._preparation, "files", None):
            make(self.context)
        for file, (makes, also) in _LOCKS.items():
            if re.search(rf"\b(?:source=|COPY .*){re.escape(file)}", example.text):
                makes(self.context)
                if not example.bundled:  # the application is locked by another tool
                    with self.ignore.open("a", encoding="utf-8") as ignore:
                        ignore.writelines(f"!{name}\n" for name in (file, *also))

    @property
    def _preparation(self) -> ModuleType | None:
        name = f"tests.examples.preparations.{self.example.application.replace('-', '_')}"
        return import_module(name) if find_spec(name) else None

    def services(self) -> AbstractContextManager[Mapping[str, Any]]:
        """Within, what it needs is there; gives the options that it takes."""
        around = getattr(self._preparation, "services", None)
        return around(self.context) if around else nullcontext({})

    def spec(self, options: Mapping[str, Any] = {}) -> Spec:
        """How it is proved: its spec file, and the bound of a header where that has one."""
        figure = self.example.figure
        most = {"max_size": figure.most} if figure and figure.most else {}
        spec = merged(read_spec(str(self._spec)), {**options, **most})
        return spec._replace(start_seconds=spec.start_seconds * PATIENCE, stop_seconds=spec.stop_seconds * PATIENCE)

    @cached_property
    def model(self) -> Dockerfile:
        """What the Dockerfile means."""
        source = Source(str(self.dockerfile), self.example.text.encode())
        return evaluate(source, Options(), Context(str(self.context), str(self.dockerfile), given=True))

    def build(
        self, options: Mapping[str, Any], *words: str, text: str = "", context: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`docker build` of this or another text, with this one's ignore file.

        `# syntax` is blanked: not every engine can pull a front end.
        """
        spec = self.spec(options)
        file = self.dockerfile.parent / "built" / self.dockerfile.name
        file.parent.mkdir(exist_ok=True)
        file.write_text(re.sub(r"\A# syntax=.*", "#", text or self.example.text), encoding="utf-8")
        shutil.copy(self.ignore, file.parent)
        lists = (
            ("--build-arg", spec.build_arg),
            ("--build-context", spec.build_context),
            ("--secret", spec.secret),
            ("--ssh", spec.ssh),
            ("--add-host", spec.add_host),
        )
        given = [word for option, values in lists for value in values for word in (option, value)]
        command = ["docker", "buildx", "build", "--progress=plain", "--file", str(file), *given, *words, str(context or self.context)]
        return subprocess.run(command, capture_output=True, text=True)


def lock(folder: Path) -> None:
    """Make `uv.lock`, which names the index that it was made with and is therefore no file of the repository."""
    subprocess.run(["uv", "lock", "--quiet", "--project", str(folder), "--python-preference", "only-system"], check=True)


def _requirements(folder: Path) -> None:
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-preference", "only-system"]
    subprocess.run([*command, "--output-file", str(folder / "requirements.txt"), str(folder / "pyproject.toml")], check=True)


def _yarn(folder: Path) -> None:
    """Locked by hand: `yarn install --mode=update-lockfile` in a copy of the application, with these settings."""
    shutil.copytree(Path(__file__).parent / "preparations" / "yarn" / folder.name, folder, dirs_exist_ok=True)


_LOCKS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "uv.lock": (lock, ()),
    "requirements.txt": (_requirements, ()),
    "yarn.lock": (_yarn, (".yarnrc.yml",)),
}
"""The lock file that a Dockerfile asks for: how it is made, and what else of it the build must see."""
