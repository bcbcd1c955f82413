"""What shows that a step of a build, which ran again, fetched or compiled dependencies: what it printed, and what its commands are.

Package managers differ in what they print, and can be told to print nothing: so the commands are read too, where no cache mount lends
them what they had before.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageproof.buildlog import Step, shortened

if TYPE_CHECKING:
    from dockerlint.model import Dockerfile
    from dockerlint.packages import Call
    from dockerlint.parser import Instruction

_LINE = r"^\s*(?:#\d+ [\d.]+ )?(?:\[INFO\] )?"
_FETCHING = re.compile(
    _LINE + r"(?:Downloading |go: downloading |Get:\d+ |Fetched \d|Downloaded |Compiling (?P<crate>\S+) v|➤ YN0013|fetch https?://"
    r"|Progress: resolved \d+, reused \d+, downloaded [1-9])",
    re.MULTILINE,
)
"""What package managers print when they fetch or compile what others wrote,"""
_INSTALLING = re.compile(
    _LINE + r"(?:Collecting (?:\S+@ )?\S+(?: \(from .*)?$|added \d+ packages|Progress: resolved|\(\d+/\d+\) Installing "
    r"|Package operations: [1-9]\d* install)",
    re.MULTILINE,
)
"""and when they install, which is fetching where no cache mount has it."""
_NOTHING_TO_DO = re.compile(
    _LINE + r"(?:No dependencies to install or update|up to date\b|Requirement already satisfied|Already up to date|Nothing to install)",
    re.MULTILINE,
)
"""What they print where all is there already."""
_PREPARED = re.compile(_LINE + r"Prepared (\d+) packages?.*$", re.MULTILINE)
_OF_THE_CONTEXT = re.compile(_LINE + r"\+ \S+ \(from file://", re.MULTILINE)
"""uv: how many packages it has fetched or built, and those of them that are the project's own."""
_CRATE = re.compile(r"^\s*name\s*=\s*[\"']([^\"']+)", re.MULTILINE)
_OFFLINE = ("--offline", "--no-index", "--no-deps", "--no-network", "--only-root", "--no-restore")
_LEFT_BY = {
    "maven": (("restore", "build"), ".m2"),
    "gradle": (("restore", "build"), ".gradle"),
    "nuget": (("restore", "build"), ".nuget"),
    "go": (("build",), "go-build"),
}
"""Of what can build without a word on what it fetches or compiles: what an earlier step must have done, and the folder that it fills."""


def fetches(step: Step, model: Dockerfile | None, context: str) -> str:
    """What shows that a step, of a Dockerfile and a context, fetches or compiles dependencies again; nothing where nothing does."""
    text, lent = step.text, "--mount=type=cache" in step.instruction or "--network=none" in step.instruction
    found = list(_FETCHING.finditer(text))
    if any(match["crate"] for match in found):
        own = _own_crates(context)
        found = [match for match in found if match["crate"] not in own]
    if not lent:
        found += _INSTALLING.finditer(text)
    prepared, of_the_context = list(_PREPARED.finditer(text)), len(_OF_THE_CONTEXT.findall(text))
    if sum(int(match[1]) for match in prepared) > of_the_context:
        found += prepared
    for match in found:
        line = text[match.start() :].lstrip("\n").partition("\n")[0]
        return f"it prints {line.strip()!r}"
    if _NOTHING_TO_DO.search(text):
        return ""
    return next((told for run in _runs(model, step) if (told := _by_its_commands(run, of_the_context > 0, context))), "")


def _own_crates(context: str) -> set[str]:
    """The names of the Rust packages in the context."""
    return {name for path in _files(context, "Cargo.toml") for name in _CRATE.findall(_text(path))}


def _files(context: str, wanted: str) -> Iterator[str]:
    """The files of this name in the context."""
    for folder, folders, files in os.walk(context):
        folders[:] = [each for each in folders if each not in ("target", "node_modules", ".git")]
        if wanted in files:
            yield os.path.join(folder, wanted)


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(1 << 20)


def _runs(model: Dockerfile | None, step: Step) -> Iterator[Instruction]:
    """The RUN instructions that the step may be, which have a network."""
    for stage in model.stages if model else ():
        for run in stage.of("RUN"):
            if _same(run.value, step.instruction) and not any(flag.value == "none" for flag in run.flags if flag.name == "network"):
                yield run


def _by_its_commands(run: Instruction, by_uv: bool, context: str) -> str:
    """Which command of the instruction installs, or compiles what others wrote, with nothing at hand from before.

    `by_uv` says that uv has told what it built of the context: what it printed is judged, not that it ran.
    """
    from dockerlint.packages import read

    if _offline(run.value):
        return ""
    mounted = any(mount.type == "cache" for mount in run.mounts)
    for command in run.commands:
        call = read(command)
        if call is None:
            continue
        written = f"`{shortened(' '.join(word.value for word in command.words), 60)}`"
        told = by_uv and command.name == "uv"
        if call.action in ("install", "restore", "update") and not (mounted or told):
            return f"it runs {written}"
        if call.action == "build" and _starts_afresh(call, run, mounted, context):
            return f"it runs {written}, and finds nothing of what it had before"
    return ""


def _starts_afresh(call: Call, run: Instruction, mounted: bool, context: str) -> bool:
    """Whether what builds the project has neither a cache mount nor what a step before it left behind, and there are dependencies."""
    from dockerlint import caches
    from dockerlint.packages import calls

    name = call.manager.name
    idle = (call.verb == "clean" and not call.packages) or (name == "maven" and call.command.has("-o"))
    if name not in _LEFT_BY or idle:
        return False
    if name == "go":  # its modules have another folder than what it compiled of them
        places = caches.places(call, call.manager.caches[-1])
        mounted = not places or any(caches.mount_over(run, place) for place in places)
        if not any(map(os.path.getsize, _files(context, "go.sum"))):
            return False
    actions, folder = _LEFT_BY[name]
    doing = (each for stage in run.stage.chain() for each in calls(stage) if each.manager is call.manager and each.action in actions)
    left = any(each.command.instruction is not None and each.command.instruction.line < run.line for each in doing)
    return not (mounted or left or caches.mentions(run.stage, folder) or any(folder in mount.target for mount in run.mounts))


def _offline(text: str) -> bool:
    return any(re.search(rf"(?<!\S){word}(?!\S)", text) for word in _OFFLINE)


def _same(written: str, told: str) -> bool:
    """Whether an instruction of the Dockerfile is what a step says of itself."""
    letters = "".join(written.split())[:200]
    return letters != "" and letters[:120] in "".join(told.split())
