"""Kubernetes' Pod Security profile `restricted` would admit it, with the security context that the profile asks for.

Source: kubernetes.io, "Pod Security Standards", Restricted: runAsNonRoot, capabilities drop ALL, no privilege escalation, a
seccomp profile; the kubelet's `verifyRunAsNonRoot` refuses an image whose user is 0, missing or a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageproof.engine import RunOptions
from imageproof.errors import Skip
from imageproof.outcome import PASSED, Outcome, failed, passed
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.proof import Proof


def judge(proof: Proof) -> Outcome:
    """Reads the configuration, and runs the image as the profile would have it."""
    objections = list(_objections(proof))
    if objections and proof.failed("user"):
        raise Skip(f"`user` fails for the same reason: {objections[0][0]}")
    if objections:
        return failed(*objections[0])
    proof.working()
    if (harder := proof.outcome("read-only")) and harder.status == PASSED:
        seen = harder.seen.partition(", with ")[0]
    else:
        readiness = proof.tried(RunOptions(locked=True))
        if not readiness.ready and proof.failed("read-only"):
            raise Skip(
                "`read-only` fails for the same reason: it does not work without capabilities and new privileges"
            )
        if not readiness.ready:
            return failed(
                f"without capabilities and new privileges it {readiness.seen}",
                "do without setuid programs, chown and low-level network calls at run time",
            )
        seen = readiness.seen
    return passed(
        f"runs as {visible(str(proof.config.get('User')))}, and without capabilities and new privileges it {seen}"
    )


def _objections(proof: Proof) -> Iterator[tuple[str, str]]:
    """What the kubelet objects to in the configuration, and what to do."""
    user = str(proof.config.get("User") or "").partition(":")[0]
    if user in ("", "root"):
        yield (
            f"with runAsNonRoot the kubelet refuses it: {f'USER is {user}' if user else 'no USER is set, it is root'}",
            "say `USER 65532:65532`; an entry point that drops privileges comes too late",
        )
    elif not user.isdecimal():
        yield (
            f"with runAsNonRoot the kubelet refuses it: USER is the name {visible(user)}, which may be root",
            "say `USER 65532:65532`, in numbers",
        )
    elif int(user) == 0:
        yield "with runAsNonRoot the kubelet refuses it: USER is 0", "say `USER 65532:65532`"
