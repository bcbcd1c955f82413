"""What a proof costs beside the build and the start of what is proved: the whole time less those two.

    python tests/benchmarks/prover.py [CONTEXT] [--runs N] [--check]

Without a CONTEXT, a small server from scratch with all that the checks look for. The first run fills the builder's cache and
does not count; of the others the best time does. `--check` exits 1 where it is more than 5 s. Needs an engine, and
without a CONTEXT a static busybox.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
MOST = 5.0
DOCKERFILE = """\
FROM scratch
COPY --chmod=0555 busybox /bin/busybox
COPY --chmod=0555 index.html /www/
USER 65532:65532
EXPOSE 8080
HEALTHCHECK CMD ["/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/"]
CMD ["/bin/busybox", "sh", "-c", "trap 'kill $!; wait $!; exit 0' TERM; /bin/busybox httpd -f -p 8080 -h /www & wait"]
"""


def main() -> int:
    """Run the program; its exit status."""
    from imageproof.errors import ProofError
    from imageproof.proof import prove
    from imageproof.spec import merged

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("context", nargs="?", default="")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not options.context:
            busybox = shutil.which("busybox")
            if not busybox:
                print("needs a static busybox (Debian: busybox-static), or a CONTEXT", file=sys.stderr)
                return 2
            shutil.copyfile(busybox, Path(folder, "busybox"))
            Path(folder, "Dockerfile").write_text(DOCKERFILE)
            Path(folder, "index.html").write_text("hello\n")
        spec = merged({}, {"context": options.context or folder})
        costs = []
        for run in range(options.runs + 1):
            try:
                report = prove(spec)
            except ProofError as error:
                print(error, file=sys.stderr)
                return 2
            cost = report.seconds - report.build_seconds - report.start_seconds
            what = (
                f"whole {report.seconds:.2f} s, build {report.build_seconds:.2f} s, start {report.start_seconds:.2f} s"
            )
            print(f"{run or 'warm-up'}: {what}, the proof itself {cost:.2f} s  ({report.summary})")
            costs += [cost] if run else []
    print(f"best of {len(costs)}: {min(costs):.2f} s (bound: {MOST:g} s)")
    return int(options.check and min(costs) > MOST)


if __name__ == "__main__":
    sys.exit(main())
