// Writes the viewer of the OpenAPI document, compressed, and the licences of all that is in it to where Core embeds them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, 'node_modules');
const viewer = join(packages, 'rapidoc');

export const target = join(here, '../../src/AiOrchestrator.Core/Platform/Reference');

/** The viewer as the package has it. */
export const script = () => readFileSync(join(viewer, 'dist/rapidoc-min.js'));

/** The package and all it depends on: which of them a bundle holds is not told by those that are bundles themselves. What is optional is in none. */
function everything() {
  const { packages: locked } = JSON.parse(readFileSync(join(here, 'package-lock.json'), 'utf8'));
  return Object.keys(locked).filter(path => path && !locked[path].optional && !path.includes('/@types/')).map(path => path.slice('node_modules/'.length)).sort();
}

/** What a package says of its licence: its file, or a line of its own. */
function licenceOf(name) {
  const about = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
  const file = readdirSync(join(packages, name), { withFileTypes: true }).find(entry => entry.isFile() && /^licen[cs]e/i.test(entry.name));
  const text = file ? readFileSync(join(packages, name, file.name), 'utf8') : `${about.author?.name ?? about.author ?? name}: https://spdx.org/licenses/${about.license}.html`;
  return { name: `${name} ${about.version} (${about.license})`, text: text.replace(/\r/g, '').replace(/[ \t]+$/gm, '').trim() };
}

/** The licences of all of them, each text once. */
export function licences() {
  const byText = everything().map(licenceOf).reduce((all, l) => all.set(l.text, [...(all.get(l.text) ?? []), l.name]), new Map());
  return [...byText].map(([text, of]) => `${of.join('\n')}\n\n${text}\n`).join('\n----\n\n');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(target, 'rapidoc-min.js.gz'), gzipSync(script(), { level: 9 }));
  writeFileSync(join(target, 'rapidoc-min.js.LICENSE.txt'), licences());
}
