"""WD201 to WD216: build stages, what they take from each other, and whether it runs where it lands."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from dockerlint.caches import absolute, folder_at, path_at, variable
from dockerlint.files import looks_like_file
from dockerlint.gosources import links_to_c
from dockerlint.knowledge.images import GLIBC_VERSIONS, OFFICIAL_IMAGES
from dockerlint.model import Stage, closest
from dockerlint.packages import calls, installed
from dockerlint.parser import Flag, Instruction, Mount
from dockerlint.project import contexts, targets
from dockerlint.rules import Hit, rule
from dockerlint.rules.dependencies import for_development
from dockerlint.rules.images import absence, image_title, may_bring, passes_on
from dockerlint.rules.runtime import starts
from dockerlint.shell import Command
from dockerlint.text import Word

# --- The graph --------------------------------------------------------------------------------------------------------


def _title(stage: Stage) -> str:
    return f"stage {stage.name}" if stage.name else f"stage {stage.index}"


@rule(
    "WD201", "copy-from-unknown-stage", "error",
    covers=("DL3022", "tally/hadolint/DL3022", "kics:copy_from_without_from_alias_defined_previously", "DF049", "EC0002"),
)  # fmt: skip
def copy_from_unknown_stage(stage: Stage) -> Iterator[Hit]:
    """`COPY --from` or `RUN --mount=from` names neither a stage nor an image that is known.

    BuildKit then pulls `docker.io/library/NAME`, which does not exist, or belongs to somebody else.

    Bad:
        FROM golang:1.27 AS builder
        FROM debian:13-slim
        COPY --from=bulider /app /app

    Good:
        FROM golang:1.27 AS builder
        FROM debian:13-slim
        COPY --from=builder /app /app

    Leaves alone: names with a registry, an owner, a tag or a digest; official images; a later stage, which BuildKit refuses itself;
    contexts that a compose or bake file of the project names.
    A name that resembles no stage may be a context given with `--build-context`: that is no error, and told with less confidence.
    """
    names = {other.name for other in stage.dockerfile.stages}
    for where, name in _unknown_sources(stage):
        if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            continue
        if name in OFFICIAL_IMAGES or name == "scratch" or name.isdigit() or name in contexts(stage.dockerfile.context):
            continue
        near = closest(name, names)
        if near:
            yield Hit(where, f"there is no stage {name}", f"did you mean {near}?")
        else:
            yield Hit(where, f"there is no stage {name}", "name a stage of this file, or an image with its tag", "info", "medium")


def _unknown_sources(stage: Stage) -> Iterator[tuple[Flag | Mount, str]]:
    seen = set()
    for instruction, _ in stage.copies_from:
        flag = instruction.flag("from")
        for where, name in [(flag, instruction.from_)] if flag else [(mount, mount.from_) for mount in instruction.mounts]:
            if name not in seen and not any(other.name == name.lower() for other in stage.dockerfile.stages):
                seen.add(name)
                yield where, name


@rule("WD202", "copy-from-empty-stage", "error", covers=("tally/copy-from-empty-scratch-stage",))
def copy_from_empty_stage(stage: Stage) -> Iterator[Hit]:
    """`COPY --from` takes from a stage that begins at `scratch` and puts no files there: there is nothing to copy.

    Bad:
        FROM scratch AS files
        LABEL purpose=files
        FROM debian:13-slim
        COPY --from=files /app /app

    Good:
        FROM scratch AS files
        COPY app /app
        FROM debian:13-slim
        COPY --from=files /app /app

    Leaves alone: `RUN --mount=from`, where an empty stage is of use, and a copy of `/`, which may well copy nothing.
    """
    for instruction, source in stage.copies_from:
        if source is None or source is stage or instruction.keyword != "COPY" or source.root.reference_text != "scratch":
            continue
        if all(word.value == "/" for word in instruction.sources):
            continue
        if not any(ancestor.of("COPY", "ADD", "RUN", "WORKDIR", "ONBUILD") for ancestor in source.chain()):
            where = instruction.flag("from") or instruction
            yield Hit(where, f"{_title(source)} is empty: it begins at scratch and copies nothing", "copy the files into it first")


# Names of stages that people build on their own, with --target.
_OWN_TARGETS = frozenset(
    "api app artifact artifacts bench benchmark binaries binary builder check checks ci cli client coverage cross debug deploy dev develop "
    "development devel docs e2e export final format generate image integration lint linter local main manual migrate prod production "
    "release run runner runtime server shell static test tester testing tests tools unit update validate vendor verify worker".split()
)


@rule("WD203", "unreachable-stage", "info", covers=("tally/no-unreachable-stages",), help="use it, take it out, or build it with --target")
def unreachable_stage(stage: Stage) -> Iterator[Hit]:
    """A stage contributes nothing to the image: BuildKit does not even build it.

    A stage without a name can hardly be meant for `--target`: that is a warning. One with a name may be a target of its own.

    Bad:
        FROM golang:1.27
        RUN go build -o /app .
        FROM debian:13-slim
        CMD ["/app"]

    Good:
        FROM golang:1.27 AS build
        RUN go build -o /app .
        FROM debian:13-slim
        COPY --from=build /app /app
        CMD ["/app"]

    Leaves alone: names that people build on their own (test, dev, lint, release …), or that a compose or bake file of the project has as
    a target; files whose FROM chooses a stage by a variable, and runs that were given a target.
    """
    dockerfile = stage.dockerfile
    if stage.role != "unused" or dockerfile.options.target or any(_chooses_a_stage(other) for other in dockerfile.stages):
        return
    words = set(stage.name.replace("_", "-").replace(".", "-").split("-"))
    if not words.isdisjoint(_OWN_TARGETS) or any(_takes_from(other, stage) for other in dockerfile.stages):
        return
    if stage.name in (asked := targets(dockerfile.context)) or str(stage.index) in asked:
        return
    if stage.name:
        yield Hit(stage.instruction, f"nothing that is in the image comes from stage {stage.name}")
    else:
        yield Hit(stage.instruction, f"nothing that is in the image comes from stage {stage.index}", "", "warning")


def _chooses_a_stage(stage: Stage) -> bool:
    """Whether a variable in FROM chooses between stages."""
    word = stage.instruction.words[0] if stage.instruction.words else None
    if word is None or "$" not in word.raw:
        return False
    return stage.base is not None or ("/" not in word.raw and ":" not in word.raw)


def _takes_from(stage: Stage, other: Stage) -> bool:
    """Whether a stage is FROM the other one, or copies from it."""
    return stage.base is other or any(source is other for _, source in stage.copies_from)


@rule(
    "WD204", "root-copied", "warning", help="copy the folders that are needed, by name",
    covers=("DL3067", "tally/hadolint/DL3067", "DF026"),
)  # fmt: skip
def root_copied(stage: Stage) -> Iterator[Hit]:
    """The whole file system of another stage is copied over this one's.

    Everything of the builder ships, tools and caches too, and the files of two distributions are mixed.

    Bad:
        FROM debian:13-slim AS build
        RUN make
        FROM alpine:3.24
        COPY --from=build / /

    Good:
        FROM debian:13-slim AS build
        RUN make
        FROM debian:13-slim
        COPY --from=build /usr/local/bin/app /usr/local/bin/app

    Leaves alone: a copy into an empty stage, which squashes layers; stages and images that hold nothing but files to copy.
    """
    if stage.image.family == "scratch":
        return
    for instruction, source in stage.copies_from:
        if source is None or source.image.family in ("", "scratch", "distroless"):
            continue
        to_root = instruction.destination is not None and instruction.destination.value == "/"
        if to_root and any(word.value in ("/", "/.", "/*") for word in instruction.sources):
            squashes = source.root.reference_text == stage.root.reference_text
            message = f"copies all of {_title(source)}, the whole of {image_title(source)} included"
            yield Hit(instruction, message, severity="info" if squashes else "")


_MAVEN_GOALS = ("package", "install", "verify")
_GRADLE_TASKS = ("build", "bootJar", "assemble", "shadowJar", "installDist")
_BUILDS = {
    "go": ("build", "install"), "cargo": ("build", "install"), "mvn": _MAVEN_GOALS, "mvnw": _MAVEN_GOALS, "gradle": _GRADLE_TASKS,
    "gradlew": _GRADLE_TASKS, "dotnet": ("publish",), "cabal": ("build", "install"), "stack": ("build", "install"), "swift": ("build",),
}  # fmt: skip
_SDK_IMAGES = ("golang", "rust", "maven", "gradle", "dotnet/sdk", "haskell", "swift", "stack-build")
_RUNS_THE_SDK = frozenset((*_BUILDS, "air", "watchexec", "reflex", "CompileDaemon", "bash", "sh", "sleep", "tail", "make", "dlv", "npm"))


@rule("WD205", "build-tools-ship", "warning", covers=("tally/prefer-multi-stage-build", "DF011"), confidence="high")
def build_tools_ship(stage: Stage) -> Iterator[Hit]:
    """The program is compiled in the stage that ships, so the compiler, its caches and the sources ship with it.

    All of that is pulled with every deployment, and every flaw that a scanner finds in it is one of the image.

    Bad:
        FROM golang:1.27
        COPY . .
        RUN CGO_ENABLED=0 go build -o /app .
        CMD ["/app"]

    Good:
        FROM golang:1.27 AS build
        COPY . .
        RUN CGO_ENABLED=0 go build -o /app .
        FROM gcr.io/distroless/static-debian13:nonroot
        COPY --from=build /app /app
        ENTRYPOINT ["/app"]

    Leaves alone: images that are no SDK, stages without CMD or ENTRYPOINT, and images that run the SDK itself (`go run`, `cargo test`).
    """
    if stage.role != "final" or stage.reference is None or not stage.reference.name.endswith(_SDK_IMAGES):
        return
    started = [command for instruction in (stage.last("ENTRYPOINT"), stage.last("CMD")) if instruction for command in instruction.commands]
    if not started or any(map(_runs_the_sdk, started)):
        return
    for ancestor in stage.chain():
        for command in ancestor.calls(*_BUILDS):
            verbs = {word.value.rpartition(":")[2] for word in command.operands()}
            if not verbs.isdisjoint(_BUILDS[command.name]):
                message = f"{command.name} builds the program in the stage that ships, and all of {image_title(stage)} ships with it"
                yield Hit(command.words[0], message, "build it in a stage of its own, and copy the result into a small image")
                return


_COMPILERS = frozenset("alpine-sdk base-devel build-base build-essential clang cmake g++ gcc gcc-c++".split())


@rule("WD210", "compiler-ships", "info", help="install and compile in a stage of its own, and COPY --from it what runs")
def compiler_ships(stage: Stage) -> Iterator[Hit]:
    """Compilers are installed in the stage that ships.

    They are pulled with every deployment (on Debian 13 build-essential is 307 MB on disk, gcc with libc6-dev 196 MB; measured), and who
    breaks in finds what builds further tools.

    Bad:
        FROM python:3.14-slim
        RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
        COPY requirements.txt ./
        RUN pip install --no-cache-dir -r requirements.txt
        CMD ["python", "-m", "app"]

    Good:
        FROM python:3.14-slim AS build
        RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
        COPY requirements.txt ./
        RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt
        FROM python:3.14-slim
        COPY --from=build /venv /venv
        CMD ["/venv/bin/python", "-m", "app"]

    Leaves alone: a RUN that removes packages again, base images that have a compiler, stages without CMD or ENTRYPOINT, or that start a
    shell or an interpreter to type in, and images for development.
    """
    if stage.role != "final" or "gcc" in stage.image.tools or for_development(stage):
        return
    started = list(_started(stage))
    if not any(link.of("CMD", "ENTRYPOINT") for link in stage.chain()) or any(_is_to_type_in(command) for command in started):
        return
    for link in stage.chain():
        found = calls(link)
        removing = {call.command.instruction for call in found if call.action == "remove"}
        for call in found:
            word = next((word for word in call.packages if word.value.partition("=")[0] in _COMPILERS), None)
            if call.manager.system and call.action == "install" and word is not None and call.command.instruction not in removing:
                yield Hit(word, f"{word.value.partition('=')[0]} ships with the image")
                return


def _is_to_type_in(command: Command) -> bool:
    return command.name in _PROMPTS and not command.operands()


_PROMPTS = frozenset("bash sh zsh fish ghci irb python python3 node R julia iex erl scala sbcl swipl".split())


def _runs_the_sdk(command: Command) -> bool:
    return command.name in _RUNS_THE_SDK and not (command.name == "dotnet" and command.verb().endswith(".dll"))


@rule("WD206", "shell-form-without-shell", "error", covers=("tally/shell-run-in-scratch",))
def shell_form_without_shell(stage: Stage) -> Iterator[Hit]:
    """A command in shell form where there is no shell: the build stops, or the container cannot start.

    The shell form runs `/bin/sh -c`. `scratch` and distroless images have no /bin/sh.

    Bad:
        FROM scratch
        COPY app /app
        CMD /app --serve

    Bad:
        FROM gcr.io/distroless/base-debian13:nonroot
        RUN mkdir /data

    Good:
        FROM scratch
        COPY app /app
        CMD ["/app", "--serve"]

    Leaves alone: stages into which a shell, or a whole file system, was copied before; `:debug` images.
    """
    if stage.image.shell != "none":
        return
    for instruction in stage.of("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
        if instruction.form != "shell" or instruction.state.shell:
            continue
        if any(mount.type == "bind" and mount.target.rstrip("/") in ("", "/bin", "/usr", "/usr/bin") for mount in instruction.mounts):
            continue
        if absence(stage, "sh", instruction):
            effect = "the build stops here" if instruction.keyword == "RUN" else "the container cannot run it"
            help = "do it in an earlier stage, and copy the result" if instruction.keyword == "RUN" else "write a JSON array: the exec form"
            message = f"{instruction.keyword} needs /bin/sh, which {image_title(stage)} does not have: {effect}"
            yield Hit(instruction.keyword_span, message, help)


@rule("WD207", "unnamed-stage", "style", default=False, covers=("kics:using_unnamed_build_stages", "DF023"), help="name it: FROM … AS name")
def unnamed_stage(stage: Stage) -> Iterator[Hit]:
    """A stage that others come after has no name.

    Bad:
        FROM golang:1.27
        FROM debian:13-slim

    Good:
        FROM golang:1.27 AS build
        FROM debian:13-slim
    """
    if not stage.name and stage is not stage.dockerfile.stages[-1]:
        yield Hit(stage.instruction, f"stage {stage.index} has no name")


@rule("WD208", "stage-by-number", "info", help="name the stage with AS, and copy from the name")
def stage_by_number(stage: Stage) -> Iterator[Hit]:
    """`COPY --from` counts stages: another one above, and it takes from the wrong one.

    Bad:
        FROM golang:1.27
        FROM debian:13-slim
        COPY --from=0 /app /app

    Good:
        FROM golang:1.27 AS build
        FROM debian:13-slim
        COPY --from=build /app /app

    Mends (safe): writes the name, where the stage has one.
    """
    seen = set()
    for instruction, source in stage.copies_from:
        if source is not None and instruction.from_.isdigit() and instruction.from_ not in seen:
            seen.add(instruction.from_)
            yield Hit(instruction.flag("from") or instruction, f"stage {instruction.from_} is counted, not named")


# --- What is compiled in one stage and run in another -----------------------------------------------------------------


class _Program(NamedTuple):
    """A program that a stage compiles."""

    language: str  # "Go", "Rust", "C", "C++"
    libc: str  # "glibc" or "musl": what it is linked to, dynamically
    confidence: str
    how: str  # how to link it statically
    assumed: bool = False  # whether what it imports is not seen, and makes it dynamic


class Copied(NamedTuple):
    """A file or folder that is copied from another stage."""

    instruction: Instruction
    word: Word
    source: Stage
    path: str  # where it is there, absolute
    target: str  # where it goes, absolute; a folder's content goes right into it


def copies(stage: Stage) -> Iterator[Copied]:
    """What a stage copies from stages, where both places are known."""
    for instruction, source in stage.copies_from:
        if instruction.keyword != "COPY" or source is None or source is stage or instruction.destination is None:
            continue
        target = instruction.expand(instruction.destination)
        for word in instruction.sources:
            path = instruction.expand(word)
            if path is not None and target is not None:
                yield Copied(instruction, word, source, posixpath.normpath("/" + path.lstrip("/")), absolute(target, instruction))


def _starts_something(stage: Stage) -> bool:
    """Whether programs run in the stage; else it may only carry files to another one, or out of the build."""
    return stage.last("ENTRYPOINT") is not None or stage.last("CMD") is not None or bool(stage.ships and stage.image.family != "scratch")


def _brings_libraries(stage: Stage, programs: Sequence[Word]) -> bool:
    """Whether libraries that the image lacks may be copied or installed; the programs among what is copied are known."""
    for ancestor in stage.chain():
        for instruction in ancestor.of("COPY", "ADD"):
            target = instruction.destination
            for word in instruction.words:
                value = word.value
                if ".so" in value or "/lib" in value or "/ld-" in f"/{value}" or (value == "." and word is not target):
                    return True
            # A folder that is copied to the root may be a root file system, and so may what ADD unpacks there.
            if target is not None and target.value == "/" and len(instruction.sources) == 1:
                word = instruction.sources[0]
                folder = instruction.keyword == "ADD" or not (looks_like_file(word.value) or "/bin/" in word.value)
                if folder and not any(word is program for program in programs):
                    return True
        for command in ancestor.commands:
            for package in installed(command):
                if "compat" in package or "glibc" in package or "musl" in package or "$" in package:
                    return True
    return False


def _programs(stage: Stage) -> Iterator[tuple[Copied, _Program]]:
    """The dynamically linked programs that a stage copies from others, if it is to run them with what it has."""
    if not stage.copies_from or not _starts_something(stage):
        return
    found = [(copied, program) for copied in copies(stage) if (program := _program(copied)) is not None]
    if found and not _brings_libraries(stage, [copied.word for copied, _ in found]):
        yield from found


def _program(copied: Copied) -> _Program | None:
    """The dynamically linked program that a copied path is; None where it is none, is static, or is not known."""
    source = copied.source
    libc = source.image.libc
    if libc not in ("glibc", "musl"):
        return None
    path = _origin(source, copied.path)
    return _rust_program(source, path, libc) or _go_program(source, path, libc) or _c_program(source, path, libc)


def compiler_of(copied: Copied) -> Command | None:
    """The call of go, cargo or a C compiler that writes a copied program; None where none is seen to."""
    path = _origin(copied.source, copied.path)
    calls = (command for stage in copied.source.chain() for command in stage.calls("go", "cargo", *_C_COMPILERS))
    return next((command for command in calls if _writes(command, path)), None)


def _writes(command: Command, path: str) -> bool:
    """Whether a call of a compiler writes the program at a path."""
    folder = posixpath.dirname(path)
    if command.name == "go":
        return command.verb() in ("build", "install") and _go_writes(command, path)
    if command.name == "cargo":
        if folder.endswith(("/release", "/debug")):
            return command.verb() in ("build", "b", "auditable")
        return command.verb() == "install" and folder == _cargo_installs_to(command)
    output = command.option("-o")
    return output is not None and _output_at(output, command) == path


def _output_at(output: str, command: Command) -> str:
    """Where the value of an option is that names a file."""
    return path_at(command.words[0]._replace(raw=output, value=output), command)


def _origin(source: Stage, path: str) -> str:
    """Where a file was before `cp` or `mv` put it at the path."""
    for stage in source.chain():
        for command in reversed(stage.calls("cp", "mv", "install")):
            operands = command.operands(("-m", "-o", "-g", "-t"))
            if len(operands) < 2:
                continue
            place, end = path_at(operands[0], command), path_at(operands[-1], command)
            if place and end and (end == path or posixpath.join(end, posixpath.basename(place)) == path):
                return place
    return path


def _rust_program(source: Stage, path: str, libc: str) -> _Program | None:
    folder, _, name = path.rpartition("/")
    if not name or "." in name:
        return None
    builds = [command for stage in source.chain() for command in stage.calls("cargo") if _writes(command, path)]
    if folder.endswith(("/release", "/debug")):
        triple = posixpath.basename(posixpath.dirname(folder))
    else:
        triple = next((command.option("--target") or variable(command, "CARGO_BUILD_TARGET") or "" for command in builds), "")
    if triple.count("-") >= 2:
        libc = "glibc" if "linux-gnu" in triple else ""
    if libc != "glibc" or not builds:
        return None  # Rust links to musl statically
    for command in builds:
        flags = f"{variable(command, 'RUSTFLAGS') or ''} {' '.join(word.value for word in command.words)}"
        if "crt-static" in flags:
            return None
    return _Program("Rust", "glibc", "high", "build for a musl target (rust:alpine, or --target x86_64-unknown-linux-musl)")


def _cargo_installs_to(command: Command) -> str:
    """The folder that `cargo install` puts programs into; "" where a variable hides it."""
    root = command.option("--root") or variable(command, "CARGO_INSTALL_ROOT") or variable(command, "CARGO_HOME") or "/usr/local/cargo"
    return f"{root.rstrip('/')}/bin" if root.startswith("/") else ""


_STATIC_GO = ("-static", "netgo", "osusergo", "linkmode")


def _go_program(source: Stage, path: str, libc: str) -> _Program | None:
    """A Go program links to the C library where cgo is on, and it imports net or os/user, or C."""
    for stage in source.chain():
        for command in stage.calls("go"):
            if not _writes(command, path):
                continue
            switch = variable(command, "CGO_ENABLED")
            if switch is None and not _has_c_compiler(source):
                return None
            if switch not in (None, "1") or _go_is_static(stage, command):
                return None
            linked = links_to_c(source.dockerfile.context)
            if linked is False:
                return None
            return _Program("Go", libc, "high" if switch else "medium", "build with CGO_ENABLED=0", not linked)
    return None


def _go_writes(command: Command, path: str) -> bool:
    """Whether a go command writes the file at the path."""
    folder, name = posixpath.split(path)
    if command.verb() == "install":
        return folder == (variable(command, "GOBIN") or "/go/bin")
    output = command.option("-o")
    if output is None:
        return folder == folder_at(command) and _go_calls_it(command, name, folder)
    place = _output_at(output, command)
    return place == path or (place == folder and output.endswith("/"))


_GO_OPTIONS = (
    "-C", "-p", "-asmflags", "-buildmode", "-buildvcs", "-compiler", "-covermode", "-coverpkg", "-gccgoflags", "-gcflags", "-installsuffix",
    "-ldflags", "-mod", "-modfile", "-overlay", "-pgo", "-pkgdir", "-tags", "-toolexec",
)  # fmt: skip


def _go_calls_it(command: Command, name: str, folder: str) -> bool:
    """Whether go build without -o gives a program this name: that of the package, or of the first source. None is written for several."""
    packages = [word.value for word in command.operands(_GO_OPTIONS)[1:]]
    if packages and packages[0].endswith(".go"):
        return name == posixpath.basename(packages[0]).removesuffix(".go")
    if len(packages) > 1:
        return False
    if packages and posixpath.normpath(packages[0]) != ".":
        return name == posixpath.basename(packages[0])
    assert command.instruction is not None
    context = command.instruction.stage.dockerfile.context
    module = re.search(r"^module\s+(\S+?)(?:/v\d+)?\s*$", context.read("go.mod") or "", re.MULTILINE)
    if module:
        return name in (posixpath.basename(module[1]), posixpath.basename(folder))
    # Not known: sources that lie there have another name, and most of them an ending.
    return bool(name) and "." not in name and not context.exists(name)


def _go_is_static(stage: Stage, command: Command) -> bool:
    """Whether flags make the link static, or may do so."""
    settings = " ".join(variable(command, name) or "" for name in ("GOFLAGS", "CGO_LDFLAGS", "LDFLAGS"))
    text = settings + " ".join(word.value for word in command.words)
    if any(mark in text for mark in _STATIC_GO) or "$" in text.partition("-ldflags")[2]:
        return True
    if variable(command, "GOOS") not in (None, "linux") and "$" not in (variable(command, "GOOS") or ""):
        return True
    return any(other.has("-w") and "CGO_ENABLED=0" in [word.value for word in other.words] for other in stage.calls("go"))


def _has_c_compiler(stage: Stage) -> bool:
    """Whether gcc is certainly there: without it, Go turns cgo off (from 1.20 on)."""
    if "gcc" in stage.image.tools:
        return True
    compilers = ("gcc", "build-base", "alpine-sdk", "build-essential", "clang")
    return any(package in compilers for ancestor in stage.chain() for command in ancestor.commands for package in installed(command))


_C_COMPILERS = {"gcc": "C", "cc": "C", "clang": "C", "g++": "C++", "c++": "C++", "clang++": "C++"}
_NOT_DYNAMIC = ("-static", "-static-pie", "-nostdlib", "-c", "-shared", "-S", "-E")


def _c_program(source: Stage, path: str, libc: str) -> _Program | None:
    for stage in source.chain():
        for command in stage.calls(*_C_COMPILERS):
            if _writes(command, path) and not any(word.value in _NOT_DYNAMIC or "$" in word.value for word in command.words):
                return _Program(_C_COMPILERS[command.name], libc, "high", "link it with -static")
    return None


@rule("WD211", "dynamic-program-without-libraries", "error")
def dynamic_program_without_libraries(stage: Stage) -> Iterator[Hit]:
    """A dynamically linked program is copied to `scratch`, or to an image without a C library: it cannot start.

    The container ends with "no such file or directory", which means the program's loader. Go links to the C library wherever cgo is on,
    which it is in `golang` images on Debian, as soon as `net` or `os/user` is imported. Rust and C link to it unless told otherwise.
    Rust programs need libgcc_s, and C++ ones libstdc++: distroless `cc` has them, `base` does not.

    Bad:
        FROM golang:1.27 AS build
        WORKDIR /src
        COPY . .
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /app
        ENTRYPOINT ["/app"]

    Bad:
        FROM rust:1.98 AS build
        WORKDIR /src
        COPY . .
        RUN cargo build --release
        FROM gcr.io/distroless/static-debian13:nonroot
        COPY --from=build /src/target/release/app /app
        ENTRYPOINT ["/app"]

    Good:
        FROM golang:1.27 AS build
        WORKDIR /src
        COPY . .
        RUN CGO_ENABLED=0 go build -o /app .
        FROM scratch
        COPY --from=build /app /app
        ENTRYPOINT ["/app"]

    Of a Go program whose sources are not seen it is a "warning".

    Leaves alone: Go programs without modules of others whose sources import nothing that needs cgo; programs that scripts or make build;
    musl targets of Rust; flags that link statically; stages that bring libraries, and stages without CMD or ENTRYPOINT, which carry
    files only.
    """
    image = stage.image
    bare_base = image.family == "distroless" and stage.reference is not None and "/base" in stage.reference.repository
    if image.libc != "none" and not bare_base:
        return
    for copied, program in _programs(stage):
        if image.libc == "none":
            name = posixpath.basename(copied.path)
            linked = f"{name} is linked to {program.libc} dynamically{_if(program)}"
            message = f"{linked}, and {image_title(stage)} has no C library: it cannot start"
            yield Hit(copied.word, message, program.how, "warning" if program.assumed else "", program.confidence)
        elif program.language in ("Rust", "C++"):
            library = "libgcc_s.so.1" if program.language == "Rust" else "libstdc++.so.6"
            image_name = stage.root.reference_text.partition("@")[0]
            message = f"{posixpath.basename(copied.path)} needs {library}, which {image_name} does not have: it cannot start"
            yield Hit(copied.word, message, "take distroless cc instead of base", confidence=program.confidence)


def _if(program: _Program) -> str:
    """What the claim about a program depends on."""
    return " if it imports net, os/user or C" if program.assumed else ""


@rule("WD212", "program-for-other-libc", "error")
def program_for_other_libc(stage: Stage) -> Iterator[Hit]:
    """A program that was linked to one C library is copied to an image with another: glibc on Alpine, or musl on Debian.

    The container ends with "no such file or directory" or "not found", which means the program's loader.

    Bad:
        FROM rust:1.98 AS build
        WORKDIR /src
        COPY . .
        RUN cargo build --release
        FROM alpine:3.24
        COPY --from=build /src/target/release/app /usr/local/bin/app
        CMD ["app"]

    Good:
        FROM rust:1.98-alpine AS build
        WORKDIR /src
        COPY . .
        RUN cargo build --release
        FROM alpine:3.24
        COPY --from=build /src/target/release/app /usr/local/bin/app
        CMD ["app"]

    Of a Go program whose sources are not seen it is a "warning".

    Leaves alone: static programs; Go programs without modules of others whose sources import nothing that needs cgo; programs that
    scripts or make build; stages that install gcompat or bring libraries.
    """
    image = stage.image
    if image.libc not in ("glibc", "musl"):
        return
    for copied, program in _programs(stage):
        if program.libc != image.libc:
            name = posixpath.basename(copied.path)
            message = f"{name} is linked to {program.libc}{_if(program)}, and {image_title(stage)} has {image.libc}: it cannot start"
            help = f"build it on an image with {image.libc}, or {program.how}"
            yield Hit(copied.word, message, help, "warning" if program.assumed else "", program.confidence)


@rule("WD213", "program-for-newer-libc", "error")
def program_for_newer_libc(stage: Stage) -> Iterator[Hit]:
    """A program was built where glibc is newer than where it runs: it ends with "version `GLIBC_2.39' not found".

    A tag that names no release moves from one Debian to the next: `rust:1.98` is on Debian 13 (glibc 2.41), and so are `python:3.12-slim`
    and `golang:1.27`; distroless `-debian12` and `debian:bookworm` have 2.36.

    Bad:
        FROM rust:1.98 AS build
        WORKDIR /src
        COPY . .
        RUN cargo build --release
        FROM debian:12-slim
        COPY --from=build /src/target/release/app /usr/local/bin/app
        CMD ["app"]

    Good:
        FROM rust:1.98-bookworm AS build
        WORKDIR /src
        COPY . .
        RUN cargo build --release
        FROM debian:12-slim
        COPY --from=build /src/target/release/app /usr/local/bin/app
        CMD ["app"]

    Leaves alone: static programs; Go programs between releases whose difference they do not notice.
    """
    image = stage.image
    here = GLIBC_VERSIONS.get((image.family, image.release))
    if here is None:
        return
    for copied, program in _programs(stage):
        builder = copied.source.image
        there = GLIBC_VERSIONS.get((builder.family, builder.release))
        if there is None or there <= here:
            continue
        confidence = _newer_matters(program, there, here)
        if confidence:
            name = posixpath.basename(copied.path)
            message = (
                f"{name} is built with glibc {_dotted(there)} ({image_title(copied.source)}), and {image_title(stage)} has {_dotted(here)}"
            )
            yield Hit(copied.word, message, "build it on the release that it runs on", confidence=confidence)


# glibc 2.34 moved libpthread into libc, and the start-up code got a version of its own: every program built with it needs it.
# Rust's standard library refers to symbols of 2.39 (pidfd_spawnp).
_PTHREAD_MOVED = (2, 34)
_RUST_NEEDS = (2, 39)


def _newer_matters(program: _Program, there: tuple[int, int], here: tuple[int, int]) -> str:
    if here < _PTHREAD_MOVED <= there:
        return program.confidence
    if program.language == "Rust":
        return "high" if here < _RUST_NEEDS <= there else ""
    return "medium" if program.language in ("C", "C++") else ""


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


# --- Python environments and node_modules -----------------------------------------------------------------------------


def _environments(source: Stage) -> dict[str, Command]:
    """The virtual environments that a stage makes, by path."""
    found = {}
    for stage in source.chain():
        for command in stage.calls("python", "python3", "virtualenv", "uv", "poetry", "pipenv"):
            words = command.operands(("-p", "--python", "-m"))
            path = ""
            if command.name in _IN_PROJECT or (command.name == "uv" and words and words[0].value == "sync"):
                path = _project_environment(stage, command)
            elif command.name.startswith("python"):
                if command.option("-m") not in ("venv", "virtualenv"):
                    continue
            elif command.name == "uv":
                if [word.value for word in words[:1]] != ["venv"] or command.has("--relocatable"):
                    continue
                words = words[1:]
                path = "" if words else _below(folder_at(command), ".venv")
            if path or (words and (path := path_at(words[-1], command))):
                found[path] = command
    return found


# What makes these tools put the environment into the project's folder.
_IN_PROJECT = {"poetry": "POETRY_VIRTUALENVS_IN_PROJECT", "pipenv": "PIPENV_VENV_IN_PROJECT"}


def _project_environment(stage: Stage, command: Command) -> str:
    """Where a tool makes the environment of a project; "" where that is not known, or it makes none."""
    if command.name == "uv":
        if command.has("--active", "--project", "--directory", "--no-project") or variable(command, "UV_VENV_RELOCATABLE"):
            return ""
        return _below(folder_at(command), variable(command, "UV_PROJECT_ENVIRONMENT") or ".venv")
    inside = (variable(command, _IN_PROJECT[command.name]) or "").lower() in ("1", "true")
    if command.name == "poetry":
        told = [word.value for other in stage.calls("poetry") for word in other.arguments]
        inside = inside or any(pair == ("virtualenvs.in-project", "true") for pair in pairwise(told))
    if not inside or command.has("-C", "--directory", "-P", "--project") or "install" not in [word.value for word in command.arguments]:
        return ""
    return _below(folder_at(command), ".venv")


def _below(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


@rule("WD214", "moved-virtual-environment", "warning")
def moved_virtual_environment(stage: Stage) -> Iterator[Hit]:
    """A Python virtual environment is copied to another path than it was made at.

    The first line of each of its programs (gunicorn, uvicorn, flask …) names the interpreter at the old path: starting one ends with
    "not found". A virtual environment has to be copied to where it was.

    Bad:
        FROM python:3.14-slim AS build
        RUN python -m venv /venv && /venv/bin/pip install gunicorn
        FROM python:3.14-slim
        COPY --from=build /venv /app/venv
        CMD ["/app/venv/bin/gunicorn", "app:app"]

    Good:
        FROM python:3.14-slim AS build
        RUN python -m venv /venv && /venv/bin/pip install gunicorn
        FROM python:3.14-slim
        COPY --from=build /venv /venv
        CMD ["/venv/bin/gunicorn", "app:app"]

    Leaves alone: `uv venv --relocatable`, and environments whose path is not known.
    """
    for copied in copies(stage):
        if copied.path != copied.target and copied.path in _environments(copied.source):
            message = f"the virtual environment {copied.path} is copied to {copied.target}, but its programs name {copied.path}/bin/python"
            yield Hit(copied.word, message, f"copy it to {copied.path}, or make it at {copied.target}")


@rule("WD215", "packages-of-other-python", "error")
def packages_of_other_python(stage: Stage) -> Iterator[Hit]:
    """Python packages are copied to an image with another version of Python or none, or from a path that has another version in it.

    Python 3.14 looks in `lib/python3.14/site-packages` only, and compiled modules work with one version. The `python` of a virtual
    environment is a link to the one that made it.

    Bad:
        FROM python:3.13-slim AS build
        RUN python -m venv /venv
        FROM python:3.14-slim
        COPY --from=build /venv /venv

    Bad:
        FROM python:3.14-slim AS build
        RUN pip install flask
        FROM python:3.14-slim
        COPY --from=build /usr/local/lib/python3.13/site-packages /usr/local/lib/python3.13/site-packages

    Good:
        FROM python:3.14-slim AS build
        RUN python -m venv /venv
        FROM python:3.14-slim
        COPY --from=build /venv /venv

    Leaves alone: images whose version of Python is not known.
    """
    here = stage.image.version if stage.image.language == "python" else ""
    for copied in copies(stage):
        builder = copied.source.image
        there = builder.version if builder.language == "python" else ""
        for version, image, what in ((there, copied.source, copied.path), (here, stage, copied.target)):
            named = _python_in(what)
            if version and named and named != version and stage.image.family != "distroless":
                verb = "comes from" if image is copied.source else "goes to"
                yield Hit(
                    copied.word, f"{what} {verb} {image_title(image)}, whose Python is {version}", f"write python{version} in the path"
                )
                break
        else:
            if there and _has_no_python(stage):
                message = f"{copied.path} runs the Python of {image_title(copied.source)}, and {image_title(stage)} has none"
                yield Hit(copied.word, message, f"begin the stage FROM an image with Python {there}")
            elif here and there and here != there and (copied.path in _environments(copied.source) or _python_in(copied.path)):
                message = f"{copied.path} is made with Python {there}, and {image_title(stage)} has {here}"
                yield Hit(copied.word, message, "use the same version in both stages")


# Commands that packages of Python bring, which pip puts into a folder of programs.
_COMMANDS_OF_PACKAGES = frozenset(
    "airflow alembic celery chainlit daphne django-admin fastapi flask granian gunicorn hypercorn jupyter litestar mlflow rq sanic"
    " streamlit superset uvicorn waitress-serve".split()
)


@rule("WD209", "command-left-behind", "error", help="copy the programs too, or make a virtual environment in the other stage and copy that")
def command_left_behind(stage: Stage) -> Iterator[Hit]:
    """What the container starts was installed in another stage, from where its package is copied and the program is not.

    pip puts the packages into `lib/python3.14/site-packages` and their commands into `bin`. The container ends with "executable file not
    found in $PATH" (built and run).

    Bad:
        FROM python:3.14-slim AS build
        COPY requirements.txt ./
        RUN pip install --no-cache-dir -r requirements.txt
        FROM python:3.14-slim
        COPY --from=build /usr/local/lib/python3.14/site-packages /usr/local/lib/python3.14/site-packages
        COPY app.py ./
        CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]

    Good:
        FROM python:3.14-slim AS build
        COPY requirements.txt ./
        RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt
        FROM python:3.14-slim
        COPY --from=build /venv /venv
        ENV PATH=/venv/bin:$PATH
        COPY app.py ./
        CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]

    Leaves alone: `python -m gunicorn`; programs that are not known to be a Python package's; stages that copy a folder of programs, use pip
    or its like, or set PATH.
    """
    if stage.role != "final":
        return
    copied = next((each for each in copies(stage) if each.path.rstrip("/").endswith(("/site-packages", "/dist-packages"))), None)
    command = next((each for each in _started(stage) if each.name in _COMMANDS_OF_PACKAGES and each.words[0].value == each.name), None)
    if copied is None or command is None:
        return
    name, start = command.name, command.instruction
    for link in stage.chain():
        installs = any(not call.manager.system for call in calls(link))
        if link.of("ADD") or installs or any(pair.key.value == "PATH" for env in link.of("ENV") for pair in env.pairs):
            return
        if any(may_bring(copy, name) for copy in link.of("COPY")):
            return
        if any(name in word.value for other in link.commands if other.instruction is not start for word in other.words):
            return
    what = f"line {copied.word.span.line} copies the packages of {_title(copied.source)}, not its programs"
    yield Hit(command.words[0], f"{name} stays behind: {what}")


def _started(stage: Stage) -> Iterator[Command]:
    """The commands that a container begins with: those of ENTRYPOINT, and of the CMD behind one that runs what it is given."""
    for instruction in starts(stage):
        yield from instruction.commands
        if not passes_on(instruction):
            return


def _has_no_python(stage: Stage) -> bool:
    """Whether there is certainly no Python in the image: neither its base nor a package, a download or another stage brings one.

    Of other stages it has environments alone.
    """
    if "python3" not in stage.image.missing:
        return False
    for link in stage.chain():
        if link.calls("uv", "curl", "wget", "tar", "make", "conda", "pyenv") or link.of("ADD"):
            return False
        if any("python" in package or "$" in package for command in link.commands for package in installed(command)):
            return False
        for instruction, source in link.copies_from:
            if source is None or any(instruction.expand(word) not in _environments(source) for word in instruction.sources):
                return False
    return True


def _python_in(path: str) -> str:
    """ "3.13" of "/usr/local/lib/python3.13/site-packages"; only where the official images keep theirs."""
    head, _, rest = path.partition("/usr/local/lib/python")
    version = rest.partition("/")[0]
    return version if not head and version.replace(".", "").isdigit() and "." in version else ""


@rule("WD216", "modules-for-other-libc", "warning", confidence="medium", help="install them on the same distribution as they run on")
def modules_for_other_libc(stage: Stage) -> Iterator[Hit]:
    """Installed packages are copied between Alpine and a distribution with glibc: compiled modules in them do not load.

    npm and pip install other files on musl than on glibc, wherever a package has compiled code (bcrypt, sharp, numpy, cryptography …).

    Bad:
        FROM python:3.14-alpine AS build
        RUN python -m venv /venv && /venv/bin/pip install numpy
        FROM python:3.14-slim
        COPY --from=build /venv /venv

    Good:
        FROM python:3.14-slim AS build
        RUN python -m venv /venv && /venv/bin/pip install numpy
        FROM python:3.14-slim
        COPY --from=build /venv /venv

    Leaves alone: images whose C library is not known.
    """
    libc = stage.image.libc
    if libc not in ("glibc", "musl"):
        return
    for copied in copies(stage):
        other = copied.source.image.libc
        if other not in ("glibc", "musl") or other == libc:
            continue
        what = packages_of(copied)
        if what:
            message = f"{copied.path}: {what} installed on {other} do not all run on {libc} ({image_title(stage)})"
            yield Hit(copied.word, message, "", SOME_ARE_COMPILED[what])


SOME_ARE_COMPILED = {"node_modules": "info", "Python packages": ""}
"""Installed packages, some of which may be compiled, and the severity of a rule that has reason to think so."""


def packages_of(copied: Copied) -> str:
    """Which installed packages a copied folder has; "" where none are seen in it."""
    name = posixpath.basename(copied.path)
    if name == "node_modules":
        return name
    return "Python packages" if name == "site-packages" or copied.path in _environments(copied.source) else ""
