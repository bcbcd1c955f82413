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
:root { color-scheme: light dark; --ink: light-dark(#1a2230, #e6e9ee); --paper: light-dark(#f6f7f9, #12161c); --card: light-dark(#fff, #1a2029);
  --faint: light-dark(#5d6878, #9aa4b2); --line: light-dark(#dfe3ea, #2c343f); --own: light-dark(#8fbcf0, #2a5d96); --base: light-dark(#d3d9e2, #3a4451);
  --waste: light-dark(#f0936e, #a84a28); --link: light-dark(#1d5fae, #6db0f7); --code: light-dark(#eef1f5, #232b36); --good: light-dark(#0d6b4f, #5fd0a8); }
* { box-sizing: border-box; }
body { margin: 2.5rem auto 4rem; max-width: 76rem; padding: 0 1.25rem; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: .85rem; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; color: var(--faint); margin: 0; }
h2 { font-size: 1.55rem; line-height: 1.25; margin: .4rem 0 1rem; overflow-wrap: anywhere; } h2:not(:first-of-type) { margin-top: 3.5rem; }
h3 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr)); gap: .8rem; margin: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem; }
.tiles dt { color: var(--faint); font-size: .85rem; } .tiles dd { margin: 0; } .tiles .big { font-size: 1.55rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.tiles .small { color: var(--faint); font-size: .82rem; line-height: 1.35; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; } .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
th, td { padding: .35rem .8rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; } tr:last-child td { border-bottom: 0; } td:first-child:not(.n), td:last-child:not(.n) { min-width: 9rem; }
th { color: var(--faint); font-weight: 600; font-size: .8rem; } .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; }
.list { list-style: none; margin: 0; padding: 0; } .list li { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .7rem 1rem; margin: .5rem 0; overflow-wrap: anywhere; }
.list b { color: var(--good); font-variant-numeric: tabular-nums; } code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .88em; background: var(--code); border-radius: 4px; padding: .05rem .3rem; }
.note { color: var(--faint); margin: .6rem 0; font-size: .9rem; }
.bars { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .6rem 1rem .6rem .2rem; }
.bar { display: grid; grid-template-columns: 2.4rem 1fr; gap: .6rem; align-items: center; margin: .15rem 0; font-size: .85rem; }
.track { position: relative; height: 1.5rem; } .fill { display: flex; height: 100%; min-width: 2px; border-radius: 4px; overflow: hidden; }
.own { background: var(--own); } .base { background: var(--base); } .waste { background: var(--waste); }
.label { position: absolute; inset: 0; padding: 0 .5rem; line-height: 1.5rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.key span { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px; margin: 0 .4rem 0 1rem; vertical-align: -1px; } .key span:first-child { margin-left: 0; }
.map { width: 100%; height: 32rem; border-radius: 10px; display: block; } .map rect { stroke: var(--paper); cursor: pointer; } .map rect:hover { stroke: var(--ink); }
.map text { pointer-events: none; font-size: 11px; fill: #10151c; } .crumbs { margin: .2rem 0 .4rem; } .crumbs button { border: 0; background: none; color: var(--link); font: inherit; cursor: pointer; padding: 0 .15rem; }
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
    for (const [k, v] of Object.entries({ x, y, width: w, height: h, fill: `hsl(${hue} ${depth > 1 ? 52 : 46}% ${Math.min(88, 62 + depth * 7)}%)` })) rect.setAttribute(k, v);
    title.textContent = path + "\\n" + human(item.bytes) + (item.layer === undefined ? "" : "\\nlayer " + item.layer); rect.append(title);
    rect.onclick = () => { if (kid.children) draw(svg, crumbs, way.concat(kid)); };
    svg.append(rect);
    const name = item.children && h > 34 && w > 40;
    if (w > 40 && h > 14) {
      const text = document.createElementNS(SVG, "text"); text.setAttribute("x", x + 3); text.setAttribute("y", y + 11);
      const full = item.name + " " + human(item.bytes), fits = Math.floor((w - 6) / 6.2); text.textContent = full.length <= fits ? full : item.name.length <= fits ? item.name : fits > 3 ? item.name.slice(0, fits - 1) + "\u2026" : ""; svg.append(text);
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
        if of_image:
            yield f"<h2>{escape(section.title)}</h2>"
            yield from _tiles(section)
            yield from _pictures(report, next(pictures))
        else:
            yield f"<h3>{escape(section.title)}</h3>"
            yield from _content(section)


def _tiles(section: Section) -> Iterator[str]:
    yield '<dl class="tiles">'
    for label, figure, note in section.rows:
        yield f'<div><dt>{escape(label)}</dt><dd class="big">{escape(figure)}</dd><dd class="small">{escape(note)}</dd></div>'
    yield "</dl>"
    yield from (f'<p class="note">{escape(paragraph)}</p>' for paragraph in section.paragraphs)


def _content(section: Section) -> Iterator[str]:
    if section.rows:
        yield '<div class="scroll"><table>'
        yield "<tr>" + "".join(f"<th{_kind(section, at)}>{escape(cell)}</th>" for at, cell in enumerate(section.head)) + "</tr>"
        for row in section.rows:
            yield "<tr>" + "".join(f"<td{_kind(section, at)}>{escape(cell)}</td>" for at, cell in enumerate(row)) + "</tr>"
        yield "</table></div>"
    if section.paragraphs:
        yield '<ul class="list">' + "".join(f"<li>{_marked(paragraph)}</li>" for paragraph in section.paragraphs) + "</ul>"


def _marked(paragraph: str) -> str:
    """What stands between backquotes as code, and the size that it begins with in bold."""
    first, colon, rest = paragraph.partition(": ")
    bold, text = (f"<b>{escape(first)}</b> ", rest) if colon and first[:1].isdigit() else ("", paragraph)
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one is alone
        return bold + escape(text)
    return bold + "".join(f"<code>{escape(part)}</code>" if place % 2 else escape(part) for place, part in enumerate(parts))


def _kind(section: Section, column: int) -> str:
    if column < section.numbers or (section.numbers < 0 < column):
        return ' class="n"'
    return ' class="mono"' if section.head[column] in ("instruction", "path", "paths", "layer", "folder", "file") else ""


def _pictures(report: Document, number: int) -> Iterator[str]:
    """Bars of the layers, and where the script draws the treemap."""
    image = report["images"][number]
    most = max((layer["uncompressed_bytes"] for other in report["images"] for layer in other["layers"]), default=0) or 1
    base = image["base"]["layers"]
    yield "<h3>Size of the layers</h3>"
    key = ('<span class="base"></span>base image' if base else "", '<span class="own"></span>in use', '<span class="waste"></span>wasted')
    yield f'<p class="key note">{"".join(key)}</p><div class="bars">'
    for layer in image["layers"]:
        total, wasted = layer["uncompressed_bytes"], layer["wasted_bytes"] or 0
        text = escape(
            f"{size(total)}{f', {size(wasted)} wasted' if wasted else ''} \u00b7 {visible(layer['instruction'] or layer['digest'])}"
        )
        share = 100 * wasted / total if total else 0
        used = "base" if layer["index"] < base else "own"
        yield (
            f'<div class="bar"><span class="n">{layer["index"]}</span><div class="track" title="{text}"><div class="fill" style="width:{100 * total / most:.2f}%">'
            f'<div class="{used}" style="width:{100 - share:.2f}%"></div><div class="waste" style="width:{share:.2f}%"></div></div><span class="label">{text}</span></div></div>'
        )
    yield "</div>"
    if report["trees"][number].get("children"):
        yield '<h3>The final file system</h3><p class="note">A click goes into a folder.</p><nav class="crumbs"></nav>'
        yield f'<svg class="map" role="img" aria-label="Treemap of the final file system" data-image="{number}"></svg>'
