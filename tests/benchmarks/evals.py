"""What grading a case costs beside the build and the run of its image: the whole time of `grade.py` less what the prover takes.

    python tests/benchmarks/evals.py [CASE ANSWER] [--runs N] [--check]

Without a CASE, the tiny server of the tests and its good answer. The first run fills the builder's cache and does not count; of the
others the best time does. The run is all that the prover does with containers of the image once it is built (`of which until it answered`
is told, too). The rest is the harness: facts, findings, and the start of the program (`grade.py --no-build`, measured apart, so that
reading is counted twice). `--check` exits 1 where the rest is more than 2 s. Needs an engine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "evals"), str(ROOT)]
MOST = 2.0
TINY = ROOT / "tests" / "evals" / "tiny"


def main() -> int:
    """Run the program; its exit status."""
    from harness import engine
    from harness.answers import read_answer
    from harness.cases import find_case
    from harness.grading import grade
    from tests.evals.frozen import laid_out

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default=str(TINY / "cases" / "tiny-server"))
    parser.add_argument("answer", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if not engine.answers():
        print(engine.MISSING, file=sys.stderr)
        return 2
    case = find_case(options.case)
    with tempfile.TemporaryDirectory() as place:
        answer = read_answer(options.answer) if options.answer else laid_out(case, Path(place, "answer"), TINY / "answers")
        start = min(_start(case.folder, answer.folder) for _ in range(options.runs))
        costs = []
        for run in range(options.runs + 1):
            grading = grade(case, answer)
            asked = grading.proof_seconds
            cost = grading.seconds - asked + start
            ran = f"{asked - grading.build_seconds:.2f} s (of which until it answered {grading.start_seconds:.2f} s)"
            ratio = f"whole / (build + run) = {(asked + cost) / asked:.2f}"
            print(f"{run or 'warm-up'}: build {grading.build_seconds:.2f} s, run {ran}, the rest {cost:.2f} s; {ratio}")
            costs += [cost] if run else []
    print(f"best of {len(costs)}: {min(costs):.2f} s beside build and run (bound: {MOST:g} s)")
    return int(options.check and min(costs) > MOST)


def _start(case: Path, answer: Path) -> float:
    """Seconds that the program takes where it builds nothing."""
    began = time.monotonic()
    subprocess.run([sys.executable, str(ROOT / "evals" / "grade.py"), str(case), str(answer), "--no-build"], capture_output=True)
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
