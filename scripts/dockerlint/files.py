"""Where the files of an image come from: what COPY, ADD and RUN put at which path, as far as the Dockerfile tells.

All paths are absolute, clean and without a slash at the end; None stands for a path that cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dockerlint import packages
from dockerlint.context import has_wildcards
from dockerlint.dockerignore import clean

if TYPE_CHECKING:
    from dockerlint.model import Stage
    from dockerlint.parser import Instruction, Mount
    from dockerlint.shell import Command
    from dockerlint.text import Word

# Folders that every image with a distribution in it has.
STANDARD_FOLDERS = frozenset(
    "/ /bin /etc /home /lib /mnt /opt /root /run /sbin /srv /tmp /usr /usr/bin /usr/lib /usr/local /usr/local/bin /usr/local/lib"
    " /usr/local/sbin /usr/local/share /usr/sbin /usr/share /usr/src /var /var/cache /var/lib /var/log /var/run /var/tmp".split()
)

_LARGE = (".jar", ".war", ".ear", ".onnx", ".pt", ".gguf", ".safetensors")
# Beginnings of file names that have no dot and yet are files.
_PLAIN_FILES = frozenset(
    "dockerfile containerfile makefile gemfile rakefile procfile pipfile jenkinsfile justfile gnumakefile license licence readme"
    " changelog authors notice version caddyfile brewfile vagrantfile podfile fastfile cartfile gradlew mvnw artisan".split()
)


class Placed(NamedTuple):
    """Something that an instruction puts into the image: where, and whether it may be large (a folder, what an install brings)."""

    instruction: Instruction
    path: str
    bulk: bool


def absolute(path: str, workdir: str | None) -> str | None:
    """The path, seen from a working directory; None where that is not known or the path has a variable."""
    if "$" in path or "`" in path or path.startswith("~"):
        return None
    if path.startswith("/"):
        return clean(path)
    return None if workdir is None or "$" in workdir else clean(f"{workdir}/{path}")


def workdir_of(instruction: Instruction) -> str | None:
    """The working directory just before an instruction; None where the base image decides."""
    if instruction.state.workdir is not None:
        return absolute(instruction.state.workdir, "/")
    return "/" if instruction.stage.root.reference_text == "scratch" else None


# Instructions to which the working directory does not matter.
_INDIFFERENT = frozenset({"ENV", "ARG", "LABEL", "EXPOSE", "USER", "STOPSIGNAL"})


def next_in_workdir(instruction: Instruction) -> Instruction | None:
    """The first instruction behind it, in its stage, to which the working directory matters: it may be the WORKDIR that sets another."""
    later = instruction.stage.instructions
    return next((each for each in later[later.index(instruction) + 1 :] if each.keyword not in _INDIFFERENT), None)


def directory_of(command: Command) -> str | None:
    """The directory that a command of a RUN starts in, `cd` before it followed."""
    instruction = command.instruction
    assert instruction is not None
    directory = workdir_of(instruction)
    for earlier in instruction.commands[: command.index]:
        if earlier.name == "cd" and earlier.within == command.within[: len(earlier.within)]:
            target = earlier.operands()
            directory = absolute(target[0].value, directory) if target else None
    return directory


@lru_cache(maxsize=128)
def destination_of(instruction: Instruction) -> str | None:
    """Where a COPY or ADD copies to."""
    if instruction.destination is None:
        return None
    value = instruction.expand(instruction.destination)
    return None if value is None else absolute(value or ".", workdir_of(instruction))


def names_folder(path: str) -> bool:
    """Whether a destination as it is written can only be a folder."""
    return path.endswith("/") or path.rpartition("/")[2] in ("", ".", "..")


def looks_like_file(path: str) -> bool:
    """Whether a path's last name is one that only files have: an extension, or a well-known name."""
    name = path.rstrip("/").rpartition("/")[2].lower()
    stem, dot, extension = name.rpartition(".")
    if path.endswith("/") or not name:
        return False
    if dot and stem:
        return extension.isalnum() and not extension.isdigit() and extension != "d"
    return name in _PLAIN_FILES or name in (
        ".env",
        ".npmrc",
        ".gitignore",
        ".dockerignore",
        ".editorconfig",
        ".bashrc",
        ".profile",
        ".netrc",
    )


def is_folder(instruction: Instruction, source: str) -> bool | None:
    """Whether a source of COPY or ADD, expanded, is a folder; None where that cannot be known."""
    if clean("/" + source) == "/":
        return True
    if not instruction.from_:
        context = instruction.stage.dockerfile.context
        if has_wildcards(source):
            matches = context.matches(source)
            kinds = {context.is_folder(path) for path in matches} if matches else set()
            if len(kinds) == 1 and None not in kinds:
                return kinds.pop()
        elif context.exists(source):
            return context.is_folder(source)
    if source.endswith("/"):
        return True
    return False if looks_like_file(source) else None


@lru_cache(maxsize=128)
def placed_by(instruction: Instruction) -> tuple[Placed, ...]:
    """What one instruction puts into the image."""
    if instruction.keyword in ("COPY", "ADD"):
        return tuple(_copied(instruction))
    if instruction.keyword == "RUN":
        return tuple(placed for command in instruction.commands for placed in _made(command, instruction))
    return ()


def placed_before(instruction: Instruction) -> Iterator[Placed]:
    """What the instructions before one put into its stage and the stages that it is FROM, in order."""
    for stage in reversed(instruction.stage.chain()):
        for earlier in stage.instructions:
            if earlier is instruction:
                return
            yield from placed_by(earlier)


def is_within(path: str, folder: str) -> bool:
    """Whether the path is the folder or something in it."""
    return path == folder or folder == "/" or path.startswith(folder + "/")


def known_folder(instruction: Instruction, path: str) -> bool:
    """Whether the path is certainly a folder in the image just before the instruction."""
    if path == "/" or (path in STANDARD_FOLDERS and instruction.stage.image.family not in ("", "scratch")):
        return True
    for stage in reversed(instruction.stage.chain()):
        for earlier in stage.instructions:
            if earlier is instruction:
                break
            if _makes_folder(earlier, path):
                return True
    directory = workdir_of(instruction)
    return directory is not None and is_within(directory, path)


def _makes_folder(instruction: Instruction, path: str) -> bool:
    if instruction.keyword == "WORKDIR":
        directory = absolute(instruction.expand(instruction.words[0]) or "$", workdir_of(instruction))
        return directory is not None and is_within(directory, path)
    if instruction.keyword == "VOLUME":
        return any(is_within(word.value, path) for word in instruction.words)
    if instruction.keyword in ("COPY", "ADD"):
        target = destination_of(instruction)
        if target is None or instruction.destination is None:
            return False
        if is_within(target, path) and target != path:
            return True
        return target == path and (
            names_folder(instruction.destination.value) or any(is_folder(instruction, word.value) for word in instruction.sources)
        )
    for command in instruction.commands:
        if command.name in ("mkdir", "install"):
            for word in command.operands(("-m", "--mode", "-o", "-g")):
                made = absolute(word.value, directory_of(command))
                if made is not None and is_within(made, path):
                    return True
    return False


# Archives of the context that ADD unpacks.
_UNPACKED = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")


def _copied(instruction: Instruction) -> Iterator[Placed]:
    target = destination_of(instruction)
    if target is None or instruction.destination is None:
        return
    into = (
        names_folder(instruction.expand(instruction.destination) or "") or len(instruction.words) > 2 or known_folder(instruction, target)
    )
    for word in instruction.sources:
        source = instruction.expand(word)
        if source is None:
            continue
        folder = is_folder(instruction, source)
        name = clean(source).rpartition("/")[2]
        if instruction.keyword == "ADD" and name.lower().endswith(_UNPACKED) and "://" not in source and not instruction.flag("unpack"):
            yield Placed(instruction, target, True)
        elif folder is False and into and name not in ("", ".", "..") and not has_wildcards(name):
            yield Placed(instruction, clean(f"{target}/{name}"), bool(instruction.from_) or name.endswith(_LARGE))
        else:
            large = bool(instruction.from_) or has_wildcards(source) or name.endswith(_LARGE)
            yield Placed(instruction, target, folder is not False or large)
    for _ in instruction.heredocs:
        yield Placed(instruction, target, False)


# Package managers that put what they fetch below the folder they are called in.
_HERE = {"npm": "node_modules", "yarn": "node_modules", "pnpm": "node_modules", "bun": "node_modules", "composer": "vendor"}


def _made(command: Command, instruction: Instruction) -> Iterator[Placed]:
    name = command.name
    if name in ("git", "tar", "unzip", "python", "python3", "virtualenv", "uv"):
        path = _MAKERS[name](command)
        if path is not None and not (name in ("tar", "unzip", "git") and _moved_on(command, path)):
            yield Placed(instruction, path, True)
    elif (call := packages.read(command)) and call.manager.name in _HERE and call.action in ("install", "restore"):
        directory = absolute(command.option("--prefix", "--dir", "--cwd", "-C") or ".", directory_of(command))
        if directory is not None and not command.has("-g", "--global"):
            yield Placed(instruction, clean(f"{directory}/{_HERE[call.manager.name]}"), True)


def _moved_on(command: Command, path: str) -> bool:
    """Whether the same RUN moves or deletes (parts of) what is in the folder: who can say what stays."""
    run = command.instruction
    assert run is not None
    for later in run.commands[command.index + 1 :]:
        if later.name in ("mv", "rm"):
            for word in later.operands(("-t", "--target-directory")):
                moved = absolute(word.value, directory_of(later))
                if moved is not None and is_within(moved, path):
                    return True
    return False


def _cloned(command: Command) -> str | None:
    operands = command.operands(("-b", "--branch", "--depth", "-c", "--config", "-j", "--origin", "-o", "--reference", "-C"))
    if len(operands) < 2 or operands[0].value != "clone":
        return None
    name = operands[1].value.rstrip("/").removesuffix(".git").rpartition("/")[2]
    return absolute(operands[2].value if len(operands) > 2 else name, directory_of(command))


def _extracted(command: Command) -> str | None:
    first = command.arguments[0].value if command.arguments else ""
    if not (command.has("-x", "--extract", "--get") or ("x" in first and first.isalpha())):
        return None
    return absolute(command.option("-C", "--directory") or ".", directory_of(command))


def _unzipped(command: Command) -> str | None:
    return absolute(command.option("-d") or ".", directory_of(command))


def _virtual_environment(command: Command) -> str | None:
    words = [word.value for word in command.words]
    if words[1:3] == ["-m", "venv"] or words[:2] == ["uv", "venv"] or words[0] == "virtualenv":
        operands = command.operands(("-m", "--python", "-p", "--prompt"))
        operands = operands[1:] if words[:2] == ["uv", "venv"] else operands
        return absolute(operands[-1].value if operands else ".venv", directory_of(command))
    return absolute(".venv", directory_of(command)) if words[:2] == ["uv", "sync"] else None


_MAKERS = {
    "git": _cloned,
    "tar": _extracted,
    "unzip": _unzipped,
    "python": _virtual_environment,
    "python3": _virtual_environment,
    "virtualenv": _virtual_environment,
    "uv": _virtual_environment,
}


def reaches_image(stage: Stage, path: str) -> bool:
    """Whether what stands at a path at the end of a stage is in the final image: the stage ships, or a shipping one copies it out."""
    if stage.ships:
        return True
    target = stage.dockerfile.target
    if target is None:
        return False
    for shipping in target.chain():
        for instruction, source in shipping.copies_from:
            if source is not None and instruction.keyword == "COPY" and stage in source.chain():
                for word in instruction.sources:
                    taken = absolute(instruction.expand(word) or "$", "/")
                    if taken is not None and is_within(path, taken):
                        return True
    return False


def copied_from_context(stage: Stage) -> Iterator[tuple[Instruction, Word, str]]:
    """Each source that COPY and ADD of this stage take from the build context: (instruction, word, expanded value)."""
    from dockerlint.values import source_kind

    for instruction in stage.of("COPY", "ADD"):
        if not instruction.from_:
            for word in instruction.sources:
                value = instruction.expand(word)
                if value and source_kind(value) == "local":
                    yield instruction, word, value


def bound_from_context(stage: Stage) -> Iterator[tuple[Instruction, Mount]]:
    """Each bind mount by which a RUN of this stage reads a path of the build context that is known."""
    for instruction in stage.of("RUN"):
        for mount in instruction.mounts:
            if mount.type == "bind" and not mount.from_ and mount.source and "$" not in mount.source:
                yield instruction, mount
