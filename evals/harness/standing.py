"""What is graded without a model: the bundled examples, and the helper programs on frozen cases whose answers are known.

`evals/helpers.toml` has the cases, `[[helper]]` each: `name`; `text`, what holds; `files` and `make`, what the folder has in which
`run` (a program of scripts/ and its arguments) is started; `exit`, its status; and `says`, places in the JSON that it prints: `at`, the
keys that lead there, a table choosing the element of a list that has its values, and `is`, the value, or `absent = true`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, NamedTuple

from harness import engine
from harness.cases import EVALS, ROOT, CaseError, Criterion
from harness.grading import FAILED, PASSED, SKIPPED, Grading, Verdict
from harness.registry import HOST, RegistryError, running, without_certificate

HELPERS = EVALS / "helpers.toml"
_PROVER = "verify_image.py"
_UNABLE = 2
_LEFTOVERS = (".venv", "node_modules", "target", "dist", "__pycache__", ".pytest_cache")
"""Of whoever tried an example in place."""
_KEYS = frozenset(("name", "text", "files", "make", "run", "exit", "says"))


class Say(NamedTuple):
    """One place of a program's JSON and what is there; `value` None: nothing."""

    at: tuple[Any, ...]
    value: Any


class Helper(NamedTuple):
    """One run of a program whose answer is known."""

    name: str
    text: str
    run: tuple[str, ...]
    exit: int
    says: tuple[Say, ...] = ()
    files: Mapping[str, str] = {}
    make: tuple[str, ...] = ()
    example: Path | None = None
    """The Dockerfile of an example, which is laid out in the folder with all that belongs to it."""

    @property
    def builds(self) -> bool:
        """Whether it needs an engine."""
        return self.run[0] == _PROVER


def helpers(path: Path = HELPERS) -> list[Helper]:
    """The frozen cases; raises CaseError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        found = [_helper(table) for table in document["helper"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CaseError(f"{path.name} cannot be used: {error}") from None
    if not found:
        raise CaseError(f"{path.name} has no case")
    return found


def _helper(table: Mapping[str, Any]) -> Helper:
    if unknown := table.keys() - _KEYS:
        raise CaseError(f"{HELPERS.name}: {table.get('name')} has {min(unknown)!r}; there are {', '.join(sorted(_KEYS))}")
    says = tuple(Say(tuple(each["at"]), None if each.get("absent") else each["is"]) for each in table.get("says", ()))
    return Helper(
        table["name"], table["text"], tuple(table["run"]), table["exit"], says, table.get("files", {}), tuple(table.get("make", ()))
    )


def examples(folder: Path = ROOT / "examples") -> list[list[Helper]]:
    """For each example what is asked of it: the validator is silent, and the prover says that all holds. Raises CaseError."""
    found = [list(_of_example(path)) for path in sorted(folder.glob("*.Dockerfile"))]
    if not found:
        raise CaseError(f"there is no example in {folder}")
    return found


def _of_example(dockerfile: Path) -> Iterator[Helper]:
    name = dockerfile.name.removesuffix(".Dockerfile")
    read = ("validate_dockerfile.py", "--no-config", "--shellcheck", "never", "--fail-on", "info", "--context", name, dockerfile.name)
    yield Helper(name, "the validator has nothing to say", read, 0, example=dockerfile)
    proved = (_PROVER, "--spec", f"{name}.verify.toml", "--format", "json")
    yield Helper(name, "the prover says that all holds", proved, 0, example=dockerfile)


def grade_all(groups: Iterable[Sequence[Helper]], jobs: int, build: bool) -> Iterator[Grading]:
    """Grade groups of helpers, a grading each, in their order."""
    able = build and engine.answers()
    reason = engine.MISSING if build else "nothing was built, as was asked"
    with ThreadPoolExecutor(jobs, "helper") as pool:
        yield from pool.map(partial(_grade, reason="" if able else reason), groups)


def _grade(group: Sequence[Helper], reason: str) -> Grading:
    began = time.monotonic()
    verdicts = [verdict for helper in group for verdict in _verdicts(helper, reason)]
    return Grading(group[0].name, tuple(verdicts), time.monotonic() - began)


def _verdicts(helper: Helper, reason: str) -> Iterator[Verdict]:
    whole = Criterion("exit", helper.text, "helper", helper.run[0], "equals", helper.exit)
    says = [
        Criterion(f"says-{number}", _told(say), "helper", helper.run[0], "equals", say.value) for number, say in enumerate(helper.says, 1)
    ]
    if helper.builds and reason:
        yield from (Verdict(criterion, SKIPPED, reason) for criterion in (whole, *says))
        return
    try:
        done = _run(helper)
    except _Unready as lack:
        yield from (Verdict(criterion, SKIPPED, str(lack)) for criterion in (whole, *says))
        return
    complaint = _last_line(done.stderr)
    seen = f"{helper.run[0]} ended with exit status {done.returncode}" + (f": {complaint}" if complaint else "")
    if done.returncode == _UNABLE and helper.exit != _UNABLE:
        yield Verdict(whole, SKIPPED if helper.example else FAILED, seen)
    else:
        yield Verdict(whole, PASSED if done.returncode == helper.exit else FAILED, _why(done.stdout) or seen if done.returncode else seen)
    try:
        document = json.loads(done.stdout) if says else None
    except ValueError:
        yield from (Verdict(criterion, FAILED, f"{helper.run[0]} printed no JSON") for criterion in says)
        return
    for criterion, say in zip(says, helper.says, strict=True):
        found = _at(document, say.at)
        yield Verdict(criterion, PASSED if found == say.value else FAILED, f"it says {json.dumps(found)[:200]}")


def _run(helper: Helper) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="helper-") as place:
        folder = Path(place)
        if helper.example:
            _lay_out(helper.example, folder)
        for name, text in helper.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if helper.make:
            from made import MAKERS

            for name in helper.make:
                MAKERS[name](folder)
        program, *arguments = helper.run
        script = str(ROOT / "scripts" / program)
        command = [script] if program.endswith(".sh") else [sys.executable, script]
        with _registry(helper, folder) as (options, variables):
            return subprocess.run(
                [*command, *arguments, *options], cwd=folder, env=os.environ | variables, capture_output=True, text=True,
                errors="replace", check=False,
            )  # fmt: skip


@contextmanager
def _registry(helper: Helper, folder: Path) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Within, the registry is up that an example's .npmrc names, where it is built; yields more options and variables for the prover."""
    npmrc = folder / helper.name / ".npmrc"
    if not helper.builds or not npmrc.is_file():
        yield [], {}
        return
    without_certificate(npmrc)
    token = token_urlsafe(24)
    try:
        with running(token) as (address, _):
            yield ["--add-host", f"{HOST}:{address}"], {"NPM_TOKEN": token}
    except RegistryError as error:
        raise _Unready(str(error)) from None


class _Unready(Exception):
    """What an example needs cannot be made; the text is the reason."""


def _lay_out(dockerfile: Path, folder: Path) -> None:
    """Copy an example; a lock file that would name an index is not kept in the bundle, and is made."""
    name = dockerfile.name.removesuffix(".Dockerfile")
    for path in (*dockerfile.parent.glob(f"{name}.*"), dockerfile.parent / name):
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns(*_LEFTOVERS))
        elif path.is_file():
            shutil.copy2(path, folder)
    if b"uv.lock" in dockerfile.read_bytes() and not (folder / name / "uv.lock").exists():
        uv = shutil.which("uv") or shutil.which("uv", path=Path(sys.executable).parent)
        if not uv:
            raise _Unready("its uv.lock is not kept in the bundle, and there is no uv to make it")
        command = [uv, "lock", "--quiet", "--python-preference", "only-system"]
        done = subprocess.run(command, cwd=folder / name, capture_output=True, text=True, check=False)
        if done.returncode:
            raise _Unready(f"its uv.lock cannot be made: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _why(output: str) -> str:
    """Of the prover's JSON what did not hold, of the validator's text its first line."""
    try:
        document = json.loads(output)
    except ValueError:
        return output.partition("\n")[0]
    failed = [f"{each['name']}: {each['seen']}" for each in document.get("checks", ()) if each["status"] == FAILED]
    return "; ".join(failed)


def _at(document: Any, keys: Sequence[Any]) -> Any:
    """The value at a place; None where there is none."""
    for key in keys:
        try:
            document = _chosen(document, key) if isinstance(key, Mapping) else document[key]
        except (KeyError, IndexError, TypeError, StopIteration):
            return None
    return document


def _chosen(items: Any, wanted: Mapping[str, Any]) -> Any:
    return next(each for each in items if isinstance(each, dict) and wanted.items() <= each.items())


def _told(say: Say) -> str:
    place = ".".join(json.dumps(each) if isinstance(each, Mapping) else str(each) for each in say.at)
    return f"{place} is {'not there' if say.value is None else json.dumps(say.value)}"
