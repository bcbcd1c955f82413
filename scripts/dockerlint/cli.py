"""The command line: options in, a report out, an exit status."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any

from commandline import INTERRUPTED, UNABLE, VERSION, Parser, open_streams, put
from dockerlint.config import FAIL_ON, SHELLCHECK, build_arg, did_you_mean
from dockerlint.errors import Failure
from dockerlint.finding import CONFIDENCES
from dockerlint.output import COUNTED, FIXED, FORMATS, PROGRAM, Report, plain, plural, render

if TYPE_CHECKING:
    from typing import Self

    from dockerlint.check import Result

CLEAN, FINDINGS = 0, 1

WIDTH = 120
"""Columns where there is no terminal to ask."""

UNCOLLECTED = 50_000
"""How many new objects there may be before garbage is looked for: the models of a few files. Python's 700 cost a tenth of the time."""

PATIENCE = 1.0
"""Seconds after which a run shows its progress."""

EPILOG = """\
A rule is named by its code (WD304), the beginning of one (WD3), its slug, a
glob, "all", "default", or the id of another linter's check that it covers
(DL3015, JSONArgsRecommended, CKV_DOCKER_3, DS-0002). ShellCheck's codes
(SC2086) stand for themselves.

A comment silences findings: "# wd: ignore=WD304 why" above an instruction,
"# wd: ignore-file=WD304 why" anywhere; those of hadolint, BuildKit, trivy and
checkov are understood. Settings stand in [tool.validate-dockerfile] of
pyproject.toml, in .validate-dockerfile.toml or in .hadolint.yaml, the nearest
to the Dockerfile upwards.

Exit status: 0 nothing at or above --fail-on, 1 findings (with --fix: those
that are left; with --diff: something would change), 2 something could not be
done, which standard error explains, 130 interrupted.
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Told how wide it may be, because asking for that imports half of the standard library."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=min(_width(), WIDTH))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        Failure,
        PROGRAM,
        usage=f"{PROGRAM} [OPTION]... [FILE, FOLDER, GLOB or -]...",
        description="Reads Dockerfiles as BuildKit does and says what is worth changing. Without a path: the current folder and below.",
        epilog=EPILOG,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="a file, a folder (searched, below it too), a quoted glob, or - for standard input")
    add("--version", action="store_true", help="print the version and end")

    group = parser.add_argument_group("what is reported")
    add = group.add_argument
    add("--select", action="append", type=_names, metavar="NAMES", help="only these rules, separated by commas")
    add("--extend-select", action="append", type=_names, metavar="NAMES", help="these rules, too")
    add("--ignore", action="append", type=_names, metavar="NAMES", help="not these rules")
    add("--min-confidence", choices=CONFIDENCES, help="hide what is less sure than this (default: medium)")
    add("--fail-on", choices=FAIL_ON, help="the least severity that makes the exit status 1 (default: warning)")
    add("--shellcheck", choices=SHELLCHECK, help="run ShellCheck over RUN: auto if it is there (default), always, never")

    group = parser.add_argument_group("what the build would be")
    add = group.add_argument
    add("--target", metavar="STAGE", help="the stage to build (default: the last)")
    add("--build-arg", action="append", metavar="NAME=VALUE", help="an ARG's value; may be repeated")
    add("--context", metavar="FOLDER", help="the build context (default: what a compose or bake file says, else where the sources are)")
    add("--today", type=_date, metavar="DATE", help="judge what is past its end of life as of this day (default: the current one)")

    group = parser.add_argument_group("what is mended")
    add = group.add_argument
    add("--fix", action="store_true", help="mend what can be mended safely, and report what is left; - prints the mended text")
    add("--unsafe-fixes", action="store_true", help="with --fix or --diff: mend also what may change the build or the container")
    add("--diff", action="store_true", help="write nothing, and print what --fix would change")

    group = parser.add_argument_group("how it is reported")
    add = group.add_argument
    add("--format", choices=FORMATS, default="text", metavar="FORMAT", help=", ".join(FORMATS) + " (default: text)")
    add("--output", metavar="FILE", help="write the report there instead of to standard output")
    add("--statistics", action="store_true", help="how often each rule fired")
    add("--color", choices=("auto", "always", "never"), default="auto", help="auto: on a terminal, unless NO_COLOR is set")
    add("-q", "--quiet", action="store_true", help="nothing but findings and errors")

    group = parser.add_argument_group("how it runs")
    add = group.add_argument
    add("--config", metavar="FILE", help="use this configuration for all files")
    add("--no-config", action="store_true", help="use no configuration file")
    add("--stdin-filename", metavar="PATH", default="", help="the path that standard input is to be judged as")
    add("--jobs", type=_count, default=0, metavar="N", help="processes for many files (default: 0, one a processor)")

    group = parser.add_argument_group("about the rules")
    add = group.add_argument
    add("--explain", nargs="+", metavar="NAME", help="print the manual of these rules")
    add("--list-rules", action="store_true", help="print all rules, as text or with --format json")
    return parser


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError("names no rule")
    return names


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes")
    return int(text)


def _date(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-23") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the program with these arguments (default: those of the process); the exit status."""
    gc.set_threshold(UNCOLLECTED)
    open_streams()
    try:
        return _run(_parsed(sys.argv[1:] if argv is None else argv))
    except Failure as failure:
        return _complain(str(failure))
    except OSError as error:
        return _complain(f"cannot write the report: {error.strerror or error}")
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        gc.freeze()  # Python would look for garbage once more before it ends: a fifth of the time that one file takes


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    end = argv.index("--") if "--" in argv else len(argv)
    arguments, unknown = parser.parse_known_args(argv[:end])
    for word in unknown:
        if word.startswith("-") and word != "-":
            options = [option for action in parser._actions for option in action.option_strings]
            raise Failure(f"unknown option {word}; {did_you_mean(word.partition('=')[0], options, '--help shows them all')}")
        arguments.paths.append(word)  # argparse does not take paths on both sides of an option
    arguments.paths += argv[end + 1 :]
    if arguments.output == "-":
        arguments.output = None
    return arguments


def _run(arguments: argparse.Namespace) -> int:
    if arguments.version:
        return _print([f"{PROGRAM} {VERSION}\n"], arguments)
    if arguments.explain:
        return _print(_explained(arguments.explain), arguments)
    if arguments.list_rules:
        return _print(_listed(arguments.format), arguments)
    return _check(arguments)


def _check(arguments: argparse.Namespace) -> int:
    from dockerlint.check import Job, Result, check_all
    from dockerlint.inputs import find

    options = _options(arguments)
    if arguments.statistics and arguments.format not in COUNTED:
        raise Failure(f"--statistics goes with --format {', '.join(COUNTED)}, not {arguments.format}")
    found = list(find(arguments.paths or ["."]))
    results = [Result(each.path, failure=each.failure) for each in found if each.failure]
    paths = [each.path for each in found if not each.failure]
    written = arguments.output if arguments.output and os.path.exists(arguments.output) else None
    if written and any(os.path.samefile(written, path) for path in paths if path != "-"):
        raise Failure(f"--output {arguments.output} is one of the files to be read: the report would take its place")
    job = Job(
        options,
        arguments.config,
        not arguments.no_config,
        arguments.stdin_filename,
        None if arguments.diff else _shellcheck(options),
        arguments.format in FIXED,
        _mends(arguments),
        not arguments.diff,
    )
    with _Progress(not arguments.quiet) as progress:
        results += check_all(paths, job, arguments.jobs, progress.show)
    failures = list(dict.fromkeys(result.failure for result in results if result.failure))
    for note in dict.fromkeys(result.note for result in results if result.note and not arguments.quiet):
        _say(f"note: {note}")
    for failure in failures:
        _say(failure)
    if arguments.fix or arguments.diff:
        _say_mended(results, arguments)
    if arguments.diff:
        _print((result.diff for result in results), arguments)
        return UNABLE if failures else FINDINGS if any(result.diff for result in results) else CLEAN
    report = Report(
        results,
        failures,
        _colour(arguments.color, None if arguments.output else sys.stdout),
        _width(),
        arguments.quiet,
        arguments.statistics,
    )
    mended = next((result.text for result in results if result.text is not None), None)
    if mended is None or arguments.output:
        _print(render(arguments.format, report), arguments)
    else:
        sys.stderr.writelines(render(arguments.format, report))
    if mended is not None:
        put([mended])
    if failures:
        return UNABLE
    return FINDINGS if any(result.failing for result in results) else CLEAN


def _mends(arguments: argparse.Namespace) -> str:
    """Which mends are wanted, as Job has it; raises Failure where the options contradict each other."""
    if arguments.unsafe_fixes and not (arguments.fix or arguments.diff):
        raise Failure("--unsafe-fixes goes with --fix, which applies them, or --diff, which shows them")
    if arguments.diff and (arguments.format != "text" or arguments.statistics):
        raise Failure("--diff prints a diff and no report: it goes without --format and --statistics")
    return ("unsafe" if arguments.unsafe_fixes else "safe") if arguments.fix or arguments.diff else ""


def _say_mended(results: Sequence[Result], arguments: argparse.Namespace) -> None:
    """Tells how much was mended, and each place that could not be, unless there is to be quiet."""
    if arguments.quiet:
        return
    for finding, why in (each for result in results for each in result.unmended):
        _say(f"{finding.file}:{finding.line}: the mend of {finding.code} is left out: {why}")
    count = sum(len(result.mended) for result in results)
    files = sum(bool(result.mended) for result in results)
    if count:
        _say(f"{'would mend' if arguments.diff else 'mended'} {plural(count, 'finding')} in {plural(files, 'file')}")


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given on the command line, as a configuration has it; raises Failure for a rule that nobody knows."""
    from dockerlint.selection import Layer, resolve

    options: dict[str, Any] = {}
    for key in ("select", "extend_select", "ignore"):
        given = getattr(arguments, key)
        if given is not None:
            options[key] = tuple(name for names in given for name in names)
    resolve(Layer(options.get("select"), options.get("extend_select", ()), options.get("ignore", ())))
    for key in ("min_confidence", "fail_on", "shellcheck", "target", "context"):
        if getattr(arguments, key) is not None:
            options[key] = getattr(arguments, key)
    if arguments.build_arg:
        options["build_args"] = dict(build_arg(each) for each in arguments.build_arg)
    if arguments.context is not None and not os.path.isdir(arguments.context):
        raise Failure(f"--context {arguments.context}: no such folder")
    if arguments.config is not None and arguments.no_config:
        raise Failure("--config and --no-config exclude each other")
    options["today"] = arguments.today or _today()
    return options


def _today() -> str:
    from time import strftime

    return strftime("%Y-%m-%d")


def _shellcheck(options: dict[str, Any]) -> str | None:
    """The path of ShellCheck; None where the command line does not want it or it is not there."""
    if options.get("shellcheck") == "never":
        return None
    from dockerlint.shellcheck import MISSING, find_binary

    binary = find_binary()
    if binary is None and options.get("shellcheck") == "always":
        raise Failure(MISSING)
    return binary


def _explained(names: Iterable[str]) -> Iterable[str]:
    from dockerlint.explain import plain_text
    from dockerlint.rules import load
    from dockerlint.selection import is_shellcheck, selected

    rules = load()
    manuals: dict[str, str] = {}
    for name in (name for listed in names for name in _names(listed)):
        meaning = selected(name)
        manuals |= {code: plain_text(rules[code]) for code in sorted(meaning.codes)}
        if is_shellcheck(name):
            manuals[name.upper()] = f"{name.upper()} is one of ShellCheck's: https://www.shellcheck.net/wiki/{name.upper()}\n"
    return ["\n".join(manuals.values())]


def _listed(format: str) -> Iterable[str]:
    from dockerlint.rules import load

    rules = sorted(load().values())
    if format == "json":
        from json import dumps

        from dockerlint.explain import mends

        keys = ("code", "slug", "severity", "confidence", "default", "breaks_build", "covers", "help")
        entries = [dumps({key: getattr(rule, key) for key in keys} | {"mends": mends(rule.doc)}) for rule in rules]
        return ["[\n  " + ",\n  ".join(entries) + "\n]\n"]
    if format != "text":
        raise Failure(f"--list-rules goes with --format text or json, not {format}")
    slugs = max(len(rule.slug) for rule in rules)
    lines = []
    for rule in rules:
        state = "on" if rule.default else "off"
        fixed = f"{rule.code}  {rule.slug:<{slugs}}  {rule.severity:<7}  {rule.confidence:<6}  {state:<3}"
        lines.append(f"{fixed}  {' '.join(rule.covers)}".rstrip() + "\n")
    return lines


def _print(pieces: Iterable[str], arguments: argparse.Namespace) -> int:
    """Writes the pieces where the options say; raises Failure where that cannot be written."""
    if arguments.output is None:
        encoding = sys.stdout.encoding or "utf-8"  # a name in a file may have what the terminal cannot show
        put(piece.encode(encoding, "backslashreplace") for piece in pieces)
        return CLEAN
    text = "".join(pieces)
    try:
        with open(arguments.output, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise Failure(f"cannot write {arguments.output}: {error.strerror or error}") from None
    return CLEAN


def _colour(when: str, stream: IO[str] | None) -> bool:
    """Whether to colour: what the option says, else NO_COLOR or FORCE_COLOR, else whether a terminal reads; None is a file."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR") or stream is None:
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or WIDTH
    except (OSError, ValueError):
        return WIDTH


class _Progress:
    """A line on standard error that says how far a long run is, where a terminal shows it."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted and sys.stderr.isatty()
        self._shown = ""
        if self._wanted:
            from time import monotonic

            self._now = monotonic
            self._next = monotonic() + PATIENCE

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._put("")

    def show(self, done: int, total: int) -> None:
        """Tells of files done, at most ten times a second."""
        if self._wanted and done < total and (now := self._now()) >= self._next:
            self._next = now + 0.1
            self._put(f"{done} of {plural(total, 'file')}")

    def _put(self, text: str) -> None:
        if self._shown or text:
            sys.stderr.write("\r" + text.ljust(len(self._shown)) + ("" if text else "\r"))
            sys.stderr.flush()
            self._shown = text


def _say(sentence: str) -> None:
    sys.stderr.write(f"{PROGRAM}: {plain(sentence)}\n")


def _complain(sentence: str) -> int:
    _say(sentence)
    return UNABLE


if __name__ == "__main__":
    sys.exit(main())
