"""What a rule found, ready to be reported."""

from __future__ import annotations

from typing import NamedTuple

SEVERITIES = ("error", "warning", "info", "style")
"""How bad it is, worst first."""

CONFIDENCES = ("high", "medium", "low")
"""How sure the rule is, surest first."""


APPLICABILITIES = ("safe", "unsafe")
"""Whether a fix keeps what the build does and the container is, but for what the finding is about; or may change it."""


class Edit(NamedTuple):
    """Characters of the file to replace; places as in a finding, an empty region inserts, the line behind the last one is the end.

    In `text` a line ends with "\n", whatever the file's line ends are.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Fix(NamedTuple):
    """How to mend what was found. `message` says what is done, in the imperative; the edits do not overlap.

    The names of the fields are keys in JSON, too.
    """

    applicability: str
    """One of APPLICABILITIES."""
    message: str
    edits: tuple[Edit, ...]


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
    fix: Fix | None = None
    """What `--fix` or `--unsafe-fixes` would do about it; only where it was asked for, and only where there is one right answer."""
