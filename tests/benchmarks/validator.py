"""The validator beside hadolint, over the same files in one run: throughput, peak memory, and one small file from start to exit.

usage: .venv/bin/python tests/benchmarks/validator.py [FOLDER] [--rounds N]

Without a FOLDER of Dockerfiles it makes 300 of its own. The programs take turns; what is shown are medians. Needs the extra [dev].
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dockerfiles import write
from tabulate import tabulate

ROOT = Path(__file__).parents[2]
SMALL = 'FROM debian:13-slim\nRUN apt-get update && apt-get install -y curl\nCOPY app /app\nCMD ["/app"]\n'
STARTS = 15


class Run(NamedTuple):
    """What one process took: wall clock and processor seconds, and the peak of its memory in MB (its largest child's, if that is more)."""

    seconds: float
    processor: float
    megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        small = Path(scratch) / "small.Dockerfile"
        small.write_text(SMALL)
        files = collect(options.folder) if options.folder else write(Path(scratch) / "made")
        if not files:
            sys.exit(f"no Dockerfiles below {options.folder}")
        print(f"{len(files)} files, {sum(path.read_bytes().count(10) for path in files)} lines, {os.cpu_count()} processors")
        show(compare(files, options.rounds), len(files))
        print(f"\none small file, start to exit, median of {STARTS}")
        show(compare([small], STARTS), 1)


def collect(folder: Path) -> list[Path]:
    """The Dockerfiles below a folder, by the validator's own search."""
    from dockerlint.inputs import find

    return [Path(found.path) for found in find([str(folder)]) if not found.failure]


def programs() -> dict[str, list[str]]:
    """The command lines to compare, all with their own rules and no configuration file."""
    script = [sys.executable, str(ROOT / "scripts" / "validate_dockerfile.py"), "--no-config", "--quiet", "--fail-on=never"]
    return {
        "hadolint": [str(Path(sys.executable).parent / "hadolint"), "--no-fail", "--format=json"],
        "ours, --shellcheck never": [*script, "--format=json", "--shellcheck=never"],
        "ours, --shellcheck always": [*script, "--format=json", "--shellcheck=always"],
    }


def compare(files: Sequence[Path], rounds: int) -> dict[str, list[Run]]:
    """Every program over the files, in turn, after one round that is not counted."""
    commands = {name: [*command, *map(str, files)] for name, command in programs().items()}
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            run = measure(command)
            if turn:
                runs[name].append(run)
    return runs


def measure(command: list[str]) -> Run:
    """Start a program, wait for its end, and fail where it did."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"exit status {process.returncode}: {' '.join(command[:6])} …")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def show(runs: dict[str, list[Run]], files: int) -> None:
    """One line a program, hadolint's first."""
    medians = {name: Run(*map(statistics.median, zip(*of, strict=True))) for name, of in runs.items()}
    theirs = medians["hadolint"].seconds
    rows = [
        (name, run.seconds * 1000, run.processor * 1000, files / run.seconds, theirs / run.seconds, run.megabytes)
        for name, run in medians.items()
    ]
    headers = ["program", "ms", "processor ms", "files/s", "times hadolint", "peak MB"]
    print(tabulate(rows, headers, floatfmt=(None, ".0f", ".0f", ".0f", ".2f", ".0f")))


if __name__ == "__main__":
    main()
