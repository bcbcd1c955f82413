"""WD221 to WD232: base images: which one, how exactly named, until when maintained, and what is in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from posixpath import basename
from typing import NamedTuple

from dockerlint.knowledge.images import MAINTAINED, OFFICIAL_IMAGES, language_end
from dockerlint.model import Dockerfile, Stage
from dockerlint.packages import brings, installed, read
from dockerlint.parser import Flag, Instruction, Mount
from dockerlint.project import contexts, images
from dockerlint.references import ImageReference, parse
from dockerlint.rules import Hit, rule
from dockerlint.shell import Command
from dockerlint.text import Word

_SOON = 90  # days


# --- How an image is named --------------------------------------------------------------------------------------------


class _Use(NamedTuple):
    """A place where the file names an image."""

    where: Word | Flag | Mount
    raw: str
    reference: ImageReference


_VARIABLE = re.compile(r"\$(?:\w+|\{[^}]*\})")


def _uses(stage: Stage) -> Iterator[_Use]:
    """The images that a stage is FROM, copies from or mounts; each but the first named place is left out."""
    if stage.base is None and stage.instruction.words and stage.reference_text != "scratch":
        word = stage.instruction.words[0]
        reference = parse(stage.reference_text) or parse(_VARIABLE.sub("x", word.raw))
        if reference:
            yield _Use(word, word.raw if "$" in word.raw else stage.reference_text or word.raw, reference)  # without quotes
    seen = set()
    for where, name in _outside(stage):
        reference = parse(name)
        if reference and name not in seen and (reference.name in OFFICIAL_IMAGES or "/" in name):
            seen.add(name)
            yield _Use(where, name, reference)


def _outside(stage: Stage) -> Iterator[tuple[Flag | Mount, str]]:
    """What its COPY --from and RUN --mount name that is no stage: images and named contexts."""
    names = None
    for instruction, source in stage.copies_from:
        if source is not None:
            continue
        if instruction.keyword == "COPY":
            flag = instruction.flag("from")
            if flag:
                yield flag, instruction.from_
            continue
        names = names or {other.name for other in stage.dockerfile.stages}
        for mount in instruction.mounts:
            if mount.from_.lower() not in names:
                yield mount, mount.from_


def _names_its_release(reference: ImageReference) -> bool:
    """Distroless: the release is in the name (static-debian13), and the only tags are latest, nonroot and debug."""
    return reference.repository.startswith("distroless/") and reference.repository.rpartition("-debian")[2].isdigit()


def _has_only_latest(reference: ImageReference) -> bool:
    """Chainguard's free images have no tags but latest and latest-dev."""
    return reference.registry == "cgr.dev"


@rule(
    "WD221", "image-without-tag", "warning", help="name a version, and best its digest, too",
    covers=(
        "DL3006", "tally/hadolint/DL3006", "DS-0001", "CKV_DOCKER_7", "kics:image_version_not_explicit", "semgrep:missing-image-version",
        "DF001", "DF024", "dockerfilelint:missing_tag", "EF0004", "DKL-DI-0006",
    ),
)  # fmt: skip
def image_without_tag(stage: Stage) -> Iterator[Hit]:
    """An image is named without a tag, so the build takes whatever `latest` is that day.

    The same Dockerfile gives another image next month, and nobody can tell which one is running: `python` went from 3.14 to 3.15 in
    October 2026. `COPY --from` and `RUN --mount=from` pull images, too.

    Bad:
        FROM debian
        COPY --from=composer /usr/bin/composer /usr/bin/composer

    Good:
        FROM debian:13-slim
        COPY --from=composer:2.10 /usr/bin/composer /usr/bin/composer

    Leaves alone: stages, `scratch`, digests, names with variables, named build contexts, distroless images, whose name has the release,
    and what a compose or bake file of the project makes.
    """
    for where, raw, reference in _uses(stage):
        if not reference.tag and not reference.digest and "$" not in raw and not _names_its_release(reference):
            if raw in images(stage.dockerfile.context) | contexts(stage.dockerfile.context):
                continue
            if _has_only_latest(reference):
                yield Hit(where, f"{raw} names no digest, and its registry has no tags of versions", "add the digest: @sha256:…", "info")
            else:
                yield Hit(where, f"{raw} has no tag, so it is whatever latest is today")


@rule(
    "WD222", "latest-tag", "warning", help="name a version, and best its digest, too",
    covers=(
        "DL3007", "tally/hadolint/DL3007", "DS-0001", "CKV_DOCKER_7", "kics:image_version_using_latest", "semgrep:avoid-latest-version",
        "DF001", "DF024", "dockerfilelint:latest_tag", "EF0003", "DKL-DI-0006",
    ),
)  # fmt: skip
def latest_tag(stage: Stage) -> Iterator[Hit]:
    """An image is named by the tag `latest`, which moves to the next major version without a word.

    Bad:
        FROM node:latest

    Good:
        FROM node:24-slim

    Leaves alone: tags that a variable gives, a digest beside the tag, distroless images, whose name has the release, and what a compose
    or bake file of the project makes.
    """
    for where, raw, reference in _uses(stage):
        if raw.endswith(":latest") and not _names_its_release(reference):
            if raw.removesuffix(":latest") in images(stage.dockerfile.context) | contexts(stage.dockerfile.context):
                continue
            if _has_only_latest(reference):
                yield Hit(where, f"{raw} names no digest, and its registry has no tags of versions", "add the digest: @sha256:…", "info")
            else:
                yield Hit(where, f"{raw} is another image whenever its owner publishes one")


@rule(
    "WD223", "image-without-digest", "info", default=False, help="add @sha256:…, and let a bot update it",
    covers=("semgrep:dockerfile-source-not-pinned",),
)  # fmt: skip
def image_without_digest(stage: Stage) -> Iterator[Hit]:
    """An image is not pinned by its digest.

    Only a digest names one image for ever; a tag can be pushed again, by its owner or by whoever has taken the account over.

    Bad:
        FROM debian:13-slim

    Good:
        FROM debian:13-slim@sha256:1111111111111111111111111111111111111111111111111111111111111111

    Leaves alone: stages, `scratch` and names with variables.
    """
    for where, raw, reference in _uses(stage):
        if not reference.digest and "$" not in raw:
            yield Hit(where, f"{raw} is not pinned by a digest")


@rule("WD224", "untrusted-registry", "error", covers=("DL3026", "tally/hadolint/DL3026", "DF065"))
def untrusted_registry(stage: Stage) -> Iterator[Hit]:
    """An image comes from a registry that the configuration does not list as trusted.

    Says nothing unless `trusted-registries` is set. A name without a registry is docker.io's; a pattern may have `*`.
    """
    trusted = stage.dockerfile.options.trusted_registries
    if not trusted:
        return
    for where, raw, reference in _uses(stage):
        if not any(fnmatchcase(reference.registry, pattern) for pattern in trusted) and not raw.startswith("$"):
            yield Hit(where, f"{reference.registry} is not a trusted registry", f"take the image from {' or '.join(trusted)}")


# --- How long an image is maintained ----------------------------------------------------------------------------------


def _first_of_its_image(stage: Stage) -> bool:
    """Whether no stage before it is FROM the same image, so that a file is told once."""
    if stage.base is not None or not stage.reference_text:
        return False
    return all(other.reference_text != stage.reference_text for other in stage.dockerfile.stages[: stage.index])


def _is_over(stage: Stage) -> bool:
    return "" < stage.image.end_of_life < stage.dockerfile.options.today


def _confidence(stage: Stage) -> str:
    """A variable's default may be replaced when the image is built."""
    return "medium" if "$" in stage.instruction.words[0].raw else ""


def _successor(of_what: str) -> str:
    name = max((name for name in MAINTAINED if of_what.startswith(name)), key=len, default="")
    if not name:
        return "go to a maintained version"
    version = MAINTAINED[name]
    return f"go to {version}" if version[0].isalpha() else f"go to {name} {version}"


@rule("WD225", "end-of-life", "warning", covers=("tally/ruby/eol-ruby-version",))
def end_of_life(stage: Stage) -> Iterator[Hit]:
    """A base image's language or distribution is past its end of life: its security holes stay open.

    The dates are built in (November 2026): for Debian the end of LTS, for Ubuntu the end of standard support, for the others what the
    project publishes.

    Bad:
        FROM node:18-slim

    Good:
        FROM node:24-slim

    Leaves alone: stages that the target does not need, and versions that nothing is known of.

    Mends (unsafe): writes the newest maintained version of an official image of a language, of Debian or of Alpine, where the tag says
    nothing else of the distribution, and nothing else in the file names the old version (UV_PYTHON, a folder of its packages).
    """
    image = stage.image
    if not _is_over(stage) or stage.role == "unused" or not _first_of_its_image(stage):
        return
    built = f"; {image.unpublished}" if image.unpublished else ""
    message = f"{image.end_of_life_of} has had no security updates since {image.end_of_life}{built}"
    also = _named_again(stage)
    help = f"{_way_on(stage)}; line {also.line} names {image.language} {image.version}, too" if also else _way_on(stage)
    yield Hit(stage.instruction.words[0], message, help, confidence=_confidence(stage))


def _named_again(stage: Stage) -> Instruction | None:
    """The first instruction that names the version of the image's language, too: UV_PYTHON=3.9, /usr/local/lib/python3.9."""
    language, version = stage.image.language, stage.image.version
    if not language or not version or not stage.image.end_of_life_of.endswith(f" {version}"):
        return None
    name = re.compile(rf"{language}(?:js)?[-_]?(?:version)?[=@: ]*{re.escape(version)}(?!\d)", re.IGNORECASE)
    instructions = (each for other in stage.dockerfile.stages for each in other.instructions)
    return next((each for each in instructions if name.search(each.text.value)), None)


def _way_on(stage: Stage) -> str:
    """Where to go: a release of what has ended, or, where the image is about something else, a tag of it on such a release."""
    ended, reference = stage.image.end_of_life_of, stage.reference
    name = next((name for name in _DISTRIBUTIONS if ended.startswith(name)), "")
    if reference is None or not name or reference.name.rpartition("/")[2] == name.lower():
        return _successor(ended)
    if stage.image.unpublished and reference.name in _REPLACEMENTS:
        return _REPLACEMENTS[reference.name]
    end, language = language_end(stage.image)
    if "" < end < stage.dockerfile.options.today:
        return f"{_successor(language)}, on a maintained release"
    return f"take a tag of {reference.name} on a maintained release"


_DISTRIBUTIONS = ("Debian", "Ubuntu", "Alpine")


@rule("WD226", "unpublished-image", "warning", help="go to an image that is still built")
def unpublished_image(stage: Stage) -> Iterator[Hit]:
    """A base image is no longer built: neither it nor what is under it gets fixes.

    Bad:
        FROM openjdk:21-slim

    Good:
        FROM eclipse-temurin:21-jre

    Leaves alone: images that `end-of-life` tells of.
    """
    reason = stage.image.unpublished
    if reason and stage.role != "unused" and not _is_over(stage) and _first_of_its_image(stage):
        name = stage.reference.name if stage.reference else ""
        help = _REPLACEMENTS.get(name.partition("/")[0], "go to its tag on Eclipse Temurin" if "openjdk" in reason else "")
        yield Hit(stage.instruction.words[0], f"{stage.reference_text}: {reason}", help, confidence=_confidence(stage))


_REPLACEMENTS = {
    "openjdk": "go to eclipse-temurin or amazoncorretto",
    "java": "go to eclipse-temurin or amazoncorretto",
    "adoptopenjdk": "go to eclipse-temurin",
    "centos": "go to Rocky Linux, AlmaLinux or CentOS Stream 10",
    "rockylinux": "go to rockylinux/rockylinux",
    "jupyter": "go to quay.io/jupyter",
    "distroless": "go to the image on Debian 13",
    "bitnami": "go to the project's own image, an official one or a hardened one",
}


@rule("WD227", "end-of-life-soon", "info")
def end_of_life_soon(stage: Stage) -> Iterator[Hit]:
    """A base image's language or distribution gets its last security updates within 90 days.

    Bad:
        FROM php:8.2-fpm

    Good:
        FROM php:8.4-fpm
    """
    end, today = stage.image.end_of_life, stage.dockerfile.options.today
    if end < today or not today or end[:4] > f"{int(today[:4]) + 1:04}" or stage.role == "unused" or not _first_of_its_image(stage):
        return
    from datetime import date

    days = (date.fromisoformat(end) - date.fromisoformat(today)).days
    if days <= _SOON:
        what = stage.image.end_of_life_of
        where = stage.instruction.words[0]
        yield Hit(where, f"{what} gets no security updates after {end}", _way_on(stage), confidence=_confidence(stage))


_ARCHITECTURES = {
    "amd64": "amd64", "arm32v5": "arm", "arm32v6": "arm", "arm32v7": "arm", "arm64v8": "arm64", "i386": "386", "mips64le": "mips64le",
    "ppc64le": "ppc64le", "riscv64": "riscv64", "s390x": "s390x",
}  # fmt: skip
_ARCHITECTURE_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "linux": "amd64"}


@rule(
    "WD228", "image-of-another-platform", "error",
    covers=("InvalidBaseImagePlatform", "tally/buildkit/InvalidBaseImagePlatform", "tally/platform-mismatch"),
)  # fmt: skip
def image_of_another_platform(stage: Stage) -> Iterator[Hit]:
    """`--platform` asks for one architecture, and the image's owner (arm64v8, amd64 …) has another.

    Bad:
        FROM --platform=linux/amd64 arm64v8/alpine:3.24

    Good:
        FROM --platform=linux/arm64 alpine:3.24

    Leaves alone: platforms that a variable gives, and all other images: what they have is known to their registry only.
    """
    flag = stage.instruction.flag("platform")
    reference = stage.reference if stage.base is None else None
    if not flag or not flag.value or "$" in flag.value or not reference or reference.registry != "docker.io":
        return
    owner, _, name = reference.repository.partition("/")
    system, _, rest = flag.value.partition("/")
    wanted = (rest or system).partition("/")[0].lower()
    wanted = _ARCHITECTURE_NAMES.get(wanted, wanted)
    if owner in _ARCHITECTURES and _ARCHITECTURES[owner] != wanted:
        yield Hit(flag, f"{reference.name} is an image for {_ARCHITECTURES[owner]}, not for {wanted}", f"write {name}")


# --- What is in an image ----------------------------------------------------------------------------------------------

# Programs that no other package brings along by chance.
_STANDALONE = frozenset(
    "apk apt apt-get bash curl dnf git groupadd groupmod jq microdnf nano sudo unzip useradd usermod vim wget yum zip".split()
)
# Programs that come in many ways: with a tarball, an installer, a folder from another stage.
_LANGUAGES = frozenset(
    "bun bundle bundler cargo cmake composer corepack deno dotnet gem go gradle java javac mvn node npm npx php pip pip3 pipx pnpm "
    "poetry python python3 ruby rustc rustup uv yarn".split()
)
_MANAGERS = {
    "apt": "apt-get", "apk": "apk", "dnf": "dnf", "yum": "yum", "microdnf": "microdnf", "zypper": "zypper", "pacman": "pacman",
    "tdnf": "tdnf",
}  # fmt: skip
_MANAGER_COMMANDS = frozenset("apk apt apt-get dnf yum microdnf zypper pacman tdnf".split())
_CONDITIONAL = frozenset(("if", "if-condition", "while-condition", "case", "function", "not", "eval", "trap"))
_UNPACKERS = frozenset("tar bsdtar unzip dpkg rpm conda mamba micromamba brew nix snap chroot debootstrap install_packages rsync".split())
_SHELLS = frozenset("sh bash ash dash".split())
_ASKING = frozenset(("command", "which", "type", "hash"))
_SYSTEM_FOLDERS = ("", "/usr", "/usr/local", "/opt")
_FOLDER_NAMES = frozenset(
    ("", ".", "..", "*", *"bin sbin local usr lib lib64 opt root rootfs out output dist install target image fs sysroot staging".split())
)


def absence(stage: Stage, tool: str, before: Instruction | None, command: Command | None = None) -> str:
    """How sure it is that a program is absent: "" where it may be there, else "high" or "medium".

    Looked at is all that the stage and those it is FROM do before an instruction, and before a command in it.
    """
    if tool not in stage.image.missing:
        return ""
    written = stage.root.instruction.words[0].raw
    if written.startswith("$"):
        return ""
    packages = False
    copied: set[str] = set()
    for ancestor in reversed(stage.chain()):
        for instruction in ancestor.instructions:
            if instruction is before and command is None:
                break
            if instruction.keyword in ("COPY", "ADD"):
                if may_bring(instruction, tool):
                    return ""
                copied |= {basename(word.value) for word in instruction.words}
            elif instruction.keyword == "RUN":
                end = command.index if command is not None and instruction is before else None
                found = _installs(instruction.commands[:end], tool, copied)
                if found is None or (instruction.heredocs and not instruction.commands):
                    return ""
                packages = packages or found
            elif instruction.keyword == "ENV" and tool in _LANGUAGES and any(pair.key.value == "PATH" for pair in instruction.pairs):
                return ""
            if instruction is before:
                break
        else:
            continue
        break
    if not packages:
        return "medium" if "$" in written else "high"
    return "medium" if tool in _STANDALONE else ""


def may_bring(instruction: Instruction, tool: str) -> bool:
    """Whether a COPY or ADD may bring the program."""
    destination = instruction.destination
    if destination is None:
        return False
    if instruction.from_ and tool in _LANGUAGES:
        return True
    names = [word.value.rstrip("/").rpartition("/")[2] for word in instruction.sources]
    target = destination.value
    if tool in names or target.rpartition("/")[2] == tool:
        return True
    folder = target.rstrip("/")
    if not folder and instruction.from_:
        return True  # a whole root, most likely
    if folder not in _SYSTEM_FOLDERS and not folder.endswith("bin"):
        return False
    if instruction.keyword == "ADD":
        return True
    return any(
        name in _FOLDER_NAMES or "*" in name or "$" in name or "?" in name or word.value.endswith("/")
        for name, word in zip(names, instruction.sources, strict=True)
    )


def _installs(commands: tuple[Command, ...], tool: str, copied: Collection[str]) -> bool | None:
    """Whether the commands install packages; None where they may bring the program, as what was copied into the image may."""
    packages = False
    for command in commands:
        name = command.name
        if name in _UNPACKERS or name in copied or name.endswith((".sh", ".py", ".pl")) or "$" in name:
            return None
        if name in _SHELLS and not command.has("-c") and (command.piped_from is not None or command.operands() or command.redirects):
            return None
        path = command.words[0].value if command.words else ""
        if "/" in path and not path.startswith(("/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/")):
            return None
        if name in ("ln", "cp", "mv", "install", "curl", "wget", "chmod", "touch") and any(
            word.value.rpartition("/")[2] == tool for word in command.arguments
        ):
            return None
        if name == "corepack" and tool in ("yarn", "pnpm"):
            return None
        call = read(command)
        if call is None:
            continue
        if call.manager.system and call.action in ("install", "upgrade", "restore"):
            packages = True
        elif tool in _LANGUAGES and call.action in ("install", "restore", "build") and call.manager.name not in ("npm", "pip"):
            return None
        for package in installed(command):
            if "$" in package or "`" in package or tool in package or package.startswith((".", "/", "http", "@")):
                return None
        if tool in brings(command):
            return None
    return packages


def _runs_for_sure(command: Command) -> bool:
    """Whether the command runs, and its failure is not provided for."""
    if command.after == "||" or command.before == "||" or not _CONDITIONAL.isdisjoint(command.within):
        return False
    commands = command.instruction.commands if command.instruction else ()
    return not any(other.name in _ASKING and any(word.value == command.name for word in other.arguments) for other in commands)


def _how_to_bring(stage: Stage, tool: str) -> str:
    """One line on how to get the program."""
    manager = stage.image.package_manager
    if tool in ("adduser", "addgroup") and manager == "apt":
        return f"use {'useradd' if tool == 'adduser' else 'groupadd'}, which is there, or install the package adduser"
    if tool in ("useradd", "groupadd") and manager == "apk":
        return f"use {'adduser' if tool == 'useradd' else 'addgroup'}, which is there, or install the package shadow"
    if tool == "corepack":
        return "install it: npm install --global corepack, at a pinned version"
    if tool in ("yarn", "pnpm"):
        return f"install it: npm install --global {tool}, at a pinned version"
    if tool == "uv":
        return "COPY --from=ghcr.io/astral-sh/uv /uv /usr/local/bin/, at a pinned version"
    if tool in _NO_PACKAGES.get(manager, ()):
        return "install it first, at a pinned version, from where its project publishes it"
    if tool == "sudo":
        return "take sudo away: USER says who runs it"
    if manager in _MANAGERS:
        verb = {"apk": "add", "pacman": "-S"}.get(manager, "install")
        return f"install it first: {_MANAGERS[manager]} {verb} {_PACKAGES.get(tool, {}).get(manager, tool)}"
    return ""


# Programs that the distribution has no package for.
_NO_PACKAGES = {
    "apt": frozenset("az bun deno dotnet gcloud gradle helm kubectl rustup terraform".split()),
    "apk": frozenset("az bun dotnet gcloud terraform".split()),
}

_PACKAGES = {
    "add-apt-repository": {"apt": "software-properties-common"},
    "envsubst": {"apt": "gettext-base", "apk": "gettext-envsubst"},
    "gpg": {"apt": "gnupg", "apk": "gnupg"},
    "groupadd": {"dnf": "shadow-utils", "yum": "shadow-utils", "microdnf": "shadow-utils"},
    "locale-gen": {"apt": "locales"},
    "lsb_release": {"apt": "lsb-release"},
    "node": {"apt": "nodejs", "apk": "nodejs"},
    "pip": {"apt": "python3-pip", "apk": "py3-pip"},
    "pip3": {"apt": "python3-pip", "apk": "py3-pip"},
    "ps": {"apt": "procps"},
    "python": {"apt": "python3", "apk": "python3"},
    "ssh": {"apt": "openssh-client", "apk": "openssh-client"},
    "update-ca-certificates": {"apt": "ca-certificates", "apk": "ca-certificates"},
    "useradd": {"dnf": "shadow-utils", "yum": "shadow-utils", "microdnf": "shadow-utils"},
    "xz": {"apt": "xz-utils"},
    "aws": {"apt": "awscli", "apk": "aws-cli"},
    "bundle": {"apt": "ruby-bundler", "apk": "ruby-bundler"},
    "bundler": {"apt": "ruby-bundler", "apk": "ruby-bundler"},
    "c++": {"apt": "g++", "apk": "g++"},
    "cc": {"apt": "gcc", "apk": "gcc"},
    "convert": {"apt": "imagemagick", "apk": "imagemagick"},
    "gem": {"apt": "ruby", "apk": "ruby"},
    "go": {"apt": "golang-go"},
    "hg": {"apt": "mercurial", "apk": "mercurial"},
    "java": {"apt": "default-jre-headless", "apk": "openjdk21-jre-headless"},
    "javac": {"apt": "default-jdk-headless", "apk": "openjdk21-jdk"},
    "mvn": {"apt": "maven", "apk": "maven"},
    "mysql": {"apt": "default-mysql-client", "apk": "mariadb-client"},
    "ninja": {"apt": "ninja-build", "apk": "samurai"},
    "npx": {"apt": "npm", "apk": "npm"},
    "php": {"apt": "php-cli"},
    "poetry": {"apt": "python3-poetry"},
    "protoc": {"apt": "protobuf-compiler", "apk": "protoc"},
    "psql": {"apt": "postgresql-client", "apk": "postgresql-client"},
    "redis-cli": {"apt": "redis-tools", "apk": "redis"},
    "scp": {"apt": "openssh-client", "apk": "openssh-client"},
    "setcap": {"apt": "libcap2-bin", "apk": "libcap"},
    "sqlite3": {"apk": "sqlite"},
    "ssh-keygen": {"apt": "openssh-client", "apk": "openssh-keygen"},
    "supervisord": {"apt": "supervisor", "apk": "supervisor"},
    "svn": {"apt": "subversion", "apk": "subversion"},
    "7z": {"apt": "7zip", "apk": "7zip"},
}


def image_title(stage: Stage) -> str:
    """What to call the stage's image."""
    return stage.root.reference_text.partition("@")[0]


@rule("WD229", "command-not-in-image", "error")
def command_not_in_image(stage: Stage) -> Iterator[Hit]:
    """A command is used that the base image does not have, and that nothing before has installed: the step fails with 127.

    Which programs official and other known images have is built in. `-slim` images have no curl, wget, git or ps; Alpine has no bash,
    curl, git or useradd; Debian 13 and Ubuntu 24.04 no longer have adduser; Node.js 25 images have no Corepack, Node.js 26 ones no Yarn.

    Bad:
        FROM python:3.14-slim
        RUN adduser --system app

    Bad:
        FROM node:24-alpine
        RUN git clone https://example.com/app.git

    Good:
        FROM python:3.14-slim
        RUN useradd --system app

    Good:
        FROM node:24-alpine
        RUN apk add --no-cache git
        RUN git clone https://example.com/app.git

    Leaves alone: images that are not known, what scripts or copied folders may have brought, commands whose failure is provided for
    (`command -v git`, `||`, `if`); package managers, of which WD348 tells.
    """
    missing = stage.image.missing
    if not missing or stage.image.shell == "none":
        return
    told = {"sudo", *_MANAGER_COMMANDS}  # by WD610 and WD348
    for command in stage.commands:
        tool = command.name
        if tool in missing and tool not in told and command.instruction is not None and _runs_for_sure(command):
            confidence = absence(stage, tool, command.instruction, command)
            if confidence and not _mounts_programs(command.instruction):
                told.add(tool)
                severity = "warning" if "substitution" in command.within else ""
                yield Hit(command.words[0], f"{tool} is not in {image_title(stage)}", _how_to_bring(stage, tool), severity, confidence)
    for command in stage.calls("pip", "pip3", "uv", "pipx"):
        if "git" in missing and "git" not in told and command.instruction is not None and _runs_for_sure(command):
            word = next((word for word in command.arguments if word.value.startswith("git+") or "@ git+" in word.value), None)
            confidence = absence(stage, "git", command.instruction, command) if word else ""
            if word and confidence:
                told.add("git")
                message = f"{command.name} calls git, which is not in {image_title(stage)}"
                yield Hit(word, message, _how_to_bring(stage, "git"), confidence=confidence)


def _mounts_programs(instruction: Instruction) -> bool:
    """Whether a mount may bring programs for this one step."""
    return any(
        mount.type == "bind" and (mount.target.rstrip("/") in ("", "/usr", "/usr/local") or "bin" in mount.target)
        for mount in instruction.mounts
    )


@rule("WD230", "start-command-not-in-image", "error")
def start_command_not_in_image(dockerfile: Dockerfile) -> Iterator[Hit]:
    """What the container starts, or its health check, is a program that the image does not have.

    The container ends at once with "executable file not found", or is unhealthy for ever. Distroless images and `scratch` have no curl,
    no wget and no shell; Alpine has no bash and no curl; `-slim` images have neither curl nor wget.

    Bad:
        FROM python:3.14-slim
        HEALTHCHECK CMD curl -f http://127.0.0.1:8000/ || exit 1
        CMD ["python", "-m", "http.server"]

    Bad:
        FROM alpine:3.24
        COPY start.sh /start.sh
        CMD ["bash", "/start.sh"]

    Good:
        FROM python:3.14-slim
        HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/')"]
        CMD ["python", "-m", "http.server"]

    Leaves alone: images that are not known; what is installed or copied before, also by scripts; a health check that asks with another
    program where that one is not there.
    """
    target = dockerfile.target
    if target is None or not target.image.missing:
        return
    entrypoint = target.last("ENTRYPOINT")
    for instruction in (entrypoint, target.last("CMD"), target.last("HEALTHCHECK")):
        if instruction is None or (instruction.keyword == "CMD" and entrypoint and not passes_on(entrypoint)):
            continue
        if target.image.shell == "none" and instruction.form != "exec":
            continue  # shell-form-without-shell tells
        for command in instruction.commands:
            tool = command.name
            if tool not in target.image.missing:
                continue
            if not _runs_for_sure(command) and (instruction.keyword != "HEALTHCHECK" or _has_alternative(command, target.image.missing)):
                continue
            confidence = absence(target, tool, None)
            if confidence:
                effect = "so the container is never healthy" if instruction.keyword == "HEALTHCHECK" else "so the container cannot start"
                if instruction.keyword == "HEALTHCHECK":
                    help = _WGET_HELP if tool == "curl" and "wget" in target.image.tools else _HEALTH_HELP
                else:
                    help = _how_to_bring(target, tool) or (_SHELL_HELP if tool in _SHELLS else "copy it from a stage that has it")
                yield Hit(command.words[0], f"{tool} is not in {image_title(target)}, {effect}", help, confidence=confidence)
                break


def _has_alternative(command: Command, missing: Collection[str]) -> bool:
    """Whether a health check may well succeed without the command: another that is there comes behind it, or has come before its ||."""
    behind = command.instruction.commands[command.index + 1 :] if command.instruction else ()
    return command.before == "||" or any(other.name not in _ENDS and other.name not in missing for other in behind)


_ENDS = frozenset(("exit", "return", "false", "kill", "echo", "printf"))
_WGET_HELP = "ask with wget, which is there: wget -q --spider http://127.0.0.1:PORT/"
_SHELL_HELP = "start the program itself, in exec form"
_HEALTH_HELP = "ask with what the image has (python, node, a mode of the program itself), or install it"


def passes_on(entrypoint: Instruction) -> bool:
    """Whether an ENTRYPOINT runs the words of CMD as a command."""
    return bool(entrypoint.commands) and entrypoint.commands[0].name in ("tini", "dumb-init", "env", "exec", "gosu", "su-exec")


# --- Accounts ---------------------------------------------------------------------------------------------------------

_ACCOUNT_OPTIONS = {
    "useradd": ("-u", "--uid"), "adduser": ("-u", "--uid"), "groupadd": ("-g", "--gid"), "addgroup": ("-g", "--gid"),
}  # fmt: skip
_ACCOUNT_CHANGES = frozenset(("userdel", "deluser", "groupdel", "delgroup", "usermod", "groupmod", "sed", "vipw"))


@rule("WD231", "taken-user-id", "error")
def taken_user_id(stage: Stage) -> Iterator[Hit]:
    """An account or a group is made with an ID that the base image has given away: the step fails.

    `node` images have the account node with UID and GID 1000, `ubuntu` from 23.04 on has ubuntu, `gradle` gradle, `oven/bun` bun.

    Bad:
        FROM node:24-slim
        RUN groupadd --gid 1000 app && useradd --uid 1000 --gid app app

    Good:
        FROM node:24-slim
        USER 1000:1000

    Good:
        FROM ubuntu:24.04
        RUN userdel --remove ubuntu && useradd --uid 1000 --create-home app

    Leaves alone: `--non-unique`, accounts that are removed or changed before, and commands whose failure is provided for.
    """
    uids = stage.image.uids
    if not uids:
        return
    for command in stage.calls(*_ACCOUNT_OPTIONS):
        if command.has("-o", "--non-unique") or not _runs_for_sure(command) or command.instruction is None:
            continue
        written = command.option(*_ACCOUNT_OPTIONS[command.name])
        value = command.instruction.expand(written) if written else None
        if value is None or not value.isdigit() or int(value) not in uids or _accounts_changed(stage, command):
            continue
        assert written
        where = next((word for word in command.arguments if word.value.endswith(written)), command)
        name = uids[int(value)]
        kind = "GID" if command.name in ("groupadd", "addgroup") else "UID"
        help = f"use the account that is there (USER {value}), take another number, or remove {name} first"
        confidence = "medium" if "$" in written or "$" in stage.root.instruction.words[0].raw else ""
        yield Hit(where, f"the {kind} {value} is taken by {name} in {image_title(stage)}", help, confidence=confidence)
        return


def _accounts_changed(stage: Stage, command: Command) -> bool:
    """Whether accounts of the base image are removed or changed before the command."""
    for ancestor in stage.chain():
        for other in ancestor.calls(*_ACCOUNT_CHANGES):
            assert other.instruction is not None and command.instruction is not None
            if ancestor is not stage or (other.instruction.line, other.index) < (command.instruction.line, command.index):
                return True
        if any(word.value.startswith("/etc/passwd") for copy in ancestor.of("COPY") for word in copy.words):
            return True
    return False


@rule("WD232", "shell-not-in-image", "error", help="install it before SHELL names it")
def shell_not_in_image(stage: Stage) -> Iterator[Hit]:
    """SHELL names a shell that the image does not have: every RUN after it fails.

    Bad:
        FROM alpine:3.24
        SHELL ["/bin/bash", "-o", "pipefail", "-c"]
        RUN apk add --no-cache curl

    Good:
        FROM alpine:3.24
        SHELL ["/bin/ash", "-o", "pipefail", "-c"]
        RUN apk add --no-cache curl

    Leaves alone: images that are not known, and shells that were installed or copied before.
    """
    for instruction in stage.of("SHELL"):
        if not instruction.words:
            continue
        name = instruction.words[0].value.rpartition("/")[2]
        confidence = absence(stage, name, instruction)
        if confidence and any(run.line > instruction.line for run in stage.of("RUN")):
            yield Hit(instruction.words[0], f"{name} is not in {image_title(stage)}", confidence=confidence)
