"""It builds from a clean context, and BuildKit's own checks have nothing to say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from imageproof.errors import ProofError, Skip
from imageproof.outcome import Outcome, failed, listed, passed
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.proof import Proof

_MISSING = (
    (re.compile(r"base name \((.*?)\) should not be blank"), "the base image {0} has no value: give it by --build-arg"),
    (re.compile(r"secret (\S+): not found"), "the build needs the secret {0}: give it by --secret id={0},src=FILE"),
    (
        re.compile(r"unset ssh forward key (\S+)|no SSH key \"(\S+)\" forwarded"),
        "the build needs an SSH agent: give it by --ssh {0}",
    ),
    (re.compile(r"(SSH_AUTH_SOCK) is set"), "--ssh wants an SSH agent, and {0} names none"),
    (re.compile(r"target stage \"(.*?)\" could not be found"), "the Dockerfile has no stage {0}"),
)
"""What a build lacks that only the person who asks can give."""
_BOUNDS = (
    (re.compile(r"exit status 137|cannot allocate memory|out of memory", re.IGNORECASE), "give it more memory by --build-memory"),
    (re.compile(r"^it did not end within"), "give it more time by --build-seconds"),
)
"""Of what a build may have wanted more."""


def judge(proof: Proof) -> Outcome:
    """The build is done by the proof; this tells of it."""
    result = proof.built
    if result is None:
        raise Skip("an image was given")
    if not result.ok:
        for pattern, sentence in _MISSING:
            if match := pattern.search(result.failure):
                raise ProofError(sentence.format(next(group for group in match.groups() if group)))
        more = next((f", or {more}" for bound, more in _BOUNDS if bound.search(result.failure)), "")
        return failed(result.failure, f"mend that step{more}", f"the whole log: {_keep(result.log.text)}")
    workspace = proof.workspace
    complaints = proof.engine.complaints(workspace.dockerfile, workspace.context, proof.build_arguments)
    took = f"built in {result.seconds:.1f} s"
    notes = (workspace.note,) if workspace.note else ()
    if complaints is None:
        return passed(took, "this buildx cannot check Dockerfiles: 0.15 or newer can", *notes)
    if complaints:
        found = [_told(complaint) for complaint in complaints]
        return failed(
            f"`docker build --check` warns: {listed(found)}",
            "mend these lines, or say `# check=skip=NAME` on the first line",
            *notes,
        )
    return passed(f"{took}; `docker build --check` says nothing", *notes)


def _told(complaint: dict[str, Any]) -> str:
    ranges = (complaint.get("location") or {}).get("ranges") or [{}]
    line = (ranges[0].get("start") or {}).get("line") or 0
    return visible(f"{complaint.get('ruleName')} in line {line} ({complaint.get('detail')})")


def _keep(text: str) -> str:
    """Write the log to a file that stays; its path."""
    import tempfile

    with tempfile.NamedTemporaryFile(
        "w", prefix="imageproof-build-", suffix=".log", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    return file.name
