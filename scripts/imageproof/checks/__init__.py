"""The checks, in the order of the report: one module each, and one function in it that takes the proof and gives its outcome.

A check that has nothing to look at raises Skip with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from imageproof.outcome import Outcome
    from imageproof.proof import Proof


class Check(NamedTuple):
    """One check: what it is called and when it holds."""

    name: str
    holds: str
    default: bool = True
    """Whether it runs without being asked for."""

    @property
    def judge(self) -> Callable[[Proof], Outcome]:
        """The function that does it."""
        judge: Callable[[Proof], Outcome] = import_module(f"imageproof.checks.{self.name.replace('-', '_')}").judge
        return judge


CHECKS = (
    Check("build", "it builds from a clean context, and `docker build --check` says nothing"),
    Check("starts", "it answers, logs or stays up within the bound"),
    Check("read-only", "it works with a read-only root, without capabilities and without new privileges"),
    Check("user", "the main process is not root, and USER is numeric; a random user is tried, too"),
    Check("files", "nothing that it runs can be written by its own user; no setuid file beyond the base's"),
    Check("restricted", "Kubernetes' Pod Security profile `restricted` would admit it"),
    Check("health", "the HEALTHCHECK turns healthy, and unhealthy when the application stops answering"),
    Check("stop", "the stop signal ends it within the bound, with a good exit status, and no child is left behind"),
    Check("size", "it is no larger than the bound"),
    Check("contents", "no compiler, package cache, test, .git, source map, lock tool or credential file is in it"),
    Check("secrets", "no secret value is in any layer, the history or the configuration"),
    Check(
        "rebuild", "after a change of a source file no dependency is fetched or compiled again, and the new code runs"
    ),
    Check("reproducible", "two builds give the same", default=False),
    Check("platforms", "each platform builds, as far as this engine can take it", default=False),
)
BY_NAME = {check.name: check for check in CHECKS}
