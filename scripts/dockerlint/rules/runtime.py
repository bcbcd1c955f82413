"""WD801 to WD849: what the container starts, how it is stopped and watched, and what its metadata say.

BuildKit's own checks of CMD, ENTRYPOINT, WORKDIR and EXPOSE are WD136, WD140, WD142, WD147 and WD148; nothing of them is repeated here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from posixpath import basename
from typing import TYPE_CHECKING

from dockerlint import caches
from dockerlint.context import has_wildcards
from dockerlint.dockerignore import clean
from dockerlint.files import absolute, destination_of, is_within, placed_by
from dockerlint.knowledge import signals
from dockerlint.packages import installed
from dockerlint.rules import Hit, rule
from dockerlint.shell import command_of_words, parse
from dockerlint.text import Text

if TYPE_CHECKING:
    from dockerlint.model import Dockerfile, Stage
    from dockerlint.parser import Instruction, Pair
    from dockerlint.shell import Command
    from dockerlint.text import Word

# What the container starts

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
# Start another program, and are no answer to the question what the container runs.
_INITS = frozenset({"tini", "dumb-init", "catatonit", "docker-init", "tini-static"})
_PYTHONS = frozenset({"python", "python3", "python2"})
_SCRIPT_RUNNERS = frozenset({"npm", "yarn", "pnpm", "npx", "bun"})


# Eight rules ask for the same stage, one after the other.
@lru_cache(maxsize=2)
def starts(stage: Stage) -> list[Instruction]:
    """The ENTRYPOINT and CMD that the container of this stage starts, where this file sets them."""
    entrypoint, cmd = stage.last("ENTRYPOINT"), stage.last("CMD")
    # An ENTRYPOINT, an empty one too, takes the CMD of the image below it away.
    if entrypoint is not None and cmd is not None:
        chain = stage.chain()
        if chain.index(entrypoint.stage) < chain.index(cmd.stage):
            cmd = None
    return [instruction for instruction in (entrypoint, cmd) if instruction is not None and instruction.words]


def _program(instruction: Instruction) -> Command | None:
    """What the instruction starts in the end: no wrapper (`tini --`, `exec`, `uv run`), no shell that is given a script."""
    for command in instruction.commands:
        if command.wrapped is None and command.name and not (command.name in _SHELLS and command.has("-c")) and command.name not in _INITS:
            return _behind_runner(command)
    return None


# Tools that start a program in a project's environment: the verb that does it, "" where the program comes first.
_RUNNERS = {
    "uv": "run",
    "poetry": "run",
    "pipenv": "run",
    "pdm": "run",
    "rye": "run",
    "hatch": "run",
    "bundle": "exec",
    "npx": "",
    "bunx": "",
}


def _behind_runner(command: Command) -> Command:
    verb = _RUNNERS.get(command.name)
    if verb is None:
        return command
    words = command.arguments
    at = next((index + 1 for index, word in enumerate(words) if word.value == verb), 0)
    while at < len(words) and words[at].value.startswith("-"):
        at += 1
    if verb and not at:
        return command
    inner = command_of_words(words[at:])
    return inner[0] if inner else command


def _programs(stage: Stage) -> list[Command]:
    return [program for instruction in starts(stage) if (program := _program(instruction)) is not None]


def signals_its_group(instruction: Instruction) -> bool:
    """Whether an init at the front passes signals on to all that it started: dumb-init does, tini does with -g."""
    first = instruction.commands[0] if instruction.commands else None
    return first is not None and (first.name == "dumb-init" or (first.name in _INITS and first.has("-g")))


def _behind_such_an_init(stage: Stage, instruction: Instruction) -> bool:
    """Whether such an init starts what the instruction says: it begins with one, or it is a CMD, and the ENTRYPOINT does."""
    return any(signals_its_group(each) for each in (instruction, starts(stage)[0]))


def _for_development(stage: Stage) -> bool:
    """Whether the stage, or the file, is meant for development or tests by its name."""
    path = stage.dockerfile.source.path.lower()
    name = path.rpartition("/")[2]
    words = set(f"{stage.name} {name}".lower().replace("-", " ").replace("_", " ").replace(".", " ").split())
    return not words.isdisjoint(_DEVELOPMENT) or "devcontainer" in path


_DEVELOPMENT = frozenset(
    "dev develop development local test tests testing debug ci e2e watch devcontainer sandbox playground lint check".split()
)


@rule("WD801", "shell-keeps-signals", "warning", help='begin the last command with exec: ["sh", "-c", "… && exec program"]')
def shell_keeps_signals(stage: Stage) -> Iterator[Hit]:
    """`sh -c` in an exec form stays process 1, and the signals that stop the container end with it.

    dash, the `sh` of Debian and Ubuntu, starts even a lone command as a child (0.5.12, measured); bash and busybox replace themselves
    by the last command of a plain list, but not in `a || b`, and bash not where its output is redirected.

    Bad:
        CMD ["sh", "-c", "migrate && serve --port 8080"]

    Good:
        CMD ["sh", "-c", "migrate && exec serve --port 8080"]

    Leaves alone: scripts with `exec` or `trap`; dumb-init and `tini -g`, which signal the whole group, as ENTRYPOINT, too; scripts that
    only print or test something, or end with a script's file, a background process or an `if`; stages that are not the target.
    """
    if stage.role != "final":
        return
    for instruction in starts(stage):
        if instruction.form != "exec" or _behind_such_an_init(stage, instruction):
            continue
        shell = next((command for command in instruction.commands if command.name in _SHELLS and command.has("-c")), None)
        script = [command for command in instruction.commands if command.wrapper is shell and "substitution" not in command.within]
        if shell is None or any(command.name in ("exec", "trap") for command in instruction.commands):
            continue
        # What `|| exit 1` and the like stand behind is a child for certain: the shell waits for how it ends.
        waits = False
        while len(script) > 1 and (script[-1].before == "||" or len(script[-1].within) > 1) and script[-1].name in _BRIEF:
            script.pop()
            waits = True
        if not script or len(script[-1].within) > 1:
            continue
        last = script[-1]
        kind = "bash" if shell.name == "bash" else stage.image.shell
        replaces = kind in ("bash", "busybox") and last.before in ("", "&&", ";", "\n") and not (kind == "bash" and last.redirects)
        program = _piped(last)[0]
        if (replaces and not waits) or _is_brief(program) or last.after == "&" or _is_script(last.name):
            continue
        advice = f"write exec {program.name} …"
        yield Hit(
            program.words[0],
            f"{shell.name} stays process 1 and keeps the signals from {program.name}",
            advice if last.piped_from is None else f"take the pipe away and {advice}",
            confidence="" if kind else "medium",
        )


# Commands that end by themselves, soon.
_BRIEF = frozenset("echo printf ls cat true false env printenv date test [ uname pwd id whoami sleep : exit return kill".split())


_ENDS = frozenset("service chmod chown mkdir rm rmdir cp mv ln touch git curl wget tar rsync".split())


def _is_brief(command: Command) -> bool:
    """Whether a command ends by itself, soon; so does one that only sets variables."""
    return not command.words or (command.name in _BRIEF and command.wrapped is None)


def _piped(command: Command) -> list[Command]:
    """The commands of the pipe that a command ends, itself the last; those at its beginning left out that only print something."""
    pipe = [command]
    while (before := pipe[0].piped_from) is not None:
        pipe.insert(0, before)
    while len(pipe) > 1 and _is_brief(pipe[0]):
        del pipe[0]
    return pipe


def _is_script(name: str) -> bool:
    return name.endswith((".sh", ".bash"))


@rule("WD802", "script-without-exec", "warning")
def script_without_exec(stage: Stage) -> Iterator[Hit]:
    """The script that the container starts runs the program as a child: signals reach the shell, and stay there.

    `docker stop` then takes ten seconds and ends in SIGKILL: no request is finished, no file closed. The script is read where this file
    writes it, or where the build context is known.

    Bad:
        COPY --chmod=755 <<EOF /start.sh
        #!/bin/sh
        migrate
        serve --port 8080
        EOF
        ENTRYPOINT ["/start.sh"]

    Good:
        COPY --chmod=755 <<EOF /start.sh
        #!/bin/sh
        migrate
        exec serve --port 8080
        EOF
        ENTRYPOINT ["/start.sh"]

    Leaves alone: scripts with an `exec` of a program, a `trap` or a `wait` anywhere; scripts that end with something short (`echo`,
    `exit`), a job that ends by itself (`git`, `curl`) or a function of their own; a CMD that is an ENTRYPOINT's arguments; dumb-init
    and `tini -g`; scripts that cannot be read; stages that are not the target.
    """
    if stage.role != "final":
        return
    found = starts(stage)
    for instruction in found[:1] if found and _program(found[0]) else found:
        if instruction.form != "exec" or _behind_such_an_init(stage, instruction):
            continue
        program = _script(instruction)
        text = text_of(stage, program.value) if program else None
        if program is None or text is None:
            continue
        last = _last_without_exec(text)
        if last:
            base = program.value.rpartition("/")[2]
            pipe = _piped(last)
            words = _shortened(pipe[0].words)
            before = "".join(f"{word.raw} " for word in pipe[0].assignments)
            behind = "".join(f" | {_shortened(command.words)}" for command in pipe[1:])
            message = f"{base} ends with `{before}{words}{behind}` without exec: signals do not reach it"
            yield Hit(program, message, f"{'take the pipe away and ' if last.piped_from else ''}write {before}exec {words} in {base}")


def _script(instruction: Instruction) -> Word | None:
    """The word that names the script: the program itself, or the first operand of a shell."""
    program = _program(instruction)
    if program is None or program.within:
        return None
    if program.name in _SHELLS:
        operands = program.operands(("-o", "-O"))
        return operands[0] if operands else None
    return program.words[0]


def text_of(stage: Stage, path: str) -> str | None:
    """The text of the file that is at `path` in the image, where a COPY of the FROM chain brings it and it can be read."""
    base = path.rpartition("/")[2]
    wanted = absolute(path, stage.end.workdir)
    context = stage.dockerfile.context
    for link in stage.chain():
        for copy in reversed(link.of("COPY", "ADD")):
            target = copy.destination
            if target is None or copy.from_:
                continue
            if copy.heredocs and target.value.rpartition("/")[2] == base:
                return copy.heredocs[0].body.value
            folder = destination_of(copy)
            for word in copy.sources:
                source = word.value
                if has_wildcards(source):
                    source = next((each for each in context.matches(source) or () if each.rpartition("/")[2] == base), source)
                if context.is_folder(source):
                    # What is in the folder goes right into the destination.
                    if wanted is None or folder is None or not is_within(wanted, folder):
                        continue
                    source = clean(f"{source}/{wanted[len(folder) :]}")
                elif source.rpartition("/")[2] != base and target.value.rpartition("/")[2] != base:
                    continue
                text = None if context.ignored(source) else context.read(source)
                if text is not None:
                    return text
    return None


def _last_without_exec(script: str) -> Command | None:
    """The last command of a shell script, where it is a program that runs as a child of the shell; None where all is well or not known."""
    shebang = script.partition("\n")[0]
    if shebang.startswith("#!") and not any(shebang.rstrip().endswith(shell) or f"{shell} " in shebang for shell in _SHELLS):
        return None
    commands = parse(Text.of_lines(script.replace("\r\n", "\n").split("\n"), 1))
    if any(c.name in ("trap", "wait") or (c.name == "exec" and len(c.words) > 1) for c in commands):
        return None
    started = [command for command in commands if "substitution" not in command.within]
    last = next((command for command in reversed(started) if command.wrapper is None), None)
    if last is None or last.within:
        return None
    behind = started[started.index(last) + 1 :]
    if any(command.wrapper is not None and command.wrapper.name not in _HAND_OVER for command in behind):
        return None
    first = _piped(last)[0]
    name = started[-1].name if first is last else first.name
    if _is_brief(first) or name in _BRIEF or name in _ENDS or last.after == "&" or _is_function(name, script):
        return None
    return last


# Give their place to the program behind them, so exec before them is exec before it.
_HAND_OVER = frozenset("gosu su-exec setpriv env nice ionice chroot stdbuf nohup tini dumb-init".split())


def _is_function(name: str, script: str) -> bool:
    """Whether a script defines a function of this name, which exec knows nothing of."""
    return re.search(rf"^\s*(?:function\s+{re.escape(name)}\b|{re.escape(name)}\s*\(\))", script, re.MULTILINE) is not None


def _shortened(words: Sequence[Word]) -> str:
    text = " ".join(word.raw for word in words)
    return text if len(text) <= 40 else text[:37] + "…"


@rule("WD803", "package-manager-as-process-1", "warning")
def package_manager_as_process_1(stage: Stage) -> Iterator[Hit]:
    """npm or yarn starts the program through a shell, and SIGTERM does not get there.

    npm 11 sends the signal to its shell; dash, the shell of Debian's images, does not pass it on: the program is killed in the middle
    of its work (measured with npm 11.21 and yarn 1.22; pnpm 9 passes it on). npm itself stays in memory, 55 MB of it, as long as the
    container lives.

    Bad:
        FROM node:24-slim
        CMD ["npm", "start"]

    Good:
        FROM node:24-slim
        CMD ["node", "server.js"]

    Leaves alone: npm on Alpine and where `sh` is bash, whose shells replace themselves by the program; a script in package.json that
    begins with `exec`, where the context is known; dumb-init and `tini -g`; images for development; stages that are not the target.
    """
    if stage.role != "final" or _for_development(stage):
        return
    for instruction in starts(stage):
        program = _program(instruction)
        if program is None or program.name not in ("npm", "yarn") or instruction.form != "exec" or _behind_such_an_init(stage, instruction):
            continue
        operands, script = _script_of(program)
        if program.name == "npm" and (stage.image.shell in ("busybox", "bash") or operands[:1] not in (["start"], ["run"], ["run-script"])):
            continue
        # A server for development is WD807's.
        if not script or script in _JOBS or script in _DEV_SCRIPTS:
            continue
        line = _package_script(stage, script)
        if line.startswith("exec ") or any(map(_development_server, _commands_of(line))):
            continue
        instead = _as_exec(line)
        yield Hit(
            program.words[0], f"{program.name} {' '.join(operands)} stands between the signals and the program",
            f"start the program itself{': ' + instead if instead else ''}", confidence="medium" if program.name == "yarn" else "",
        )  # fmt: skip


def _script_of(program: Command) -> tuple[list[str], str]:
    """What npm, yarn or pnpm is told, options left out, and the script of package.json that it runs."""
    operands = [word.value for word in program.operands(("--prefix", "--cwd", "-C", "-w", "--workspace", "--filter"))]
    if operands[:1] in (["run"], ["run-script"]):
        return operands, operands[1] if len(operands) > 1 else ""
    return operands, operands[0] if operands else ""


# Scripts and verbs that end by themselves.
_JOBS = frozenset(
    "build test lint migrate seed e2e coverage format generate install ci audit publish exec create init add node info dlx".split()
)


def _package_script(stage: Stage, script: str) -> str:
    """What package.json runs for a script, "" where that is not known."""
    found = {path for link in stage.dockerfile.stages for copy in link.of("COPY") if not copy.from_ for path in _manifests(stage, copy)}
    texts = [text for path in sorted(found) if (text := stage.dockerfile.context.read(path)) is not None]
    if len(texts) != 1:
        return ""
    import json

    try:
        line = json.loads(texts[0])["scripts"][script]
    except (ValueError, KeyError, TypeError):
        return ""
    return line if isinstance(line, str) else ""


def _manifests(stage: Stage, copy: Instruction) -> Iterator[str]:
    """Where the package.json may be that a COPY takes along."""
    for word in copy.sources:
        path = word.value.removeprefix("./")
        folder, _, name = path.rpartition("/")
        if name in ("package.json", "package*.json", "package*"):
            yield f"{folder}/package.json".lstrip("/")
        elif stage.dockerfile.context.is_folder(path):
            yield f"{path.strip('./')}/package.json".lstrip("/")


def _commands_of(script: str) -> list[Command]:
    return parse(Text.of_lines([script], 1)) if script else []


def _as_exec(line: str) -> str:
    """A package.json script as an exec form, where it is one plain command of node."""
    words = line.split()
    if not words or words[0] != "node" or any(set(word) & set("$&|;<>*'\"`") for word in words):
        return ""
    return f"CMD [{', '.join(chr(34) + word + chr(34) for word in words)}]"


@rule("WD804", "cmd-ignored", "warning", covers=("DF017",))
def cmd_ignored(stage: Stage) -> Iterator[Hit]:
    """CMD does not reach the program, because of how ENTRYPOINT is written.

    A shell form ENTRYPOINT takes no arguments at all; neither does `["sh", "-c", "…"]` whose script never mentions `$@`. What `docker run
    IMAGE arguments` says is lost in the same way.

    Bad:
        ENTRYPOINT exec python3 app.py
        CMD ["--port", "8080"]

    Good:
        ENTRYPOINT ["python3", "app.py"]
        CMD ["--port", "8080"]

    Leaves alone: scripts with `$@`, `$*`, `$0` or `$1`; an empty CMD; CMD and ENTRYPOINT that are inherited from an image.
    """
    started = starts(stage)
    if len(started) < 2 or stage.role == "unused":
        return
    entrypoint, cmd = started
    if entrypoint.form == "shell":
        if not any(mark in entrypoint.value for mark in _ARGUMENTS):
            yield Hit(cmd.keyword_span, "CMD is ignored: ENTRYPOINT in shell form takes no arguments", "write ENTRYPOINT as a JSON array")
    else:
        script = next((script for c in entrypoint.commands if c.name in _SHELLS and (script := c.option("-c"))), "")
        if script and not any(mark in entrypoint.value for mark in _ARGUMENTS):
            yield Hit(
                cmd.keyword_span,
                "CMD is ignored: the script of ENTRYPOINT does not use its arguments",
                'add "$@" to the script, and "--" behind it',
            )
        elif (
            cmd.form == "shell"
            and (program := _program(entrypoint)) is not None
            and program.name in _TAKES_NO_SHELL
            and program.words[1:] == ()
        ):
            yield Hit(cmd.keyword_span, f"{program.name} gets `/bin/sh -c …` as its arguments", "write CMD as a JSON array")


_ARGUMENTS = ("$@", "$*", "$0", "$1", "${@", "${*", "${1", "${0")
_TAKES_NO_SHELL = _PYTHONS | {"node", "java", "ruby", "php", "perl", "deno", "bun", "dotnet", "gunicorn", "uvicorn", "nginx"}


@rule("WD805", "command-line-in-one-string", "error")
def command_line_in_one_string(stage: Stage) -> Iterator[Hit]:
    """An exec form has the whole command line in one string, which is looked for as a program of that name.

    So does `["CMD-SHELL", "…"]`, which is what Compose files write.

    Bad:
        HEALTHCHECK CMD ["curl -f http://127.0.0.1:8080/"]

    Good:
        HEALTHCHECK CMD ["curl", "-f", "http://127.0.0.1:8080/"]

    Leaves alone: a path with spaces in it; Windows, where this works; a CMD beside an ENTRYPOINT, whose argument it is; shell syntax in the
    strings (WD419).
    """
    if stage.role == "unused" or stage.image.family == "windows":
        return
    for instruction in stage.of("CMD", "ENTRYPOINT", "HEALTHCHECK", "RUN"):
        if instruction.form != "exec":
            continue
        words = instruction.words[1:] if instruction.keyword == "HEALTHCHECK" else instruction.words
        if not words or (instruction.keyword == "CMD" and not _no_entrypoint(stage)):
            continue
        first = words[0].value
        if first in ("CMD-SHELL", "CMD") and instruction.keyword == "HEALTHCHECK":
            yield Hit(
                words[0], f'"{first}" is what Compose writes: here it is taken for the program', "write HEALTHCHECK CMD and the command"
            )
        elif len(words) == 1 and " " in first.strip() and not _is_path(first):
            advice = 'let a shell do it: ["sh", "-c", "…"]' if _SHELL_SIGNS.intersection(first) else _as_array(instruction, first)
            yield Hit(words[0], f'there is no program called "{_short(first)}"', advice, confidence=_sure(instruction))


_SHELL_SIGNS = frozenset("$|&;<>*?'\"`")


def _as_array(instruction: Instruction, line: str) -> str:
    keyword = "HEALTHCHECK CMD" if instruction.keyword == "HEALTHCHECK" else instruction.keyword
    return f"write {keyword} [{', '.join(chr(34) + word + chr(34) for word in line.split())}]"


def _is_path(text: str) -> bool:
    """Whether a text with spaces may be the path of one program, as /opt/My Program/run."""
    before, _, behind = text.partition(" ")
    return before.startswith("/") and "/" in behind.split(" ")[0].lstrip("-/") and "://" not in behind and behind[:1] not in "-/"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "…"


def _sure(instruction: Instruction) -> str:
    """The ENTRYPOINT of the base image may know what to do with a CMD."""
    return "medium" if instruction.keyword == "CMD" else ""


def _no_entrypoint(stage: Stage) -> bool:
    entrypoint = stage.last("ENTRYPOINT")
    return entrypoint is None or not entrypoint.words


@rule("WD807", "dev-server", "warning", confidence="medium", help="build in a stage before, and start a server for production here")
def dev_server(stage: Stage) -> Iterator[Hit]:
    """The container starts a server that is made for development.

    It reloads on changes, shows stack traces and often an interactive debugger, compiles on each start, and serves few requests at
    once.

    Bad:
        FROM python:3.14-slim
        CMD ["flask", "--app", "shop", "run", "--host", "0.0.0.0"]

    Good:
        FROM python:3.14-slim
        CMD ["gunicorn", "--bind", "0.0.0.0:8000", "shop:app"]

    Leaves alone: stages and files whose name says development, test or debug; stages that are not the target; `vite preview`, `next
    start`.
    """
    if stage.role != "final" or _for_development(stage):
        return
    for instruction in starts(stage):
        for command in instruction.commands:
            inner = _behind_runner(command)
            found = _development_server(inner)
            if not found and inner.name in _SCRIPT_RUNNERS:
                line = _package_script(stage, _script_of(inner)[1])
                found = next(filter(None, map(_development_server, _commands_of(line))), "")
            if found:
                yield Hit(command.words[0], f"{found} is a server for development", _PRODUCTION.get(found.split()[0], ""))
                break


_DEV_VERBS: dict[str, frozenset[str]] = {
    "flask": frozenset({"run"}),
    "fastapi": frozenset({"dev"}),
    "next": frozenset({"dev"}),
    "nuxt": frozenset({"dev"}),
    "nuxi": frozenset({"dev"}),
    "astro": frozenset({"dev"}),
    "ng": frozenset({"serve"}),
    "webpack": frozenset({"serve"}),
    "react-scripts": frozenset({"start"}),
    "vue-cli-service": frozenset({"serve"}),
    "gatsby": frozenset({"develop"}),
    "nest": frozenset({"start"}),
    "cargo": frozenset({"run", "watch"}),
    "go": frozenset({"run"}),
    "dotnet": frozenset({"watch", "run"}),
    "symfony": frozenset({"serve", "server:start"}),
    "hugo": frozenset({"server", "serve"}),
    "jekyll": frozenset({"serve"}),
    "mkdocs": frozenset({"serve"}),
    "gradlew": frozenset({"bootRun"}),
    "gradle": frozenset({"bootRun"}),
    "mvn": frozenset({"spring-boot:run"}),
    "mvnw": frozenset({"spring-boot:run"}),
}
_DEV_PROGRAMS = frozenset(
    "nodemon ts-node-dev tsx-watch webpack-dev-server vite-node air live-server browser-sync watchexec watchmedo".split()
)
_DEV_SCRIPTS = frozenset({"dev", "develop", "development", "start:dev", "start:debug", "start:watch", "watch", "serve:dev", "dev:server"})
_PRODUCTION = {
    "flask": "gunicorn or waitress serve the same application",
    "manage.py": "gunicorn or uvicorn serve the same application",
    "uvicorn": "take --reload out",
    "gunicorn": "take --reload out",
    "fastapi": "fastapi run",
    "next": "next build in a build stage, next start here",
    "npm": "build in a build stage, start what it made here",
    "yarn": "build in a build stage, start what it made here",
    "pnpm": "build in a build stage, start what it made here",
    "go": "go build in a build stage, start the program here",
    "cargo": "cargo build --release in a build stage, start the program here",
    "php": "php-fpm, FrankenPHP or Apache",
    "nodemon": "node starts the same file",
    "vite": "vite build in a build stage, a web server here",
}


def _development_server(command: Command) -> str:
    name = command.name
    if name in _DEV_PROGRAMS:
        return name
    verbs = _DEV_VERBS.get(name)
    if verbs is not None:
        verb = next((word.value for word in command.arguments if word.value in verbs), "")
        if verb and not (name == "nest" and not command.has("--watch", "-w")) and not (name == "cargo" and command.has("--release")):
            return f"{name} {verb}"
    elif name in ("uvicorn", "gunicorn", "hypercorn", "granian") and command.has("--reload"):
        return f"{name} --reload"
    elif name == "vite" and not any(word.value in ("build", "preview", "optimize") for word in command.arguments):
        return "vite"
    elif name in _PYTHONS or name == "manage.py":
        values = [word.value for word in command.arguments]
        if "runserver" in values and (name == "manage.py" or any(value.endswith("manage.py") for value in values)):
            return "manage.py runserver"
        at = next((index for index, value in enumerate(values) if not value.startswith("-") or value == "-m"), len(values))
        module = command_of_words(command.arguments[at + 1 :]) if values[at : at + 1] == ["-m"] else []
        return _development_server(module[0]) if module else ""
    elif name == "php":
        if command.has("-S"):
            return "php -S"
        if command.verb() == "artisan" and any(word.value == "serve" for word in command.arguments):
            return "php artisan serve"
    elif name in _SCRIPT_RUNNERS:
        script = _script_of(command)[1]
        if script in _DEV_SCRIPTS:
            return f"{name} run {script}"
    return ""


@rule("WD808", "placeholder-command", "info", help="start the program itself, so that the container ends when it does")
def placeholder_command(stage: Stage) -> Iterator[Hit]:
    """The container only waits: its command is `tail -f /dev/null`, `sleep infinity` or the like.

    Nothing that happens in it, started by `docker exec`, is supervised, and nothing ends with it.

    Bad:
        CMD ["tail", "-f", "/dev/null"]

    Good:
        CMD ["python3", "-m", "http.server"]

    Leaves alone: images for development and tests, by the name of the stage or of the file; stages that are not the target.
    """
    if stage.role != "final" or _for_development(stage):
        return
    for instruction in starts(stage):
        for command in instruction.commands:
            arguments = [word.value for word in command.arguments]
            waits = (command.name == "tail" and "/dev/null" in arguments) or (
                command.name == "sleep" and arguments[:1] in (["infinity"], ["inf"])
            )
            if waits and not any(c.before for c in instruction.commands):
                yield Hit(command.words[0], f"{command.name} {' '.join(arguments)} keeps an idle container alive")


@rule("WD809", "background-process", "info", help="one process a container; or an init that supervises, as s6-overlay")
def background_process(stage: Stage) -> Iterator[Hit]:
    """The container starts a process in the background beside its main one.

    When that process ends, nobody notices: the container goes on without it, and its health is that of the other.

    Bad:
        CMD ["sh", "-c", "cron & exec nginx -g 'daemon off;'"]

    Good:
        CMD ["nginx", "-g", "daemon off;"]

    Leaves alone: scripts with `wait`; stages that are not the target.
    """
    if stage.role != "final":
        return
    for instruction in starts(stage):
        commands = instruction.commands
        if any(command.name == "wait" for command in commands):
            continue
        for command in commands:
            if command.after == "&" and command.words:
                yield Hit(command.words[0], f"{command.name} runs in the background, and nobody watches it")
                break
            if command.name == "service" and any(word.value in ("start", "restart") for word in command.arguments):
                yield Hit(command.words[0], f"service {command.verb()} starts in the background, and nobody watches it")
                break
            if "/init.d/" in (command.words[0].value if command.words else ""):
                yield Hit(command.words[0], f"{command.name} starts in the background, and nobody watches it")
                break


@rule("WD810", "no-command", "info", covers=("DF036",), default=False, help='add ENTRYPOINT ["…"] or CMD ["…"]')
def no_command(stage: Stage) -> Iterator[Hit]:
    """The image has neither CMD nor ENTRYPOINT of its own.

    It then starts what its base image starts: python's starts a prompt, debian's a shell. Off by default, because a base image often is
    meant to be used like that, and images that only carry files need none.

    Bad:
        FROM python:3.14-slim
        COPY app.py /

    Good:
        FROM python:3.14-slim
        COPY app.py /
        CMD ["python", "/app.py"]

    Leaves alone: scratch, stages that are not the target.
    """
    if stage.role == "final" and not starts(stage) and stage.image.family != "scratch":
        yield Hit(stage.instruction, "the image starts whatever its base image starts")


# Health


@rule(
    "WD811", "no-healthcheck", "info", default=False, help="add HEALTHCHECK CMD …, or HEALTHCHECK NONE to say that there is none",
    covers=("DL3057", "DS-0026", "CKV_DOCKER_2", "kics:healthcheck_instruction_missing", "DF012", "CIS-DI-0006"),
)  # fmt: skip
def no_healthcheck(stage: Stage) -> Iterator[Hit]:
    """The image has no HEALTHCHECK.

    Off by default: Kubernetes ignores it (it has probes of its own), podman drops it from images in OCI format, and a program that is no
    server needs none. Docker shows it and Compose can wait for it; only Swarm restarts for it.

    Bad:
        FROM nginx:1.29
        COPY site /usr/share/nginx/html

    Good:
        FROM nginx:1.29
        COPY site /usr/share/nginx/html
        HEALTHCHECK CMD ["curl", "-f", "http://127.0.0.1/"]

    Leaves alone: HEALTHCHECK NONE; distroless images and scratch; stages that are not the target.
    """
    if stage.role == "final" and stage.last("HEALTHCHECK") is None and stage.image.shell != "none":
        yield Hit(stage.instruction, "nothing tells whether the container is healthy")


@rule("WD813", "healthcheck-without-fail", "warning", help="curl --fail: answers from 400 on then count as unhealthy")
def healthcheck_without_fail(stage: Stage) -> Iterator[Hit]:
    """curl is content with any answer, error pages included: the check says healthy as long as something listens.

    Bad:
        FROM nginx:1.29
        HEALTHCHECK CMD curl -s http://127.0.0.1/health || exit 1

    Good:
        FROM nginx:1.29
        HEALTHCHECK CMD curl -fsS http://127.0.0.1/health || exit 1

    Leaves alone: curl whose output is looked at (a pipe, a substitution, `-w`).
    """
    for instruction in stage.of("HEALTHCHECK"):
        for command in instruction.commands:
            looked_at = command.piped_into or "substitution" in command.within or command.has("-w", "--write-out")
            if command.name == "curl" and not looked_at and not command.has("-f", "--fail", "--fail-with-body"):
                yield Hit(command.words[0], "curl without --fail takes an error page for health")


@rule("WD814", "healthcheck-localhost", "info", confidence="medium", help="write 127.0.0.1 (or [::1] where the server listens there)")
def healthcheck_localhost(stage: Stage) -> Iterator[Hit]:
    """On Alpine, busybox' wget takes localhost for ::1 and tries nothing else: a server that listens on IPv4 only stays unhealthy.

    Bad:
        FROM nginx:1.29-alpine
        COPY default.conf /etc/nginx/conf.d/
        HEALTHCHECK CMD wget -qO /dev/null http://localhost/ || exit 1

    Good:
        FROM nginx:1.29-alpine
        COPY default.conf /etc/nginx/conf.d/
        HEALTHCHECK CMD wget -qO /dev/null http://127.0.0.1/ || exit 1

    Leaves alone: curl, which tries both; other distributions; an image with GNU wget installed; nginx' image with its own
    configuration, to which its entry point adds `listen [::]:80`.
    """
    if stage.image.shell != "busybox" or _listens_on_both(stage):
        return
    if any("wget" in package for link in stage.chain() for command in link.calls("apk") for package in installed(command)):
        return
    for instruction in stage.of("HEALTHCHECK"):
        for command in instruction.commands:
            word = next((word for word in command.arguments if "//localhost" in word.value), None)
            if command.name == "wget" and word is not None:
                yield Hit(word, "busybox' wget asks ::1 for localhost")


def _listens_on_both(stage: Stage) -> bool:
    """Whether it is nginx' image with the configuration that it came with; source: its entrypoint/10-listen-on-ipv6-by-default.sh."""
    reference = stage.root.reference
    if reference is None or basename(reference.name) not in ("nginx", "nginx-unprivileged"):
        return False
    instructions = [instruction for link in stage.chain() for instruction in link.instructions]
    placed = [each.path for instruction in instructions for each in placed_by(instruction)]
    changed = any(is_within(path, "/etc/nginx") or is_within("/etc/nginx", path) for path in placed)
    return not changed and not any("/etc/nginx" in run.value for run in instructions if run.keyword == "RUN")


# Signals

_STOPPING_ADVICE = "SIGTERM is what programs expect; leave the instruction out"


@rule("WD815", "ungraceful-stop-signal", "warning", covers=("tally/no-ungraceful-stopsignal",), help=_STOPPING_ADVICE)
def ungraceful_stop_signal(stage: Stage) -> Iterator[Hit]:
    """STOPSIGNAL names a signal that no program can use to end in good order.

    SIGKILL and SIGSTOP cannot be caught; SIGSEGV and others say that a program is broken.

    Bad:
        STOPSIGNAL SIGKILL

    Good:
        STOPSIGNAL SIGQUIT

    Leaves alone: all others.
    """
    for instruction in stage.of("STOPSIGNAL"):
        for word in instruction.words[:1]:
            name = signals.name(word.value)
            if name in signals.UNCATCHABLE:
                yield Hit(word, f"SIG{name} cannot be caught: the program has no chance to end in good order")
            elif name in signals.NOT_FOR_STOPPING:
                yield Hit(word, f"SIG{name} does not ask a program to end")


@rule("WD816", "stop-signal-spelling", "style", covers=("tally/prefer-canonical-stopsignal",))
def stop_signal_spelling(stage: Stage) -> Iterator[Hit]:
    """STOPSIGNAL is written as a number, or not as the manual writes it.

    Bad:
        STOPSIGNAL 3

    Good:
        STOPSIGNAL SIGQUIT

    Leaves alone: variables, and numbers that have no name.

    Mends (safe): writes the name.
    """
    for instruction in stage.of("STOPSIGNAL"):
        for word in instruction.words[:1]:
            name = signals.name(word.value)
            if name and word.value != f"SIG{name}" and f"SIG{word.value}".upper().removeprefix("SIGSIG") not in _ALIASES:
                yield Hit(word, f"{word.value} is SIG{name}", f"write STOPSIGNAL SIG{name}")


_ALIASES = frozenset({"IOT", "CLD", "POLL"})


@rule("WD817", "stop-signal-of-server", "info", covers=("tally/prefer-nginx-sigquit", "tally/prefer-systemd-sigrtmin-plus-3"))
def stop_signal_of_server(stage: Stage) -> Iterator[Hit]:
    """The server that the container starts wants another signal than it gets to end in good order.

    nginx, OpenResty and php-fpm drop their requests on SIGTERM and finish them on SIGQUIT (php-fpm only with
    `process_control_timeout` in its configuration, as long as that says); Apache does so on SIGWINCH; systemd as process 1 shuts down
    on SIGRTMIN+3 and starts anew on SIGTERM. The official images set these; images that install the server themselves must.

    Bad:
        FROM debian:13-slim
        CMD ["nginx", "-g", "daemon off;"]

    Good:
        FROM debian:13-slim
        STOPSIGNAL SIGQUIT
        CMD ["nginx", "-g", "daemon off;"]

    Leaves alone: images FROM the server's own image; a STOPSIGNAL whose value is not known; stages that are not the target.
    """
    if stage.role != "final":
        return
    for program in _programs(stage):
        if program.within:
            continue
        wanted, images = _WANTED_SIGNALS.get(program.name, ("", ()))
        if program.name == "init" and (not program.words[0].value.endswith("/sbin/init") or stage.image.family not in _SYSTEMD_FAMILIES):
            wanted = ""
        stop = stage.last("STOPSIGNAL")
        severity = "warning" if wanted == "RTMIN+3" else ""
        instead = f"STOPSIGNAL SIG{wanted}{_ALSO_WANTED.get(program.name, '')}"
        if stop is not None:
            word = stop.words[0] if stop.words else None
            name = signals.name(word.value) if word is not None else ""
            # systemd takes others for an end, too, as SIGRTMIN+4.
            if word is not None and wanted and name not in (wanted, "") and (wanted != "RTMIN+3" or name == "TERM"):
                yield Hit(word, f"{program.name} ends in good order on SIG{wanted}, not on {word.value}", f"write {instead}", severity)
        elif wanted and not _inherits(stage, images):
            message = f"{program.name} ends in good order on SIG{wanted}, and gets SIGTERM"
            yield Hit(program.words[0], message, f"add {instead}", severity)


_ALSO_WANTED = {"php-fpm": ", and process_control_timeout = 10s in php-fpm.conf"}
"""PHP-FPM 8.4 cuts off on SIGQUIT, too, what it is answering, and does not with this (run with both, Engine 28)."""
_WANTED_SIGNALS: dict[str, tuple[str, tuple[str, ...]]] = {
    "nginx": ("QUIT", ("nginx", "openresty")),
    "openresty": ("QUIT", ("openresty",)),
    "php-fpm": ("QUIT", ("php",)),
    "httpd": ("WINCH", ("httpd",)),
    "httpd-foreground": ("WINCH", ("httpd",)),
    "apache2-foreground": ("WINCH", ("php", "httpd")),
    "systemd": ("RTMIN+3", ("systemd", "init")),
    "init": ("RTMIN+3", ("systemd", "init")),
}
_SYSTEMD_FAMILIES = frozenset({"debian", "ubuntu", "rhel", "fedora", "suse", "arch", "amazon"})


def _inherits(stage: Stage, images: tuple[str, ...]) -> bool:
    """Whether the image at the root is one of these, or not known at all."""
    reference = stage.reference
    if reference is None or not stage.image.family:
        return True
    return any(image in reference.name.split("/")[-1] for image in images)


# Ports, volumes, variables


@rule(
    "WD818",
    "expose-ssh",
    "warning",
    covers=("DS-0004", "CKV_DOCKER_1", "kics:exposing_port_22"),
    help="docker exec and kubectl exec give a shell without a server",
)
def expose_ssh(stage: Stage) -> Iterator[Hit]:
    """The image exposes port 22: an SSH server in a container is a second way in, with keys and passwords of its own to care for.

    Bad:
        EXPOSE 22

    Good:
        EXPOSE 8080

    Leaves alone: port 22 over UDP; stages that do not ship, and images that are, or start, a Git or SFTP server by their name.
    """
    target = stage.dockerfile.target
    if not stage.ships or target is None or _serves_over_ssh(target):
        return
    for instruction in stage.of("EXPOSE"):
        for word in instruction.words:
            port, _, protocol = (instruction.expand(word) or "").partition("/")
            if port == "22" and protocol.lower() in ("", "tcp"):
                yield Hit(word, "port 22 is SSH's")


_SERVE_OVER_SSH = ("git", "gogs", "forgejo", "gerrit", "sftp", "soft-serve")
"""What names of servers begin with whose protocol is SSH."""


def _serves_over_ssh(stage: Stage) -> bool:
    names = [stage.name, *(program.name for program in _programs(stage)), *(stage.reference.name.split("/") if stage.reference else ())]
    return any(name.startswith(_SERVE_OVER_SSH) for name in names)


@rule("WD806", "no-expose", "info", covers=("DF022",), default=False, help="EXPOSE the port that the program listens on")
def no_expose(stage: Stage) -> Iterator[Hit]:
    """The image exposes no port. Off by default: EXPOSE opens nothing, it tells people and `docker run -P`, and not every program listens.

    Bad:
        CMD ["serve"]

    Good:
        EXPOSE 8080
        CMD ["serve"]

    Leaves alone: stages that are not the target.
    """
    if stage.role == "final" and stage.last("EXPOSE") is None:
        yield Hit(stage.instruction, "the image exposes no port")


@rule(
    "WD819", "volume-hides-files", "info", confidence="medium", help="declare a directory for data only, apart from what the image brings"
)
def volume_hides_files(stage: Stage) -> Iterator[Hit]:
    """A VOLUME lies over files that the image brings.

    The first container copies them into its volume; from then on the volume wins, and a newer image shows its old files. Each container
    that is run without a name for the volume leaves a copy of all of it behind. (BuildKit keeps what later instructions write there;
    the legacy builder threw it away.)

    Bad:
        WORKDIR /app
        COPY . .
        VOLUME /app

    Good:
        WORKDIR /app
        COPY . .
        VOLUME /app/data

    Leaves alone: volumes in which no COPY or ADD of the stage puts anything; a configuration file in a folder of its own (`/etc/…`,
    `*.conf`); what another stage gives a user (`COPY --from=… --chown=…`), which is how an image without a shell gets a folder for data;
    stages that do not ship.
    """
    if not stage.ships:
        return
    for instruction in stage.of("VOLUME"):
        for word in instruction.words:
            volume = (instruction.expand(word) or "").strip().rstrip("/")
            if not volume.startswith("/") or volume.startswith("/etc"):
                continue
            for copy in stage.of("COPY", "ADD"):
                target = _target(copy)
                given = copy.from_ and copy.flag("chown")
                if target is not None and not given and (target == volume or target.startswith(volume + "/")):
                    yield Hit(word, f"the volume {volume} hides what line {copy.line} copies there, once it exists")
                    break


def _target(copy: Instruction) -> str | None:
    """Where COPY or ADD puts things, absolute; None where that is not known, or is one file."""
    word = copy.destination
    path = copy.expand(word) if word is not None else None
    if path is None or "." in path.rpartition("/")[2].lstrip("./"):
        return None
    if not path.startswith("/"):
        if copy.state.workdir is None:
            return None
        path = copy.state.workdir.rstrip("/") + "/" + path
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


@rule("WD820", "path-broken", "warning")
def path_broken(stage: Stage) -> Iterator[Hit]:
    """ENV PATH has a `~`, which nobody expands, or loses the directories of the system.

    The kernel and most programs take `~` for a directory of that name. A PATH without `$PATH` in it hides /usr/bin: neither `sh` nor
    `ls` is found.

    Bad:
        ENV PATH="~/.local/bin:$PATH"

    Good:
        ENV PATH="/root/.local/bin:$PATH"

    Leaves alone: a PATH that names /usr/bin or /bin itself; scratch and distroless images; Windows.
    """
    if stage.image.family == "windows":
        return
    for instruction in stage.of("ENV"):
        for pair in instruction.pairs:
            if pair.key.value != "PATH" or pair.value is None:
                continue
            value = pair.value.value
            parts = value.split(":")
            if any(part == "~" or part.startswith("~/") for part in parts):
                yield Hit(
                    pair.value, "~ in PATH is a directory of that name, not the home", "write the home out: /root/… or /home/<user>/…"
                )
            elif "$" not in value and stage.image.shell != "none" and not any(part.rstrip("/") in ("/bin", "/usr/bin") for part in parts):
                yield Hit(pair.value, "PATH loses the directories of the system", f"write PATH={value}:$PATH")


@rule("WD821", "debian-frontend-kept", "info", help="set it in the RUN that needs it, or as ARG DEBIAN_FRONTEND=noninteractive")
def debian_frontend_kept(stage: Stage) -> Iterator[Hit]:
    """ENV DEBIAN_FRONTEND=noninteractive stays in the image.

    Whoever works in the container later, or builds on it, gets packages configured without being asked.

    Bad:
        ENV DEBIAN_FRONTEND=noninteractive

    Good:
        ARG DEBIAN_FRONTEND=noninteractive

    Leaves alone: stages that do not ship, an ENV that a later one sets anew, and images whose sudo passes it on (`env_keep`).

    Mends (unsafe): writes ARG for ENV, where it sets nothing else: images that are built on this one lose it.
    """
    if not stage.ships or caches.mentions(stage, "env_keep"):
        return
    found: Pair | None = None
    for instruction in stage.of("ENV"):
        for pair in instruction.pairs:
            if pair.key.value == "DEBIAN_FRONTEND":
                found = pair if pair.value and pair.value.value.lower() in ("noninteractive", "teletype") else None
    if found is not None:
        yield Hit(found, "DEBIAN_FRONTEND stays set in the container")


# Languages


@rule("WD822", "python-buffers-output", "info", covers=("DF032",), help="ENV PYTHONUNBUFFERED=1")
def python_buffers_output(stage: Stage) -> Iterator[Hit]:
    """Python holds up to 8 KB of output back where it writes to no terminal: the log lags behind, and what is held back at a kill is lost.

    PYTHONDONTWRITEBYTECODE is no advice of ours: without byte code each start compiles anew.

    Bad:
        FROM python:3.14-slim
        CMD ["python", "app.py"]

    Good:
        FROM python:3.14-slim
        ENV PYTHONUNBUFFERED=1
        CMD ["python", "app.py"]

    Leaves alone: `python -u`; servers that log to standard error, which is not held back (gunicorn, uvicorn); stages that are not the
    target.
    """
    if stage.role != "final":
        return
    for instruction in starts(stage):
        program = _program(instruction)
        if program is None or program.name.rstrip("0123456789.") != "python" or program.has("-u") or not program.arguments:
            continue
        if [word.value for word in program.arguments[:2]] in (["-m", "uvicorn"], ["-m", "gunicorn"], ["-m", "http.server"]):
            continue
        if program.has("-c", "--version", "-V") or any(
            pair.key.value == "PYTHONUNBUFFERED" for s in stage.chain() for i in s.of("ENV") for pair in i.pairs
        ):
            continue
        yield Hit(program.words[0], "Python holds its output back: PYTHONUNBUFFERED is not set")


@rule(
    "WD823",
    "xdebug-in-image",
    "warning",
    covers=("tally/php/no-xdebug-in-final-image",),
    help="install it in a stage of its own for development",
)
def xdebug_in_image(stage: Stage) -> Iterator[Hit]:
    """The image has Xdebug: every request gets slower, and whoever reaches its port can step through the program.

    Bad:
        FROM php:8.4-fpm
        RUN pecl install xdebug-3.4.0 && docker-php-ext-enable xdebug

    Good:
        FROM php:8.4-fpm
        RUN docker-php-ext-install opcache

    Leaves alone: stages that do not ship; stages and files whose name says development or test; installing that an `if` decides.
    """
    if not stage.ships or _for_development(stage) or (stage.dockerfile.target and _for_development(stage.dockerfile.target)):
        return
    for command in stage.calls("docker-php-ext-enable", "pecl", "install-php-extensions", "apk", "apt-get", "phpenmod"):
        for word in command.arguments:
            if "xdebug" in word.value and command.name != "pecl" and "if" not in command.within:
                yield Hit(word, "Xdebug is for development")
                return


@rule(
    "WD824",
    "opcache-not-enabled",
    "info",
    covers=("tally/php/enable-opcache-in-production",),
    default=False,
    help="RUN docker-php-ext-install opcache",
)
def opcache_not_enabled(stage: Stage) -> Iterator[Hit]:
    """A PHP web image does not enable OPcache, so each request compiles its files anew.

    Off by default: from PHP 8.5 on it is always there, and php.ini may be copied in.

    Bad:
        FROM php:8.4-fpm
        COPY . /var/www/html

    Good:
        FROM php:8.4-fpm
        RUN docker-php-ext-install opcache
        COPY . /var/www/html

    Leaves alone: the cli variant, PHP 8.5 and newer, tags that do not tell the version, other images than the official one.
    """
    reference = stage.reference
    if (
        stage.role != "final"
        or reference is None
        or reference.name != "php"
        or not any(kind in reference.tag for kind in ("fpm", "apache"))
    ):
        return
    major, _, minor = stage.image.version.partition(".")
    if not (major.isdigit() and minor.isdigit()) or (int(major), int(minor)) >= (8, 5):
        return
    calls = stage.calls("docker-php-ext-install", "docker-php-ext-enable", "install-php-extensions", "docker-php-ext-configure")
    if not any("opcache" in word.value for command in calls for word in command.arguments):
        yield Hit(stage.instruction, "OPcache is not enabled")


@rule(
    "WD825",
    "jemalloc-not-preloaded",
    "info",
    covers=("tally/ruby/jemalloc-installed-but-not-preloaded",),
    help="ENV LD_PRELOAD=libjemalloc.so.2",
)
def jemalloc_not_preloaded(stage: Stage) -> Iterator[Hit]:
    """jemalloc is installed but nothing loads it: without LD_PRELOAD, Ruby goes on with the allocator of the C library.

    Bad:
        FROM ruby:3.4-slim
        RUN apt-get update && apt-get install -y --no-install-recommends libjemalloc2 && rm -rf /var/lib/apt/lists/*

    Good:
        FROM ruby:3.4-slim
        RUN apt-get update && apt-get install -y --no-install-recommends libjemalloc2 && rm -rf /var/lib/apt/lists/*
        ENV LD_PRELOAD=libjemalloc.so.2

    Leaves alone: other languages; an LD_PRELOAD in the entry point's script, or a symbolic link made for it; stages that do not ship.
    """
    if not stage.ships or stage.image.language != "ruby":
        return
    target = stage.dockerfile.target
    assert target is not None
    named = {pair.key.value for link in target.chain() for instruction in link.of("ENV") for pair in instruction.pairs}
    if not named.isdisjoint(("LD_PRELOAD", "MALLOC_CONF")):
        return
    installs = stage.calls("apt-get", "apt", "apk")
    # A link made for it, /etc/ld.so.preload, patchelf.
    if any("jemalloc" in command.text.value[command.start : command.end] for command in stage.commands if command not in installs):
        return
    for command in installs:
        for word in command.arguments:
            if word.value.startswith(("libjemalloc", "jemalloc")) and not _preloaded_by_script(target):
                yield Hit(word, f"{word.value} is installed, but nothing preloads it")
                return


def _preloaded_by_script(stage: Stage) -> bool:
    scripts = [program.words[0].value for program in _programs(stage)]
    texts = [text for path in scripts if (text := text_of(stage, path))]
    # An entry point that cannot be read may do it.
    return any("LD_PRELOAD" in text for text in texts) or (not texts and any("entrypoint" in path or "/bin/" in path for path in scripts))


@rule(
    "WD826",
    "yjit-not-enabled",
    "info",
    covers=("tally/ruby/yjit-not-enabled-on-supported-runtime",),
    default=False,
    help="ENV RUBY_YJIT_ENABLE=1",
)
def yjit_not_enabled(stage: Stage) -> Iterator[Hit]:
    """A Ruby server runs without its compiler, YJIT, which the official images have since 3.2.

    Off by default: Rails 7.2 and newer turn it on themselves.

    Bad:
        FROM ruby:3.4-slim
        CMD ["ruby", "server.rb"]

    Good:
        FROM ruby:3.4-slim
        ENV RUBY_YJIT_ENABLE=1
        CMD ["ruby", "server.rb"]

    Leaves alone: `--yjit` in the command or in RUBYOPT; Ruby before 3.2; stages that are not the target.
    """
    if stage.role != "final" or stage.image.language != "ruby":
        return
    major, _, minor = stage.image.version.partition(".")
    if not (major.isdigit() and minor.isdigit() and (int(major), int(minor)) >= (3, 2)):
        return
    for link in stage.chain():
        for instruction in link.of("ENV"):
            if any(pair.key.value == "RUBY_YJIT_ENABLE" or (pair.value and "yjit" in pair.value.value) for pair in instruction.pairs):
                return
    started = starts(stage)
    if started and not any("--yjit" in instruction.value for instruction in started):
        yield Hit(started[-1].keyword_span, "YJIT is not enabled")


# GPUs


@rule(
    "WD827",
    "gpu-at-build-time",
    "warning",
    covers=("tally/gpu/no-buildtime-gpu-queries",),
    help="ask when the container starts: a build has no GPU",
)
def gpu_at_build_time(stage: Stage) -> Iterator[Hit]:
    """RUN asks for a GPU, and a build has none: the command fails, or what it finds is frozen into the image.

    Bad:
        FROM nvidia/cuda:12.9.1-base-ubuntu24.04
        RUN nvidia-smi

    Good:
        FROM nvidia/cuda:12.9.1-base-ubuntu24.04
        CMD ["nvidia-smi"]

    Leaves alone: RUN with --device, and a query that may fail (`|| true`).
    """
    for command in stage.calls("nvidia-smi"):
        if command.instruction is not None and command.instruction.flag("device") is None and command.after != "||":
            yield Hit(command.words[0], "a build has no GPU: nvidia-smi fails")
    for command in stage.calls("python", "python3"):
        for word in command.arguments:
            if "torch.cuda.is_available" in word.value or "torch.cuda.get_device" in word.value or "list_physical_devices" in word.value:
                yield Hit(word, "a build has no GPU: the answer is always no")
                break


@rule("WD828", "cuda-devel-ships", "info", covers=("tally/gpu/prefer-runtime-final-stage",), confidence="medium")
def cuda_devel_ships(stage: Stage) -> Iterator[Hit]:
    """The image is built FROM CUDA's devel variant, with compilers, headers and static libraries: gigabytes that nothing needs at run time.

    Bad:
        FROM nvidia/cuda:12.9.1-cudnn-devel-ubuntu24.04
        COPY app /app
        CMD ["/app/serve"]

    Good:
        FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04
        COPY app /app
        CMD ["/app/serve"]

    Leaves alone: a stage that compiles or installs Python packages itself (better: in a stage of its own), builders, other images.
    """
    root = stage.root
    if stage.role != "final" or "-devel" not in root.reference_text or "nvidia/cuda:" not in root.reference_text:
        return
    if not any(link.calls(*_COMPILES) for link in stage.chain()):
        runtime = root.reference_text.replace("-devel", "-runtime")
        yield Hit(
            root.instruction.words[0] if root.instruction.words else root.instruction,
            f"{root.reference_text} brings compilers along",
            f"use {runtime}",
        )


_COMPILES = (
    "nvcc",
    "make",
    "cmake",
    "ninja",
    "gcc",
    "g++",
    "pip",
    "pip3",
    "uv",
    "python",
    "python3",
    "conda",
    "cargo",
    "go",
    "bazel",
    "meson",
)


@rule(
    "WD829", "gpu-fixed-in-image", "warning", help="leave it to --gpus, to Compose or to the cluster",
    covers=(
        "tally/gpu/no-hardcoded-visible-devices", "tally/gpu/no-container-runtime-in-image",
        "tally/gpu/prefer-minimal-driver-capabilities",
    ),
)  # fmt: skip
def gpu_fixed_in_image(stage: Stage) -> Iterator[Hit]:
    """The image decides what belongs to the host: which GPUs are seen, or NVIDIA's container runtime itself.

    The numbers of GPUs are those of one machine; the container toolkit works on the host or not at all.

    Bad:
        FROM nvidia/cuda:12.9.1-runtime-ubuntu24.04
        ENV NVIDIA_VISIBLE_DEVICES=0,1

    Good:
        FROM nvidia/cuda:12.9.1-runtime-ubuntu24.04
        ENV NVIDIA_VISIBLE_DEVICES=all

    Leaves alone: `all`, `none`, `void` and an empty value; variables; lower severity for NVIDIA_DRIVER_CAPABILITIES=all; stages that do
    not ship.
    """
    if not stage.ships:
        return
    for instruction in stage.of("ENV"):
        for pair in instruction.pairs:
            value = pair.value.value if pair.value else ""
            if "$" in value:
                continue
            if pair.key.value in ("NVIDIA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES") and value not in ("all", "none", "void", "", "-1"):
                yield Hit(pair, f"{pair.key.value}={value} chooses GPUs by the numbers of one machine")
            elif pair.key.value == "NVIDIA_DRIVER_CAPABILITIES" and value == "all":
                yield Hit(
                    pair,
                    "NVIDIA_DRIVER_CAPABILITIES=all mounts more of the driver than most programs use",
                    "compute,utility is enough for computing",
                    "info",
                )
    for command in stage.calls("apt-get", "apt", "dnf", "yum", "microdnf", "zypper"):
        for package in installed(command) if "nvidia" in command.text.value else ():
            if package in _TOOLKIT:
                word = next((word for word in command.arguments if word.value.startswith(package)), command.words[0])
                yield Hit(word, f"{package} belongs on the host")


_TOOLKIT = frozenset(
    (
        "nvidia-container-toolkit nvidia-container-runtime nvidia-docker2 nvidia-docker libnvidia-container1 libnvidia-container-tools"
    ).split()
)


# Windows


@rule(
    "WD830", "not-on-windows", "warning",
    covers=("tally/windows/no-chown-flag", "tally/windows/no-run-mounts", "tally/windows/no-stopsignal"),
    confidence="medium",
)  # fmt: skip
def not_on_windows(stage: Stage) -> Iterator[Hit]:
    """The instruction uses what Windows containers do not have: file owners, signals, and, with Docker's engine, RUN --mount.

    The engine for Windows builds with the legacy builder; BuildKit's own support of Windows is experimental.

    Bad:
        # escape=`
        FROM mcr.microsoft.com/windows/servercore:ltsc2025
        STOPSIGNAL SIGINT

    Good:
        # escape=`
        FROM mcr.microsoft.com/windows/servercore:ltsc2025
        CMD ["cmd.exe"]

    Leaves alone: images that are not known to be Windows.
    """
    if stage.image.family != "windows":
        return
    for instruction in stage.instructions:
        if (flag := instruction.flag("chown")) is not None:
            yield Hit(flag, "--chown does nothing on Windows", "use icacls in a RUN")
        elif instruction.keyword == "STOPSIGNAL":
            yield Hit(instruction, "Windows containers have no signals", "take it out", "info")
        for mount in instruction.mounts[:1]:
            yield Hit(mount, "RUN --mount needs BuildKit, which the engine for Windows does not build with", "COPY what is needed", "info")


# Labels


def _labels(stage: Stage) -> Iterator[tuple[Instruction, Pair]]:
    for instruction in stage.of("LABEL"):
        for pair in instruction.pairs:
            yield instruction, pair


def _key(pair: Pair) -> str:
    return pair.key.value.strip("\"'")


_RESERVED = ("com.docker.", "io.docker.", "org.dockerproject.")
# What Docker's own tools tell people to set.
_DOCKER_LABELS = ("com.docker.extension.", "com.docker.desktop.", "com.docker.compose.", "com.docker.image.source.entrypoint")


@rule("WD831", "label-key", "style", covers=("DL3048", "tally/labels/valid-key"))
def label_key(stage: Stage) -> Iterator[Hit]:
    """A label's key is not what Docker's guidelines ask for: lower-case letters, digits, dots and hyphens, a letter or digit at both ends.

    Bad:
        LABEL Build_Version=1

    Good:
        LABEL com.example.build-version=1

    Leaves alone: keys with variables; slashes, which Kubernetes uses; underscores between letters; the labels of Docker's own products;
    RUN, INSTALL and UNINSTALL, which `podman container runlabel` reads.
    """
    for _, pair in _labels(stage):
        key = _key(pair)
        if not key or "$" in key or key in ("RUN", "INSTALL", "UNINSTALL"):
            continue
        if key.startswith(_RESERVED) and not key.startswith(_DOCKER_LABELS):
            yield Hit(pair.key, f"{key} is in a namespace that is Docker's own", "begin it with a domain of your own, reversed")
        elif not _well_formed(key):
            yield Hit(pair.key, f"{key} is no well-formed key", f"write {_mended(key)}" if _mended(key) != key else "")


def _well_formed(key: str) -> bool:
    inside = key.replace("_", "").replace("/", "")
    plain = inside.replace(".", "").replace("-", "")
    ends = key[0].isalnum() and key[-1].isalnum()
    return bool(plain) and plain.isascii() and plain.isalnum() and plain == plain.lower() and ends and ".." not in key and "--" not in key


def _mended(key: str) -> str:
    return key.lower().replace("_", "-").replace(" ", "-").replace("..", ".").strip(".-")


@rule("WD832", "label-empty", "style", covers=("DL3051", "dockerlint:label_no_empty_value"), help="give it a value, or take it out")
def label_empty(stage: Stage) -> Iterator[Hit]:
    """A label has no value.

    Bad:
        LABEL org.opencontainers.image.version=""

    Good:
        LABEL org.opencontainers.image.version="1.2.3"

    Leaves alone: variables, a label that takes away what the base image set (it has the same key as one of its chain).
    """
    for _, pair in _labels(stage):
        empty = pair.value is not None and not pair.value.value.strip("\"'").strip()
        if empty and not any(_key(below) == _key(pair) for link in stage.chain()[1:] for _, below in _labels(link)):
            yield Hit(pair, f"{_key(pair)} is empty")


@rule("WD833", "label-duplicate", "warning", covers=("tally/labels/no-duplicate-keys",), help="keep one of them")
def label_duplicate(stage: Stage) -> Iterator[Hit]:
    """A label is set twice in a stage; only the last one counts.

    Bad:
        LABEL org.opencontainers.image.title="Shop" org.opencontainers.image.title="The shop"

    Good:
        LABEL org.opencontainers.image.title="The shop"

    Leaves alone: the same key in another stage, keys with variables.

    Mends (safe): deletes the earlier one.
    """
    last: dict[str, Pair] = {}
    for _, pair in _labels(stage):
        key = _key(pair)
        if key in last and "$" not in key:
            yield Hit(last[key], f"{key} is set again in line {pair.key.span.line}")
        last[key] = pair


@rule(
    "WD834",
    "label-stale-base",
    "warning",
    covers=("tally/labels/no-stale-base-digest",),
    help="pin FROM by the same digest, or take the label out",
)
def label_stale_base(stage: Stage) -> Iterator[Hit]:
    """The label with the base image's digest does not follow the base image.

    FROM without a digest takes a new image one day, and the label goes on telling of the old one.

    Bad:
        FROM debian:13-slim
        LABEL org.opencontainers.image.base.digest="sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d"

    Good:
        FROM debian:13-slim
        LABEL org.opencontainers.image.base.name="docker.io/library/debian:13-slim"

    Leaves alone: a variable as the label's value; a base that is pinned by that digest.
    """
    for instruction, pair in _labels(stage):
        if _key(pair) == "org.opencontainers.image.base.digest" and pair.value is not None:
            value = instruction.expand(pair.value)
            reference = stage.reference
            if "$" not in pair.value.value and value and reference is not None and reference.digest != value:
                what = "FROM is not pinned by a digest" if not reference.digest else "FROM is pinned by another digest"
                yield Hit(pair.value, f"the label names a digest, and {what}")


_BUILDX_LABELS = frozenset({"org.opencontainers.image.revision", "org.opencontainers.image.source", "com.docker.image.source.entrypoint"})


@rule(
    "WD835",
    "label-of-buildx",
    "info",
    covers=("tally/labels/no-buildx-git-overlap",),
    default=False,
    help="leave it to BUILDX_GIT_LABELS=1, or do not set that",
)
def label_of_buildx(stage: Stage) -> Iterator[Hit]:
    """A label is set that buildx sets itself where BUILDX_GIT_LABELS is on.

    Off by default, because hardly anybody sets that variable.

    Bad:
        LABEL org.opencontainers.image.revision="4f1c2d3"

    Good:
        LABEL org.opencontainers.image.title="Shop"

    Leaves alone: all other labels.
    """
    for _, pair in _labels(stage):
        if _key(pair) in _BUILDX_LABELS:
            yield Hit(pair.key, f"buildx sets {_key(pair)}, too")


@rule(
    "WD836", "labels-apart", "style", covers=("tally/labels/prefer-grouped",), default=False, help="write them in one LABEL, a key a line"
)
def labels_apart(stage: Stage) -> Iterator[Hit]:
    """LABEL follows LABEL; one instruction can set them all.

    Off by default: since Docker 1.10 a LABEL makes no layer, so this is a matter of taste.

    Bad:
        LABEL org.opencontainers.image.title="Shop"
        LABEL org.opencontainers.image.vendor="Example"

    Good:
        LABEL org.opencontainers.image.title="Shop" \\
              org.opencontainers.image.vendor="Example"

    Leaves alone: labels with other instructions between them.
    """
    before: Instruction | None = None
    for instruction in stage.instructions:
        if instruction.keyword == "LABEL" and before is not None and before.keyword == "LABEL":
            yield Hit(instruction.keyword_span, "the LABEL above could set this one, too")
        before = instruction


@rule("WD837", "labels-unordered", "style", covers=("tally/labels/prefer-stable-order",), default=False, help="sort them by key")
def labels_unordered(stage: Stage) -> Iterator[Hit]:
    """The keys of one LABEL are not in alphabetical order. Off by default.

    Bad:
        LABEL org.opencontainers.image.vendor="Example" org.opencontainers.image.title="Shop"

    Good:
        LABEL org.opencontainers.image.title="Shop" org.opencontainers.image.vendor="Example"

    Leaves alone: keys of different LABEL instructions.
    """
    for instruction in stage.of("LABEL"):
        keys = [_key(pair) for pair in instruction.pairs]
        for before, pair in zip(keys, instruction.pairs[1:], strict=False):
            if _key(pair) < before:
                yield Hit(pair.key, f"{_key(pair)} stands behind {before}")
                break


# The annotations of the OCI image specification whose form it prescribes.
_OCI_SCHEMA = {
    "org.opencontainers.image.created": "rfc3339",
    "org.opencontainers.image.url": "url",
    "org.opencontainers.image.source": "url",
    "org.opencontainers.image.documentation": "url",
    "org.opencontainers.image.licenses": "spdx",
}


@rule(
    "WD838", "label-value", "warning", help="write it as its key, or the schema, says",
    covers=("DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058"),
)  # fmt: skip
def label_value(stage: Stage) -> Iterator[Hit]:
    """A label's value is not of the form that its key promises.

    Known are the keys of the OCI image specification (`created` is a time by RFC 3339, `licenses` an SPDX expression, `url`, `source`
    and `documentation` are addresses), and those of a label schema in the configuration, whose types are url, rfc3339, spdx, hash,
    semver, email and text.

    Bad:
        LABEL org.opencontainers.image.licenses="Apache 2.0"

    Good:
        LABEL org.opencontainers.image.licenses="Apache-2.0"

    Leaves alone: variables, empty values (WD832), labels without a schema.
    """
    schema = {**_OCI_SCHEMA, **stage.dockerfile.options.label_schema}
    for _, pair in _labels(stage):
        kind = schema.get(_key(pair), "")
        if kind and pair.value is not None and pair.value.literal:
            value = pair.value.value.strip("\"'")
            if value and not _is_of(kind, value):
                advice = "take the identifier from https://spdx.org/licenses/" if kind == "spdx" else ""
                yield Hit(pair.value, f"{_key(pair)}: {_short(value)} is {_KINDS.get(kind, 'not valid')}", advice)


_KINDS = {
    "url": "no URL",
    "rfc3339": "no time of the form 2026-11-23T16:00:00Z",
    "spdx": "no SPDX licence expression",
    "hash": "no git hash",
    "semver": "no semantic version",
    "email": "no e-mail address",
}


def _is_of(kind: str, value: str) -> bool:
    match kind:
        case "url":
            scheme, sign, rest = value.partition("://")
            return bool(sign) and scheme.strip("+.-").replace("+", "").isalnum() and bool(rest.strip("/")) and " " not in rest
        case "rfc3339":
            return _is_time(value)
        case "spdx":
            from dockerlint.knowledge.spdx import is_expression

            return is_expression(value)
        case "hash":
            return len(value) in (7, 8, 9, 10, 11, 12, 40, 64) and all(character in "0123456789abcdef" for character in value)
        case "semver":
            return _is_semantic_version(value)
        case "email":
            user, sign, host = value.rpartition("@")
            return bool(user and sign) and "." in host and not host.startswith(".") and not any(c.isspace() for c in value)
        case _:
            return True


def _is_time(value: str) -> bool:
    """RFC 3339, section 5.6: a date, T, a time of day, an offset."""
    from datetime import datetime

    if len(value) < 20 or value[10:11] not in "Tt " or not (value[-1] in "Zz" or value[-6:-5] in ("+", "-")):
        return False
    try:
        # A leap second is a time, but none that datetime knows.
        datetime.fromisoformat((value[:17] + "59" + value[19:]).upper() if value[17:19] == "60" else value.upper())
    except ValueError:
        return False
    return value[4] == value[7] == "-" and value[13] == value[16] == ":"


def _is_semantic_version(value: str) -> bool:
    """https://semver.org, version 2.0.0."""
    version, _, build = value.partition("+")
    core, dash, before = version.partition("-")
    numbers = core.split(".")
    if len(numbers) != 3 or not all(part.isascii() and part.isdigit() and (part == "0" or part[0] != "0") for part in numbers):
        return False
    parts = [*(before.split(".") if dash else ()), *(build.split(".") if "+" in value else ())]
    if not all(part and part.replace("-", "").isalnum() | (part.strip("-") == "") and part.isascii() for part in parts):
        return False
    return not any(part.isdigit() and len(part) > 1 and part[0] == "0" for part in (before.split(".") if dash else ()))


@rule("WD839", "label-missing", "info", covers=("DL3049",), help="add it to the final stage")
def label_missing(dockerfile: Dockerfile) -> Iterator[Hit]:
    """The image lacks a label that the label schema of the configuration asks for. Without a schema nothing is reported.

    Leaves alone: stages that are not the target; labels that a stage below it in its FROM chain sets.
    """
    target = dockerfile.target
    if target is None:
        return
    there = {_key(pair) for stage in target.chain() for _, pair in _labels(stage)}
    for name in sorted(set(dockerfile.options.label_schema) - there):
        yield Hit(target.instruction, f"the label {name} is missing")


@rule("WD840", "label-superfluous", "info", covers=("DL3050",), help="take it out, or add it to the schema")
def label_superfluous(stage: Stage) -> Iterator[Hit]:
    """A label is not in the label schema of the configuration, and that says that no others are wanted (strict labels).

    Leaves alone: everything, unless strict labels are asked for.
    """
    options = stage.dockerfile.options
    if options.strict_labels:
        for _, pair in _labels(stage):
            if _key(pair) not in options.label_schema:
                yield Hit(pair.key, f"{_key(pair)} is not in the schema")
