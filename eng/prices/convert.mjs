// One provider of @pydantic/genai-prices as rows of the price file (docs/operations/price-file.md). Pure: no clock, no files.
import { batchFactor, cacheWrite, cacheWrite1h, free, inexpressible, kinds, least, unpriced } from './rules.mjs';

const tokens = {
  input_mtok: 'input', cache_read_mtok: 'cache_read', cache_write_mtok: 'cache_write_5m', cache_write_1h_mtok: 'cache_write_1h',
  input_audio_mtok: 'input_audio', input_image_mtok: 'input_image', input_video_mtok: 'input_video',
  cache_audio_read_mtok: 'cache_read_audio', cache_image_read_mtok: 'cache_read_image',
  output_mtok: 'output', output_audio_mtok: 'output_audio', output_image_mtok: 'output_image', output_video_mtok: 'output_video',
  output_citation_mtok: 'output_citation', output_reasoning_mtok: 'reasoning',
};
// A thousand of each; an hour of audio is what the file states as well.
const units = {
  web_searches_kcount: 'web_search', storage_searches_kcount: 'file_search', requests_kcount: 'request',
  input_document_kpages: 'page', input_annotated_document_kpages: 'annotated_page',
};
const hours = ['audio_hours', 'input_audio_hours'];
const order = Object.values(tokens);
const modelMembers = new Set(['id', 'name', 'description', 'match', 'context_window', 'prices', 'price_comments', 'deprecated']);
// Read by whoever extracts usage or names providers by address, which is not this file's business.
const providerMembers = new Set([
  'id', 'name', 'description', 'price_comments', 'pricing_urls', 'api_pattern', 'model_match', 'provider_match', 'extractors', 'models',
  'fallback_model_providers',
]);

/** Everything the file cannot say, by name: any of it fails the import. */
export class Inexpressible extends Error {}

/** Decimal text with at most nine decimals, rounded up: a price is never made cheaper than it is. */
export function decimal(value) {
  const text = value.toString();
  const [, digits, exponent] = /^([\d.]+)(?:e([+-]\d+))?$/.exec(text) ?? fail(`${text} is no price`);
  let [whole, fraction = ''] = digits.split('.');
  const shift = Number(exponent ?? 0);
  if (shift < 0) {
    fraction = whole.padStart(1 - shift, '0').slice(shift) + fraction;
    whole = whole.padStart(1 - shift, '0').slice(0, shift);
  } else if (shift > 0) {
    whole += fraction.padEnd(shift, '0').slice(0, shift);
    fraction = fraction.slice(shift);
  }
  let nano = BigInt(whole) * 10n ** 9n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
  // Digits beyond the fifteenth are what binary made of a decimal (0.18000000000000002), not part of the price.
  if (/[1-9]/.test(fraction.slice(9, 15))) nano += 1n;
  const rest = (nano % 10n ** 9n).toString().padStart(9, '0').replace(/0+$/, '');
  return (nano / 10n ** 9n).toString() + (rest === '' ? '' : `.${rest}`);
}

export function convertProvider(provider, problems) {
  for (const member of Object.keys(provider)) {
    if (!providerMembers.has(member)) problems.push(`${provider.id}: unknown member ${member}`);
  }
  return provider.models.map((model) => convertModel(provider, model, problems));
}

function convertModel(provider, model, problems) {
  const place = `${provider.id}/${model.id}`;
  for (const member of Object.keys(model)) {
    if (!modelMembers.has(member)) problems.push(`${place}: unknown member ${member}`);
  }
  try {
    const [names, match] = namesOf(model.match);
    // The id is what the package calls the model; where that is no name the provider knows, a real one stands first.
    const own = matches(model.match, model.id.toLowerCase());
    const [id, ...aliases] = own ? [model.id, ...names.filter((name) => name.toLowerCase() !== model.id.toLowerCase())] : names.length > 0 ? names : [model.id];
    const periods = convertPeriods(provider, model);
    const row = { provider: provider.id, id };
    if (aliases.length > 0) row.aliases = aliases;
    if (match.length > 0) row.match = match;
    row.kind = kinds(provider, model, periods);
    if (!own && names.length === 0) row.family = true;
    if (model.context_window) row.context_window_tokens = model.context_window;
    if (row.kind === 'chat' && ['openai', 'azure'].includes(provider.id)) row.output_limit_member = 'max_completion_tokens';
    if (model.deprecated) row.deprecated = true;
    const reason = inexpressible(provider, model) ?? unpriced(provider, model);
    if (reason) row.unpriced = reason;
    else row.prices = periods.map((period) => finish(provider, model, row.kind, period));
    return row;
  } catch (error) {
    if (!(error instanceof Inexpressible)) throw error;
    problems.push(`${place}: ${error.message}`);
    return null;
  }
}

/** Exact names, and what matches by pattern as the price file writes it. */
function namesOf(match) {
  const names = [];
  const patterns = [];
  for (const part of match.or ?? [match]) {
    if ('equals' in part) names.push(part.equals);
    else if ('or' in part) {
      const [more, rest] = namesOf(part);
      names.push(...more);
      patterns.push(...rest);
    } else patterns.push('and' in part ? part.and.map(pattern) : pattern(part));
  }
  return [names.filter((name, i) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === i), patterns];
}

function pattern(part) {
  const [[kind, text], ...rest] = Object.entries(part);
  if (rest.length > 0) fail(`match of ${Object.keys(part)}`);
  switch (kind) {
    case 'equals': return `is ${text.toLowerCase()}`;
    case 'starts_with': return `starts ${text.toLowerCase()}`;
    case 'ends_with': return `ends ${text.toLowerCase()}`;
    case 'contains': return `contains ${text.toLowerCase()}`;
    case 'regex': {
      // Expressions are run in linear time, which leaves no room for looking ahead: "has none of" is a word of its own.
      const lacks = /^\^\(\?!\.\*(.*)\)$/.exec(text);
      const expression = (lacks ? lacks[1] : text).replaceAll('\\d', '[0-9]');
      if (/\(\?[!=<]|\\[1-9bBkpPwWsS]/.test(expression)) fail(`expression ${text}`);
      return `${lacks ? 'lacks' : 'regex'} ${expression}`;
    }
    default: return fail(`match ${kind}`);
  }
}

function matches(match, id) {
  if (match.or) return match.or.some((part) => matches(part, id));
  if (match.and) return match.and.every((part) => matches(part, id));
  const [[kind, text]] = Object.entries(match);
  const given = text.toLowerCase();
  return { equals: id === given, starts_with: id.startsWith(given), ends_with: id.endsWith(given), contains: id.includes(given), regex: kind === 'regex' && new RegExp(text).test(id) }[kind];
}

/** Periods by date; a time of the day belongs to the period it is listed after. */
function convertPeriods(provider, model) {
  const periods = [];
  for (const { constraint, prices } of Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }]) {
    const rates = convertRates(prices);
    if (constraint === undefined) {
      if (periods.length > 0) fail('an undated price after a dated one');
      periods.push(rates);
    } else if (constraint.type === 'start_date') {
      periods.push({ from: constraint.start_date, ...rates });
    } else if (constraint.type === 'time_of_date' && periods.length > 0) {
      (periods.at(-1).windows ??= []).push(...windows(constraint).map((window) => ({ ...window, ...rates })));
    } else fail(`constraint ${JSON.stringify(constraint)}`);
  }
  return periods;
}

function windows({ start_time: start, end_time: end }) {
  const [from, to] = [start, end].map((time) => /^([0-2]\d:[0-5]\d):00Z$/.exec(time)?.[1] ?? fail(`time ${time}`));
  return to < from
    ? [{ from_utc: '00:00', to_utc: to }, { from_utc: from, to_utc: '24:00' }].filter((window) => window.from_utc !== window.to_utc)
    : [{ from_utc: from, to_utc: to }];
}

function convertRates(prices) {
  const [card, each, edges] = [{}, {}, new Set()];
  for (const [key, price] of Object.entries(prices)) {
    if (tokens[key]) {
      card[tokens[key]] = price;
      if (typeof price === 'object') price.tiers.forEach((tier) => edges.add(tier.start));
    } else if (units[key] && typeof price === 'number') each[units[key]] = decimal(price / 1000);
    else if (hours.includes(key)) each.audio_hour = decimal(Math.max(price, Number(each.audio_hour ?? 0)));
    else if (key !== 'input_text_messages_kcount') fail(`price ${key}`);
  }
  const at = (edge) => Object.fromEntries(order.filter((name) => name in card).map((name) => [name, decimal(priceAt(card[name], edge))]));
  const rates = {};
  if (Object.keys(card).length > 0) rates.usd_per_million = at(0);
  if (edges.size > 0) rates.tiers = [...edges].sort((a, b) => a - b).map((edge) => ({ above_input_tokens: edge, usd_per_million: at(edge) }));
  if (Object.keys(each).length > 0) rates.usd_each = each;
  return rates;
}

function priceAt(price, edge) {
  if (typeof price === 'number') return price;
  return price.tiers.filter((tier) => tier.start <= edge).sort((a, b) => a.start - b.start).reduce((base, tier) => tier.price, price.base);
}

/** What the rules add to a period: the hour's cache, the batch, free models, and what one price means for the other direction. */
function finish(provider, model, kind, period) {
  const complete = (rates) => {
    if (!rates.usd_per_million && !rates.usd_each && free(provider, model)) rates.usd_per_million = { input: '0', output: '0' };
    for (const card of [rates.usd_per_million, ...(rates.tiers ?? []).map((tier) => tier.usd_per_million)].filter(Boolean)) {
      // The source names one price: what the model writes is charged like what it reads, never for nothing.
      if (kind === 'chat' && card.input !== undefined && card.output === undefined) card.output = card.input;
      cacheWrite(provider, model, card, decimal);
      cacheWrite1h(provider, model, card, decimal);
    }
    (rates.windows ?? []).forEach(complete);
    return rates;
  };
  const done = complete(structuredClone(period));
  const atLeast = least(provider, model);
  if (atLeast) done.usd_each_least = atLeast;
  const factor = batchFactor(provider, model, kind);
  return factor === undefined ? done : { ...done, batch_factor: factor };
}

function fail(problem) {
  throw new Inexpressible(problem);
}
