"""The HEALTHCHECK asks the application: healthy while it answers, unhealthy when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from imageproof import reach
from imageproof.buildlog import shortened
from imageproof.engine import RunOptions, State
from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, passed
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.engine import Container
    from imageproof.proof import Proof

_PATIENCE = 1.2
"""Seconds in which no two probes may succeed, at least: the probe is asked a quarter of a second after its last answer."""
_SURE = 2.0
"""Seconds after which a probe that has failed each time fails for good, beyond the time that the application took."""
_PROBES = 6
_POLL = 0.1


def judge(proof: Proof) -> Outcome:
    """Runs it with its probe asked often, then stops its processes."""
    if not reach.healthcheck(proof.config):
        raise Skip(f"the image has no HEALTHCHECK{' that Podman tells of' if proof.engine.podman else ''}")
    if proof.spec.needs:
        proof.staying()  # what is needed by several is not prepared by several at once
    container = proof.start(RunOptions(quick_health=True))
    allowed = float((proof.config.get("Healthcheck") or {}).get("StartPeriod") or 0) / 1e9  # in which a failure counts for nothing
    sure = max(_SURE + 2 * proof.staying().readiness.seconds, allowed)

    def hopeless(state: State) -> bool:
        return (
            len(state.probes) >= _PROBES - 1
            and all(probe.status for probe in state.probes)
            and time.monotonic() - container.started > sure
        )

    state = _until(
        proof, container, proof.spec.start_seconds, lambda state: state.health == "healthy" or hopeless(state)
    )
    if state.health != "healthy":
        words = shortened(visible(state.probe.strip())) or "nothing"
        what = (
            "the container ended"
            if not state.running
            else f"it is {state.health or 'silent'} after {time.monotonic() - container.started:.0f} s"
        )
        change = "let it ask 127.0.0.1 (not localhost) at the right port and path, by a program that is in the image"
        return failed(f"{what}; the probe said: {words}", change)
    healthy = time.monotonic() - container.started
    if not container.freeze(main=True):
        return passed(
            f"healthy after {healthy:.1f} s",
            "its processes cannot be stopped from here: whether it turns unhealthy was not seen",
        )
    stopped = time.monotonic()
    probes = container.state().probes
    before = {probe.began for probe in probes}
    patience = _PATIENCE + 4 * max((probe.seconds for probe in probes), default=0.0)

    def content(state: State) -> bool:
        """Whether two probes succeeded since: the first may have been under way."""
        return sum(not probe.status for probe in state.probes if probe.began not in before) > 1

    state = _until(proof, container, patience, lambda state: state.health == "unhealthy" or content(state))
    container.remove()
    if state.health != "unhealthy" and content(state):
        return failed(
            "it stays healthy although the application is stopped: the probe does not ask it",
            "let the HEALTHCHECK send a request to the application",
        )
    if state.health != "unhealthy":
        return passed(f"healthy after {healthy:.1f} s; no probe ends well any more when the application is stopped")
    waited = time.monotonic() - stopped
    return passed(f"healthy after {healthy:.1f} s; unhealthy {waited:.1f} s after the application was stopped")


def _until(proof: Proof, container: Container, seconds: float, enough: Callable[[State], bool]) -> State:
    deadline = time.monotonic() + seconds
    while True:
        state = container.state()
        if enough(state) or not state.running or time.monotonic() > deadline:
            return state
        proof.engine.sleep(_POLL)
