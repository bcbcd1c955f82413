"""The report as one HTML page: a chart of the differences, drawn without a script and without a network, and the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from harness.arithmetic import Estimate
from harness.comparison import Model, Row, compare
from harness.reports import CRITERIA, NOTE, case_cells, criteria_cells, heads, period, points, sentences, signed
from harness.results import Record

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --paper: #fff; --rule: #c9d1d9; --good: #1a7f4b; --bad: #b3261e; --same: #6b7683; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ee; --paper: #14191f; --rule: #3a444f; --good: #5dc48f; --bad: #ff8a80; --same: #9aa5b1; }
}
body { margin: 2rem auto; max-width: 78rem; padding: 0 1rem; color: var(--ink); background: var(--paper);
  font: 15px/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13px; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
tr:last-child td { border-bottom: 0; } tr.whole td { font-weight: 600; }
.wide { overflow-x: auto; } svg { max-width: 100%; height: auto; } svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.axis { stroke: var(--rule); } .zero { stroke: var(--ink); }
.good { color: var(--good); } .bad { color: var(--bad); } .same { color: var(--same); }
"""
_LEFT, _WIDTH, _RIGHT, _ROW, _TOP = 250, 560, 190, 24, 34
_TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def render(records: Sequence[Record]) -> str:
    """The page."""
    models = compare(records)
    body = "\n".join(part for model in models for part in _model(model))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What the skill changes</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>What the skill changes</h1>
<p>Trials of {escape(period(records))}. {escape(NOTE)}</p>
{body}
</body>
</html>
"""


def _model(model: Model) -> Iterator[str]:
    yield f"<h2>{escape(model.name)}</h2>"
    yield "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(model)) + "</ul>"
    yield _chart([*model.cases, model.whole._replace(name="all cases")])
    yield _table([case_cells(row) for row in (*model.cases, model.whole)], heads(model.k), whole=True)
    yield _table(criteria_cells(model), CRITERIA)


def _table(rows: list[list[str]], head: Sequence[str], whole: bool = False) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)

    last = len(rows) - 1
    opening = ['<tr class="whole">' if whole and at == last else "<tr>" for at in range(len(rows))]
    body = "\n".join(f"{tag}{line(row, 'td')}</tr>" for tag, row in zip(opening, rows, strict=True))
    return f'<div class="wide"><table>\n<tr>{line(head, "th")}</tr>\n{body}\n</table></div>'


def _chart(rows: Sequence[Row]) -> str:
    """A dot for each difference of the pass rate, and a line for its interval."""
    height = _TOP + _ROW * len(rows) + 8
    parts = [f'<svg role="img" viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {height}" width="{_LEFT + _WIDTH + _RIGHT}" height="{height}">']
    parts.append("<title>Difference of the pass rate, with the skill less without it, in percentage points</title>")
    for tick in _TICKS:
        parts.append(f'<line class="{"axis" if tick else "zero"}" x1="{_x(tick)}" x2="{_x(tick)}" y1="{_TOP - 8}" y2="{height - 8}"/>')
        parts.append(f'<text x="{_x(tick)}" y="{_TOP - 14}" text-anchor="middle">{signed(100 * tick)}</text>')
    for at, row in enumerate(rows):
        parts += _mark(row, _TOP + _ROW * at + _ROW // 2)
    return '<div class="wide">' + "\n".join([*parts, "</svg>"]) + "</div>"


def _mark(row: Row, y: int) -> Iterator[str]:
    yield f'<text x="{_LEFT - 14}" y="{y + 4}" text-anchor="end">{escape(row.name)}</text>'
    estimate = row.difference
    yield f'<text x="{_LEFT + _WIDTH + 14}" y="{y + 4}">{escape(points(estimate))}</text>'
    if estimate is None:
        return
    kind = _kind(estimate)
    yield f'<g class="{kind}" fill="currentColor" stroke="currentColor" stroke-width="2">'
    if estimate.low is not None and estimate.high is not None:
        yield f'<line x1="{_x(estimate.low)}" x2="{_x(estimate.high)}" y1="{y}" y2="{y}"/>'
    yield f'<circle cx="{_x(estimate.mean)}" cy="{y}" r="4"/></g>'


def _kind(estimate: Estimate) -> str:
    return "good" if estimate.mean > 0 else "bad" if estimate.mean < 0 else "same"


def _x(value: float) -> float:
    return round(_LEFT + _WIDTH * (value + 1) / 2, 1)
