"""Where a package manager keeps its downloads at one place of a Dockerfile, and what happens to them there.

The table is `knowledge.packages`; what moves a cache (the user, variables, options, WORKDIR) is asked of the model.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dockerlint.packages import Call, calls, changes_nothing, read, refreshes

if TYPE_CHECKING:
    from dockerlint.knowledge.packages import Cache, Manager
    from dockerlint.model import Stage
    from dockerlint.parser import Instruction, Mount
    from dockerlint.shell import Command
    from dockerlint.text import Word

ROOTS = ("", "0", "root", "0:0", "root:root", "0:root", "root:0")
_CACHE_OPTIONS = ("--cache-dir", "--cache", "--cache-folder", "--store-dir", "--gradle-user-home")
_FALSE = ("0", "false", "no", "off", "f", "n")


def user_of(instruction: Instruction) -> str | None:
    """Who runs the instruction: "" for root, None where not known."""
    user = instruction.stage.user_at(instruction)
    if user in ROOTS:
        return ""
    return None if user is None or "$" in user else user


def home_of(instruction: Instruction) -> str | None:
    """The home folder of whoever runs the instruction; None where not known. HOME wins over USER."""
    home = instruction.state.variables.get("HOME")
    if home:
        return home
    user = user_of(instruction)
    if user is None:
        # An unknown base that names no USER is root's in nearly every case; a rule that needs certainty asks user_of.
        return "/root" if instruction.state.user is None else None
    if not user:
        return "/root"
    name = user.partition(":")[0]
    if name.isdigit():
        name = instruction.stage.image.uids.get(int(name), "")
    return f"/home/{name}" if name else None


def _home_at(command: Command, instruction: Instruction) -> str | None:
    """The same of a command, which may have a HOME of its own, or run as somebody else."""
    outer = command.wrapper
    while outer is not None:
        as_root = outer.name in ("sudo", "doas") and not outer.has("-u", "--user") and user_of(instruction) == ""
        if outer.name in _AS_ANOTHER and not as_root:
            return None
        outer = outer.wrapper
    home = variable(command, "HOME") or home_of(instruction)
    return None if home is None or "$" in home else home


_AS_ANOTHER = frozenset(("sudo", "doas", "su", "su-exec", "gosu", "runuser", "setpriv"))


def variable(command: Command, name: str) -> str | None:
    """The value of an environment variable at the command: ENV and ARG, `export`s of the same RUN, and its own assignments."""
    instruction = command.instruction
    if instruction is None:
        return None
    value = instruction.state.variables.get(name)
    for earlier in instruction.commands[: command.index + 1]:
        if earlier is command or not earlier.name:
            pairs = earlier.assignments
        elif earlier.name == "export":
            pairs = earlier.arguments
        else:
            continue
        for pair in pairs:
            key, separator, text = pair.value.partition("=")
            if separator and key == name:
                value = text
    return value


def is_set(command: Command, name: str) -> bool:
    """Whether a switch of the environment (PIP_NO_CACHE_DIR, UV_NO_DEV) is on; pip takes every value for on, "0" too."""
    value = variable(command, name)
    return bool(value) and (name.startswith("PIP_") or value.lower() not in _FALSE) if value else False


def absolute(path: str, instruction: Instruction) -> str:
    """The path from the root: relative ones start at WORKDIR, "~" is the home folder; normalised, without a slash at the end."""
    if path.startswith(("~/", "$HOME/", "${HOME}/")):
        path = (home_of(instruction) or "~") + path[path.index("/") :]
    elif not path.startswith("/"):
        path = posixpath.join(instruction.state.workdir or "/", path)
    return posixpath.normpath(path)


def folder_at(command: Command) -> str:
    """The working folder of the command: WORKDIR, and the `cd`s before it in its RUN; "" where one of them is not known."""
    instruction = command.instruction
    if instruction is None:
        return ""
    folder = absolute(".", instruction)
    for earlier in instruction.commands[: command.index]:
        if earlier.name in ("cd", "pushd") and earlier.within == command.within[: len(earlier.within)]:
            target = earlier.arguments[0].value if earlier.arguments else "~"
            if "$" in target or "`" in target or target == "-":
                return ""
            folder = posixpath.normpath(posixpath.join(folder, target))
    return folder


def path_at(word: Word, command: Command) -> str:
    """The absolute path that a word of the command names; "" where not known."""
    instruction = command.instruction
    value = instruction.expand(word) if instruction is not None else None
    if value is None:
        value = word.value
    if value.startswith(("/", "~/", "$HOME/", "${HOME}/")):
        return absolute(value, instruction) if instruction is not None else ""
    folder = folder_at(command)
    if not folder or value.startswith("$"):
        return ""
    return posixpath.normpath(posixpath.join(folder, value))


def holds(folder: str, path: str) -> bool:
    """Whether `path` is the folder or something in it."""
    return path == folder or folder == "/" or path.startswith(folder + "/")


def target_of(mount: Mount, instruction: Instruction) -> str | None:
    """The absolute target of a mount; None where a variable in it is not known."""
    target = instruction.expand(mount.target)
    return absolute(target, instruction) if target else None


def cache_mounts(instruction: Instruction) -> Iterator[tuple[Mount, str]]:
    """Its cache mounts whose targets are known, with the targets."""
    for mount in instruction.mounts:
        if mount.type == "cache":
            target = target_of(mount, instruction)
            if target is not None:
                yield mount, target


def mount_over(instruction: Instruction, path: str) -> Mount | None:
    """The cache or tmpfs mount that keeps what is written to the path, which may be a pattern, out of the layer."""
    for mount in instruction.mounts:
        if mount.type in ("cache", "tmpfs"):
            target = target_of(mount, instruction)
            if target is None or holds(target, path) or fnmatchcase(target, path):
                return mount
    return None


def places(call: Call, cache: Cache) -> tuple[str, ...]:
    """Where this call keeps that cache: the folder it uses, others that it may use behind it; empty where not known."""
    command, instruction = call.command, call.command.instruction
    if instruction is None:
        return ()
    configured = _CONFIGURED.get(call.manager.name)
    if configured is not None and cache is call.manager.caches[0]:
        found = configured(call)
        if found is not None:
            return tuple(found)
    moved = command.option(*_CACHE_OPTIONS)
    if moved is None and call.manager.name == "gradle":  # -g is --global elsewhere
        moved = command.option("-g")
    for name, below in ((cache.variable, cache.below), cache.otherwise):
        if moved is None and name and (folder := variable(command, name) or variable(command, name.lower())):
            moved = posixpath.join(folder.partition(":")[0], below)  # GOPATH may be a list; what is downloaded goes into the first
    if moved:
        return () if "$" in moved else (absolute(moved, instruction),)
    if cache.path[:1] == "/":
        return (cache.path,)
    home = _home_at(command, instruction)
    folder = cache.path[1:]
    found = []
    if cache.official and is_official(call):
        return (cache.official,)
    if home and folder:
        base = variable(command, "XDG_CACHE_HOME") if folder.startswith("/.cache/") else None
        found.append(posixpath.join(base, folder[8:]) if base and "$" not in base else home + folder)
    if cache.official and folder and not instruction.stage.image.family:
        # Derived from the official image, most likely; but Composer's /tmp/cache is to be had in its own only.
        found.insert(len(found) if cache.official.startswith("/tmp/") else 0, cache.official)
    return tuple(found)


def _bundlers(call: Call) -> list[str] | None:
    """Where Bundler keeps what it downloads for a project that has a path of its own; None where its gems go to those of Ruby itself.

    They are in ruby/VERSION below the path, and what was downloaded in ruby/VERSION/cache (built with Bundler 2.6).
    """
    path = _bundler_setting(call.command, "path")
    if not path and (_bundler_setting(call.command, "deployment") or "false").lower() not in _FALSE:
        path = "vendor/bundle"
    if not path:
        return None
    path = posixpath.join(folder_at(call.command), path, "ruby/*/cache")
    return [posixpath.normpath(path)] if path.startswith("/") and "$" not in path else []


def _bundler_setting(command: Command, key: str) -> str | None:
    """A setting of Bundler at the command: its own flag, what `bundle config` has set before it, or BUNDLE_KEY; None where it has none."""
    if command.has(f"--{key}"):
        return command.option(f"--{key}") or "true"
    for run in reversed(list(chain_runs(command.instruction.stage)) if command.instruction is not None else ()):
        for other in reversed(run.commands):
            if other.name in ("bundle", "bundler") and other.span < command.span:
                words = [word.value for word in other.operands() if word.value != "set"]
                if words[:2] == ["config", key]:
                    return " ".join(words[2:])
    return variable(command, f"BUNDLE_{key.upper()}")


def _yarns(call: Call) -> list[str] | None:
    """Where Yarn 4 keeps what it downloads, where programs do not run from there; none for Yarn 2 and 3, None for Yarn 1.

    Without `nodeLinker: node-modules` a program of the project is loaded from the cache itself (Plug'n'Play).
    """
    command, instruction = call.command, call.command.instruction
    if instruction is None or call.verb.startswith("global") or command.option("--cache-folder") or variable(command, "YARN_CACHE_FOLDER"):
        return None
    rc = project_file(".yarnrc.yml", instruction)
    runs = (word.value for run in chain_runs(instruction.stage) for other in run.commands for word in other.words)
    named = _YARN.search(" ".join((project_file("package.json", instruction) or "", rc or "", *runs)))
    version = named[1] if named else ""
    newer = rc is not None or version not in ("", "0", "1") or copied(".yarnrc.yml", instruction)
    if not newer and not command.has("--immutable") and call.verb != "workspaces focus":
        return None
    linker = variable(command, "YARN_NODE_LINKER") or rc or ""
    home = home_of(instruction)
    return [f"{home}/.yarn/berry/cache"] if home and version.isdigit() and int(version) >= 4 and "node-modules" in linker else []


_YARN = re.compile(r"\byarn(?:[@-]| set version )(\d+|stable|berry)\b")

# Managers whose first cache the settings of the project move: to these folders, None where the table holds.
_CONFIGURED: dict[str, Callable[[Call], list[str] | None]] = {"bundler": _bundlers, "yarn": _yarns}


def is_official(call: Call) -> bool:
    """Whether the base image is the official one of the manager or its language, which sets where its caches are."""
    instruction = call.command.instruction
    if instruction is None:
        return False
    stage, manager = instruction.stage, call.manager
    if manager.language and stage.image.language == manager.language:
        return True
    reference = stage.reference
    return reference is not None and reference.name == manager.name


def covered(call: Call) -> Mount | None:
    """A mount that keeps (one of) the call's caches out of the layer."""
    instruction = call.command.instruction
    if instruction is None or not instruction.mounts:
        return None
    for cache in call.manager.caches:
        for place in places(call, cache):
            mount = mount_over(instruction, place)
            if mount is not None:
                return mount
    # A home folder that is not known here, a cache moved by a file: believe a mount that looks like the manager's.
    for mount, target in cache_mounts(instruction):
        for cache in call.manager.caches:
            tail = cache.path.lstrip("~") or cache.official
            if (
                target.endswith(tail)
                or (tail + "/") in target
                or f"/{call.manager.name}" in target
                or (tail.startswith("/.cache/") and target.endswith("/.cache"))
            ):
                return mount
    return None


def downloads_nothing(call: Call) -> bool:
    """Whether Go has its sources from elsewhere: the vendor folder, or GOPATH."""
    command = call.command
    vendored = command.option("-mod", "--mod") == "vendor" or "-mod=vendor" in (variable(command, "GOFLAGS") or "").split()
    return call.manager.name == "go" and (vendored or variable(command, "GO111MODULE") == "off")


def uncached(call: Call) -> str:
    """The flag or variable that turns the manager's cache off; "" where it is on."""
    for switch in call.manager.uncached:
        if switch.startswith("-"):
            if call.command.has(switch):
                return switch
        elif is_set(call.command, switch):
            return switch
    return ""


def removed(command: Command) -> Iterator[tuple[Word, str]]:
    """What `rm` (or `find … -delete`) deletes: each word with an absolute path, braces expanded, which may be a pattern."""
    instruction = command.instruction
    if instruction is None:
        return
    if command.name == "rm":
        words = [word for word in command.operands() if word.value]
    elif command.name == "find" and (command.has("-delete") or any(word.value == "rm" for word in command.words)):
        words = []
        for word in command.arguments:
            if word.value.startswith(("-", "(", "!")):
                break
            words.append(word)
    else:
        return
    for word in words:
        for value in braces(word.value):
            path = path_at(word._replace(raw=value, value=value) if value != word.value else word, command)
            if path:
                yield word, path


def braces(text: str) -> Iterator[str]:
    """`a{b,c}d` -> `abd`, `acd`, as bash does."""
    start = text.find("{")
    end = text.find("}", start)
    if start < 0 or end < 0 or text[start - 1 : start] == "$" or "," not in text[start:end]:
        yield text
        return
    for choice in text[start + 1 : end].split(","):
        yield from braces(text[:start] + choice + text[end + 1 :])


def empties(pattern: str, folder: str) -> bool:
    """Whether deleting the pattern (`/var/lib/apt/lists/*`) leaves nothing (of what matters) in the folder."""
    while pattern.endswith(("/*", "/.*", "/**")):
        pattern = posixpath.dirname(pattern)
        if holds(pattern or "/", folder):
            return True
    if holds(pattern, folder) or fnmatchcase(pattern, folder):
        return True
    name = posixpath.basename(pattern)
    if "*" not in name and "?" not in name:
        return False
    if posixpath.dirname(pattern) == folder:  # `*_*` and `APKINDEX*` are what matters, `*.lock` is not
        return name.startswith("APKINDEX") or not name.strip("*?_.")
    return fnmatchcase(folder, pattern)


def removes(command: Command, *folders: str) -> bool:
    """Whether the command deletes what is in one of the folders."""
    if command.name not in ("rm", "find"):
        return False
    return any(empties(path, folder) for _, path in removed(command) for folder in folders)


def clears(command: Command, *folders: str) -> bool:
    """`removes`, or a clean-up script or function whose inside cannot be seen."""
    return removes(command, *folders) or "clean" in command.name


def later(command: Command) -> tuple[Command, ...]:
    """The commands behind it in the same instruction, and those of functions and traps, which may run behind it."""
    instruction = command.instruction
    if instruction is None:
        return ()
    return tuple(
        other for other in instruction.commands if other.index > command.index or "function" in other.within or "trap" in other.within
    )


def base_varies(stage: Stage) -> bool:
    """Whether a variable says which image it is built FROM (not merely which tag of it)."""
    words = stage.root.instruction.words
    return bool(words) and "$" in words[0].value.partition(":")[0]


def chain_runs(stage: Stage) -> Iterator[Instruction]:
    """The RUN instructions of the stage and of those it is built FROM, oldest first."""
    for ancestor in reversed(stage.chain()):
        yield from ancestor.of("RUN")


def mentions(stage: Stage, *needles: str) -> bool:
    """Whether one of the strings stands in a RUN, COPY or ENV of the chain: what a configuration file is given, in whatever way."""
    for ancestor in stage.chain():
        for instruction in ancestor.of("RUN", "COPY", "ADD", "ENV"):
            texts = (instruction.value, *(heredoc.body.value for heredoc in instruction.heredocs))
            if any(needle in text for text in texts for needle in needles):
                return True
    return False


def copied(name: str, before: Instruction) -> bool | None:
    """Whether a file of the project has been copied, or is mounted, where the instruction runs; None where it may have been.

    `COPY . .`, globs and folders are looked up in the build context; without one (or where the file is in none), they may bring it.
    """
    maybe = False
    stage = before.stage
    context = stage.dockerfile.context
    for mount in before.mounts:
        if mount.type == "bind" and not mount.from_:
            if posixpath.basename(mount.source or mount.target) == name:
                return True
            maybe = maybe or posixpath.normpath(mount.source or ".") == "."
    for ancestor in reversed(stage.chain()):
        for instruction in ancestor.of("COPY", "ADD"):
            if ancestor is stage and instruction.line > before.line:
                break
            for source in instruction.sources:
                path = instruction.expand(source) or source.value
                last = posixpath.basename(posixpath.normpath(path))
                if last == name:
                    return True
                if instruction.from_:
                    continue
                if ("*" in last or "?" in last or "[" in last) and fnmatchcase(name, last):
                    if context.exists(posixpath.join(posixpath.dirname(path), name)):
                        return True
                    maybe = maybe or not context.sure
                elif last in (".", "", "/"):
                    if context.exists(name):
                        return True
                    maybe = maybe or not context.sure
    return None if maybe else False


def whole_context(instruction: Instruction) -> Word | None:
    """The source of a COPY or ADD that is the whole build context."""
    if instruction.keyword in ("COPY", "ADD") and not instruction.from_:
        for source in instruction.sources:
            if posixpath.normpath(source.value) in (".", "/", "*", "./*"):
                return source
    return None


def project_file(name: str, before: Instruction) -> str | None:
    """The text of a file of the project (package.json) as the build context has it; None where it cannot be read."""
    context = before.stage.dockerfile.context
    for ancestor in before.stage.chain():
        for instruction in ancestor.of("COPY", "ADD"):
            for source in instruction.sources:
                if posixpath.basename(source.value) == name and not instruction.from_:
                    return context.read(source.value)
    return context.read(name)


def left_behind(stage: Stage, managers: tuple[Manager, ...], actions: tuple[str, ...], verbs: tuple[str, ...] = ()) -> Iterator[Call]:
    """The last call of each RUN that fills the manager's index or cache in a layer that ships, where nothing empties it afterwards.

    `verbs` are the manager's clean-up verbs that count (default: all whose action is "clean").
    """
    if not stage.ships:
        return
    last: dict[Instruction, Call] = {}
    for call in calls(stage):
        instruction = call.command.instruction
        if instruction is not None and call.manager in managers and _fills(call, actions) and not changes_nothing(call):
            last[instruction] = call
    for instruction, call in last.items():
        folders = call.manager.lists or tuple(place for cache in call.manager.caches for place in places(call, cache))
        if any(mount_over(instruction, folder) for folder in folders) or covered(call):
            continue
        if any(_tidies(other, managers, folders, verbs) for other in later(call.command)):
            continue
        if any(
            not any(_fills(other, actions) for other in map(read, run.commands) if other is not None and other.manager in managers)
            and any(_tidies(command, managers, folders, verbs) for command in run.commands)
            for run in stage.of("RUN")
            if run.line > instruction.line
        ):
            continue  # WD362 says so, at the deletion
        yield call


def emptied(call: Call) -> bool:
    """Whether the RUN of the call deletes the manager's caches again."""
    folders = tuple(place for cache in call.manager.caches for place in places(call, cache))
    return any(_tidies(command, (call.manager,), folders, ()) for command in later(call.command))


def _tidies(command: Command, managers: tuple[Manager, ...], folders: tuple[str, ...], verbs: tuple[str, ...]) -> bool:
    call = read(command)
    if call is not None:
        return call.action == "clean" and call.manager in managers and (not verbs or call.verb in verbs)
    return clears(command, *folders)


def _fills(call: Call, actions: tuple[str, ...]) -> bool:
    return call.action in actions or ("update" in actions and refreshes(call))


def place_of(call: Call) -> str:
    """The folder for a cache mount, as the person would write it."""
    found = places(call, call.manager.caches[0])
    return as_target(found[0] if found else call.manager.caches[0].path)


def mount_of(call: Call) -> str:
    """The target of a cache mount, and whose it must be, as the person would write it."""
    return place_of(call) + owner_of(call.command.instruction)


def owner_of(instruction: Instruction | None) -> str:
    """What a cache mount must say for the user of an instruction to write into it: `,uid=1000,gid=1000`; "" for root, and nobody known."""
    user = user_of(instruction) if instruction is not None else None
    if instruction is None or not user:
        return ""
    name = user.partition(":")[0]
    numbers = {account: str(uid) for uid, account in instruction.stage.image.uids.items()}
    number = name if name.isdigit() else numbers.get(name, "")
    return f",uid={number or '<uid>'},gid={number or '<gid>'}"


def as_target(path: str) -> str:
    """The path as a mount's target: BuildKit takes "~" for a folder of that name."""
    return f"/home/USER{path[1:]}" if path.startswith("~/") else path
