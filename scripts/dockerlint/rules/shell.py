"""WD401 to WD424: the shell code of RUN, and what a shell would do to an exec form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from dockerlint.continuations import line_starts
from dockerlint.files import next_in_workdir
from dockerlint.knowledge.images import works_in_root
from dockerlint.knowledge.packages import MANAGER_OF
from dockerlint.packages import calls, read
from dockerlint.rules import Hit, rule
from dockerlint.shells import dash_refuses_pipefail, last_command, linked_shell, main_commands, options, pipefail_help, shell_of
from dockerlint.wrappers import SHELLS

if TYPE_CHECKING:
    from dockerlint.model import Stage
    from dockerlint.parser import Instruction
    from dockerlint.shell import Command
    from dockerlint.text import Word

_DOWNLOADERS = frozenset("curl wget aria2c fetch aws gsutil gcloud az rclone scp rsync sftp lftp".split())
_BUILDERS = frozenset(
    """make gmake ninja cmake meson scons bazel bazelisk mvn mvnw gradle gradlew ant sbt lein mix rebar3 dune stack cabal zig configure
    autoreconf msbuild xcodebuild phpize docker-php-ext-install docker-php-ext-configure pecl pear webpack vite tsc ng next nuxt
    docker buildah skopeo crane ansible-playbook""".split()
)
_GIT_VERBS = frozenset("clone fetch pull checkout archive submodule apply am".split())
_CONDITIONS = frozenset(("if-condition", "while-condition", "not"))
_TESTS = frozenset(("[", "[[", "test"))
_INFORM = ("--version", "-version", "--help", "-V", "-h")
_SCRIPTS = (".sh", ".bash", ".py", ".pl", ".rb")
_RUNTIMES = frozenset("python python3 node php ruby perl deno bun java sh bash".split())


def _matters(command: Command) -> bool:
    """Whether the build is no good when the command fails: it downloads, installs or builds."""
    name = command.name
    call = read(command)
    if call is not None and call.action in ("install", "restore", "build", "update", "upgrade"):
        return True
    if name in _DOWNLOADERS or name in _BUILDERS:
        return not command.has(*_INFORM)
    if name == "git":
        return command.verb(("-C", "-c")) in _GIT_VERBS
    if name.endswith(_SCRIPTS):
        return True
    if name in _RUNTIMES:
        operands = command.operands()
        return bool(operands) and operands[0].value.endswith(_SCRIPTS)
    return False


def _follower(command: Command) -> Command | None:
    """The next command of the same list, be it the first of a compound command; None at the end."""
    run = command.instruction
    assert run is not None
    for other in run.commands[command.index + 1 :]:
        if other.text is not command.text or "substitution" in other.within[len(command.within) :] or other.wrapper is not command.wrapper:
            continue
        return other if other.within[: len(command.within)] == command.within else None
    return None


def _asks(command: Command) -> bool:
    """Whether the command is a question: a condition, or part of one."""
    return not _CONDITIONS.isdisjoint(command.within)


def _judged(command: Command) -> bool:
    """Whether the status of the command is looked at, so that it may fail."""
    return command.after == "||" or _asks(command)


@rule(
    "WD401", "pipe-without-pipefail", "warning",
    covers=("DL4006", "kics:shell_running_a_pipe_without_pipefail_flag", "semgrep:set-pipefail", "DF057", "ER0001"),
)  # fmt: skip
def pipe_without_pipefail(stage: Stage) -> Iterator[Hit]:
    """A download or a build is piped on, and nobody notices when it fails.

    A pipe's status is that of its last command. `curl … | sh` succeeds when nothing arrives, and so do tee, sed, jq, patch and
    `base64 -d`: the build goes on with an empty file. `set -o pipefail` makes the first failure count. bash has it, BusyBox's ash (Alpine)
    has it, dash has it from Debian 13 and Ubuntu 25.04 on; the dash of Debian 12 and Ubuntu 24.04 refuses it, and SHELL must name bash.
    Where the last command fails by itself when nothing arrives (tar, gunzip, gpg, grep, sha256sum -c) this is only an "info"; so it is
    where a shell runs the download, which WD710 warns of.

    Bad:
        RUN curl -fsSL https://example.com/list | tee /etc/list

    Good:
        RUN set -o pipefail && curl -fsSL https://example.com/list | tee /etc/list

    Good:
        FROM debian:12-slim
        SHELL ["/bin/bash", "-o", "pipefail", "-c"]
        RUN curl -fsSL https://example.com/list | tee /etc/list

    Leaves alone: left sides that cannot fail in a way that matters (echo, printf, cat, yes, dpkg --print-architecture …); conditions;
    a pipe with `||` behind it; a substitution among a command's arguments, whose status is lost with pipefail, too.

    Mends (unsafe): begins the RUN with `set -o pipefail`, or adds it to a `set -e` there, where the shell has it.
    """
    for run in stage.of("RUN"):
        found: list[tuple[Command, Command]] = []
        for command in run.commands:
            if command.piped_into is None or _is_wrapped(command) or not _feeds(command):
                continue
            last = _pipe_end(command)
            if not (_judged(last) or "pipefail" in options(command) or _lost_in_words(command)):
                found.append((command, last))
        if found:
            command, last = min(found, key=_is_minor)
            seen = f"is seen only where {_innermost(last).name} misses something" if _notices_nothing(last) else "goes unnoticed"
            yield Hit(
                command.words[0],
                f"a failed {_innermost(command).name} {seen}: the pipe has the status of {_innermost(last).name or 'its last command'}",
                pipefail_help(command),
                "info" if _is_minor((command, last)) else "",
            )


def _is_minor(pipe: tuple[Command, Command]) -> bool:
    """Whether the last command fails without input, or is a shell that runs a download, which WD710 tells of."""
    command, last = pipe
    if _notices_nothing(last):
        return True
    program = _innermost(last)
    if _innermost(command).name not in ("curl", "wget") or program.has("-c", "-e", "-m", "-r", "-n", "-p"):
        return False
    operands = program.operands()
    return program.name in SHELLS or (program.name in _RUNTIMES and (not operands or operands[0].value in ("-", "/dev/stdin")))


def _innermost(command: Command) -> Command:
    """What is run in the end: tar, of `sudo env A=b tar`."""
    while command.wrapped is not None:
        command = command.wrapped
    return command


def _is_wrapped(command: Command) -> bool:
    """Whether it is what another one runs, so that the other is judged."""
    return command.wrapper is not None and command.wrapper.wrapped is command


def _feeds(command: Command) -> bool:
    """Whether nothing or half of it comes out of the command when it fails in a way that matters."""
    inner = _innermost(command)
    if _matters(inner):
        return True
    return inner.name in ("gpg", "openssl") and inner.has("-d", "--decrypt", "-decrypt")


def _pipe_end(command: Command) -> Command:
    while command.piped_into is not None:
        command = command.piped_into
    while command.name in ("cd", "umask", "set") and (following := _follower(command)) is not None:  # … | (cd /opt && tar x)
        command = following
    return command


_NOTICES_NOTHING = frozenset(
    """tar bsdtar gunzip zcat bunzip2 bzcat unxz xzcat unzip gpg apt-key grep egrep fgrep docker dpkg rpm sha1sum sha256sum sha512sum
    md5sum""".split()
)


def _notices_nothing(last: Command) -> bool:
    """Whether it fails when it gets no input (measured for GNU and BusyBox)."""
    last = _innermost(last)
    if last.name in ("gzip", "xz", "bzip2", "zstd"):
        return last.has("-d", "-dc", "--decompress")
    if last.name.endswith("sum"):
        return last.has("-c", "--check")
    return last.name in _NOTICES_NOTHING


def _lost_in_words(command: Command) -> bool:
    """Whether it stands in a substitution whose status nobody gets: only a plain assignment passes it on."""
    if "substitution" not in command.within:
        return False
    run = command.instruction
    assert run is not None
    depth = command.within.index("substitution")
    for other in reversed(run.commands[: command.index]):
        if other.text is command.text and len(other.within) <= depth and other.wrapper is None:
            return bool(other.name) or not other.assignments
    return True


@rule(
    "WD402", "cd-instead-of-workdir", "info",
    covers=("DL3003", "DS-0013", "kics:run_command_cd_instead_of_workdir", "semgrep:use-workdir", "DF008", "ER0003"),
)  # fmt: skip
def cd_instead_of_workdir(stage: Stage) -> Iterator[Hit]:
    """A RUN changes the folder for one command; WORKDIR says it once for all that follow.

    Bad:
        RUN cd /app && make

    Good:
        WORKDIR /app
        RUN make

    Good:
        RUN make -C /app

    Leaves alone: subshells, RUNs of several steps (there, a folder left again by the end of the RUN is the shorter way), heredocs and
    folders that are known only at build time.

    Mends (safe): writes WORKDIR above it, where the rest depends on it (&&) and the next WORKDIR comes before anything to which the
    folder matters; leaves cd out where it changes nothing.
    """
    for run in stage.of("RUN"):
        if run.heredocs or not run.commands or run.commands[0].name != "cd":
            continue
        commands = main_commands(run)
        if len(commands) != 2 or commands[0].after not in ("&&", ";") or commands[1].within:
            continue
        operands = commands[0].operands()
        if len(operands) == 1 and not commands[0].within and "$(" not in operands[0].value and "`" not in operands[0].value:
            folder = operands[0].value
            if folder == run.state.workdir:
                help = f"leave cd out: WORKDIR is {folder} already"
            else:
                help = f"write WORKDIR {folder} above it{_way_back(run)}"
            yield Hit(commands[0], f"cd {folder} for a single command", help)


def _way_back(run: Instruction) -> str:
    """What else is to be written so that what follows, in the stage, in those FROM it or in the container, stays in its folder."""
    following = next_in_workdir(run)
    if following is None:
        if not run.stage.ships and not any(stage.base is run.stage for stage in run.stage.dockerfile.stages):
            return ""
    elif following.keyword == "WORKDIR" and following.words[0].value.startswith("/"):
        return ""
    reference = run.stage.reference
    at_root = works_in_root(reference) if reference else run.stage.root.reference_text == "scratch"
    before = run.state.workdir or ("/" if at_root else "")
    return f", and WORKDIR {before} behind it" if before else ", and the WORKDIR of the base image behind it"


_EDITORS = frozenset("vi vim nvim nano emacs pico less more man".split())
_PROCESS_TOOLS = frozenset("ps top htop free kill killall pkill ifconfig mount umount uptime".split())
_POWER = frozenset("shutdown reboot halt poweroff init telinit".split())


@rule(
    "WD403", "pointless-command", "info",
    covers=("DL3001", "kics:run_utilities_and_posix_commands", "semgrep:nonsensical-command", "DF060", "ER0005"),
)  # fmt: skip
def pointless_command(stage: Stage) -> Iterator[Hit]:
    """A command that makes no sense while an image is built.

    There is no terminal, no service manager, nobody to talk to, and no process of an earlier RUN.

    Bad:
        RUN systemctl start nginx

    Bad:
        RUN vim /etc/hosts

    Good:
        RUN systemctl enable nginx

    Leaves alone: `ssh` in a RUN with an ssh mount; an editor with a script (`vim +PlugInstall +qall`); `kill` and `ps` where the same RUN
    starts something in the background; `mount` in a RUN with `--security=insecure`; `systemctl enable`, which only makes links.
    """
    for command in stage.calls("ssh", "systemctl", *_EDITORS, *_PROCESS_TOOLS, *_POWER):
        run = command.instruction
        if run is not None and command.wrapper is None and (reason := _pointless(command, run)):
            yield Hit(command.words[0], f"{command.name} {reason}")


def _pointless(command: Command, run: Instruction) -> str:
    name = command.name
    if name == "ssh":
        return "" if any(mount.type == "ssh" for mount in run.mounts) or command.has("-V") or _judged(command) else (
            "has no key here: it needs RUN --mount=type=ssh"
        )  # fmt: skip
    if name == "systemctl":
        verb = command.verb(("-t", "-p"))
        return "finds no systemd in a build" if verb in ("start", "restart", "reload", "stop", "status", "daemon-reload") else ""
    if command.has("--version", "--help", "-h", "-V") or _judged(command):
        return ""
    if name in _EDITORS:
        scripted = command.piped_from or command.redirects or command.has("-c", "-e", "-E", "-es", "-s", "--batch", "-u", "--headless")
        if scripted or command.piped_into or any(word.value.startswith("+") for word in command.arguments):
            return ""
        return "waits for somebody at a terminal"
    if name in _POWER:
        return "has no machine to control"
    if name in ("mount", "umount"):
        return "" if run.flag("security") else "is not allowed in a build: use RUN --mount"
    if name in ("kill", "killall", "pkill", "ps"):
        background = any(other.after == "&" for other in run.commands)
        daemonish = any(other.index < command.index and not _is_quick(other) for other in run.commands)
        return "" if background or daemonish or command.piped_into else "sees no process of an earlier RUN"
    return "" if command.piped_into or "substitution" in command.within else "says nothing about the container that will run"


def _is_quick(command: Command) -> bool:
    """Whether it certainly leaves no process behind."""
    return command.name in ("", "echo", "set", "cd", "mkdir", "rm", "apt-get", "apk", "ps", "kill", "true", "sleep")


@rule(
    "WD404", "shell-relinked", "warning",
    covers=("DL4005", "kics:changing_default_shell_using_run_command", "semgrep:use-shell-instruction", "ER0008"),
)  # fmt: skip
def shell_relinked(stage: Stage) -> Iterator[Hit]:
    """/bin/sh is replaced by another shell.

    Every script of the distribution that begins with #!/bin/sh runs in the other shell from then on, package updates can undo it, and
    whoever reads the Dockerfile expects sh. SHELL changes the shell of RUN, and says so.

    Bad:
        RUN ln -sf /bin/bash /bin/sh

    Good:
        SHELL ["/bin/bash", "-c"]

    Leaves alone: a /bin/sh for an image that has none (`ln -s /busybox/sh /bin/sh`).
    """
    for link in stage.calls("ln"):
        target = linked_shell(link)
        if target.rpartition("/")[2] in ("bash", "zsh", "ksh", "fish"):
            yield Hit(link, f"/bin/sh becomes {target}", f'write SHELL ["{target}", "-c"] instead')


# Syntax that only some shells have, with what becomes of it: the kinds of shell that lack it, whether the shell stops there, what is told.
_BOTH, _DASH = ("dash", "busybox"), ("dash",)
_BUILTINS = {
    "[[": (_DASH, "[[ is not found", "use [ … ], and = for =="),
    "((": (_BOTH, "(( )) runs a command of that name in a subshell", "use [ … -gt … ] and $(( ))"),
    "source": (_DASH, "source is not found", "write . in place of source"),
    "pushd": (_BOTH, "pushd is not found", "use cd in a subshell: (cd folder && …)"),
    "popd": (_BOTH, "popd is not found", "use cd in a subshell: (cd folder && …)"),
    "shopt": (_BOTH, "shopt is not found", ""),
    "declare": (_BOTH, "declare is not found", "write NAME=value"),
    "typeset": (_BOTH, "typeset is not found", "write NAME=value"),
    "mapfile": (_BOTH, "mapfile is not found", "use while read"),
    "readarray": (_BOTH, "readarray is not found", "use while read"),
    "let": (_DASH, "let is not found", "write NAME=$(( … ))"),
    "function": (_DASH, "function is not found", "write NAME() { … }"),
    "builtin": (_BOTH, "builtin is not found", ""),
    "disown": (_BOTH, "disown is not found", ""),
}
_BASH_HELP = 'write SHELL ["/bin/bash", "-c"] above it'
# What the text of a RUN must have for a closer look to be worth it.
_MARKS = ("<(", "<<<", "&>", "|&", "=(", "$'", "pipefail", "==", "echo -", "+=")
_MARKED_BRACES = re.compile(r"\{[^\s{}'\"]*(?:,|\.\.)[^\s{}'\"]*\}|\{(?:!|\w+(?:\[|/|\^|,|:(?:\d|[\s(]+-?\d)))")
_UNQUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.")
_BRACES = re.compile(r"(?<![$\\])\{(?:[^\s{}]*,[^\s{}]*|-?\w+\.\.-?\w+)\}")
_SUBSTITUTION = re.compile(r"(?<!\\)\$\{(?:(!)|\w+(?:(\[)|(/)|(\^\^?|,,?)|(:(?:\d|[\s(]+-?\d))))")
_OWN_BRACES = frozenset("curl wget find xargs jq awk gawk sed grep perl".split())  # they understand braces, or mean them


@rule("WD405", "bash-syntax-in-sh", "error", covers=("DF066",))
def bash_syntax_in_sh(stage: Stage) -> Iterator[Hit]:
    """/bin/sh does not have what the command uses: it is dash (Debian, Ubuntu) or BusyBox (Alpine), not bash.

    dash stops at arrays, `<(…)`, `<<<`, `|&`, `${x//a/b}` and, up to Debian 12, at `set -o pipefail`; it does not find `[[`, `source`,
    `pushd`; `[ a == b ]` is false with an error; and worst are those that pass silently: `mkdir {a,b}` makes one folder of that name,
    `echo -e` prints the -e, `cmd &> file` runs cmd in the background. BusyBox understands about half of it.

    Bad:
        RUN source /etc/profile && make

    Bad:
        RUN mkdir -p /srv/{data,log}

    Good:
        RUN . /etc/profile && make

    Good:
        SHELL ["/bin/bash", "-o", "pipefail", "-c"]
        RUN source /etc/profile && mkdir -p /srv/{data,log}

    Leaves alone: images whose /bin/sh is not known, bash by SHELL, by `bash -c`, by a heredoc's shebang or by a link over /bin/sh; what
    `command -v bash` or `|| true` guards; `{a,b}` of curl, find, awk and others that read braces themselves.
    """
    if stage.image.shell not in ("dash", "busybox"):
        return
    for command in stage.calls(*_BUILTINS):
        shells, what, help = _BUILTINS[command.name]
        if not _is_wrapped(command):
            kind = shell_of(command).kind
            if kind in shells:
                yield Hit(command.words[0], f"{what} in {_called(kind)}", help or _BASH_HELP, "warning" if _survives(command) else "")
    for run in stage.of("RUN"):
        text = run.text.value + run.heredocs[0].body.value if run.heredocs else run.text.value
        if not (any(mark in text for mark in _MARKS) or ("{" in text and _MARKED_BRACES.search(text))):
            continue
        for command in run.commands:
            if not _is_wrapped(command) and (kind := shell_of(command).kind) in _BOTH:
                yield from _bashisms(command, kind, stage)
        yield from _fed_compounds(run)


# `done < <(…)` and `done <<< …`: such redirections belong to no command.
_FED_COMPOUND = re.compile(r"(?:\b(?:done|fi|esac)|[;\n]\s*\}|\))\s*(<<<|<\s*<\()")


def _fed_compounds(run: Instruction) -> Iterator[Hit]:
    for first in {id(command.text): command for command in reversed(run.commands)}.values():
        kind = shell_of(first).kind
        for found in _FED_COMPOUND.finditer(first.text.value) if kind in _BOTH else ():
            if any(command.start <= found.start() < command.end for command in run.commands if command.text is first.text):
                continue  # a text, or what a command has of its own
            where = first.text.span(*found.span(1))
            if found[1] == "<<<":
                yield Hit(where, f"<<< is a syntax error in {_called(kind)}", "use printf … |, or " + _BASH_HELP)
            elif kind == "dash":
                yield Hit(where, f"<(…) is a syntax error in {_called(kind)}", _BASH_HELP)


def _called(kind: str) -> str:
    return "dash, which is /bin/sh here" if kind == "dash" else "BusyBox's ash, which is /bin/sh here"


def _survives(command: Command) -> bool:
    """Whether the build goes on behind a command that is not found."""
    return _judged(command) or (command.after in (";", "\n", "&", "|") and "errexit" not in options(command))


def _bashisms(command: Command, kind: str, stage: Stage) -> Iterator[Hit]:
    where = _called(kind)
    name = command.name
    for word in (*command.assignments, *command.words):
        raw = word.raw
        if name in ("[[", "((") or raw.isalnum():
            continue
        bare = _UNQUOTED.sub("", raw) if "'" in raw or '"' in raw or "\\" in raw else raw
        if "=(" in bare and bare.partition("=(")[0].removesuffix("+").isidentifier():
            yield Hit(word, f"an array is a syntax error in {where}", _BASH_HELP)
        elif "+=" in bare and word in command.assignments:
            yield Hit(
                word, f"{bare.partition('=')[0]}= is not found in {where}", "write NAME=$NAME…", "warning" if _survives(command) else ""
            )
        elif bare.startswith("<(") and kind == "dash":
            yield Hit(word, f"<(…) is a syntax error in {where}", _BASH_HELP)
        elif "{" in bare and name not in _OWN_BRACES and _BRACES.search(bare) and "$(" not in bare and "`" not in bare:
            yield Hit(word, f"{raw} stays as it is, braces and all, in {where}", "write the words out, or " + _BASH_HELP, "warning")
        elif "${" in raw and "'" not in raw and (found := _SUBSTITUTION.search(raw)):
            if kind == "dash" or found[1] or found[2] or found[4]:
                yield Hit(word, f"{found[0]}…}} is a bad substitution in {where}", _BASH_HELP)
        elif raw.startswith("$'") and kind == "dash":
            yield Hit(word, f"$'…' keeps its $ in {where}", "use printf", "warning")
    for redirect in command.redirects if command._redirects else ():
        if redirect.operator == "<<<":
            yield Hit(redirect, f"<<< is a syntax error in {where}", "use printf … |, or " + _BASH_HELP)
        elif redirect.operator.startswith("&>") and kind == "dash":
            yield Hit(redirect, f"{redirect.operator} runs the command in the background in {where}", "write > file 2>&1", "warning")
        elif redirect.target.raw.startswith("<(") and kind == "dash":
            yield Hit(redirect, f"<(…) is a syntax error in {where}", _BASH_HELP)
    if command.after == "|&":
        yield Hit(command, f"|& is a syntax error in {where}", "write 2>&1 |")
    if kind == "dash":
        yield from _dash_only(command, stage)


def _dash_only(command: Command, stage: Stage) -> Iterator[Hit]:
    where = _called("dash")
    if command.name == "set" and any(word.value == "pipefail" for word in command.arguments):
        if dash_refuses_pipefail(stage) and not _judged(command) and not command.redirects:
            yield Hit(command, f"set -o pipefail stops {where}", 'write SHELL ["/bin/bash", "-o", "pipefail", "-c"] above it')
    elif command.name in ("[", "test"):
        for word in command.arguments:
            if word.raw == "==":
                yield Hit(word, f"== is an error in {where}", "write =", "warning")
    elif command.words and command.words[0].raw == "echo" and len(command.words) > 2 and command.words[1].value in ("-e", "-ne", "-en"):
        yield Hit(command.words[1], f"echo prints the {command.words[1].value} in {where}", "use printf", "warning")


@rule(
    "WD406", "wget-and-curl", "style", default=False,
    covers=("DL4001", "DS-0014", "kics:run_using_wget_and_curl", "semgrep:use-either-wget-or-curl", "DF058", "ER0007"),
)  # fmt: skip
def wget_and_curl(stage: Stage) -> Iterator[Hit]:
    """The stage uses both wget and curl, where one does.

    Bad:
        RUN curl -fsSLO https://example.com/a
        RUN wget -q https://example.com/b

    Good:
        RUN curl -fsSLO https://example.com/a
        RUN curl -fsSLO https://example.com/b

    Leaves alone: a tool in one stage, the other in another.
    """
    downloads = stage.calls("curl", "wget")
    for command in downloads:
        if command.name != downloads[0].name:
            yield Hit(command.words[0], f"{command.name} beside {downloads[0].name}", f"use {downloads[0].name} here, too")
            return


_WGET_VALUED = frozenset(
    """-O -o -a -P -U -t -T -w -e -i -B -l -A -R -D -I -X -Q --output-document --output-file --append-output --directory-prefix --user-agent
    --tries --timeout --wait --execute --input-file --header --post-data --post-file --user --password --progress --waitretry
    --ca-certificate --referer --method --body-data""".split()
)
_CURL_VALUED = frozenset(
    """-o -O_ -H -A -b -c -C -d -D -e -E -F -K -m -r -T -u -U -w -x -X -y -Y -z --output --header --user-agent --cookie --cookie-jar
    --continue-at --data --data-raw --data-binary --data-urlencode --dump-header --referer --cert --form --config --max-time
    --connect-timeout --range --upload-file --user --proxy-user --write-out --proxy --request --retry --retry-delay --retry-max-time
    --cacert --capath --key --proto --proto-default --proto-redir --resolve --output-dir --url --limit-rate --max-redirs --interface
    --tls-max --ciphers --aws-sigv4 --oauth2-bearer --max-filesize --speed-limit --speed-time --json""".split()
)


@rule("WD407", "wget-progress", "style", covers=("DL3047", "DF056"), help="add -nv, or --progress=dot:giga")
def wget_progress(stage: Stage) -> Iterator[Hit]:
    """wget draws a progress bar into the build's log, thousands of lines for a large file.

    Bad:
        RUN wget https://example.com/large.tar.gz

    Good:
        RUN wget -nv https://example.com/large.tar.gz

    Leaves alone: -q, -nv, --progress, a log file (-o, -a), standard error redirected.

    Mends (safe): adds --progress=dot:giga in images of Debian and Ubuntu; BusyBox knows no such option.
    """
    busybox = stage.image.shell == "busybox"
    brought = [apk.span for each in stage.chain() for apk in each.calls("apk") for word in apk.arguments if word.value == "wget"]
    for command in stage.calls("wget"):
        if _wget_quiet(command) or any(redirect.fd == "2" or redirect.operator[0] == "&" for redirect in command.redirects):
            continue
        if command.operands(_WGET_VALUED) or command.has("-i", "--input-file"):
            own = busybox and not any(span < command.span for span in brought)
            help = "add -q: the wget of BusyBox knows neither --progress nor -nv" if own else ""
            yield Hit(command.words[0], "wget writes its progress to the build's log", help)


def _wget_quiet(command: Command) -> bool:
    if any("$" in word.value and "/" not in word.value and not word.quoted for word in command.arguments):
        return True  # a variable of options, most likely
    if command.has("--quiet", "--no-verbose", "--progress", "--output-file", "--append-output", "--version", "--help", "--spider"):
        return True
    return any(
        value[0] == "-" != value[1] and (not {"q", "o", "a"}.isdisjoint(value[1:].partition("O")[0]) or value.startswith("-nv"))
        for word in command.arguments
        if len(value := word.value) > 1
    )


# curl that fails by itself, only looks, or has its options elsewhere.
_CURL_FAILS = (
    "-f", "--fail", "--fail-with-body", "-I", "--head", "-w", "--write-out", "-K", "--config", "-V", "--version", "-h", "--help",
)  # fmt: skip


@rule("WD408", "curl-without-fail", "warning", covers=("DF035",), help="add -f (--fail)")
def curl_without_fail(stage: Stage) -> Iterator[Hit]:
    """curl takes an error page for the file.

    Without --fail curl succeeds on 404 and 500, and the server's error page becomes the program, the key or the script.

    Bad:
        RUN curl -sSLo /usr/local/bin/tool https://example.com/tool && chmod +x /usr/local/bin/tool

    Good:
        RUN curl -fsSLo /usr/local/bin/tool https://example.com/tool && chmod +x /usr/local/bin/tool

    Leaves alone: what only looks (`-I`, `-w '%{http_code}'`, conditions), output that goes nowhere, localhost. Where an error page is
    noticed soon (piped into tar, or unpacked or checked in the same RUN) it is an "info".

    Mends (unsafe): adds -f.
    """
    for command in stage.calls("curl"):
        if command.has(*_CURL_FAILS) or _judged(command) or not (kept := _kept(command)):
            continue
        urls = _urls(command, _CURL_VALUED)
        if urls and not any(_is_local(word.value) or word.value.startswith(("file:", "ftp:")) for word in urls):
            yield Hit(command.words[0], f"curl {kept} an error page as if it were the file", severity="info" if _noticed(command) else "")


def _kept(command: Command) -> str:
    """What becomes of the output; "" where it is thrown away or shown."""
    output = command.option("-o", "--output")
    if output not in (None, "-", "/dev/stdout"):
        return "" if output == "/dev/null" else "saves"
    if command.has("-O", "--remote-name", "--remote-name-all", "-J"):
        return "saves"
    if command.piped_into is not None:
        return "" if command.piped_into.name in ("grep", "head", "tail") and "substitution" not in command.within else "passes on"
    for redirect in command.redirects:
        if redirect.operator in (">", ">>", ">|", "&>") and redirect.fd in ("", "1"):
            return "" if redirect.target.value == "/dev/null" else "saves"
    return "passes on" if "substitution" in command.within else ""


def _noticed(command: Command) -> bool:
    """Whether an error page makes the same RUN fail soon."""
    if command.piped_into is not None:
        end = _innermost(_pipe_end(command))
        return _notices_nothing(end) or end.name in SHELLS or end.name in ("jq", "python", "python3", "patch")
    run = command.instruction
    assert run is not None
    return any(_reads_file(other) for other in run.commands[command.index + 1 :])


_PACKAGE_TOOLS = frozenset("apt-get apt apk yum dnf microdnf gdebi java".split())
_UNPACKERS = _NOTICES_NOTHING | SHELLS | frozenset("unzip rpm2cpio ar bzip2 xz gzip jar installer 7z".split())


def _reads_file(command: Command) -> bool:
    """Whether it would stop at an error page in place of an archive, a package, a list of checksums or a script."""
    if command.name in _PACKAGE_TOOLS:
        return any("/" in word.value or word.value.endswith((".deb", ".rpm", ".apk", ".jar")) for word in command.arguments)
    return command.name in _UNPACKERS or command.name.endswith((".sh", ".run", ".bin"))


def _urls(command: Command, valued: frozenset[str]) -> list[Word]:
    return [word for word in command.operands(valued) if "://" in word.value or "." in word.value or "$" in word.value]


def _is_local(url: str) -> bool:
    host = url.partition("://")[2] or url
    return host.startswith(("localhost", "127.", "[::1]", "0.0.0.0"))


_REDIRECTING = re.compile(
    r"https?://(?:www\.)?(?:github\.com/[^/]+/[^/]+/(?:releases/(?:latest/)?download|archive|raw|tarball|zipball)/"
    r"|api\.github\.com/repos/[^/]+/[^/]+/(?:tarball|zipball)|(?:downloads\.)?sourceforge\.net/|dl\.k8s\.io/|go\.dev/dl/[^?]|golang\.org/dl/[^?])"
)


@rule("WD409", "curl-without-location", "warning", covers=("tally/curl-should-follow-redirects",), help="add -L (--location)")
def curl_without_location(stage: Stage) -> Iterator[Hit]:
    """curl does not follow the redirect of a server that always redirects.

    Releases and archives on GitHub, SourceForge, dl.k8s.io and go.dev/dl answer with a redirect. Without --location curl saves its body,
    which is empty, and succeeds, even with --fail.

    Bad:
        RUN curl -fsSO https://github.com/jqlang/jq/releases/download/jq-1.7.1/jq-linux-amd64

    Good:
        RUN curl -fsSLO https://github.com/jqlang/jq/releases/download/jq-1.7.1/jq-linux-amd64

    Leaves alone: other hosts; what only asks for headers.

    Mends (unsafe): adds -L.
    """
    for command in stage.calls("curl"):
        if not command.has("-L", "--location", "--location-trusted", "-I", "--head", "-K", "--config", "-w", "--write-out"):
            for word in command.operands(_CURL_VALUED):
                if _REDIRECTING.match(word.value):
                    host = word.value.split("/")[2]
                    yield Hit(word, f"{host} redirects, and curl does not follow")
                    break


@rule("WD410", "download-without-retry", "style", default=False, covers=("tally/prefer-curl-config", "tally/prefer-wget-config"))
def download_without_retry(stage: Stage) -> Iterator[Hit]:
    """A download gives up at the first failure.

    curl does not retry unless it is told to; wget does not wait between its attempts. One line in ~/.curlrc or ~/.wgetrc serves all.

    Bad:
        RUN curl -fsSLO https://example.com/a

    Good:
        RUN curl -fsSLO --retry 5 --retry-all-errors https://example.com/a

    Leaves alone: a stage that writes .curlrc or .wgetrc; localhost.
    """
    for name, flags, help in (
        ("curl", ("--retry", "-K", "--config"), "add --retry 5"),
        ("wget", ("-t", "--tries", "--waitretry", "--retry-connrefused"), "add --tries=5 --waitretry=2"),
    ):
        downloads = stage.calls(name)
        if downloads and not any(f".{name}rc" in word.value for run in stage.of("RUN", "COPY", "ENV") for word in run.words):
            for command in downloads:
                urls = _urls(command, _CURL_VALUED if name == "curl" else _WGET_VALUED)
                if urls and not command.has(*flags) and not any(_is_local(word.value) for word in urls):
                    yield Hit(command.words[0], f"{name} does not retry", help)


_SMALL = frozenset(
    """mkdir rmdir chmod chown ln touch mv cp rm echo printf sed groupadd useradd adduser addgroup usermod ldconfig install cat tee true
    ls""".split()
)


@rule(
    "WD411", "consecutive-runs", "info",
    covers=("DL3059", "kics:multiple_run_add_copy_instructions_listed", "DF003"),
)  # fmt: skip
def consecutive_runs(stage: Stage) -> Iterator[Hit]:
    """RUNs that follow each other do what one would.

    Merging saves nothing by itself. It does where each RUN fetches the package index anew, and three or more that only move small
    files about are as many layers for one purpose.

    Bad:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
        RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl git && rm -rf /var/lib/apt/lists/*

    Leaves alone: stages that do not ship; RUNs that do real work (download, build), where a layer each keeps the cache; RUNs with
    different mounts; installs in some cases only (`if`, `case`, `[ … ] &&`).
    """
    if not stage.ships:
        return
    series: list[list[Instruction]] = []
    before: Instruction | None = None
    for instruction in stage.instructions:
        if instruction.keyword == "RUN":
            if before is not None and before.keyword == "RUN" and _alike(before, instruction):
                series[-1].append(instruction)
            else:
                series.append([instruction])
        before = instruction
    indexes: dict[int, set[str]] | None = None
    for runs in series:
        if len(runs) > 1:
            indexes = _indexes(stage) if indexes is None else indexes
            yield from _judge_series(runs, indexes)


def _alike(first: Instruction, second: Instruction) -> bool:
    if first.state.shell != second.state.shell or first.form != second.form:
        return False
    return [(flag.name, flag.value) for flag in first.flags] == [(flag.name, flag.value) for flag in second.flags]


def _only_prepares(run: Instruction) -> bool:
    """Whether it installs and moves small files in any case, and neither downloads nor builds on its own."""
    return all((not _matters(command) or read(command) is not None) and not _in_some_cases(command) for command in run.commands)


def _in_some_cases(command: Command) -> bool:
    """Whether something decides if the command runs, or it decides that itself."""
    return command.name in ("[", "[[", "test") or not {"if", "if-condition", "case"}.isdisjoint(command.within) or command.before == "||"


def _judge_series(series: Sequence[Instruction], indexes: Mapping[int, set[str]]) -> Iterator[Hit]:
    for before, run in pairwise(series):
        managers = indexes.get(id(before), _NONE) & indexes.get(id(run), _NONE)
        if managers and _only_prepares(run) and _only_prepares(before):
            name = min(managers)
            yield Hit(run.keyword_span, f"installs with {name} right behind the RUN on line {before.line}, which did, too", "merge the two")
    small = 0
    for run in series if len(series) > 2 else ():
        small = small + 1 if run.commands and all(command.name in _SMALL for command in main_commands(run)) else 0
        if small == 3:
            yield Hit(run.keyword_span, "the third RUN in a row that only prepares files", "merge them with &&, or in one heredoc")


_NONE: frozenset[str] = frozenset()


def _indexes(stage: Stage) -> dict[int, set[str]]:
    """For each RUN, by identity, the package managers whose index it fetches to install something."""
    found: dict[int, dict[str, set[str]]] = {}
    for call in calls(stage):
        if call.manager.system:
            found.setdefault(id(call.command.instruction), {}).setdefault(call.manager.name, set()).add(call.action)
    return {
        run: {name for name, actions in managers.items() if "install" in actions and (name != "apt" or "update" in actions)}
        for run, managers in found.items()
    }


@rule(
    "WD412", "run-could-be-heredoc", "style", default=False, covers=("tally/prefer-run-heredoc",),
    help="write RUN <<EOF, set -e, and a command a line",
)  # fmt: skip
def run_could_be_heredoc(stage: Stage) -> Iterator[Hit]:
    r"""A long chain of commands reads better as a heredoc.

    Bad:
        RUN apt-get update && \
            apt-get install -y curl && \
            curl -fsSLO https://example.com/a && \
            tar -xf a && \
            rm a

    Good:
        RUN <<EOF
        set -e
        apt-get update
        apt-get install -y curl
        EOF

    Leaves alone: chains of up to three commands, or on up to two lines.
    """
    for run in stage.of("RUN"):
        if not run.heredocs and run.last_line - run.line >= 2:
            chained = [command for command in main_commands(run) if command.before == "&&" and not command.within]
            if len(chained) >= 3:
                yield Hit(run.keyword_span, f"a chain of {len(chained) + 1} commands")


_POWERSHELLS = ("powershell", "powershell.exe", "pwsh", "pwsh.exe")


def _program(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].lower()


def _powershell(run: Instruction) -> str:
    """The PowerShell code of a RUN, "" where it is none."""
    if run.state.shell and _program(run.state.shell[0]) in _POWERSHELLS:
        return " ".join(run.state.shell[1:]) + "\n" + "\n".join([run.value, *(heredoc.body.value for heredoc in run.heredocs)])
    return " ".join(word.value for word in run.words[1:]) if _calls_powershell(run) else ""


def _calls_powershell(run: Instruction) -> bool:
    if run.commands:
        return run.commands[0].name in _POWERSHELLS
    return bool(run.words) and _program(run.words[0].value) in _POWERSHELLS  # in a shell that is not read, as cmd


@rule(
    "WD413", "powershell-errors-ignored", "warning", covers=("tally/powershell/error-action-preference",),
    help="begin with $ErrorActionPreference = 'Stop'; or put it into SHELL",
)  # fmt: skip
def powershell_errors_ignored(stage: Stage) -> Iterator[Hit]:
    """PowerShell goes on after an error, so that only the last statement decides.

    Bad:
        FROM mcr.microsoft.com/powershell:7.4-ubuntu-22.04
        SHELL ["pwsh", "-Command"]
        RUN Invoke-WebRequest https://example.com/a.zip -OutFile a.zip; Expand-Archive a.zip

    Good:
        FROM mcr.microsoft.com/powershell:7.4-ubuntu-22.04
        SHELL ["pwsh", "-Command", "$ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true;"]
        RUN Invoke-WebRequest https://example.com/a.zip -OutFile a.zip; Expand-Archive a.zip

    Leaves alone: a single statement; scripts run from a file.
    """
    for run in stage.of("RUN"):
        if (code := _powershell(run)) and "erroractionpreference" not in code.lower():
            statements = run.value if run.state.shell and _program(run.state.shell[0]) in _POWERSHELLS else code
            if ";" in statements.strip().rstrip(";\"'") or any("\n" in heredoc.body.value.strip() for heredoc in run.heredocs):
                yield Hit(run.keyword_span, "PowerShell goes on when a statement fails")


@rule(
    "WD414", "powershell-progress", "style", covers=("tally/powershell/progress-preference",),
    help="set $ProgressPreference = 'SilentlyContinue' before it",
)  # fmt: skip
def powershell_progress(stage: Stage) -> Iterator[Hit]:
    """Invoke-WebRequest draws a progress bar, which slows the download down many times in Windows PowerShell.

    Bad:
        FROM mcr.microsoft.com/powershell:7.4-ubuntu-22.04
        SHELL ["pwsh", "-Command"]
        RUN Invoke-WebRequest https://example.com/a.zip -OutFile a.zip

    Good:
        FROM mcr.microsoft.com/powershell:7.4-ubuntu-22.04
        SHELL ["pwsh", "-Command", "$ProgressPreference = 'SilentlyContinue';"]
        RUN Invoke-WebRequest https://example.com/a.zip -OutFile a.zip

    Leaves alone: what sets the preference in the RUN or in SHELL.
    """
    for run in stage.of("RUN"):
        code = _powershell(run).lower()
        if code and "progresspreference" not in code and any(name in code for name in ("invoke-webrequest", "iwr ", "invoke-restmethod")):
            yield Hit(run.keyword_span, "Invoke-WebRequest draws a progress bar")


@rule("WD415", "powershell-in-every-run", "style", covers=("tally/powershell/prefer-shell-instruction",))
def powershell_in_every_run(stage: Stage) -> Iterator[Hit]:
    """Several RUNs call PowerShell by name, where one SHELL would do.

    Bad:
        FROM mcr.microsoft.com/powershell:7.4-ubuntu-22.04
        RUN pwsh -Command Install-Module Pester -Force
        RUN pwsh -Command Install-Module Az -Force

    Good:
        FROM mcr.microsoft.com/powershell:7.4-ubuntu-22.04
        SHELL ["pwsh", "-Command"]
        RUN Install-Module Pester -Force
        RUN Install-Module Az -Force

    Leaves alone: a single such RUN; scripts (`-File`).
    """
    runs = [run for run in stage.of("RUN") if _calls_powershell(run) and all(word.value.lower() != "-file" for word in run.words)]
    if len(runs) > 1:
        name = runs[1].words[0].value
        yield Hit(runs[1].words[0], f"{len(runs)} RUNs call {name}", f'write SHELL ["{name}", "-Command"] once')


_TELEMETRY = {
    "dotnet": "DOTNET_CLI_TELEMETRY_OPTOUT=1",
    "next": "NEXT_TELEMETRY_DISABLED=1",
    "nuxt": "NUXT_TELEMETRY_DISABLED=1",
    "gatsby": "GATSBY_TELEMETRY_DISABLED=1",
    "astro": "ASTRO_TELEMETRY_DISABLED=1",
    "turbo": "TURBO_TELEMETRY_DISABLED=1",
    "brew": "HOMEBREW_NO_ANALYTICS=1",
    "az": "AZURE_CORE_COLLECT_TELEMETRY=0",
    "pwsh": "POWERSHELL_TELEMETRY_OPTOUT=1",
    "vcpkg": "VCPKG_DISABLE_METRICS=1",
    "func": "FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT=1",
    "hf": "HF_HUB_DISABLE_TELEMETRY=1",
}


@rule("WD416", "telemetry-on", "style", default=False, covers=("tally/prefer-telemetry-opt-out",))
def telemetry_on(stage: Stage) -> Iterator[Hit]:
    """A tool that reports home by default is used without its off switch.

    Bad:
        FROM mcr.microsoft.com/dotnet/sdk:10.0
        RUN dotnet publish -c Release

    Good:
        FROM mcr.microsoft.com/dotnet/sdk:10.0
        ENV DOTNET_CLI_TELEMETRY_OPTOUT=1
        RUN dotnet publish -c Release

    Leaves alone: DO_NOT_TRACK; a variable set in the RUN itself.
    """
    told = set()
    for command in stage.calls(*_TELEMETRY, "npx"):
        tool = command.verb() if command.name == "npx" else command.name
        if tool not in _TELEMETRY or tool in told or command.instruction is None:
            continue
        name = _TELEMETRY[tool].partition("=")[0]
        run = command.instruction
        assigned = {word.value.partition("=")[0] for other in run.commands for word in (*other.assignments, *other.arguments)}
        if name not in run.state.variables and "DO_NOT_TRACK" not in run.state.variables and name not in assigned:
            told.add(tool)
            yield Hit(command.words[0], f"{tool} sends telemetry", f"set ENV {_TELEMETRY[tool]}")


_HARMLESS = frozenset(
    ("", *"echo printf true : set unset export readonly local alias umask ulimit trap shift return exit wait shopt function".split())
)


@rule("WD417", "heredoc-without-errexit", "warning", help="make set -e its first line")
def heredoc_without_errexit(stage: Stage) -> Iterator[Hit]:
    """A heredoc of several commands goes on when one of them fails.

    The body is one script, and the RUN has the status of its last command. `set -e` makes the first failure end it.

    Bad:
        RUN <<EOF
        apt-get update
        apt-get install -y --no-install-recommends curl
        rm -rf /var/lib/apt/lists/*
        EOF

    Good:
        RUN <<EOF
        set -e
        apt-get update
        apt-get install -y --no-install-recommends curl
        rm -rf /var/lib/apt/lists/*
        EOF

    Leaves alone: one command; commands that are all joined with &&; `-e` in SHELL or in a shebang; `set +e`; conditions (`[ -f x ] && …`,
    `grep -q x y && …`); bodies that are no shell script. Where only mkdir, cat, chmod and the like can fail it is an "info".

    Mends (unsafe): makes `set -e` the first line.
    """
    for run in stage.of("RUN"):
        if run.heredocs and run.commands:
            body = run.heredocs[0].body
            lost = [
                command
                for command in run.commands
                if command.text is body and command.name not in _HARMLESS and _lost(command) and not _is_condition(command)
            ]
            if lost:
                command = next((command for command in lost if command.name not in _SMALL), lost[0])
                severity = "info" if command.name in _SMALL else ""
                help = _NOT_BY_ERREXIT if "errexit" in options(command) else ""
                yield Hit(command.words[0], f"the heredoc goes on when {command.name} fails", help, severity)


def _is_condition(command: Command) -> bool:
    """Whether what it asks decides about the command behind its &&: `[ -f x ] && rm x`, `grep -q a b && c`."""
    return command.after == "&&" and (command.name in _ASKING or command.has("-q", "--quiet", "-s"))


_ASKING = frozenset("[ [[ test command which type hash id getent grep egrep fgrep cmp diff pgrep".split())
_NOT_BY_ERREXIT = "join what follows with &&, too: set -e looks at the last command of a list alone"


@rule("WD418", "failure-lost", "warning", help="join them with &&, or begin with set -e")
def failure_lost(stage: Stage) -> Iterator[Hit]:
    """A download, an installation or a build may fail, and the RUN goes on: `;` looks at no status.

    Bad:
        RUN apt-get update; apt-get install -y --no-install-recommends curl; rm -rf /var/lib/apt/lists/*

    Good:
        RUN set -e; apt-get update; apt-get install -y --no-install-recommends curl; rm -rf /var/lib/apt/lists/*

    Good:
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: `set -e` and SHELL with -e, which look at all but what stands before the last && of a list; conditions; commands that
    clean up; what stands last, or last in its branch; `&& flag=1` with something behind it that looks at the flag.
    """
    for run in stage.of("RUN"):
        if ";" not in run.text.value:
            continue
        bodies = [heredoc.body for heredoc in run.heredocs]
        for command in run.commands:
            if _is_wrapped(command) or any(command.text is body for body in bodies):
                continue
            if _matters(_innermost(command)) and _lost(command):
                help = _NOT_BY_ERREXIT if "errexit" in options(command) else ""
                if not help and any(other.after == "||" for other in run.commands[command.index :]):
                    help = "begin with set -e: joined with &&, what stands before || may fail without a word"
                yield Hit(command.words[0], f"the RUN goes on when {_innermost(command).name} fails", help)
                break


def _lost(command: Command) -> bool:
    """Whether the list goes on behind the command, whatever its status."""
    if "substitution" in command.within:
        return False
    end, flags = command, []
    while end.after == "&&":
        following = _follower(end)
        if following is None or following.within != end.within:
            return False
        end = following
        flags += [word.value.partition("=")[0] for word in end.assignments if not end.name]
    settled = ("errexit", "lenient") if end is command else ("lenient",)
    if end.after not in (";", "\n", "") or not options(command).isdisjoint(settled) or _judged(end):
        return False
    return _goes_on(end) and not any(_is_asked(flag, end) for flag in flags)


def _is_asked(variable: str, command: Command) -> bool:
    """Whether a test behind the command looks at the variable, or it is itself a command there: `true` or `false`."""
    run = command.instruction
    assert run is not None
    reads = re.compile(rf"\$\{{?{re.escape(variable)}\b")
    return any(
        reads.search(word.raw)
        for other in run.commands[command.index + 1 :]
        for word in (other.words if other.name in _TESTS else other.words[:1])
    )


def _goes_on(command: Command) -> bool:
    """Whether something runs behind the command's list item whatever its status: in the same list, or behind the compounds around it."""
    run = command.instruction
    assert run is not None
    branch, previous = command.branch, command
    for other in run.commands[command.index + 1 :]:
        if other.text is not command.text or other.wrapper is not command.wrapper or "substitution" in other.within:
            continue
        if other.branch == branch[: len(other.branch)]:
            return other.before in (";", "\n") and not _ends_badly(other)
        if other.branch[: len(branch)] == branch:
            return not _ends_badly(other)
        ours, theirs = next(pair for pair in zip(branch, other.branch, strict=False) if pair[0] != pair[1])
        if ours[0] != theirs[0]:  # a compound command behind those around us: what joins them stands between
            between = command.text.value[previous.end : other.start]
            return "&&" not in between and "||" not in between
        previous = other  # another branch, which does not run
    return False


def _ends_badly(command: Command) -> bool:
    """`test -f result` and `[ $? -eq 0 ]` look at what came before."""
    return any("$?" in word.raw for word in (*command.words, *command.assignments)) or (
        command.name in _TESTS and command.after in ("", "&&")
    )


_OPERATORS = frozenset(("&&", "||", "|", "|&", ";", ">", ">>", "<", "2>&1", "2>/dev/null", "&"))
_VARIABLE = re.compile(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?[-+?=][^}]*)?\})")
_READS_VARIABLES = frozenset((*"awk gawk sed perl grep egrep jq psql envsubst make find cmd cmd.exe expect vim".split(), *_POWERSHELLS))


@rule("WD419", "shell-syntax-in-exec-form", "warning", help='write it in shell form, or as ["/bin/sh", "-c", "…"]')
def shell_syntax_in_exec_form(stage: Stage) -> Iterator[Hit]:
    """An exec form has shell syntax in it, but no shell reads it.

    The program is started with the words as they stand: it gets `$PORT` and `&&` as arguments.

    Bad:
        CMD ["node", "server.js", "--port", "$PORT"]

    Bad:
        RUN ["apt-get", "update", "&&", "apt-get", "install", "-y", "curl"]

    Good:
        CMD ["/bin/sh", "-c", "exec node server.js --port $PORT"]

    Good:
        CMD exec node server.js --port $PORT

    Leaves alone: a shell with -c; programs that read `$` themselves (awk, sed, envsubst, PowerShell …); `find … -exec … ;`.
    """
    for instruction in stage.instructions:
        if instruction.form != "exec" or instruction.keyword not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            continue
        words = instruction.words[1:] if instruction.keyword == "HEALTHCHECK" else instruction.words
        if not any("$" in word.value or word.value in _OPERATORS for word in words):
            continue
        programs = {word.value.rpartition("/")[2].lower() for word in words}
        if not programs.isdisjoint(SHELLS | _READS_VARIABLES):
            continue
        for before, word in pairwise(words):
            if word.value in _OPERATORS:
                yield Hit(word, f"{words[0].value} gets {word.value} as an argument")
                break
            if "$" in word.value and before.value not in ("-c", "-e", "-r", "--eval", "-p") and (found := _VARIABLE.search(word.value)):
                yield Hit(word, f"{words[0].value} gets {found[0]} as it stands", confidence=_assurance(instruction, words))
                break


def _assurance(instruction: Instruction, words: Sequence[Word]) -> str:
    """An entry point that is a script may expand the arguments that it gets."""
    entry = instruction.stage.last("ENTRYPOINT") if instruction.keyword == "CMD" else instruction
    first = words[0] if entry is instruction else entry.words[0] if entry is not None and entry.words else words[0]
    return "low" if first.value.endswith((".sh", "entrypoint", "run", "init")) or (entry is not None and entry.form == "shell") else ""


_PROFILES = frozenset(
    "activate .bashrc .profile .bash_profile profile bashrc .zshrc env environment nvm.sh setup.bash sdkman-init.sh conda.sh".split()
)
_STARTS = frozenset(("start", "restart", "reload"))
_SHELL_ONLY = frozenset(("", ".", "source", "export", "cd", "alias", "umask", "ulimit", "shopt", "set", "service"))


@rule("WD420", "effect-lost", "warning")
def effect_lost(stage: Stage) -> Iterator[Hit]:
    """The last command of a RUN changes only the shell that ends there.

    A RUN is a process of its own: variables, the folder, options, aliases and started services are gone when it ends. Files stay.

    Bad:
        RUN export NODE_ENV=production

    Bad:
        RUN cd /app

    Bad:
        RUN service postgresql start

    Good:
        ENV NODE_ENV=production
        WORKDIR /app

    Good:
        RUN . venv/bin/activate && pip install -r requirements.txt

    Leaves alone: the same commands with something behind them; `.` of a script that may do more than set variables.
    """
    for run in stage.of("RUN"):
        last = None if run.form == "exec" else last_command(run)
        if last is not None and not last.within and last.piped_from is None and last.before != "||":
            yield from _lost_effect(last)


_ELSEWHERE = "start it in CMD or ENTRYPOINT, or in the RUN that needs it"


def _alone(command: Command) -> bool:
    """Whether there is nothing in the RUN but commands that change the shell."""
    run = command.instruction
    assert run is not None
    return all(other.name in ("", "set", "export", "cd") for other in main_commands(run))


def _lost_effect(last: Command) -> Iterator[Hit]:
    name, words = last.name, last.words
    init = bool(words) and "/init.d/" in words[0].value
    if last.after != "&" and not init and name not in _SHELL_ONLY:
        return
    operands = last.operands()
    if last.after == "&":
        if words:
            yield Hit(last, f"{name} runs in the background and ends with the RUN", _ELSEWHERE)
    elif name == "export" and operands:
        yield Hit(last, f"{operands[0].value.partition('=')[0]} is gone when the RUN ends", f"write ENV {operands[0].value}")
    elif not name and last.assignments and not last.redirects:
        if "$(" not in last.assignments[-1].value and "`" not in last.assignments[-1].value:
            variable = last.assignments[-1].value
            yield Hit(last.assignments[-1], f"{variable.partition('=')[0]} is gone when the RUN ends", f"write ENV {variable}")
    elif name == "cd" and not last.redirects:
        folder = operands[0].value if operands else "~"
        if _alone(last):
            yield Hit(last, f"the next instruction is not in {folder}", f"write WORKDIR {folder}")
        else:
            yield Hit(last, f"cd {folder} at the end changes nothing", "leave it out, or write WORKDIR", "style")
    elif name in (".", "source") and len(operands) == 1 and operands[0].value.rpartition("/")[2] in _PROFILES:
        yield Hit(last, f"what {operands[0].value} sets is gone when the RUN ends", "do it in the RUN that needs it, or set ENV PATH")
    elif name in ("alias", "umask", "ulimit", "shopt") and operands:
        yield Hit(last, f"{name} ends with the RUN")
    elif name == "set" and len(words) > 1 and last.before == "" and _alone(last):
        yield Hit(last, "set holds for this RUN only, which does nothing else", 'write SHELL ["/bin/bash", "-euo", "pipefail", "-c"]')
    elif (name == "service" and len(operands) > 1 and operands[1].value in _STARTS) or (init and operands and operands[0].value in _STARTS):
        service = operands[0].value if name == "service" else name
        yield Hit(last, f"{service} ends with the RUN", _ELSEWHERE)


@rule("WD421", "failure-swallowed", "info", help="let it fail, or do without it")
def failure_swallowed(stage: Stage) -> Iterator[Hit]:
    """An installation, a download or a build is allowed to fail.

    Then the image is published without what it was built for, and the fault shows where nobody looks for it.

    Bad:
        RUN make install || true

    Good:
        RUN make install

    Leaves alone: commands that clean up or ask; what is tried again or replaced by something else (`|| curl …`); conditions.
    """
    for run in stage.of("RUN"):
        for command in run.commands:
            inner = _innermost(command)
            other = _follower(command) if command.after == "||" and not _asks(command) and _matters(inner) else None
            if other is not None and other.before == "||" and _swallows(other):
                yield Hit(other, f"{inner.name} may fail, and nobody sees it")


def _swallows(command: Command) -> bool:
    if command.name in ("true", ":"):
        return True
    if command.name == "exit":
        return command.verb() == "0"
    return command.name in ("echo", "printf") and command.after not in ("&&", "|")


@rule("WD422", "ssh-keyscan", "info", help="write the host's published key into known_hosts, or ADD it with --checksum")
def ssh_keyscan(stage: Stage) -> Iterator[Hit]:
    """ssh-keyscan trusts whoever answers while the image is built.

    It asks the network for the key that is to prove who the network is. Hosts publish their keys: https://api.github.com/meta,
    https://docs.gitlab.com/ee/user/gitlab_com/.

    Bad:
        RUN ssh-keyscan github.com >> /etc/ssh/ssh_known_hosts

    Good:
        COPY known_hosts /etc/ssh/ssh_known_hosts

    Leaves alone: keys that the same RUN compares with something known.
    """
    for command in stage.calls("ssh-keyscan"):
        run = command.instruction
        if run is None or not any(other.name in ("ssh-keygen", "grep", "sha256sum", "diff", "cmp") for other in run.commands):
            yield Hit(command.words[0], "ssh-keyscan trusts whoever answers")


# Commands whose arguments are never a command; package managers beside them, when they install, remove or refresh.
_TAKE_NO_COMMAND = frozenset(
    "cd rm mkdir cp mv ln chmod chown chgrp touch curl wget tar unzip useradd groupadd usermod adduser addgroup".split()
)
_PACKAGE_ACTIONS = frozenset(("install", "restore", "update", "upgrade", "remove", "clean"))
# Commands that are told by what comes next: an option, or for cd an absolute path.
_WITH_OPTION = frozenset("rm mkdir cp mv ln chmod chown chgrp curl wget tar useradd groupadd usermod adduser addgroup".split())


@rule("WD423", "and-forgotten", "error", help="put && before it")
def and_forgotten(stage: Stage) -> Iterator[Hit]:
    """A line of a RUN begins with a command, and nothing ends the command before it.

    The shell sees one command: what was to be the next one are arguments. `apt-get` and `rm` then refuse them and the build ends; `apk
    update` takes no notice of them, and what was to be installed is missing.

    Bad:
        RUN apk update \\
            apk add --no-cache git

    Good:
        RUN apk update && \\
            apk add --no-cache git

    Leaves alone: commands that take a command as arguments, and names alone on their line: `npm` is a package, too.

    Mends (unsafe): puts && before it.
    """
    for run in stage.of("RUN"):
        for command in run.commands:
            if command.text is not run.text or not _takes_no_command(command):
                continue
            for word, following in pairwise(command.arguments):
                if _begins_command(word, following) and word.start in line_starts(run):
                    what = f"{word.value} {following.value}"
                    yield Hit(word, f"{what} is an argument of {command.name}: the line above does not end with &&")
                    break


def _takes_no_command(command: Command) -> bool:
    call = read(command)
    return command.name in _TAKE_NO_COMMAND if call is None else call.action in _PACKAGE_ACTIONS


def _begins_command(word: Word, following: Word) -> bool:
    if word.quoted or following.quoted or following.span.line != word.span.line:
        return False
    if word.value == "cd":
        return following.value.startswith("/")
    manager = MANAGER_OF.get(word.value)
    if manager is None:
        return word.value in _WITH_OPTION and following.value.startswith("-")
    return any(following.value == verb.partition(" ")[0] for verb in manager.actions)


_R = ("R", "Rscript", "r")
_R_INSTALLS = re.compile(r"\b(install\.packages|BiocManager::install|(?:remotes|devtools|pak)::\w*install\w*|pkg_install)\s*\(")
_R_CHECKS = re.compile(r"\blibrary\(|\brequireNamespace\(|\brequire\(|\bstopifnot\(|\bquit\(|\bwarn *= *2\b|\bstop\(")


@rule("WD424", "r-install-unchecked", "warning", help="end it with: && R -e 'library(PACKAGE)', or use install2.r --error (rocker)")
def r_install_unchecked(stage: Stage) -> Iterator[Hit]:
    """R installs packages, and the RUN goes on where one cannot be installed.

    `install.packages` warns of a package that it did not find or could not compile, and R ends with status 0 (run). The image is built
    without it, and the program fails where it is started.

    Bad:
        FROM rocker/r-ver:4.5
        RUN R -e "install.packages('dplyr')"

    Good:
        FROM rocker/r-ver:4.5
        RUN R -e "install.packages('dplyr')" && R -e "library(dplyr)"

    Good:
        FROM rocker/r-ver:4.5
        RUN install2.r --error dplyr

    Leaves alone: a RUN whose R code loads something, stops or makes warnings errors (`options(warn = 2)`); scripts.
    """
    for command in stage.calls(*_R):
        run = command.instruction
        if run is None or not any(_R_INSTALLS.search(word.value) for word in command.arguments):
            continue
        if not any(_R_CHECKS.search(word.value) for other in run.commands for word in other.words):
            yield Hit(command.words[0], "R ends with status 0 where a package cannot be installed")
