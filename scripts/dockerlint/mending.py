"""One file mended: read, fixed in memory, and written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from typing import NamedTuple

from dockerlint.check import judge, report
from dockerlint.config import Settings
from dockerlint.context import Context, Disks
from dockerlint.errors import Failure
from dockerlint.finding import Finding
from dockerlint.fixes import Judged, difference, mend
from dockerlint.inputs import STANDARD_INPUT
from dockerlint.rules import load
from dockerlint.selection import Selection
from dockerlint.source import Source


class Mending(NamedTuple):
    """What became of a file: its bytes, what was mended in it, what was not and why; the diff, or the text, where that is the output."""

    data: bytes
    mended: tuple[Finding, ...]
    refused: tuple[tuple[Finding, str], ...]
    diff: str = ""
    text: bytes | None = None


def mend_file(path: str, name: str, data: bytes, settings: Settings, context: Context | None, unsafe: bool, write: bool) -> Mending:
    """Mends a file, known to the reader as `name`, that has these bytes; writes it only with `write`, standard input never.

    Without `write` the bytes stay what they were, and the diff says what would change. Raises Failure where it cannot be written.
    """
    wide = settings._replace(selection=Selection(settings.selection.rules | _default_rules(), ()))
    disks: Disks = {}

    def judge_text(text: bytes) -> Judged:
        linted = judge(Source(name, text), wide, context, disks, fixes=True)
        outcome = report(linted, settings)
        shown = [each for each in outcome.findings if settings.selection.allows(each.code) and settings.reports(each.confidence)]
        findings = Judged(shown, [each for each in linted.findings if each.confidence != "low"])
        linted.dockerfile.dissolve()
        return findings

    done = mend(data, judge_text, unsafe)
    refused = tuple((each.finding, each.why) for each in done.refused)
    if not write:
        return Mending(data, done.mended, refused, diff=difference(name, data, done.data))
    if path == STANDARD_INPUT:
        return Mending(done.data, done.mended, refused, text=done.data)
    if done.data != data:
        replace_file(path, data, done.data)
    return Mending(done.data, done.mended, refused)


def _default_rules() -> frozenset[str]:
    return frozenset(code for code, rule in load().items() if rule.default)


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Replaces the content of a file at once, so that nobody ever sees half of it; a link stays a link, and its target changes.

    Mode and owner stay. Where a new file could not have them, or the file has several names, it is written in place. Raises Failure
    where it is not `before` that is replaced, or where it cannot be written.
    """
    target = os.path.realpath(path)
    try:
        with open(target, "rb") as file:
            if file.read() != before:
                raise Failure(f"cannot mend {path}: it has changed meanwhile; run it again")
        if not os.access(target, os.W_OK):
            raise Failure(f"cannot mend {path}: it is not writable")
        if not _replaced(target, after):
            with open(target, "r+b") as file:
                file.write(after)
                file.truncate()
    except OSError as error:
        raise Failure(f"cannot mend {path}: {error.strerror or error}") from None


def _replaced(target: str, after: bytes) -> bool:
    """Whether a new file could take the place of the old one."""
    status = os.stat(target)
    if status.st_nlink > 1:
        return False
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", dir=os.path.dirname(target))
    except OSError:
        return False
    try:
        with open(descriptor, "wb") as file:
            if (os.geteuid(), os.getegid()) != (status.st_uid, status.st_gid):
                os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
            file.write(after)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
    except PermissionError:
        os.unlink(temporary)
        return False
    except BaseException:
        os.unlink(temporary)
        raise
    return True
