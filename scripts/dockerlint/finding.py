"""What a rule found, ready to be reported."""

from __future__ import annotations

from typing import NamedTuple

SEVERITIES = ("error", "warning", "info", "style")
"""How bad it is, worst first."""

CONFIDENCES = ("high", "medium", "low")
"""How sure the rule is, surest first."""


class Finding(NamedTuple):
    """One thing worth saying about one place of one file.

    The names of the fields, in this order, are the keys of a finding in JSON: a promise to whoever reads it.
    """

    file: str
    """The path as it was given, or as it was found below a folder that was given."""
    line: int
    """Lines and columns count from 1; a column is a character, a tab is one."""
    column: int
    end_line: int
    end_column: int
    """Exclusive: one past the last character."""
    code: str
    """``WD304``; ``SC2086`` where ShellCheck speaks."""
    slug: str
    """``apt-no-install-recommends``"""
    severity: str
    """One of SEVERITIES."""
    confidence: str
    """One of CONFIDENCES."""
    message: str
    """What is wrong, naming the very thing; no full stop."""
    help: str
    """How to mend it, in one line; may be empty."""
    breaks_build: bool
    """Whether BuildKit itself refuses the file for it."""
