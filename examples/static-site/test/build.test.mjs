import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { build } from "../build.mjs";

let site;
before(async () => {
  site = await mkdtemp(join(tmpdir(), "site-"));
  await build("content", site);
});

test("the first page has the tables", async () => {
  const html = await readFile(join(site, "index.html"), "utf8");
  assert.match(html, /<title>Tide tables<\/title>/);
  assert.match(html, /High water at the harbour bridge/);
  assert.match(html, /<td>06:12<\/td>/);
});

test("every link leads to a page", async () => {
  const names = await readdir(site);
  for (const name of names.filter((each) => each.endsWith(".html"))) {
    const html = await readFile(join(site, name), "utf8");
    for (const [, target] of html.matchAll(/href="\/([^"]*)"/g)) assert.ok(names.includes(target || "index.html"), `${name}: /${target}`);
  }
});

test("each file is there compressed, too", async () => {
  for (const name of (await readdir(site)).filter((each) => !each.endsWith(".gz"))) {
    assert.deepEqual(gunzipSync(await readFile(join(site, `${name}.gz`))), await readFile(join(site, name)));
  }
});
