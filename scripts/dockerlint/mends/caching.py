"""Mends of cache mounts, and of bytes that a later layer only hides."""

from __future__ import annotations

import re

from dockerlint import caches
from dockerlint.finding import Edit, Fix
from dockerlint.knowledge import packages as table
from dockerlint.mends import Site, mend, safe, unsafe
from dockerlint.mends.edits import behind, on_one_line, replace
from dockerlint.mends.runs import fold, is_plain, is_root, is_step, prepend
from dockerlint.packages import read
from dockerlint.parser import Mount
from dockerlint.shell import Command
from dockerlint.text import Word


def mount_option(mount: Mount, option: str) -> Edit | None:
    """One more option of a mount; None where its value is quoted."""
    flag = mount.flag
    raw = flag.text.value[flag.start : flag.end]
    return behind(flag.text, flag.end, f",{option}") if not set(raw) & set("\"'\\`$") else None


@mend("WD356")
def target_of_the_tool(site: Site) -> Fix | None:
    """The target where the tool keeps its cache; not for a user other than root, who could not write into it.

    What the mount holds then is not in the layer, where a later RUN may have found it.
    """
    mount, run, place = site.hit.where, site.instruction, site.hit.help.removeprefix("write target=")
    if not isinstance(mount, Mount) or run is None or caches.user_of(run) != "":
        return None
    flag = mount.flag
    found = re.search(r"(?:target|dst|destination)=([^\s,]+)", flag.text.value[flag.start : flag.end])
    if found is None or found[1] != mount.target or not on_one_line(flag.text, flag.start, flag.end):
        return None
    if any(target == place for _, target in caches.cache_mounts(run)):
        return None
    lends = any(call.manager in table.READ_BY_BUILDS for call in map(read, run.commands) if call is not None)
    edit = replace(flag.text, flag.start + found.start(1), flag.start + found.end(1), place)
    return (unsafe if lends else safe)(f"Mount {place}", edit)


@mend("WD353")
def keep_cache(site: Site) -> Fix | None:
    """Without the deletion."""
    run, command = site.instruction, site.command
    if run is None or command is None or not is_plain(run) or not is_step(command) or command.redirects or command.before != "&&":
        return None
    if command.name == "rm" and len(command.operands()) > 1:
        word = site.hit.where
        start = max(each.end for each in command.words if isinstance(word, Word) and each.end <= word.start)
        return safe("Leave it out", replace(run.text, start, word.end, "")) if isinstance(word, Word) else None
    previous = run.commands[command.index - 1]
    if previous.text is not run.text or previous.within or previous.wrapper or command.after not in ("", "&&"):
        return None
    return safe("Leave the deletion out", replace(run.text, _end_of(previous), command.end, ""))


def _end_of(command: Command) -> int:
    """The offset behind a command, its redirections included."""
    return max([command.end, *(redirect.target.end for redirect in command.redirects)])


@mend("WD354")
def keep_packages(site: Site) -> Fix | None:
    """The file that makes apt delete its packages goes first."""
    run = site.instruction
    edit = prepend(run, "rm -f /etc/apt/apt.conf.d/docker-clean") if run is not None and is_root(run) else None
    return safe("Remove docker-clean first", edit) if edit else None


@mend("WD355")
def lock_apt_cache(site: Site) -> Fix | None:
    """sharing=locked for each of apt's folders."""
    edits = [
        mount_option(mount, "sharing=locked")
        for mount, target in (caches.cache_mounts(site.instruction) if site.instruction is not None else ())
        if mount.sharing == "" and (caches.holds("/var/cache/apt", target) or caches.holds("/var/lib/apt", target))
    ]
    if not edits or None in edits:
        return None
    return safe("Add sharing=locked", *(edit for edit in edits if edit))


@mend("WD361", "WD362", "WD363")
def delete_where_it_came(site: Site) -> Fix | None:
    """The RUN that only deletes becomes the end of the RUN just before it."""
    run = site.instruction
    if run is None or run not in run.stage.instructions:
        return None
    position = run.stage.instructions.index(run)
    previous = run.stage.instructions[position - 1] if position else None
    if (
        previous is None
        or previous.keyword != "RUN"
        or run.state.user != previous.state.user
        or run.state.workdir != previous.state.workdir
    ):
        return None
    if f"line {previous.line} " not in f"{site.hit.help} {site.hit.message} ".replace(",", " ").replace(":", " "):
        return None  # it came with another one
    if not all(_deletes(command) for command in run.commands):
        return None
    edits = fold(run, previous)
    return safe(f"Move it to the end of the RUN of line {previous.line}", *edits) if edits else None


def _deletes(command: Command) -> bool:
    """Whether all that the command does is to delete files, caches or packages."""
    call = read(command)
    return command.name == "rm" or (call is not None and call.action in ("clean", "remove"))
