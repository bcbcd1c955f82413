"""Findings -> a mended file: applies their edits, reads its own result again, and keeps only what is then better.

One round applies all fixes whose edits do not touch each other, and judges what comes out. Where the whole is not better, each fix is
tried alone, and one that does harm is given up, with the reason. Rounds follow until nothing is left to mend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from dockerlint.finding import Edit, Finding, Fix

ROUNDS = 100
"""How many rounds there are at most; a file that could be mended on and on is left as it is by then."""

WORSE = ("error", "warning")
"""New findings of these severities make a fix one that does harm."""


class Judged(NamedTuple):
    """What a text's findings are: `shown` those that are reported, `all` those of every rule that is on by default, silenced ones too."""

    shown: Sequence[Finding]
    all: Sequence[Finding]


Judge = Callable[[bytes], Judged]


class Refused(NamedTuple):
    """A finding whose fix was not applied, and why."""

    finding: Finding
    why: str


class Mended(NamedTuple):
    """A file after its mends: its bytes, the findings that were mended, and those whose fix was given up."""

    data: bytes
    mended: tuple[Finding, ...] = ()
    refused: tuple[Refused, ...] = ()


def mend(data: bytes, judge: Judge, unsafe: bool = False) -> Mended:
    """Applies the safe fixes of what is reported, or all of them with `unsafe`, until none is left."""
    mended: list[Finding] = []
    refused: dict[tuple[str, Fix], Refused] = {}
    judged = judge(data)
    for _ in range(ROUNDS):
        batch = list(_apart(each for each in judged.shown if _wanted(each.fix, unsafe) and _key(each) not in refused))
        if not batch:
            break
        applied, data, judged = _best(batch, data, judged, judge, refused)
        mended += applied
    left = (refused.get(_key(each)) for each in judged.shown if _wanted(each.fix, unsafe))
    return Mended(data, tuple(mended), tuple(filter(None, left)))


def _wanted(fix: Fix | None, unsafe: bool) -> bool:
    return fix is not None and (unsafe or fix.applicability == "safe")


def _key(finding: Finding) -> tuple[str, Fix]:
    """What a fix is known by that was given up: a change elsewhere may move it, and then it is tried anew."""
    assert finding.fix is not None
    return finding.code, finding.fix


def _apart(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those findings, in order, whose edits touch no edit of one before."""
    taken: list[Edit] = []
    for finding in findings:
        assert finding.fix is not None
        edits = finding.fix.edits
        if not any(_touch(edit, other) for edit in edits for other in taken):
            taken += edits
            yield finding


def _touch(one: Edit, other: Edit) -> bool:
    """Whether two edits overlap or stand side by side."""
    return (one.line, one.column) <= (other.end_line, other.end_column) and (other.line, other.column) <= (one.end_line, one.end_column)


def _best(
    batch: list[Finding], data: bytes, judged: Judged, judge: Judge, refused: dict[tuple[str, Fix], Refused]
) -> tuple[list[Finding], bytes, Judged]:
    """What is applied of a batch, all of it or the first half that does no harm, and the text and its findings after it."""
    text = apply(data, (edit for finding in batch for edit in _edits(finding)))
    after = judge(text)
    why = harm(batch, judged, after)
    if not why:
        return batch, text, after
    if len(batch) == 1:
        refused[_key(batch[0])] = Refused(batch[0], why)
        return [], data, judged
    middle = len(batch) // 2
    first = _best(batch[:middle], data, judged, judge, refused)
    # After a success the others stand elsewhere: the next round finds them there.
    return first if first[0] else _best(batch[middle:], data, judged, judge, refused)


def _edits(finding: Finding) -> tuple[Edit, ...]:
    return finding.fix.edits if finding.fix is not None else ()


def harm(mended: Sequence[Finding], before: Judged, after: Judged) -> str:
    """Why fixes are not to be kept: what they leave as it was, or what new they bring; "" where all is well."""
    old, new = (Counter(finding.code for finding in judged.all) for judged in (before, after))
    for code, count in Counter(finding.code for finding in mended).items():
        if new[code] > old[code] - count:
            return f"{code} would still be found"
    for worse in (lambda finding: finding.breaks_build, lambda finding: finding.severity in WORSE):
        old, new = (Counter(finding.code for finding in judged.all if worse(finding)) for judged in (before, after))
        added = sorted(new - old)
        if added:
            return f"it would bring {', '.join(added)}"
    return ""


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with the edits made; all others stay what they are. The edits must not overlap.

    A new line ends as the line does that the edit begins in; in a file without line ends, with a newline.
    """
    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    text = data[len(bom) :].decode(errors="surrogateescape")
    starts = [0]
    for line in text.split("\n")[:-1]:
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return min(starts[line - 1] + column - 1, len(text)) if line <= len(starts) else len(text)

    pieces: list[str] = []
    kept = len(text)
    for edit in sorted(edits, reverse=True):
        start, end = offset(edit.line, edit.column), offset(edit.end_line, edit.end_column)
        pieces += (text[end:kept], edit.text.replace("\n", _line_end(text, start)) if "\n" in edit.text else edit.text)
        kept = start
    pieces.append(text[:kept])
    return bom + "".join(reversed(pieces)).encode(errors="surrogateescape")


def _line_end(text: str, at: int) -> str:
    """The line end of the line that an offset is in, of the one before where it has none."""
    end = text.find("\n", at)
    if end < 0:
        end = text.rfind("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


def difference(path: str, before: bytes, after: bytes) -> str:
    """The unified diff of a file, as `patch` and `git apply` take it; "" where nothing differs."""
    from difflib import unified_diff

    old, new = (_lines(data) for data in (before, after))
    lines = unified_diff(old, new, path, path)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(data: bytes) -> list[str]:
    """The lines with their ends; other than str.splitlines, only a newline ends one."""
    text = data.decode(errors="surrogateescape")
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
