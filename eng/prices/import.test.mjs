// The catalogue is what the package says, and what changes is kept beside what was.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { convertProvider, decimal } from './convert.mjs';
import { merge } from './history.mjs';
import { build } from './import.mjs';

const target = new URL('../../src/AiOrchestrator.Core/Metering/catalogue.json', import.meta.url);
const row = (input, more = {}) => ({ provider: 'p', id: 'm', kind: 'chat', prices: [{ usd_per_million: { input, output: '2' } }], ...more });
const convert = (model) => {
  const problems = [];
  const [converted] = convertProvider({ id: 'p', models: [{ id: 'm', match: { equals: 'm' }, prices: { input_mtok: 1, output_mtok: 2 }, ...model }] }, problems);
  return { converted, problems };
};

test('running the import again writes the same bytes', () => {
  const before = readFileSync(target, 'utf8');
  const { text, changes } = build(JSON.parse(before), '2030-01-01');
  assert.deepEqual(changes, []);
  assert.equal(text, before);
});

test('every row of the package is carried', () => {
  assert.equal(build(null, '2030-01-01').models.length, 1694);
});

test('a price that changed begins on the day and the old one stays', () => {
  const { models, changes } = merge([row('1')], [row('3')], '2026-12-01');
  assert.deepEqual(models[0].prices, [{ usd_per_million: { input: '1', output: '2' } }, { from: '2026-12-01', usd_per_million: { input: '3', output: '2' } }]);
  assert.match(changes[0], /^price {4}p\/m/);
  const again = merge(models, [row('3')], '2027-01-01');
  assert.deepEqual([again.models[0].prices.length, again.changes], [2, []]);
  const third = merge(models, [row('4')], '2027-01-01');
  assert.deepEqual(third.models[0].prices.map((period) => period.from), [undefined, '2026-12-01', '2027-01-01']);
  assert.equal(merge(models, [row('5')], '2026-12-01').models[0].prices.length, 2);
});

test('a change the package dates itself is taken as it is', () => {
  const dated = row('1', { prices: [...row('1').prices, { from: '2026-10-01', usd_per_million: { input: '9', output: '2' } }] });
  assert.deepEqual(merge([row('1')], [dated], '2026-12-01').models[0].prices, dated.prices);
});

test('what is new and what is gone is said, and what is gone stays', () => {
  const { models, changes } = merge([row('1')], [row('1', { id: 'n' })], '2026-12-01');
  assert.deepEqual(changes, ['new      p/n', 'gone     p/m']);
  assert.deepEqual(models.map((model) => model.id), ['n', 'm']);
});

test('what the file has no word for is named', () => {
  assert.deepEqual(convert({ prices: { input_mtok: 1, output_smell: 2 } }).problems, ['p/m: price output_smell']);
  assert.deepEqual(convert({ match: { sounds_like: 'm' } }).problems, ['p/m: match sounds_like']);
  assert.deepEqual(convert({ match: { regex: '^m(?=x)' } }).problems, ['p/m: expression ^m(?=x)']);
  assert.deepEqual(convert({ colour: 'red' }).problems, ['p/m: unknown member colour']);
  assert.match(convert({ prices: [{ prices: { input_mtok: 1 } }, { constraint: { type: 'moon' }, prices: { input_mtok: 1 } }] }).problems[0], /constraint/);
});

test('amounts are rounded up at the ninth decimal and digits that binary made are dropped', () => {
  assert.deepEqual([0.08333333333333334, 0.18000000000000002, 1e-7, 2.5, 40, 0].map(decimal), ['0.083333334', '0.18', '0.0000001', '2.5', '40', '0']);
});

test('times of the day belong to the period before them, and one past midnight is two', () => {
  const prices = [
    { prices: { input_mtok: 1, output_mtok: 2 } },
    { constraint: { type: 'start_date', start_date: '2026-08-17' }, prices: { input_mtok: 3, output_mtok: 4 } },
    { constraint: { type: 'time_of_date', start_time: '22:00:00Z', end_time: '04:00:00Z' }, prices: { input_mtok: 5, output_mtok: 6 } },
  ];
  const [first, second] = convert({ prices }).converted.prices;
  assert.equal(first.windows, undefined);
  assert.deepEqual(second.windows.map((window) => [window.from_utc, window.to_utc]), [['00:00', '04:00'], ['22:00', '24:00']]);
});
