"""WD901 to WD929: taste, and which Dockerfile frontend the file needs.

Not here, and why: one chained command a line and wrapped heredocs are a formatter's business, not a linter's; the order of a stage's last
instructions (tally/epilogue-order) has no effect beyond the cache, which WD3xx judges; both would only repeat one person's habit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dockerlint.rules import Hit, Located, rule
from dockerlint.text import Span

if TYPE_CHECKING:
    from dockerlint.model import Dockerfile, Stage

# The longest file that WD903 leaves alone, in lines.
MOST_LINES = 200


def _heredoc_lines(dockerfile: Dockerfile) -> set[int]:
    """The numbers of the lines that belong to heredoc bodies."""
    return {
        number
        for instruction in dockerfile.instructions
        for heredoc in instruction.heredocs
        for number in range(heredoc.line, heredoc.end_line)
    }


@rule(
    "WD901", "trailing-space", "style", covers=("tally/no-trailing-spaces", "dockerlint:no_trailing_spaces"), default=False,
    help="delete the white space",
)  # fmt: skip
def trailing_space(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A line ends with white space.

    Off by default: BuildKit does not mind, behind a continuation either. Editors remove it.

    Leaves alone: heredocs, whose white space is part of what is written.

    Mends (safe): deletes it.
    """
    heredocs: set[int] | None = None
    for number, line in enumerate(dockerfile.source.lines, 1):
        if line[-1:] in (" ", "\t"):
            if heredocs is None:
                heredocs = _heredoc_lines(dockerfile)
            if number not in heredocs:
                yield Hit(Span(number, len(line.rstrip()) + 1, number, len(line) + 1), "white space at the end of the line")


@rule("WD902", "no-final-newline", "style", covers=("tally/eol-last",), help="end the file with a newline")
def no_final_newline(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The last line does not end with a newline, so that the next one appended joins it.

    Leaves alone: an empty file.

    Mends (safe): ends the line.
    """
    source = dockerfile.source
    if source.lines and not source.final_newline:
        number, end = len(source.lines), len(source.lines[-1]) + 1
        yield Hit(Span(number, end, number, end), "no newline at the end of the file")


@rule(
    "WD903",
    "long-file",
    "style",
    covers=("tally/max-lines",),
    default=False,
    help="move long scripts to files, or stages to images of their own",
)
def long_file(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The file is longer than 200 lines, comments and empty lines not counted. Off by default: many good ones are.

    Leaves alone: comments, empty lines and heredocs.
    """
    heredocs = _heredoc_lines(dockerfile)
    counted = [
        number
        for number, line in enumerate(dockerfile.source.lines, 1)
        if (stripped := line.lstrip()) and stripped[0] != "#" and number not in heredocs
    ]
    if len(counted) > MOST_LINES:
        number = counted[MOST_LINES]
        yield Hit(Span(number, 1, number, 1), f"{len(counted)} lines, {len(counted) - MOST_LINES} more than {MOST_LINES}")


@rule("WD904", "empty-lines", "style", covers=("tally/no-multiple-empty-lines",), default=False, help="keep one")
def empty_lines(dockerfile: Dockerfile) -> Iterator[Hit]:
    """Two or more empty lines follow each other. Off by default.

    Bad:
        FROM debian:13-slim


        CMD ["bash"]

    Good:
        FROM debian:13-slim

        CMD ["bash"]

    Leaves alone: heredocs.

    Mends (safe): leaves one of them.
    """
    lines = dockerfile.source.lines
    heredocs = _heredoc_lines(dockerfile)
    for number in range(2, len(lines) + 1):
        second = not lines[number - 1].strip() and not lines[number - 2].strip() and (number == 2 or lines[number - 3].strip())
        if second and number not in heredocs:
            yield Hit(Span(number, 1, number, 1), "one empty line too many")


@rule("WD905", "several-spaces", "style", covers=("tally/no-multi-spaces",), default=False, help="keep one")
def several_spaces(dockerfile: Dockerfile) -> Iterator[Hit]:
    """There is more than one space behind an instruction's keyword. Off by default: some line their arguments up.

    Bad:
        FROM   debian:13-slim

    Good:
        FROM debian:13-slim

    Leaves alone: everything behind the first argument.

    Mends (safe): leaves one space.
    """
    for instruction in dockerfile.instructions:
        text = instruction.text.value
        end = instruction.keyword_end
        stop = end
        while stop < len(text) and text[stop] in " \t":
            stop += 1
        if stop - end > 1 and stop < len(text):
            place = instruction.text.span(end, stop)
            if place.line == place.end_line:
                yield Hit(place, f"{stop - end} spaces behind {instruction.written}")


@rule(
    "WD906",
    "indented-instruction",
    "style",
    covers=("tally/consistent-indentation",),
    default=False,
    help="begin the line with the keyword",
)
def indented_instruction(dockerfile: Dockerfile) -> Iterator[Hit]:
    """An instruction does not begin in the first column, in a file where others do. Off by default.

    Bad:
        FROM debian:13-slim
          CMD ["bash"]

    Good:
        FROM debian:13-slim
        CMD ["bash"]

    Leaves alone: a file in which every instruction but FROM is indented alike.

    Mends (safe): begins in the first column.
    """
    columns = {instruction.keyword_span.column for instruction in dockerfile.instructions if instruction.keyword != "FROM"}
    if len(columns) > 1 or (columns != {1} and len(dockerfile.instructions) < 3):
        for instruction in dockerfile.instructions:
            if instruction.keyword_span.column > 1:
                yield Hit(instruction.keyword_span, f"{instruction.written} is indented")


@rule(
    "WD907",
    "stage-without-space",
    "style",
    covers=("tally/newline-between-instructions",),
    default=False,
    help="put an empty line before FROM",
)
def stage_without_space(stage: Stage) -> Iterator[Hit]:
    """A stage begins right below the one before, without an empty line. Off by default.

    Bad:
        FROM golang:1.27 AS build
        RUN go build -o /app .
        FROM scratch
        COPY --from=build /app /app

    Good:
        FROM golang:1.27 AS build
        RUN go build -o /app .

        FROM scratch
        COPY --from=build /app /app

    Leaves alone: the first stage; comments directly above FROM, where the empty line stands above them.
    """
    if stage.index == 0:
        return
    lines = stage.dockerfile.source.lines
    above = stage.instruction.line - 2
    while lines[above].lstrip().startswith("#"):  # the first stage is above
        above -= 1
    if lines[above].strip():
        yield Hit(stage.instruction.keyword_span, "no empty line above this stage")


@rule(
    "WD908",
    "several-commands-a-line",
    "style",
    covers=("tally/newline-per-chained-call",),
    default=False,
    help="begin a new line before &&",
)
def several_commands_a_line(stage: Stage) -> Iterator[Hit]:
    """Three or more chained commands stand on one line. Off by default: a line for each makes diffs small and errors easy to find.

    Bad:
        RUN cd /tmp && mkdir a && mkdir b

    Good:
        RUN cd /tmp \\
            && mkdir a \\
            && mkdir b

    Leaves alone: two commands on a line, commands inside substitutions and conditions, other operators.
    """
    for run in stage.of("RUN"):
        by_line: dict[int, int] = {}
        for command in run.commands:
            if not command.within and command.wrapper is None and (command.before == "&&" or command.after == "&&"):
                line = command.span.line
                by_line[line] = by_line.get(line, 0) + 1
                if by_line[line] == 3:
                    yield Hit(command.words[0] if command.words else command, "the third command on this line")


# Which frontend the file needs


class Feature(NamedTuple):
    """Something that a Dockerfile frontend understands from 1.`stable` on, in its labs channel from 1.`labs` on."""

    name: str
    stable: int
    labs: int


# Read from the tags dockerfile/1.* of github.com/moby/buildkit: where the option is first parsed, and with which build tags.
_FLAGS: dict[tuple[str, str], Feature] = {
    ("RUN", "mount"): Feature("RUN --mount", 2, 0),
    ("RUN", "network"): Feature("RUN --network", 3, 2),
    ("RUN", "security"): Feature("RUN --security", 20, 2),
    ("RUN", "device"): Feature("RUN --device", 27, 14),
    ("COPY", "chmod"): Feature("COPY --chmod", 2, 2),
    ("ADD", "chmod"): Feature("ADD --chmod", 2, 2),
    ("COPY", "link"): Feature("COPY --link", 4, 4),
    ("ADD", "link"): Feature("ADD --link", 4, 4),
    ("ADD", "checksum"): Feature("ADD --checksum", 6, 5),
    ("ADD", "keep-git-dir"): Feature("ADD --keep-git-dir", 6, 5),
    ("ADD", "unpack"): Feature("ADD --unpack", 17, 17),
    ("COPY", "exclude"): Feature("COPY --exclude", 19, 7),
    ("ADD", "exclude"): Feature("ADD --exclude", 19, 7),
    ("COPY", "parents"): Feature("COPY --parents", 20, 7),
    ("HEALTHCHECK", "start-interval"): Feature("HEALTHCHECK --start-interval", 6, 6),
}
_HEREDOC = Feature("a heredoc", 4, 3)
_SECRET_VARIABLE = Feature("a secret mount's env=", 10, 10)
_SYMBOLIC_MODE = Feature("a symbolic --chmod", 14, 14)
_ONBUILD_FROM = Feature("ONBUILD COPY --from", 11, 11)


def _features(dockerfile: Dockerfile) -> Iterator[tuple[Feature, Located | Span]]:
    """What of newer frontends the file uses, and where."""
    for outer in dockerfile.instructions:
        instruction = outer.trigger or outer
        if instruction.heredocs:
            yield _HEREDOC, instruction.keyword_span
        for flag in instruction.flags:
            feature = _FLAGS.get((instruction.keyword, flag.name))
            if feature is not None:
                yield feature, flag
            if flag.name == "chmod" and flag.value and "$" not in flag.value and not flag.value.isdigit():
                yield _SYMBOLIC_MODE, flag
        for mount in instruction.mounts:
            if mount.type == "secret" and mount.env:
                yield _SECRET_VARIABLE, mount
        if outer.trigger is not None and instruction.keyword == "COPY" and instruction.from_:
            yield _ONBUILD_FROM, instruction.keyword_span


class _Syntax(NamedTuple):
    """The frontend that `# syntax=` chooses: 1.`minor` (None: the newest 1.x), of the labs channel or not."""

    minor: int | None
    labs: bool


def _syntax(dockerfile: Dockerfile) -> _Syntax | None:
    """What the directive says; None where there is none, or another frontend than docker/dockerfile."""
    directive = dockerfile.source.directives.get("syntax")
    if directive is None:
        return None
    name, _, tag = directive.value.partition("@")[0].rpartition(":")
    if name.removeprefix("docker.io/").removeprefix("index.docker.io/") != "docker/dockerfile":
        return None
    version, _, channel = tag.partition("-")
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    if major != "1" or (minor and not minor.isdigit()):
        return None
    return _Syntax(int(minor) if minor else None, channel.startswith(("labs", "experimental")))


@rule("WD920", "newer-than-syntax", "error")
def newer_than_syntax(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The file uses what the frontend of its own `# syntax=` line does not know yet: it does not build.

    An engine with a newer built-in frontend is no help: the directive takes the old one.

    Bad:
        # syntax=docker/dockerfile:1.3
        FROM debian:13-slim
        COPY --link app /app

    Good:
        # syntax=docker/dockerfile:1
        FROM debian:13-slim
        COPY --link app /app

    Leaves alone: `docker/dockerfile:1`, which is the newest; other frontends; the labs channel, where the feature was there first.
    """
    syntax = _syntax(dockerfile)
    if syntax is None or syntax.minor is None:
        return
    seen: set[str] = set()
    for feature, where in _features(dockerfile):
        since = feature.labs if syntax.labs else feature.stable
        if syntax.minor < since and feature.name not in seen:
            seen.add(feature.name)
            channel = f"1.{feature.labs}-labs" if syntax.labs else f"1.{feature.stable}"
            yield Hit(
                where,
                f"{feature.name} needs docker/dockerfile:{channel}, and line 1 takes 1.{syntax.minor}",
                "write # syntax=docker/dockerfile:1",
            )


# Engine 28.0 brought BuildKit 0.20 with the frontend 1.14; what is newer than 1.9 fails on engines before it.
_EVERYWHERE = 9


@rule("WD921", "newer-than-engine", "info", confidence="medium", help="make the first line: # syntax=docker/dockerfile:1")
def newer_than_engine(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The file uses a new feature and has no `# syntax=` line: on an older engine it does not build.

    Without the line BuildKit takes the frontend that it was built with; with it, it fetches the newest 1.x.

    Bad:
        FROM node:24-slim
        COPY --parents packages/*/package.json ./

    Good:
        # syntax=docker/dockerfile:1
        FROM node:24-slim
        COPY --parents packages/*/package.json ./

    Leaves alone: what every engine since 26 knows (heredocs, --mount, --link, --checksum); all but the first of such features.
    """
    if "syntax" in dockerfile.source.directives:
        return
    for feature, where in _features(dockerfile):
        if feature.stable > _EVERYWHERE:
            yield Hit(where, f"{feature.name} needs the Dockerfile frontend 1.{feature.stable}, and nothing asks for it")
            return


_CHANNELS = {
    "experimental": "was the channel of 2018 to 2020; its features are in docker/dockerfile:1",
    "latest": "follows the next major version, too",
    "labs": "changes without notice",
    "master": "is what was merged last",
    "master-labs": "is what was merged last",
}


@rule("WD922", "unstable-syntax", "info", help="write # syntax=docker/dockerfile:1")
def unstable_syntax(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The `# syntax=` line takes an experimental, unreleased or unversioned frontend.

    Bad:
        # syntax=docker/dockerfile:experimental
        FROM debian:13-slim

    Good:
        # syntax=docker/dockerfile:1
        FROM debian:13-slim

    Leaves alone: the labs channel where a feature of it is used (`RUN --device`); digests; other people's frontends.
    """
    directive = dockerfile.source.directives.get("syntax")
    if directive is None or "@" in directive.value:
        return
    name, colon, tag = directive.value.rpartition(":")
    if not colon:
        name, tag = directive.value, "latest"
    if not name.removeprefix("docker.io/").startswith("docker/dockerfile"):
        return
    if tag.endswith("labs") and any(feature.stable > 26 for feature, _ in _features(dockerfile)):
        return
    why = _CHANNELS.get("experimental" if tag.endswith("experimental") else tag)
    if why:
        yield Hit(directive.span, f"the frontend {tag} {why}")
