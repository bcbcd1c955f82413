"""The registry of rules: what a rule is, and where all of them are.

A rule is one decorated generator. Its parameter says what it judges (`Stage`: called once for each stage, `Dockerfile`: once a file);
it yields a `Hit` for each place that is wrong; its docstring is its manual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from dockerlint.text import Span


class Located(Protocol):
    """Anything that knows where it stands in the file."""

    @property
    def span(self) -> Span: ...


class Hit(NamedTuple):
    """One place that a rule objects to; the optional fields replace the rule's own."""

    where: Located | Span
    message: str
    help: str = ""
    severity: str = ""
    confidence: str = ""


Check = Callable[[Any], Iterator[Hit]]


class Rule(NamedTuple):
    """A rule and what is told about it.

    `severity` is "error", "warning", "info" or "style" (how bad), `confidence` "high", "medium" or "low" (how sure).
    `default` is False for a rule that only runs when it is selected. `covers` are the ids of other tools' checks that it replaces.
    `breaks_build` is True where BuildKit refuses the file for what the rule finds.
    """

    code: str
    slug: str
    severity: str
    confidence: str
    default: bool
    covers: tuple[str, ...]
    help: str
    breaks_build: bool
    scope: str
    check: Check
    doc: str


# Every module with rules, in the order of their codes.
MODULES = (
    "syntax",
    "checks",
    "pragmas",
    "stages",
    "platforms",
    "images",
    "packages",
    "dependencies",
    "caching",
    "shell",
    "copying",
    "users",
    "secrets",
    "runtime",
    "style",
)

RULES: dict[str, Rule] = {}


def rule(
    code: str,
    slug: str,
    severity: str,
    *,
    covers: tuple[str, ...] = (),
    confidence: str = "high",
    default: bool = True,
    help: str = "",  # the field's word for it
    breaks_build: bool = False,
) -> Callable[[Check], Check]:
    """Registers the generator below it as a rule."""

    def register(check: Check) -> Check:
        scope = next(iter(check.__annotations__.values()))
        assert code not in RULES, f"{code} is defined twice"
        RULES[code] = Rule(code, slug, severity, confidence, default, covers, help, breaks_build, scope, check, check.__doc__ or "")
        return check

    return register


def load() -> dict[str, Rule]:
    """All rules by code."""
    for module in MODULES:
        import_module(f"dockerlint.rules.{module}")
    return RULES
