"""Files -> results: each file read, judged, its pragmas and settings applied; many files at once by several processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dockerlint.config import Configurations, Settings
from dockerlint.context import Context, Disks
from dockerlint.errors import Failure
from dockerlint.finding import Finding
from dockerlint.inputs import STANDARD_INPUT, read
from dockerlint.lint import Linted, lint
from dockerlint.model import Options
from dockerlint.source import Source
from dockerlint.suppress import Outcome, apply, experimental_rules

FEW = 60
"""Up to this many files one process is faster than several."""

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from dockerlint.mending import Mending

BATCH = 32
"""How many files are judged together: one ShellCheck process for all of them, their models in memory at once."""


class Result(NamedTuple):
    """What there is to say about one file."""

    file: str
    findings: tuple[Finding, ...] = ()
    lines: Mapping[int, str] = {}
    """The lines of the file that its findings point at."""
    failing: frozenset[int] = frozenset()
    """Which of the findings, by position, are bad enough for exit status 1."""
    silenced: int = 0
    """How many findings a comment has silenced."""
    unsure: int = 0
    """How many findings are not shown because too little is sure about them."""
    failure: str = ""
    """Why the file could not be judged, or not by ShellCheck."""
    note: str = ""
    mended: tuple[Finding, ...] = ()
    """What was mended, or would be, as it was found."""
    unmended: tuple[tuple[Finding, str], ...] = ()
    """What was not mended although there is a way, each with the reason."""
    diff: str = ""
    """What the mends change, as a unified diff; where it was asked for."""
    text: bytes | None = None
    """What standard input is after its mends."""

    @property
    def judged(self) -> bool:
        """Whether there is an answer to what is wrong with the file."""
        return not self.failure or bool(self.findings)


class Job(NamedTuple):
    """What every process has to know."""

    options: Mapping[str, Any]
    """Those of the command line, as Configurations takes them."""
    config: str | None = None
    use_config: bool = True
    stdin_name: str = ""
    shellcheck: str | None = None
    """The path of ShellCheck."""
    show_fixes: bool = False
    """Whether findings say how they are mended."""
    mend: str = ""
    """Which mends to apply: none, the "safe" ones, or "unsafe" ones, too."""
    write: bool = True
    """Whether to write mended files, or else to say what would change."""


class _Judged(NamedTuple):
    """A file half-way: its own rules have run, ShellCheck has not."""

    settings: Settings
    linted: Linted
    note: str
    mending: Mending | None = None

    @property
    def path(self) -> str:
        return self.linted.dockerfile.source.path


def judge(
    source: Source, settings: Settings, context: Context | None = None, disks: Disks | None = None, fixes: bool = False
) -> Linted:
    """What the selected rules find in a Dockerfile; without a context, its build context is what the settings name or what is around it.

    `disks` has what was seen of the folders around when other files were judged. With `fixes`, findings say how to mend them.
    """
    if context is None:
        if settings.context:
            context = Context(settings.context, source.path, given=True, disks=disks)
        else:
            context = Context.near(source.path, disks=disks)
    options = Options(
        today=settings.today,
        target=settings.target,
        build_args=settings.build_args,
        trusted_registries=settings.trusted_registries,
        label_schema=settings.label_schema,
        strict_labels=settings.strict_labels,
    )
    rules = settings.selection.rules
    if settings.pragmas:
        rules |= experimental_rules(source, settings.build_args)
    return lint(source, options, context, rules, fixes)


def report(linted: Linted, settings: Settings, shell_findings: Sequence[Finding] = ()) -> Outcome:
    """All findings, ShellCheck's among them, of every confidence, less what the file's own comments silence."""
    wanted = [finding for finding in shell_findings if settings.selection.allows(finding.code)]
    findings = sorted([*linted.findings, *wanted], key=lambda finding: finding[1:]) if wanted else linted.findings
    if not settings.pragmas:
        return Outcome(findings, 0)
    return apply(findings, linted.dockerfile, settings.selection)


def check_all(paths: Sequence[str], job: Job, jobs: int = 0, progress: Callable[[int, int], None] | None = None) -> Iterator[Result]:
    """The results of the files, in their order, whatever the number of processes (0: as many as there are processors)."""
    processes = jobs or os.cpu_count() or 1
    size = max(min(BATCH, len(paths) // (2 * processes)), 8)
    batches = [paths[start : start + size] for start in range(0, len(paths), size)]
    processes = min(processes, len(batches))
    several = processes > 1 and len(paths) > (FEW if job.shellcheck is None else BATCH)
    done = 0
    for results in _by_many(batches, job, processes) if several else _by_one(batches, job):
        yield from results
        done += len(results)
        if progress:
            progress(done, len(paths))


def _by_one(batches: list[Sequence[str]], job: Job) -> Iterator[list[Result]]:
    configurations = Configurations(job.options, job.config, job.use_config)
    return (check(batch, job, configurations) for batch in batches)


def _by_many(batches: list[Sequence[str]], job: Job, processes: int) -> Iterator[list[Result]]:
    """Every process, this one included, takes each n-th batch; what the others find comes through a pipe, in order."""
    import multiprocessing

    from dockerlint.rules import load

    load()  # before the fork, so that no process has to do it again
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)  # the fastest where it is safe
    configurations = Configurations(job.options, job.config, job.use_config)
    workers = []
    try:
        for first in range(1, processes):
            receiver, sender = context.Pipe(duplex=False)
            worker = context.Process(target=_work, args=(sender, batches[first::processes], job), daemon=True)
            worker.start()
            sender.close()
            workers.append((worker, receiver))
        for number, batch in enumerate(batches):
            turn = number % processes
            found = None
            if turn and STANDARD_INPUT not in batch:  # a worker has no standard input
                try:
                    found = workers[turn - 1][1].recv()
                except EOFError:  # it was killed: its part is done here
                    found = None
            yield check(batch, job, configurations) if found is None else found
    finally:
        for worker, _ in workers:
            worker.terminate()


def _work(sender: Connection, batches: list[Sequence[str]], job: Job) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    configurations = Configurations(job.options, job.config, job.use_config)
    for batch in batches:
        if STANDARD_INPUT not in batch:
            sender.send(check(batch, job, configurations))


def check(paths: Sequence[str], job: Job, configurations: Configurations) -> list[Result]:
    """A batch of files, from their paths to what is to be said about them; never raises."""
    disks: Disks = {}
    judged = [_judge(path, job, configurations, disks) for path in paths]
    shell = _run_shellcheck([each for each in judged if isinstance(each, _Judged)], job)
    results = [each if isinstance(each, Result) else _result(each, shell) for each in judged]
    for each in judged:
        if isinstance(each, _Judged):
            each.linted.dockerfile.dissolve()
    return results


def _judge(path: str, job: Job, configurations: Configurations, disks: Disks) -> _Judged | Result:
    name = job.stdin_name or path if path == STANDARD_INPUT else path
    note = ""
    try:
        settings, note = configurations.of(name)
        context = Context() if name == STANDARD_INPUT and not settings.context else None
        data, mending = read(path), None
        if job.mend:
            from dockerlint.mending import mend_file

            mending = mend_file(path, name, data, settings, context, job.mend == "unsafe", job.write)
            data = mending.data
        return _Judged(settings, judge(Source(name, data), settings, context, disks, job.show_fixes), note, mending)
    except Failure as failure:
        return Result(name, failure=str(failure), note=note)
    except Exception as error:  # noqa: BLE001 - a defect of ours must not hide what other files have
        return Result(name, failure=_defect(name, error), note=note)


class _Shell(NamedTuple):
    """What ShellCheck finds, and why it could not look, by file."""

    findings: Mapping[str, list[Finding]]
    failures: Mapping[str, str]


def _run_shellcheck(judged: Sequence[_Judged], job: Job) -> _Shell:
    wanting = [each for each in judged if each.settings.shellcheck != "never" and each.settings.selection.shellcheck]
    found: dict[str, list[Finding]] = {}
    if job.shellcheck is None:
        missed = [each.path for each in wanting if each.settings.shellcheck == "always"]
        if not missed:
            return _Shell(found, {})
        from dockerlint.shellcheck import MISSING

        return _Shell(found, dict.fromkeys(missed, MISSING))
    if not wanting:
        return _Shell(found, {})
    from dockerlint.shellcheck import findings

    try:
        for finding in findings([each.linted.dockerfile for each in wanting], job.shellcheck):
            found.setdefault(finding.file, []).append(finding)
    except OSError as error:
        reason = f"cannot run ShellCheck ({job.shellcheck}): {error.strerror or error}; --shellcheck never goes without it"
    except Exception as error:  # noqa: BLE001 - as above
        reason = _defect("the shell code", error)
    else:
        return _Shell(found, {})
    return _Shell({}, dict.fromkeys((each.path for each in wanting), reason))


def _result(judged: _Judged, shell: _Shell) -> Result:
    settings, source = judged.settings, judged.linted.dockerfile.source
    try:
        outcome = report(judged.linted, settings, shell.findings.get(source.path, ()))
    except Exception as error:  # noqa: BLE001 - as above
        return Result(source.path, failure=_defect(source.path, error), note=judged.note)
    shown = []
    for finding in outcome.findings:
        if settings.reports(finding.confidence):
            severity = settings.severities.get(finding.code, finding.severity)
            shown.append(finding if severity == finding.severity else finding._replace(severity=severity))
    result = Result(
        source.path,
        tuple(shown),
        {line: source.lines[line - 1] for line in {each.line for each in shown} if line <= len(source.lines)},
        frozenset(position for position, each in enumerate(shown) if settings.fails(each.severity)),
        outcome.silenced,
        len(outcome.findings) - len(shown),
        shell.failures.get(source.path, ""),
        judged.note,
    )
    done = judged.mending
    return result if done is None else result._replace(mended=done.mended, unmended=done.refused, diff=done.diff, text=done.text)


def _defect(name: str, error: Exception) -> str:
    """A sentence about an exception that nobody foresaw, with the place in our code that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno})" if trace else ""
    text = " ".join(str(error).split())
    return f"cannot judge {name}: {type(error).__name__}: {text}{place}; this is a defect of validate-dockerfile, please report it"
