"""Rules about the comments that silence findings; `suppress.py` makes their findings, because only it knows what was silenced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dockerlint.rules import Hit, rule

if TYPE_CHECKING:
    from dockerlint.model import Dockerfile


@rule("WD190", "unused-pragma", "info", help="remove the comment, or put it directly above the instruction that it is meant for")
def unused_pragma(_: Dockerfile) -> Iterator[Hit]:
    """A comment silences a finding that is not there.

    Such a comment outlives its reason: the line below was mended, the comment stands one line too high, or its name is misspelt,
    and one day it hides something new. A comment for hadolint, trivy or checkov has a low confidence: it may still be needed there.

    Bad:
        FROM debian:13-slim
        # wd: ignore=apt-install-reccomends the name is misspelt, so nothing is silenced
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Good:
        FROM debian:13-slim
        RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

    Leaves alone: names whose rule is off, ShellCheck's codes, and other linters' checks that no rule here covers.
    """
    yield from ()


@rule("WD191", "no-pragmas", "info", covers=("DL1001",), default=False, help="remove the comment; say it in the configuration")
def no_pragmas(_: Dockerfile) -> Iterator[Hit]:
    """A comment in the file decides what is reported about it.

    For those whose rules are not for the author of a Dockerfile to switch off. The finding is made for every such comment, used or
    not, and no comment silences it; `pragmas = false` in the configuration goes further and takes no notice of the comments at all.

    Bad:
        FROM debian:13-slim
        # hadolint ignore=DL3002 it must be root
        USER root

    Good:
        FROM debian:13-slim
        USER 65532
    """
    yield from ()
