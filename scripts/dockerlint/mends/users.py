"""Mends of users and of who owns files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dockerlint.files import STANDARD_FOLDERS, absolute, destination_of, directory_of, is_within, names_folder
from dockerlint.finding import Edit, Fix
from dockerlint.mends import Site, mend, safe, unsafe
from dockerlint.mends.edits import behind, on_one_line, replace, replace_word
from dockerlint.mends.runs import is_plain, is_root, joined_by_and
from dockerlint.packages import read
from dockerlint.parser import Instruction
from dockerlint.shell import Command
from dockerlint.text import Word


@mend("WD605")
def user_by_number(site: Site) -> Fix | None:
    """The number that the name has in the image; the group then comes from /etc/passwd, as it does for the name."""
    word = site.hit.where
    match = re.fullmatch(r"USER (\d+)(?::\d+)?", site.hit.help)
    if not isinstance(word, Word) or not match or ":" in word.value or not word.literal:
        return None
    return safe(f"Write USER {match[1]}", replace_word(word, match[1]))


# What is the same with and without sudo: it looks at no variable that sudo would take away.
_INDIFFERENT = frozenset(
    "apt-get apt apt-cache apt-key add-apt-repository dpkg yum dnf apk rm rmdir mkdir cp mv ln chmod chown chgrp touch tee cat install"
    " useradd groupadd usermod groupmod userdel adduser addgroup chpasswd ldconfig update-ca-certificates locale-gen systemctl service"
    " sed tar unzip update-alternatives dpkg-reconfigure debconf-set-selections sysctl".split()
)


@mend("WD610")
def without_sudo(site: Site) -> Fix | None:
    """Without sudo in a RUN that is root's; programs that may look at what sudo changes in the environment make it unsafe."""
    run = site.instruction
    if run is None or not is_root(run) or run.form != "shell":
        return None
    edits: list[Edit] = []
    indifferent = True
    for command in run.commands:
        if command.name != "sudo":
            continue
        inner = command.wrapped
        if inner is None or inner.text is not command.text or command.assignments or inner.assignments or inner.start <= command.start:
            return None
        options = {word.value for word in command.words[1:] if word.end <= inner.start}
        if not options <= {"-E", "-n", "-H"}:
            return None
        indifferent = indifferent and inner.name in _INDIFFERENT and "-H" not in options
        edits.append(replace(command.text, command.words[0].start, inner.words[0].start, ""))
    if not edits:
        return None
    return (safe if indifferent else unsafe)("Leave sudo out", *edits)


# What makes users and groups, and nothing else.
_ACCOUNTS = frozenset("useradd groupadd adduser addgroup usermod groupmod".split())
# What may run before the chown as well: it puts nothing into the folder.
_ELSEWHERE = _ACCOUNTS | frozenset("apt-get apk dnf microdnf yum true echo".split()) | {""}
# What does so only for packages that are installed from the folder itself.
_RARELY_INSIDE = frozenset({"pip", "pip3"})
_OWNER = re.compile(r"([\w-][\w.-]*?)?(?:[:.]([\w-]+))?$")


@mend("WD612")
def owner_while_copying(site: Site) -> Fix | None:
    """COPY --chown, and the folder alone in the RUN, where all that is in the folder came by the COPY instructions of this stage.

    Accounts that the same RUN creates first are then created in a RUN before the first COPY.
    """
    run, command = site.instruction, site.command
    if run is None or command is None or not is_plain(run) or not is_root(run) or run.flags or run.commands[-1] is not command:
        return None
    operands, accounts = command.operands(), run.commands[:-1]
    flags = [word for word in command.arguments if word.value.startswith("-")]
    if command.name != "chown" or len(operands) != 2 or [word.value for word in flags] not in (["-R"], ["--recursive"]):
        return None
    if not joined_by_and(run) or command.redirects or any(each.name not in _ACCOUNTS for each in accounts):
        return None
    owner, path = _owner(operands[0]), absolute(operands[1].value, directory_of(command)) if operands[1].literal else None
    copies, certain = _copies_into(path, run, owner, accounts) if owner and path else ([], False)
    if not copies:
        return None
    edits = [behind(copy.text, copy.keyword_end, f" --chown={owner}") for copy in copies]
    if accounts:
        moved = run.text.value[run.value_start : accounts[-1].end]
        if not on_one_line(run.text, run.value_start, command.start + 1) or not _stand_alone(accounts):
            return None
        above = copies[0].line
        edits.append(Edit(above, 1, above, 1, f"{run.written} {moved}\n"))
        edits.append(replace(run.text, run.value_start, command.start, ""))
    behind_flag = [word for word in command.words if word.start > flags[0].start]
    edits.append(replace(run.text, flags[0].start, behind_flag[0].start, ""))
    return (safe if certain else unsafe)("Set the owner while copying", *edits) if behind_flag else None


def _owner(word: Word) -> str:
    """What COPY --chown is to be told so that it does what chown does; "" where that cannot be said."""
    match = _OWNER.match(word.value)
    if match is None or not word.literal or not (match[1] or match[2]):
        return ""
    return f"{match[1] or 0}:{match[2] or 0}"


def _stand_alone(accounts: Sequence[Command]) -> bool:
    """Whether nothing of what creates the accounts can depend on what is copied, nor on the folder."""
    return not any(command.redirects or command.assignments or not word.literal for command in accounts for word in command.words)


def _copies_into(path: str, run: Instruction, owner: str, accounts: Sequence[Command]) -> tuple[list[Instruction], bool]:
    """The COPY instructions that fill a folder, none where it holds anything else by the time of the RUN; and whether that is certain."""
    stage = run.stage
    nothing: tuple[list[Instruction], bool] = ([], False)
    if path in STANDARD_FOLDERS or path.startswith(("/home/", "/root")) or stage.base is not None:
        return nothing
    copies: list[Instruction] = []
    certain = bool(stage.image.family) and not path.startswith(_MAY_HAVE_FILES)
    for instruction in stage.instructions[: stage.instructions.index(run)]:
        if instruction.keyword in ("COPY", "ADD"):
            target = destination_of(instruction)
            if target is None or (is_within(path, target) and path != target):
                return nothing
            if not is_within(target, path):
                continue
            if instruction.keyword == "ADD" or not _is_all_of(instruction, target, path, owner):
                return nothing
            copies.append(instruction)
        elif instruction.keyword == "RUN":
            if not instruction.commands or any(not _stays_outside(command, path) for command in instruction.commands):
                return nothing
            certain = certain and not any(command.name in _RARELY_INSIDE for command in instruction.commands)
        elif instruction.keyword in ("VOLUME", "ONBUILD"):
            return nothing
    if any(not _stays_outside(command, path) for command in accounts) or any(not _is_known(owner, copy, accounts) for copy in copies):
        return nothing
    return copies, certain


def _is_all_of(copy: Instruction, target: str, path: str, owner: str) -> bool:
    """Whether it fills the folder itself, with files that are root's; from another stage they may be anybody's, and chown took all."""
    partial = owner.startswith("0:") or owner.endswith(":0")
    names = {flag.name for flag in copy.flags}
    folder = copy.destination is not None and (names_folder(copy.destination.value) or len(copy.words) == 2)
    return target == path and folder and names <= (set() if partial else {"from"}) and not copy.heredocs


# Where the images of programs and of languages have folders with files of their own: a web server's root, for one.
_MAY_HAVE_FILES = ("/usr/", "/var/", "/etc/", "/opt/", "/lib", "/go")


def _stays_outside(command: Command, path: str) -> bool:
    if any(not redirect.target.value.startswith("/") or path in redirect.target.value for redirect in command.redirects):
        return False
    call = read(command)
    if call is not None and not call.action:
        return False  # apt-get download, apk fetch
    if command.name == "mkdir":
        return all(word.value.startswith("-") or word.value.rstrip("/") == path for word in command.arguments)
    return (command.name in _ELSEWHERE or command.name in _RARELY_INSIDE) and not any(path in word.value for word in command.words)


def _is_known(owner: str, copy: Instruction, accounts: Sequence[Command]) -> bool:
    """Whether the names of an owner mean something where the COPY stands: numbers do, and what was created before it, or is moved there."""
    before = [command for each in copy.stage.instructions[: copy.stage.instructions.index(copy)] for command in each.commands]
    created = {word.value for command in (*before, *accounts) if command.name in _ACCOUNTS for word in command.arguments}
    known = created | set(copy.stage.image.uids.values()) | {"root", "nobody"}
    return all(name.isdigit() or name in known for name in owner.split(":"))
