"""The command line of `verify_image.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from commandline import INTERRUPTED, UNABLE, VERSION, Parser, open_streams, put
from imageproof.errors import ProofError, Skip
from imageproof.output import FORMATS, PROGRAM, render
from imageproof.spec import OPTIONS, Option, Spec, merged, read_spec

EPILOG = """\
A spec file holds these options under their names, in TOML or JSON, beside the
Dockerfile:  port = 8000   path = "/health"   tmpfs = ["/tmp"]

  verify_image.py . --port 8000 --path /health --tmpfs /tmp
  verify_image.py . --touch src/main.py --expect 'Hello' --max-size 200MB
  verify_image.py --image app:1.4 --check starts,user,stop
  verify_image.py . --needs db=postgres:17,POSTGRES_PASSWORD=x --env DB_HOST=db

Whatever it creates is gone afterwards, also on Ctrl-C; --keep keeps the image.

A hostile Dockerfile cannot hurt: no folder of this machine is mounted, no
privilege given, and what is printed cannot steer a terminal. Bounded are a
container's memory, processes, log and time to start and stop; of a build the
time, the log kept, and the memory and processes of all its steps together: by
a control group of this machine, as root beside the engine, else by that of a
container, which costs that no step comes from an earlier proof's cache. The
proof ends before the engine's disk is full, where this machine can see that
disk. Not bounded: processor time, the disk of an engine elsewhere, and, but
for --offline, the network. A `# syntax=` line that names another front end
than Docker's is blanked in what is sent. With --trusted the steps' memory and
processes are not bounded, and they come from what `docker build` cached. A
rootless engine cannot bound steps and wants --trusted; another builder
(`docker buildx use`) has bounds of its own. Podman proves images, not builds.

Exit status: 0 all checks that ran hold, 1 one failed, 2 the proof could not be
made (standard error says why), 3 every check was skipped, 130 interrupted.
"""


class _Parser(Parser):
    """A parser that knows of --args."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("expected one argument"):
            message += " (one that begins with a dash is written behind `=`: --args='--port 80')"
        super().error(message)


class _Interrupted(BaseException):
    """Somebody wants this to end."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit status."""
    if not open_streams():
        sys.stderr.write(f"{PROGRAM}: standard output is closed: there is nowhere to write the report\n")
        return UNABLE
    try:
        with _signals():
            return _run(arguments)
    except ProofError as error:
        sys.stderr.write(f"{PROGRAM}: {_safe(str(error))}\n")
        return UNABLE
    except Skip as refusal:  # where no check was running
        sys.stderr.write(f"{PROGRAM}: {_safe(str(refusal))}\n")
        return UNABLE
    except OSError as error:
        sys.stderr.write(f"{PROGRAM}: {error.filename or 'input or output'}: {error.strerror or error}\n")
        return UNABLE
    except (KeyboardInterrupt, _Interrupted):
        return INTERRUPTED


def _safe(text: str) -> str:
    from imagesize.units import visible

    return visible(text).encode("utf-8", "backslashreplace").decode()


@contextmanager
def _signals() -> Iterator[None]:
    """Within, SIGTERM and SIGHUP end the program as Ctrl-C does: what it made is removed."""
    import signal

    def end(*_: object) -> NoReturn:
        raise _Interrupted

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        ProofError,
        PROGRAM,
        usage=f"{PROGRAM} [OPTION]... [CONTEXT]",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        description="Prove a Dockerfile, or an image, on a real engine: build it, run it, attack it, and say in one table what holds.",
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("context", nargs="?", metavar="CONTEXT", help="the folder to build (default: the current one)")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {VERSION}")
    groups: dict[str, Any] = {}
    for option in OPTIONS:
        group = groups.get(option.group) or groups.setdefault(option.group, parser.add_argument_group(option.group))
        names = (option.short, f"--{option.name}") if option.short else (f"--{option.name}",)
        action = "append" if option.many in ("list", "names") else "store"
        if option.many == "flag":
            group.add_argument(*names, action="store_true", help=option.help, dest=option.field)
            continue
        group.add_argument(
            *names,
            metavar=option.metavar,
            help=option.help.replace("%", "%%"),
            action=action,
            type=_typed(option),
            dest=option.field,
        )
    output = parser.add_argument_group("the report")
    output.add_argument("--spec", metavar="FILE", default="", help="all of this as TOML or JSON; the command line wins")
    output.add_argument("--format", choices=FORMATS, default="table")
    output.add_argument("--keep", action="store_true", default=False, help="keep the image that was built")
    output.add_argument(
        "--list-checks", action="store_true", default=False, help="name the checks and when each holds, and end"
    )
    return parser


def _typed(option: Option) -> Any:
    def convert(text: str) -> Any:
        try:
            return option.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text[:80]!r}: {error}") from None

    return convert


def _spec(options: dict[str, Any]) -> Spec:
    """What the command line and the spec file ask for together."""
    path = options.pop("spec")
    for option in OPTIONS:
        if option.field in options and option.many in ("list", "names"):
            values = options[option.field]
            options[option.field] = (
                tuple(values) if option.many == "list" else tuple(name for names in values for name in names)
            )
    return merged(read_spec(path) if path else {}, options)


def _run(arguments: Sequence[str] | None) -> int:
    options = vars(_parser().parse_args(arguments))
    form, keep, listing = options.pop("format"), options.pop("keep"), options.pop("list_checks")
    if listing:
        from imageproof.checks import CHECKS

        lines = (f"{check.name:<14}{check.holds}{'' if check.default else ' (only when asked for)'}\n" for check in CHECKS)
        put(map(str.encode, lines))
        return 0
    spec = _spec(options)
    from imageproof.progress import Terminal
    from imageproof.proof import prove

    report = prove(spec, keep, Terminal(sys.stderr))._replace(width=_width())
    put([render(report, form).encode("utf-8", "backslashreplace")])
    return report.exit_status


def _width() -> int:
    import shutil

    return min(shutil.get_terminal_size((120, 24)).columns, 160)
