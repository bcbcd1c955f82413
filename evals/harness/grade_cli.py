"""The command line of `grade.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.answers import proof_on_record, read_answer
from harness.cases import CaseError, find_case
from harness.grading import FAILED, grade
from harness.terminal import Parser, guarded
from harness.written import as_json, sentence, table

PROGRAM = "grade.py"
SOLVED, WRONG, PARTLY = 0, 1, 3
_EPILOG = """\
DIR is the case's workspace with the answer's files in it, and answer.md: what the
assistant said last. With transcript.jsonl, what `claude -p --output-format
stream-json` printed, it is told, too, whether the file was proved.

  grade.py python-poetry-fastapi /tmp/answer
  grade.py python-poetry-fastapi /tmp/answer --no-build --format json

Exit status: 0 every criterion passed, 1 one failed, 2 it could not be graded, or
nothing was inspected (standard error says why), 3 none failed and some were skipped.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit status."""
    return guarded(PROGRAM, lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    parser = Parser(
        PROGRAM,
        description="Grade one answer by the criteria of a case: facts, findings, files, words, and what its image does.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("case", metavar="CASE", help="the name of a folder in evals/, or a path of such a folder")
    parser.add_argument("answer", metavar="DIR", type=Path, help="the folder to grade")
    parser.add_argument("--no-build", action="store_true", help="ask no engine; what only a build can tell is skipped")
    parser.add_argument("--today", default="", metavar="DATE", help="the date by which bases are judged (default: today)")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write grading.json to this file, too")
    options = parser.parse_args(arguments)
    case, answer = find_case(options.case), read_answer(options.answer)
    grading = grade(case, answer, today=options.today, build=not options.no_build)
    proof = proof_on_record(case, answer)
    if options.output:
        options.output.write_text(as_json(grading, proof), encoding="utf-8")
    sys.stdout.write(as_json(grading, proof) if options.format == "json" else table(grading, proof))
    sys.stdout.flush()
    if not grading.inspected:
        raise CaseError(f"nothing was inspected: {sentence(grading)}")
    if grading.solved:
        return SOLVED
    return WRONG if grading.counts[FAILED] else PARTLY
