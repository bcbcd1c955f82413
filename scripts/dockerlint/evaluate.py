"""Instructions -> model: walks the stages as BuildKit does, and notes what it refuses and what its build checks warn of.

The order, and what is looked at, follow BuildKit 0.34 (`frontend/dockerfile/dockerfile2llb`), all stages judged. No image is pulled:
of the variables that base images set, few are known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dockerlint import grammar, shell
from dockerlint.check_directive import check_options
from dockerlint.context import Context, local_sources
from dockerlint.expand import Expansion, ExpansionError, expand, split
from dockerlint.knowledge.images import environment, sets_path_alone, works_in_root
from dockerlint.knowledge.signals import is_signal
from dockerlint.model import Dockerfile, Options, Stage, State, closest
from dockerlint.parser import Instruction, parse, parse_heredoc
from dockerlint.project import gives
from dockerlint.references import parse as parse_reference
from dockerlint.source import Source
from dockerlint.text import Text, Word
from dockerlint.values import (
    git_query_problem,
    is_address,
    is_checksum,
    is_mode,
    is_numeric_owner,
    parse_platform,
    port_range,
    source_kind,
)

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What BuildKit defines before the first FROM; the values are those of a build on and for linux/amd64.
PLATFORM_ARGUMENTS = {
    "BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDOSVERSION": "", "BUILDARCH": "amd64", "BUILDVARIANT": "",
    "TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETOSVERSION": "", "TARGETARCH": "amd64", "TARGETVARIANT": "",
    "TARGETSTAGE": "default",
}  # fmt: skip
# Arguments that never become variables.
_SILENT_ARGUMENTS = frozenset({"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"})

# What an ARG in FROM may hold for the base to be of one kind, whatever else it is told.
_VERSION = re.compile(r"v?\d+(?:\.\d+)*")

_WINDOWS_SHELLS = ("powershell", "powershell.exe", "pwsh", "pwsh.exe", "cmd", "cmd.exe")
_SHELL_SHEBANG = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:\S*/)?(?:sh|bash|ash|dash|ksh|zsh)(?:\s|$)")


def evaluate(source: Source, options: Options, context: Context) -> Dockerfile:
    """The Dockerfile that the source holds, with every problem and note that the walk finds; never raises."""
    instructions = parse(source)
    context.expect(lambda: local_sources(instructions))
    dockerfile = Dockerfile(source, options, context, instructions)
    refused = _check_instructions(dockerfile)
    _group(dockerfile, refused)
    _check_directive(dockerfile)
    _Walk(dockerfile, refused).walk()
    return dockerfile


def _check_directive(dockerfile: Dockerfile) -> None:
    directive = dockerfile.source.directives.get("check")
    if directive:
        try:
            check_options(directive.value.partition(" ")[0])
        except ValueError as error:
            dockerfile.refuse("directive", f"failed to parse check options: {error}", directive.span)


def _check_instructions(dockerfile: Dockerfile) -> set[Instruction]:
    """Records what the instruction parser refuses; those instructions are left out of the walk."""
    refused = set()
    for instruction in dockerfile.instructions:
        for problem in grammar.check(instruction):
            dockerfile.problems.append(problem)
            refused.add(instruction)
        if instruction.trigger and instruction.trigger.keyword == "RUN":
            list(grammar.check(instruction.trigger))  # fills in its mounts; what is wrong with it shows where it is used
    return refused


def _group(dockerfile: Dockerfile, refused: set[Instruction]) -> None:
    """Puts each instruction into its stage; a refused one stays out, so that rules see none that is malformed."""
    for instruction in dockerfile.instructions:
        if instruction.keyword == "FROM":
            dockerfile.stages.append(Stage(dockerfile, len(dockerfile.stages), instruction))
            instruction.stage = dockerfile.stages[-1]
        elif dockerfile.stages:
            instruction.stage = dockerfile.stages[-1]
            if instruction not in refused:
                dockerfile.stages[-1].instructions.append(instruction)
        else:
            dockerfile.before_first_stage.append(instruction)
    early = [each for each in dockerfile.before_first_stage if each.keyword != "ARG" and each.keyword in grammar.SYNTAX]
    if early:  # one FROM above the first is right for all
        dockerfile.refuse("no-stage", "no build stage in current context", early[0].span)
    elif not dockerfile.stages and dockerfile.source.lines:
        span = Text("", [0], [1], [1]).span(0, 0)
        reason = "dockerfile contains no stages to build" if dockerfile.instructions else "file with no instructions"
        dockerfile.refuse("no-stage", reason, span)


def _find_target(dockerfile: Dockerfile) -> None:
    stages, wanted = dockerfile.stages, dockerfile.options.target.lower()
    if not stages:
        return
    if wanted:
        named = [stage for stage in stages if wanted in (stage.name, str(stage.index))]
        if not named:
            hint = closest(wanted, (stage.name for stage in stages))
            reason = f'target stage "{dockerfile.options.target}" could not be found' + (f" (did you mean {hint}?)" if hint else "")
            dockerfile.refuse("target", reason, stages[-1].instruction.span)
            return
        dockerfile.target = named[-1]
    else:
        dockerfile.target = stages[-1]
    for stage in dockerfile.target.chain():
        stage.ships = True
    waiting = [dockerfile.target]
    while waiting:
        stage = waiting.pop()
        if not stage.reaches_target:
            stage.reaches_target = True
            waiting.extend(source for _, source in stage.copies_from if source)
            if stage.base:
                waiting.append(stage.base)


class _Walk:
    """One pass over all stages."""

    def __init__(self, dockerfile: Dockerfile, refused: set[Instruction]) -> None:
        self.dockerfile = dockerfile
        self.refused = refused
        self.escape = dockerfile.source.escape
        self.build_args = dockerfile.options.build_args
        self.by_name: dict[str, Stage] = {}
        # How many stages BuildKit counts: an image or an unnamed mount source is one of its own once it was met.
        self.counted = 0
        self.arguments: dict[int, frozenset[str]] = {}

    def walk(self) -> None:
        self._global_arguments()
        for stage in self.dockerfile.stages:
            self._base(stage)
        self._graph()
        _find_target(self.dockerfile)
        for stage in self.dockerfile.stages:
            self._dispatch_stage(stage)

    # -- before the first FROM ------------------------------------------------------------------------------------------------

    def _global_arguments(self) -> None:
        predefined = {name: self.build_args.get(name, value) for name, value in PLATFORM_ARGUMENTS.items()}
        if self.dockerfile.options.target:
            predefined["TARGETSTAGE"] = self.dockerfile.options.target
        elif self.dockerfile.stages and self.dockerfile.stages[-1].name:
            predefined["TARGETSTAGE"] = self.dockerfile.stages[-1].name
        self.defaults = self._meta_arguments(predefined, {}, report=False)
        self.globals = self._meta_arguments(predefined, self.build_args, report=True)
        self.declared_globals = {pair.key.raw for i in self.dockerfile.before_first_stage for pair in i.pairs} | set(self.globals or ())
        unset = self.declared_globals - set(self.globals or ()) | set(PLATFORM_ARGUMENTS)
        self.unknown_globals = frozenset(unset - set(self.build_args))
        for instruction in self.dockerfile.before_first_stage:
            instruction.state = State((), None, None, self.globals or {}, self.unknown_globals)

    def _meta_arguments(self, predefined: dict[str, str], given: object, report: bool) -> dict[str, str] | None:
        values = dict(predefined)
        for instruction in self.dockerfile.before_first_stage:
            if instruction.keyword != "ARG" or instruction in self.refused:
                continue
            for pair in instruction.pairs:
                name = pair.key.raw
                if isinstance(given, dict) and name in given:
                    values[name] = given[name]
                elif pair.value is not None:
                    try:
                        values[name] = expand(pair.value.raw, values, self.escape).value
                    except ExpansionError as error:
                        if report:
                            self._broken(error, pair.value.raw, instruction, pair.value)
                            continue
                        return None
        return values

    # -- FROM ---------------------------------------------------------------------------------------------------------------

    def _base(self, stage: Stage) -> None:
        instruction = stage.instruction
        values = self.globals or {}
        instruction.state = State((), None, None, values, self.unknown_globals)
        self.counted += 1
        if instruction in self.refused:
            self._name(stage)
            return
        word = instruction.words[0]
        self._default_base(stage, word)
        found = self._expand(word.raw, values, instruction, word)
        if found is not None:
            self._undeclared(found, instruction, word)
            given = any(gives(self.dockerfile.context, name) for name in found.unmatched)
            if found.value == "" and not given:
                self.dockerfile.refuse("blank-base", f"base name ({word.raw}) should not be blank", word.span)
            stage.reference_text = found.value
            stage.chosen = not all(_VERSION.fullmatch(values.get(name, "")) for name in (*found.matched, *found.unmatched))
            stage.base = self.by_name.get(found.value)
            if stage.base is None and found.value not in ("", "scratch") and parse_reference(found.value) is None and not given:
                reason = f'failed to parse stage name "{found.value}": invalid reference format'
                self.dockerfile.refuse("reference", reason, word.span)
        self._platform(stage)
        self._name(stage)

    def _name(self, stage: Stage) -> None:
        if stage.name:
            self.by_name[stage.name] = stage

    def _default_base(self, stage: Stage, word: Word) -> None:
        value = None
        if self.defaults is not None:
            try:
                value = expand(word.raw, self.defaults, self.escape).value
            except ExpansionError:
                self.defaults = value = None
        if value is not None and parse_reference(value) is None:
            self.dockerfile.note(
                "InvalidDefaultArgInFrom",
                stage.instruction,
                f"the defaults of its arguments make {word.raw} an invalid image name: '{value}'",
            )

    def _undeclared(self, found: Expansion, instruction: Instruction, word: Word) -> None:
        for name in found.unmatched:
            if name not in self.declared_globals:
                hint = closest(name, self.declared_globals)
                help = f"did you mean {hint}?" if hint else f"declare it before the first FROM: ARG {name}=…"
                self.dockerfile.note("UndefinedArgInFrom", word, f"FROM uses ${name}, which no ARG before it declares", help, name)

    def _platform(self, stage: Stage) -> None:
        instruction = stage.instruction
        flag = instruction.flag("platform")
        if flag is None or not flag.value:
            return
        values = self.globals or {}
        found = self._expand(flag.value, values, instruction, None)
        if found is None:
            return
        word = Word(flag.value, flag.value, False, flag.start, flag.end, flag.text)
        self._undeclared(found, instruction, word)
        if found.matched == ("TARGETPLATFORM",) and not found.unmatched and found.value == values.get("TARGETPLATFORM"):
            self.dockerfile.note("RedundantTargetPlatform", word, f"{flag.value} is what the platform is without being told")
        system, architecture = parse_platform(found.value)
        if not system:
            what = "empty platform value from expression" if found.value == "" else "failed to parse platform"
            unset = next(iter(found.unmatched), "")
            help = f"give {unset} a default: ARG {unset}=… before the first FROM" if unset else ""
            self.dockerfile.refuse("platform", f"{what} {flag.value}", flag.span, help)
            return
        stage.platform = found.value
        if not found.matched and not found.unmatched and system not in stage.name and architecture not in stage.name:
            self.dockerfile.note(
                "FromPlatformFlagConstDisallowed", word, f"the platform {found.value} is fixed, so the image cannot be built for another"
            )

    # -- the graph ------------------------------------------------------------------------------------------------------------

    def _graph(self) -> None:
        """Which stage each COPY --from and RUN --mount takes from; cycles are refused."""
        for stage in self.dockerfile.stages:
            for instruction in stage.instructions:
                if instruction.keyword == "COPY" and instruction.from_:
                    self._copy_source(stage, instruction)
                elif instruction.keyword == "RUN":
                    for mount in instruction.mounts:
                        self._mount_source(stage, instruction, mount.from_, mount.span)
        self._cycles()

    def _copy_source(self, stage: Stage, instruction: Instruction) -> None:
        name = instruction.from_
        flag = instruction.flag("from")
        assert flag
        stages = self.dockerfile.stages
        try:
            plain = expand(name, {}, self.escape).value == name
        except ExpansionError as error:
            self._broken(error, name, instruction, None)
            return
        if not plain:
            reason = (
                "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround"
            )
            self.dockerfile.refuse("from", reason, flag.span)
            return
        source: Stage | None = None
        if re.fullmatch(r"[-+]?\d+", name):
            index = int(name)
            if not 0 <= index < self.counted:
                self.dockerfile.refuse("from", f"invalid stage index {index}", flag.span)
                return
            source = stages[index] if index < len(stages) else None
        else:
            source = self.by_name.get(name.lower())
            if source is None:
                self.counted += 1
                if name != "scratch" and parse_reference(name) is None:
                    self.dockerfile.refuse("reference", f'failed to parse stage name "{name}": invalid reference format', flag.span)
        stage.copies_from.append((instruction, source))
        if source and source.index > stage.index:
            reason = (
                f'cannot copy from stage "{name}", it needs to be defined before current stage "{stage.name or f"stage-{stage.index}"}"'
            )
            self.dockerfile.refuse("from", reason, flag.span)

    def _mount_source(self, stage: Stage, instruction: Instruction, name: str, span: object) -> None:
        source = self.by_name.get((name or "scratch").lower())
        if source is None:
            self.counted += 1
            if name and name != "scratch" and parse_reference(name) is None:
                self.dockerfile.refuse("reference", f'failed to parse stage name "{name}": invalid reference format', instruction.span)
        if not name:
            return
        stage.copies_from.append((instruction, source))
        if source and source.index > stage.index:
            reason = f'cannot mount from stage "{name}", stage needs to be defined before current command'
            self.dockerfile.refuse("from", reason, instruction.span)

    def _cycles(self) -> None:
        """A stage that takes from itself, through whatever other stages, is refused."""
        done: set[int] = set()

        def visit(stage: Stage, path: list[int]) -> Instruction | None:
            done.add(stage.index)
            for instruction, source in stage.copies_from:
                if source is None:
                    continue
                if source.index in path or source is stage:
                    return instruction
                if source.index not in done and (found := visit(source, [*path, stage.index])):
                    return found
            return None

        for stage in self.dockerfile.stages:
            if stage.index not in done and (instruction := visit(stage, [])):
                name = stage.name or f"stage-{stage.index}"
                self.dockerfile.refuse("cycle", f"circular dependency detected on stage: {name}", instruction.span)
                return

    # -- instructions ---------------------------------------------------------------------------------------------------------

    def _dispatch_stage(self, stage: Stage) -> None:
        if stage.base:
            self.state = stage.base.end
            self.declared = self.arguments.get(stage.base.index, frozenset())
        else:
            self.state = State((), None, None, {"PATH": DEFAULT_PATH, **environment(stage.reference)}, frozenset())
            self.declared = frozenset()
        if self.state is None:  # a base that could not be evaluated
            self.state = State((), None, None, {"PATH": DEFAULT_PATH}, frozenset())
        self.windows = stage.platform.startswith("windows") or stage.image.family == "windows"
        if stage.base and stage.reaches_target:
            self._triggers(stage, stage.base)
        for instruction in stage.instructions:
            self._dispatch(instruction)
        stage.end = self.state
        self.arguments[stage.index] = self.declared

    def _triggers(self, stage: Stage, base: Stage) -> None:
        """The ONBUILD triggers of its base run first; what is wrong with them is told at the FROM."""
        for onbuild in base.of("ONBUILD"):
            trigger = onbuild.trigger
            assert trigger
            trigger.stage = stage
            problems = list(grammar.check(trigger))
            if problems:
                self.dockerfile.refuse("onbuild", f"ONBUILD trigger: {problems[0].reason}", stage.instruction.span)
                continue
            before = self.state
            self._dispatch(trigger)
            trigger.state = before

    def _dispatch(self, instruction: Instruction) -> None:
        instruction.state = self.state
        if instruction.trigger:
            instruction.trigger.stage = instruction.stage
            instruction.trigger.state = self.state
            self._commands(instruction.trigger)
        handler = _HANDLERS.get(instruction.keyword)
        self._commands(instruction)
        if handler:
            handler(self, instruction)

    def _broken(self, error: ExpansionError, text: str, instruction: Instruction, word: Word | None) -> None:
        self.dockerfile.refuse("substitution", f'failed to process "{text}": {error}', (word or instruction).span)

    def _expand(self, text: str, values: object, instruction: Instruction, word: Word | None) -> Expansion | None:
        try:
            return expand(text, values, self.escape)  # type: ignore[arg-type]
        except ExpansionError as error:
            self._broken(error, text, instruction, word)
            return None

    def _value(self, text: str, instruction: Instruction, word: Word | None = None, quotes: bool = False) -> str:
        """The expanded text; undefined variables in it are noted."""
        try:
            found = expand(text, self.state.variables, "\\" if quotes else self.escape, keep_quotes=quotes)
        except ExpansionError as error:
            self._broken(error, text, instruction, word)
            return ""
        for name in found.unmatched:
            if name not in self.declared and name not in _SILENT_ARGUMENTS:
                hint = closest(name, self.state.variables)
                help = f"did you mean ${hint}?" if hint else f"define it first, with ENV {name}=… or ARG {name}"
                if quotes:
                    help = f"write \\${name}, or quote the word of the heredoc (<<'EOF'): the builder puts nothing in its place"
                self.dockerfile.note("UndefinedVar", word or instruction, f"the variable ${name} is not defined here", help, name)
        return found.value

    def _known(self, text: str) -> bool:
        """Whether the value of a text does not depend on the build."""
        if "$" not in text:
            return True
        try:
            found = expand(text, self.state.variables, self.escape)
        except ExpansionError:
            return False
        return not found.unmatched and self.state.unknown.isdisjoint(found.matched)

    def _is_of_the_base(self, text: str, stage: Stage) -> bool:
        """Whether the text has a variable that nothing here sets and that the base image, which is no bare distribution, may set."""
        if "$" not in text or stage.root.reference_text == "scratch" or (stage.reference and sets_path_alone(stage.reference)):
            return False
        try:
            return not self.declared.issuperset(expand(text, self.state.variables, self.escape).unmatched)
        except ExpansionError:
            return False

    def _assign(self, values: dict[str, tuple[str, bool]]) -> None:
        """Sets variables: name -> value, and whether that value is known."""
        unknown = self.state.unknown
        gone = {name for name, (_, known) in values.items() if known}
        new = {name for name, (_, known) in values.items() if not known}
        if new or not unknown.isdisjoint(gone):
            unknown = (unknown - gone) | new
        merged = {**self.state.variables, **{name: value for name, (value, _) in values.items()}}
        self.state = self.state._replace(variables=merged, unknown=unknown)

    def _env(self, instruction: Instruction) -> None:
        values = {}
        for pair in instruction.pairs:
            name = self._value(pair.key.raw, instruction, pair.key)
            assert pair.value
            values[name] = (self._value(pair.value.raw, instruction, pair.value), self._known(pair.value.raw))
        self._assign(values)

    def _arg(self, instruction: Instruction) -> None:
        for pair in instruction.pairs:
            name = pair.key.raw
            value: str | None = None
            known = True
            if name in self.build_args:
                value = self.build_args[name]
            elif pair.value is not None:
                value = self._value(pair.value.raw, instruction, pair.value)
                known = self._known(pair.value.raw)
            elif self.globals and name in self.globals:
                value, known = self.globals[name], name not in self.unknown_globals
            self.declared |= {name}
            if value is None:
                self.state = self.state._replace(unknown=self.state.unknown | {name})
            elif name not in _SILENT_ARGUMENTS:
                self._assign({name: (value, known)})

    def _label(self, instruction: Instruction) -> None:
        for pair in instruction.pairs:
            self._value(pair.key.raw, instruction, pair.key)
            if pair.value:
                self._value(pair.value.raw, instruction, pair.value)

    def _workdir(self, instruction: Instruction) -> None:
        word = instruction.words[0]
        path = self._value(word.raw, instruction, word)
        absolute = path.startswith("/") or (self.windows and (path[1:2] == ":" or path.startswith("\\")))
        if not absolute:
            if self.state.workdir is None:
                self.dockerfile.note(
                    "WorkdirRelativePath", word, f"WORKDIR {path} is relative to whatever the base image has", "begin it with /"
                )
            path = f"{(self.state.workdir or '').rstrip('/')}/{path}"
        self.state = self.state._replace(workdir=path)

    def _user(self, instruction: Instruction) -> None:
        word = instruction.words[0]
        user = self._value(word.raw, instruction, word)
        self.state = self.state._replace(user=user if self._known(word.raw) else word.raw)

    def _shell(self, instruction: Instruction) -> None:
        self.state = self.state._replace(shell=tuple(word.value for word in instruction.words))

    def _volume(self, instruction: Instruction) -> None:
        for word in instruction.words:
            text = word.value if instruction.form == "exec" else word.raw
            if self._value(text, instruction, word) == "" and not self._is_of_the_base(text, instruction.stage):
                self.dockerfile.refuse("arguments", "VOLUME specified can not be an empty string", word.span)

    def _stopsignal(self, instruction: Instruction) -> None:
        word = instruction.words[0]
        signal = self._value(word.raw, instruction, word)
        if not is_signal(signal) and not self._is_of_the_base(word.raw, instruction.stage):
            self.dockerfile.refuse("signal", f"invalid signal: {signal}", word.span)

    def _run(self, instruction: Instruction) -> None:
        broken = set()
        for flag in instruction.flags:
            if flag.name == "mount":
                word = Word(flag.value or "", flag.value or "", False, flag.start, flag.end, flag.text)

                def value(text: str, word: Word = word) -> str:
                    return self._value(text, instruction, word)

                for problem in grammar.check_mount(flag, value):
                    self.dockerfile.problems.append(problem)
                    broken.add(flag)
        for mount in instruction.mounts:
            if mount.flag in broken or mount.type in ("secret", "ssh"):
                continue
            if self._absolute(mount.target) == "/" and (mount.target.startswith("/") or self._folder_is_known(instruction.stage)):
                self.dockerfile.refuse("mount", f'invalid mount target "{mount.target}"', mount.span)
        if len(instruction.heredocs) and instruction.form == "exec":
            self.dockerfile.refuse("heredoc", "parsing produced an invalid run command", instruction.span)

    def _folder_is_known(self, stage: Stage) -> bool:
        """Whether the working directory is: a base image may set one that is not in the file."""
        if self.state.workdir is not None or stage.root.reference_text == "scratch":
            return True
        return stage.reference is not None and works_in_root(stage.reference)

    def _absolute(self, target: str) -> str:
        """A mount target's path with `.` and `..` resolved; no target is the working directory."""
        try:
            target = expand(target, self.state.variables, self.escape).value
        except ExpansionError:
            return target
        parts: list[str] = []
        base = "" if target.startswith("/") else self.state.workdir or "/"
        for part in f"{base}/{target}".split("/"):
            if part == "..":
                del parts[-1:]
            elif part not in ("", "."):
                parts.append(part)
        return "/" + "/".join(parts)

    def _copy(self, instruction: Instruction) -> None:
        add = instruction.keyword == "ADD"
        exec_form = instruction.form == "exec"
        flags = {}
        for name in ("chown", "chmod", "checksum"):
            flag = instruction.flag(name)
            if flag and flag.value:
                word = Word(flag.value, flag.value, False, flag.start, flag.end, flag.text)
                flags[name] = (self._value(flag.value, instruction, word), flag)
        words = [*instruction.sources, *filter(None, [instruction.destination])]
        paths = [(self._value(word.value if exec_form else word.raw, instruction, word), word) for word in words]
        for heredoc in instruction.heredocs:
            if heredoc.expand:
                self._value(heredoc.body.value, instruction, quotes=True)
        owner, mode, checksum = (flags.get(name, ("", None)) for name in ("chown", "chmod", "checksum"))
        link = instruction.flag("link")
        if link and (link.value or "true").lower() == "true" and owner[0] and not is_numeric_owner(owner[0]):
            reason = f"--chown={owner[0]}: user and group names can't be resolved when used with --link, use numeric uid[:gid] instead"
            self.dockerfile.refuse("copy", reason, instruction.span)
        if mode[0] and not is_mode(mode[0]):
            reason = f"invalid chmod parameter: '{mode[0]}'. it should be octal string and between 0 and 07777"
            self.dockerfile.refuse("copy", reason, instruction.span)
        for path, word in paths[:-1]:
            kind = source_kind(path)
            if not add and kind in ("git", "http"):
                what = "a git ref" if kind == "git" else "a URL"
                self.dockerfile.refuse("copy", f"source can't be {what} for COPY", word.span)
            elif kind == "git" and (reason := git_query_problem(path)):
                self.dockerfile.refuse("copy", reason, word.span)
        if checksum[0]:
            kinds = [source_kind(path) for path, _ in paths[:-1]]
            if len(kinds) != 1:
                self.dockerfile.refuse("copy", "checksum can't be specified for multiple sources", instruction.span)
            elif kinds[0] == "local":
                self.dockerfile.refuse("copy", "checksum requires HTTP(S) or Git sources", instruction.span)
            elif kinds[0] == "http" and not is_checksum(checksum[0]):
                self.dockerfile.refuse("copy", f"invalid checksum digest format: {checksum[0]}", instruction.span)

    def _expose(self, instruction: Instruction) -> None:
        for word in instruction.words:
            try:
                ports = split(word.raw, self.state.variables, self.escape)
            except ExpansionError as error:
                self._broken(error, word.raw, instruction, word)
                continue
            for port in ports if not self._is_of_the_base(word.raw, instruction.stage) else ():
                self._port(port, instruction, word)

    def _port(self, port: str, instruction: Instruction, word: Word) -> None:
        parts = port.split(":")
        address, host = (":".join(parts[:-2]), parts[-2]) if len(parts) > 1 else ("", "")
        container, _, protocol = parts[-1].partition("/")
        if not container:
            self.dockerfile.refuse("port", f'invalid port: "{port}": no port specified', word.span)
            return
        if protocol.lower() not in ("", "tcp", "udp", "sctp"):
            self.dockerfile.refuse("port", f'invalid port: "{port}": invalid proto: {protocol}', word.span)
            return
        if protocol != protocol.lower():
            self.dockerfile.note("ExposeProtoCasing", word, f"the protocol of {port} is not in lower case", f"write {port.lower()}")
        if address or host:
            self.dockerfile.note(
                "ExposeInvalidFormat", word, f"{port} names a host's port or address, which an image cannot choose", f"write {parts[-1]}"
            )
        if address and not is_address(address):
            self.dockerfile.refuse("port", f"invalid IP address: {address}", word.span)
            return
        inner = port_range(container)
        if inner is None:
            self.dockerfile.refuse("port", f"invalid containerPort: {container}", word.span)
        elif host:
            outer = port_range(host)
            if outer is None:
                self.dockerfile.refuse("port", f"invalid hostPort: {host}", word.span)
            elif inner[1] - inner[0] not in (0, outer[1] - outer[0]):
                reason = f"invalid ranges specified for container and host Ports: {container} and {host}"
                self.dockerfile.refuse("port", reason, word.span)

    # -- shell commands -------------------------------------------------------------------------------------------------------

    def _commands(self, instruction: Instruction) -> None:
        """Reads the shell commands of RUN, CMD, ENTRYPOINT and HEALTHCHECK; none for other shells than POSIX ones."""
        if instruction.keyword not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") or instruction.value_start >= len(instruction.text.value):
            return
        start = instruction.value_start
        if instruction.keyword == "HEALTHCHECK":
            if len(instruction.words) < 2:
                return
            start = instruction.words[1].start
        program = self.state.shell[0].replace("\\", "/").rpartition("/")[2].lower() if self.state.shell else ""
        if program in _WINDOWS_SHELLS or (self.windows and not program.startswith(("bash", "sh"))):
            return
        if instruction.form == "exec":
            commands = shell.command_of_words([word for word in instruction.words if word.start >= start])
        elif instruction.heredocs:
            commands = self._heredoc_commands(instruction)
        else:
            commands = shell.parse(instruction.text, start)
        instruction.commands = tuple(commands)
        for index, command in enumerate(commands):
            command.instruction = instruction
            command.index = index

    def _heredoc_commands(self, instruction: Instruction) -> list[shell.Command]:
        body = instruction.heredocs[0].body
        if instruction.value.startswith("<<") and parse_heredoc(instruction.value):
            if body.value.startswith("#!") and not _SHELL_SHEBANG.match(body.value):
                return []
            return shell.parse(body)
        commands = shell.parse(instruction.text, instruction.value_start)
        # `bash <<EOF`: the body is what that shell runs.
        shells = [command for command in commands if command.name in ("sh", "bash", "ash", "dash") and not command.operands()]
        if len(commands) == 1 and shells:
            return [*commands, *shell.parse(body)]
        bodies = {heredoc.name: heredoc.body for heredoc in instruction.heredocs}
        for outer in shells:
            for redirect in outer.redirects:
                if redirect.operator in ("<<", "<<-") and redirect.target.value in bodies:
                    for command in shell.parse(bodies[redirect.target.value]):
                        command.wrapper = command.wrapper or outer
                        commands.append(command)
        return commands


_HANDLERS: dict[str, Callable[[_Walk, Instruction], None]] = {
    "ADD": _Walk._copy,
    "ARG": _Walk._arg,
    "COPY": _Walk._copy,
    "ENV": _Walk._env,
    "EXPOSE": _Walk._expose,
    "LABEL": _Walk._label,
    "RUN": _Walk._run,
    "SHELL": _Walk._shell,
    "STOPSIGNAL": _Walk._stopsignal,
    "USER": _Walk._user,
    "VOLUME": _Walk._volume,
    "WORKDIR": _Walk._workdir,
}
