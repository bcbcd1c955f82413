"""WD101 to WD129: what BuildKit refuses. Each finding here means that `docker build` fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockerlint.check_directive import file_check_options
from dockerlint.model import Dockerfile, closest
from dockerlint.rules import Hit, rule


def _refused(dockerfile: Dockerfile, *kinds: str) -> Iterator[Hit]:
    for problem in dockerfile.problems:
        if problem.kind in kinds:
            yield Hit(problem.span, problem.reason, problem.help)


@rule(
    "WD101",
    "unknown-instruction",
    "error",
    breaks_build=True,
    help="correct the keyword, or make the line a comment or a continuation",
    covers=(
        "DL1000",
        "tally/unknown-instruction",
        "UNKNOWN_INSTRUCTION",
        "dockerfilelint:invalid_command",
        "dockerfilelint:invalid_line",
        "EL0001",
        "dockerlint:unknown_instruction",
        "INVALID_SYNTAX",
    ),
)
def unknown_instruction(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A line begins with a word that is no instruction.

    Often a continuation was forgotten at the end of the line before, or the keyword is misspelt. Of several such lines in a row the first
    is reported.

    Bad:
        FROM debian:13-slim
        RUNN apt-get update

    Good:
        FROM debian:13-slim
        RUN apt-get update

    Leaves alone: lines of a heredoc, and comments inside a continuation.
    """
    from dockerlint.grammar import SYNTAX

    before_unknown = False
    for instruction in dockerfile.instructions:
        unknown = instruction.keyword not in SYNTAX and instruction.problem is None
        if unknown and not before_unknown:
            hint = closest(instruction.keyword, SYNTAX)
            yield Hit(instruction.keyword_span, f"unknown instruction: {instruction.written}", f"did you mean {hint}?" if hint else "")
        before_unknown = unknown


@rule(
    "WD102",
    "no-stage",
    "error",
    breaks_build=True,
    help="begin the first stage with FROM; only ARG may stand before it",
    covers=(
        "DL3061",
        "DL1000",
        "tally/require-stages",
        "DF037",
        "NO_SOURCE_IMAGE",
        "dockerfilelint:from_first",
        "EI0002",
        "EF0001",
        "dockerlint:from_first",
    ),
)
def no_stage(dockerfile: Dockerfile) -> Iterator[Hit]:
    """There is nothing to build, or an instruction stands before the first FROM.

    Bad:
        RUN echo "no base yet"
        FROM debian:13-slim

    Good:
        ARG RELEASE=13
        FROM debian:${RELEASE}-slim

    Leaves alone: ARG before FROM.
    """
    return _refused(dockerfile, "no-stage")


@rule(
    "WD103",
    "wrong-arguments",
    "error",
    breaks_build=True,
    help="give the instruction what it takes",
    covers=(
        "DL1000",
        "ARGUMENT_MISSING",
        "ARGUMENT_EXTRA",
        "ARGUMENT_REQUIRES_ONE",
        "ARGUMENT_REQUIRES_AT_LEAST_ONE",
        "ARGUMENT_REQUIRES_TWO",
        "ARGUMENT_REQUIRES_AT_LEAST_TWO",
        "ARGUMENT_REQUIRES_ONE_OR_THREE",
        "ARGUMENT_UNNECESSARY",
        "dockerfilelint:required_params",
        "dockerfilelint:missing_args",
        "dockerfilelint:extra_args",
    ),
)
def wrong_arguments(dockerfile: Dockerfile) -> Iterator[Hit]:
    """An instruction has too few or too many arguments.

    Bad:
        FROM debian:13-slim
        COPY app.conf

    Good:
        FROM debian:13-slim
        COPY app.conf /etc/app.conf

    Leaves alone: CMD, ENTRYPOINT and RUN without arguments, which BuildKit accepts.
    """
    return _refused(dockerfile, "arguments")


@rule(
    "WD104",
    "malformed-pairs",
    "error",
    breaks_build=True,
    help="write NAME=value, with quotes around a value that has spaces",
    covers=(
        "DL1000",
        "SYNTAX_MISSING_EQUALS",
        "SYNTAX_MISSING_NAMES",
        "SYNTAX_MISSING_SINGLE_QUOTE",
        "SYNTAX_MISSING_DOUBLE_QUOTE",
        "dockerfilelint:label_invalid",
        "dockerfilelint:invalid_format",
        "dockerlint:env",
    ),
)
def malformed_pairs(dockerfile: Dockerfile) -> Iterator[Hit]:
    """ENV, LABEL or ARG is not made of NAME=value.

    Bad:
        FROM debian:13-slim
        ENV LANG=C.UTF-8 TZ

    Good:
        FROM debian:13-slim
        ENV LANG=C.UTF-8 TZ=UTC

    Leaves alone: the old form `ENV NAME value`, which is another rule's.
    """
    return _refused(dockerfile, "pairs")


@rule(
    "WD105",
    "malformed-flag",
    "error",
    breaks_build=True,
    help="correct the flag; `--` before the arguments ends the flags",
    covers=(
        "DL1000",
        "FLAG_MISSING_VALUE",
        "FLAG_DUPLICATE",
        "FLAG_EXPECTED_BOOLEAN_VALUE",
        "FLAG_INVALID_FROM_VALUE",
        "UNKNOWN_ADD_FLAG",
        "UNKNOWN_COPY_FLAG",
        "UNKNOWN_FROM_FLAG",
        "UNKNOWN_HEALTHCHECK_FLAG",
        "FLAG_INVALID_LINK_VALUE",
    ),
)
def malformed_flag(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A flag is unknown to the instruction, given twice, or lacks its value.

    Bad:
        FROM debian:13-slim
        COPY --owner=1000 app /app

    Good:
        FROM debian:13-slim
        COPY --chown=1000 app /app

    Leaves alone: flags of programs, behind the first argument.
    """
    return _refused(dockerfile, "flag")


@rule(
    "WD106",
    "malformed-healthcheck",
    "error",
    breaks_build=True,
    help="write HEALTHCHECK [--interval=30s …] CMD command, or HEALTHCHECK NONE",
    covers=(
        "FLAG_AT_LEAST_ONE",
        "FLAG_INVALID_DURATION",
        "FLAG_LESS_THAN_1MS",
        "FLAG_MISSING_DURATION",
        "FLAG_UNKNOWN_UNIT",
        "UNKNOWN_TYPE",
        "HEALTHCHECK_CMD_ARGUMENT_MISSING",
        "dockerfilelint:healthcheck_options_missing_args",
    ),
)
def malformed_healthcheck(dockerfile: Dockerfile) -> Iterator[Hit]:
    """HEALTHCHECK has no CMD, or a duration or number that is none.

    Bad:
        FROM debian:13-slim
        HEALTHCHECK --interval=30 CMD ["/app", "-health"]

    Good:
        FROM debian:13-slim
        HEALTHCHECK --interval=30s CMD ["/app", "-health"]

    Leaves alone: durations as Go writes them, such as `1m30s`.
    """
    return _refused(dockerfile, "healthcheck")


@rule(
    "WD107",
    "malformed-reference",
    "error",
    breaks_build=True,
    help="write [registry/]name[:tag][@digest] in lower case",
    covers=("INVALID_REFERENCE_FORMAT", "INVALID_BUILD_STAGE_NAME", "INVALID_AS", "dockerlint:no_empty_tag", "dockerlint:no_empty_digest"),
)
def malformed_reference(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The name of an image or of a stage is malformed.

    Image names are in lower case, a tag follows one colon, a digest one @. Stage names begin with a letter.

    Bad:
        FROM Debian:13-slim

    Good:
        FROM debian:13-slim AS build

    Leaves alone: stage names in mixed case, which BuildKit lowers; an argument that a compose or bake file of the project
    gives.
    """
    froms = {word.span for stage in dockerfile.stages for word in stage.instruction.words if "$" in word.raw}
    for hit in _refused(dockerfile, "reference", "stage-name"):
        yield hit._replace(help="give the ARGs in it a default before the first FROM, or pass --build-arg") if hit.where in froms else hit


@rule(
    "WD108",
    "blank-base",
    "error",
    breaks_build=True,
    help="give the ARG a default, or pass it with --build-arg",
    covers=("BASE_NAME_EMPTY", "dockerlint:variable_use"),
)
def blank_base(dockerfile: Dockerfile) -> Iterator[Hit]:
    """FROM has nothing left once its variables are replaced.

    Only an ARG before the first FROM counts there, and one without a default is empty.

    Bad:
        ARG BASE
        FROM ${BASE}

    Good:
        ARG BASE=debian:13-slim
        FROM ${BASE}

    Leaves alone: arguments that `--build-arg` gives, or a compose, bake or other such file. Has a low confidence where the file skips
    the check of that default (`# check=skip=InvalidDefaultArgInFrom`): who wrote it always gives one.
    """
    meant = bool({"InvalidDefaultArgInFrom", "all"} & set(file_check_options(dockerfile.source, dockerfile.options.build_args).skip))
    outside = {pair.key.raw for instruction in dockerfile.before_first_stage for pair in instruction.pairs}
    inside = {pair.key.raw for stage in dockerfile.stages for each in stage.of("ARG") for pair in each.pairs if pair.value is not None}
    for hit in _refused(dockerfile, "blank-base"):
        name = next((each for each in sorted(inside - outside) if re.search(rf"\$\{{?{re.escape(each)}\b", hit.message)), "")
        if name:
            hit = hit._replace(help=f"move ARG {name} before the first FROM: that in a stage does not count here")
        yield hit._replace(confidence="low") if meant and not name else hit


@rule(
    "WD109",
    "bad-substitution",
    "error",
    breaks_build=True,
    help="close quotes and braces; the modifiers are - + ? # ## % %% / //",
    covers=("UNSUPPORTED_MODIFIER",),
)
def bad_substitution(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A variable or a quote cannot be read where BuildKit replaces variables.

    Bad:
        FROM debian:13-slim
        ENV TARGET=${HOME:1:2}

    Good:
        FROM debian:13-slim
        ENV TARGET=${HOME:-/root}

    Leaves alone: RUN, CMD and ENTRYPOINT, whose variables are the shell's.
    """
    return _refused(dockerfile, "substitution")


@rule(
    "WD110",
    "json-not-strings",
    "error",
    breaks_build=True,
    help="put double quotes around every element",
    covers=("dockerlint:json_array_format",),
)
def json_not_strings(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A JSON array holds something that is not a string.

    Bad:
        FROM debian:13-slim
        CMD ["sleep", 10]

    Good:
        FROM debian:13-slim
        CMD ["sleep", "10"]

    Leaves alone: what looks like JSON but is not; that becomes shell form, and another rule tells.
    """
    return _refused(dockerfile, "json")


@rule(
    "WD111",
    "shell-not-json",
    "error",
    breaks_build=True,
    help='write SHELL ["/bin/bash", "-o", "pipefail", "-c"]',
    covers=("SHELL_JSON_FORM", "SHELL_REQUIRES_ONE", "EJ0003"),
)
def shell_not_json(dockerfile: Dockerfile) -> Iterator[Hit]:
    """SHELL is not a JSON array.

    Bad:
        FROM debian:13-slim
        SHELL /bin/bash -c

    Good:
        FROM debian:13-slim
        SHELL ["/bin/bash", "-c"]
    """
    return _refused(dockerfile, "shell-form")


@rule(
    "WD112",
    "stage-cycle",
    "error",
    breaks_build=True,
    help="take files only from stages that stand before",
    covers=(
        "DL3023",
        "tally/circular-stage-deps",
        "DS-0006",
        "kics:copy_from_references_current_from_alias",
        "DF050",
        "EC0001",
    ),
)
def stage_cycle(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A stage takes files from itself, directly or through other stages.

    Bad:
        FROM debian:13-slim AS app
        COPY --from=app /etc/hostname /name

    Good:
        FROM debian:13-slim AS build
        FROM debian:13-slim AS app
        COPY --from=build /etc/hostname /name
    """
    return _refused(dockerfile, "cycle")


@rule(
    "WD113",
    "copy-from-later-stage",
    "error",
    breaks_build=True,
    help="move that stage up, or name one that stands before",
    covers=(
        "DL3022",
        "kics:copy_from_without_from_alias_defined_previously",
        "DF049",
        "EC0002",
    ),
)
def copy_from_later_stage(dockerfile: Dockerfile) -> Iterator[Hit]:
    """COPY --from or RUN --mount takes from a stage that comes later, does not exist, or is named by a variable.

    Bad:
        FROM debian:13-slim AS app
        COPY --from=3 /etc/hostname /name

    Good:
        FROM debian:13-slim AS build
        FROM debian:13-slim
        COPY --from=build /etc/hostname /name

    Leaves alone: a name that is no stage is an image's.
    """
    for hit in _refused(dockerfile, "from"):
        by_variable = hit.message.startswith("variable expansion")
        yield hit._replace(help="name a stage: FROM ${VARIABLE} AS name, with the ARG before the first FROM") if by_variable else hit


@rule(
    "WD114",
    "malformed-directive",
    "error",
    breaks_build=True,
    help="keep one line of each directive, and correct its value",
    covers=("INVALID_ESCAPE_DIRECTIVE", "DUPLICATED_ESCAPE_DIRECTIVE", "ED0002"),
)
def malformed_directive(dockerfile: Dockerfile) -> Iterator[Hit]:
    r"""A parser directive on the first lines stands there twice, or its value is not one.

    `escape` takes a backslash or a backquote; `check` takes `skip=`, `error=` and `experimental=`, separated by semicolons.

    Bad:
        # escape=/
        FROM debian:13-slim

    Good:
        # escape=`
        FROM debian:13-slim

    Leaves alone: what stands after the first line that is no directive; that is a comment.
    """
    return _refused(dockerfile, "directive")


@rule(
    "WD115",
    "malformed-onbuild",
    "error",
    breaks_build=True,
    help="let ONBUILD trigger one instruction other than FROM, ONBUILD and MAINTAINER",
    covers=(
        "DL3043",
        "tally/invalid-onbuild-trigger",
        "DF068",
        "ONBUILD_CHAINING_DISALLOWED",
        "ONBUILD_TRIGGER_DISALLOWED",
        "EI0004",
        "dockerlint:onbuild_disallowed",
    ),
)
def malformed_onbuild(dockerfile: Dockerfile) -> Iterator[Hit]:
    """ONBUILD triggers something that it may not, or a trigger that its own child stage cannot run.

    Bad:
        FROM debian:13-slim
        ONBUILD FROM alpine:3.24

    Good:
        FROM debian:13-slim
        ONBUILD COPY . /src
    """
    return _refused(dockerfile, "onbuild")


@rule(
    "WD116",
    "unknown-signal",
    "error",
    breaks_build=True,
    help="name a signal, such as SIGTERM, or give its number",
    covers=("INVALID_SIGNAL",),
)
def unknown_signal(dockerfile: Dockerfile) -> Iterator[Hit]:
    """STOPSIGNAL names no signal.

    Bad:
        FROM debian:13-slim
        STOPSIGNAL SIGTERMINATE

    Good:
        FROM debian:13-slim
        STOPSIGNAL SIGTERM
    """
    return _refused(dockerfile, "signal")


@rule(
    "WD117",
    "invalid-port",
    "error",
    breaks_build=True,
    help="write a port from 0 to 65535, with /tcp, /udp or /sctp if need be",
    covers=(
        "DL3011",
        "DS-0008",
        "kics:unix_ports_out_of_range",
        "semgrep:invalid-port",
        "DF040",
        "INVALID_PORT",
        "INVALID_PROTO",
        "dockerfilelint:invalid_port",
        "EE0001",
    ),
)
def invalid_port(dockerfile: Dockerfile) -> Iterator[Hit]:
    """EXPOSE names something that is no port.

    Bad:
        FROM debian:13-slim
        EXPOSE 80800

    Good:
        FROM debian:13-slim
        EXPOSE 8080
    """
    return _refused(dockerfile, "port")


@rule("WD118", "malformed-mount", "error", breaks_build=True, help="correct the mount's options; each is key=value, separated by commas")
def malformed_mount(dockerfile: Dockerfile) -> Iterator[Hit]:
    """RUN --mount has an option that its type does not take, or lacks one that it needs.

    Bad:
        FROM debian:13-slim
        RUN --mount=type=cache,target=/var/cache/apt,sharing=exclusive apt-get update

    Good:
        FROM debian:13-slim
        RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get update
    """
    return _refused(dockerfile, "mount")


@rule(
    "WD119",
    "impossible-copy",
    "error",
    breaks_build=True,
    help="use ADD for URLs and git, octal or symbolic modes, numeric owners with --link",
)
def impossible_copy(dockerfile: Dockerfile) -> Iterator[Hit]:
    """COPY or ADD asks for what it cannot do: a URL with COPY, a mode that is none, a checksum of local files.

    Bad:
        FROM debian:13-slim
        COPY https://example.com/app.conf /etc/app.conf

    Good:
        FROM debian:13-slim
        ADD https://example.com/app.conf /etc/app.conf
    """
    return _refused(dockerfile, "copy")


@rule(
    "WD120", "unterminated-heredoc", "error", breaks_build=True, help="end it with its name alone on a line, at the very start of the line"
)
def unterminated_heredoc(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A here-document does not end.

    Its name must stand alone on a line, without spaces; with `<<-`, tabs may stand before it.

    Bad:
        FROM debian:13-slim
        RUN <<EOF
        set -e
        echo never ends

    Good:
        FROM debian:13-slim
        RUN <<EOF
        set -e
        echo ends
        EOF
    """
    return _refused(dockerfile, "heredoc")


@rule("WD121", "malformed-platform", "error", breaks_build=True, help="write os/architecture, such as linux/arm64, or $BUILDPLATFORM")
def malformed_platform(dockerfile: Dockerfile) -> Iterator[Hit]:
    """FROM --platform names no platform.

    Bad:
        FROM --platform=linux/arm64/v8/extra debian:13-slim

    Good:
        FROM --platform=$BUILDPLATFORM debian:13-slim
    """
    return _refused(dockerfile, "platform")


@rule("WD122", "line-too-long", "error", breaks_build=True, help="break the line, or copy the data in from a file")
def line_too_long(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A physical line is longer than BuildKit reads (65,535 bytes).

    Leaves alone: instructions of any length that are broken into shorter lines.
    """
    return _refused(dockerfile, "long-line")


@rule("WD123", "unknown-target", "error", breaks_build=True, help="name a stage of this file")
def unknown_target(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The target that was asked for with `--target` is no stage of the file."""
    return _refused(dockerfile, "target")
