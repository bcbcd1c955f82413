"""WD130 to WD159: BuildKit's own build checks, and what else is wrong with the syntax of a file that builds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from dockerlint.continuations import swallowed
from dockerlint.evaluate import PLATFORM_ARGUMENTS
from dockerlint.knowledge.images import sets_path_alone
from dockerlint.model import Dockerfile, Note, Stage, closest
from dockerlint.parser import COMMAND_KEYWORDS, Instruction
from dockerlint.rules import Hit, rule
from dockerlint.rules.runtime import signals_its_group
from dockerlint.shellwords import variables_in
from dockerlint.source import DIRECTIVES
from dockerlint.text import Span, Word

_DIRECTIVE_LIKE = re.compile(r"#\s*(\w+)\s*[=:]\s*(\S.*)?$")
# Tags of the channel that was the first to have RUN --mount, which is in docker/dockerfile:1 since 1.2.
_EXPERIMENTAL = re.compile(r"^(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(?:[\d.]+-)?experimental$")
_USED_ONCE = ("CMD", "ENTRYPOINT", "HEALTHCHECK")


def _notes(dockerfile: Dockerfile, check: str) -> Iterator[Hit]:
    for note in dockerfile.notes.get(check, ()):
        yield Hit(note.where, note.message, note.help)


@rule("WD130", "stage-name-casing", "style", covers=("StageNameCasing", "tally/buildkit/StageNameCasing"))
def stage_name_casing(stage: Stage) -> Iterator[Hit]:
    """A stage's name is not in lower case.

    BuildKit lowers it, so `--target` and `COPY --from` work with any case, while `FROM` finds it in lower case only.

    Bad:
        FROM debian:13-slim AS Build

    Good:
        FROM debian:13-slim AS build

    Mends (safe): writes the name in lower case, in `COPY --from` and mounts, too; BuildKit compares names without their case.
    """
    words = stage.instruction.words
    if len(words) == 3 and words[2].value != words[2].value.lower():
        yield Hit(words[2], f"the stage name {words[2].value} is not in lower case", f"write {words[2].value.lower()}")


@rule("WD131", "from-as-casing", "style", covers=("FromAsCasing", "tally/buildkit/FromAsCasing"))
def from_as_casing(stage: Stage) -> Iterator[Hit]:
    """FROM and AS are not in the same case.

    Bad:
        FROM debian:13-slim as build

    Good:
        FROM debian:13-slim AS build

    Mends (safe): writes AS in the case of FROM.
    """
    written, words = stage.instruction.written, stage.instruction.words
    if len(words) == 3 and (written.isupper() or written.islower()):
        same = words[1].value.upper() if written.isupper() else words[1].value.lower()
        if words[1].value != same:
            yield Hit(words[1], f"{words[1].value} is not in the case of {written}", f"write {same}")


@rule(
    "WD132",
    "empty-continuation",
    "warning",
    help="take the empty line out, or make it a comment",
    covers=("NoEmptyContinuation", "tally/buildkit/NoEmptyContinuation", "EMPTY_CONTINUATION_LINE"),
)
def empty_continuation(dockerfile: Dockerfile) -> Iterator[Hit]:
    r"""A continued instruction has an empty line in it.

    BuildKit skips the line today and says that a later release will refuse it.

    Bad:
        FROM debian:13-slim
        RUN echo one && \

            echo two

    Good:
        FROM debian:13-slim
        RUN echo one && \
            # a comment may stand here
            echo two

    Mends (safe): deletes the empty lines; not where the instruction below them has become a part of this one, which WD153 tells.
    """
    for instruction in dockerfile.instructions:
        if instruction.blanks:
            # BuildKit's own check points at the last line of the instruction.
            line = instruction.last_line
            yield Hit(
                Span(line, 1, line, len(dockerfile.source.lines[line - 1]) + 1),
                f"line {instruction.blanks[0]} is empty inside a continuation",
            )


@rule(
    "WD133",
    "instruction-casing",
    "style",
    covers=(
        "ConsistentInstructionCasing",
        "tally/buildkit/ConsistentInstructionCasing",
        "CASING_INSTRUCTION",
        "dockerfilelint:uppercase_commands",
        "EI0005",
    ),
)
def instruction_casing(dockerfile: Dockerfile) -> Iterator[Hit]:
    """Keywords are written in different cases.

    Bad:
        FROM debian:13-slim
        run apt-get update

    Good:
        FROM debian:13-slim
        RUN apt-get update

    Leaves alone: a file that is in lower case throughout.

    Mends (safe): writes the keyword in the case of the others.
    """
    instructions = [i for stage in dockerfile.stages for i in (stage.instruction, *stage.instructions)]
    lower = sum(i.written.islower() for i in instructions)
    upper = sum(i.written.isupper() for i in instructions)
    for i in instructions:
        right = i.written.lower() if lower > upper else i.written.upper()
        if i.written != right:
            yield Hit(i.keyword_span, f"{i.written} is not in the case of most keywords", f"write {right}")


@rule(
    "WD134",
    "duplicate-stage-name",
    "error",
    help="give each stage a name of its own",
    covers=(
        "DuplicateStageName",
        "DL3024",
        "tally/buildkit/DuplicateStageName",
        "DS-0012",
        "CKV_DOCKER_11",
        "kics:same_alias_in_different_froms",
        "DF042",
        "DUPLICATE_BUILD_STAGE_NAME",
        "EF0002",
    ),
)
def duplicate_stage_name(dockerfile: Dockerfile) -> Iterator[Hit]:
    """Two stages have the same name, so what `--target` and `COPY --from` mean depends on the order.

    Bad:
        FROM debian:13-slim AS app
        FROM alpine:3.24 AS app

    Good:
        FROM debian:13-slim AS build
        FROM alpine:3.24 AS app
    """
    seen: set[str] = set()
    for stage in dockerfile.stages:
        if stage.name in seen:
            yield Hit(stage.instruction.words[2], f"the stage name {stage.name} is taken already")
        if stage.name:
            seen.add(stage.name)


@rule(
    "WD135",
    "reserved-stage-name",
    "warning",
    help="give the stage another name",
    covers=("ReservedStageName", "DL3063", "tally/buildkit/ReservedStageName"),
)
def reserved_stage_name(stage: Stage) -> Iterator[Hit]:
    """A stage is called `scratch` or `context`, which mean something else to BuildKit.

    It builds. A later `FROM scratch` then begins with that stage (tried with Docker 28): that is an error.

    Bad:
        FROM debian:13-slim AS context

    Good:
        FROM debian:13-slim AS source
    """
    if stage.name in ("scratch", "context"):
        taken = any(other.base is stage for other in stage.dockerfile.stages) and stage.name == "scratch"
        message = "a later FROM scratch begins with this stage" if taken else f"{stage.name} is a reserved name"
        yield Hit(stage.instruction.words[2], message, severity="error" if taken else "")


@rule(
    "WD136",
    "shell-form-command",
    "warning",
    covers=(
        "JSONArgsRecommended",
        "DL3025",
        "tally/buildkit/JSONArgsRecommended",
        "kics:not_using_json_in_cmd_and_entrypoint_arguments",
        "semgrep:prefer-json-notation",
        "DF018",
        "DF025",
        "EJ0002",
        "dockerlint:recommended_exec_form",
    ),
)
def shell_form_command(stage: Stage) -> Iterator[Hit]:
    """CMD or ENTRYPOINT is in shell form, so a shell is process 1 and keeps the signals to itself.

    `docker stop` then waits ten seconds and kills. In exec form the program itself gets SIGTERM.

    Bad:
        FROM debian:13-slim
        CMD python3 -m http.server

    Good:
        FROM debian:13-slim
        CMD ["python3", "-m", "http.server"]

    Leaves alone: stages with a SHELL instruction, where the shell was chosen; a CMD behind dumb-init or `tini -g` as ENTRYPOINT, which
    signal all that runs; lower severity where the command begins with `exec` or is
    one that the shell of the image (bash, BusyBox; not dash) gives its place to, and in stages that are not the target.

    Mends (unsafe): writes the words as a JSON array, where a shell would have changed none of them. What is process 1 then is another
    program, a script without a shebang does not start at all, and an entry point gets other arguments.
    """
    entrypoint = stage.last("ENTRYPOINT")
    behind_init = entrypoint is not None and entrypoint.form == "exec" and signals_its_group(entrypoint)
    for instruction in stage.instructions:
        if instruction.keyword == "CMD" and behind_init:
            continue
        if instruction.keyword in ("CMD", "ENTRYPOINT") and instruction.form != "exec" and not instruction.state.shell:
            # Measured: bash 5 and BusyBox 1.35 exec the last command of -c, dash 0.5.12 forks; bash forks where that one is redirected.
            simple = bool(instruction.commands) and not any(c.within or c.after in ("|", "|&", "&") for c in instruction.commands)
            redirected = simple and bool(instruction.commands[-1].redirects)
            gives_way = simple and (stage.image.shell == "busybox" or (stage.image.shell == "bash" and not redirected))
            replaced = instruction.value.startswith("exec ") or not instruction.words or gives_way
            message = f"{instruction.keyword} in shell form: a shell is process 1, and the program does not get the signals that stop it"
            if replaced or (simple and stage.image.shell in ("", "none")):
                message = f"{instruction.keyword} in shell form: whether the program gets the signals that stop it is up to the shell"
            yield Hit(instruction, message, _as_json(instruction), "info" if replaced or stage.role != "final" else "")


def _as_json(instruction: Instruction) -> str:
    words = [word.value for word in instruction.words]
    replaced = words[:1] == ["exec"]
    words = words[replaced:]
    plain = words and not any(set(word) & set("$`|&;<>*?()~\"'\\#=") for word in words)
    if plain and len(instruction.value) < 100:
        return f"write {instruction.keyword} [{', '.join(chr(34) + word + chr(34) for word in words)}]"
    return f'write {instruction.keyword} ["program", "argument"]' + ("" if replaced else ", or begin the shell's command with exec")


@rule(
    "WD137",
    "maintainer-deprecated",
    "info",
    help='write LABEL org.opencontainers.image.authors="…"',
    covers=(
        "MaintainerDeprecated",
        "DL4000",
        "tally/buildkit/MaintainerDeprecated",
        "DS-0022",
        "CKV_DOCKER_6",
        "kics:maintainer_instruction_being_used",
        "semgrep:maintainer-is-deprecated",
        "DF019",
        "DEPRECATED_MAINTAINER",
        "dockerfilelint:deprecated_in_1.13",
        "EI0003",
    ),
)
def maintainer_deprecated(dockerfile: Dockerfile) -> Iterator[Hit]:
    """MAINTAINER is deprecated; a label says the same and can be read by tools.

    Bad:
        FROM debian:13-slim
        MAINTAINER someone@example.com

    Good:
        FROM debian:13-slim
        LABEL org.opencontainers.image.authors="someone@example.com"

    Mends (safe): writes the name as `LABEL org.opencontainers.image.authors`.
    """
    for instruction in dockerfile.instructions:
        if instruction.keyword == "MAINTAINER":
            yield Hit(instruction, "MAINTAINER is deprecated")


@rule("WD138", "undefined-argument-in-from", "warning", covers=("UndefinedArgInFrom", "tally/buildkit/UndefinedArgInFrom"))
def undefined_argument_in_from(dockerfile: Dockerfile) -> Iterator[Hit]:
    """FROM uses a variable that no ARG before the first FROM declares; it is empty there.

    Bad:
        FROM debian:13-slim${VARIANT}

    Good:
        ARG VARIANT=""
        FROM debian:13-slim${VARIANT}

    Leaves alone: the platform arguments that BuildKit defines, such as TARGETARCH.
    """
    return _notes(dockerfile, "UndefinedArgInFrom")


@rule(
    "WD139",
    "invalid-default-base",
    "info",
    help="give every ARG that FROM uses a default that makes a valid name",
    covers=("InvalidDefaultArgInFrom", "tally/buildkit/InvalidDefaultArgInFrom"),
)
def invalid_default_base(dockerfile: Dockerfile) -> Iterator[Hit]:
    """Without build arguments FROM has no valid image name.

    Somebody who builds the file plainly, and every tool that reads it, fails.

    Bad:
        ARG TAG
        FROM debian:${TAG}

    Good:
        ARG TAG=13-slim
        FROM debian:${TAG}

    Hidden (of low confidence) where WD107 or WD108 says that this very build fails.
    """
    refused = {problem.span.line for problem in dockerfile.problems if problem.kind in ("reference", "blank-base")}
    for note in dockerfile.notes.get("InvalidDefaultArgInFrom", ()):
        yield Hit(note.where, note.message, note.help, confidence="low" if note.where.span.line in refused else "")


@rule(
    "WD140",
    "relative-workdir",
    "warning",
    covers=(
        "WorkdirRelativePath",
        "DL3000",
        "tally/buildkit/WorkdirRelativePath",
        "DS-0009",
        "CKV_DOCKER_10",
        "kics:workdir_path_not_absolute",
        "DF009",
        "WORKDIR_IS_NOT_ABSOLUTE",
        "EW0001",
        "dockerlint:absolute_workdir",
    ),
)
def relative_workdir(dockerfile: Dockerfile) -> Iterator[Hit]:
    """WORKDIR is relative before any absolute one was set; it depends on the base image's.

    Bad:
        FROM debian:13-slim
        WORKDIR app

    Good:
        FROM debian:13-slim
        WORKDIR /app

    Leaves alone: a relative WORKDIR after an absolute one. The confidence is low for a Windows path, which is absolute where it is built,
    and for a path that begins with a variable of the base image.

    Mends (safe): puts / before it, where the base image is known to start there.
    """
    for note in dockerfile.notes.get("WorkdirRelativePath", ()):
        path = note.message.removeprefix("WORKDIR ").partition(" is relative")[0]
        there = not path or path[1:2] == ":" or path.startswith("\\")
        yield Hit(note.where, note.message, note.help, confidence="low" if there else "")


@rule(
    "WD141",
    "undefined-variable",
    "warning",
    confidence="medium",
    covers=("UndefinedVar", "tally/buildkit/UndefinedVar", "DL3044", "DF062", "dockerlint:variable_use", "dockerlint:arg"),
)
def undefined_variable(dockerfile: Dockerfile) -> Iterator[Hit]:
    """An instruction uses a variable that is not defined there; it is replaced by nothing.

    ARG lasts until its stage ends, and one before the first FROM has to be declared again in the stage. What an ENV sets holds from the
    next instruction on: `ENV PNPM_HOME=/pnpm PATH=$PNPM_HOME:$PATH` leaves /pnpm out of PATH (built).

    Bad:
        ARG VERSION=1
        FROM debian:13-slim
        ENV APP_VERSION=$VERSION

    Good:
        ARG VERSION=1
        FROM debian:13-slim
        ARG VERSION
        ENV APP_VERSION=$VERSION

    An unquoted heredoc of COPY is expanded, too: `exec "$@"` in it becomes `exec ""` (built).

    A RUN is told where it uses an ARG from before the first FROM, or one of BuildKit's, that its stage does not declare: with
    `GOARCH=$TARGETARCH` alone an image for arm64 gets a program for the builder (built).

    Leaves alone: CMD, ENTRYPOINT and all else in a RUN, whose variables are the shell's. A base image that is more than a distribution
    may set the variable (GOPATH, NB_UID …): then the confidence is low, unless a name that is defined looks alike.
    """
    for note in dockerfile.notes.get("UndefinedVar", ()):
        stage = note.where.stage if isinstance(note.where, Instruction) else _stage_at(dockerfile, note.where.span.line)
        declared_outside = any(pair.key.raw == note.name for i in dockerfile.before_first_stage for pair in i.pairs)
        if declared_outside:
            maybe = stage is not None and _is_of_the_image(stage, note.name)
            yield Hit(note.where, note.message, f"declare it in the stage: ARG {note.name}", confidence="low" if maybe else "high")
        elif note.help.startswith("write \\$"):  # in a heredoc
            certain = not note.name.isidentifier()  # $1, $@: a script's own
            yield Hit(note.where, note.message, note.help, severity="error" if certain else "", confidence="high" if certain else "")
        elif _set_beside(dockerfile, note):
            message = f"{note.message}: what an ENV sets holds from the next instruction on"
            yield Hit(note.where, message, f"set {note.name} in an ENV of its own, above this one")
        elif note.name in _BASE_VARIABLES or note.help == "did you mean $PATH?" or _has_default(note.where, note.name):
            yield Hit(note.where, note.message, "define it first, with ENV or ARG", confidence="low")
        else:
            sure = stage is not None and (stage.root.reference_text == "scratch" or _is_plain(stage))
            yield Hit(note.where, note.message, note.help, confidence="" if sure or note.help.startswith("did") else "low")
    outside = PLATFORM_ARGUMENTS.keys() | {pair.key.raw for instruction in dockerfile.before_first_stage for pair in instruction.pairs}
    for stage in dockerfile.stages:
        yield from _undeclared_in_runs(stage, outside)


def _undeclared_in_runs(stage: Stage, outside: set[str]) -> Iterator[Hit]:
    """The first use in a RUN of each ARG from before the first FROM, and of each of BuildKit's, that the stage does not declare, and the
    shell does not set."""
    seen = set(_BASE_VARIABLES)
    for run in stage.of("RUN"):
        if run.form == "exec" or any(command.name in (".", "source", "eval", "read") for command in run.commands):
            continue
        script = "\n".join((run.value, *(heredoc.body.value for heredoc in run.heredocs)))
        seen |= run.state.variables.keys() | run.state.unknown | {mount.env for mount in run.mounts}
        for word in (word for command in run.commands for word in (*command.assignments, *command.words)):
            for name in sorted((outside & variables_in(word)) - seen):
                seen.add(name)
                if not re.search(rf"\b{name}\+?=|\b(?:{_SETTERS})\s+(?:-\w+\s+)*{name}\b|\$\{{{name}:?[-=?+]", script):
                    plain = _is_plain(stage.root) or stage.root.reference_text == "scratch" or name in PLATFORM_ARGUMENTS
                    sure = "high" if plain else "low" if name.endswith("_VERSION") or _is_of_the_image(stage, name) else ""
                    why = "BuildKit sets it where it is declared" if name in PLATFORM_ARGUMENTS else "the ARG is from before the first FROM"
                    message = f"the variable ${name} is not defined here: {why}"
                    yield Hit(word, message, f"declare it in the stage: ARG {name}", confidence=sure)


# What sets a variable that it names without a sign.
_SETTERS = r"for|select|local|declare|typeset|mapfile|readarray|printf\s+-v"
# Variables that every image may have from the engine or by custom of its family; what sets them is not in the file.
_BASE_VARIABLES = frozenset({"PATH", "HOME", "HOSTNAME", "LD_LIBRARY_PATH", "PYTHONPATH", "JAVA_HOME", "GOPATH", "LANG"})


def _set_beside(dockerfile: Dockerfile, note: Note) -> bool:
    """Whether another pair of the ENV that uses the variable sets it."""
    line = note.where.span.line
    return any(
        pair.key.value == note.name and pair.value is not None and pair.value.span != note.where.span
        for instruction in dockerfile.instructions
        if instruction.keyword == "ENV" and instruction.line <= line <= instruction.end_line
        for pair in instruction.pairs
    )


def _has_default(where: Instruction | Word, name: str) -> bool:
    """Whether each use of the variable says what holds without it: ${NAME:-default}."""
    text = where.value if isinstance(where, Instruction) else where.raw
    return f"${{{name}:-" in text or f"${{{name}-" in text


def _is_plain(stage: Stage) -> bool:
    reference = stage.reference
    return reference is not None and sets_path_alone(reference)


def _is_of_the_image(stage: Stage, name: str) -> bool:
    """Whether a base image that is more than a distribution may well set the variable: ruby has RUBY_VERSION."""
    reference = stage.root.reference
    return reference is not None and not _is_plain(stage.root) and name.startswith(f"{basename(reference.name).upper()}_")


def _stage_at(dockerfile: Dockerfile, line: int) -> Stage | None:
    return next((stage for stage in reversed(dockerfile.stages) if stage.instruction.line <= line), None)


@rule(
    "WD142",
    "only-the-last-counts",
    "warning",
    help="keep the last one and take this one out",
    covers=(
        "MultipleInstructionsDisallowed",
        "DL4003",
        "DL4004",
        "DL3012",
        "tally/buildkit/MultipleInstructionsDisallowed",
        "DS-0016",
        "DS-0007",
        "DS-0023",
        "kics:multiple_cmd_instructions_listed",
        "kics:multiple_entrypoint_instructions_listed",
        "semgrep:multiple-entrypoint-instructions",
        "DF038",
        "DF039",
        "DF041",
        "MULTIPLE_INSTRUCTIONS",
        "EI0001",
        "dockerlint:multiple_entries",
    ),
)
def only_the_last_counts(stage: Stage) -> Iterator[Hit]:
    """A stage has several CMD, ENTRYPOINT or HEALTHCHECK; only the last of each has an effect.

    Bad:
        FROM debian:13-slim
        CMD ["/first"]
        CMD ["/second"]

    Good:
        FROM debian:13-slim
        CMD ["/second"]

    Leaves alone: one in each of several stages.

    Mends (safe): deletes the one without effect, unless a comment above it tells a linter something.
    """
    for keyword in _USED_ONCE:
        for instruction in stage.of(keyword)[:-1]:
            yield Hit(instruction, f"a later {keyword} replaces this one")


@rule("WD143", "legacy-key-value", "style", covers=("LegacyKeyValueFormat", "tally/buildkit/LegacyKeyValueFormat"))
def legacy_key_value(stage: Stage) -> Iterator[Hit]:
    """ENV or LABEL separates name and value by a space.

    The old form takes the whole rest of the line for the value, so a second pair on the line is lost silently, and `NAME = value` gives
    the value "= value": that is a warning.

    Bad:
        FROM debian:13-slim
        ENV LANG C.UTF-8

    Good:
        FROM debian:13-slim
        ENV LANG=C.UTF-8

    Mends (safe or unsafe): puts = between name and value, and quotes around a value with spaces; where the value has quotes or escapes of
    its own as well, it is left to you. Unsafe where a value begins with a = that is not meant: it goes.
    """
    for instruction in stage.of("ENV", "LABEL"):
        for pair in instruction.pairs:
            if pair.legacy and pair.value and pair.value.raw.startswith("= "):
                yield Hit(
                    pair,
                    f'the value of {pair.key.raw} begins with "= "',
                    f"take out the spaces around = in {instruction.keyword} {pair.key.raw}=…",
                    "warning",
                )
            elif pair.legacy and pair.value:
                spaces = any(space in pair.value.raw for space in " \t") and not pair.value.quoted
                value = f'"{pair.value.raw}"' if spaces else pair.value.raw
                short = len(value) < 60 and not (spaces and '"' in pair.value.raw)
                yield Hit(
                    pair,
                    f"{instruction.keyword} {pair.key.raw} separates name and value by a space",
                    f"write {instruction.keyword} {pair.key.raw}={value}" if short else "write NAME=value",
                )


@rule(
    "WD144",
    "redundant-target-platform",
    "info",
    help="take --platform out",
    covers=("RedundantTargetPlatform", "DL3065", "tally/buildkit/RedundantTargetPlatform"),
)
def redundant_target_platform(dockerfile: Dockerfile) -> Iterator[Hit]:
    """FROM --platform=$TARGETPLATFORM says what is so without it.

    Bad:
        FROM --platform=$TARGETPLATFORM debian:13-slim

    Good:
        FROM debian:13-slim

    Mends (safe): leaves the flag out.
    """
    return _notes(dockerfile, "RedundantTargetPlatform")


@rule(
    "WD145",
    "constant-platform",
    "warning",
    confidence="medium",
    help="use --platform=$BUILDPLATFORM to cross-compile, else leave it to docker build --platform",
    covers=(
        "FromPlatformFlagConstDisallowed",
        "DL3029",
        "tally/buildkit/FromPlatformFlagConstDisallowed",
        "kics:using_platform_with_from",
        "semgrep:avoid-platform-with-from",
        "DF061",
    ),
)
def constant_platform(dockerfile: Dockerfile) -> Iterator[Hit]:
    """FROM --platform is a constant: an image on that stage can be built for that platform only.

    In a stage of which only files are copied, other machines emulate every step.

    Bad:
        FROM --platform=linux/amd64 debian:13-slim

    Good:
        FROM --platform=$BUILDPLATFORM debian:13-slim

    Leaves alone: a stage whose name tells the platform, such as `build-amd64`. The confidence is low where it runs nothing, and only files
    are taken of it.
    """
    for note in dockerfile.notes.get("FromPlatformFlagConstDisallowed", ()):
        stage, message = _stage_at(dockerfile, note.where.span.line), note.message
        idle = stage is not None and not stage.ships and not stage.of("RUN")  # there is nothing to emulate: it is there for its files
        if stage is None or not stage.ships:
            message = f"{message.partition(',')[0]}, so other machines emulate the steps of this stage"
        yield Hit(note.where, message, severity="info" if "windows" in message else "", confidence="low" if idle else "")


@rule(
    "WD146",
    "secret-in-arg-or-env",
    "warning",
    confidence="medium",
    help="use RUN --mount=type=secret at build time, the environment or a file at run time",
    covers=(
        "SecretsUsedInArgOrEnv",
        "DL3064",
        "tally/buildkit/SecretsUsedInArgOrEnv",
        "tally/ruby/secrets-in-arg-or-env",
        "DS-0031",
        "kics:secrets_stored_in_dockerfile",
        "semgrep:secret-in-build-arg",
        "DF013",
        "CIS-DI-0010",
    ),
)
def secret_in_arg_or_env(stage: Stage) -> Iterator[Hit]:
    """The name of an ARG or ENV says that its value is a secret; everybody who has the image can read it.

    ENV is in the image's configuration, ARG in its history and in its provenance.

    Bad:
        FROM debian:13-slim
        ARG NPM_TOKEN
        RUN npm-login "$NPM_TOKEN"

    Good:
        FROM debian:13-slim
        RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm-login "$NPM_TOKEN"

    Leaves alone: names with PUBLIC, FILE or VERSION in them. Fingerprints of signing keys (`GPG_KEY`), empty values, paths and switches
    have a low confidence, and so has a secret whose value is written out, which `secret-value` reports, or that stands for one in a stage
    that does not ship.
    """
    from dockerlint.knowledge.credentials import flagged_by_buildkit, secret_name, value_kind

    for instruction in stage.of("ARG", "ENV"):
        for pair in instruction.pairs:
            name = pair.key.raw
            if flagged_by_buildkit(name):
                # A value that is written out is another rule's; an empty one, a path or a switch is no secret.
                given = pair.value is not None and (value_kind(pair.value.value) != "placeholder" or not stage.ships)
                harmless = given or not secret_name(name)
                yield Hit(pair.key, f"{instruction.keyword} {name} would keep a secret in the image", confidence="low" if harmless else "")


@rule("WD147", "expose-protocol-casing", "style", covers=("ExposeProtoCasing", "tally/buildkit/ExposeProtoCasing"))
def expose_protocol_casing(dockerfile: Dockerfile) -> Iterator[Hit]:
    """EXPOSE writes the protocol in capitals.

    Bad:
        FROM debian:13-slim
        EXPOSE 53/UDP

    Good:
        FROM debian:13-slim
        EXPOSE 53/udp

    Mends (safe): writes the protocol in lower case.
    """
    return _notes(dockerfile, "ExposeProtoCasing")


@rule(
    "WD148",
    "expose-host-port",
    "warning",
    covers=("ExposeInvalidFormat", "tally/buildkit/ExposeInvalidFormat", "dockerfilelint:expose_host_port"),
)
def expose_host_port(dockerfile: Dockerfile) -> Iterator[Hit]:
    """EXPOSE names a port or an address of the host; only `docker run --publish` can choose those.

    Bad:
        FROM debian:13-slim
        EXPOSE 80:8080

    Good:
        FROM debian:13-slim
        EXPOSE 8080

    Mends (safe): writes the port of the container alone, which is all that BuildKit takes.
    """
    return _notes(dockerfile, "ExposeInvalidFormat")


@rule(
    "WD149",
    "definition-comment",
    "style",
    default=False,
    help="write `# NAME what it is for`, or put an empty comment line between",
    covers=("InvalidDefinitionDescription", "tally/buildkit/InvalidDefinitionDescription"),
)
def definition_comment(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The comment above an ARG or a named FROM does not begin with its name.

    `docker build --call=outline` shows such comments as descriptions.

    Bad:
        # which release to build on
        ARG RELEASE=13
        FROM debian:${RELEASE}-slim

    Good:
        # RELEASE which release to build on
        ARG RELEASE=13
        FROM debian:${RELEASE}-slim
    """
    for instruction in dockerfile.instructions:
        names = [pair.key.raw for pair in instruction.pairs] if instruction.keyword == "ARG" else []
        if instruction.keyword == "FROM" and len(instruction.words) == 3:
            names = [instruction.words[2].value.lower()]
        if names and instruction.comments and instruction.comments[-1].split(" ")[0] not in names:
            yield Hit(instruction.keyword_span, f"the comment above does not begin with {names[0]}")


@rule(
    "WD150",
    "broken-exec-form",
    "error",
    help='write a JSON array: double quotes, commas, nothing behind the "]"',
    covers=(
        "tally/invalid-json-form",
        "JSON_IN_SINGLE_QUOTES",
        "EJ0001",
        "dockerlint:json_array_brackets",
        "dockerlint:json_array_even_quotes",
        "dockerlint:json_array_format",
    ),
)
def broken_exec_form(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The arguments look like a JSON array but are not one, so they go to a shell as they stand.

    Single quotes, a missing comma or a comma too many are enough. The shell then looks for a program called `[python3,`.

    Bad:
        FROM debian:13-slim
        CMD ['python3', 'app.py']

    Good:
        FROM debian:13-slim
        CMD ["python3", "app.py"]

    Leaves alone: `RUN [ -f x ] && …` and `RUN [[ … ]]`, which are shell tests, and file patterns such as `COPY [ab].txt /x/`.
    """
    for outer in dockerfile.instructions:
        instruction = outer.trigger or outer
        if instruction.form == "exec" or "[" not in instruction.text.value[instruction.value_start : instruction.value_start + 9]:
            continue
        words = instruction.words[1:] if instruction.keyword == "HEALTHCHECK" else instruction.words
        if not words or instruction.heredocs:
            continue
        first, text = words[0], instruction.value
        start = first.raw
        if not start.startswith("[") or start == "[[":
            continue
        body = instruction.text.value[first.start :].rstrip()
        quoted = body[1:].lstrip()[:1] in ('"', "'", "“", "‘")
        if instruction.keyword in COMMAND_KEYWORDS and (quoted or (instruction.keyword != "RUN" and body.endswith("]") and "," in text)):
            if _is_test(instruction):
                continue
            yield Hit(instruction, f"{instruction.keyword} looks like a JSON array but is none: a shell runs it as it stands")
        elif instruction.keyword in ("COPY", "ADD", "VOLUME") and quoted:
            yield Hit(
                instruction, f"{instruction.keyword} looks like a JSON array but is none: the brackets and quotes are taken for file names"
            )


def _is_test(instruction: Instruction) -> bool:
    """Whether it begins with a test of the shell, `[ "$A" = "b,c" ]`: what ends it is a word, and no comma is between its words."""
    words = [word.raw for command in instruction.commands[:1] for word in command.words]
    return words[:1] == ["["] and words[-1] == "]" and not any(word.startswith(",") or word.endswith(",") for word in words)


@rule(
    "WD151",
    "dead-directive",
    "warning",
    covers=("tally/syntax-directive-typo", "CASING_DIRECTIVE", "ED0001", "ED0003", "ED0004", "ED0005"),
)
def dead_directive(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A parser directive is a plain comment, because it is not on the first lines or is misspelt.

    Directives count only above everything else, comments and empty lines included.

    Bad:
        # The application's image
        # syntax=docker/dockerfile:1
        FROM debian:13-slim

    Good:
        # syntax=docker/dockerfile:1
        # The application's image
        FROM debian:13-slim

    Leaves alone: `# check=` above an instruction, which BuildKit reads there, and prose.

    Mends (unsafe): makes the syntax directive the first line, from which on another frontend may build the file; docker/dockerfile:1 in
    place of the old experimental channel, whose RUN --mount it has since 1.2.
    """
    source = dockerfile.source
    living = {directive.span.line for directive in source.directives.values()}
    for number, line in enumerate(source.lines, 1):
        match = _DIRECTIVE_LIKE.match(line.strip()) if "#" in line and number not in living else None
        if match is None or any(i.line <= number <= i.end_line for i in dockerfile.instructions):
            continue
        name, value = match[1].lower(), match[2] or ""
        span = Span(number, 1, number, len(line) + 1)
        frontend = ("dockerfile" in value or "/" in value) and len(value.split()) == 1
        if (name == "syntax" and frontend) or (name == "escape" and value in ("\\", "`")):
            why = "it is not on the first lines" if number > 1 else "it is written with a colon"
            yield Hit(
                span,
                f"the {name} directive is a plain comment: {why}",
                f"make it line {1 if name == 'syntax' else len(living) + 1}: # {name}={_EXPERIMENTAL.sub('docker/dockerfile:1', value)}",
            )
        elif (
            name == "check"
            and value.startswith(("skip=", "error=", "experimental="))
            and not _above_instruction(dockerfile, number)
        ):
            yield Hit(
                span,
                "the check directive is a plain comment: it stands neither on the first lines nor above an instruction",
                "make it one of the first lines",
            )
        elif number == 1 and name not in DIRECTIVES and "=" in line and "docker/dockerfile" in value and closest(name, DIRECTIVES):
            yield Hit(span, f"{match[1]} is no directive", f"did you mean {closest(name, DIRECTIVES)}?")


def _above_instruction(dockerfile: Dockerfile, number: int) -> bool:
    lines = dockerfile.source.lines
    below = number
    while below < len(lines) and (not lines[below].strip() or lines[below].lstrip().startswith("#")):
        below += 1
    return any(i.line == below + 1 for i in dockerfile.instructions)


@rule("WD152", "undecodable", "info", help="save the file as UTF-8")
def undecodable(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A line has bytes that are not UTF-8; other tools may refuse the file or show it wrong."""
    for number in dockerfile.source.undecodable:
        yield Hit(Span(number, 1, number, len(dockerfile.source.lines[number - 1]) + 1), "the line has bytes that are not UTF-8")


@rule("WD153", "swallowed-instruction", "error")
def swallowed_instruction(dockerfile: Dockerfile) -> Iterator[Hit]:
    r"""The line above ends in a backslash, and the instruction is a part of the one above.

    Empty lines and comments do not end a continuation, either. Of the RUN below, the shell gets the words `RUN`, `make` and `install`
    as arguments of the command before; a COPY, a USER or a CMD that ends so is not there at all.

    Bad:
        FROM debian:13-slim
        RUN echo one \

        RUN make install

    Bad:
        FROM debian:13-slim
        RUN apt-get update \
        RUN make install

    Good:
        FROM debian:13-slim
        RUN echo one
        RUN make install

    Leaves alone: keywords in lower case; in quotes and heredocs; HEALTHCHECK's CMD and what ONBUILD holds back.
    """
    for outer in dockerfile.instructions:
        instruction = outer.trigger or outer
        word = swallowed(instruction)
        if word is not None:
            above = max(line for line in instruction.text.lines if line < word.span.line)
            message = f"this {word.raw} is a part of the {instruction.keyword} of line {instruction.line}, which line {above} continues"
            yield Hit(word, message, f"take the {dockerfile.escape} at the end of line {above} out")
