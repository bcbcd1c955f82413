"""The report as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.comparison import Model, compare
from harness.reports import CRITERIA, NOTE, case_cells, criteria_cells, heads, period, sentences
from harness.results import Record


def render(records: Sequence[Record]) -> str:
    """The text."""
    lines = ["# What the skill changes", "", f"Trials of {period(records)}. {NOTE}", ""]
    for model in compare(records):
        lines += _model(model)
    return "\n".join(lines)


def _model(model: Model) -> Iterator[str]:
    yield f"## {model.name}"
    yield ""
    yield from (f"- {sentence}" for sentence in sentences(model))
    yield ""
    yield _table([case_cells(row) for row in (*model.cases, model.whole)], heads(model.k))
    yield ""
    yield _table(criteria_cells(model), CRITERIA)
    yield ""


def _table(rows: list[list[str]], head: Sequence[str]) -> str:
    from tabulate import tabulate

    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return tabulate(escaped, head, tablefmt="github", disable_numparse=True)
