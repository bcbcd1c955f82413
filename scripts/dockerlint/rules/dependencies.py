"""WD303 to WD310 and WD326 to WD345, as far as they are about the package managers of languages: pip, npm, Bundler and so on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING

from dockerlint import caches
from dockerlint.files import looks_like_file
from dockerlint.knowledge import packages as table
from dockerlint.packages import (
    Call,
    calls,
    installed,
    is_local,
    listed,
    loose,
    name_of,
    named,
    read,
)
from dockerlint.rules import Hit, rule

if TYPE_CHECKING:
    from dockerlint.knowledge.packages import Manager
    from dockerlint.model import Stage
    from dockerlint.parser import Instruction
    from dockerlint.text import Word


# Versions: WD303, WD305, WD306, WD310. Off unless asked for: a lock file is the better pin.


def _unpinned(stage: Stage, managers: tuple[Manager, ...], is_pinned: Callable[[Call, str], bool]) -> Iterator[Hit]:
    for call, word, names in loose(stage, managers, is_pinned):
        verb = "has" if len(names) == 1 else "have"
        yield Hit(word, f"{listed(names)} {verb} no version", f"pin like this: {call.manager.pin}")


@rule(
    "WD303",
    "pip-version-not-pinned",
    "info",
    covers=("DL3013", "DF051", "kics:unpinned_package_version_in_pip_install", "ER0013"),
    default=False,
    help="write package==version, or install from a requirements file with hashes",
)
def pip_version_not_pinned(stage: Stage) -> Iterator[Hit]:
    """pip installs whatever version is the newest today.

    Two builds of one commit can differ, and a bad release of a package goes straight into the image.

    Bad:
        FROM python:3.14-slim
        RUN pip install --no-cache-dir uvicorn[standard]

    Good:
        FROM python:3.14-slim
        RUN pip install --no-cache-dir uvicorn[standard]==0.40.0

    Leaves alone: ranges, constraints (`-c`, PIP_CONSTRAINT), requirements files, paths, addresses and wheels, values that are not known.
    """
    yield from _unpinned(stage, (table.PIP, table.UV, table.PIPENV), _pip_pinned)


def _pip_pinned(call: Call, package: str) -> bool:
    return (
        any(mark in package for mark in "=<>~@")
        or "/" in package
        or call.command.has("-c", "--constraint", "--constraints", "--require-hashes")
        or bool(caches.variable(call.command, "PIP_CONSTRAINT"))
    )


@rule(
    "WD305",
    "npm-version-not-pinned",
    "info",
    covers=("DL3016", "kics:npm_install_without_pinned_version", "ER0014"),
    default=False,
    help="write package@version, or move it into package.json and its lock file",
)
def npm_version_not_pinned(stage: Stage) -> Iterator[Hit]:
    """npm, pnpm, Yarn or Bun installs whatever version is the newest today.

    A tag such as `@latest` is no version.

    Bad:
        FROM node:24-slim
        RUN npm install -g typescript

    Good:
        FROM node:24-slim
        RUN npm install -g typescript@5.9.3

    Leaves alone: installs from package.json, ranges (`@^5`), git references, paths and addresses, values that are not known.
    """
    yield from _unpinned(stage, (table.NPM, table.PNPM, table.YARN, table.BUN), _npm_pinned)


def _npm_pinned(_: Call, package: str) -> bool:
    separator, version = package[1:].partition("@")[1:]
    if separator:
        return version not in ("", "latest", "next", "canary")
    return "#" in package or ("/" in package and package[0] != "@")


@rule(
    "WD306",
    "gem-version-not-pinned",
    "info",
    covers=("DL3028", "DF053", "kics:gem_install_without_version", "ER0016"),
    default=False,
    help="write gem:version, or use a Gemfile and its lock file",
)
def gem_version_not_pinned(stage: Stage) -> Iterator[Hit]:
    """gem installs whatever version is the newest today.

    Bad:
        FROM ruby:3.4-slim
        RUN gem install foreman

    Good:
        FROM ruby:3.4-slim
        RUN gem install foreman:0.90.0

    Leaves alone: `-v` and `--version`, .gem files, Gemfiles (`-g`), values that are not known.
    """
    yield from _unpinned(stage, (table.GEM,), lambda call, package: ":" in package or call.command.has("-v", "--version", "-g", "--file"))


@rule("WD310", "go-install-not-pinned", "info", covers=("DL3062", "DF054"), default=False, help="write module@v1.2.3")
def go_install_not_pinned(stage: Stage) -> Iterator[Hit]:
    """`go install` builds whatever version of a tool is the newest today.

    `go install module@latest` asks the proxy anew in every build; nothing in go.sum protects it.

    Bad:
        FROM golang:1.27
        RUN go install golang.org/x/tools/cmd/stringer@latest

    Good:
        FROM golang:1.27
        RUN go install golang.org/x/tools/cmd/stringer@v0.39.0

    Leaves alone: packages of the module at hand (`go install ./...`), whose versions are in go.mod; values that are not known.
    """
    yield from _unpinned(
        stage, (table.GO,), lambda _, package: package.partition("@")[2] not in ("latest", "upgrade", "patch", "main", "master", "HEAD")
    )


# Caches of the languages' package managers that ship: WD326 to WD329.


@rule(
    "WD326",
    "pip-cache-left",
    "warning",
    covers=("DL3042", "DF030", "semgrep:missing-pip-no-cache-dir", "kics:pip_install_keeping_cached_packages"),
    help="use a cache mount (--mount=type=cache,target=/root/.cache/pip), or --no-cache-dir",
)
def pip_cache_left(stage: Stage) -> Iterator[Hit]:
    """pip keeps in the layer what it downloaded.

    Its cache holds every wheel once more, compressed, and nothing in the image reads it again. A cache mount keeps it out of the layer
    and makes the next build faster; without one, `--no-cache-dir` keeps it away. The official Python images set neither.

    Bad:
        FROM python:3.14-slim
        COPY requirements.txt .
        RUN pip install -r requirements.txt

    Good:
        FROM python:3.14-slim
        COPY requirements.txt .
        RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt

    Leaves alone: stages that do not ship; PIP_NO_CACHE_DIR (any value: pip takes "0" for on, too); `pip config set
    global.no-cache-dir`; mounts over the cache or a folder above it; `rm -rf ~/.cache` or `pip cache purge` in the same RUN; pipenv and
    pipx, which have no such option. Where pip installs only itself or what is there already (`pip install -e .`), it is an info.

    Mends (safe or unsafe): adds --no-cache-dir to each `pip install` of the RUN; unsafe where the base image is not known or so old
    that its pip may not know the option.
    """
    for call in caches.left_behind(stage, (table.PIP,), ("install", "restore", "upgrade")):
        instruction = call.command.instruction
        if instruction is None:
            continue
        found = [other for other in map(read, instruction.commands) if other is not None and _pip_caches(other)]
        if found and not caches.mentions(stage, "no-cache-dir=", "no-cache-dir =", "global.no-cache-dir"):
            worst = next((other for other in found if not _downloads_little(other)), found[0])
            yield Hit(
                worst.where,
                "pip leaves its cache in the layer",
                f"use a cache mount (--mount=type=cache,target={caches.mount_of(worst)}), or pip install --no-cache-dir",
                severity="info" if _downloads_little(worst) else "",
            )


def _pip_caches(call: Call) -> bool:
    return (
        call.manager is table.PIP
        and call.verb == "install"
        and not caches.uncached(call)
        and not call.command.has("--no-index", "--no-cache")
    )


def _downloads_little(call: Call) -> bool:
    """Whether it installs only pip itself, or what is there already and perhaps its dependencies."""
    packages = [package for _, package in named(call)]
    packages += filter(None, [call.command.option("-e", "--editable")])
    return (
        bool(packages)
        and not call.command.has("-r", "--requirement")
        and all(
            (is_local(package) and "://" not in package) or name_of(table.PIP, package) in ("pip", "setuptools", "wheel")
            for package in packages
        )
    )


@rule("WD327", "yarn-cache-left", "info", covers=("DL3060", "DF055"), help="use a cache mount, or end the RUN with: && yarn cache clean")
def yarn_cache_left(stage: Stage) -> Iterator[Hit]:
    """Yarn keeps in the layer what it downloaded.

    Its cache can be as large as node_modules itself.

    Bad:
        FROM node:24-slim
        COPY package.json yarn.lock ./
        RUN yarn install --frozen-lockfile

    Good:
        FROM node:24-slim
        COPY package.json yarn.lock ./
        RUN --mount=type=cache,target=/usr/local/share/.cache/yarn yarn install --frozen-lockfile

    Leaves alone: stages that do not ship; mounts over its cache; `rm -rf` of it and `yarn cache clean` in the same RUN; Yarn 2 and later
    (by package.json, .yarnrc.yml, Corepack or `--immutable`), which runs programs from its cache, but for Yarn 4 with `nodeLinker:
    node-modules`.

    Mends (safe or unsafe): ends the RUN with `yarn cache clean`; safe for `yarn global` only.
    """
    for call in caches.left_behind(stage, (table.YARN,), ("install", "restore")):
        if caches.places(call, table.YARN.caches[0]):
            yield Hit(
                call.where,
                "Yarn leaves its cache in the layer",
                f"use a cache mount (--mount=type=cache,target={caches.mount_of(call)}), or end the RUN with: && yarn cache clean",
            )


@rule("WD328", "npm-cache-left", "info", help="use a cache mount, or end the RUN with: && npm cache clean --force")
def npm_cache_left(stage: Stage) -> Iterator[Hit]:
    """npm keeps in the layer what it downloaded.

    ~/.npm/_cacache holds the archive of every package that was installed; nothing in the image reads it again.

    Bad:
        FROM node:24-slim
        COPY package.json package-lock.json ./
        RUN npm ci --omit=dev

    Good:
        FROM node:24-slim
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev

    Leaves alone: stages that do not ship; mounts over its cache; `rm -rf` of it and `npm cache clean` in the same RUN; pnpm and Bun,
    whose stores are hard links to what is in node_modules and cost nothing more.

    Mends (safe): ends the RUN with `npm cache clean --force`, where npm can still be called and nothing later wants the cache.
    """
    for call in caches.left_behind(stage, (table.NPM,), ("install", "restore")):
        yield Hit(
            call.where,
            "npm leaves its cache in the layer",
            f"use a cache mount (--mount=type=cache,target={caches.mount_of(call)}), or end the RUN with: && npm cache clean --force",
        )


_OTHERS = (
    table.POETRY,
    table.PIPENV,
    table.CONDA,
    table.GO,
    table.CARGO,
    table.MAVEN,
    table.GRADLE,
    table.BUNDLER,
    table.GEM,
    table.COMPOSER,
    table.NUGET,
)


@rule(
    "WD329",
    "package-cache-left",
    "info",
    covers=("tally/ruby/leftover-bundler-cache",),
    help="build in a stage of its own, use a cache mount, or empty the cache in the same RUN",
)
def package_cache_left(stage: Stage) -> Iterator[Hit]:
    """A package manager keeps in the layer what it downloaded.

    Go modules, crates, Maven's repository and the like are of use only while something is built. Best is a builder stage, of which only
    the result is copied; where there is one stage, a cache mount.

    Bad:
        FROM golang:1.27
        WORKDIR /src
        COPY . .
        RUN go build -o /usr/local/bin/app .
        CMD ["app"]

    Good:
        FROM golang:1.27 AS build
        WORKDIR /src
        COPY . .
        RUN go build -o /app .

        FROM gcr.io/distroless/static-debian13:nonroot
        COPY --from=build /app /app
        CMD ["/app"]

    Leaves alone: stages that do not ship; mounts over the cache; `rm -rf` of it, or the manager's own clean-up, in the same RUN; uv, pnpm
    and Bun, whose caches are hard links; Go's own packages (`go build std`); `go mod download` and the like where nothing is built behind
    it, for the container builds.

    Mends (safe): ends the RUN with the clean-up of conda or Composer, where it can still be called; the others are better built in a
    stage of their own.
    """
    if stage.image.family == "windows":
        return
    for manager in _OTHERS:
        for call in caches.left_behind(stage, (manager,), ("install", "restore", "build")):
            if (
                caches.uncached(call)
                or caches.downloads_nothing(call)
                or call.command.has("--offline", "--no-index", "--local")
                or call.verb in ("test", "run", "vet", "generate")
                or {word.value for word in call.packages} & {"std", "cmd"}  # Go's own, which nobody downloads
            ):
                continue
            if caches.places(call, manager.caches[0]):
                place = caches.place_of(call)
                mount = f"--mount=type=cache,target={caches.mount_of(call)}"
                clean = f"rm -rf {place}" if manager in (table.CARGO, table.BUNDLER) else manager.clean
                if manager is table.CONDA:
                    clean = clean.replace("conda", call.command.name, 1)
                mounted = f"use a cache mount ({mount}), " if "*" not in place else ""  # the target of a mount is no pattern
                help = f"build in a stage of its own, {mounted}or end the RUN with: && {clean}"
                if manager in table.READ_BY_BUILDS and call.action == "restore":
                    if not _builds_behind(stage, call):
                        break  # the image is for building: what is downloaded here is what it brings
                    help = f"build in a stage of its own, or put {mount} here and into each RUN that builds"
                yield Hit(call.where, f"{manager.name} leaves what it downloads in {place} in the layer", help)
                break  # the later ones of the stage find it there


def _builds_behind(stage: Stage, fetch: Call) -> bool:
    """Whether the stage itself builds with what was fetched."""
    return any(
        call.manager is fetch.manager and call.action in ("build", "install") and call.command.span > fetch.command.span
        for call in calls(stage)
    )


# Lock files and development dependencies: WD330 to WD336.

_JS = (table.NPM, table.PNPM, table.YARN, table.BUN)


_NPM_INSTALLS = ("install", "i", "in", "isntall", "add")


# What makes an install honour the lock file; a name in capitals is a variable.
_HONOURING: dict[str, tuple[str, ...]] = {
    "npm": (),
    "yarn": ("--frozen-lockfile", "--immutable", "--pure-lockfile", "--immutable-cache", "CI", "YARN_ENABLE_IMMUTABLE_INSTALLS"),
    "pnpm": ("--frozen-lockfile", "--no-frozen-lockfile", "--lockfile-only", "CI", "NPM_CONFIG_FROZEN_LOCKFILE"),
    "bun": ("--frozen-lockfile", "--production", "-p", "--no-save"),  # --production freezes it, too (run with Bun 1.4)
    "uv": ("--locked", "--frozen", "UV_LOCKED", "UV_FROZEN"),
    "pipenv": ("--deploy", "--ignore-pipfile", "--skip-lock"),
    "cargo": ("--locked", "--frozen", "--offline"),
    "nuget": ("--locked-mode", "RestoreLockedMode"),
}


@rule(
    "WD330",
    "lock-file-not-honoured",
    "warning",
    covers=("DF031",),
    help="use the install that fails where the lock file does not fit",
)
def lock_file_not_honoured(stage: Stage) -> Iterator[Hit]:
    """The lock file is there, but the install may go past it.

    `npm install`, `yarn install`, `pnpm install`, `uv sync` and others quietly resolve again, and rewrite the lock file in the layer,
    where it does not fit the manifest. What was tested is then not what ships. Each has a form that fails instead.

    Bad:
        FROM node:24-slim
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/root/.npm npm install --omit=dev

    Good:
        FROM node:24-slim
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev

    Leaves alone: installs of packages that are named; projects whose build context has no lock file; CI=true for Yarn and pnpm;
    `composer install`, which honours its lock file. Where the lock file may or may not be copied, npm's is an info.

    Mends (unsafe): writes `npm ci` for `npm install`: it refuses a lock file that does not fit package.json.
    """
    seen: set[tuple[str, str, int]] = set()  # once a RUN, however many branches it has
    for call in calls(stage):
        instruction = call.command.instruction
        if instruction is None or not call.manager.locks or call.command.has("--help"):
            continue
        key = (call.manager.name, call.verb, instruction.line)
        hit = _past_lock(call, instruction) if key not in seen else None
        if hit is not None:
            seen.add(key)
            yield hit


def _past_lock(call: Call, instruction: Instruction) -> Hit | None:
    """What is to be said of an install that may go past the lock file; None for nothing."""
    manager = call.manager
    if call.action == "upgrade" and not call.packages and manager.folder:
        lock, present = _lock(call, instruction)
        if present:
            return Hit(call.where, f"{call.command.name} {call.verb} goes past the versions of {lock}", f"write {manager.locked}")
    elif manager is table.POETRY:
        if (
            call.action == "restore"
            and caches.copied("pyproject.toml", instruction)
            and caches.copied("poetry.lock", instruction) is False
        ):
            return Hit(call.where, "poetry.lock is not copied: poetry resolves the versions anew", "COPY pyproject.toml poetry.lock ./")
    elif manager.name in _HONOURING and _may_resolve(call):
        lock, present = _lock(call, instruction)
        if present is False and (left := _not_copied(call, instruction)):
            message = f"{left} is not copied: {call.command.name} resolves the versions anew"
            return Hit(call.where, message, f"COPY {left} beside {posixpath.basename(manager.manifests[0])}, and write {_locked(call)}")
        if present or (present is None and manager is table.NPM and not _has_no_lock(call, instruction)):
            own = manager is table.CARGO and call.verb == "install"
            return Hit(
                call.where,
                f"{call.command.name} {call.verb}".rstrip() + f" may go past {lock}",
                f"write {_locked(call)}",
                severity="" if present and (own or manager not in (table.CARGO, table.NUGET)) else "info",
            )
    return None


def _has_no_lock(call: Call, before: Instruction) -> bool:
    """Whether the manifest is in the build context, as far as that is seen, and no lock file beside it."""
    context, manager = before.stage.dockerfile.context, call.manager
    return bool(context.exists(manager.manifests[0])) and not any(context.exists(lock) for lock in manager.locks)


def _not_copied(call: Call, before: Instruction) -> str:
    """The lock file that the build context has beside a manifest that is copied alone; "" for none."""
    context = before.stage.dockerfile.context
    for stage in before.stage.chain():
        for instruction in stage.of("COPY"):
            if instruction.from_ or instruction.line > before.line:
                continue
            for source in instruction.sources:
                folder, name = posixpath.split(source.value)
                if name in call.manager.manifests:
                    for lock in (posixpath.join(folder, lock) for lock in call.manager.locks):
                        taken = any(word.value == lock for word in instruction.sources)
                        if context.exists(lock) and not context.ignored(lock) and not taken:
                            return lock
    return ""


def _may_resolve(call: Call) -> bool:
    command = call.command
    if call.manager is table.CARGO:
        if call.verb not in ("build", "b", "rustc", "fetch", "install", "auditable build", "zigbuild"):
            return False
        if call.verb == "install" and not command.has("--path"):
            return False
    elif call.action != "restore":
        return False
    elif call.manager is table.NPM:
        if call.verb not in _NPM_INSTALLS or command.has("-g", "--global", "--no-package-lock", "--package-lock-only", "--location"):
            return False
    elif (
        (call.manager in (table.PNPM, table.BUN, table.YARN) and (call.verb not in ("install", "i", "") or command.has("-g", "--global")))
        or (call.manager is table.UV and call.verb != "sync")
        or (call.manager is table.PIPENV and (call.verb != "install" or command.has("-r")))
    ):
        return False
    for switch in _HONOURING[call.manager.name]:
        if command.has(switch) if switch.startswith("-") else caches.is_set(command, switch):
            return False
    return not any("RestoreLockedMode" in word.value for word in command.arguments)


def _locked(call: Call) -> str:
    """The honouring form of this very call."""
    if call.manager is table.NPM:  # --legacy-peer-deps, --omit=dev and the like hold for both
        options = [word for word in call.command.arguments if word.value.startswith("-")]
        kept = [word.raw for word in options if not word.value.startswith(("--save", "-S", "-D"))]
        return " ".join((call.manager.locked, *kept))
    if call.manager is table.CARGO:
        return f"cargo {call.verb} --locked"
    if call.manager is table.YARN:
        return "yarn install --immutable, or --frozen-lockfile with Yarn 1"
    return call.manager.locked


def _lock(call: Call, instruction: Instruction) -> tuple[str, bool | None]:
    """The lock file of the manager that is there (None: that may be there), else its first."""
    best: tuple[str, bool | None] = (call.manager.locks[0], False)
    for name in call.manager.locks:
        present = caches.copied(name, instruction) and _beside(name, call, instruction)
        if present:
            return name, True
        if present is None and best[1] is False:
            best = (name, None)
    return best


def _beside(name: str, call: Call, instruction: Instruction) -> bool | None:
    """Whether a lock file that is copied lies in the folder of the install; None where in one above, of whose workspaces it may be one."""
    folder = caches.folder_at(call.command)
    lent = any(mount.type == "bind" for mount in instruction.mounts)
    if call.manager not in _JS or not folder or lent or call.command.has("--prefix", "-C", "--cwd", "--dir"):
        return True
    places: list[str] = []
    for stage in instruction.stage.chain():
        for copy in stage.of("COPY", "ADD"):
            if copy.line > instruction.line:
                break
            for source in copy.sources:
                last = posixpath.basename(posixpath.normpath(copy.expand(source) or source.value))
                if fnmatchcase(name, last):
                    target = caches.absolute(copy.expand(copy.words[-1]) or copy.words[-1].value, copy)
                    places.append(posixpath.dirname(target) if posixpath.basename(target) == name else target)
                elif not looks_like_file(last):
                    return True  # a folder, which may bring another one
    if folder in places:
        return True
    return None if any(caches.holds(place, folder) for place in places) else False


_DEVELOPMENT = (
    "dev", "develop", "development", "devcontainer", "test", "tests", "testing", "ci", "lint", "debug", "local", "storybook", "e2e",
    "playwright", "cypress",
)  # fmt: skip


def for_development(stage: Stage) -> bool:
    """Whether the image is meant for development: by its stage's name, its environment, or what it starts."""
    path = stage.dockerfile.source.path.replace("\\", "/").split("/")[-3:]
    names = "-".join((stage.name, *path)).lower().replace("_", "-").replace(".", "-").split("-")
    if any(name in _DEVELOPMENT for name in names):
        return True
    for name in ("NODE_ENV", "RAILS_ENV", "APP_ENV", "RACK_ENV"):
        if stage.end.variables.get(name, "").lower() in _DEVELOPMENT:
            return True
    for keyword in ("CMD", "ENTRYPOINT"):
        instruction = stage.last(keyword)
        for word in instruction.words if instruction else ():
            value = word.value
            if value in (*_DEVELOPMENT, "nodemon", "ts-node", "tsx", "watch", "vite", "ts-node-dev") or value.endswith(
                (":dev", ":watch", "-dev")
            ):
                return True
            if value.startswith(("dev:", "test:")) or "nodemon" in value or " dev" in value:
                return True
    return False


# How many places a folder that is copied on and on is followed to.
_MOST_PLACES = 50


def _ships_into(call: Call, folder: str) -> Stage | None:
    """The shipping stage in whose layers is what the call installs in `folder` (seen from WORKDIR): its own, or one that copies it.

    It may be copied from stage to stage before.
    """
    instruction = call.command.instruction
    if instruction is None:
        return None
    if instruction.stage.ships:
        return instruction.stage
    places = [(instruction.stage, caches.absolute(folder, instruction))]
    for stage, where in places:
        for other in stage.dockerfile.stages:
            for copy, source_stage in other.copies_from:
                if copy.keyword != "COPY" or source_stage is None or stage not in source_stage.chain() or copy.flag("exclude"):
                    continue
                for source in copy.sources:
                    path = posixpath.normpath("/" + (copy.expand(source) or source.value).lstrip("/"))
                    held = caches.holds(path, where) or (caches.holds(where, path) and "site-packages" in path)
                    if held and not _pruned(call, source_stage) and not _deleted(call, where, source_stage):
                        if other.ships:
                            return other
                        target = copy.expand(copy.words[-1])
                        if target and other.index > source_stage.index and len(places) < _MOST_PLACES:
                            places.append((other, posixpath.normpath(caches.absolute(target, copy) + where[len(path.rstrip("/")) :])))
    return None


def _deleted(call: Call, folder: str, stage: Stage) -> bool:
    """Whether the folder is deleted behind the call in the stage that it is copied from."""
    return any(
        caches.removes(command, folder)
        for run in caches.chain_runs(stage)
        if call.command.instruction is not None and run.line >= call.command.instruction.line
        for command in (caches.later(call.command) if run is call.command.instruction else run.commands)
    )


def _pruned(call: Call, stage: Stage) -> bool:
    """Whether what only development needs is removed again later, by a prune or an install for production."""
    instruction = call.command.instruction
    if instruction is None:
        return False
    for ancestor in stage.chain():
        for other in calls(ancestor):
            where = other.command.instruction
            if where is None or (where.line, other.command.index) <= (instruction.line, call.command.index):
                continue
            same = other.manager is call.manager or (other.manager in _JS and call.manager in _JS)
            if same and (other.verb == "prune" or (other.action == "restore" and not _development(other))):
                return True
    return False


def _development(call: Call) -> bool:
    """Whether an install from the manifest brings what only development needs."""
    command, manager = call.command, call.manager
    if manager in _JS:
        if command.has("--production", "--prod", "-P"):
            return command.option("--production", "--prod") == "false"
        values = [word.value for word in command.arguments]
        if ("--omit", "dev") in pairwise(values) or (command.option("--only") or "").startswith("prod"):
            return False
        if not {"--omit=dev", "--dev=false", "--no-dev"}.isdisjoint(values) or (manager is table.BUN and command.has("-p")):
            return False
        if caches.variable(command, "NODE_ENV") == "production":
            return command.option("--include") == "dev"
        return caches.variable(command, "NPM_CONFIG_OMIT") != "dev" and not caches.is_set(command, "NPM_CONFIG_PRODUCTION")
    if manager is table.UV:
        return not (
            command.has("--no-dev", "--no-default-groups", "--only-group")
            or caches.is_set(command, "UV_NO_DEV")
            or command.option("--no-group") == "dev"
        )
    if manager is table.POETRY:
        return not (command.has("--no-dev", "--only") or "dev" in (command.option("--without") or ""))
    if manager is table.PDM:
        return not command.has("--prod", "--production", "--no-dev")
    if manager is table.PIPENV:
        return command.has("--dev", "-d")
    return False


def _has_development(call: Call, instruction: Instruction) -> bool | None:
    """Whether the manifest has packages that only development needs; None where it cannot be read."""
    manifest = call.manager.manifests[0]
    if manifest == "Pipfile":
        return True
    text = caches.project_file(manifest, instruction)
    if text is None:
        return None
    try:
        if manifest.endswith(".json"):
            import json

            content = json.loads(text)
            return bool(content.get("devDependencies") or content.get("require-dev") or content.get("workspaces"))
        import tomllib

        content = tomllib.loads(text)
        tool = content.get("tool", {})
        groups = content.get("dependency-groups", {})
        poetry = tool.get("poetry", {})
        if call.manager is table.UV:
            return bool(groups.get("dev") or tool.get("uv", {}).get("dev-dependencies") or tool.get("uv", {}).get("default-groups"))
        if call.manager is table.PDM:
            return bool(groups or tool.get("pdm", {}).get("dev-dependencies"))
        return bool(
            poetry.get("dev-dependencies") or any(not group.get("optional") for group in poetry.get("group", {}).values()) or groups
        )
    except (ValueError, AttributeError):
        return None


@rule(
    "WD331",
    "development-dependencies-ship",
    "warning",
    covers=("DF031",),
    help="install for production only, or prune before the folder ships",
)
def development_dependencies_ship(stage: Stage) -> Iterator[Hit]:
    """Compilers, linters and test runners of the project are installed into the image.

    They are often the larger half of node_modules or the virtual environment, and most reports of scanners are about them.

    Bad:
        FROM node:24-slim
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/root/.npm npm ci
        CMD ["node", "server.js"]

    Good:
        FROM node:24-slim
        COPY package.json package-lock.json ./
        RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
        CMD ["node", "server.js"]

    Leaves alone: stages whose node_modules or .venv do not get into the image; a prune or an install for production behind it;
    NODE_ENV=production; images for development or tests; projects whose manifest names no such packages. Where the manifest cannot be
    read, it is an info.
    """
    for call in calls(stage):
        instruction = call.command.instruction
        if instruction is None or call.action != "restore" or not call.manager.folder or call.manager in (table.COMPOSER, table.BUNDLER):
            continue
        if call.manager is table.UV and call.verb != "sync":
            continue
        if call.verb == "fetch" or call.command.has("-g", "--global", "--package-lock-only", "--lockfile-only") or not _development(call):
            continue
        folder = caches.variable(call.command, "UV_PROJECT_ENVIRONMENT") if call.manager is table.UV else None
        shipping = _ships_into(call, folder or call.manager.folder)
        if shipping is None or _pruned(call, stage) or for_development(shipping) or _dropped(call):
            continue
        known = _has_development(call, instruction)
        if known is not False:
            words = f"{call.command.name} {call.verb}".rstrip()
            help = f"add {_PRODUCTION[call.manager.name]}"
            if call.manager in _JS and _is_built_with(call):
                help = f"build in a stage of its own, and let the image have what {words} {_PRODUCTION[call.manager.name]} installs"
            if call.manager in _JS and (tool := _started_with(shipping, instruction)):
                help = f"the container starts {tool} of devDependencies: start what is built of it, or move it to dependencies; then {help}"
            yield Hit(
                call.where,
                f"{words} also installs what only development needs, and it ships",
                help,
                severity="" if known else "info",
            )


_PRODUCTION = {
    "npm": "--omit=dev",
    "pnpm": "--prod",
    "yarn": "--production (Yarn 1), or yarn workspaces focus --production",
    "bun": "--production",
    "uv": "--no-dev",
    "poetry": "--only main",
    "pdm": "--prod",
    "pipenv": "--deploy, and leave out --dev",
}


def _is_built_with(call: Call) -> bool:
    """Whether a build behind it, in its stage or one that has what is in it, may need what only development needs."""
    instruction = call.command.instruction
    if instruction is None:
        return False
    stage = instruction.stage
    return any(
        command.instruction is not None
        and (command.instruction.line, command.index) > (instruction.line, call.command.index)
        and any("build" in word.value or "compile" in word.value or word.value in _BUNDLERS for word in command.words)
        for other in stage.dockerfile.stages
        if stage in other.chain() or any(source and stage in source.chain() for _, source in other.copies_from)
        for command in other.calls(*_BUNDLERS, *_SCRIPT_RUNNERS)
    )


def _started_with(shipping: Stage, install: Instruction) -> str:
    """A package of devDependencies that is in the script of package.json which the container starts; "" for none."""
    import json

    try:
        manifest = json.loads(caches.project_file("package.json", install) or "{}")
        development = set(manifest.get("devDependencies", ())) - set(manifest.get("dependencies", ()))
        scripts = dict(manifest.get("scripts", ()))
    except (ValueError, AttributeError, TypeError):
        return ""
    for instruction in filter(None, map(shipping.last, ("ENTRYPOINT", "CMD"))):
        for command in instruction.commands:
            if command.name in ("npm", "pnpm", "yarn", "bun"):
                name = next((word.value for word in command.operands() if word.value not in ("run", "run-script")), "")
                for word in f"{scripts.get('pre' + name, '')} {scripts.get(name, '')}".split():
                    for package in (word, word.partition("/")[0], _PACKAGE_OF.get(word, "")):
                        if package in development:
                            return package
    return ""


# Programs with other names than the package that brings them.
_PACKAGE_OF = {"tsc": "typescript", "ng": "@angular/cli", "nest": "@nestjs/cli", "vue-cli-service": "@vue/cli-service"}


_SCRIPT_RUNNERS = ("npm", "npx", "pnpm", "yarn", "bun", "bunx", "turbo", "nx", "next", "make")
_BUNDLERS = ("vite", "webpack", "ng", "tsc", "gulp", "grunt")


def _dropped(call: Call) -> bool:
    """Whether the folder is deleted again in the RUN of the call."""
    instruction = call.command.instruction
    return instruction is not None and any(
        caches.removes(command, caches.absolute(call.manager.folder, instruction)) for command in caches.later(call.command)
    )


@rule(
    "WD332",
    "composer-development-dependencies",
    "warning",
    covers=("tally/php/composer-no-dev-in-production",),
    help="add --no-dev",
)
def composer_development_dependencies(stage: Stage) -> Iterator[Hit]:
    """Composer installs the packages of require-dev into the image.

    PHPUnit and its like have been the way in before (CVE-2017-9841 is a file of PHPUnit's in vendor/ that runs what it is sent).

    Bad:
        FROM composer:2.9
        WORKDIR /app
        COPY composer.json composer.lock ./
        RUN --mount=type=cache,target=/tmp/cache composer install

    Good:
        FROM composer:2.9
        WORKDIR /app
        COPY composer.json composer.lock ./
        RUN --mount=type=cache,target=/tmp/cache composer install --no-dev

    Leaves alone: COMPOSER_NO_DEV=1; stages whose vendor folder does not get into the image; images for development or tests; a
    composer.json without require-dev.
    """
    for call in calls(stage):
        instruction = call.command.instruction
        if instruction is None or call.manager is not table.COMPOSER or call.action != "restore":
            continue
        if caches.is_set(call.command, "COMPOSER_NO_DEV") or any(other.command.has("--no-dev") for other in calls(stage)):
            continue
        shipping = _ships_into(call, "vendor")
        if shipping is not None and not for_development(shipping) and _has_development(call, instruction) is not False:
            yield Hit(call.where, "composer install brings the packages of require-dev, and they ship", "write composer install --no-dev")


# Bundler and Ruby: WD333 to WD336, WD344 and WD345.


def _bundler_setting(call: Call, *keys: str) -> bool:
    """Whether Bundler is told one of these: by BUNDLE_KEY, a flag, `bundle config`, or the project's own .bundle/config."""
    command, instruction = call.command, call.command.instruction
    if instruction is None or command.has(*(f"--{key}" for key in keys)):
        return True
    if any(caches.variable(command, f"BUNDLE_{key.upper()}") not in (None, "", "false", "0") for key in keys):
        return True
    for run in caches.chain_runs(instruction.stage):
        for other in run.commands:
            if (
                other.name == "bundle"
                and any(word.value == "config" for word in other.arguments)
                and any(word.value in keys for word in other.arguments)
            ):
                return True
    context = instruction.stage.dockerfile.context
    return bool(context.exists(".bundle/config"))


def _bundle_installs(stage: Stage) -> Iterator[Call]:
    """`bundle install` of what gets into an image that is not for development."""
    for call in calls(stage):
        if call.manager is table.BUNDLER and call.action == "restore":
            shipping = _ships_into(call, "vendor/bundle") or _ships_into(call, "/usr/local/bundle")
            if shipping is not None and not for_development(shipping):
                yield call


@rule(
    "WD333",
    "bundler-lock-not-enforced",
    "warning",
    covers=("tally/ruby/missing-bundle-deployment",),
    help='ENV BUNDLE_FROZEN="1"',
)
def bundler_lock_not_enforced(stage: Stage) -> Iterator[Hit]:
    """`bundle install` may go past Gemfile.lock.

    Frozen, it fails where the lock file does not fit the Gemfile. So does deployment mode, which also installs into vendor/bundle where
    BUNDLE_PATH does not say otherwise.

    Bad:
        FROM ruby:3.4-slim
        ENV BUNDLE_WITHOUT="development:test"
        COPY Gemfile Gemfile.lock ./
        RUN bundle install && rm -rf ~/.bundle /usr/local/bundle/cache

    Good:
        FROM ruby:3.4-slim
        ENV BUNDLE_FROZEN="1" BUNDLE_WITHOUT="development:test"
        COPY Gemfile Gemfile.lock ./
        RUN bundle install && rm -rf ~/.bundle /usr/local/bundle/cache

    Leaves alone: BUNDLE_DEPLOYMENT; `bundle config` of either, a .bundle/config in the build context; what does not ship; images for
    development.
    """
    for call in _bundle_installs(stage):
        instruction = call.command.instruction
        if (
            instruction is not None
            and caches.copied("Gemfile.lock", instruction) is not False
            and not _bundler_setting(call, "deployment", "frozen")
        ):
            yield Hit(call.where, "bundle install may go past Gemfile.lock", 'put ENV BUNDLE_FROZEN="1" before it')


@rule(
    "WD334",
    "bundler-development-group",
    "warning",
    covers=("tally/ruby/missing-bundle-without-development",),
    help='ENV BUNDLE_WITHOUT="development:test"',
)
def bundler_development_group(stage: Stage) -> Iterator[Hit]:
    """`bundle install` brings the gems of the groups development and test into the image.

    Bad:
        FROM ruby:3.4-slim
        ENV BUNDLE_DEPLOYMENT="1"
        COPY Gemfile Gemfile.lock ./
        RUN bundle install && rm -rf ~/.bundle

    Good:
        FROM ruby:3.4-slim
        ENV BUNDLE_DEPLOYMENT="1" BUNDLE_WITHOUT="development:test"
        COPY Gemfile Gemfile.lock ./
        RUN bundle install && rm -rf ~/.bundle

    Leaves alone: BUNDLE_ONLY; `bundle config` of either, a .bundle/config in the build context; what does not ship; images for
    development, and those whose build runs the tests; a Gemfile without such a group. Where the Gemfile cannot be read, it is an info.
    """
    for call in _bundle_installs(stage):
        instruction = call.command.instruction
        if instruction is None or _bundler_setting(call, "without", "only") or _is_tested(stage):
            continue
        gemfile = caches.project_file("Gemfile", instruction)
        if gemfile is None or ":development" in gemfile or ":test" in gemfile:
            yield Hit(
                call.where,
                "bundle install also brings the gems of development and test",
                'put ENV BUNDLE_WITHOUT="development:test" before it',
                severity="info" if gemfile is None else "",
            )


def _is_tested(stage: Stage) -> bool:
    """Whether the build runs tests, for which it needs their gems."""
    return any(
        word.value in ("rspec", "rubocop", "test", "spec", "minitest", "cucumber")
        for command in stage.calls("bundle", "rake", "rails", "rspec")
        for word in command.words
    )


@rule(
    "WD335",
    "bundler-removed-flag",
    "warning",
    covers=("tally/ruby/deprecated-bundler-install-flags",),
    help="say it by BUNDLE_… or bundle config set",
)
def bundler_removed_flag(stage: Stage) -> Iterator[Hit]:
    """A flag of `bundle install` that Bundler 2 deprecated and Bundler 4, which comes with Ruby 4, no longer has.

    They were remembered in .bundle/config and worked on calls that came much later. An environment variable says the same for all of
    them.

    Bad:
        FROM ruby:3.4-slim
        COPY Gemfile Gemfile.lock ./
        RUN bundle install --deployment --without development test && rm -rf ~/.bundle

    Good:
        FROM ruby:3.4-slim
        ENV BUNDLE_DEPLOYMENT="1" BUNDLE_WITHOUT="development:test"
        COPY Gemfile Gemfile.lock ./
        RUN bundle install && rm -rf ~/.bundle

    Leaves alone: `--jobs`, `--retry` and others that stay.
    """
    for call in calls(stage):
        if call.manager is table.BUNDLER and call.action == "restore":
            for word in call.command.arguments:
                flag = word.value.partition("=")[0]
                if flag in ("--deployment", "--without", "--with", "--path", "--clean", "--frozen", "--no-prune", "--shebang", "--system"):
                    name = flag.strip("-").replace("-", "_").upper()
                    yield Hit(word, f"bundle install {flag} is deprecated, and gone in Bundler 4", f"put ENV BUNDLE_{name}=… before it")


@rule(
    "WD336",
    "bundler-already-there",
    "info",
    covers=("tally/ruby/redundant-bundler-install",),
    help="leave it out",
)
def bundler_already_there(stage: Stage) -> Iterator[Hit]:
    """The official Ruby images bring Bundler, and Bundler runs the version that Gemfile.lock names.

    Bad:
        FROM ruby:3.4-slim
        RUN gem install bundler && rm -rf /usr/local/bundle/cache

    Good:
        FROM ruby:3.4-slim
        RUN bundle --version

    Leaves alone: other base images; a version that is named.
    """
    if stage.image.language != "ruby":
        return
    for call in calls(stage):
        if call.manager is table.GEM and call.action == "install" and not call.command.has("-v", "--version"):
            for word, package in named(call):
                if package == "bundler":
                    yield Hit(word, "bundler is in the base image already", "leave it out")


@rule(
    "WD344", "bootsnap-precompile-parallel", "info", covers=("tally/ruby/bootsnap-precompile-without-j1",), default=False, help="add -j 1"
)
def bootsnap_precompile_parallel(stage: Stage) -> Iterator[Hit]:
    """`bootsnap precompile` forks several processes, which can crash or hang under QEMU.

    Off by default: it matters only where the image is built for another architecture by emulation.

    Bad:
        FROM ruby:3.4-slim
        RUN bundle exec bootsnap precompile app/ lib/

    Good:
        FROM ruby:3.4-slim
        RUN bundle exec bootsnap precompile -j 1 app/ lib/

    Leaves alone: `-j 1`, `-j 0` and `--jobs` of either.
    """
    for command in stage.calls("bundle", "bootsnap"):
        values = [word.value for word in command.words]
        if "precompile" in values and "bootsnap" in values[:3] and (command.option("-j", "--jobs") or "4") not in ("0", "1"):
            yield Hit(
                command.words[values.index("precompile")], "bootsnap precompile forks several processes, which fails under QEMU", "add -j 1"
            )


@rule(
    "WD345",
    "assets-precompile-needs-key",
    "info",
    covers=("tally/ruby/asset-precompile-without-dummy-key",),
    default=False,
    help="write SECRET_KEY_BASE_DUMMY=1 before it",
)
def assets_precompile_needs_key(stage: Stage) -> Iterator[Hit]:
    """`rails assets:precompile` wants the application's key, which should not be there at build time.

    Off by default: only Rails 7.1 and newer know SECRET_KEY_BASE_DUMMY, and not every application needs a key to precompile.

    Bad:
        FROM ruby:3.4-slim
        RUN bundle exec rails assets:precompile

    Good:
        FROM ruby:3.4-slim
        RUN SECRET_KEY_BASE_DUMMY=1 bundle exec rails assets:precompile

    Leaves alone: a key from a secret mount; SECRET_KEY_BASE_DUMMY in ENV.
    """
    for command in stage.calls("bundle", "rails", "rake"):
        for word in command.words:
            if word.value == "assets:precompile" and not (
                caches.variable(command, "SECRET_KEY_BASE_DUMMY")
                or caches.variable(command, "SECRET_KEY_BASE")
                or any(mount.type == "secret" for mount in (command.instruction.mounts if command.instruction else ()))
            ):
                yield Hit(word, "assets:precompile wants the application's key", "write SECRET_KEY_BASE_DUMMY=1 before the command")


# Python: WD337 to WD339, WD342 and WD343.


@rule("WD337", "poetry-export-missing", "error", help="install poetry-plugin-export beside poetry")
def poetry_export_missing(stage: Stage) -> Iterator[Hit]:
    """Poetry 2 has no `export` command of its own.

    "The requested command export does not exist": since 2.0 it is in poetry-plugin-export, which has to be installed beside it.

    Bad:
        FROM python:3.14-slim
        RUN pip install --no-cache-dir poetry==2.2.1
        COPY pyproject.toml poetry.lock ./
        RUN poetry export -o requirements.txt

    Good:
        FROM python:3.14-slim
        RUN pip install --no-cache-dir poetry==2.2.1 poetry-plugin-export==1.9.0
        COPY pyproject.toml poetry.lock ./
        RUN poetry export -o requirements.txt

    Leaves alone: Poetry 1; a Poetry that the base image brings; versions that are not known.
    """
    exports = [command for command in stage.calls("poetry") if command.verb(table.POETRY.valued) == "export"]
    if not exports or caches.mentions(stage, "poetry-plugin-export"):
        return
    major = _poetry_major(stage)
    if major is not None and major >= 2:
        for command in exports:
            yield Hit(command, "poetry 2 has no export command without poetry-plugin-export", "install poetry-plugin-export beside poetry")


def _poetry_major(stage: Stage) -> int | None:
    """The major version of the Poetry that the chain installs, by pip, pipx, uv or its script (unpinned: 2); None where not known."""
    for run in caches.chain_runs(stage):
        for command in run.commands:
            if any("install.python-poetry.org" in word.value for word in command.words):
                return _major_of_script(run)
            call = read(command)
            if call is not None and call.action == "install":
                packages = [package for _, package in named(call)]
            elif command.name == "pipx":
                packages = [run.expand(word) or word.value for word in command.operands(("--python", "--pip-args"))]
            else:
                continue
            for package in packages:
                found = _POETRY.fullmatch(package)
                if found:
                    return _major_of(found[1])
    return None


_POETRY = re.compile(r"poetry(?:\[[^]]*\])?\s*((?:[=<>~!^@].*)?)")


def _major_of(wanted: str) -> int | None:
    """The major version that a requirement ("==1.8.5", ">=1.8,<2", "~=1.8", "") leads to; None where it may be one or the other."""
    exact = re.search(r"(?:={2,3}|~=|\^|@)\s*(\d+)", wanted)
    if exact:
        return int(exact[1])
    if re.search(r"<=?\s*1|<\s*2(?:\.0)*(?![.\d])", wanted):
        return 1
    return 2 if not wanted or re.search(r">=?\s*2", wanted) else None


def _major_of_script(run: Instruction) -> int | None:
    """The major version of the Poetry that its script installs, by --version or POETRY_VERSION; None where not known."""
    for command in run.commands:
        if command.name.startswith("python"):
            version = run.expand(command.option("--version") or caches.variable(command, "POETRY_VERSION") or "2")
            return int(version[0]) if version and version[0].isdigit() else None
    return None


@rule("WD338", "export-without-hashes", "info", help="leave --without-hashes out, and pip install --require-hashes")
def export_without_hashes(stage: Stage) -> Iterator[Hit]:
    """The lock file's hashes are thrown away on the way to pip.

    With them, pip refuses a file that is not the one that was locked.

    Bad:
        FROM python:3.14-slim
        RUN poetry export --without-hashes -o requirements.txt

    Good:
        FROM python:3.14-slim
        RUN poetry export -o requirements.txt

    Leaves alone: exports of what has no hash: there is no way to tell, so it is an info.
    """
    for command in stage.calls("poetry", "uv", "pdm"):
        word = command.find("--without-hashes", "--no-hashes")
        if word is not None and any(argument.value == "export" for argument in command.arguments):
            yield Hit(
                word,
                f"{command.name} export throws the lock file's hashes away",
                f"leave {word.value} out, and pip install --require-hashes",
            )


@rule(
    "WD339",
    "project-installed-before-its-source",
    "error",
    help="install the dependencies only, and the project after the COPY of its source",
)
def project_installed_before_its_source(stage: Stage) -> Iterator[Hit]:
    """The project itself is installed before its source is copied.

    `uv sync` and `poetry install` also build and install the project. With only its manifest there, that fails ("Readme file does not
    exist", "No file/folder found for package"), or an empty package is installed.

    Bad:
        FROM ghcr.io/astral-sh/uv:0.9-python3.14-trixie-slim
        WORKDIR /app
        COPY pyproject.toml uv.lock ./
        RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev
        COPY . .

    Good:
        FROM ghcr.io/astral-sh/uv:0.9-python3.14-trixie-slim
        WORKDIR /app
        COPY pyproject.toml uv.lock ./
        RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev --no-install-project
        COPY . .
        RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev

    Leaves alone: projects that are no package (no build-system for uv, package-mode = false for Poetry); Poetry 1, which goes on. Where
    pyproject.toml cannot be read, it is an info.
    """
    for call in calls(stage):
        instruction = call.command.instruction
        if (
            instruction is None
            or call.action != "restore"
            or call.manager not in (table.UV, table.POETRY)
            or call.verb not in ("sync", "install")
        ):
            continue
        if call.manager is table.UV:
            spared = call.command.has("--no-install-project", "--no-install-workspace", "--no-install-local", "--only-group")
            spared = spared or caches.is_set(call.command, "UV_NO_INSTALL_PROJECT")
            remedy = "uv sync --no-install-project"
        else:
            major = _poetry_major(stage)
            spared = call.command.has("--no-root", "--only-root") or call.command.option("--only") not in (None, "main") or major in (0, 1)
            remedy = "poetry install --no-root"
        if spared or not _manifests_only(call, instruction):
            continue
        package = _is_package(call, instruction)
        if package is not False:
            yield Hit(
                call.where,
                f"{call.command.name} {call.verb} installs the project, whose source is not copied yet",
                f"write {remedy}, and install the project after the COPY of its source",
                severity="" if package and (call.manager is table.UV or _poetry_major(stage)) else "info",
            )


def _manifests_only(call: Call, instruction: Instruction) -> bool:
    """Whether all that is there of the project is its manifest and lock file, and texts about it."""
    names = {*call.manager.manifests, *call.manager.locks, "requirements.txt", ".python-version", "uv.toml", "poetry.toml"}
    names |= {"pyproject*", "uv.lock*", "poetry.lock*", "poetry*", "*.lock", "*.toml", "pyproject.toml*"}
    project = caches.absolute(".", instruction)
    lent = ((mount.source, mount.from_, caches.target_of(mount, instruction)) for mount in instruction.mounts if mount.type == "bind")
    copied = (
        (source.value, copy.from_, caches.absolute(copy.words[-1].value, copy))
        for stage in instruction.stage.chain()
        for copy in stage.of("COPY", "ADD")
        if copy.line < instruction.line
        for source in copy.sources
    )
    found = False
    for source, origin, target in (*lent, *copied):
        name = posixpath.basename(source.rstrip("/"))
        if name in names:
            found = True
        elif name.upper().startswith(_TEXTS) or ((origin or looks_like_file(source)) and target and not caches.holds(project, target)):
            continue
        else:
            return False
    return found and not stage_clones(instruction)


_TEXTS = ("README", "LICENSE", "LICENCE")


def stage_clones(instruction: Instruction) -> bool:
    """Whether the project is fetched by git rather than copied."""
    return any(
        run.line < instruction.line and any(command.name == "git" for command in run.commands) for run in instruction.stage.of("RUN")
    )


def _is_package(call: Call, instruction: Instruction) -> bool | None:
    text = caches.project_file("pyproject.toml", instruction)
    if text is None:
        return None
    if call.manager is table.POETRY:
        return "package-mode = false" not in text
    return "[build-system]" in text and "package = false" not in text


# The first release of each distribution whose Python refuses pip (PEP 668).
_MANAGED_SINCE = {"debian": (12,), "ubuntu": (23, 4), "alpine": (3, 19)}


_DEBIAN_NAMES = {"bookworm": "12", "trixie": "13", "forky": "14", "duke": "15", "sid": "99", "noble": "24.04", "resolute": "26.04"}


def _externally_managed(stage: Stage) -> bool:
    since = _MANAGED_SINCE.get(stage.image.family)
    release = stage.image.release
    numbers = _DEBIAN_NAMES.get(release, release).split(".")
    return since is not None and all(part.isdigit() for part in numbers) and tuple(map(int, numbers)) >= since


@rule(
    "WD342",
    "pip-externally-managed",
    "error",
    help="use a virtual environment: python3 -m venv /opt/venv, and ENV PATH=/opt/venv/bin:$PATH",
)
def pip_externally_managed(stage: Stage) -> Iterator[Hit]:
    """The distribution's pip refuses to install into the distribution's Python.

    "error: externally-managed-environment" (PEP 668): Debian since 12, Ubuntu since 23.04 and Alpine since 3.19. A virtual environment
    is what they ask for, and the best thing to copy into a final stage.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*
        RUN pip3 install --no-cache-dir requests==2.32.5

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/*
        RUN python3 -m venv /opt/venv
        ENV PATH=/opt/venv/bin:$PATH
        RUN pip install --no-cache-dir requests==2.32.5

    Leaves alone: the official Python images, whose Python is their own; `--break-system-packages`, its variable and configuration; a
    removed EXTERNALLY-MANAGED file; `--target`, `--prefix` and `--root`; any sign of a virtual environment or of another Python.
    """
    if stage.image.language == "python" or not _externally_managed(stage) or "$" in stage.root.instruction.words[0].value:
        return
    seen: set[Instruction] = set()
    for call in calls(stage):
        if call.manager is not table.PIP or call.verb != "install":
            continue
        command, instruction = call.command, call.command.instruction
        if (
            instruction is None
            or instruction in seen
            or command.has("--break-system-packages", "--target", "-t", "--prefix", "--root", "--dry-run", "--python")
        ):
            continue
        if command.after == "||" or not command.words[0].value.startswith((command.name, "/usr/bin/")):
            continue
        if caches.variable(command, "PIP_BREAK_SYSTEM_PACKAGES") or _own_python(stage, instruction):
            continue
        seen.add(instruction)
        yield Hit(
            call.where,
            f"{command.words[0].value} refuses to install into the Python of {stage.image.family} {stage.image.release} (PEP 668)",
        )


_OWN_PYTHON = ("conda", "mamba", "micromamba", "pyenv", "virtualenv", "uv", "activate", "make", "miniforge", "rye", "asdf", "mise")


def _own_python(stage: Stage, before: Instruction) -> bool:
    """Whether pip may be another than the distribution's, or the distribution's is not known to be there."""
    if before.state.variables.get("VIRTUAL_ENV") or "venv" in before.state.variables.get("PATH", ""):
        return True
    if any(copy.line < before.line and not all(map(_is_program, copy.sources)) for copy, _ in stage.copies_from):
        return True
    from_distribution = False
    for run in caches.chain_runs(stage):
        if run.line > before.line:
            break
        for command in run.commands:
            if command.name in _OWN_PYTHON or any(
                "EXTERNALLY-MANAGED" in word.value or "break-system-packages" in word.value for word in command.words
            ):
                return True
            for word in command.arguments:
                if (
                    word.value in ("venv", "virtualenv")
                    or word.value.endswith("/activate")
                    or "get-pip" in word.value
                    or "deadsnakes" in word.value
                ):
                    return True
            if not from_distribution and command.name in ("apt-get", "apt", "apk"):
                from_distribution = any(name in ("python3-pip", "py3-pip", "python3-full") for name in installed(command))
    return not from_distribution


def _is_program(source: Word) -> bool:
    """Whether a path is that of one program which is neither Python nor pip."""
    folder, name = posixpath.split(source.value)
    return folder.endswith("/bin") and re.fullmatch(r"(?!python|pip)[\w.-]+", name) is not None


@rule("WD343", "pip-breaks-system-packages", "info", help="use a virtual environment: python3 -m venv /opt/venv")
def pip_breaks_system_packages(stage: Stage) -> Iterator[Hit]:
    """pip is told to install over the distribution's own Python packages.

    What the distribution's tools need can be replaced by another version. A virtual environment keeps the two apart, and can be copied
    into a final stage as one folder.

    Bad:
        FROM alpine:3.24
        RUN apk add --no-cache py3-pip && pip install --no-cache-dir --break-system-packages requests==2.32.5

    Good:
        FROM alpine:3.24
        RUN apk add --no-cache python3 && python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir requests==2.32.5

    Leaves alone: stages that do not ship.
    """
    if not stage.ships:
        return
    for call in calls(stage):
        if call.manager in (table.PIP, table.UV):
            word = call.command.find("--break-system-packages")
            if word is not None:
                official = stage.image.language == "python"
                yield Hit(
                    word,
                    "the Python of this image is its own: the option does nothing"
                    if official
                    else "pip installs over the distribution's Python packages",
                    "leave it out" if official else "",
                )


@rule("WD341", "package-manager-upgraded", "info", default=False, help="name the version, or leave it out")
def package_manager_upgraded(stage: Stage) -> Iterator[Hit]:
    """The package manager itself is upgraded to whatever is the newest today.

    Off by default. The base image has one that was tested with it; a new major version of npm or pip has broken builds before.

    Bad:
        FROM node:24-slim
        RUN npm install -g npm@latest

    Good:
        FROM node:24-slim
        RUN npm install -g npm@11.6.2

    Leaves alone: versions that are named.
    """
    for call in calls(stage):
        if call.action == "install" and not call.manager.system:
            for word, package in named(call):
                if name_of(call.manager, package) in ("pip", "npm", "corepack") and not any(
                    mark in package.removesuffix("@latest") for mark in "=<>~@"
                ):
                    yield Hit(word, f"{package} is whatever version is the newest today")
        elif call.command.has("--system") and call.manager is table.GEM and call.action == "upgrade":
            yield Hit(call.where, "gem update --system brings whatever version is the newest today")
    for command in stage.calls("corepack"):
        for word in command.arguments:
            if word.value.endswith(("@latest", "@stable")):
                yield Hit(word, f"{word.value} is whatever version is the newest today")
