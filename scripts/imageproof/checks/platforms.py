"""Every platform builds, as far as an engine that runs only its own can take it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imageproof.buildlog import shortened
from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, passed

if TYPE_CHECKING:
    from imageproof.proof import Proof

_FOREIGN = re.compile(r"exec format error|exec user process|no such file or directory.*qemu", re.IGNORECASE)


def judge(proof: Proof) -> Outcome:
    """Builds each, keeps none. A RUN that wants the other machine's processor is where this engine's part ends."""
    if proof.built is None:
        raise Skip("an image was given")
    if not proof.spec.platform:
        raise Skip("no --platform is given")
    whole, parts = list[str](), list[str]()
    for platform in proof.spec.platform:
        result = proof.build("--platform", platform, output=("--output", "type=cacheonly"))
        if result.ok:
            whole.append(platform)
            continue
        stopped = next(
            (step for step in result.log.work if step.error and _FOREIGN.search(f"{step.error} {step.text}")), None
        )
        if stopped is None:
            return failed(
                f"for {platform}: {result.failure}",
                "choose base images that have this platform, and name files by $TARGETARCH",
            )
        parts.append(f"{platform} up to `{shortened(stopped.instruction, 60)}`, which only that processor runs")
    return passed("; ".join([*([f"{', '.join(whole)} whole"] if whole else []), *parts]))
