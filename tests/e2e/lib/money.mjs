// Money as whole nano-dollars in BigInt, computed here from the price file without any code of the product.
import { readFileSync } from 'node:fs';
import { priceFiles } from './processes.mjs';

/** "1.25" to nano-dollars; more than nine decimals is a fault. */
export function nano(usd) {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(usd);
  if (!match) throw new Error(`${JSON.stringify(usd)} is no amount`);
  const value = BigInt(match[2]) * 1_000_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
  return match[1] ? -value : value;
}

export function usd(nanoUsd) {
  const text = nanoUsd.toString().padStart(10, '0');
  return `${text.slice(0, -9)}.${text.slice(-9)}`;
}

// A row of its own without prices adds to the catalogue's, and does not price.
const models = priceFiles.flatMap(file => JSON.parse(readFileSync(file, 'utf8')).models).filter(m => m.provider === 'openai' && m.prices);

/** Today's prices of an OpenAI model, in nano-dollars per million tokens. */
export function priceOf(id) {
  const model = models.find(m => m.id === id);
  const today = new Date().toISOString().slice(0, 10);
  const { usd_per_million: price } = model.prices.findLast(p => !p.from || p.from <= today);
  return { input: nano(price.input), cached: nano(price.cache_read ?? price.input), output: nano(price.output ?? price.input) };
}

/** What a usage costs: exact, rounded up once to the nano-dollar. */
export function costOf(price, { prompt_tokens: prompt, completion_tokens: completion = 0, cached_tokens: cached = 0 }) {
  const exact = BigInt(prompt - cached) * price.input + BigInt(cached) * price.cached + BigInt(completion) * price.output;
  return (exact + 999_999n) / 1_000_000n;
}
