"""The report as one page that needs nothing else: bars of the layers, a treemap of the final file system, all the tables."""

# ruff: noqa: E501 - style and script keep their own lines
from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from imagesize.output.sections import Section, sections
from imagesize.units import size, visible

Document = dict[str, Any]

_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1c2430, #e6e9ee); --paper: light-dark(#fff, #14181e); --faint: light-dark(#667085, #98a2b3);
  --line: light-dark(#d8dde5, #333b46); --used: light-dark(#a9cdf5, #24507f); --waste: light-dark(#f3a98c, #8a3d22); --link: light-dark(#1d5fae, #6db0f7); }
* { box-sizing: border-box; }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; margin-top: 2.5rem; overflow-wrap: anywhere; } h3 { font-size: 1.05rem; margin: 1.8rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } .scroll { overflow-x: auto; }
th, td { padding: .25rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; } .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
li { margin: .35rem 0; overflow-wrap: anywhere; } .note { color: var(--faint); }
.bar { display: grid; grid-template-columns: 3rem 1fr; gap: .5rem; align-items: center; margin: .2rem 0; font-size: .85rem; }
.track { position: relative; height: 1.35rem; } .fill { display: flex; height: 100%; min-width: 1px; border-radius: 3px; overflow: hidden; }
.used { background: var(--used); } .waste { background: var(--waste); }
.label { position: absolute; inset: 0; padding: 0 .4rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.key span { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin: 0 .35rem 0 .8rem; vertical-align: -1px; }
.map { width: 100%; height: 30rem; border: 1px solid var(--line); display: block; } .map rect { stroke: var(--paper); cursor: pointer; }
.map text { pointer-events: none; font-size: 11px; fill: #10151c; } .crumbs button { border: 0; background: none; color: var(--link); font: inherit; cursor: pointer; padding: 0 .15rem; }
"""

_SCRIPT = """
"use strict";
const SVG = "http://www.w3.org/2000/svg";
const human = (n) => { let i = 0; while (n >= 999.5 && i < 4) { n /= 1000; i++; } return (i ? n.toPrecision(3) : n) + " " + ["B", "kB", "MB", "GB", "TB"][i]; };
function squarify(items, x, y, w, h) {  // Bruls, Huizing, van Wijk: rows whose worst side ratio is best
  const placed = []; let rest = items.slice(), left = items.reduce((s, i) => s + i.bytes, 0);
  while (rest.length && w > 0 && h > 0 && left > 0) {
    const side = Math.min(w, h), scale = w * h / left; let row = [], sum = 0, worst = Infinity;
    for (const item of rest) {
      const area = (sum + item.bytes) * scale, all = row.concat(item);
      const ratio = Math.max(...all.map((i) => Math.max(side * side * i.bytes * scale / (area * area), area * area / (side * side * i.bytes * scale))));
      if (ratio > worst) break;
      row = all; sum += item.bytes; worst = ratio;
    }
    const thick = sum * scale / side; let along = 0;
    for (const item of row) {
      const long = item.bytes * scale / thick;
      placed.push(w < h ? [item, x + along, y, long, thick] : [item, x, y + along, thick, long]);
      along += long;
    }
    if (w < h) { y += thick; h -= thick; } else { x += thick; w -= thick; }
    rest = rest.slice(row.length); left -= sum;
  }
  return placed;
}
function draw(svg, crumbs, way) {
  const node = way[way.length - 1], W = svg.clientWidth || 1000, H = svg.clientHeight || 480;
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`); svg.replaceChildren(); crumbs.replaceChildren();
  way.forEach((part, depth) => {
    const button = document.createElement("button");
    button.textContent = depth ? part.name + " /" : "/"; button.onclick = () => draw(svg, crumbs, way.slice(0, depth + 1)); crumbs.append(button);
  });
  crumbs.append(" " + human(node.bytes));
  const paint = (kid, item, path, x, y, w, h, hue, depth) => {
    if (w < 1.5 || h < 1.5) return;
    const rect = document.createElementNS(SVG, "rect"), title = document.createElementNS(SVG, "title");
    for (const [k, v] of Object.entries({ x, y, width: w, height: h, fill: `hsl(${hue} 55% ${Math.min(86, 58 + depth * 7)}%)` })) rect.setAttribute(k, v);
    title.textContent = path + "\\n" + human(item.bytes) + (item.layer === undefined ? "" : "\\nlayer " + item.layer); rect.append(title);
    rect.onclick = () => { if (kid.children) draw(svg, crumbs, way.concat(kid)); };
    svg.append(rect);
    const name = item.children && h > 34 && w > 40;
    if (w > 40 && h > 14) {
      const text = document.createElementNS(SVG, "text"); text.setAttribute("x", x + 3); text.setAttribute("y", y + 11);
      const full = item.name + " " + human(item.bytes), fits = Math.floor((w - 6) / 6.2); text.textContent = full.length <= fits ? full : item.name.slice(0, fits); svg.append(text);
    }
    if (item.children && depth < 4) for (const [part, a, b, c, d] of squarify(item.children, x + 1, y + (name ? 14 : 1), w - 2, h - (name ? 15 : 2))) paint(kid, part, path + "/" + part.name, a, b, c, d, hue, depth + 1);
  };
  const prefix = way.slice(1).map((part) => "/" + part.name).join("") + "/";
  squarify(node.children || [], 0, 0, W, H).forEach(([kid, x, y, w, h], i) => paint(kid, kid, prefix + kid.name, x, y, w, h, (210 + i * 47) % 360, 1));
}
const trees = JSON.parse(document.getElementById("trees").textContent);
document.querySelectorAll(".map").forEach((svg) => { const show = () => draw(svg, svg.previousElementSibling, [trees[svg.dataset.image]]); show(); addEventListener("resize", show); });
"""


def write(report: Document) -> str:
    """The page; what comes from an image is escaped, and nothing in it can fetch anything."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    names = ", ".join(visible(image["name"]) for image in report["images"])
    trees = json.dumps(report["trees"]).replace("<", "\\u003c")
    body = "\n".join(_body(report))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(names)}: where the bytes are</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Where the bytes are</h1>
{body}
<script type="application/json" id="trees">{trees}</script>
<script>{_SCRIPT}</script>
</body>
</html>"""


def _body(report: Document) -> Iterator[str]:
    pictures = iter(range(len(report["images"])))
    for section in sections(report):
        of_image = section.rows and not section.head
        yield f"<h2>{escape(section.title)}</h2>" if of_image else f"<h3>{escape(section.title)}</h3>"
        yield from _content(section)
        if of_image:
            yield from _pictures(report, next(pictures))


def _content(section: Section) -> Iterator[str]:
    if section.rows:
        yield '<div class="scroll"><table>'
        if section.head:
            yield "<tr>" + "".join(f"<th{_side(section, at)}>{escape(cell)}</th>" for at, cell in enumerate(section.head)) + "</tr>"
        for row in section.rows:
            yield "<tr>" + "".join(f"<td{_side(section, at)}>{escape(cell)}</td>" for at, cell in enumerate(row)) + "</tr>"
        yield "</table></div>"
    if section.paragraphs and section.rows:
        yield from (f'<p class="note">{escape(paragraph)}</p>' for paragraph in section.paragraphs)
    elif section.paragraphs:
        yield "<ul>" + "".join(f"<li>{escape(paragraph)}</li>" for paragraph in section.paragraphs) + "</ul>"


def _side(section: Section, column: int) -> str:
    return ' class="n"' if column < section.numbers or (section.numbers < 0 < column) else ""


def _pictures(report: Document, number: int) -> Iterator[str]:
    """Bars of the layers, and where the script draws the treemap."""
    image = report["images"][number]
    most = max((layer["uncompressed_bytes"] for other in report["images"] for layer in other["layers"]), default=0) or 1
    yield '<h3>Layers</h3><p class="key note"><span class="used"></span>in use<span class="waste"></span>wasted</p>'
    for layer in image["layers"]:
        total, wasted = layer["uncompressed_bytes"], layer["wasted_bytes"] or 0
        text = escape(
            f"{size(total)}{f', {size(wasted)} wasted' if wasted else ''} \u00b7 {visible(layer['instruction'] or layer['digest'])}"
        )
        share = 100 * wasted / total if total else 0
        yield (
            f'<div class="bar"><span class="n">{layer["index"]}</span><div class="track" title="{text}"><div class="fill" style="width:{100 * total / most:.2f}%">'
            f'<div class="used" style="width:{100 - share:.2f}%"></div><div class="waste" style="width:{share:.2f}%"></div></div><span class="label">{text}</span></div></div>'
        )
    if report["trees"][number].get("children"):
        yield '<h3>The final file system</h3><p class="note">A click goes into a folder.</p><nav class="crumbs"></nav>'
        yield f'<svg class="map" role="img" aria-label="Treemap of the final file system" data-image="{number}"></svg>'
