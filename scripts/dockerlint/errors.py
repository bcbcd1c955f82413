"""The one exception that ends in a sentence for the person who runs the program."""

from __future__ import annotations


class Failure(Exception):
    """The work cannot be done; the text says in one sentence what, where and what to do about it (exit status 2)."""
