"""It answers, or logs, or stays up, within the bound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, listed, passed

if TYPE_CHECKING:
    from imageproof.proof import Proof


_WATCHED = "no TCP port is known, so it was only watched: --port, or --expect-log TEXT, tells when it works"
_REFUSALS = (
    (re.compile("user .*(?:passwd|not found)|group.*matching"), "let USER be a number, or a name of the image's own /etc/passwd"),
    (
        re.compile("executable|exec |exec:|no such file|not a directory|no command|permission denied: unknown"),
        "let ENTRYPOINT and CMD name a program that is in the image and may be run",
    ),
)
"""What an engine says that cannot start an image for a reason that lies in the image, and what to do."""


def judge(proof: Proof) -> Outcome:
    """Looks at the plain container."""
    try:
        running = proof.plain.get()
    except Skip as refusal:
        change = next((change for words, change in _REFUSALS if words.search(str(refusal))), "")
        if not change:  # the engine's own affair
            raise
        return failed(str(refusal), change)
    readiness, reach = running.readiness, proof.reach
    if readiness.ready:
        watched = not (reach.ports or reach.expect_log or reach.health)
        silent = f"nobody takes connections on port {listed(list(map(str, readiness.closed)))}, which EXPOSE names"
        return passed(readiness.seen, *([_WATCHED] if watched else []), *([silent] if readiness.closed else []))
    if proof.misses_service(readiness):
        return failed(readiness.seen, f"give it the service that it wants, --needs NAME=IMAGE; or else {readiness.change}")
    return failed(readiness.seen, readiness.change)
