"""Whether there is an engine to build and run with."""

from __future__ import annotations

MISSING = "needs a Docker Engine, and none answers"


def answers() -> bool:
    """Whether one answers now."""
    from imageproof.engine import connected
    from imageproof.errors import ProofError

    try:
        with connected(1.0):
            return True
    except ProofError:
        return False
