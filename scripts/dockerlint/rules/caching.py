"""WD351 to WD379: layers that are used again, cache mounts, and bytes that stay although they were deleted."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dockerlint import caches
from dockerlint.context import has_wildcards
from dockerlint.files import known_folder, looks_like_file, names_folder
from dockerlint.knowledge import packages as table
from dockerlint.packages import Call, calls, changes_nothing, installed, name_of, named, read, refreshes
from dockerlint.rules import Hit, rule
from dockerlint.rules.dependencies import for_development
from dockerlint.scripts import commands_called

if TYPE_CHECKING:
    from dockerlint.knowledge.packages import Manager
    from dockerlint.model import Stage
    from dockerlint.parser import Instruction, Mount
    from dockerlint.shell import Command
    from dockerlint.text import Word


def _calls_of(instruction: Instruction) -> Iterator[Call]:
    for command in instruction.commands:
        call = read(command)
        if call is not None:
            yield call


def _cached_runs(stage: Stage) -> Iterator[tuple[Instruction, list[tuple[Mount, str]]]]:
    """The RUN instructions that have cache mounts, with these and their targets."""
    for instruction in stage.of("RUN"):
        if instruction.mounts:
            mounts = list(caches.cache_mounts(instruction))
            if mounts:
                yield instruction, mounts


@rule(
    "WD351",
    "cache-mount-missing",
    "info",
    covers=("tally/prefer-package-cache-mounts", "tally/ruby/prefer-bundler-cache-mount", "tally/js/node-gyp-cache-mounts"),
    help="add --mount=type=cache",
)
def cache_mount_missing(stage: Stage) -> Iterator[Hit]:
    """A builder downloads everything again whenever one dependency changes.

    A layer is used again as a whole or not at all. A cache mount outlives the layer: the next build finds all that has not changed. It
    is not in the image, and must not hold what the image needs.

    Bad:
        FROM golang:1.27 AS build
        WORKDIR /src
        COPY . .
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /app

    Good:
        FROM golang:1.27 AS build
        WORKDIR /src
        COPY . .
        RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build go build -o /app .
        FROM scratch
        COPY --from=build /app /app

    Leaves alone: stages that ship (WD326 to WD329 speak there); the distribution's packages, whose lists are better deleted than kept in
    most builds; installs of single tools; builds of what an earlier RUN has downloaded; caches that are turned off or emptied on purpose;
    `--offline`; Windows.
    """
    if stage.ships or stage.image.family == "windows":
        return
    fetched = {  # by the stages that it is FROM, and then by its own RUNs
        call.manager.name for ancestor in stage.chain()[1:] for call in calls(ancestor) if call.action in ("restore", "build")
    }
    compiled = False
    for instruction in stage.of("RUN"):
        for call in _calls_of(instruction):
            if call.action not in ("restore", "build") or call.verb == "mod tidy":
                continue
            name = call.manager.name
            again = name in fetched or caches.downloads_nothing(call)
            if again and not (call.manager is table.GO and call.verb == "build" and not compiled):
                continue
            fetched.add(name)
            compiled = compiled or again
            if caches.covered(call) or caches.uncached(call) or call.command.has("--offline", "--no-index", "--help", "--version"):
                continue
            targets = _targets(call)[1:] if again else _targets(call)
            if not targets or caches.emptied(call):
                continue
            lends = call.action == "restore" and call.manager in table.READ_BY_BUILDS
            behind = ", and the same for each RUN that builds with it" if lends else ""
            yield Hit(
                call.where,
                f"{name} {'compiles' if again else 'downloads'} everything again whenever this layer is built anew",
                f"RUN {' '.join(f'--mount=type=cache,target={target}' for target in targets)} …{behind}",
            )
            break


def _targets(call: Call) -> list[str]:
    """Where the cache mounts of a call belong."""
    found = []
    for cache in call.manager.caches:
        places = caches.places(call, cache)
        place = places[0] if places else cache.path if cache.path.startswith("~") else ""
        if cache.needed and place and "*" not in place:  # a pattern is no target
            found.append(caches.as_target(place) + caches.owner_of(call.command.instruction))
    return found


@rule("WD352", "cache-mount-unused", "warning", help="leave out what turns the cache off, or the mount")
def cache_mount_unused(stage: Stage) -> Iterator[Hit]:
    """A cache is mounted and turned off at once.

    `pip install --no-cache-dir` neither reads nor fills the mount: it stays empty for ever, and every build downloads everything.

    Bad:
        FROM python:3.14-slim
        COPY requirements.txt .
        RUN --mount=type=cache,target=/root/.cache/pip pip install --no-cache-dir -r requirements.txt

    Good:
        FROM python:3.14-slim
        COPY requirements.txt .
        RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt

    Leaves alone: mounts of other managers; a second call in the same RUN that uses the cache.
    """
    for instruction, mounts in _cached_runs(stage):
        off: list[tuple[Call, str]] = []
        used: set[str] = set()
        for call in _calls_of(instruction):
            if call.action in ("install", "restore", "build"):
                switch = caches.uncached(call)
                if switch:
                    off.append((call, switch))
                else:
                    used.add(call.manager.name)
        for call, switch in off:
            if call.manager.name in used:
                continue
            for mount, target in mounts:
                if any(caches.holds(target, place) for cache in call.manager.caches for place in caches.places(call, cache)):
                    used.add(call.manager.name)  # once is enough
                    word = call.command.find(switch)
                    yield Hit(
                        word or mount, f"{switch} turns off the cache that is mounted at {target}", f"leave {switch} out, or the mount"
                    )
                    break


@rule("WD353", "cache-mount-emptied", "warning", help="leave the deletion out: what is in the mount is not in the layer")
def cache_mount_emptied(stage: Stage) -> Iterator[Hit]:
    """What is in a cache mount is deleted at the end of the RUN.

    The content of a cache mount is never in the layer; deleting it only empties the cache for the next build. Deleting the mount point
    itself fails: "Device or resource busy".

    Bad:
        FROM node:24-slim
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/root/.npm npm ci && npm cache clean --force

    Good:
        FROM node:24-slim
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/root/.npm npm ci

    Leaves alone: deletions of a part of it; `uv cache prune`, `pnpm store prune` and `apt-get autoclean`, which keep what is of use.

    Mends (safe): leaves the deletion out, where it is a step of its own behind &&.
    """
    for instruction, mounts in _cached_runs(stage):
        for command in instruction.commands:
            call = read(command)
            if call is not None:
                emptied = _emptied_by(call, mounts)
                if emptied:
                    words = f"{command.name} {call.verb}".rstrip()
                    yield Hit(call.where, f"{words} empties the cache that is mounted at {emptied}", f"leave {words} out")
                continue
            for word, path in caches.removed(command):
                for _, target in mounts:
                    if command.name == "rm" and caches.holds(path, target):
                        fatal = command.after in ("", "&&") and command.before != "||" and not command.within
                        yield Hit(
                            word,
                            f"{word.value} is, or holds, the mount point {target}: rm fails with “Device or resource busy”",
                            "leave it out: what is in the mount is not in the layer",
                            severity="error" if fatal else "",
                        )
                        break
                    if caches.empties(path, target) or any(
                        caches.holds(target, folder) and caches.empties(path, folder) for folder in _folders_of(instruction)
                    ):
                        yield Hit(word, f"{word.value} empties the cache that is mounted at {target}")
                        break


def _folders_of(instruction: Instruction) -> Iterator[str]:
    """The index and cache folders of the managers that a RUN calls."""
    for call in _calls_of(instruction):
        yield from call.manager.lists
        for cache in call.manager.caches:
            yield from caches.places(call, cache)


def _emptied_by(call: Call, mounts: list[tuple[Mount, str]]) -> str:
    """The target of the mount that a clean-up command empties, "" where none."""
    if call.action != "clean" or call.verb in ("autoclean", "auto-clean", "cache prune", "store prune", "cleanup"):
        return ""
    folders = [*call.manager.lists, *(place for cache in call.manager.caches for place in caches.places(call, cache))]
    if call.manager is table.APT:
        folders = ["/var/lib/apt/lists"] if call.verb in ("dist-clean", "distclean") else ["/var/cache/apt/archives"]
    elif call.manager is table.GO:
        folders = [
            place
            for cache, flags in zip(table.GO.caches, (("-modcache",), ("-cache",)), strict=True)
            if any(word.value in flags for word in call.command.arguments)
            for place in caches.places(call, cache)
        ]
    elif call.manager is table.CARGO:
        folders = (
            [caches.absolute(caches.variable(call.command, "CARGO_TARGET_DIR") or "target", instruction)]
            if (instruction := call.command.instruction)
            else []
        )
    for _, target in mounts:
        if any(caches.holds(target, folder) or target.startswith(folder + "/") for folder in folders):
            return target
    return ""


@rule("WD354", "apt-cache-mount-emptied-by-docker-clean", "warning", help="begin the RUN with: rm -f /etc/apt/apt.conf.d/docker-clean &&")
def apt_cache_mount_emptied_by_docker_clean(stage: Stage) -> Iterator[Hit]:
    """The cache mount for apt's packages stays empty.

    The images of Debian and Ubuntu, and all that are built from them, have /etc/apt/apt.conf.d/docker-clean, which deletes every .deb
    once it is installed. It has to go, once, before the cache can hold anything: Keep-Downloaded-Packages alone changes nothing (built on
    Debian 13).

    Bad:
        RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked \\
            apt-get update && apt-get install -y --no-install-recommends curl

    Good:
        RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked \\
            rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y --no-install-recommends curl

    Leaves alone: base images that are not known; mounts for the lists only; a file of that name that is copied, or a RUN that writes or
    deletes it, itself or in a shell script of the build context.

    Mends (safe): begins the RUN with the deletion of docker-clean.
    """
    if stage.image.family not in ("debian", "ubuntu"):
        return
    for instruction, mounts in _cached_runs(stage):
        if not any(call.manager is table.APT and call.action == "install" for call in _calls_of(instruction)):
            continue
        for mount, target in mounts:
            if caches.holds(target, "/var/cache/apt/archives"):
                if not (caches.mentions(stage, *_DOCKER_CLEAN) or _in_script(stage, *_DOCKER_CLEAN)):
                    yield Hit(mount, f"docker-clean of the base image deletes what is put into {target}: the mount stays empty")
                return


# What somebody writes who changes or deletes docker-clean.
_DOCKER_CLEAN = ("docker-clean", "Post-Invoke", "/etc/apt/apt.conf.d/*")


def _in_script(stage: Stage, *needles: str) -> bool:
    """Whether one of the strings stands in a shell script that a RUN of the chain calls."""
    called = (inner for run in caches.chain_runs(stage) for command in run.commands for inner in commands_called(command))
    return any(needle in word.value for command in called for word in command.words for needle in needles)


@rule("WD355", "apt-cache-mount-not-locked", "warning", help="add sharing=locked")
def apt_cache_mount_not_locked(stage: Stage) -> Iterator[Hit]:
    """Two builds at once use the same cache of apt.

    Cache mounts are shared unless they say otherwise, and apt wants its folders for itself: the other build (the other platform of a
    multi-platform build, for one) ends with "Could not get lock".

    Bad:
        RUN rm -f /etc/apt/apt.conf.d/docker-clean
        RUN --mount=type=cache,target=/var/cache/apt --mount=type=cache,target=/var/lib/apt \\
            apt-get update && apt-get install -y --no-install-recommends curl

    Good:
        RUN rm -f /etc/apt/apt.conf.d/docker-clean
        RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt,sharing=locked \\
            apt-get update && apt-get install -y --no-install-recommends curl

    Leaves alone: `sharing=locked` and `sharing=private`.

    Mends (safe): adds sharing=locked to each of the mounts.
    """
    for instruction, mounts in _cached_runs(stage):
        loose = [(mount, target) for mount, target in mounts if mount.sharing in ("", "shared") and _is_apts(target)]
        if loose and any(call.manager is table.APT for call in _calls_of(instruction)):
            names = " and ".join(target for _, target in loose)
            yield Hit(
                loose[0][0],
                f"{names}: two builds at once get in each other's way, and apt gives up",
                "add sharing=locked to it" if len(loose) == 1 else "add sharing=locked to both",
            )


def _is_apts(target: str) -> bool:
    return caches.holds("/var/cache/apt", target) or caches.holds("/var/lib/apt", target)


# What a mount's target looks like when it is meant for a package manager: the end of the path, and whose it is.
_TAILS: tuple[tuple[str, Manager], ...] = (
    ("/.cache/pip", table.PIP),
    ("/.cache/uv", table.UV),
    ("/.cache/pypoetry", table.POETRY),
    ("/.npm", table.NPM),
    ("/.npm/_cacache", table.NPM),
    ("/.cache/npm", table.NPM),
    ("/.cache/yarn", table.YARN),
    ("/.cache/yarn/v6", table.YARN),
    ("/pnpm/store", table.PNPM),
    ("/.pnpm-store", table.PNPM),
    ("/.bun/install/cache", table.BUN),
    ("/go/pkg/mod", table.GO),
    ("/.cache/go-build", table.GO),
    ("/.cargo/registry", table.CARGO),
    ("/.cargo/git", table.CARGO),
    ("/cargo/registry", table.CARGO),
    ("/cargo/git", table.CARGO),
    ("/.m2", table.MAVEN),
    ("/.m2/repository", table.MAVEN),
    ("/.gradle", table.GRADLE),
    ("/.gradle/caches", table.GRADLE),
    ("/.nuget/packages", table.NUGET),
    ("/.cache/composer", table.COMPOSER),
)
# Files of the project that may say where a manager has its cache or store.
_SETTINGS = {
    "npm": (".npmrc",),
    "pnpm": (".npmrc", "pnpm-workspace.yaml"),
    "yarn": (".yarnrc",),
    "pip": ("pip.conf",),
    "poetry": ("poetry.toml",),
    "uv": ("uv.toml", "pyproject.toml"),
    "cargo": (".cargo/config.toml",),
}
# Options that are Yarn 1's own.
_YARN_1 = ("--frozen-lockfile", "--pure-lockfile", "--production", "--prod", "--non-interactive")


@rule("WD356", "cache-mount-elsewhere", "warning", help="mount the cache where the tool keeps it")
def cache_mount_elsewhere(stage: Stage) -> Iterator[Hit]:
    """A cache is mounted where the tool does not keep it.

    The home folder is that of whoever runs the RUN, and official images move some caches: Go's is in /go, Cargo's in /usr/local/cargo.
    Yarn 1 keeps root's in /usr/local/share/.cache/yarn, and pnpm its store in ~/.local/share/pnpm/store unless PNPM_HOME says otherwise
    (built: a mount at /root/.cache/yarn, one at /pnpm/store stay empty). A mount elsewhere is never used, and nobody tells.

    Bad:
        FROM rust:1.98
        WORKDIR /src
        COPY . .
        RUN --mount=type=cache,target=/root/.cargo/registry cargo build --release --locked

    Good:
        FROM rust:1.98
        WORKDIR /src
        COPY . .
        RUN --mount=type=cache,target=/usr/local/cargo/registry cargo build --release --locked

    Leaves alone: users, base images and versions of Yarn that are not known; caches that a variable, an option, a command or a file of
    the project moves; tools that the RUN does not call.

    Mends (safe or unsafe): mounts the folder where the tool keeps its cache, for root; unsafe where builds read from it (Go, Cargo, Maven
    …): a later RUN without the mount would find it empty.
    """
    for instruction, mounts in _cached_runs(stage):
        found = [call for call in _calls_of(instruction) if call.action in ("install", "restore", "build") and not _is_moved(call)]
        if _moves_caches(stage):
            continue
        for mount, target in mounts:
            managers = [manager for tail, manager in _TAILS if target.endswith(tail)]
            if target in ("/root/.cache", "/home/node/.cache"):
                managers = [call.manager for call in found if call.manager.caches and call.manager.caches[0].path.startswith("~/.cache")]
            for call in found:
                if call.manager not in managers:
                    continue
                places = [place for cache in call.manager.caches for place in caches.places(call, cache)]
                known = _home_is_known(instruction) or caches.is_official(call)
                if not places or not known or any(caches.holds(target, place) or caches.holds(place, target) for place in places):
                    continue
                nearest = next((place for place in places if posixpath.basename(place) == posixpath.basename(target)), places[0])
                yield Hit(mount, f"{call.manager.name} keeps its cache in {nearest} here, not in {target}", f"write target={nearest}")
                break


def _is_moved(call: Call) -> bool:
    """Whether a file of the project may move the cache, or it is not known which Yarn it is."""
    instruction = call.command.instruction
    if instruction is None:
        return True
    if call.manager is table.YARN:
        known = call.command.has(*_YARN_1) or caches.project_file("package.json", instruction) is not None
        if not known or not caches.places(call, table.YARN.caches[0]) or caches.user_of(instruction) != "":
            return True
    if call.manager is table.MAVEN and call.command.has("-s", "--settings", "-gs", "--global-settings"):
        return True
    texts = (caches.project_file(name, instruction) or "" for name in _SETTINGS.get(call.manager.name, ()))
    return any("cache" in text or "store" in text for text in texts)


def _home_is_known(instruction: Instruction) -> bool:
    return bool(instruction.state.variables.get("HOME")) or caches.user_of(instruction) is not None


def _moves_caches(stage: Stage) -> bool:
    """Whether a command of the stage configures where a cache is."""
    for command in stage.calls("npm", "yarn", "pnpm", "pip", "pip3", "poetry", "composer", "go", "conda", "bundle"):
        values = [word.value for word in command.arguments]
        if any(value in ("config", "set", "env") for value in values) and any(
            part in value for value in values for part in ("cache", "store", "CACHE")
        ):
            return True
    return any("maven.repo.local" in word.value for command in stage.calls("mvn", "mvnw") for word in command.arguments)


# What only root's package managers use: whoever runs the RUN becomes root for it.
_OF_ROOT = ("/var/cache/", "/var/lib/apt", "/var/lib/dnf")


@rule("WD357", "cache-mount-not-writable", "warning", help="add uid= and gid= of the user")
def cache_mount_not_writable(stage: Stage) -> Iterator[Hit]:
    """A user other than root gets a cache that belongs to root.

    A cache mount belongs to 0:0 and has mode 0755 unless it says otherwise. npm, Go and Maven then fail with "permission denied"; pip
    and others go on without a cache.

    Bad:
        FROM node:24-slim
        USER node
        WORKDIR /home/node/app
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/home/node/.npm npm ci

    Good:
        FROM node:24-slim
        USER node
        WORKDIR /home/node/app
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/home/node/.npm,uid=1000,gid=1000 npm ci

    Leaves alone: root, and users that are not known; `uid=` of that user; a mode in which others may write; mounts that begin with the
    content of a stage (`from=`); sudo, and the folders of apt, dnf and apk, which only root can use.
    """
    for instruction, mounts in _cached_runs(stage):
        user = caches.user_of(instruction)
        if not user or any(command.name in ("sudo", "gosu", "su", "su-exec", "doas") for command in instruction.commands):
            continue
        wanted = caches.owner_of(instruction).removeprefix(",")
        number = wanted.partition(",")[0].removeprefix("uid=")
        for mount, target in mounts:
            uid, mode = mount.options.get("uid", ""), mount.options.get("mode", "")
            if mount.from_ or mode[-1:] in ("7", "6", "3", "2") or mount.readonly or target.startswith(_OF_ROOT):
                continue
            if uid in ("", "0") or (number.isdigit() and uid.isdigit() and uid != number):
                owner = f"uid {uid}" if uid not in ("", "0") else "root"
                yield Hit(
                    mount,
                    f"the cache at {target} belongs to {owner}, and {user} runs the command",
                    f"mount the folder where {user} keeps it, with {wanted}: nobody but root may enter /root"
                    if caches.holds("/root", target)
                    else f"add {wanted}",
                )


# What was only ever in a cache mount: WD358, WD359, WD365.


def _written_again(stage: Stage, after: Instruction, path: str, target: str) -> bool:
    """Whether something behind an instruction puts the path into a layer: a copy, or a build; one with a mount is judged itself."""
    for ancestor in stage.chain():
        for instruction in ancestor.of("RUN", "COPY", "ADD"):
            if instruction.line <= after.line:
                continue
            if instruction.keyword != "RUN":
                destination = instruction.destination
                if destination is not None and caches.holds(caches.absolute(destination.value, instruction), path):
                    return True
                continue
            for command in instruction.commands:
                call = read(command)
                if call is not None and call.action in ("build", "restore", "install") and not call.manager.system:
                    return True
                if command.name in ("cp", "mv", "install", "ln", "tar", "unzip", "mkdir", "rsync", "make", "cmake", "ninja") and any(
                    caches.holds(target, caches.path_at(word, command)) for word in command.operands()[-1:]
                ):
                    return True
    return False


@rule("WD358", "copy-from-cache-mount", "error", help="copy it out of the mount in the RUN that makes it, and COPY that")
def copy_from_cache_mount(stage: Stage) -> Iterator[Hit]:
    """What is copied from another stage was only ever in a cache mount there.

    A cache mount is not in the layer: once the RUN ends, its folder is what it was before. COPY then finds nothing and the build fails
    or, worse, finds what an earlier RUN without the mount left there (the dummy program of a dependency build, for one), and ships
    that.

    Bad:
        FROM rust:1.98 AS build
        WORKDIR /src
        COPY . .
        RUN --mount=type=cache,target=/src/target cargo build --release --locked
        FROM debian:13-slim
        COPY --from=build /src/target/release/app /usr/local/bin/app

    Good:
        FROM rust:1.98 AS build
        WORKDIR /src
        COPY . .
        RUN --mount=type=cache,target=/src/target cargo build --release --locked && cp target/release/app /usr/local/bin/app
        FROM debian:13-slim
        COPY --from=build /usr/local/bin/app /usr/local/bin/app

    Leaves alone: paths that a later instruction of that stage writes without the mount.
    """
    for instruction, source_stage in stage.copies_from:
        if source_stage is None or instruction.keyword not in ("COPY", "RUN"):
            continue
        for where, path in _copied_paths(instruction, source_stage):
            for ancestor in source_stage.chain():
                hit = None
                for run, mounts in _cached_runs(ancestor):
                    for _, target in mounts:
                        if caches.holds(target, path) and not _written_again(source_stage, run, path, target):
                            hit = Hit(
                                where,
                                f"{path} was only in the cache mount {target} of line {run.line}: nothing of it is in the layer",
                                f"cp it out of {target} in that RUN, and COPY the copy",
                            )
                if hit is not None:
                    yield hit
                    break


def _copied_paths(instruction: Instruction, source_stage: Stage) -> Iterator[tuple[Word | Mount, str]]:
    """What an instruction takes from a stage, as far as the paths are known."""
    if instruction.keyword == "COPY":
        for source in instruction.sources:
            value = instruction.expand(source)
            yield source, posixpath.normpath("/" + (value if value is not None else source.value.partition("$")[0]).lstrip("/"))
    else:
        for mount in instruction.mounts:
            if mount.type == "bind" and mount.source and mount.from_.lower() in (source_stage.name, str(source_stage.index)):
                yield mount, posixpath.normpath("/" + (instruction.expand(mount.source) or mount.source.partition("$")[0]).lstrip("/"))


_DEPENDENCIES = ("node_modules", ".venv", "venv", "vendor", "site-packages", "bundle")
_RUNNERS = frozenset(
    "node npx npm yarn pnpm bun bunx python python3 poetry uv pytest bundle rails rake php composer tsc vite next ng".split()
)
_LOOKERS = frozenset("ls test [ cat stat du find rm grep echo chmod chown strip file ldd".split())
_READERS = frozenset("cp mv install strip tar ln upx chmod chown file ldd objcopy setcap".split())


@rule(
    "WD359",
    "cache-mount-holds-result",
    "error",
    help="give the later RUN the same mount, or copy the result out of it in the RUN that makes it",
)
def cache_mount_holds_result(stage: Stage) -> Iterator[Hit]:
    """A later instruction needs what is only in a cache mount of an earlier RUN.

    The mount is gone once its RUN ends. node_modules, a virtual environment or target in a cache mount is empty for every instruction
    that does not mount it, too, and in the image.

    Bad:
        FROM node:24-slim AS build
        WORKDIR /app
        COPY . .
        RUN --mount=type=cache,target=/app/node_modules npm ci
        RUN npm run build

    Good:
        FROM node:24-slim AS build
        WORKDIR /app
        COPY . .
        RUN --mount=type=cache,target=/root/.npm npm ci
        RUN npm run build

    Leaves alone: folders that are filled again without the mount; later RUNs that mount the same cache; caches that are nothing but
    caches; images for development.
    """
    for run, mounts in _cached_runs(stage):
        for mount, target in mounts:
            needed = _needed_later(stage, run, target)
            if needed is not None:
                yield needed
            elif stage.ships and _only_there(stage, run, target) and not for_development(stage):
                yield Hit(
                    mount,
                    f"{target} is in a cache mount, and so not in the image",
                    f"leave the mount out; mount the tool's cache ({_tool_cache(run)}) instead",
                    confidence="medium",
                )


def _tool_cache(run: Instruction) -> str:
    return next((target for call in _calls_of(run) for target in _targets(call)), "its download cache")


def _holds_dependencies(run: Instruction, target: str) -> bool:
    return posixpath.basename(target) in _DEPENDENCIES and _fills(run, target)


def _only_there(stage: Stage, run: Instruction, target: str) -> bool:
    """Whether the dependencies of the project are in the mount and nowhere else."""
    return _holds_dependencies(run, target) and not _filled_without(stage, target) and not _copied_out(run, target)


def _copied_out(run: Instruction, target: str) -> bool:
    """Whether the RUN itself copies from the mount."""
    return any(
        caches.holds(target, caches.path_at(word, command))
        for command in run.commands
        if command.name in ("cp", "mv", "rsync", "tar", "install")
        for word in command.operands()[: None if command.name == "tar" else -1]
    )


def _fills(run: Instruction, target: str) -> bool:
    """Whether a call of the RUN installs into the folder."""
    for call in _calls_of(run):
        if call.action not in ("install", "restore"):
            continue
        if call.manager is table.PIP:
            if caches.holds(target, caches.path_at(call.command.words[0], call.command)):  # the pip of an environment
                return True
        elif call.manager.folder and not call.command.has("-g", "--global") and call.verb not in ("global add", "tool install"):
            place = posixpath.join(caches.folder_at(call.command), call.manager.folder)
            if caches.holds(target, place) or posixpath.basename(target) == "site-packages":
                return True
    return False


def _filled_without(stage: Stage, target: str) -> bool:
    """Whether a RUN without the mount, or a COPY, also puts something there."""
    for ancestor in stage.chain():
        for instruction in ancestor.of("RUN", "COPY"):
            if instruction.keyword == "COPY":
                destination = instruction.destination
                if destination is not None and caches.holds(target, caches.absolute(destination.value, instruction)):
                    return True
            elif not any(place == target for _, place in caches.cache_mounts(instruction)):
                if _fills(instruction, target):
                    return True
                for command in instruction.commands:
                    if command.name in ("cp", "mv", "tar", "rsync") and any(
                        caches.holds(target, caches.path_at(word, command)) for word in command.operands()[-1:]
                    ):
                        return True
    return False


def _needed_later(stage: Stage, run: Instruction, target: str) -> Hit | None:
    """The first place in a later RUN, without the mount, that needs what is in it."""
    dependencies = _holds_dependencies(run, target)
    if _filled_without(stage, target):
        return None
    made: list[str] = []  # what has been put there since
    for later in stage.of("RUN"):
        if later.line <= run.line or any(caches.holds(place, target) for _, place in caches.cache_mounts(later)):
            continue
        for command in later.commands:
            call = read(command)
            if call is not None and call.action == "build":
                return None  # it is built again, without the mount
            if dependencies and command.name in _RUNNERS and not (call is not None and call.action) and not command.has("--version", "-v"):
                verb = command.verb()
                if verb in ("config", "cache", "set", "pkg", "version") or (not verb and command.name in ("npm", "yarn", "pnpm", "bun")):
                    continue
                return Hit(
                    command,
                    f"{target} is empty here: line {run.line} filled it in a cache mount",
                    f"give this RUN the same mount, or leave it out of line {run.line}",
                )
            if command.name in _READERS:
                for word in command.operands()[: -1 if command.name in ("cp", "mv", "install", "ln") else None]:
                    path = caches.path_at(word, command)
                    if path != target and caches.holds(target, path) and not any(caches.holds(each, path) for each in made):
                        return Hit(
                            word,
                            f"{path} is not here: line {run.line} made it in a cache mount",
                            f"do it in line {run.line}, or give this RUN the same mount",
                        )
            named = () if command.name in _LOOKERS else command.arguments
            words = (*named, *(redirect.target for redirect in command.redirects if ">" in redirect.operator))
            made += (path for word in words if caches.holds(target, path := caches.path_at(word, command)))
    return None


@rule(
    "WD365",
    "poetry-environment-in-cache-mount",
    "error",
    help="ENV POETRY_VIRTUALENVS_IN_PROJECT=1, or mount only its subfolders cache and artifacts",
)
def poetry_environment_in_cache_mount(stage: Stage) -> Iterator[Hit]:
    """Poetry puts the virtual environment into the folder that is mounted as its cache.

    ~/.cache/pypoetry holds the downloads (cache, artifacts) and the environments (virtualenvs). With a mount over all of it the
    environment is gone when the RUN ends.

    Bad:
        FROM python:3.14-slim
        RUN pip install --no-cache-dir poetry==2.2.1
        COPY pyproject.toml poetry.lock ./
        RUN --mount=type=cache,target=/root/.cache/pypoetry poetry install --only main --no-root

    Good:
        FROM python:3.14-slim
        RUN pip install --no-cache-dir poetry==2.2.1
        ENV POETRY_VIRTUALENVS_IN_PROJECT=1
        COPY pyproject.toml poetry.lock ./
        RUN --mount=type=cache,target=/root/.cache/pypoetry poetry install --only main --no-root

    Leaves alone: environments in the project, in POETRY_VIRTUALENVS_PATH or none (`virtualenvs.create false`); a poetry.toml in the build
    context; an environment that is active already (VIRTUAL_ENV).
    """
    for instruction, mounts in _cached_runs(stage):
        for call in _calls_of(instruction):
            if call.manager is not table.POETRY or call.action not in ("restore", "install"):
                continue
            place = caches.variable(call.command, "POETRY_CACHE_DIR") or (caches.home_of(instruction) or "/root") + "/.cache/pypoetry"
            for mount, target in mounts:
                if caches.holds(target, place + "/virtualenvs") and not _environment_elsewhere(stage, call):
                    yield Hit(mount, f"the virtual environment goes to {place}/virtualenvs, into the mount, and is gone when the RUN ends")


def _environment_elsewhere(stage: Stage, call: Call) -> bool:
    command, instruction = call.command, call.command.instruction
    if (
        instruction is None
        or caches.is_set(command, "POETRY_VIRTUALENVS_IN_PROJECT")
        or caches.variable(command, "POETRY_VIRTUALENVS_PATH")
    ):
        return True
    if caches.variable(command, "POETRY_VIRTUALENVS_CREATE") in ("0", "false", "False") or caches.variable(command, "VIRTUAL_ENV"):
        return True
    if stage.dockerfile.context.exists("poetry.toml") or caches.mentions(stage, "poetry.toml", "virtualenvs.", "activate"):
        return True
    return any(word.value.endswith("venv") for run in caches.chain_runs(stage) for other in run.commands for word in other.words)


# Layers that every change of the source throws away: WD360, WD364.


@rule("WD360", "dependencies-behind-source", "warning", help="copy the manifest and lock file first, install, then copy the rest")
def dependencies_behind_source(stage: Stage) -> Iterator[Hit]:
    """The dependencies are installed behind the COPY of the whole source.

    Every change of any file then throws the layer of the dependencies away, and they are downloaded and installed again. What changes
    rarely comes first: the manifest and the lock file alone, the install, then the source.

    Bad:
        FROM node:24-slim AS build
        WORKDIR /app
        COPY . .
        RUN npm ci
        RUN npm run build

    Good:
        FROM node:24-slim AS build
        WORKDIR /app
        COPY package.json package-lock.json ./
        RUN npm ci
        COPY . .
        RUN npm run build

    Leaves alone: installs that need the source (`pip install .`, `cargo build`); a first install before the COPY, which this one
    completes; manifests that are not at the root of the build context. It is an info where a cache mount softens it,
    or where the manifest is one of many (workspaces).
    """
    for call in calls(stage):
        instruction = call.command.instruction
        if (
            instruction is None
            or call.action != "restore"
            or not call.manager.manifests
            or call.verb in ("vendor", "mod tidy", "mod vendor")
        ):
            continue
        if call.manager is table.PIP and call.command.has("-e", "--editable", "--group"):
            continue
        if call.manager is not table.PIP and call.command.has("--manifest-path", "--gemfile"):
            continue
        if "if" in call.command.within or call.verb == "deploy" or call.command.has("--help", "-g", "--global", "--offline", "--no-index"):
            continue
        if _installed_before(stage, call, instruction):
            continue
        whole = _source_before(stage, call, instruction)
        if whole is None:
            continue
        manifest = _manifest(call)
        context = stage.dockerfile.context
        if context.sure and not context.matches(manifest):
            continue
        locks = () if call.manager is table.PIP or _requirements(call) else call.manager.locks
        workspace = any(context.exists(name) for name in ("pnpm-workspace.yaml", "lerna.json", "turbo.json", "nx.json", "go.work")) or (
            manifest == "package.json" and '"workspaces"' in (context.read(manifest) or "")
        )
        # Without a lock file it may be the member of a workspace whose root is elsewhere.
        many = workspace or (context.known and bool(locks) and not any(context.exists(lock) for lock in locks))
        name = call.command.name
        words = f"{name} -m {call.manager.name} {call.verb}" if name in table.PYTHONS else f"{name} {call.verb}".rstrip()
        yield Hit(
            call.where,
            f"{words} runs anew at every change of any file: line {whole.span.line} has copied the whole source before it",
            _earlier(call, instruction, manifest, locks, workspace, whole.span.line),
            severity="info" if many or caches.covered(call) else "",
        )
        return  # once a stage


# Options by which a manager works in another folder.
_ELSEWHERE = ("-C", "--prefix", "--dir", "--cwd", "--working-dir", "--directory", "--project")


def _earlier(call: Call, instruction: Instruction, manifest: str, locks: tuple[str, ...], workspace: bool, line: int) -> str:
    """What to do before the COPY of the source: only files that are there can be copied."""
    context = instruction.stage.dockerfile.context
    if call.manager is table.PNPM and workspace:
        return f"COPY pnpm-lock.yaml pnpm-workspace.yaml and run pnpm fetch before line {line}; install --offline here"
    if workspace:
        return f"COPY every {manifest} of the workspace and the lock file (--parents keeps the folders), and run it before line {line}"
    named = [lock for lock in locks if not context.known or context.exists(lock)]
    first = f"COPY {' '.join((manifest, *named[:1]))}{_environment(call, instruction, line)}"
    if line < instruction.stage.instruction.line:
        return f"be FROM a stage without the COPY of line {line}: {first}, run it, then copy the source"
    return f"{first} and run it before line {line}"


def _environment(call: Call, instruction: Instruction, line: int) -> str:
    """What is to be done before the install, too, where a virtual environment is made between that line and it."""
    for other in instruction.stage.calls("virtualenv", "uv", *table.PYTHONS):
        made = other.name == "virtualenv" or any(word.value == "venv" for word in other.arguments[:2])
        place = (other.instruction.line, other.index) if other.instruction and made else (0, 0)
        if (line, 0) < place < (instruction.line, call.command.index):
            return ", make the virtual environment"
    return ""


def _manifest(call: Call) -> str:
    return _requirements(call) or call.manager.manifests[0]


def _requirements(call: Call) -> str:
    """The file that -r names: pip's, and that of those which take its place; elsewhere -r is something else."""
    if call.manager in (table.PIP, table.UV, table.PIPENV):
        return call.command.option("-r", "--requirement", "--requirements") or ""
    return ""


def _source_before(stage: Stage, call: Call, instruction: Instruction) -> Word | None:
    """The COPY of the whole build context before an install that runs in its destination."""
    for copy in (copy for link in stage.chain() for copy in link.of("COPY", "ADD")):
        source = caches.whole_context(copy) if copy.line < instruction.line else None
        destination = copy.destination if source is not None else None
        if destination is not None and _works_in(call, instruction) == caches.absolute(destination.value, copy):
            return source
    return None


def _works_in(call: Call, instruction: Instruction) -> str:
    """The folder whose manifest an install reads."""
    here = caches.folder_at(call.command)
    other = call.command.option(*_ELSEWHERE) if call.manager is not table.PIP else None
    return caches.absolute(posixpath.join(here, other), instruction) if other else here


def _installed_before(stage: Stage, call: Call, instruction: Instruction) -> bool:
    """Whether an earlier instruction has installed (most of) the same already, before the source came."""
    for ancestor in stage.chain():
        for other in calls(ancestor):
            where = other.command.instruction
            if (
                where is not None
                and where.line < instruction.line
                and other.manager is call.manager
                and other.action in ("restore", "build")
            ):
                return True
        for copy in ancestor.of("COPY"):
            if (
                copy.line < instruction.line
                and copy.from_
                and any(
                    source.value.rstrip("/").endswith(call.manager.folder or "/-") or "site-packages" in source.value
                    for source in copy.sources
                )
            ):
                return True
    return False


@rule(
    "WD364",
    "manifests-copied-for-install",
    "style",
    covers=("tally/ruby/prefer-gemfile-bind-mounts",),
    default=False,
    help="bind-mount them: --mount=type=bind,source=…,target=…",
)
def manifests_copied_for_install(stage: Stage) -> Iterator[Hit]:
    """Manifests are copied into a layer of a builder only for the install that follows.

    Off by default: taste. A bind mount shows them to the one RUN and leaves no layer.

    Bad:
        FROM golang:1.27 AS build
        WORKDIR /src
        COPY go.mod go.sum ./
        RUN --mount=type=cache,target=/go/pkg/mod go mod download
        FROM scratch
        COPY --from=build /src /src

    Good:
        FROM golang:1.27 AS build
        WORKDIR /src
        RUN --mount=type=bind,source=go.mod,target=go.mod --mount=type=bind,source=go.sum,target=go.sum \\
            --mount=type=cache,target=/go/pkg/mod go mod download
        FROM scratch
        COPY --from=build /src /src

    Leaves alone: stages that ship.
    """
    if stage.ships:
        return
    following = dict(zip(stage.instructions, stage.instructions[1:], strict=False))
    for copy in stage.of("COPY"):
        run = following.get(copy)
        if copy.from_ or run is None or run.keyword != "RUN" or not copy.sources:
            continue
        for call in _calls_of(run):
            names = (*call.manager.manifests, *call.manager.locks)
            if call.action == "restore" and all(
                any(fnmatchcase(name, source.value.rpartition("/")[2]) for name in names) for source in copy.sources
            ):
                yield Hit(copy.keyword_span, f"copied only for {call.command.name} {call.verb}".rstrip())
                break


# Bytes that stay: WD361 to WD363. A layer is never changed by a later one.

_ARCHIVES = (
    ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".zip", ".gz", ".xz", ".bz2", ".zst", ".7z", ".rar",
    ".deb", ".rpm", ".apk", ".whl", ".jar", ".war", ".iso", ".run", ".bin", ".exe", ".msi",
)  # fmt: skip


@rule("WD361", "deleted-in-a-later-layer", "warning", help="delete it in the RUN that brings it, or bind-mount it instead of copying it")
def deleted_in_a_later_layer(stage: Stage) -> Iterator[Hit]:
    """What an earlier layer brought is deleted, and its bytes stay in the image.

    A layer never changes: `rm` in a later RUN only hides the file. It is downloaded with every pull all the same, and whoever has the
    image can take it out of its layer.

    Bad:
        FROM debian:13-slim
        COPY app.tar.gz /tmp/
        RUN tar -xzf /tmp/app.tar.gz -C /opt && rm /tmp/app.tar.gz

    Good:
        FROM debian:13-slim
        RUN --mount=type=bind,source=app.tar.gz,target=/tmp/app.tar.gz tar -xzf /tmp/app.tar.gz -C /opt

    A bind mount refuses what the RUN writes into it; with `rw` it is taken, and gone at the end of the RUN (built with Docker 28).

    Leaves alone: stages that do not ship; what the base image brought; what the same RUN brings; what is in a cache or tmpfs mount; what
    is deleted only in some cases (`if`, `case`). A small file that was copied is an info.

    Mends (safe): moves a RUN that does nothing but delete to the end of the RUN just before it, where that one brought it and neither
    changes the shell of the other.
    """
    if not stage.ships or not stage.calls("rm"):
        return
    brought: dict[str, tuple[Instruction, str]] = {}
    for ancestor in reversed(stage.chain()):
        for instruction in ancestor.of("COPY", "ADD", "RUN"):
            if instruction.keyword != "RUN":
                for path, kind in _copied_to(instruction):
                    brought[path] = (instruction, kind)
                continue
            new: dict[str, tuple[Instruction, str]] = {}
            for command in instruction.commands:
                path = _downloaded(command)
                if path and not caches.mount_over(instruction, path):
                    new[path] = (instruction, "downloaded")
                for pattern in _taken_away(command):
                    new = {path: value for path, value in new.items() if not _matches(pattern, path)}
                for word, pattern in caches.removed(command) if command.name == "rm" else ():
                    gone = [path for path in brought if _matches(pattern, path) and not caches.mount_over(instruction, path)]
                    if gone and ancestor is stage and "if" not in command.within and "case" not in command.within:
                        yield _still_there(word, gone, brought)
                    for path in gone:
                        del brought[path]
            brought.update(new)


def _taken_away(command: Command) -> Iterator[str]:
    """What the command deletes or moves."""
    for _, pattern in caches.removed(command):
        yield pattern
    for word in command.operands()[:-1] if command.name == "mv" else command.operands() if command.name == "unlink" else ():
        yield caches.path_at(word, command)


def _still_there(word: Word, gone: list[str], brought: dict[str, tuple[Instruction, str]]) -> Hit:
    large = [path for path in gone if brought[path][1] in ("downloaded", "folder") or path.rstrip("*").endswith(_ARCHIVES)]
    path = (large or gone)[0]
    instruction, kind = brought[path]
    more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
    if kind == "downloaded":
        remedy = f"let one RUN download, use and delete it: join that of line {instruction.line} with this one"
    elif instruction.keyword == "ADD" and any("://" in source.value for source in instruction.sources):
        remedy = f"download it in this RUN instead of line {instruction.line}"
    else:
        remedy = f"bind-mount it instead of line {instruction.line}"
        if kind == "folder":
            remedy += " (with rw, where the RUN writes into it; what it writes is not kept)"
    return Hit(word, f"{path}{more} came in line {instruction.line}: its bytes stay in the image", remedy, severity="" if large else "info")


def _matches(pattern: str, path: str) -> bool:
    return fnmatchcase(path, pattern) or caches.empties(pattern, path)


def _copied_to(instruction: Instruction) -> Iterator[tuple[str, str]]:
    """The files that COPY or ADD brings, by their names in the Dockerfile; of what may be a folder, or many files, where it is put."""
    destination = instruction.expand(instruction.destination) if instruction.destination is not None else None
    if destination is None or instruction.flag("parents"):
        return
    folder = caches.absolute(destination, instruction)
    for source in instruction.sources:
        name = posixpath.basename(source.value.rstrip("/"))
        file = "." in name.strip(".") or looks_like_file(name)
        if not (file and source.literal):
            yield folder, "copied" if file and not name.endswith(_ARCHIVES) else "folder"
            continue
        if instruction.keyword == "ADD" and name.endswith((".tar", ".gz", ".tgz", ".xz", ".bz2", ".zst")) and "://" not in source.value:
            continue  # it is unpacked
        single = len(instruction.sources) == 1 and not names_folder(destination) and not has_wildcards(name)
        yield folder if single and not known_folder(instruction, folder) else posixpath.join(folder, name), "copied"


def _downloaded(command: Command) -> str:
    """The file that curl or wget writes, or the folder that git clones to; "" where none or not known."""
    folder = None
    if command.name == "curl":
        name = command.option("-o", "--output")
        if name is None and command.has("-O", "--remote-name"):
            folder = command.option("--output-dir")
            name = next((posixpath.basename(word.value) for word in command.operands() if "://" in word.value), None)
    elif command.name == "wget" and not command.has("--spider"):
        name = command.option("-O", "--output-document")
        if name is None:
            folder = command.option("-P", "--directory-prefix")
            name = next((posixpath.basename(word.value) for word in command.operands() if "://" in word.value), None)
    elif command.name == "git" and "clone" in [word.value for word in command.arguments]:
        operands = command.operands(("-b", "--branch", "--depth", "-c", "--config", "-C", "-j", "--jobs", "--origin", "-o", "--reference"))
        name = (
            operands[2].value
            if len(operands) > 2
            else operands[1].value.rstrip("/").rpartition("/")[2].removesuffix(".git")
            if len(operands) > 1
            else None
        )
    else:
        return ""
    if not name or name == "-" or "$" in name or "`" in name or ")" in name or name.startswith("/dev/") or "$" in (folder or ""):
        return ""
    path = posixpath.join(caches.folder_at(command), folder or "", name)
    return posixpath.normpath(path) if path.startswith("/") else ""


@rule(
    "WD362",
    "cache-deleted-in-a-later-layer",
    "warning",
    covers=("DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060", "DF004"),
    help="move it to the end of the RUN that fills it",
)
def cache_deleted_in_a_later_layer(stage: Stage) -> Iterator[Hit]:
    """A package manager's index or cache is deleted in another RUN than the one that filled it.

    A layer never changes: the deletion only hides the files, and their bytes stay in the image.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends curl
        RUN rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: stages that do not ship; clean-ups of what the base image left; `apt-get clean`, which has nothing to do in the images
    of Debian and Ubuntu.

    Mends (safe): moves a RUN that does nothing but delete to the end of the RUN just before it, where that one filled it and neither
    changes the shell of the other.
    """
    if not stage.ships or not (stage.calls("rm", "find") or any(call.action == "clean" for call in calls(stage))):
        return
    filled: dict[str, tuple[Instruction, Call]] = {}
    for ancestor in reversed(stage.chain()):
        for instruction in ancestor.of("RUN"):
            now: dict[str, tuple[Instruction, Call]] = {}
            tidied: set[str] = set()  # what this RUN has brought itself, and deleted
            for command in instruction.commands:
                call = read(command)
                family = _family(call.manager) if call is not None else ""
                if call is not None and call.action != "clean":
                    lists = call.manager.lists
                    mounted = any(caches.mount_over(instruction, folder) for folder in lists) if lists else caches.covered(call)
                    if _fills_cache(call) and not mounted:
                        now[family] = (instruction, call)
                    continue
                own = [name for name, (_, filling) in now.items() if _cleans(command, call, filling, name)]
                tidied.update(own)
                for name in own:
                    del now[name]
                late = {
                    name: filled.pop(name)
                    for name, (_, filling) in list(filled.items())
                    if name not in tidied and name not in now and _cleans(command, call, filling, name)
                }
                alone = not own and len(late) == 1 and (call is not None or len(list(caches.removed(command))) == 1)
                for before, filling in late.values() if ancestor is stage else ():
                    yield Hit(
                        call.where if call is not None else command,
                        f"{_what(filling)} that line {before.line} brought stays in its layer: this only hides it",
                        f"{'move it to' if alone else 'delete it at'} the end of the RUN of line {before.line}",
                    )
            filled.update(now)


def _family(manager: Manager) -> str:
    return "rpm" if manager in (table.DNF, table.YUM, table.MICRODNF) else manager.name


def _fills_cache(call: Call) -> bool:
    if call.manager is table.APT:
        return refreshes(call)
    if caches.uncached(call) or call.manager in (table.UV, table.PNPM, table.BUN):
        return False
    return call.action in ("install", "restore", "update", "upgrade", "build")


def _cleans(command: Command, call: Call | None, filling: Call, family: str) -> bool:
    manager = filling.manager
    if call is not None:
        if _family(call.manager) != family:
            return False
        return manager is not table.APT or call.verb in ("dist-clean", "distclean")
    folders = manager.lists or tuple(place for cache in manager.caches for place in caches.places(filling, cache)[:1])
    return caches.removes(command, *folders)


def _what(call: Call) -> str:
    return "the package index" if call.manager.system else f"{call.manager.name}'s cache"


@rule(
    "WD363", "packages-removed-in-a-later-layer", "warning", help="install, use and remove them in one RUN, or build in a stage of its own"
)
def packages_removed_in_a_later_layer(stage: Stage) -> Iterator[Hit]:
    """Packages are removed that an earlier RUN installed; their bytes stay in the image.

    A layer never changes. Compilers and headers are best installed in a builder stage, of which only the result is copied.

    Bad:
        FROM alpine:3.24
        RUN apk add --no-cache --virtual .build-deps gcc musl-dev
        COPY hello.c .
        RUN cc -o /usr/local/bin/hello hello.c && apk del .build-deps

    Good:
        FROM alpine:3.24 AS build
        RUN apk add --no-cache gcc musl-dev
        COPY hello.c .
        RUN cc -o /hello hello.c

        FROM alpine:3.24
        COPY --from=build /hello /usr/local/bin/hello

    Leaves alone: stages that do not ship; what the base image brought; what the same RUN installs; names that are not known.

    Mends (safe): moves a RUN that does nothing but remove to the end of the RUN just before it, where that one installed them and
    neither changes the shell of the other.
    """
    if not stage.ships or not any(call.action == "remove" for call in calls(stage)):
        return
    earlier: dict[tuple[str, str], Instruction] = {}
    for ancestor in reversed(stage.chain()):
        for instruction in ancestor.of("RUN"):
            now: dict[tuple[str, str], Instruction] = {}
            for call in _calls_of(instruction):
                if changes_nothing(call):
                    continue
                family = _family(call.manager)
                if call.action == "install":
                    for name in installed(call.command):
                        now[family, name] = instruction
                    group = call.command.option("-t", "--virtual") if call.manager is table.APK else None
                    if group:
                        now[family, group] = instruction
                elif call.action == "remove":
                    found = [(word, name_of(call.manager, name)) for word, name in named(call)]
                    stale = [(word, name) for word, name in found if (family, name) in earlier and (family, name) not in now]
                    if stale and ancestor is stage:
                        word, name = stale[0]
                        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
                        yield Hit(word, f"{name}{more} came in line {earlier[family, name].line}: the bytes stay in the image")
                    for _, name in stale:
                        del earlier[family, name]
            earlier.update(now)
