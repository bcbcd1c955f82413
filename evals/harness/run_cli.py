"""The command line of `run.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from harness import formats, standing
from harness.agents import CLAUDE, SECONDS, TURNS, Agent, Bounds
from harness.cases import EVALS, Case, CaseError, all_cases
from harness.grading import FAILED, PASSED, SKIPPED, Grading
from harness.terminal import Parser, guarded
from harness.trials import ARMS, Done, Plan, run_all, trials
from harness.written import sentence, table

PROGRAM = "run.py"
GOOD, WRONG = 0, 1
RESULTS = EVALS / "results"
_EPILOG = """\
  run.py --model haiku,sonnet,opus --trials 5      every case, with and without the skill
  run.py --model sonnet --case 'python-*' --arm with
  run.py --model x --command 'my-agent --model {model} --add {skill} {prompt}'
  run.py --examples --helpers                      what needs no model

Places of --command: {model} {prompt} {prompt_file} {workspace} {skill} (empty in
the arm without) {turns} {seconds}. The agent works in a copy of the case's
workspace and may run any command as you: do this on a machine that you can lose.
What is there already is not run again; report.py tells what came out.

Exit status: 0 all was run (with --examples or --helpers: and passed), 1 one of
those failed, 2 it could not be done, or nothing was inspected.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit status."""
    return guarded(PROGRAM, lambda: _run(_parser().parse_args(arguments)))


def _parser() -> Parser:
    parser = Parser(
        PROGRAM,
        description="Run assistants on the cases, with the skill and without it, and grade what they hand over.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    what = parser.add_argument_group("what is run")
    what.add_argument("--model", type=_words, default=[], metavar="NAMES", help="models, separated by commas")
    what.add_argument("--arm", type=_words, default=list(ARMS), metavar="NAMES", help="with, without or both (default: with,without)")
    what.add_argument("--trials", type=_count, default=1, metavar="N", help="repetitions (default: 1)")
    what.add_argument("--case", action="append", default=[], metavar="GLOB", help="only these cases; may be repeated")
    what.add_argument("--examples", action="store_true", help="grade the bundled examples")
    what.add_argument("--helpers", action="store_true", help="grade the helper programs on frozen cases")
    what.add_argument("--generate", action="store_true", help="write all files that are made from the cases and the facts")
    how = parser.add_argument_group("how")
    how.add_argument("--claude", default=CLAUDE, metavar="PROGRAM", help="the claude that is called (default: the one on PATH)")
    how.add_argument("--command", default="", metavar="TEMPLATE", help="the command line of another agent")
    how.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="where all is kept (default: evals/results)")
    how.add_argument("--jobs", type=_count, default=1, metavar="N", help="so many at a time (default: 1)")
    how.add_argument("--no-build", action="store_true", help="ask no engine; what only a build can tell is skipped")
    how.add_argument("--today", default="", metavar="DATE", help="the date by which bases are judged (default: today)")
    bounds = parser.add_argument_group("bounds")
    bounds.add_argument("--turns", type=_count, default=0, metavar="N", help=f"of one run (default: the case's, else {TURNS})")
    bounds.add_argument("--seconds", type=_amount, default=0.0, metavar="N", help=f"of one run (default: the case's, else {SECONDS})")
    bounds.add_argument("--max-cost-run", type=_amount, default=0.0, metavar="DOLLARS", help="of one run, where the agent can be told")
    bounds.add_argument("--max-cost", type=_amount, default=0.0, metavar="DOLLARS", help="of all: then no further one is begun")
    return parser


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _amount(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise ValueError
    return number


def _run(options: argparse.Namespace) -> int:
    if not (options.model or options.examples or options.helpers or options.generate):
        raise CaseError("say what to run: --model NAMES, --examples, --helpers or --generate")
    if unknown := [arm for arm in options.arm if arm not in ARMS]:
        raise CaseError(f"there is no arm {unknown[0]!r}: --arm takes {' and '.join(ARMS)}")
    if options.generate:
        changed = formats.write(all_cases())
        print("\n".join(f"wrote {name}" for name in changed) or "all is as it should be")
    status = GOOD
    if options.examples:
        status |= _standing(standing.examples(), options)
    if options.helpers:
        status |= _standing([[helper] for helper in standing.helpers()], options)
    if options.model:
        _run_trials(options)
    return status


def _standing(groups: list[list[standing.Helper]], options: argparse.Namespace) -> int:
    """Grade what needs no model, and tell only what is not as it should be at length."""
    gradings = []
    for grading in standing.grade_all(groups, options.jobs, not options.no_build):
        gradings.append(grading)
        print(table(grading) if grading.counts[FAILED] else sentence(grading), flush=True)
    if not any(grading.inspected for grading in gradings):
        raise CaseError("nothing was inspected: everything was skipped")
    return WRONG if any(grading.counts[FAILED] for grading in gradings) else GOOD


def _run_trials(options: argparse.Namespace) -> None:
    wanted = trials(options.model, _chosen(options.case), options.arm, options.trials)
    plan = Plan(
        options.results,
        Agent(options.command, options.claude),
        Bounds(options.turns, options.seconds, options.max_cost_run),
        options.max_cost,
        options.jobs,
        options.today,
        not options.no_build,
    )
    done = list(_told(run_all(wanted, plan), len(wanted)))
    print(_summary(done))
    print(f"kept in {options.results}; report.py --results {options.results} tells more")


def _chosen(globs: list[str]) -> list[Case]:
    cases = [case for case in all_cases() if not globs or any(fnmatch(case.name, glob) for glob in globs)]
    if not cases:
        raise CaseError(f"no case is called {' or '.join(globs)}; there are {', '.join(case.name for case in all_cases())}")
    return cases


def _told(done: Iterable[Done], total: int) -> Iterator[Done]:
    for number, each in enumerate(done, 1):
        if sys.stderr.isatty():
            sys.stderr.write(f"{number} of {total}: {each.trial} {each.status}\n")
        yield each


def _summary(done: list[Done]) -> str:
    from tabulate import tabulate

    rows = [(str(each.trial), each.status, *_counted(each.grading), each.note) for each in sorted(done, key=lambda each: str(each.trial))]
    return tabulate(rows, ("trial", "ended", PASSED, FAILED, SKIPPED, ""), tablefmt="simple")


def _counted(grading: Grading | None) -> tuple[int | str, ...]:
    return tuple(grading.counts.values()) if grading else ("", "", "")
