"""The command line of `report.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.reports import FORMATS, render
from harness.results import read_results
from harness.run_cli import RESULTS
from harness.terminal import Parser, guarded

PROGRAM = "report.py"
_EPILOG = f"""\
  report.py                              Markdown on standard output
  report.py --write                      {", ".join(FORMATS.values())} in the results

Exit status: 0, 2 where there is nothing to report.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit status."""
    return guarded(PROGRAM, lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    parser = Parser(
        PROGRAM,
        description="Tell what the skill changes: for each case and criterion both arms, their difference and how sure it is.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="what run.py has kept (default: evals/results)")
    parser.add_argument("--format", choices=FORMATS, default="markdown")
    parser.add_argument("--write", action="store_true", help="write all formats into the results")
    options = parser.parse_args(arguments)
    records = read_results(options.results)
    if options.write:
        for form, name in FORMATS.items():
            (options.results / name).write_text(render(records, form), encoding="utf-8")
            print(options.results / name)
    else:
        sys.stdout.write(render(records, options.format))
    return 0
