// Names the tests that failed, with the first lines of what they say: `node eng/failures.mjs FOLDER`, of the .trx files and the logs of node's runner there.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const entities = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' };
const plain = text => text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|\w+);/gi, (all, hex, number) => entities[all] ?? (hex || number ? String.fromCodePoint(parseInt(hex ?? number, hex ? 16 : 10)) : all));
const first = (text, lines = 4) => text.split('\n').map(line => line.trimEnd().slice(0, 300)).filter(Boolean).slice(0, lines);

function* ofDotnet(text) {
  for (const [, attributes, body] of text.matchAll(/<UnitTestResult ([^>]*outcome="Failed"[^>]*)>([\s\S]*?)<\/UnitTestResult>/g)) {
    yield [plain(/testName="([^"]*)"/.exec(attributes)?.[1] ?? 'a test without a name'), first(plain(/<Message>([\s\S]*?)<\/Message>/.exec(body)?.[1] ?? ''))];
  }
}

/** Of the reporter for people, which tells them again at its end, or of TAP. A suite that failed by its tests is named beside them. */
function* ofNode(text) {
  const lines = text.replace(/\x1b\[[0-9;]*m/g, '').split('\n');
  const end = lines.findLastIndex(line => /^✖ failing tests:/.test(line));
  const found = (end < 0 ? lines : lines.slice(end + 1)).map((line, at, all) => [/^(?:✖ (.*?)(?: \([\d.]+ms\))?|\s*not ok \d+ - (.*))$/.exec(line), all.slice(at + 1, at + 12)]);
  for (const [match, after] of found) if (match) yield [match[1] ?? match[2], first(after.join('\n'))];
}

const readers = [[/\.trx$/, ofDotnet], [/\.log$/, ofNode]];
for (const file of readdirSync(folder).sort()) {
  const reader = readers.find(([pattern]) => pattern.test(file))?.[1];
  for (const [name, said] of reader?.(readFileSync(join(folder, file), 'utf8')) ?? []) {
    console.log([`failed: ${name} (${file})`, ...said.map(line => `    ${line}`)].join('\n'));
  }
}
