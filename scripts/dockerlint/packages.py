"""What a shell command does with packages: which manager it is, what it installs, removes, updates or cleans.

Reads `shell.Command`s with the table of `knowledge.packages`; every rule about packages asks here.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.knowledge.packages import MANAGER_OF, MODULES, PACMAN_ACTIONS, PYTHONS, TOOLS_OF, Manager

if TYPE_CHECKING:
    from dockerlint.model import Stage
    from dockerlint.shell import Command
    from dockerlint.text import Word

# What `Stage.calls` has to be asked for to see every call of a package manager.
NAMES = (*MANAGER_OF, *PYTHONS)
_NAMES = frozenset(NAMES)

_ARCHIVES = (".deb", ".rpm", ".apk", ".whl", ".tar.gz", ".tgz", ".zip", ".gem", ".tar.bz2", ".tar.xz", ".conda")


class Call(NamedTuple):
    """One call of a package manager.

    `action` is one of "install" (the packages of `packages`), "restore" (those of a manifest or lock file), "build", "update",
    "upgrade", "remove", "clean" and "" (anything else: `npm run`, `go env`). `where` is the word to point at: the verb, or the name
    where there is none.
    """

    command: Command
    manager: Manager
    verb: str
    action: str
    where: Word
    packages: tuple[Word, ...]


def read(command: Command) -> Call | None:
    """What the command does with packages; None where it calls no package manager."""
    return _read(command) if command.name in _NAMES else None


@lru_cache(maxsize=64)
def _read(command: Command) -> Call | None:
    words = command.words
    manager = MANAGER_OF.get(command.name)
    first = 1
    if manager is None:
        if len(words) < 3 or words[1].value != "-m":
            return None
        manager = MODULES.get(words[2].value)
        if manager is None:
            return None
        first = 3
    if manager.name == "pacman":
        return _pacman(command, manager)
    operands = list(_operands(words[first:], manager.valued))
    if operands and operands[0].value[0] in "+_" and manager.name in ("cargo", "bundler"):  # cargo +nightly, bundle _2.7.0_
        del operands[0]
    if not operands:
        action = "" if command.has("--version", "--help", "-v", "-V", "-h") else manager.bare
        return Call(command, manager, "", action, words[first - 1], ())
    verb, where, packages = operands[0].value, operands[0], tuple(operands[1:])
    if len(operands) > 1 and (pair := f"{verb} {operands[1].value}") in manager.actions:
        verb, where, packages = pair, operands[1], packages[1:]
    action = manager.actions.get(verb, manager.other)
    if action == "install" and not manager.system and _nothing_named(manager, packages):
        action = manager.local
    return Call(command, manager, verb, action, where, packages)


def _nothing_named(manager: Manager, packages: tuple[Word, ...]) -> bool:
    """Whether an install names no package; what `go install` names without a version belongs to the module at hand."""
    return not packages or (manager.name == "go" and not any("@" in package.value for package in packages))


@lru_cache(maxsize=64)
def calls(stage: Stage) -> tuple[Call, ...]:
    """All that the stage's RUN instructions do with packages, in order."""
    return tuple(call for command in stage.calls(*NAMES) if (call := read(command)) is not None)


def _pacman(command: Command, manager: Manager) -> Call:
    for word in command.words[1:]:
        if word.value.startswith("-S") and set(word.value[2:]) & set("silgp"):  # searches, shows, lists or prints
            return Call(command, manager, word.value, "", word, ())
        for flags, action in PACMAN_ACTIONS:
            if word.value.startswith(flags[:2]) and set(flags[2:]) <= set(word.value[2:]):
                packages = tuple(_operands(command.words[1:], ()))
                if action == "update" and packages:
                    return Call(command, manager, word.value, "install", word, packages)
                return Call(command, manager, word.value, action, word, packages)
    return Call(command, manager, "", "", command.words[0], ())


def _operands(words: tuple[Word, ...], valued: Container[str]) -> Iterator[Word]:
    """The words that are neither options nor the values of those in `valued`."""
    takes_next = False
    options = True
    for word in words:
        value = word.value
        if takes_next:
            takes_next = False
        elif options and value == "--":
            options = False
        elif options and value.startswith("-") and value != "-":
            takes_next = value in valued
        elif value:
            yield word


def name_of(manager: Manager, package: str) -> str:
    """The bare name of a package: without version, architecture, extras and release.

    "curl=8.*" -> "curl", "libc6:amd64" -> "libc6", "uvicorn[standard]>=0.30" -> "uvicorn", "@scope/x@1" -> "@scope/x".
    """
    if manager.name == "apt":
        return package.partition("=")[0].partition("/")[0].partition(":")[0] or package
    if manager.name in ("npm", "pnpm", "yarn", "bun", "go", "cargo", "poetry"):
        return package[:1] + package[1:].partition("@")[0]
    if manager.name in ("gem", "bundler", "composer"):
        return package.partition(":")[0]
    end = min((package.find(mark) for mark in "=<>~![@; " if mark in package[1:]), default=len(package))
    return package[:end] or package


def refreshes(call: Call) -> bool:
    """Whether the call fetches the package index of a distribution: an update, or an apt install that updates first."""
    return call.action == "update" or (call.manager.name == "apt" and call.action == "install" and call.command.has("--update", "-U"))


def is_local(package: str) -> bool:
    """Whether the word names a file, a folder or an address rather than a package of the registry."""
    return (
        package.startswith((".", "/", "~/", "file:", "git+", "http:", "https:", "ssh:")) or package.endswith(_ARCHIVES) or "://" in package
    )


def named(call: Call) -> Iterator[tuple[Word, str]]:
    """The packages that the call names, each word with one package of it; variables whose value is known are replaced.

    A word whose value is not known is given as it is written: it contains `$` or a backquote.
    """
    for word in call.packages:
        if word.literal:
            yield word, word.value
            continue
        value = resolve(call.command, word)
        if value is None:
            yield word, word.value
        elif word.quoted:
            yield word, value
        else:
            for part in value.split():
                yield word, part


def resolve(command: Command, word: Word) -> str | None:
    """The word's value, with ARG, ENV and the variables that the same RUN sets before the command; None where not known."""
    instruction = command.instruction
    if instruction is None:
        return word.value if word.literal else None
    value = instruction.expand(word)
    if value is not None or not word.value.startswith("$"):
        return value
    variable = word.value.strip("${}")
    for earlier in instruction.commands[: command.index]:
        for assignment in earlier.assignments:
            key, _, text = assignment.value.partition("=")
            if key == variable and not earlier.name and "$" not in text and "`" not in text:
                value = text
    return value


def installed(command: Command) -> Iterator[str]:
    """The names of the packages that the command installs, without versions.

    A name that is not known (`apt-get install $PACKAGES`) is given as it is written, with its `$`: the caller can tell that
    something unknown was installed, too. So are those that xargs reads.
    """
    call = read(command)
    if call is not None and call.action == "install":
        if _from_xargs(command):
            yield "$@"
        for _, package in named(call):
            if not package.startswith("!") and not (call.manager.name == "apt" and package.endswith("-")):
                yield name_of(call.manager, package)


def _from_xargs(command: Command) -> bool:
    outer = command.wrapper
    while outer is not None and outer.name != "xargs":
        outer = outer.wrapper
    return outer is not None


def brings(command: Command) -> Iterator[str]:
    """The programs that the command makes available: the names of what it installs, and what those packages are known to bring."""
    for package in installed(command):
        yield package
        yield from TOOLS_OF.get(package, ())


def answers_yes(call: Call) -> bool:
    """Whether the questions that it asks are answered: by a flag, or by what is piped in."""
    command = call.command
    if command.piped_from is not None or any(redirect.operator in ("<", "<<", "<<-", "<<<") for redirect in command.redirects):
        return True
    if command.has(*call.manager.yes):
        return True
    return call.manager.name == "apt" and _quiet_level(command) > 1


def _quiet_level(command: Command) -> int:
    """apt-get's: two of them (-qq, -q=2) imply -y."""
    level = 0
    for word in command.words[1:]:
        value = word.value
        if value.startswith("-q=") and value[3:].isdigit():
            level = int(value[3:])
        elif value == "--quiet":
            level += 1
        elif value[:1] == "-" and value[1:2].isalpha() and "=" not in value:
            level += value.count("q")
    return level


def changes_nothing(call: Call) -> bool:
    """Whether the call only simulates, or downloads."""
    short = {"apt": ("-s", "-d"), "apk": ("-s",)}.get(call.manager.name, ())
    return call.command.has(
        "--download-only", "--print-uris", "--simulate", "--just-print", "--dry-run", "--no-act", "--recon", "--downloadonly", *short
    )


def names_packages(call: Call) -> bool:
    """Whether the call installs something from a repository, not only files."""
    return any(not is_local(package) and not package.endswith("-") for _, package in named(call))


def loose(stage: Stage, managers: tuple[Manager, ...], is_pinned: Callable[[Call, str], bool]) -> Iterator[tuple[Call, Word, list[str]]]:
    """The installs of packages without a version: the call, its first such package, and all their names.

    What is not known, or local, counts as pinned.
    """
    for call in calls(stage):
        if call.action != "install" or call.manager not in managers or changes_nothing(call):
            continue
        found = [
            (word, package)
            for word, package in named(call)
            if "$" not in package and "`" not in package and not is_local(package) and not is_pinned(call, package)
        ]
        if found:
            yield call, found[0][0], list(dict.fromkeys(package for _, package in found))


def listed(names: list[str]) -> str:
    """The names as a message has them: "a, b and c", at most four."""
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
