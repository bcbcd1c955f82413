"""JUnit's XML: one suite, a test case a check."""

from __future__ import annotations

from imageproof.output import PROGRAM, Report


def render(report: Report) -> str:
    """The suite."""
    from xml.sax.saxutils import escape, quoteattr

    counts = report.counts
    total = f'tests="{len(report.outcomes)}" failures="{counts["failed"]}" skipped="{counts["skipped"]}" time="{report.seconds:.3f}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<testsuites name="{PROGRAM}" {total}>',
        f"  <testsuite name={quoteattr(_plain(report.subject))} {total}>",
    ]
    for each in report.outcomes:
        lines.append(
            f'    <testcase name={quoteattr(each.name)} classname={quoteattr(_plain(report.subject))} time="{each.seconds:.3f}">'
        )
        if each.status == "failed":
            text = "\n".join([each.seen, f"What to change: {each.change}", *each.notes])
            lines.append(f"      <failure message={quoteattr(_plain(each.seen))}>{escape(_plain(text))}</failure>")
        elif each.status == "skipped":
            lines.append(f"      <skipped message={quoteattr(_plain(each.seen))}/>")
        else:
            lines.append(f"      <system-out>{escape(_plain(chr(10).join([each.seen, *each.notes])))}</system-out>")
        lines.append("    </testcase>")
    return "\n".join([*lines, "  </testsuite>", "</testsuites>", ""])


def _plain(text: str) -> str:
    """Text with nothing in it that XML 1.0 cannot hold."""
    return "".join(
        char if char in "\n\t" or (char.isprintable() and char <= "\ufffd") or char > "\uffff" else "\ufffd"
        for char in text
    )
