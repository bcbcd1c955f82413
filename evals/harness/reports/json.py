"""The report as JSON: skill-creator's benchmark.json, and under `comparison` what it has no place for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.arithmetic import spread
from harness.bundle import NAME
from harness.comparison import Measure, Model, Row, compare
from harness.grading import FAILED
from harness.results import Record
from harness.trials import ARMS

_MEASURES: Mapping[str, Measure] = {
    "pass_rate": lambda record: record.pass_rate,
    "time_seconds": lambda record: record.number("seconds"),
    "tokens": lambda record: record.number("tokens"),
}


def render(records: Sequence[Record]) -> str:
    """The text."""
    document = {
        "metadata": {
            "skill_name": NAME,
            "executor_model": ", ".join(dict.fromkeys(record.model for record in records)),
            "timestamp": max(str(record.trial.get("started") or "") for record in records),
            "evals_run": sorted({record.id for record in records}),
            "runs_per_configuration": max(record.run for record in records),
        },
        "runs": [_run(record) for record in records],
        "run_summary": _summary(records),
        "comparison": [_model(model) for model in compare(records)],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _run(record: Record) -> dict[str, Any]:
    total, passed = len(record.expectations), sum(each.passed for each in record.expectations)
    return {
        "eval_id": record.id,
        "eval_name": record.case,
        "configuration": f"{record.arm}_skill",
        "run_number": record.run,
        "model": record.model,
        "result": {
            "pass_rate": round(record.pass_rate, 4),
            "passed": passed,
            "failed": sum(each.status == FAILED for each in record.expectations),
            "skipped": record.skipped,
            "total": total,
            "time_seconds": record.number("seconds"),
            "tokens": record.trial.get("tokens"),
            "tool_calls": record.trial.get("tool_calls"),
            "errors": int(record.trial.get("status") != "finished"),
        },
        "expectations": [{"text": each.text, "passed": each.passed, "evidence": each.evidence} for each in record.expectations],
        "notes": [str(record.trial["reason"])] if record.trial.get("reason") else [],
    }


def _summary(records: Sequence[Record]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for arm in ARMS:
        of_arm = [record for record in records if record.arm == arm]
        found[f"{arm}_skill"] = {
            name: each._asdict() for name, measure in _MEASURES.items() if (each := spread(measure(record) for record in of_arm))
        }
    one, other = (found[f"{arm}_skill"] for arm in ARMS)
    found["delta"] = {name: f"{one[name]['mean'] - other[name]['mean']:+.2f}" for name in _MEASURES if name in one and name in other}
    return found


def _model(model: Model) -> dict[str, Any]:
    should, should_not = map(_rounded, model.triggered)
    triggered = {"where_it_should": should, "where_it_should_not": should_not}
    return {"model": model.name, "k": model.k, "triggered": triggered, **_row(model.whole), "cases": [_row(case) for case in model.cases]}


def _row(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"name": row.name, "text": row.text, "arms": {arm: numbers._asdict() for arm, numbers in row.arms.items()}}
    found |= {name: each._asdict() if (each := getattr(row, name)) else None for name in ("difference", "tokens", "seconds")}
    if row.criteria:
        found["criteria"] = [_row(each) for each in row.criteria]
    return {key: _rounded(each) for key, each in found.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value
