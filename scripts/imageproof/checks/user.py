"""The main process is not root, and an orchestrator can tell that from the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, passed
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.proof import Proof


_NOBODY = (65532, 65532)


def judge(proof: Proof) -> Outcome:
    """Looks at USER and at the process that runs, then tries a user that no image knows."""
    written = str(proof.config.get("User") or "")
    user = written.partition(":")[0]
    shown = visible(written)
    proof.working()
    main = proof.main_process()
    if main is not None and main.user == 0:
        which = (
            f"USER is {shown}, yet"
            if user not in ("", "0", "root")
            else "no USER is set, and"
            if not user
            else f"USER is {shown}, and"
        )
        return failed(
            f"{which} the main process runs as root ({visible(main.name)})",
            _change(main.command),
        )
    if user in ("", "0", "root") and main is None:
        return failed(f"USER is {shown or 'not set'}: it starts as root", _change(""))
    random = _random(proof)
    if user in ("", "0", "root"):
        assert main
        return passed(f"it starts as root and drops its privileges: the main process runs as {main.user}", random)
    if not user.isdecimal():
        uid, gid = proof.owner() or _NOBODY
        further = len(proof.account()[1]) > 1  # with a group that is named, an engine gives no others
        change = f"say `USER {uid}{'' if further else f':{gid}'}`, in numbers: the kubelet cannot tell whether a name is root"
        return failed(f"USER is the name {shown}", change, random)
    return passed(f"USER is {shown}" + (f", the main process runs as {main.user}" if main else ""), random)


def _change(command: str) -> str:
    """What to do about root as the main process."""
    if "nginx" in command:
        return "start from nginxinc/nginx-unprivileged, which listens on 8080: as another user nginx' own image cannot write its caches"
    return "say `USER 65532:65532` after the last instruction that must be root, and give that user the folders that it writes"


def _random(proof: Proof) -> str:
    """What becomes of it as OpenShift would run it."""
    try:
        readiness = proof.random_user.get()
    except Skip as refusal:
        return f"as a random user (12345:0): {refusal}"
    return f"as a random user (12345:0) it {readiness.seen}" + (
        "" if readiness.ready else "; let the group 0 read, and write, what the user must"
    )
