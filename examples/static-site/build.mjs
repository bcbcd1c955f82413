// Pages from Markdown: `node build.mjs FROM TO` writes each as HTML, and beside it compressed, as nginx's gzip_static looks for it.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { marked } from "marked";

const page = (title, body) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
<main>
${body}</main>
`;

const write = async (path, text) => {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, text);
  await writeFile(`${path}.gz`, gzipSync(text, { level: 9 }));
};

export async function build(from, to) {
  const files = await readdir(from, { recursive: true, withFileTypes: true });
  for (const file of files.filter((entry) => entry.isFile())) {
    const source = join(file.parentPath, file.name);
    const target = join(to, relative(from, source));
    const text = await readFile(source, "utf8");
    if (!source.endsWith(".md")) {
      await write(target, text);
      continue;
    }
    const title = text.match(/^# (.+)$/m)?.[1] ?? file.name;
    await write(target.replace(/md$/, "html"), page(title, marked.parse(text)));
  }
}

if (import.meta.main) await build(...process.argv.slice(2));
