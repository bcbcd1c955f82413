"""WD217 to WD220: images for another kind of machine than the one that builds them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dockerlint.caches import variable
from dockerlint.expand import ExpansionError, expand
from dockerlint.model import Dockerfile, Stage
from dockerlint.parser import Flag, Instruction, Pair
from dockerlint.rules import Hit, rule
from dockerlint.rules.stages import SOME_ARE_COMPILED, Copied, compiler_of, copies, packages_of
from dockerlint.shell import Command

# What BuildKit sets from the platform; operating systems but Linux are rare enough to write them down.
_AUTOMATIC = frozenset(f"{side}{what}" for side in ("TARGET", "BUILD") for what in ("PLATFORM", "ARCH", "VARIANT"))
# What shows that a stage knows what it compiles for: an argument, a setting, the helpers of tonistiigi/xx, another linker.
_KNOWS = ("TARGETARCH", "TARGETPLATFORM", "GOARCH", "CARGO_BUILD_TARGET", "-target", "xx-", "zig", "-linux-gnu", "-linux-musl")
_CROSS = {
    "go": "ARG TARGETARCH in the stage, and GOARCH=$TARGETARCH before the command",
    "cargo": "ARG TARGETARCH in the stage, and --target with the triple for it",
}


def _for_the_builder(stage: Stage) -> Flag | None:
    """The `--platform` of its base, where that says: as the machine that builds."""
    flag = stage.root.instruction.flag("platform")
    return flag if flag and flag.value and "BUILDPLATFORM" in flag.value and "TARGETPLATFORM" not in flag.value else None


def _copied_for_any_platform(stage: Stage) -> Iterator[Copied]:
    """What goes from other stages to the image, where that may be built for any platform."""
    if stage.ships and not stage.root.instruction.flag("platform"):
        yield from copies(stage)


@rule("WD217", "base-for-the-builder", "warning")
def base_for_the_builder(stage: Stage) -> Iterator[Hit]:
    """The final stage begins with a base for the machine that builds: `--platform=$BUILDPLATFORM`.

    `docker build --platform linux/arm64` on another machine then makes an image that says that it is for arm64 and has programs that
    are not ("exec format error"; tried with Docker 28, which says nothing). $BUILDPLATFORM is for stages that compile.

    Bad:
        FROM --platform=$BUILDPLATFORM node:24-slim
        CMD ["node", "server.js"]

    Bad:
        FROM --platform=$BUILDPLATFORM python:3.14-slim AS base
        FROM base
        CMD ["python", "-m", "http.server"]

    Good:
        FROM --platform=$BUILDPLATFORM node:24-slim AS build
        RUN npm run build
        FROM nginx:1.30
        COPY --from=build /dist /usr/share/nginx/html
        CMD ["nginx", "-g", "daemon off;"]

    Leaves alone: stages without CMD or ENTRYPOINT, whose files or tests are all that is wanted of them.

    Mends (unsafe): leaves the flag of the final stage out.
    """
    flag = _for_the_builder(stage)
    if stage.role == "final" and flag and stage.reference and (stage.last("CMD") or stage.last("ENTRYPOINT")):
        image = stage.root.reference_text.partition("@")[0]
        own = stage.root is stage
        help = "leave --platform out" if own else f"begin the final stage FROM {image}, without --platform"
        yield Hit(flag, f"the final image has the {image} of the machine that builds, whatever it is built for", help)


@rule("WD218", "compiled-for-one-platform", "warning")
def compiled_for_one_platform(stage: Stage) -> Iterator[Hit]:
    """A program is compiled for one kind of machine, and goes to an image that may be built for others.

    On $BUILDPLATFORM a compiler that is told nothing makes programs for the machine that it runs on, and GOARCH=amd64 is amd64 for
    every image. `docker build --platform linux/arm64`, or a build on such a machine, then gives an image whose program does not start
    ("exec format error"; tried with Docker 28, which says nothing).

    Bad:
        FROM --platform=$BUILDPLATFORM golang:1.27 AS build
        WORKDIR /src
        COPY . .
        RUN CGO_ENABLED=0 go build -o /app .
        FROM scratch
        COPY --from=build /app /app
        ENTRYPOINT ["/app"]

    Good:
        FROM --platform=$BUILDPLATFORM golang:1.27 AS build
        ARG TARGETARCH
        WORKDIR /src
        COPY . .
        RUN CGO_ENABLED=0 GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /app
        ENTRYPOINT ["/app"]

    Leaves alone: programs that scripts or make build; stages that name a target in any way, or have an ARG for it; final stages with a
    `--platform` of their own. A constant GOARCH is only a remark: it may be meant.
    """
    for copied in _copied_for_any_platform(stage):
        command = compiler_of(copied)
        if command is None:
            continue
        name = posixpath.basename(copied.path)
        if _for_the_builder(copied.source) and not _knows_its_target(copied.source):
            message = f"{name} is compiled for the machine that builds, whatever the image is built for"
            yield Hit(command.words[0], message, _CROSS.get(command.name, "a cross compiler, as xx-clang of tonistiigi/xx"))
        elif command.name == "go" and (fixed := _fixed(copied.source, command)):
            message = f"{name} is compiled for {fixed}, whatever the image is built for"
            yield Hit(command.words[0], message, _CROSS["go"], severity="info")


def _knows_its_target(stage: Stage) -> bool:
    return any(sign in instruction.text.value for each in stage.chain() for instruction in each.instructions for sign in _KNOWS)


def _fixed(stage: Stage, command: Command) -> str:
    """The architecture that a Go command is told, whatever is wanted; "" where an argument or the shell may change it."""
    wanted = variable(command, "GOARCH") or ""
    asked = {pair.key.raw for each in stage.chain() for argument in each.of("ARG") for pair in argument.pairs}
    return "" if "$" in wanted or "`" in wanted or asked & {"GOARCH", *_AUTOMATIC} else wanted


@rule("WD219", "platform-argument-set", "warning")
def platform_argument_set(dockerfile: Dockerfile) -> Iterator[Hit]:
    """An ARG that BuildKit sets from the platform has a default, which takes the place of what BuildKit sets.

    `docker build --platform linux/arm64` then still has TARGETARCH=amd64 (tried with Docker 28). Declared without a default, such an
    argument has its value from BuildKit.

    Bad:
        FROM --platform=$BUILDPLATFORM golang:1.27 AS build
        ARG TARGETARCH=amd64
        RUN GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /app

    Good:
        FROM --platform=$BUILDPLATFORM golang:1.27 AS build
        ARG TARGETARCH
        RUN GOARCH=$TARGETARCH go build -o /app .
        FROM scratch
        COPY --from=build /app /app

    Leaves alone: TARGETOS and BUILDOS, which are linux in all images but Windows'; a default for builders that set nothing
    (`${TARGETARCH:-amd64}`), before the first FROM or where the stage has declared the argument before.

    Mends (unsafe): leaves the default out.
    """
    for instruction in dockerfile.instructions:
        for pair in instruction.pairs if instruction.keyword == "ARG" else ():
            if pair.key.raw in _AUTOMATIC and pair.value is not None and pair.value.value and not _keeps(dockerfile, instruction, pair):
                set_by = f"{pair.key.raw} is {pair.value.value} for every platform: the default takes the place of what BuildKit sets"
                yield Hit(pair.value, set_by, f"write ARG {pair.key.raw}")


def _keeps(dockerfile: Dockerfile, argument: Instruction, pair: Pair) -> bool:
    """Whether the argument's default is made from the value that it has there."""
    try:
        return pair.value is not None and pair.key.raw in expand(pair.value.raw, argument.state.variables, dockerfile.escape).matched
    except ExpansionError:
        return False


@rule("WD220", "packages-for-the-builder", "warning", confidence="medium", help="leave --platform out where they are installed")
def packages_for_the_builder(stage: Stage) -> Iterator[Hit]:
    """Packages are installed on $BUILDPLATFORM and copied to an image that may be for another platform: compiled modules do not load.

    npm and pip install files for the machine that they run on, wherever a package has compiled code (bcrypt, sharp, numpy, grpc …).

    Bad:
        FROM --platform=$BUILDPLATFORM node:24-slim AS build
        COPY package.json package-lock.json /app/
        RUN npm --prefix /app ci --omit=dev
        FROM node:24-slim
        COPY --from=build /app/node_modules /app/node_modules

    Good:
        FROM node:24-slim AS build
        COPY package.json package-lock.json /app/
        RUN npm --prefix /app ci --omit=dev
        FROM node:24-slim
        COPY --from=build /app/node_modules /app/node_modules

    Leaves alone: what a build makes of packages (`dist/`); final stages with a `--platform` of their own.
    """
    for copied in _copied_for_any_platform(stage):
        what = packages_of(copied) if _for_the_builder(copied.source) else ""
        if what:
            message = f"{copied.path}: {what} installed for the machine that builds do not all run on others"
            yield Hit(copied.word, message, "", SOME_ARE_COMPILED[what])
