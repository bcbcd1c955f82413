"""It answers, or logs, or stays up, within the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, passed

if TYPE_CHECKING:
    from imageproof.proof import Proof


def judge(proof: Proof) -> Outcome:
    """Looks at the plain container."""
    try:
        running = proof.plain.get()
    except Skip as refusal:
        return failed(str(refusal), "let ENTRYPOINT and CMD name a program that is in the image and may be run")
    readiness = running.readiness
    if readiness.ready:
        return passed(readiness.seen)
    if proof.misses_service(readiness.log):
        raise Skip(f"it wants a service that is not there: give it by --needs IMAGE; it {readiness.seen}")
    return failed(readiness.seen, readiness.change)
