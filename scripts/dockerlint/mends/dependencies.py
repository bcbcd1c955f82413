"""Mends of how the package managers of languages are called, and of what they leave behind."""

from __future__ import annotations

from collections.abc import Iterable

from dockerlint import caches
from dockerlint.finding import Edit, Fix
from dockerlint.knowledge import packages as table
from dockerlint.mends import Site, mend, safe, unsafe
from dockerlint.mends.edits import argument, replace_word
from dockerlint.mends.packages import call_at, calls_of
from dockerlint.mends.runs import append, is_step
from dockerlint.packages import Call, read
from dockerlint.parser import Instruction
from dockerlint.text import Word

# Distributions whose own pip is from before 6.0, which brought --no-cache-dir.
_OLD_PIP = {
    "debian": frozenset(("wheezy", "jessie")),
    "ubuntu": frozenset(("10.04", "12.04", "14.04", "14.10")),
    "rhel": frozenset(("5", "6")),
    "centos": frozenset(("5", "6")),
}


@mend("WD326")
def pip_no_cache(site: Site) -> Fix | None:
    """--no-cache-dir in each `pip install` of the RUN; a pip that may be older than the option makes it unsafe."""
    run = site.instruction
    edits: list[Edit] = []
    for call in calls_of(run) if run else ():
        if call.manager is table.PIP and call.verb == "install" and not caches.uncached(call) and not call.command.has("--no-index"):
            edit = argument(call.command, call.where, "--no-cache-dir")
            if edit is None or call.command.has("--cache-dir"):
                return None
            edits.append(edit)
    if run is None or not edits:
        return None
    image = run.stage.image
    known = image.language == "python" or (image.release and image.release not in _OLD_PIP.get(image.family, ()))
    return (safe if known else unsafe)("Add --no-cache-dir", *edits)


@mend("WD327", "WD328", "WD329")
def clean_cache(site: Site) -> Fix | None:
    """The manager's own clean-up as the last step of the RUN, where the manager is still there by then."""
    call, run = call_at(site), site.instruction
    if call is None or run is None or call.manager.name not in _STEPS or not is_step(call.command) or call.command.assignments:
        return None
    name = call.command.words[0]
    step = f"{name.raw} {_STEPS[call.manager.name]}"
    if not name.literal or name.quoted or "/" in name.raw or _in_use_later(run, call) or not _still_works(run, call):
        return None
    edit = append(run, step)
    if edit is None:
        return None
    # The cache of a project of Yarn 2 or later may be what its programs are loaded from.
    certain = call.manager is not table.YARN or call.verb.startswith("global")
    return (safe if certain else unsafe)(f"End the RUN with {step}", edit)


_STEPS = {
    "npm": "cache clean --force",
    "yarn": "cache clean",
    "conda": "clean --all --yes",
    "composer": "clear-cache",
}


def _in_use_later(run: Instruction, call: Call) -> bool:
    """Whether a later call wants the cache: it must not, or need not, go to the network."""
    return any(
        command.has("--offline", "--prefer-offline", "--cache-min")
        for stage in run.stage.dockerfile.stages
        for command in stage.calls(*call.manager.commands)
    )


def _still_works(run: Instruction, call: Call) -> bool:
    """Whether the manager can still be called at the end of the RUN: nothing was removed, neither it nor the folder it stands in."""
    moved = any(command.name in ("cd", "pushd") for command in run.commands)
    for command in run.commands[call.command.index + 1 :]:
        other = read(command)
        if other is not None and other.action == "remove":
            return False
        if command.name in ("rm", "find", "mv", "su", "nvm", "deactivate") and (moved or _is_outside(command.arguments)):
            return False
    return not any(command.name in ("su", "gosu", "runuser", "chroot") for command in run.commands)


def _is_outside(words: Iterable[Word]) -> bool:
    """Whether a word may name a place where programs are: all but temporary files, caches, and what is below the working folder."""
    return any(
        word.value.startswith(("/", "~", "$")) and not word.value.startswith(("/tmp/", "/var/", "/root/.", "~/.", "$HOME/."))
        for word in words
    )


@mend("WD330")
def honour_lock_file(site: Site) -> Fix | None:
    """npm ci; it refuses a lock file that does not fit package.json."""
    call = call_at(site)
    if call is None or call.manager is not table.NPM or call.verb not in ("install", "i") or call.packages:
        return None
    if not site.hit.help.startswith("write npm ci"):
        return None
    return unsafe("Write npm ci", replace_word(call.where, call.where.raw.replace(call.verb, "ci")))
