"""What ends a proof, or a check, before its end; each text is one sentence for the person who asked."""

from __future__ import annotations


class ProofError(Exception):
    """The proof cannot be made: no engine, no such file, a build argument missing (exit status 2)."""


class Skip(Exception):
    """A check has nothing to look at; the text is the reason."""
