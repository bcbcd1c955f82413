"""What a check found."""

from __future__ import annotations

from typing import NamedTuple

PASSED, FAILED, SKIPPED = STATUSES = ("passed", "failed", "skipped")


class Outcome(NamedTuple):
    """What one check found; sentences, without line breaks."""

    status: str
    seen: str
    """What was observed; of a skipped check why it was skipped."""
    change: str = ""
    """What to do about it."""
    notes: tuple[str, ...] = ()
    """What else is worth knowing."""
    name: str = ""
    """The check's; given by whoever ran it."""
    seconds: float = 0.0


def passed(seen: str, *notes: str) -> Outcome:
    """The check holds."""
    return Outcome(PASSED, seen, "", notes)


def failed(seen: str, change: str, *notes: str) -> Outcome:
    """The check does not hold; `change` says what to do."""
    return Outcome(FAILED, seen, change, notes)


def skipped(reason: str, *notes: str) -> Outcome:
    """The check did not run."""
    return Outcome(SKIPPED, reason, "", notes)


def listed(items: list[str], most: int = 3) -> str:
    """Some items in a sentence: `a, b, c and 4 more`."""
    shown = ", ".join(items[:most])
    return f"{shown} and {len(items) - most} more" if len(items) > most else shown


def plural(count: int, noun: str) -> str:
    """A number with its noun."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {'children' if noun == 'child' else noun + ('es' if noun.endswith(('s', 'ch')) else 's')}"
