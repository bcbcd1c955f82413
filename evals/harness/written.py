"""A grading as others read it: a table for people, and `grading.json` in the schema that skill-creator's viewer reads.

`expectations` has `text`, `passed` and `evidence`, `summary` has `passed`, `failed`, `total` and `pass_rate`; beyond that schema
each expectation has its criterion's `id` and `status`, and `summary` counts what was `skipped`. A skipped one has `passed` false.
"""

from __future__ import annotations

import json
import textwrap
from typing import Any

from harness.grading import FAILED, PASSED, SKIPPED, Grading
from harness.transcript import Proof

SIGNS = {PASSED: "✔", FAILED: "✘", SKIPPED: "–"}
_TEXT, _EVIDENCE = 44, 60


def document(grading: Grading) -> dict[str, Any]:
    """The content of grading.json."""
    counts = grading.counts
    total = len(grading.verdicts)
    return {
        "expectations": [
            {
                "id": each.criterion.id,
                "text": each.criterion.text,
                "passed": each.status == PASSED,
                "status": each.status,
                "evidence": f"skipped: {each.evidence}" if each.status == SKIPPED else each.evidence,
            }
            for each in grading.verdicts
        ],
        "summary": {**counts, "total": total, "pass_rate": round(counts[PASSED] / total, 4)},
        "case": grading.case,
    }


def as_json(grading: Grading, proof: Proof | None = None) -> str:
    """The text of grading.json; `proof` is added where there is a record of how the answer came about."""
    whole = document(grading) | ({"proof": proof._asdict()} if proof else {})
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def table(grading: Grading, proof: Proof | None = None) -> str:
    """A table and a sentence, or two."""
    from tabulate import tabulate

    rows = [(SIGNS[each.status], _folded(each.criterion.text, _TEXT), _folded(each.evidence, _EVIDENCE)) for each in grading.verdicts]
    record = [f"on record: {proof.seen}"] if proof else []
    return "\n".join([tabulate(rows, ("", grading.case, "seen"), tablefmt="simple"), "", sentence(grading), *record, ""])


def _folded(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width)) or "-"


def sentence(grading: Grading) -> str:
    """The counts, and which share could not be looked at, and why."""
    counts, total = grading.counts, len(grading.verdicts)
    reasons = "; ".join(dict.fromkeys(each.evidence for each in grading.verdicts if each.status == SKIPPED))
    share = f" ({counts[SKIPPED] / total:.0%} of the criteria were not looked at: {reasons})" if counts[SKIPPED] else ""
    return f"{grading.case}: {counts[PASSED]} of {total} passed, {counts[FAILED]} failed, {counts[SKIPPED]} skipped{share}"
