"""WD701 to WD739: credentials in the text or in the layers, and downloads that nobody checks.

BuildKit's own check of the names of ARG and ENV is WD146; the rules here add what it misses, and what to do instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from dockerlint.knowledge.credentials import (
    credential_file,
    find,
    flagged_by_buildkit,
    held_in,
    is_fingerprint,
    marks,
    name_words,
    secret_name,
    value_kind,
)
from dockerlint.rules import Hit, rule
from dockerlint.scripts import commands_called
from dockerlint.shellwords import variables_in

if TYPE_CHECKING:
    from dockerlint.knowledge.credentials import CredentialFile
    from dockerlint.model import Dockerfile, Stage
    from dockerlint.parser import Instruction, Mount, Pair
    from dockerlint.shell import Command
    from dockerlint.text import Text, Word

_MOUNT_INSTEAD = "take it as a secret in the RUN that needs it: --mount=type=secret,id={id},env={name},required=true"


# What is written in the file


def _variables(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, Pair]]:
    """Every name that ARG and ENV set, those of triggers too."""
    for outer in dockerfile.instructions:
        instruction = outer.trigger or outer
        if instruction.keyword in ("ARG", "ENV"):
            for pair in instruction.pairs:
                yield instruction, pair


def _advice(instruction: Instruction, name: str) -> str:
    if instruction.keyword == "ENV":
        return "give it to the container when it starts: --env, or a mounted file"
    return _MOUNT_INSTEAD.format(id=name.lower(), name=name)


@rule(
    "WD701", "secret-by-name", "warning", confidence="medium",
    covers=("DL3064", "DF013", "DS-0031", "semgrep:secret-in-build-arg", "CIS-DI-0010"),
)  # fmt: skip
def secret_by_name(dockerfile: Dockerfile) -> Iterator[Hit]:
    """An ARG or ENV is for a secret, by a name that BuildKit's own check does not know.

    BuildKit looks for ten words between underscores; `DB_PASS`, `PGPASSWORD`, `MYSQL_PWD`, `GITHUB_PAT` and `ACCESSTOKEN` slip through.
    The value of an ENV is in the image's configuration; that of a build argument is in the history of each layer that it was used for,
    and in the provenance.

    Bad:
        ARG GITHUB_PAT
        RUN ./fetch.sh

    Good:
        RUN --mount=type=secret,id=github_pat,env=GITHUB_PAT,required=true ./fetch.sh

    Leaves alone: names that BuildKit reports (WD146); names of files, addresses, lengths and switches (`PGPASSFILE`, `TOKEN_URL`,
    `MYSQL_ALLOW_EMPTY_PASSWORD`); values that are paths or switches; an ENV that is set to nothing.
    """
    for instruction, pair in _variables(dockerfile):
        name = pair.key.value
        if flagged_by_buildkit(name) or not secret_name(name):
            continue
        if pair.value is None and pair is not instruction.pairs[0]:
            continue  # ARG PASSWORD Value: the value is meant
        value = pair.value.value if pair.value else ""
        kind = value_kind(value)
        if kind in ("weak", "random") or (not kind and value and "$" not in value) or (instruction.keyword == "ENV" and not value):
            continue
        keeps = "the image keeps it" if instruction.keyword == "ENV" else "the history of the build keeps it"
        yield Hit(pair.key, f"{name} is a secret by its name, and {keeps}", _advice(instruction, name), "info" if kind else "")


@rule(
    "WD702", "credential-in-text", "error", help="revoke it now: whoever has the file or the image has it; then take it as a secret mount",
    covers=("tally/secrets-in-code", "DS-0031", "kics:secrets_stored_in_dockerfile", "DF014"),
)  # fmt: skip
def credential_in_text(dockerfile: Dockerfile) -> Iterator[Hit]:
    """A credential is written in the file: a token with its provider's prefix, a private key, or the password of a URL.

    It is in the repository, in the image's history, and for ENV and LABEL in its configuration. Deleting the line does not take it
    back.

    Bad:
        RUN git clone https://deploy:Tr0ub4dor3@git.internal-host.net/team/app.git /src

    Good:
        RUN --mount=type=ssh git clone git@git.internal-host.net:team/app.git /src

    Leaves alone: examples and placeholders (`ghp_xxxx`, `AKIA…EXAMPLE`, `user:password@`), logins with variables, weak passwords for
    localhost, keys that are public by design, and comments.
    """
    begins = marks(_whole(dockerfile))
    if not begins:
        return
    for instruction in dockerfile.instructions:
        for text in _texts(instruction):
            told: list[tuple[int, int]] = []
            for found in find(text.value, begins):
                if any(start < found.end and found.start < end for start, end in told):
                    continue  # a token, which comes first, as the password of a URL
                told.append((found.start, found.end))
                severity = "" if found.sure else "warning"
                yield Hit(text.span(found.start, found.end), f"{found.kind} is written in the file", severity=severity)


@lru_cache(maxsize=1)
def _whole(dockerfile: Dockerfile) -> str:
    """All of the file: three rules look at it once before they look at anything closely."""
    return "\n".join(dockerfile.source.lines)


@lru_cache(maxsize=1)
def _lower(dockerfile: Dockerfile) -> str:
    return _whole(dockerfile).lower()


def _texts(instruction: Instruction) -> Iterator[Text]:
    yield instruction.text
    for heredoc in instruction.heredocs:
        yield heredoc.body


@rule(
    "WD703", "secret-with-value", "warning",
    covers=(
        "DL3064", "DS-0031", "kics:secrets_stored_in_dockerfile", "DF013", "DF014", "tally/secrets-in-code",
        "tally/ruby/secrets-in-arg-or-env",
    ),
)  # fmt: skip
def secret_with_value(dockerfile: Dockerfile) -> Iterator[Hit]:
    """An ARG or ENV that is a secret by its name has a value in the file.

    Everybody who can read the repository or pull the image has it, and the container starts with it wherever nobody thought of another.
    An error where the value looks drawn by lot, a warning where a person seems to have typed it.

    Bad:
        ENV POSTGRES_PASSWORD=gordon1987

    Good:
        ENV POSTGRES_PASSWORD_FILE=/run/secrets/postgres_password

    Leaves alone: placeholders that say so (`changeme`, `dummy`, `build-only`), variables, paths, addresses and switches; fingerprints
    of signing keys; lower severity in stages that do not ship.
    """
    for instruction, pair in _variables(dockerfile):
        if pair.value is None or not secret_name(pair.key.value) or _identifies(pair):
            continue
        kind = value_kind(pair.value.value)
        if kind not in ("weak", "random") or any(True for _ in find(pair.value.value)) or _names_itself(pair):
            continue
        stage = instruction.stage
        severity = "error" if kind == "random" and not is_fingerprint(pair.value.value) else ""
        if not severity and instruction not in dockerfile.before_first_stage and not stage.ships:
            severity = "info"
        yield Hit(pair.value, f"{pair.key.value} has its value in the file", _advice(instruction, pair.key.value), severity)


def _identifies(pair: Pair) -> bool:
    """Whether it is the fingerprint of a key that signs, which is public."""
    return pair.value is not None and "signing" in name_words(pair.key.value) and is_fingerprint(pair.value.value)


def _names_itself(pair: Pair) -> bool:
    """`ENV API_TOKEN=api_token`: the name of a secret, not the secret."""
    assert pair.value
    return pair.value.value.lower().replace("-", "_") == pair.key.value.lower()


# How RUN gets at credentials

_SECRET_FILES = "/run/secrets/"


@rule(
    "WD704", "secret-from-argument", "warning", confidence="medium",
    covers=("tally/require-secret-mounts", "tally/ruby/prefer-secret-mounts-for-build-credentials"),
)  # fmt: skip
def secret_from_argument(stage: Stage) -> Iterator[Hit]:
    """RUN takes a credential from a build argument; a secret mount leaves no trace of it.

    The value of the argument stands in the history of this very layer (`docker history --no-trunc`), in the provenance and in the
    build's cache. A secret mount is there for the one command, as a file or as a variable, and the cache's key does not depend on it.

    Bad:
        FROM node:24-slim
        ARG NPM_TOKEN
        RUN NPM_CONFIG_TOKEN=$NPM_TOKEN npm ci

    Good:
        FROM node:24-slim
        RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true NPM_CONFIG_TOKEN=$NPM_TOKEN npm ci

    Leaves alone: variables that a secret mount of the same RUN sets, ENV, names that are none of a secret, fingerprints of signing keys;
    one finding for each argument of a stage, at its first use.
    """
    arguments = {pair.key.value for instruction in stage.of("ARG") for pair in instruction.pairs if secret_name(pair.key.value)}
    arguments -= {pair.key.value for instruction in stage.of("ARG") for pair in instruction.pairs if _identifies(pair)}
    if not arguments:
        return
    for run in stage.of("RUN"):
        mounted = {mount.env for mount in run.mounts}
        for command in run.commands:
            # That a script asks whether the argument is set is no use of it.
            if command.name in _TESTS or not (used := arguments - mounted):
                continue
            for word in (*command.assignments, *command.words, *(redirect.target for redirect in command.redirects)):
                for name in sorted(variables_in(word) & used & arguments):
                    arguments.discard(name)
                    advice = _MOUNT_INSTEAD.format(id=name.lower(), name=name)
                    yield Hit(word, f"{name} comes from a build argument, which the history keeps", advice)


_TESTS = ("[", "[[", "test")


@rule("WD705", "argument-beside-secret", "warning", help="take the ARG or ENV out: the mount alone sets the variable")
def argument_beside_secret(stage: Stage) -> Iterator[Hit]:
    """A secret is mounted, and there is an ARG or ENV of the same name beside it.

    Whoever then builds with --build-arg gets a build that works and an image whose history has the secret.

    Bad:
        FROM node:24-slim
        ARG NPM_TOKEN
        RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN,required=true npm ci

    Good:
        FROM node:24-slim
        RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN,required=true npm ci

    Leaves alone: an ENV with a path, which says where the mounted file is.
    """
    mounted = {name for run in stage.of("RUN") for mount in run.mounts if mount.type == "secret" for name in (mount.env, mount.secret)}
    for instruction in stage.of("ARG", "ENV"):
        for pair in instruction.pairs:
            name = pair.key.value
            if name in mounted and not (pair.value and pair.value.value.startswith("/")):
                yield Hit(pair.key, f"{name} is a secret mount and {instruction.keyword}, too")


@rule("WD706", "secret-not-required", "info", help="add required=true: the build then stops with a message where the secret was not given")
def secret_not_required(stage: Stage) -> Iterator[Hit]:
    """A secret mount is optional, so a forgotten --secret shows only as something odd later.

    Without `required=true` the file is missing, or the variable empty, and BuildKit says nothing.

    Bad:
        FROM node:24-slim
        RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci

    Good:
        FROM node:24-slim
        RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,required=true npm ci

    Leaves alone: `required=false`, which says so; all but the first mount of a secret in a stage; a secret for which one RUN of the
    stage tests (`[ -f … ]`, `if [ -n "$TOKEN" ]`, `${TOKEN:-}`, `${TOKEN:?}`, also of a variable filled by `$(cat …)`) or goes on
    without it (`cat … ||`), itself or in a shell script of the build context that it calls.

    Mends (unsafe): adds required=true to each mount of the secret: nobody can build without it any more.
    """
    mounts = [(run, mount) for run in stage.of("RUN") for mount in run.mounts if mount.type == "secret"]
    seen = {mount.secret for run, mount in mounts if _is_optional(run, mount)}
    for _, mount in mounts:
        if "required" not in mount.options and mount.secret not in seen:
            seen.add(mount.secret)
            yield Hit(mount, f"secret {mount.secret} may be missing without a word")


def _is_optional(run: Instruction, mount: Mount) -> bool:
    """Whether the RUN knows what to do without the secret."""
    path = _file_of(mount)
    called = [inner for command in run.commands for inner in (command, *commands_called(command))]
    names = {mount.env, *(name for name, value in _assigned(called) if path in value)}
    return any(_tests_for(command, path, names) for command in called)


def _file_of(mount: Mount) -> str:
    return mount.target or _SECRET_FILES + mount.secret.rpartition("/")[2]


def _tests_for(command: Command, path: str, names: set[str]) -> bool:
    tests = command.name in _TESTS or command.within[-1:] in (("if-condition",), ("while-condition",))
    for word in (*command.words, *command.assignments):
        if any(f"${{{name}:" in word.raw for name in names):
            return True
        if tests and (path in word.value or names & variables_in(word)):
            return True
    return command.after == "||" and any(path in word.value for word in command.words)


def _assigned(commands: Iterable[Command]) -> Iterator[tuple[str, str]]:
    """The variables that the commands set, exported or not, and what is behind the equals sign."""
    for command in commands:
        for word in command.assignments if not command.name else command.arguments if command.name in _ASSIGNERS else ():
            name, _, value = word.raw.partition("=")
            yield name, value


def _filled_from(files: Sequence[str], commands: Iterable[Command]) -> set[str]:
    """The variables that the commands fill with a file of these: TOKEN=$(cat /run/secrets/token)."""
    assigned = _assigned(commands) if files else ()
    return {name for name, value in assigned if ("$(" in value or "`" in value) and any(path in value for path in files)}


# What stays in a layer


class _Credentials:
    """What of a RUN is a credential: variables that a mount, an ARG or an ENV sets, and the files of secret mounts."""

    def __init__(self, run: Instruction, declared: set[str]) -> None:
        secrets = [mount for mount in run.mounts if mount.type == "secret"]
        self.files = [_file_of(mount) for mount in secrets if not mount.env or mount.target]
        self.names = declared | {mount.env for mount in secrets if mount.env} | _filled_from(self.files, run.commands)
        # What is written there is in no layer: the mounts' own targets.
        self.outside = tuple(
            mount.target.rstrip("/") for mount in run.mounts if mount.target and mount.type in ("secret", "tmpfs", "cache")
        )

    def __bool__(self) -> bool:
        return bool(self.names or self.files)

    def in_word(self, word: Word) -> str:
        """The credential that the shell puts into the word, "" for none."""
        names = variables_in(word) & self.names
        if names:
            return f"${min(names)}"
        text = word.raw
        if "$(" in text or "`" in text or "$(<" in text:
            return next((path for path in self.files if path in text), "")
        return ""

    def read_by(self, command: Command) -> str:
        """The credential that the command's output has in it."""
        for word in command.arguments:
            if found := self.in_word(word):
                return found
            if command.name in ("cat", "sed", "head", "tail", "base64", "envsubst", "jq", "awk", "tr") and word.value in self.files:
                return word.value
        for redirect in command.redirects:
            if redirect.operator == "<" and redirect.target.value in self.files:
                return redirect.target.value
        return ""


# Commands that write what they are told into a configuration file: the words that must be among their arguments, and the file.
_CONFIGURES: dict[str, tuple[tuple[str, ...], str]] = {
    "npm": (("config", "set"), "~/.npmrc"),
    "pnpm": (("config", "set"), "~/.npmrc"),
    "yarn": (("config", "set"), "~/.yarnrc"),
    "pip": (("config", "set"), "pip.conf"),
    "pip3": (("config", "set"), "pip.conf"),
    "poetry": (("config",), "auth.toml"),
    "composer": (("config",), "auth.json"),
    "bundle": (("config",), "~/.bundle/config"),
    "docker": (("login",), "~/.docker/config.json"),
    "podman": (("login",), "auth.json"),
    "helm": (("login",), "its registry configuration"),
    "aws": (("configure", "set"), "~/.aws/credentials"),
    "gcloud": (("auth",), "~/.config/gcloud"),
    "gh": (("auth", "login"), "~/.config/gh/hosts.yml"),
    "cargo": (("login",), "~/.cargo/credentials.toml"),
    "az": (("login",), "~/.azure"),
    "dotnet": (("nuget",), "NuGet.Config"),
    "nuget": (("sources",), "NuGet.Config"),
    "conda": (("config",), "~/.condarc"),
    "git": (("config",), "~/.gitconfig"),
}
_WRITERS = frozenset({"echo", "printf", "cat", "envsubst", "sed", "jq", "base64", "tr", "head", "awk"})
_COPIERS = frozenset({"cp", "install", "mv", "rsync"})
_ASSIGNERS = frozenset({"export", "local", "readonly", "declare"})
_REMOVERS = frozenset({"rm", "unlink", "shred", "srm"})


@rule("WD707", "credential-left-behind", "error")
def credential_left_behind(stage: Stage) -> Iterator[Hit]:
    """RUN writes a credential to a file of the image.

    A clone by `https://TOKEN@host/…` keeps the token in `.git/config`, `npm config set …:_authToken` in `~/.npmrc`, `docker login` in
    `~/.docker/config.json`; a secret mount protects nothing once it is copied to another place. All of it is in the layer.

    Bad:
        FROM node:24-slim
        RUN --mount=type=secret,id=npm,env=NPM_TOKEN,required=true npm config set //npm.example.com/:_authToken "$NPM_TOKEN" && npm ci

    Good:
        FROM node:24-slim
        RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,required=true npm ci

    Leaves alone: stages that do not ship; files that the same RUN removes (`rm`, `npm config delete`, `git remote remove`, `docker
    logout`); files on a secret, cache or tmpfs mount; text in single quotes, which keeps the variable's name and not its value.
    """
    if not stage.ships:
        return
    declared = {pair.key.value for link in stage.chain() for i in link.of("ARG", "ENV") for pair in i.pairs if secret_name(pair.key.value)}
    for run in stage.of("RUN"):
        credentials = _Credentials(run, declared)
        if credentials:
            for command in run.commands:
                yield from _left_behind(run, command, credentials)


def _left_behind(run: Instruction, command: Command, credentials: _Credentials) -> Iterator[Hit]:
    name = command.name
    if name == "git" and (word := _clone_with(command, credentials)):
        if not _removed(run, command, (f"{_folder_of(command, word)}/.git",), _UNDO["git"]):
            yield Hit(word, f"the clone keeps {credentials.in_word(word)} in .git/config", _clone_instead())
    elif name in _CONFIGURES:
        words, file = _CONFIGURES[name]
        values = {word.value for word in command.arguments}
        if values.issuperset(words):
            for word in command.arguments:
                found = credentials.in_word(word)
                if found and not _removed(run, command, (file,), _UNDO.get(name, ())):
                    yield Hit(
                        word,
                        f"{name} {' '.join(words)} writes {found} to {file}",
                        "mount the file instead: --mount=type=secret,id=…,target=…,required=true",
                    )
                    return
    elif name in _COPIERS:
        operands = command.operands(("-m", "-o", "-g", "-t", "--mode", "--owner", "--group"))
        if len(operands) > 1 and operands[0].value in credentials.files:
            yield from _written(run, command, operands[-1], operands[0].value, credentials)
    elif name in _WRITERS:
        found = credentials.read_by(command)
        if found:
            for target in _outputs(command):
                yield from _written(run, command, target, found, credentials)


_UNDO: dict[str, tuple[str, ...]] = {
    "npm": ("delete", "logout", "rm"),
    "pnpm": ("delete", "logout", "rm"),
    "yarn": ("delete", "unset", "logout"),
    "pip": ("unset",),
    "pip3": ("unset",),
    "poetry": ("--unset",),
    "composer": ("--unset",),
    "bundle": ("unset", "--delete"),
    "docker": ("logout",),
    "podman": ("logout",),
    "gcloud": ("revoke",),
    "gh": ("logout",),
    "cargo": ("logout",),
    "az": ("logout",),
    "dotnet": ("remove",),
    "git": ("--unset", "--unset-all", "--remove-section", "remove", "set-url"),
}


def _clone_with(command: Command, credentials: _Credentials) -> Word | None:
    """The address with a credential in it that the command clones or adds."""
    verbs = {word.value for word in command.arguments}
    if not verbs & {"clone", "set-url"} and not {"remote", "add"} <= verbs and not {"submodule", "add"} <= verbs:
        return None
    for word in command.arguments:
        if "@" in word.value.partition("://")[2] and credentials.in_word(word):
            return word
    return None


def _folder_of(command: Command, address: Word) -> str:
    """Where the clone is: what stands behind its address, or else the address's last part."""
    following = [word.value for word in command.operands(("-b", "--branch", "--depth", "-o", "-j")) if word.start > address.start]
    return following[0].rstrip("/") if following else address.value.rstrip("/").rpartition("/")[2].removesuffix(".git")


def _clone_instead() -> str:
    return "ADD https://host/owner/repository.git#ref /src with the secret GIT_AUTH_TOKEN, or clone over --mount=type=ssh"


def _outputs(command: Command) -> Iterator[Word]:
    for redirect in command.redirects:
        if redirect.operator in (">", ">>", ">|", "&>") and redirect.fd != "2":
            yield redirect.target
    following = command.piped_into
    while following is not None:
        if following.name == "tee":
            yield from following.operands()
        for redirect in following.redirects:
            if redirect.operator in (">", ">>", ">|") and following.name in ("base64", "cat", "tr", "sed", "envsubst", "jq"):
                yield redirect.target
        following = following.piped_into


def _written(run: Instruction, command: Command, target: Word, credential: str, credentials: _Credentials) -> Iterator[Hit]:
    path = target.value.strip("\"'")
    if path.startswith(("/dev/", "&", "/run/secrets", *credentials.outside)):
        return
    if not _removed(run, command, (path, f"{path.rstrip('/')}/{credential.rpartition('/')[2]}")):  # a file, or a folder that gets one
        yield Hit(target, f"{credential} is written to {path}, which stays in the layer", _file_instead(path))


def _file_instead(path: str) -> str:
    if credential_file(path):
        name = path.rpartition("/")[2].lstrip(".")
        path = "/root" + path[1:] if path.startswith("~/") else path
        return f"mount the whole file as a secret: --mount=type=secret,id={name},target={path},required=true"
    return "use it from where it is mounted, or remove the file in the same RUN"


_HOME = re.compile(r"^(?:/root|\$HOME|\$\{HOME\})(?=/|$)")


def _removed(run: Instruction, command: Command, paths: Iterable[str], undo: tuple[str, ...] = ()) -> bool:
    """Whether a later command of the RUN removes one of the files, or a folder above it; `undo` are words that undo the command."""
    places = ["/".join(parts[:length]) for parts in (path.split("/") for path in paths) for length in range(1, len(parts) + 1)]
    gone = [place for place in places if _HOME.sub("~", place) not in ("", "~")]
    for later in run.commands[command.index + 1 :]:
        if later.name in _REMOVERS:
            if any(_matches(word.value.rstrip("/"), place) for word in later.operands() for place in gone):
                return True
        elif later.name == "find" and later.has("-delete", "-exec"):
            if any(fnmatchcase(basename(place), word.value) for word in later.arguments for place in gone):
                return True
        elif later.name == command.name and any(word.value in undo for word in later.arguments):
            return True
    return False


def _matches(pattern: str, path: str) -> bool:
    """Whether a word of rm names the path, as far as is known where a relative one is; `*` takes no hidden files."""
    name, folders = basename(path), [dirname(each) for each in (pattern, path)]
    same = len({_HOME.sub("~", folder) for folder in folders}) == 1
    known = same or (not all(folder.startswith("/") for folder in folders) and basename(pattern) != "*")
    return known and fnmatchcase(name, basename(pattern)) and (name[:1] != "." or basename(pattern)[:1] not in ("*", "?"))


# Files that are copied


def _copied(stage: Stage) -> Iterator[tuple[Instruction, Word, str, CredentialFile | None]]:
    """What COPY and ADD take, from the context or from another stage, with what it is by its name."""
    for instruction in stage.of("COPY", "ADD"):
        for word in instruction.sources:
            path = word.value
            if "$" not in path and "://" not in path:
                yield instruction, word, path, credential_file(path)


@rule(
    "WD708",
    "credential-file-copied",
    "error",
    covers=("DS-0031",),
    help="mount it in the RUN that needs it: --mount=type=secret,id=…,target=…,required=true",
)
def credential_file_copied(stage: Stage) -> Iterator[Hit]:
    """A file that exists to hold a credential is copied into the image.

    Whoever has the image can take it out, even where a later layer deletes it. Where the build context is known, the file is read:
    settings without a credential in them are fine. What a whole folder takes along is WD511's.

    Bad:
        FROM node:24-slim
        COPY id_ed25519 /root/.ssh/id_ed25519

    Good:
        FROM node:24-slim
        RUN --mount=type=ssh npm ci

    Leaves alone: examples and public keys (`.env.example`, `id_rsa.pub`), also by their destination (`/etc/apt/keyrings/`); files whose
    text holds no credential. Lower severity in stages that do not ship, and where only the name speaks.
    """
    copied = list(_copied(stage))
    late = {id(word) for word, *_ in _removed_late(stage)} if any(file for *_, file in copied) else set()
    for instruction, word, path, file in copied:
        if id(word) in late:
            continue
        target = instruction.destination.value if instruction.destination else ""
        if file is None or target.startswith(_KEYRINGS):
            continue
        found = _held(stage, instruction, path)
        name = path.rstrip("/").rpartition("/")[2]
        if found:
            yield Hit(word, f"{name} holds {found}, and is copied into the image", severity="" if stage.ships else "warning")
        elif found is None and file.sure:
            severity = "" if stage.ships else "info"
            yield Hit(word, f"{path} ({file.kind}) is copied into the image", severity=severity, confidence="medium")
        elif found is None and stage.ships and not name.lower().endswith(".pem"):
            message = f"{path} ({file.kind}) is copied into the image: see that no credential is in it"
            yield Hit(word, message, severity="info", confidence="medium")


_KEYRINGS = ("/usr/share/keyrings/", "/etc/apt/keyrings/", "/etc/apt/trusted.gpg.d/", "/etc/pki/rpm-gpg/", "/etc/apk/keys/")
"""Where package managers have the public keys of repositories."""


def _held(stage: Stage, instruction: Instruction, path: str) -> str | None:
    """What the copied file holds: "" nothing, None not known."""
    if instruction.from_:
        return None
    text = stage.dockerfile.context.read(path)
    return None if text is None else held_in(text, path)


@rule(
    "WD709",
    "credential-removed-late",
    "error",
    covers=("DS-0031",),
    help="mount it in the RUN that needs it: --mount=type=secret or --mount=type=ssh",
)
def credential_removed_late(stage: Stage) -> Iterator[Hit]:
    """A credential is copied in and deleted by a later instruction; the layer in between keeps it.

    `docker save` and every pull bring all layers along, so the file can be taken out of the image with tar.

    Bad:
        FROM node:24-slim
        COPY .npmrc /root/.npmrc
        RUN npm ci
        RUN rm /root/.npmrc

    Good:
        FROM node:24-slim
        RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,required=true npm ci

    Leaves alone: stages that do not ship; files that, in the known context, hold no credential, or that another one replaces. A warning
    where only the name speaks, and it is one of settings, which may hold none.
    """
    if stage.ships:
        for word, line, sure in _removed_late(stage):
            message = f"{_name_of(word)} is deleted in line {line}, but stays in this layer"
            if sure:
                yield Hit(word, message)
            else:
                yield Hit(word, f"{message}: see that no credential is in it", severity="warning", confidence="medium")


def _removed_late(stage: Stage) -> Iterator[tuple[Word, int, bool]]:
    """Sources of COPY that are a credential's file and that a later RUN removes: its line, and whether there is no doubt of them."""
    removals = stage.calls("rm", "shred", "unlink")
    if not removals:
        return
    for instruction, word, path, file in _copied(stage):
        held = _held(stage, instruction, path) if file else ""
        if file is None or held == "":
            continue
        target = instruction.destination
        names = {_name_of(word), _name_of(target) if target is not None else ""}
        for command in removals:
            run = command.instruction
            if (
                run is not None
                and run.line > instruction.line
                and any(_name_of(operand) in names for operand in command.operands())
                and not any(_name_of(operands[-1]) in names for other in run.commands if (operands := _written_by(other)))
            ):
                yield word, run.line, bool(held) or file.sure
                break


def _name_of(word: Word) -> str:
    return word.value.rstrip("/").rpartition("/")[2]


def _written_by(command: Command) -> Sequence[Word]:
    """Words of which the last one names a file that the command puts there."""
    if command.name in _COPIERS:
        return command.operands()
    return [redirect.target for redirect in command.redirects if redirect.operator in (">", ">>")]


# Downloads that are run, and checks that are turned off

_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "ksh")
_INTERPRETERS = (*_SHELLS, "python", "python3", "perl", "ruby", "node", "php", "pwsh")
_DOWNLOADERS = frozenset({"curl", "wget", "fetch", "http", "https", "aria2c"})
_SHELL_VALUED = ("-o", "+o", "-O")
# Options with which an interpreter takes its program from elsewhere than standard input.
_PROGRAM_GIVEN = ("-c", "-e", "-m", "-n", "-p", "-r", "-pe", "-ne", "-E", "--eval", "--print", "-Command", "-File")


@rule("WD710", "download-piped-to-shell", "warning", covers=("DF021",))
def download_piped_to_shell(stage: Stage) -> Iterator[Hit]:
    """What a server sends is run as it comes, seen and checked by nobody.

    The script can be another one tomorrow or for you alone, and when the transfer breaks off in the middle, the half that arrived has
    run. The build is only as good as that server on that day.

    Bad:
        RUN curl -fsSL https://example.com/install.sh | sh

    Good:
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/install.sh /tmp/
        RUN sh /tmp/install.sh

    PowerShell's `iwr … | iex` and `iex (….DownloadString(…))` are the same.

    Leaves alone: `python -c`, `php -r`, `node -e` and others that get data; scripts that are downloaded to a file first; localhost;
    stages that the target does not need.
    """
    if stage.role == "unused":
        return
    for command in stage.calls(*_INTERPRETERS):
        source = command.piped_from
        while source is not None and source.name not in _DOWNLOADERS:
            source = source.piped_from
        if source is not None and _reads_program(command) and not _saves(source):
            yield from _runs(command, source, command.words[0])
        else:
            yield from _substituted(command)
    for command in stage.calls("eval", "source", "."):
        yield from _substituted(command)
    for run in stage.of("RUN"):
        match = _BY_POWERSHELL.search(run.value)
        if match is not None and not _is_local(address := (match["piped"] or match["given"]).strip("'\"()")):
            start, end = (run.value_start + place for place in match.span())
            plain = address.startswith("http://")
            how = ", sent without encryption" if plain else ""
            what = "save it to a file, compare its Get-FileHash with the one that is known, and run the file"
            yield Hit(run.text.span(start, end), f"iex runs {address} unseen{how}", what, "error" if plain else "")


# `iwr URL | iex`, `iex ((New-Object System.Net.WebClient).DownloadString('URL'))`.
_BY_POWERSHELL = re.compile(
    r"\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b[^|;\n]*?(?P<piped>['\"(]*https?://[^\s'\")|]+)[^|;\n]*\|\s*(?:iex|Invoke-Expression)\b"
    r"|\b(?:iex|Invoke-Expression)\b[^;\n]*?(?:DownloadString|iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b[^;\n]*?(?P<given>https?://[^\s'\")|]+)",
    re.IGNORECASE,
)


def _reads_program(command: Command) -> bool:
    if command.name not in _SHELLS and command.has(*_PROGRAM_GIVEN):
        return False
    operands = command.operands(_SHELL_VALUED)
    return not operands or command.has("-s") or operands[0].value in ("-", "/dev/stdin", "/proc/self/fd/0")


def _saves(source: Command) -> bool:
    """Whether curl writes to a file, so that nothing comes through the pipe."""
    if source.name != "curl":
        return False
    return source.option("-o", "--output") not in (None, "-", "/dev/stdout") or source.has("-O", "--remote-name")


def _substituted(command: Command) -> Iterator[Hit]:
    """`sh -c "$(curl …)"`, `bash <(curl …)`, `eval "$(wget …)"`: all of the program, and no value in it."""
    run, operands = command.instruction, command.operands(_SHELL_VALUED)
    text = operands[0].value.lstrip().replace("( ", "(") if operands else ""
    if run is not None and text.startswith(_SUBSTITUTED):
        word = operands[0]
        for source in run.commands:
            if source.name in _DOWNLOADERS and word.span[:2] < source.span[:2] < word.span[2:]:
                yield from _runs(command, source, command.words[0])
                return


_SUBSTITUTED = tuple(f"{opening}{tool} " for opening in ("$(", "<(", "`") for tool in _DOWNLOADERS)


def _runs(command: Command, source: Command, where: Word) -> Iterator[Hit]:
    addresses = [word.value for word in source.arguments if "://" in word.value] or [
        word.value for word in source.operands(("-o", "-O", "-H", "-d", "--proto", "--retry")) if "." in word.value
    ]
    address = addresses[0] if addresses else "a download"
    if _is_local(address):
        return
    plain = address.startswith("http://")
    how = ", sent without encryption" if plain else ""
    known = _INSTEAD.get(_host(address))
    yield Hit(
        where, f"{command.name} runs {address} unseen{how}",
        known or "ADD --checksum=sha256:… it and run the file, or copy the program from an image that is pinned by digest",
        "error" if plain else "",
    )  # fmt: skip


# What to do instead of well-known installers.
_INSTEAD = {
    "sh.rustup.rs": "begin with FROM rust:<version>, or ADD --checksum=sha256:… rustup-init for the platform and run it",
    "astral.sh": "COPY --from=ghcr.io/astral-sh/uv:<version> /uv /uvx /usr/local/bin/",
    "bun.sh": "COPY --from=oven/bun:<version> /usr/local/bin/bun /usr/local/bin/",
    "deno.land": "COPY --from=denoland/deno:bin-<version> /deno /usr/local/bin/",
    "getcomposer.org": "COPY --from=composer:<version> /usr/bin/composer /usr/local/bin/",
    "deb.nodesource.com": "begin with FROM node:<version>, or COPY --from=node:<version> what is needed",
    "rpm.nodesource.com": "begin with FROM node:<version>, or COPY --from=node:<version> what is needed",
    "install.python-poetry.org": "pip install poetry==<version>, in a virtual environment of its own",
    "get.docker.com": "COPY --from=docker:<version>-cli /usr/local/bin/docker /usr/local/bin/",
    "get.pnpm.io": "npm install -g pnpm@<version>",
    "sdk.cloud.google.com": "begin with FROM gcr.io/google.com/cloudsdktool/google-cloud-cli:<version>",
    "get.sdkman.io": "begin with an image that has the JDK, as eclipse-temurin:<version>",
}


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0].removeprefix("www.")


def _is_local(address: str) -> bool:
    host = (address.partition("://")[2] or address).partition("/")[0]
    return host.startswith(("localhost", "127.", "[::1]", "0.0.0.0", "host.docker.internal"))


Values = frozenset[str]
_OFF: Values = frozenset({"0", "false", "no", "off", "none"})
_ANY: Values = frozenset()

# Options that turn the verification of certificates or host keys off, by command.
_TLS_OPTIONS: dict[str, tuple[str, ...]] = {
    "curl": ("-k", "--insecure", "--proxy-insecure"),
    "wget": ("--no-check-certificate",),
    "pip": ("--trusted-host",),
    "pip3": ("--trusted-host",),
    "uv": ("--allow-insecure-host", "--trusted-host"),
    "npm": ("--no-strict-ssl",),
    "pnpm": ("--no-strict-ssl",),
    "yarn": ("--no-strict-ssl",),
    "apk": ("--no-check-certificate",),
    "aria2c": ("--check-certificate=false",),
    "aws": ("--no-verify-ssl",),
    "http": ("--verify=no",),
    "svn": ("--trust-server-cert",),
    "helm": ("--insecure-skip-tls-verify",),
    "kubectl": ("--insecure-skip-tls-verify",),
    "oras": ("--insecure",),
    "skopeo": ("--tls-verify=false", "--src-tls-verify=false", "--dest-tls-verify=false"),
    "podman": ("--tls-verify=false",),
    "buildah": ("--tls-verify=false",),
    "Invoke-WebRequest": ("-SkipCertificateCheck",),
    "mvn": ("-Dmaven.wagon.http.ssl.insecure=true",),
}
# Settings that stand in an option or an argument ("-c http.sslVerify=false", "config set strict-ssl false"): name, values that turn it off.
_TLS_SETTINGS: dict[str, dict[str, Values]] = {
    "git": {"http.sslverify": _OFF, "https.sslverify": _OFF},
    "npm": {"strict-ssl": _OFF},
    "pnpm": {"strict-ssl": _OFF},
    "yarn": {"strict-ssl": _OFF, "enablestrictssl": _OFF},
    "yum": {"sslverify": _OFF},
    "dnf": {"sslverify": _OFF},
    "microdnf": {"sslverify": _OFF},
    "tdnf": {"sslverify": _OFF},
    "yum-config-manager": {"sslverify": _OFF},
    "conda": {"ssl_verify": _OFF},
    "mamba": {"ssl_verify": _OFF},
    "composer": {"disable-tls": frozenset({"true", "1"}), "secure-http": _OFF},
    "bundle": {"ssl_verify_mode": frozenset({"0"})},
    "pip": {"global.trusted-host": _ANY},
    "pip3": {"global.trusted-host": _ANY},
    "ssh": {"stricthostkeychecking": frozenset({"no", "off"})},
    "scp": {"stricthostkeychecking": frozenset({"no", "off"})},
    "apt-get": {"acquire::https::verify-peer": _OFF},
    "apt": {"acquire::https::verify-peer": _OFF},
}
# Variables: name, values that turn it off (_ANY: every value but none).
_TLS_VARIABLES: dict[str, Values] = {
    "PYTHONHTTPSVERIFY": _OFF,
    "NODE_TLS_REJECT_UNAUTHORIZED": _OFF,
    "GIT_SSL_NO_VERIFY": _ANY,
    "PIP_TRUSTED_HOST": _ANY,
    "UV_INSECURE_HOST": _ANY,
    "NPM_CONFIG_STRICT_SSL": _OFF,
    "npm_config_strict_ssl": _OFF,
    "YARN_ENABLE_STRICT_SSL": _OFF,
    "YARN_STRICT_SSL": _OFF,
    "GOINSECURE": _ANY,
    "PERL_LWP_SSL_VERIFY_HOSTNAME": _OFF,
    "BUNDLE_SSL_VERIFY_MODE": frozenset({"0"}),
    "HEX_UNSAFE_HTTPS": _ANY,
    "CONDA_SSL_VERIFY": _OFF,
}
# Lines that RUN writes into configuration files.
_TLS_LINES = (
    "sslverify=0",
    "sslverify=false",
    "strict-ssl=false",
    "check_certificate=off",
    "ssl_verify:false",
    "stricthostkeychecking no",
    "stricthostkeychecking=no",
)
# Each of the options (but curl -k), settings, variables and lines above has one of these in it: most files are done with after this look.
_TLS_MARKS = (
    "ssl",
    "verify",
    "secure",
    "trust",
    "tls_reject",
    "disable-tls",
    "hostkeychecking",
    "check_cert",
    "check-cert",
    "certificatecheck",
)
_SAYS = ("echo", "printf", "sed", "tee")


@rule(
    "WD711", "certificate-check-off", "warning", help="install ca-certificates, or the certificate of your own authority",
    covers=(
        "CKV2_DOCKER_2", "CKV2_DOCKER_3", "CKV2_DOCKER_4", "CKV2_DOCKER_5", "CKV2_DOCKER_6", "CKV2_DOCKER_12", "CKV2_DOCKER_13",
        "CKV2_DOCKER_14", "CKV2_DOCKER_15", "CKV2_DOCKER_16",
    ),
)  # fmt: skip
def certificate_check_off(dockerfile: Dockerfile) -> Iterator[Hit]:
    """TLS certificates, or SSH host keys, are not verified: whoever is on the way can send anything.

    The cause is nearly always that ca-certificates is not installed, or that the company's own authority is not. Set as ENV it holds
    for the running container, too.

    Bad:
        RUN wget --no-check-certificate https://example.com/tool.tar.gz

    Good:
        RUN wget https://example.com/tool.tar.gz

    Leaves alone: localhost (health checks), a download whose checksum the same RUN verifies, and `ssh-keyscan`, which pins a key.
    """
    lower = _lower(dockerfile)
    suspicious = any(mark in lower for mark in _TLS_MARKS)
    variables = {name: values for name, values in _TLS_VARIABLES.items() if name.lower() in lower} if suspicious else {}
    for stage in dockerfile.stages:
        for command in stage.calls(*_TLS_OPTIONS) if suspicious else stage.calls("curl"):
            options = _TLS_OPTIONS[command.name]
            word = command.find(*_valued(options))
            if word is not None and _turns_off(word, options) and not _local_only(command) and not _verified(command):
                yield Hit(word, f"{command.name} {word.value} accepts any certificate")
        if not suspicious:
            continue
        for command in stage.calls(*_TLS_SETTINGS):
            yield from _settings(command, _TLS_SETTINGS[command.name])
        for command in stage.calls(*_SAYS):
            word = next((word for word in command.arguments if _trusts_anybody(word.value)), None)
            if word is not None:
                if "stricthostkeychecking" in word.value.lower():
                    yield Hit(word, "writes a setting that accepts any host key", "put the host's key into ~/.ssh/known_hosts")
                else:
                    yield Hit(word, "writes a setting that accepts any certificate")
        if variables:
            yield from _environment(stage, variables, "accepts any certificate")


def _trusts_anybody(text: str) -> bool:
    compact = text.lower().replace(" = ", "=").replace(": ", ":")
    return any(line in compact for line in _TLS_LINES)


def _valued(options: tuple[str, ...]) -> tuple[str, ...]:
    """The options as `Command.find` wants them: without their values."""
    return tuple(option.partition("=")[0] for option in options)


def _turns_off(word: Word, options: tuple[str, ...]) -> bool:
    """Whether the word is one of the options with its value; one without "=" turns off by being there."""
    value = word.value.partition("=")[2]
    wanted = {option.partition("=")[2] for option in options}
    if "" in wanted:
        return value.lower() not in ("false", "0")
    return value.lower() in wanted


def _settings(command: Command, settings: dict[str, Values]) -> Iterator[Hit]:
    words = command.arguments
    for index, word in enumerate(words):
        lower = word.value.lower()
        for name, values in settings.items():
            if name not in lower:
                continue
            _, _, rest = lower.partition(name)
            value = rest.lstrip("= ")
            if not rest and index + 1 < len(words):
                value = words[index + 1].value.lower()
            if value in values or (not values and value):
                known = "ssh-keyscan it once, and COPY it to /etc/ssh/ssh_known_hosts" if name == "stricthostkeychecking" else ""
                yield Hit(word, f"{command.name} is told not to verify: {name} {value}", known)
                return


def _environment(stage: Stage, table: dict[str, Values], what: str) -> Iterator[Hit]:
    for instruction in stage.of("ENV", "ARG"):
        for pair in instruction.pairs:
            values = table.get(pair.key.value)
            if values is not None and pair.value is not None and _is_off(pair.value.value, values):
                too = ", in the container, too" if instruction.keyword == "ENV" and stage.ships else ""
                yield Hit(pair, f"{pair.key.value}={pair.value.value} {what}{too}")
    for run in stage.of("RUN"):
        for command in run.commands:
            words = command.assignments if command.name not in ("export", "env", "declare") else (*command.assignments, *command.arguments)
            for word in words:
                name, _, value = word.value.partition("=")
                if name in table and _is_off(value, table[name]):
                    yield Hit(word, f"{name}={value} {what}")


def _is_off(value: str, values: Values) -> bool:
    lower = value.lower()
    # Of the others git for one looks only whether the variable is there: GIT_SSL_NO_VERIFY=0 turns off, too.
    return "$" not in value and (lower in values if values else bool(value))


def _local_only(command: Command) -> bool:
    addresses = [word.value for word in command.arguments if "://" in word.value or word.value.startswith(("localhost", "127."))]
    return bool(addresses) and all(_is_local(address) for address in addresses)


_CHECKERS = frozenset(
    {"sha256sum", "sha512sum", "sha1sum", "shasum", "md5sum", "b2sum", "gpg", "gpgv", "gpg2", "cosign", "minisign", "openssl"}
)


def _verified(command: Command) -> bool:
    """Whether a later command of the RUN verifies a checksum or a signature."""
    run = command.instruction
    return run is not None and any(later.name in _CHECKERS for later in run.commands[command.index + 1 :])


_SIGNATURE_OPTIONS: dict[str, tuple[str, ...]] = {
    "apk": ("--allow-untrusted",),
    "apt-get": ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
    "apt": ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
    "aptitude": ("--allow-untrusted",),
    "yum": ("--nogpgcheck", "--no-gpgchecks"),
    "dnf": ("--nogpgcheck", "--no-gpgchecks"),
    "microdnf": ("--nogpgcheck", "--no-gpgchecks"),
    "tdnf": ("--nogpgcheck",),
    "zypper": ("--no-gpg-checks", "--allow-unsigned-rpm"),
    "rpm": ("--nosignature", "--nodigest", "--noverify", "--nofiledigest"),
}
# What rpm does where it installs nothing.
_RPM_ELSE = ("-q", "--query", "-V", "--verify", "-e", "--erase")
_SIGNATURE_SETTINGS: dict[str, dict[str, Values]] = {
    "yum": {"gpgcheck": _OFF},
    "dnf": {"gpgcheck": _OFF},
    "microdnf": {"gpgcheck": _OFF},
    "yum-config-manager": {"gpgcheck": _OFF},
    "apt-get": {
        "apt::get::allowunauthenticated": frozenset({"true", "yes", "1"}),
        "acquire::allowinsecurerepositories": frozenset({"true", "yes", "1"}),
    },
    "apt": {
        "apt::get::allowunauthenticated": frozenset({"true", "yes", "1"}),
        "acquire::allowinsecurerepositories": frozenset({"true", "yes", "1"}),
    },
}
_SIGNATURE_MARKS = ("allow", "force-yes", "gpg", "trusted", "siglevel", "gosumdb", "gonosumcheck")
_SIGNATURE_VARIABLES: dict[str, Values] = {"GOSUMDB": frozenset({"off"}), "GONOSUMCHECK": _ANY}


@rule(
    "WD712", "signature-check-off", "warning", help="install the key of the repository and let the package manager verify",
    covers=("CKV2_DOCKER_7", "CKV2_DOCKER_8", "CKV2_DOCKER_9", "CKV2_DOCKER_10", "CKV2_DOCKER_11"),
)  # fmt: skip
def signature_check_off(dockerfile: Dockerfile) -> Iterator[Hit]:
    """Packages are installed without their signatures being verified.

    The signature is what makes a mirror, a proxy and plain HTTP harmless. `--force-yes` and `--allow-unauthenticated` do not repair a
    missing key, they make every key superfluous.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends --allow-unauthenticated agent && rm -rf /var/lib/apt/lists/*

    Good:
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/key.asc /tmp/
        RUN apt-get update && apt-get install -y --no-install-recommends example-agent && rm -rf /var/lib/apt/lists/*

    Leaves alone: package files that the build itself made or copied in (`apk add --allow-untrusted ./x.apk`, `[trusted=yes] file:`),
    and a download whose checksum the same RUN verifies.
    """
    lower = _lower(dockerfile)
    suspicious = any(mark in lower for mark in _SIGNATURE_MARKS)
    variables = "gosumdb" in lower or "gonosumcheck" in lower
    for stage in dockerfile.stages:
        for command in stage.calls(*_SIGNATURE_OPTIONS) if suspicious else stage.calls("rpm"):
            word = command.find(*_SIGNATURE_OPTIONS[command.name])
            if word is not None and not _own_packages(stage, command) and not (command.name == "rpm" and command.has(*_RPM_ELSE)):
                yield Hit(word, f"{command.name} {word.value} installs packages without verifying their signatures")
        if not suspicious:
            continue
        for command in stage.calls(*_SIGNATURE_SETTINGS):
            yield from _settings(command, _SIGNATURE_SETTINGS[command.name])
        for command in stage.calls(*_SAYS):
            for word in command.arguments:
                if why := _trusts_blindly(word.value.replace(" ", "")):
                    yield Hit(word, f"a repository is trusted without its signature: {why}")
        if variables:
            yield from _environment(stage, _SIGNATURE_VARIABLES, "turns the checksum database of Go's modules off")


def _trusts_blindly(text: str) -> str:
    """What in a line for a package manager's configuration turns signatures off; repositories of files may."""
    if "trusted=yes" in text and "file:" not in text and "copy:" not in text:
        return "trusted=yes"
    if text.startswith("gpgcheck=0") or "\ngpgcheck=0" in text or "\\ngpgcheck=0" in text:
        return "gpgcheck=0"
    return "SigLevel=Never" if "SigLevel=Never" in text else ""


def _own_packages(stage: Stage, command: Command) -> bool:
    """Whether all that is installed are files that were not downloaded, or were and are verified."""
    files = [word.value for word in command.operands() if word.value.endswith((".apk", ".deb", ".rpm")) or "/" in word.value]
    others = [word.value for word in command.operands()[1:] if not word.value.endswith((".apk", ".deb", ".rpm")) and "/" not in word.value]
    if not files or others or any("://" in file for file in files):
        return False
    run = command.instruction
    fetched = [c for c in stage.calls("curl", "wget") if c.instruction is run or run is None]
    return not fetched or (run is not None and any(later.name in _CHECKERS for later in run.commands[: command.index]))


# Releases with an apt before 1.1, which brought signed-by; an apt before 1.4 reads no armored key there.
_WITHOUT_SIGNED_BY = {"debian": ("squeeze", "wheezy", "jessie"), "ubuntu": ("10.04", "12.04", "14.04")}
_BINARY_KEY = "store the key as /usr/share/keyrings/NAME.gpg with gpg --dearmor, and write [signed-by=…] into the source"

# The release from which apt-key is no longer there, by distribution.
_WITHOUT_APT_KEY = {"debian": ("trixie", "13", "forky", "14", "sid", "testing"), "ubuntu": ("25.04", "25.10", "26.04", "26.10", "27.04")}


@rule(
    "WD713",
    "apt-key",
    "warning",
    help="store the key as /etc/apt/keyrings/NAME.asc, and write [signed-by=/etc/apt/keyrings/NAME.asc] into the source",
)
def apt_key(stage: Stage) -> Iterator[Hit]:
    """apt-key is deprecated, and gone from Debian 13 and Ubuntu 25.04 on.

    Where it still works, a key that it adds is trusted for every repository, not for its own.

    Bad:
        FROM debian:12-slim
        COPY example.asc /tmp/
        RUN apt-key add /tmp/example.asc

    Good:
        FROM debian:12-slim
        COPY example.asc /etc/apt/keyrings/example.asc
        RUN echo "deb [signed-by=/etc/apt/keyrings/example.asc] https://apt.example.com/ stable main" > /etc/apt/sources.list.d/example.list

    Leaves alone: `apt-key list` and others that add nothing; Ubuntu before 16.04 and Debian before 9, whose apt knows no signed-by.
    """
    if stage.image.release in _WITHOUT_SIGNED_BY.get(stage.image.family, ()):
        return
    help = _BINARY_KEY if (stage.image.family, stage.image.release) == ("ubuntu", "16.04") else ""
    for command in stage.calls("apt-key"):
        verb = command.verb(("--keyring",))
        if verb in ("add", "adv", "net-update", "update"):
            gone = stage.image.release in _WITHOUT_APT_KEY.get(stage.image.family, ())
            name = f"{stage.image.family.capitalize()} {stage.image.release}"
            if gone:
                yield Hit(command.words[0], f"apt-key is not in {name}: the build fails here", severity="error")
            else:
                yield Hit(command.words[0], f"apt-key {verb} makes a key good for every repository, and is gone in newer releases", help)


@rule(
    "WD714",
    "engine-socket",
    "warning",
    covers=("semgrep:dockerfile-dockerd-socket-mount",),
    help="leave it to whoever runs the container, and say so in its manual",
)
def engine_socket(stage: Stage) -> Iterator[Hit]:
    """The image declares the engine's socket as a volume, or mounts it in a RUN.

    Whoever can write to that socket is root on the host.

    Bad:
        VOLUME /var/run/docker.sock

    Good:
        VOLUME /var/lib/agent

    Leaves alone: DOCKER_HOST and commands that merely name the socket.
    """
    for instruction in stage.of("VOLUME"):
        for word in instruction.words:
            if word.value.endswith(("docker.sock", "containerd.sock", "podman.sock")):
                yield Hit(word, f"VOLUME {word.value} hands out the engine, and with it the host")
    for run in stage.of("RUN"):
        for mount in run.mounts:
            if mount.source.endswith(".sock") or mount.target.endswith("docker.sock"):
                yield Hit(mount, f"RUN mounts {mount.source or mount.target}, and with it the host")


_KERNEL = ("/proc", "/sys", "/dev")
_SYSTEM = frozenset("/bin /boot /etc /lib /lib64 /run /sbin /usr /usr/bin /usr/sbin /usr/lib /var /var/lib /usr/local/bin".split())


@rule("WD715", "system-directory-as-workdir", "info", covers=("DS-0030", "DKL-DI-0002"), help="use a directory of its own, as /app or /srv")
def system_directory_as_workdir(stage: Stage) -> Iterator[Hit]:
    """The container works in a directory of the system.

    What the program writes there meets what the distribution put there. Under /proc, /sys and /dev the engine mounts the kernel's file
    systems when the container starts: whatever the image has there is hidden, so those are errors.

    Bad:
        WORKDIR /etc

    Good:
        WORKDIR /srv/app

    Leaves alone: the root directory, homes, directories below a system directory (`/usr/src/app`, `/etc/nginx`), a WORKDIR that another
    one follows, and stages that are not the target.
    """
    workdirs = stage.of("WORKDIR")
    for instruction in workdirs:
        word = instruction.words[0] if instruction.words else None
        if word is None:
            continue
        path = word.value.strip("\"'").rstrip("/")
        if any(path == root or path.startswith(root + "/") for root in _KERNEL):
            if not path.startswith("/dev/shm"):
                yield Hit(word, f"what is in {path} is hidden when the container starts", severity="error")
        elif path in _SYSTEM and stage.role == "final" and instruction is workdirs[-1]:
            yield Hit(word, f"the container works in {path}")


# Off unless asked for


@rule(
    "WD716", "download-not-verified", "info", default=False, confidence="medium", help='verify it: echo "<sha256>  <file>" | sha256sum -c -'
)
def download_not_verified(stage: Stage) -> Iterator[Hit]:
    """A download is unpacked, installed or made executable without its checksum being verified.

    Off by default, because TLS protects the way, and pinning a checksum is work at every update. Where supply-chain rules demand it,
    this finds the places; `ADD --checksum=sha256:…` does download and verification in one line.

    Bad:
        RUN curl -fsSL -o /usr/local/bin/tool https://example.com/tool && chmod +x /usr/local/bin/tool

    Good:
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/tool /opt/tool

    Leaves alone: a RUN with sha256sum, gpg, cosign or another verifier; keys (.asc, .gpg); localhost.
    """
    for command in stage.calls("curl", "wget"):
        run = command.instruction
        if run is None or _verified(command) or _local_only(command):
            continue
        following = command.piped_into
        addresses = [word for word in command.arguments if "://" in word.value]
        if not addresses or addresses[0].value.endswith((".asc", ".gpg", ".key", ".sha256", ".sig")):
            continue
        unpacked = following is not None and following.name in ("tar", "unzip", "bsdtar", "gunzip", "xz", "zstd")
        saved = command.has("-o", "-O", "--output", "--remote-name", "--output-document") or command.name == "wget" or command.redirects
        if unpacked or (saved and any(_uses_download(later) for later in run.commands[command.index + 1 :])):
            yield Hit(addresses[0], f"{addresses[0].value} is used unverified")


def _uses_download(command: Command) -> bool:
    if command.name in ("tar", "unzip", "bsdtar", "dpkg", "rpm", "gunzip"):
        return True
    mode = command.verb() if command.name == "chmod" else (command.option("-m", "--mode") or "755") if command.name == "install" else ""
    return "x" in mode or (mode.isdigit() and any(digit in "1357" for digit in mode[-3:]))


@rule(
    "WD717",
    "clone-not-pinned",
    "info",
    default=False,
    help="name a tag or a commit: git clone --branch v1.2.3, or ADD https://host/o/r.git#<commit>",
)
def clone_not_pinned(stage: Stage) -> Iterator[Hit]:
    """git clone takes whatever the default branch is at today.

    Two builds of the same commit can then differ, and the cache keeps the old clone for as long as the line does not change. Off by
    default.

    Bad:
        RUN git clone https://example.com/tool.git /src

    Good:
        RUN git clone --branch v1.2.3 --depth 1 https://example.com/tool.git /src

    Leaves alone: a clone that a `git checkout`, `reset`, `fetch` or `switch` follows in the same RUN.
    """
    for command in stage.calls("git"):
        if command.verb(("-c", "-C")) != "clone" or command.has("-b", "--branch", "--revision"):
            continue
        run = command.instruction
        later = run.commands[command.index + 1 :] if run else ()
        if not any(c.name == "git" and any(w.value in ("checkout", "reset", "fetch", "switch") for w in c.arguments) for c in later):
            word = next((word for word in command.operands(("-c", "-C", "--depth", "-o", "-j")) if word.value != "clone"), command.words[0])
            yield Hit(word, f"clones whatever {word.value} has today")


@rule(
    "WD718",
    "key-from-keyserver",
    "info",
    default=False,
    help="keep the key in the repository, or ADD --checksum=sha256:… it from its owner's site",
)
def key_from_keyserver(stage: Stage) -> Iterator[Hit]:
    """A key is fetched from a keyserver during the build.

    Keyservers are slow and often down; official images retry several of them for that reason. Off by default.

    Bad:
        RUN gpg --keyserver keyserver.ubuntu.com --recv-keys 0123456789ABCDEF0123456789ABCDEF01234567

    Good:
        COPY release-key.asc /tmp/
        RUN gpg --import /tmp/release-key.asc

    Leaves alone: gpg without --recv-keys.
    """
    for command in stage.calls("gpg", "gpg2", "apt-key"):
        word = command.find("--recv-keys", "--recv-key", "--receive-keys", "--recv")
        if word is not None:
            yield Hit(word, "fetches a key from a keyserver")


@rule(
    "WD719",
    "vex-in-image",
    "info",
    covers=("tally/prefer-vex-attestation",),
    default=False,
    help="attach it: cosign attest --type openvex, or docker scout attestation add",
)
def vex_in_image(stage: Stage) -> Iterator[Hit]:
    """A VEX document is copied into the image, where a scanner looks for it only if told to.

    As an attestation it goes with the image and can be renewed without building anew. Off by default: few have such documents.

    Bad:
        COPY app.vex.json /usr/share/vex/

    Good:
        COPY app.json /usr/share/app/

    Leaves alone: files of other names.
    """
    for instruction in stage.of("COPY", "ADD"):
        for word in instruction.sources:
            if word.value.endswith((".vex.json", ".openvex.json")):
                yield Hit(word, f"{word.value} says something about the image and is no part of it")


# CVE-2022-3602 and CVE-2022-3786 are in all of these; 3.0.7 mended them.
_OPENSSL = tuple(f"openssl-3.0.{patch}" for patch in range(7))


@rule(
    "WD720",
    "vulnerable-openssl",
    "warning",
    covers=("kics:vulnerable_openssl_version",),
    help="take a supported release, or the distribution's package",
)
def vulnerable_openssl(stage: Stage) -> Iterator[Hit]:
    """RUN downloads a release of OpenSSL 3.0 that a certificate can crash (CVE-2022-3602, CVE-2022-3786).

    Bad:
        RUN curl -fsSLO https://www.openssl.org/source/openssl-3.0.4.tar.gz

    Good:
        RUN curl -fsSLO https://www.openssl.org/source/openssl-3.0.18.tar.gz

    Leaves alone: other releases, however old, and the distribution's packages.
    """
    for command in stage.calls("curl", "wget"):
        for word in command.arguments:
            name = word.value.rpartition("/")[2]
            if name.startswith(_OPENSSL) and not name[len(_OPENSSL[0]) : len(_OPENSSL[0]) + 1].isdigit():
                yield Hit(word, f"{name.removesuffix('.tar.gz')} has CVE-2022-3602")
