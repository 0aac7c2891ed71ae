#!/usr/bin/env node
// Writes src/AiOrchestrator.Core/Metering/catalogue.json from @pydantic/genai-prices and says what changed.
//
//   node import.mjs --date 2026-11-25     a price that changed holds from that day; the old one stays as history
//   node import.mjs --check               writes nothing; fails where the file is not what the package says
//
// The same package and the same file before give the same bytes after.
import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as package_ from '@pydantic/genai-prices';
import { convertProvider } from './convert.mjs';
import { merge } from './history.mjs';
import { sources } from './rules.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '../../src/AiOrchestrator.Core/Metering/catalogue.json');
// A model looked up without a provider costs what its vendor asks: vendors stand before who resells.
const vendors = [
  'openai', 'anthropic', 'google', 'mistral', 'cohere', 'deepseek', 'x-ai', 'moonshotai', 'zai', 'zhipuai', 'minimax', 'perplexity', 'voyageai', 'arcee', 'typesafe',
  'groq', 'cerebras', 'azure', 'aws', 'together', 'fireworks',
];

/** The package exports no list, only a search in it: the list is what it searches. */
function allProviders() {
  const { find } = Array.prototype;
  let all;
  Array.prototype.find = function (...given) {
    if (all === undefined && this[0]?.models) all = [...this];
    return find.apply(this, given);
  };
  try {
    package_.findProvider({ providerId: 'none' });
  } finally {
    Array.prototype.find = find;
  }
  if (all === undefined) throw new Error('the package no longer searches a list of providers');
  return all;
}

const rank = (id) => (vendors.indexOf(id) + 1 || vendors.length + 1);

export function build(before, date) {
  const problems = [];
  const version = JSON.parse(readFileSync(join(here, 'package.json'))).dependencies['@pydantic/genai-prices'];
  const providers = allProviders().sort((a, b) => rank(a.id) - rank(b.id) || (a.id < b.id ? -1 : 1));
  const rows = providers.flatMap((provider) => convertProvider(provider, problems));
  if (problems.length > 0) {
    throw new Error(`the price file has no word for:\n${problems.join('\n')}`);
  }
  const { models, changes } = merge(before?.models ?? [], rows, date);
  models.sort((a, b) => rank(a.provider) - rank(b.provider) || (a.provider < b.provider ? -1 : a.provider > b.provider ? 1 : 0));
  const head = {
    format: 1, currency: 'USD',
    source: { name: '@pydantic/genai-prices', version, url: 'https://github.com/pydantic/genai-prices', note: 'written by eng/prices; do not edit' },
    sources,
    fallbacks: Object.fromEntries(providers.filter((p) => p.fallback_model_providers).map((p) => [p.id, p.fallback_model_providers])),
  };
  return { text: write(head, models), changes, models };
}

/** One row a line, so that a change of a price is a change of a line. */
function write(head, models) {
  const members = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`).join('');
  const lines = models.map((row) => `    ${JSON.stringify(row)}`);
  return `{\n${members}  "models": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

function main() {
  const given = process.argv.slice(2);
  const before = existsSync(target) ? readFileSync(target, 'utf8') : null;
  const check = given.includes('--check');
  const date = given[given.indexOf('--date') + 1];
  if (!check && !/^\d{4}-\d{2}-\d{2}$/.test(date ?? '')) throw new Error('--date YYYY-MM-DD is missing: the day from which changed prices hold');
  const { text, changes, models } = build(before && JSON.parse(before), check ? '9999-12-31' : date);
  if (check) {
    if (text !== before) throw new Error(`catalogue.json is not what the package says:\n${changes.join('\n')}`);
  } else {
    writeFileSync(target, text);
  }
  console.log(changes.join('\n') || 'nothing changed');
  console.log(`${models.length} models, ${Buffer.byteLength(text)} bytes`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(`eng/prices: ${error.message}`);
    process.exitCode = 1;
  }
}
