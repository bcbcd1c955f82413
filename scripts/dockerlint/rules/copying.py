"""WD5xx: what COPY and ADD take from the build context, and what .dockerignore keeps out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import islice
from posixpath import basename, dirname

from dockerlint import packages
from dockerlint.context import Context, has_wildcards
from dockerlint.dockerignore import DockerIgnore, Pattern, clean
from dockerlint.files import (
    STANDARD_FOLDERS,
    absolute,
    bound_from_context,
    copied_from_context,
    destination_of,
    directory_of,
    is_folder,
    is_within,
    known_folder,
    looks_like_file,
    names_folder,
    placed_before,
    placed_by,
    reaches_image,
)
from dockerlint.knowledge.images import works_in_root
from dockerlint.model import Dockerfile, Stage
from dockerlint.packages import Call
from dockerlint.parser import Instruction, Mount
from dockerlint.rules import Hit, rule
from dockerlint.shell import Command
from dockerlint.text import Word
from dockerlint.values import is_mode, lets_in, source_kind

ARCHIVES = (
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tb2", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar.lzma", ".tlz",
    ".tar.z", ".taz", ".gz", ".bz2", ".xz", ".zst", ".lzma",
)  # fmt: skip
"""Names of files that ADD unpacks if a tar archive is in them."""

# How many entries of a context a rule looks at, nearest to the root first.
_LOOK_AT = 2_000


# ADD --------------------------------------------------------------------------------------------------------------------------------


@rule(
    "WD501",
    "add-instead-of-copy",
    "warning",
    covers=(
        "DL3020",
        "DS-0005",
        "CKV_DOCKER_4",
        "kics:add_instead_of_copy",
        "semgrep:prefer-copy-over-add",
        "DF006",
        "EA0002",
        "dockerlint:add",
        "CIS-DI-0009",
    ),
    help="write COPY",
)
def add_instead_of_copy(stage: Stage) -> Iterator[Hit]:
    """ADD where COPY does the same.

    ADD also unpacks tar archives and fetches URLs, depending on what the source happens to be. COPY does one thing, and whoever
    reads it knows which.

    Bad:
        ADD app.py /srv/

    Good:
        COPY app.py /srv/

    Leaves alone: URLs, git repositories, archives that ADD unpacks, `ADD --unpack`, and sources whose name depends on the build.

    Mends (safe or unsafe): writes COPY; unsafe where neither the name nor the context tells that the source is a folder or a text.
    """
    for instruction in _with_triggers(stage, "ADD"):
        sources = [(instruction.expand(word) or word.value).strip("\"'") for word in instruction.sources]
        if not instruction.flag("unpack") and sources and not any(_needs_add(source) for source in sources):
            what = sources[0] if len(sources) == 1 else f"{sources[0]} and {len(sources) - 1} more"
            yield Hit(instruction.keyword_span, f"ADD for {what}, which COPY copies just as well")


def _with_triggers(stage: Stage, *keywords: str) -> Iterator[Instruction]:
    """The stage's instructions of these keywords, those that an ONBUILD holds back included."""
    for instruction in stage.of(*keywords, "ONBUILD"):
        holder = instruction.trigger if instruction.keyword == "ONBUILD" else instruction
        if holder is not None and holder.keyword in keywords:
            yield holder


def _needs_add(source: str) -> bool:
    if source_kind(source) != "local" or source.startswith("$"):
        return True
    name = basename(source).lower()
    return name.endswith((*ARCHIVES, "*")) or "$" in name.rpartition(".")[2]


@rule(
    "WD502",
    "copy-archive-then-extract",
    "info",
    covers=("DL3010", "DF067", "EC0003"),
    help="ADD unpacks it while copying, and the archive itself stays out of the image",
)
def copy_archive_then_extract(stage: Stage) -> Iterator[Hit]:
    """An archive is copied into the image, and a RUN unpacks it.

    The archive stays in its layer, even if the RUN removes it. `ADD archive.tar.gz /target/` unpacks a tar archive of the context
    without storing it; where tar needs options of its own, `RUN --mount=type=bind` lends it to the command.

    Bad:
        COPY app.tar.gz /tmp/
        RUN tar -xzf /tmp/app.tar.gz -C /opt && rm /tmp/app.tar.gz

    Good:
        ADD app.tar.gz /opt/

    Leaves alone: archives that are not unpacked, those from another stage (ADD has no --from), zip files.
    """
    extracting = [command for command in stage.calls("tar") if _extracts(command)]
    if not extracting:
        return
    for instruction, word, source in copied_from_context(stage):
        if instruction.keyword != "COPY" or not source.lower().endswith(ARCHIVES):
            continue
        names = {basename(source)}
        if instruction.destination and not names_folder(instruction.destination.value):
            names.add(basename(instruction.destination.value))
        for command in extracting:
            run = command.instruction
            if run is None or run.line < instruction.line:
                continue
            if any(_may_be(basename(operand.value), name) for operand in command.arguments for name in names):
                help = f"ADD {source} with the folder as destination unpacks it while copying"
                if command.has("--strip-components", "--strip", "--transform", "--xform"):
                    lent = ",target=/context" if has_wildcards(source) else f",source={source},target=/tmp/{basename(source)}"
                    help = f"RUN --mount=type=bind{lent} lends it to tar without storing it"
                yield Hit(word, f"copies {source} into a layer, and line {command.span.line} unpacks it", help)
                break


def _may_be(operand: str, name: str) -> bool:
    """Whether an operand of tar, which may be a pattern, may be the archive of a name, which may be one, too."""
    if has_wildcards(name):
        return has_wildcards(operand) or fnmatchcase(operand, name)
    return operand == name or (operand.endswith(ARCHIVES) and fnmatchcase(name, operand))


def _extracts(command: Command) -> bool:
    first = command.arguments[0].value if command.arguments else ""
    return command.has("-x", "--extract", "--get") or ("x" in first and first.isalpha())


@rule(
    "WD503",
    "add-url-without-checksum",
    "warning",
    covers=("kics:curl_or_wget_instead_of_add", "dockerfilelint:add_src_invalid", "EA0001"),
    help="ADD --checksum=sha256:… makes the build fail when the content is another one",
)
def add_url_without_checksum(stage: Stage) -> Iterator[Hit]:
    """ADD fetches something without saying what it must be.

    Whoever controls the server, or the branch, decides what gets into the image, and two builds of the same Dockerfile differ. With
    `--checksum` BuildKit compares what it got, and need not even ask the server when it has it already. A git repository is named
    with a commit or a tag: `#v1.2` behind the address.

    Bad:
        ADD https://example.com/tool-1.2.tar.gz /opt/

    Good:
        ADD --checksum=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef https://example.com/tool-1.2.tar.gz /opt/

    Leaves alone: `--checksum`, git repositories with a reference, addresses that contain a commit, signatures and lists of checksums;
    stages that verify something afterwards (`gpg --verify`, `cosign verify-blob`, `sha256sum -c`).
    """
    for instruction in stage.of("ADD"):
        if instruction.flag("checksum") or _verifies(stage, instruction.line):
            continue
        for word in instruction.sources:
            source = instruction.expand(word) or word.value
            kind = source_kind(source)
            if kind == "git" and "#" not in source and "?" not in source:
                help = f"name a commit or a tag: {source}#v1.0"
                yield Hit(word, f"ADD of {source} takes whatever its default branch holds on that day", help, severity="info")
            elif kind == "http" and not (_names_commit(source) or _tells_of_change(source) or source.strip("\"'").endswith(_SIGNATURES)):
                by_platform = "$TARGET" in word.raw or "${TARGET" in word.raw
                help = "check it in the next RUN (sha256sum -c): its checksum depends on the platform" if by_platform else ""
                yield Hit(word, f"ADD of {source} takes whatever the server sends", help)


_SIGNATURES = (".asc", ".sig", ".sign", ".sigstore", ".minisig", ".pem", ".sha1", ".sha256", ".sha512", ".sha256sum", ".sha512sum", ".md5")
_VERIFIERS = ("gpg", "gpg2", "gpgv", "cosign", "minisign", "openssl", "sha1sum", "sha256sum", "sha512sum", "b2sum", "shasum", "md5sum")
_VERIFYING = ("verify", "--verify", "-verify", "--check", "-c", "-V", "-sc", "-wc")


def _verifies(stage: Stage, line: int) -> bool:
    """Whether a RUN behind the line compares a signature or a checksum."""
    compared = (command.piped_from for command in stage.calls("grep", "fgrep", "egrep"))
    summed = [command for command in compared if command is not None and command.name.endswith("sum")]
    return any(
        command.instruction is not None
        and command.instruction.line > line
        and (command.name == "gpgv" or command in summed or any(word.value.startswith(_VERIFYING) for word in command.arguments))
        for command in stage.calls(*_VERIFIERS)
    )


def _tells_of_change(url: str) -> bool:
    """Whether an address tells what a branch holds: it is added so that what comes behind it runs again."""
    return re.match(r"https?://api\.github\.com/repos/[^/]+/[^/]+/(git/refs|git/ref|commits|branches)\b", url) is not None


def _names_commit(url: str) -> bool:
    return any(len(part) in (40, 64) and all(char in "0123456789abcdef" for char in part) for part in url.split("/"))


@rule(
    "WD504",
    "prefer-add-unpack",
    "info",
    covers=("tally/prefer-add-unpack",),
    default=False,
    help="ADD --unpack=true --checksum=sha256:… URL DIRECTORY",
)
def prefer_add_unpack(stage: Stage) -> Iterator[Hit]:
    """A RUN downloads an archive and unpacks it.

    `ADD --unpack=true` (Dockerfile 1.17) does both without curl, wget and tar in the image, compares a checksum, and caches the
    download by its content. A matter of taste where those programs are there anyway: off unless selected.

    Bad:
        RUN curl -fsSL https://example.com/tool.tar.gz | tar -xz -C /opt

    Good:
        ADD --unpack=true --checksum=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef \\
            https://example.com/tool.tar.gz /opt/

    Leaves alone: archives of which tar takes only a part or whose paths it changes; addresses that the shell computes.
    """
    for command in stage.calls("tar"):
        if not _extracts(command) or command.has("--strip-components", "--strip", "--transform", "--xform", "--exclude"):
            continue
        fetching = command.piped_from or _fetched_for(command)
        if fetching is None or fetching.name not in ("curl", "wget"):
            continue
        url = next((word for word in fetching.arguments if word.value.startswith(("http://", "https://"))), None)
        if url is not None and "$(" not in url.value and "`" not in url.value:
            yield Hit(fetching, f"{fetching.name} fetches {basename(url.value)} and tar unpacks it: ADD --unpack does both")


def _fetched_for(command: Command) -> Command | None:
    """The curl or wget of the same RUN that wrote the archive which tar reads."""
    assert command.instruction is not None
    read = {basename(word.value) for word in command.arguments} - {""}
    for earlier in command.instruction.commands[: command.index]:
        if earlier.name in ("curl", "wget"):
            written = earlier.option("-o", "--output", "-O", "--output-document") or ""
            last = earlier.arguments[-1].value if earlier.arguments else ""
            if read & {basename(written), basename(last)}:
                return earlier
    return None


@rule(
    "WD505",
    "prefer-add-git",
    "info",
    covers=("tally/prefer-add-git",),
    default=False,
    help="ADD https://HOST/OWNER/REPOSITORY.git#TAG DIRECTORY",
)
def prefer_add_git(stage: Stage) -> Iterator[Hit]:
    """A RUN clones a git repository.

    ADD takes a git address itself: no git in the image, no `.git` in the layer, credentials from a secret (GIT_AUTH_TOKEN), and a
    build that starts again when the reference moves. A matter of taste: off unless selected.

    Bad:
        RUN git clone --depth 1 --branch v1.2 https://github.com/example/tool.git /src

    Good:
        ADD https://github.com/example/tool.git#v1.2 /src

    Leaves alone: a clone that is followed by other git commands, repositories whose address the shell computes.
    """
    for command in stage.calls("git"):
        operands = command.operands(("-b", "--branch", "--depth", "-c", "--config", "-C"))
        if len(operands) < 2 or operands[0].value != "clone" or not operands[1].value.startswith(("http", "git@", "ssh:")):
            continue
        assert command.instruction is not None
        if sum(1 for other in command.instruction.commands if other.name == "git") == 1 and "$(" not in operands[1].value:
            yield Hit(operands[1], f"git clone of {operands[1].value}, which ADD can fetch")


# Destinations -----------------------------------------------------------------------------------------------------------------------


@rule(
    "WD506",
    "copy-many-to-file",
    "error",
    covers=(
        "DL3021", "DS-0011", "kics:copy_with_more_than_two_arguments_not_ending_with_slash", "DF048", "INVALID_DESTINATION",
        "dockerfilelint:add_dest_invalid", "EC0004",
    ),
)  # fmt: skip
def copy_many_to_file(stage: Stage) -> Iterator[Hit]:
    """Several sources go to one name without a slash at its end.

    Where no folder of that name is there yet, BuildKit makes a file of that name from each source in turn: the last one remains, the
    others are lost, and the build says nothing (tried with Docker 28). The classic builder and Podman refuse it.

    Bad:
        COPY package.json package-lock.json /app

    Good:
        COPY package.json package-lock.json /app/

    A pattern as the destination is no pattern but such a name.

    Leaves alone: `.`, folders as the first source, --parents, which makes a folder. Where the folder is known to be there, only a remark:
    it works with BuildKit.

    Mends (safe or unsafe): ends the name with a slash; safe where the folder is known to be there.
    """
    for instruction in stage.of("COPY", "ADD"):
        destination = instruction.destination
        if destination is None or instruction.flag("parents"):
            continue
        written = instruction.expand(destination)
        if written is None or names_folder(written) or written.endswith("\\"):
            continue
        if basename(written) == "*":
            yield Hit(destination, f"{written} is taken as it is written: a file that is called *", f"write {dirname(written)}/")
            continue
        sources = [instruction.expand(word) for word in instruction.sources] + [heredoc.name for heredoc in instruction.heredocs]
        count = len(sources)
        if count == 1 and sources[0] and has_wildcards(sources[0]) and not instruction.from_:
            count = len(stage.dockerfile.context.matches(sources[0]) or ())
        if count < 2:
            continue
        path = destination_of(instruction)
        first = sources[0]
        help = f"write {written}/"
        if instruction.heredocs or (first and is_folder(instruction, first) is False):
            folder = path is not None and known_folder(instruction, path)
        else:
            folder = True
        if folder:
            yield Hit(
                destination,
                f"{count} sources go to {written}; only BuildKit takes that for a folder without a slash",
                help,
                severity="info",
            )
        else:
            yield Hit(
                destination, f"{count} sources go to {written}: unless that is a folder already, only the last one remains, as a file", help
            )


@rule("WD507", "copy-to-relative-path", "warning", covers=("DL3045", "DF063"), help="set WORKDIR before it, or write the absolute path")
def copy_to_relative_path(stage: Stage) -> Iterator[Hit]:
    """A relative destination without a WORKDIR.

    Where the files land is then decided by the base image: `/` in most, and another folder after its next update, maybe.

    Bad:
        FROM python:3.14-slim
        COPY . app

    Good:
        FROM python:3.14-slim
        WORKDIR /app
        COPY . .

    Leaves alone: stages that inherit a WORKDIR from another stage, stages from scratch (there it is `/`), Windows paths. Where the base
    image may well set one, only a remark.
    """
    for instruction in stage.of("COPY", "ADD"):
        destination = instruction.destination
        if (
            destination is None
            or instruction.state.workdir is not None
            or stage.image.family == "windows"
            or stage.root.reference_text == "scratch"
        ):
            continue
        written = instruction.expand(destination)
        if written is None or written.startswith(("/", "~", "\\")) or written[1:2] == ":" or "%" in written:
            continue
        known = _starts_in_root(stage)
        where = "in / here" if known else "wherever the base image's WORKDIR is"
        yield Hit(destination, f"{written or '.'} is relative and no WORKDIR is set: it lands {where}", severity="" if known else "info")
        return  # one WORKDIR mends them all


def _starts_in_root(stage: Stage) -> bool:
    """Whether the base image is one that is known, and known to set no WORKDIR."""
    return stage.image.family != "" and stage.reference is not None and works_in_root(stage.reference)


def _is_new(instruction: Instruction, folder: str) -> bool:
    """Whether a folder is certainly not there before a COPY: one of its own in the root of a plain image."""
    stage, top = instruction.stage, "/" + folder.split("/")[1]
    image = stage.reference
    plain = (
        image is not None and (image.name in ("debian", "ubuntu", "alpine") or stage.image.language != "") and image.registry == "docker.io"
    )
    scratch = stage.root.reference_text == "scratch"
    if not (scratch or plain) or (
        not scratch and (top in STANDARD_FOLDERS or top in ("/lib64", "/boot", "/dev", "/proc", "/sys", "/media"))
    ):
        return False
    return not known_folder(instruction, folder) and not any(top in word.value for command in stage.commands for word in command.arguments)


@rule(
    "WD522",
    "copy-chmod-closes-folder",
    "warning",
    help="--chmod=u=rwX,go=rX sets x on folders only (Dockerfile 1.14); or make the folder first",
)
def copy_chmod_closes_folder(stage: Stage) -> Iterator[Hit]:
    """COPY --chmod with a mode for files, and folders get it, too.

    An octal mode is also the mode of every folder that is copied, and of those that the COPY makes on the way (tried with Docker 28:
    `COPY --chmod=644 app.conf /config/` makes /config 0644). A symbolic mode is that of the folders in the one that is copied. Without
    its x nobody but root can open what is in it.

    Bad:
        COPY --chmod=644 app.conf /config/app.conf

    Good:
        COPY --chmod=u=rw,go=r app.conf /config/app.conf

    Leaves alone: modes with x, or with `X` (on folders only); a --chown to a user who may open it; folders that a later chmod opens;
    destinations in folders that are there already; files from elsewhere that are not known to be folders. Where the container runs as
    root, only a remark.
    """
    for instruction in stage.of("COPY", "ADD"):
        flag = instruction.flag("chmod")
        mode = instruction.expand(flag.value) if flag is not None and flag.value else None
        target = destination_of(instruction)
        if flag is None or mode is None or target is None or not is_mode(mode) or len(mode) < 3 or lets_in(mode, "o"):
            continue
        if instruction.flag("chown") and lets_in(mode, "u"):
            continue
        sources = [instruction.expand(word) for word in instruction.sources]
        written = instruction.expand(instruction.destination) or "" if instruction.destination else ""
        folder = next((source for source in sources if source and is_folder(instruction, source)), None)
        made = target if names_folder(written) else dirname(target)
        severity = "info" if stage.end.user is None or stage.end.user.partition(":")[0] in ("0", "root") else ""
        if any(_opens(command, target if folder else made) for command in stage.calls("chmod")):
            continue
        if folder and not mode.isdigit():
            if any(inner for path, inner in _entries_of(instruction, folder) if not instruction.from_):
                yield Hit(
                    flag,
                    f"--chmod={mode} is also the mode of the folders in {folder}, which nobody but root can open then",
                    severity=severity,
                )
        elif folder:
            yield Hit(
                flag,
                f"--chmod={mode} is also the mode of {folder} and the folders in it, which nobody but root can open then",
                severity=severity,
            )
        elif mode.isdigit() and _is_new(instruction, made):
            yield Hit(
                flag,
                f"--chmod={mode} is also the mode of {made}, which this {instruction.keyword} makes: nobody but root can open it then",
                severity=severity,
                confidence="medium",
            )


def _opens(command: Command, folder: str) -> bool:
    """Whether a chmod gives all users the x of a folder: it is named, or one above it with -R."""
    mode, *paths = (word.value for word in command.operands()) if command.operands() else ("",)
    if not is_mode(mode) or not lets_in(mode, "o", opened=False):
        return False
    named = [path for word in paths if (path := absolute(word, directory_of(command))) is not None]
    return folder in named or (command.has("-R", "--recursive") and any(is_within(folder, path) for path in named))


@rule("WD523", "copy-above-context", "warning")
def copy_above_context(stage: Stage) -> Iterator[Hit]:
    """A source with more `..` than folders to leave.

    There is nothing above the context, nor above the root of a stage or an image: BuildKit leaves such a `..` out (tried with Docker 28;
    the builder before it stopped). What was meant is not found, or something else of that name is copied. What lies beside the context
    needs a context above both (`docker build -f app/Dockerfile ..`) or a second one (`--build-context`).

    Bad:
        COPY ../lib /src/lib

    Good:
        COPY --from=lib . /src/lib
        # docker build --build-context lib=../lib .

    Leaves alone: `..` that stays inside, and behind a variable.

    Mends (safe): writes the source as BuildKit reads it.
    """
    for instruction in stage.of("COPY", "ADD"):
        for word in instruction.sources:
            if source_kind(word.value) == "local" and _leaves(word.value):
                yield Hit(word, *_below(word.value, instruction.from_))
    for run in stage.of("RUN"):
        for mount in run.mounts:
            if mount.type == "bind" and _leaves(mount.source):
                yield Hit(mount, *_below(mount.source, mount.from_))


def _leaves(path: str) -> bool:
    """Whether a path goes above where it begins."""
    if ".." not in path or "\\" in path:
        return False
    depth = 0
    for part in path.split("/"):
        if "$" in part:
            return False
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def _below(path: str, place: str) -> tuple[str, str]:
    meant = clean("/" + path)[1:] + "/" * path.endswith("/")
    meant = "." if meant in ("", "/") else meant
    return f"{path} is {meant}: nothing is above the root of {place or 'the context'}", f"write {meant}"


# What .dockerignore keeps out -------------------------------------------------------------------------------------------------------


@rule("WD508", "copy-ignored-file", "error", covers=("CopyIgnoredFile",))
def copy_ignored_file(stage: Stage) -> Iterator[Hit]:
    """The source is kept out of the build context by .dockerignore.

    The build then says that the file is not found although it is there. A pattern of wildcards that is kept out copies nothing, without
    a word.

    Bad:
        COPY dist/ /app/
        # .dockerignore: dist

    Good:
        COPY dist/ /app/

    Leaves alone: a folder in which an exception (`!…`) of the .dockerignore brings something back.
    """
    context = stage.dockerfile.context
    if not stage.of("COPY", "ADD", "RUN") or not context.ignore:
        return
    name = _name_of(context.ignore_file)
    for instruction, word, source in copied_from_context(stage):
        if (pattern := _kept_out(context, source, instruction)) is None:
            continue
        if clean("/" + source) == "/":
            message = f"{source} copies nothing: line {pattern.line} of {name} ({pattern.written}) keeps everything out"
        elif has_wildcards(source):
            message = f"{source} copies nothing: line {pattern.line} of {name} ({pattern.written}) keeps it out of the build"
        else:
            message = f"{source} will not be found: line {pattern.line} of {name} ({pattern.written}) keeps it out of the build"
        wanted = clean("/" + source)[1:] or "src"
        yield Hit(word, message, f"remove that line, or add !{wanted} behind it", "warning" if has_wildcards(source) else "")
    for instruction, mount in bound_from_context(stage):
        pattern = _kept_out(context, mount.source, instruction)
        if pattern is not None:
            path = clean("/" + mount.source)[1:]
            what = "will not be found" if path else "lends nothing"
            kept = "it out of the build" if path else "everything out"
            message = f"{mount.source} {what}: line {pattern.line} of {name} ({pattern.written}) keeps {kept}"
            yield Hit(mount, message, f"remove that line, or add !{path or 'src'} behind it")


def _kept_out(context: Context, source: str, instruction: Instruction) -> Pattern | None:
    """The pattern that leaves nothing of a source for the build."""
    path = clean("/" + source.replace("/./", "/"))[1:]
    if not path:
        return context.ignore.keeps_everything_out()
    pattern = context.ignoring(path)
    if has_wildcards(source):
        if instruction.flag("parents") and "**" in path:  # at any depth: only a folder above keeps all of it out
            pattern = context.ignoring(path.partition("**")[0].rpartition("/")[0])
        elif matches := context.matches(source):
            patterns = [context.ignoring(match) for match in matches if not context.sent(match)]
            return patterns[0] if len(patterns) == len(matches) else None
        return None if context.ignore.exceptions else pattern
    if context.exists(path) and not context.is_folder(path):
        return pattern
    return None if context.ignore.may_return_inside(path) else pattern


def _name_of(ignore_file: str | None) -> str:
    return basename(ignore_file or ".dockerignore")


@rule(
    "WD509",
    "dockerignore-missing",
    "info",
    covers=("DF033",),
    help="begin with **/.git, **/node_modules, **/.venv, **/.env* and what the build makes",
)
def dockerignore_missing(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The whole context is copied, and there is no .dockerignore.

    Everything in the folder is sent to the builder and compared with the cache: `.git`, local dependencies, editors' files, secrets.
    Whatever changes among it makes the COPY, and all that follows, run again.

    Bad:
        COPY . /app
        # in the context: src/app.py

    Good:
        COPY src/ /app/
        # in the context: src/app.py

    Leaves alone: contexts that are not known, and those that hold nothing but Dockerfiles.
    """
    context = dockerfile.context
    for stage in dockerfile.stages:
        for instruction, word, source in _folders_copied(stage):
            if clean("/" + source) != "/" or not stage.reaches_target:
                continue
            if context.ignore_file is None and not instruction.flag("exclude") and _has_project(context):
                yield Hit(word, f"{instruction.keyword} {source} takes the whole context, and no .dockerignore keeps anything out of it")
            return


def _has_project(context: Context) -> bool:
    """Whether there is anything in the context besides what belongs to Docker."""
    return context.given or any(
        not any(part in path.lower() for part in ("dockerfile", "containerfile", "compose", ".dockerignore", "readme"))
        for path, _ in islice(context.entries(), 200)
    )


@rule("WD510", "copy-whole-context", "info", covers=("DF007",), confidence="low", help="copy what the image needs by name")
def copy_whole_context(stage: Stage) -> Iterator[Hit]:
    """The final image gets the whole context.

    Tests, documentation, the Dockerfile and whatever comes later are in the image, too. Where a .dockerignore lists what is wanted
    (`*`, then `!src`), this is fine.

    Bad:
        WORKDIR /app
        COPY . .

    Good:
        WORKDIR /app
        COPY src/ ./src/

    Leaves alone: stages that do not ship, contexts whose .dockerignore is a list of exceptions, `COPY --exclude`.
    """
    if not stage.ships:
        return
    for instruction, word, source in _folders_copied(stage):
        if clean("/" + source) == "/" and not instruction.flag("exclude"):
            ignore = stage.dockerfile.context.ignore
            if not (ignore.exceptions and any(pattern.everything for pattern in ignore.patterns)):
                yield Hit(word, f"{instruction.keyword} {source} puts everything of the context into the image")


def _folders_copied(stage: Stage) -> Iterator[tuple[Instruction, Word, str]]:
    """The folders of the context that the stage copies: (instruction, word, path); the root is ".", however it is written."""
    for instruction, word, source in copied_from_context(stage):
        if is_folder(instruction, source) and not has_wildcards(source):
            yield instruction, word, source


def _entries_of(instruction: Instruction, source: str) -> Iterator[tuple[str, bool]]:
    """What of the context a folder source brings into the image: (path in the context, whether it is a folder)."""
    prefix = clean("/" + source)[1:]
    prefix = f"{prefix}/" if prefix else ""
    excluded = _excluded(instruction)
    for path, folder in islice(instruction.stage.dockerfile.context.entries(), _LOOK_AT):
        if path.startswith(prefix) and not (excluded and excluded.ignored(path[len(prefix) :])):
            yield path, folder


def _excluded(instruction: Instruction) -> DockerIgnore | None:
    patterns = [flag.value or "" for flag in instruction.flags if flag.name == "exclude"]
    return DockerIgnore("\n".join(patterns)) if patterns else None


# Folders whose credentials are meant to be seen.
_FOR_TESTS = frozenset(
    "test tests testing testdata fixtures fixture examples example samples spec specs docs doc vendor node_modules mocks __tests__"
    " e2e".split()
)


# What most files of a project end with, none of which is a place for credentials.
_NO_CREDENTIALS = (
    ".py", ".js", ".ts", ".tsx", ".jsx", ".go", ".rs", ".java", ".kt", ".rb", ".php", ".c", ".h", ".cpp", ".cs", ".md", ".txt", ".html",
    ".css", ".scss", ".svg", ".png", ".jpg", ".sh", ".sql", ".vue", ".lock", ".map", ".pyc", ".class", ".R", ".ps1",
)  # fmt: skip


@rule(
    "WD511",
    "context-secret-copied",
    "warning",
    help="keep it out with .dockerignore, and give it to the container when it runs, or to a RUN as --mount=type=secret",
)
def context_secret_copied(stage: Stage) -> Iterator[Hit]:
    """A folder is copied into the image, and a file with credentials is in it.

    Everybody who can pull the image can read it, in whatever layer it is, removed later or not.

    Bad:
        COPY . /app
        # in the context: .env

    Good:
        COPY src/ /app/

    Leaves alone: what .dockerignore or `--exclude` keeps out, examples and templates, files for tests, stages whose files do not ship;
    a file that may hold a credential but does not.
    """
    from dockerlint.knowledge.credentials import credential_file, held_in

    context = stage.dockerfile.context
    for instruction, word, source in _folders_copied(stage) if context.known else ():
        target = destination_of(instruction)
        if not (stage.ships or (target is not None and reaches_image(stage, target))):
            continue
        found: list[str] = []
        worst = "info"
        for path, folder in _entries_of(instruction, source):
            if folder or path.endswith(_NO_CREDENTIALS):
                continue
            kind = credential_file(path)
            if kind is None or not _FOR_TESTS.isdisjoint(path.lower().split("/")):
                continue
            held = held_in(context.read(path) or "", path)
            if held or kind.sure:
                found.append(f"{path} ({held or kind.kind})")
                worst = "error" if held else "warning" if worst == "info" else worst
            elif basename(path) == ".env":
                found.append(f"{path} ({kind.kind})")
        if found:
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            yield Hit(word, f"{source} brings {', '.join(found[:3])}{more} into the image", severity=worst)


_CLUTTER = {
    ".git": "the whole history",
    ".hg": "the whole history",
    ".svn": "the whole history",
    ".venv": "a virtual environment of the host",
    "venv": "a virtual environment of the host",
    ".terraform": "Terraform's working files",
    ".tox": "test environments",
    ".nox": "test environments",
    ".gradle": "Gradle's caches",
}


@rule("WD512", "context-clutter-copied", "warning")
def context_clutter_copied(stage: Stage) -> Iterator[Hit]:
    """The context's `.git`, or another folder that no program needs to run, is copied into the image.

    `.git` is often larger than the program, has every file that was ever removed from it, and changes with each commit, so the
    layer can never come from the cache.

    Bad:
        COPY . /app
        # in the context: .git/HEAD

    Good:
        COPY src/ /app/

    Leaves alone: what .dockerignore or `--exclude` keeps out; stages whose files do not ship (a build may ask git for its version).
    """
    context = stage.dockerfile.context
    for instruction, word, source in _folders_copied(stage) if context.known else ():
        target = destination_of(instruction)
        if not (stage.ships or (target is not None and reaches_image(stage, target))):
            continue
        excluded = _excluded(instruction)
        paths = {name: clean(f"/{source}/{name}")[1:] for name in _CLUTTER if not (excluded and excluded.ignored(name))}
        found = [name for name, path in paths.items() if context.is_folder(path) and context.sent(path)]
        if found:
            what = f"{paths[found[0]]} ({_CLUTTER[found[0]]})" + "".join(f", {paths[name]}" for name in found[1:])
            names = ", ".join(f"**/{name}" for name in found)
            yield Hit(word, f"{source} brings {what} into the image", f"add to .dockerignore: {names}")


# What package managers make beside their manifest, and what that manifest may be called.
_MADE_BESIDE = {"node_modules": ("package.json",), ".venv": ("pyproject.toml", "requirements.txt"), "vendor": ("composer.json",)}


@rule("WD513", "host-dependencies-copied", "warning", help="add it to .dockerignore, as **/NAME")
def host_dependencies_copied(stage: Stage) -> Iterator[Hit]:
    """The host's dependencies are copied over those that were installed in the image.

    `COPY . .` after `npm ci`, or after a COPY of what another stage installed, also copies the `node_modules` of whoever builds:
    packages for another platform and another version of Node.js, development tools included, laid over what the lock file says. On a
    fresh checkout nothing happens, so CI never sees it.

    Bad:
        FROM node:24-slim
        WORKDIR /app
        COPY package.json package-lock.json ./
        RUN npm ci
        COPY . .
        # in the context: package.json

    Good:
        FROM node:24-slim
        WORKDIR /app
        COPY package.json package-lock.json ./
        RUN npm ci
        COPY src/ ./src/

    Leaves alone: what .dockerignore or `--exclude` keeps out; an `npm ci` behind it, which begins anew; contexts that are not known.
    """
    context = stage.dockerfile.context
    for instruction, word, source in _folders_copied(stage) if context.known else ():
        target = destination_of(instruction)
        if target is None:
            continue
        excluded = _excluded(instruction)
        for placed in placed_before(instruction):
            name = basename(placed.path)
            manifests = _MADE_BESIDE.get(name)
            brought = bool(placed.instruction.from_)  # from the stage that installed them
            if manifests is None or not (brought or placed.instruction.keyword == "RUN") or not is_within(placed.path, target):
                continue
            inside = placed.path[len(target) :].lstrip("/")
            host = clean(f"{source}/{inside}").lstrip("/")
            if (
                context.ignored(host)
                or (excluded and excluded.ignored(inside))
                or not any(context.exists(f"{dirname(host)}/{manifest}") for manifest in manifests)
            ):
                continue
            if _made_anew(stage, instruction, placed.path) or (name == "vendor" and context.exists(host)):
                continue
            where = f"line {placed.instruction.line} {'brought' if brought else 'made'}"
            yield Hit(word, f"{source} brings the host's {host} over the one that {where}", f"add **/{name} to .dockerignore")
            break


def _made_anew(stage: Stage, copy: Instruction, path: str) -> bool:
    """Whether a clean install behind the copy replaces what stands at the path."""
    for run in stage.of("RUN"):
        if run.line > copy.line and any(placed.path == path for placed in placed_by(run)):
            for command in run.commands:
                call = packages.read(command)
                if call and call.verb in ("ci", "clean-install"):
                    return True
    return False


# Modes with a set-group-ID or sticky bit: they are meant for folders.
_OF_FOLDERS = re.compile(r"=?[1-3][0-7]{3}|.*[ts].*")


@rule("WD514", "copy-then-chmod", "info", covers=("tally/prefer-copy-chmod",))
def copy_then_chmod(stage: Stage) -> Iterator[Hit]:
    """A file is copied, and a RUN then changes its mode.

    The file is stored twice, once for each layer. `COPY --chmod` sets the mode at once (octal since Dockerfile 1.2, `+x` and the like
    since 1.14).

    Bad:
        COPY entrypoint.sh /usr/local/bin/
        RUN chmod +x /usr/local/bin/entrypoint.sh

    Good:
        COPY --chmod=755 entrypoint.sh /usr/local/bin/

    Leaves alone: files that a RUN made, modes and paths that the shell computes, stages that do not ship, a mode that is set among other
    changes to the same file.

    Mends (safe or unsafe): writes COPY --chmod and leaves the chmod out, where one COPY brings just this file; unsafe for `+x`, of
    which the mode before is a guess.
    """
    if not stage.ships:
        return
    calls = stage.calls("chmod")
    if not calls:
        return
    placed = {item.path: item.instruction for instruction in stage.of("COPY", "ADD") for item in placed_by(instruction)}
    folders = {
        item.path for instruction in stage.of("COPY", "ADD") for item in placed_by(instruction) if item.bulk and not item.instruction.from_
    }
    for command in calls:
        operands = command.operands(("--reference",))
        run = command.instruction
        if len(operands) < 2 or run is None or not operands[0].literal or command.has("-R", "--recursive"):
            continue
        copied: list[tuple[Word, Instruction]] = []
        for operand in operands[1:]:
            path = absolute(operand.value, directory_of(command)) if operand.literal else None
            copy = placed.get(path) if path else None
            if copy is None or path is None or path in folders or known_folder(run, path) or _OF_FOLDERS.fullmatch(operands[0].value):
                continue
            if copy.line < run.line and not _touched_otherwise(run, operand):
                copied.append((operand, copy))
        if copied:
            operand, copy = copied[0]
            mode = operands[0].value
            octal = {"+x": "755", "a+x": "755", "u+x": "744"}.get(mode, mode)
            more = f" and {len(copied) - 1} more" if len(copied) > 1 else ""
            it = "them" if more else "it"
            yield Hit(
                operand,
                f"chmod of {operand.value}{more}, which line {copy.line} copies, stores {it} a second time",
                f"{copy.keyword} --chmod={octal} in line {copy.line}",
            )


def _touched_otherwise(run: Instruction, operand: Word) -> bool:
    """Whether the same RUN changes the file in another way (sed -i, dos2unix, chown): then it is stored twice in any case."""
    return any(
        command.name in ("sed", "dos2unix", "perl", "mv", "envsubst", "patch", "chown", "ln")
        and any(word.value == operand.value for word in command.arguments)
        for command in run.commands
    )


@rule("WD515", "prefer-copy-heredoc", "style", covers=("tally/prefer-copy-heredoc",), default=False, help="COPY <<EOF PATH")
def prefer_copy_heredoc(stage: Stage) -> Iterator[Hit]:
    """A RUN does nothing but write a text to a file.

    A heredoc shows the file as it will be, without the quoting of a shell. A matter of taste: off unless selected.

    Bad:
        RUN echo "listen 8080" > /etc/app.conf

    Good:
        COPY <<EOF /etc/app.conf
        listen 8080
        EOF

    Leaves alone: texts with variables or substitutions, `>>`, RUNs that do anything else.
    """
    for instruction in stage.of("RUN"):
        if len(instruction.commands) == 1 and instruction.commands[0].name in ("echo", "printf"):
            command = instruction.commands[0]
            for redirect in command.redirects if all(word.literal for word in command.words) else ():
                target = redirect.target.value
                if redirect.operator == ">" and redirect.fd in ("", "1") and target.startswith("/") and not target.startswith("/dev/"):
                    yield Hit(redirect.target, f"{command.name} writes {target}: a heredoc shows the file as it will be")


@rule(
    "WD516",
    "onbuild-copy",
    "info",
    covers=("dockerlint:onbuild_copyadd",),
    default=False,
    help="write the COPY in the Dockerfiles that are built on this image",
)
def onbuild_copy(stage: Stage) -> Iterator[Hit]:
    """ONBUILD COPY or ADD.

    It runs in somebody else's build, with a context that this Dockerfile knows nothing of, and nobody sees it there. Images that
    exist to be built upon may want exactly that: off unless selected.

    Bad:
        ONBUILD COPY . /app

    Good:
        COPY . /app
    """
    for instruction in stage.of("ONBUILD"):
        trigger = instruction.trigger
        if trigger is not None and trigger.keyword in ("COPY", "ADD"):
            what = " ".join(word.value for word in trigger.sources)
            yield Hit(trigger.keyword_span, f"ONBUILD {trigger.keyword} {what} needs a context that this file does not know")


# The folders and kinds of files that something outside the Dockerfile makes before the build.
_OUTPUT_FOLDERS = frozenset(
    "target build dist out bin obj publish release releases artifacts artifact public output node_modules .next .output vendor pkg"
    " _build generated coverage package packages deploy tmp temp secrets certs ssl keys logs data libs deps cache .cache bazel-bin"
    " result binaries static assets".split()
)
_OUTPUT_SUFFIXES = (
    ".jar", ".war", ".ear", ".whl", ".deb", ".rpm", ".apk", ".tgz", ".gz", ".tar", ".zip", ".xz", ".bz2", ".exe", ".so", ".bin",
    ".dll", ".pem", ".crt", ".key", ".env", ".p12", ".jks", ".db", ".sqlite", ".wasm", ".onnx", ".pt", ".cer", ".iso", ".img",
    ".min.js", ".pub", ".7z",
)  # fmt: skip


# Things that are there in a working copy, and not in every copy of it.
_NOT_LOOKED_FOR = frozenset((".git", ".env", ".npmrc", ".dockerignore", ".gitignore"))


@rule("WD517", "copy-source-missing", "error", confidence="medium")
def copy_source_missing(stage: Stage) -> Iterator[Hit]:
    """The context has no such file.

    The build fails there. Only told where the context is certain: it was given, or other things that this Dockerfile copies are in it.

    Bad:
        COPY app.py requirement.txt /app/
        # in the context: app.py requirements.txt

    Good:
        COPY app.py requirements.txt /app/
        # in the context: app.py requirements.txt

    Leaves alone: what is usually made before the build (`dist/`, `target/*.jar`), what .gitignore names, wildcards. It is a warning where
    the context is only inferred, and of low confidence where a wildcard finds nothing there, either.
    """
    context = stage.dockerfile.context
    if not context.known or not context.sure:
        return
    severity = "" if context.given else "warning"
    wanted: list[tuple[Word | Mount, str]] = [(word, source) for _, word, source in copied_from_context(stage)]
    elsewhere = any(has_wildcards(source) and context.matches(source) == [] for _, source in wanted)
    wanted += [(mount, mount.source) for _, mount in bound_from_context(stage)]
    for place, source in wanted:
        path = clean("/" + source.replace("/./", "/"))[1:]
        if (
            has_wildcards(source)
            or context.exists(path) is not False
            or context.ignored(path)
            or "\\" in path
            or basename(path) in _NOT_LOOKED_FOR
        ):
            continue
        other = _spelled_otherwise(context, path)
        sure = (
            looks_like_file(source) and not _is_made(context, path) and context.complete_enough and context.is_folder(dirname(path))
        )
        if other:
            yield Hit(place, f"the context has no {source}, but it has {other}", f"write {other}", severity)
        else:
            yield Hit(
                place,
                f"the context has no {source}",
                "paths are relative to the context's root, not to the Dockerfile",
                severity,
                "" if sure and not elsewhere else "low",
            )


def _is_made(context: Context, path: str) -> bool:
    parts = path.lower().split("/")
    if not _OUTPUT_FOLDERS.isdisjoint(parts) or path.lower().endswith(_OUTPUT_SUFFIXES) or parts[-1].startswith(".env"):
        return True
    for folder in {"", *("/".join(path.split("/")[:depth]) + "/" for depth in range(1, len(parts)))}:
        for line in (context.read(folder + ".gitignore") or "").splitlines():
            pattern = "" if line.startswith("#") else line.strip().strip("/").rpartition("/")[2].lower()
            if pattern in parts or (pattern.startswith("*.") and parts[-1].endswith(pattern[1:])):
                return True
    return False


def _spelled_otherwise(context: Context, path: str) -> str:
    """A path of the context that differs in case, or by one or two letters in the last name; "" where there is none."""
    from dockerlint.model import closest

    folder, name = dirname(path), basename(path)
    siblings = context.matches(f"{folder}/*" if folder else "*") or []
    names = [basename(sibling) for sibling in siblings]
    same = [sibling for sibling in siblings if basename(sibling).lower() == name.lower()]
    if same:
        return same[0]
    best = (
        closest(
            name, [other for other in names if other.rpartition(".")[2] == name.rpartition(".")[2] and abs(len(other) - len(name)) <= 1]
        )
        if len(name) > 5
        else ""
    )
    return f"{folder}/{best}".lstrip("/") if best else ""


# What a build needs of what is ignored ------------------------------------------------------------------------------------------------

# Manifests and lock files that a call of a package manager cannot do without: (manager, verb, a flag it needs for that) -> names.
_NEEDS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    ("npm", ("ci", "clean-install"), (), ("package-lock.json", "npm-shrinkwrap.json")),
    ("npm", ("install", "i", "ci"), (), ("package.json",)),
    ("yarn", ("install", ""), (), ("package.json",)),
    ("yarn", ("install", ""), ("--frozen-lockfile", "--immutable"), ("yarn.lock",)),
    ("pnpm", ("install", "i"), (), ("package.json",)),
    ("pnpm", ("install", "i"), ("--frozen-lockfile",), ("pnpm-lock.yaml",)),
    ("uv", ("sync",), ("--locked", "--frozen"), ("uv.lock",)),
    ("uv", ("sync",), (), ("pyproject.toml",)),
    ("poetry", ("install",), (), ("pyproject.toml",)),
    ("go", ("build", "install", "mod download", "test"), (), ("go.mod",)),
    ("go", ("build", "install", "mod download", "test"), (), ("go.sum",)),
    ("cargo", ("build", "install", "test"), (), ("Cargo.toml",)),
    ("cargo", ("build", "install", "test"), ("--locked", "--frozen"), ("Cargo.lock",)),
    ("composer", ("install",), (), ("composer.json",)),
    ("bundler", ("install",), (), ("Gemfile",)),
    ("maven", ("package", "install", "verify", "compile"), (), ("pom.xml",)),
)  # fmt: skip


@rule("WD518", "dockerignore-drops-needed-file", "error")
def dockerignore_drops_needed_file(stage: Stage) -> Iterator[Hit]:
    """.dockerignore keeps out a file that a command of this build cannot do without.

    `*.md` takes the README that pyproject.toml names, `*.txt` takes requirements.txt, `*lock*` the lock file: the file is there,
    the folder is copied, and the command does not find it.

    Bad:
        FROM python:3.14-slim
        WORKDIR /app
        COPY . .
        RUN pip install -r requirements.txt
        # .dockerignore: *.txt
        # in the context: requirements.txt

    Good:
        FROM python:3.14-slim
        WORKDIR /app
        COPY . .
        RUN pip install -r requirements.txt

    Leaves alone: files that are not in the context, or come from elsewhere; contexts without a .dockerignore.
    """
    context = stage.dockerfile.context
    if not context.known or not context.ignore:
        return
    copied = [
        (instruction, source, target)
        for instruction, _, source in _folders_copied(stage)
        if (target := destination_of(instruction)) is not None
    ]
    for run in stage.of("RUN") if copied else ():
        if any(mount.type == "bind" for mount in run.mounts):
            continue
        for command in run.commands:
            call = packages.read(command)
            if call is None or (directory := directory_of(command)) is None:
                continue
            for path, why in _needed(call, directory, context, copied, run):
                pattern = context.ignoring(path)
                if pattern is not None and context.exists(path) and not _comes_otherwise(stage, run, basename(path), copied):
                    name = _name_of(context.ignore_file)
                    message = f"{why}, but line {pattern.line} of {name} ({pattern.written}) keeps it out of the build"
                    yield Hit(call.where, message, f"add !{path} behind that line")


Copies = list[tuple[Instruction, str, str]]


def _needed(call: Call, directory: str, context: Context, copied: Copies, run: Instruction) -> Iterator[tuple[str, str]]:
    """The files of the context that a call cannot do without, each with the reason."""
    command = call.command
    said = f"{command.name} {call.verb}".rstrip()
    for manager, verbs, flags, names in _NEEDS:
        if (
            call.manager.name == manager
            and call.verb in verbs
            and (not flags or command.has(*flags))
            and (not call.packages or call.action == "build")
        ):
            paths = [path for name in names for path in _in_context(f"{directory}/{name}", copied, run) if context.exists(path)]
            if paths and not any(context.sent(path) for path in paths):
                yield paths[0], f"{said} needs {paths[0]}"
    if call.manager.name in ("pip", "uv"):
        for flag in ("-r", "--requirement", "-c", "--constraint"):
            value = command.option(flag)
            target = absolute(value, directory) if value else None
            for path in _in_context(target, copied, run) if target else ():
                yield path, f"{said} reads {path}"
    if call.manager.name in ("pip", "uv", "poetry") and _builds_project(call):
        for manifest in _in_context(f"{directory}/pyproject.toml", copied, run):
            for named, key in _named_in_pyproject(context.read(manifest) or ""):
                path = clean(f"{dirname(manifest) or '.'}/{named}")
                yield path, f"{said} builds the project, whose pyproject.toml names {named} as {key}"


def _builds_project(call: Call) -> bool:
    command = call.command
    if call.manager.name == "poetry":
        return call.verb == "install" and not command.has("--no-root")
    if call.verb == "sync":
        return not command.has("--no-install-project", "--no-install-workspace")
    return any(word.value in (".", "./") or word.value.startswith(".[") for word in command.arguments) and call.action in (
        "install",
        "restore",
        "build",
    )


def _in_context(path: str, copied: Copies, run: Instruction) -> Iterator[str]:
    """The path in the context of what a folder copy before `run` puts at a path of the image."""
    for instruction, source, target in copied:
        if instruction.line < run.line and is_within(clean(path), target):
            inside = clean(path)[len(target) :].lstrip("/")
            excluded = _excluded(instruction)
            if not (excluded and excluded.ignored(inside)):
                yield clean(f"{source}/{inside}").lstrip("/")
                return


def _comes_otherwise(stage: Stage, run: Instruction, name: str, copied: Copies) -> bool:
    """Whether another instruction before may bring or make a file of that name."""
    folders = [folder for _, _, folder in copied]
    for earlier in stage.instructions:
        if earlier is run:
            break
        if earlier.keyword in ("COPY", "ADD") and (earlier.from_ or earlier.heredocs):
            target = destination_of(earlier)
            if target is None or any(is_within(target, folder) or is_within(folder, target) for folder in folders):
                return True
        if earlier.keyword == "RUN" and any(
            name in word.value for command in earlier.commands for word in (*command.arguments, *(r.target for r in command.redirects))
        ):
            return True
    return any(redirect.target.value.endswith(name) for command in run.commands for redirect in command.redirects)


def _named_in_pyproject(text: str) -> Iterator[tuple[str, str]]:
    """Files that a pyproject.toml names and a build backend reads, each with the key that names it."""
    if "readme" not in text and "license" not in text:
        return
    from tomllib import TOMLDecodeError, loads

    try:
        tables = loads(text)
    except TOMLDecodeError:
        return
    project = tables.get("project")
    poetry = tables.get("tool", {}).get("poetry") if isinstance(tables.get("tool"), dict) else None
    for table in (project, poetry):
        if isinstance(table, dict):
            readme = table.get("readme")
            readme = readme.get("file") if isinstance(readme, dict) else readme
            licence = table.get("license")
            licence = licence.get("file") if isinstance(licence, dict) else None
            for value, key in ((readme, "readme"), (licence, "license")):
                if isinstance(value, str):
                    yield value, key


# Names that are as unwelcome in a nested folder as in the root.
_ANYWHERE = frozenset(
    "node_modules __pycache__ .venv venv .env .env.* .git .DS_Store *.pyc *.log .pytest_cache .mypy_cache .ruff_cache .next .idea"
    " .vscode".split()
)
_SHOWN = (".example", ".sample", ".template", ".dist", ".md")


@rule("WD519", "dockerignore-matches-only-root", "info")
def dockerignore_matches_only_root(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A pattern of .dockerignore that misses nested folders.

    Other than in .gitignore, a name without `**/` is looked for in the context's root only.

    Bad:
        COPY . /app
        # .dockerignore: node_modules
        # in the context: apps/web/node_modules/x.js

    Good:
        COPY . /app
        # .dockerignore: **/node_modules
        # in the context: apps/web/node_modules/x.js

    Leaves alone: patterns with a folder in them, names that may be wanted elsewhere, contexts without such a nested file.
    """
    context = dockerfile.context
    if not context.known or not context.ignore:
        return
    where = _first_folder_copy(dockerfile)
    names = {pattern.cleaned: pattern for pattern in context.ignore.patterns if not pattern.exception and pattern.cleaned in _ANYWHERE}
    if where is None or not names:
        return
    instruction, word, source = where
    nested: dict[str, str] = {}  # the first path of each name
    for path, _ in _entries_of(instruction, source):
        if "/" in path and not path.endswith(_SHOWN) and not path.startswith("vendor/"):
            nested.setdefault(path[path.rfind("/") + 1 :], path)
    for pattern in names.values():
        copied = next((path for name, path in nested.items() if pattern.matches(name)), "")
        if copied:
            yield Hit(
                word,
                f"line {pattern.line} of {_name_of(context.ignore_file)} ({pattern.written}) matches only in the root: {copied} is copied",
                f"write **/{pattern.cleaned}",
            )


def _first_folder_copy(dockerfile: Dockerfile) -> tuple[Instruction, Word, str] | None:
    """The first copy of a folder that contributes to the image, the whole context before any other."""
    copies = [copy for stage in dockerfile.stages if stage.reaches_target for copy in _folders_copied(stage)]
    return next((copy for copy in copies if clean("/" + copy[2]) == "/"), copies[0] if copies else None)


@rule("WD520", "dockerignore-invalid", "error", help="BuildKit refuses the whole build for it")
def dockerignore_invalid(dockerfile: Dockerfile) -> Iterator[Hit]:
    """.dockerignore has a pattern that BuildKit refuses.

    Go's pattern matching has no class that begins with `]`, and no exception of nothing; a backslash takes the next character as it
    is, and is no separator of folders. The build fails before its first step.

    Bad:
        COPY . /app
        # .dockerignore: src\\public

    Good:
        COPY . /app
        # .dockerignore: src/public
    """
    problem = dockerfile.context.ignore.problem if dockerfile.stages else None
    if problem is not None:
        for stage in dockerfile.stages:
            for _, word, _ in copied_from_context(stage):
                name = _name_of(dockerfile.context.ignore_file)
                yield Hit(word, f"line {problem.line} of {name} ({problem.written}) is no pattern: {problem.reason}")
                return


@rule("WD521", "dockerignore-not-read", "info", confidence="medium")
def dockerignore_not_read(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A .dockerignore lies beside the Dockerfile, where nobody reads it.

    It is read in the context's root. Beside the Dockerfile only one that has the Dockerfile's whole name in front is:
    `web.Dockerfile.dockerignore`.

    Bad:
        COPY . /app
        # path: docker/Dockerfile
        # in the context: docker/.dockerignore src/app.py

    Good:
        COPY . /app
        # path: docker/Dockerfile
        # in the context: docker/Dockerfile.dockerignore src/app.py

    Leaves alone: a Dockerfile that lies in the root of its context, and one that has an ignore file of its own.
    """
    context = dockerfile.context
    unread = context.unread_ignore_file
    if unread is None:
        return
    for stage in dockerfile.stages:
        for instruction, word, _ in _folders_copied(stage):
            own = basename(dockerfile.source.path) + ".dockerignore"
            yield Hit(
                word,
                f"nobody reads {unread}: the context of this {instruction.keyword} is another folder",
                f"rename it to {own}, or move it to the context's root",
            )
            return
