// Prices of the organisation's own, models nobody has a price of, and the plan: what they do to money.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertError, hello, newId, open } from './lib/house.mjs';
import { costOf, nano, priceOf } from './lib/money.mjs';
import { until } from './lib/until.mjs';

const model = 'gpt-4o-mini';
const list = priceOf(model);
const today = () => new Date().toISOString().slice(0, 10);
const figures = (input, output) => ({ usd_per_million: { input, output } });
const perMillion = (input, output) => ({ input: nano(input), cached: nano(input), output: nano(output) });

let house;
before(async () => {
  house = await open();
});
after(() => house?.close());

/** A call that must pass: its usage event, and the usage the provider reported. */
async function charge(purse, body = {}) {
  const id = newId();
  const answer = await purse.chat({ max_tokens: 50, ...body }, { headers: { 'x-request-id': id } });
  assert.equal(answer.status, 200, answer.text);
  return { event: await purse.usageOf(id), usage: answer.json.usage };
}

async function dryRun(purse, body = {}) {
  const answer = await purse.chat({ max_tokens: 50, ...body }, { headers: { 'x-dry-run': 'true' } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

const plan = body => house.control('PUT', 'plan', body);

describe('own prices', () => {
  it('change the charge and the estimate of the next call, and give way at once when they end', async () => {
    const purse = await house.purse();
    const before = await dryRun(purse);
    const price = await house.control('POST', 'prices', { model: 'gpt-4o-m*', provider: 'openai', prices: figures('100', '400') }, { status: 201 });
    assert.equal(price.from, today());
    assert.equal(price.status, 'in_force');

    const estimate = await dryRun(purse);
    assert.equal(estimate.input_usd_per_million, '100.00');
    assert.ok(nano(estimate.hold_usd) > nano(before.hold_usd));
    const { event, usage } = await charge(purse);
    assert.equal(nano(event.cost_usd), costOf(perMillion('100', '400'), usage));
    assert.equal(event.price_id, price.id);
    const shown = await purse.get(`models/${model}`);
    assert.deepEqual([shown.price_origin, shown.pricing.output_usd_per_million], ['override', '400.00']);
    const effective = await house.control('GET', `prices/effective?model=${model}`);
    assert.deepEqual([effective.origin, effective.price_id, effective.charged.usd_per_million.input], ['override', price.id, '100.00']);
    assert.deepEqual(effective.considered.map(c => [c.origin, c.applies]), [['override', true], ['catalogue', false], ['last_resort', false]]);

    await house.control('DELETE', `prices/${price.id}`, undefined, { status: 204 });
    const after = await charge(purse);
    assert.equal(nano(after.event.cost_usd), costOf(list, after.usage));
    assert.equal(after.event.price_id, null);
    assert.equal((await house.control('GET', `prices/${price.id}`)).status, 'ended');
  });

  it('that are in force are not rewritten', async () => {
    const price = await house.control('POST', 'prices', { model: 'nobody-serves-this', prices: figures('1', '2') });
    const refused = await house.controlRaw('PUT', `prices/${price.id}`, { model: 'nobody-serves-this', prices: figures('1', '3') });
    assert.match(assertError(refused, 409, 'price_in_force').message, /re-rating/);
    const past = await house.controlRaw('POST', 'prices', { model: 'm', from: '2020-01-01', prices: figures('1', '2') });
    assert.match(assertError(past, 400, 'invalid_request', 'from').message, /re-rating/);
  });

  it('with faults are refused, all faults at once', async () => {
    const answer = await house.controlRaw('POST', 'prices', {
      model: 'a b', until: '2020-01-01', prices: { usd_per_million: { input: '-1', soup: '2' }, usd_each: { request: 1 } }, more: 1,
    });
    const { message } = assertError(answer, 400, 'invalid_request', 'model');
    for (const told of ["'until'", "'prices.usd_per_million.input'", 'soup', 'output', "'prices.usd_each.request'", "'more'"]) {
      assert.ok(message.includes(told), `${told} is not in: ${message}`);
    }
  });
});

describe('a model nobody has a price of', () => {
  const call = { model: 'lab-1', messages: hello };

  it('is refused, charged at the price of last resort, and charged at a price of its own: as the organisation says', async () => {
    const row = await house.provider({ models: [{ id: 'lab-1', context_window_tokens: 8192, max_output_tokens: 100 }] });
    assert.deepEqual(row.unpriced_models, ['lab-1']);
    const purse = await house.purse();
    const refused = await purse.chat(call);
    assert.match(assertError(refused, 503, 'price_unknown', 'model').message, /POST \/control\/v1\/prices/);
    assert.equal((await purse.get('models/lab-1')).pricing, null);

    await house.control('PUT', 'price-policy', { unknown_model: 'last_resort', last_resort: figures('1000', '2000') });
    const dear = await charge(purse, call);
    assert.equal(dear.event.price_id, 'last_resort');
    assert.equal(nano(dear.event.cost_usd), costOf(perMillion('1000', '2000'), dear.usage));
    assert.equal((await purse.get('models/lab-1')).price_origin, 'last_resort');

    await house.control('POST', 'prices', { model: 'lab-1', prices: figures('1', '2') });
    const own = await charge(purse, call);
    assert.equal(nano(own.event.cost_usd), costOf(perMillion('1', '2'), own.usage));
    await house.control('PUT', 'price-policy', { unknown_model: 'refuse' });
    await charge(purse, call);
  });

  it('has no price of last resort that is not said', async () => {
    assertError(await house.controlRaw('PUT', 'price-policy', { unknown_model: 'last_resort' }), 400, 'invalid_request', 'last_resort');
    assertError(
      await house.controlRaw('PUT', 'price-policy', { unknown_model: 'last_resort', last_resort: { usd_per_million: { input: '1' } } }),
      400, 'invalid_request', 'last_resort.usd_per_million');
  });
});

describe('a plan', () => {
  afterEach(() => plan({ enabled: false }));

  it('charges so many times the list price, and the event says what that was', async () => {
    const purse = await house.purse();
    await plan({ multipliers: { [model]: '3' } });
    const { event, usage } = await charge(purse);
    assert.equal(nano(event.cost_usd), costOf({ input: 3n * list.input, cached: 3n * list.cached, output: 3n * list.output }, usage));
    assert.equal(nano(event.list_cost_usd), costOf(list, usage));
    assert.equal(event.price_multiplier, '3');
    assert.equal((await purse.get(`models/${model}`)).multiplier, '3');
  });

  it('lets whoever has nothing left call what is free, and nothing else', async () => {
    const purse = await house.purse('0');
    await plan({ table: 'copilot' });
    assertError(await purse.chat({ max_tokens: 50 }), 402, 'insufficient_budget');
    const { event, usage } = await charge(purse, { model: 'gpt-4o' });
    assert.equal(event.price_multiplier, '0');
    assert.deepEqual([event.cost_usd, event.hold_usd], ['0.00', '0.00']);
    assert.equal(nano(event.list_cost_usd), costOf(priceOf('gpt-4o'), usage));
    assert.equal(event.prompt_tokens, usage.prompt_tokens);
    assert.equal((await purse.settled()).spent_usd, '0.00');
  });

  it('makes nothing free by a table that nobody chose', async () => {
    const purse = await house.purse('0');
    await plan({});
    assertError(await purse.chat({ model: 'gpt-4o', max_tokens: 50 }), 402, 'insufficient_budget');
    assert.deepEqual((await house.control('GET', 'plan')).entries, []);
  });

  it('is free while it streams, too', async () => {
    const purse = await house.purse('0');
    await plan({ table: 'copilot' });
    const stream = await purse.client.chat.completions.create({ model: 'gpt-4o', messages: hello, max_tokens: 20, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
    assert.ok(text.length > 0);
    assert.equal((await purse.settled()).spent_usd, '0.00');
  });

  it('with faults is refused', async () => {
    const answer = await house.controlRaw('PUT', 'plan', {
      multipliers: { a: '1001', b: 0, 'c d': '1' }, default_multiplier: '-1', free_quotas: [{ provider: 'openai', window: 'week' }],
    });
    const { message } = assertError(answer, 400, 'invalid_request');
    for (const told of ['multipliers.a', 'multipliers.b', 'multipliers.c d', 'default_multiplier', 'free_quotas[0].window', 'free_quotas[0].requests']) {
      assert.ok(message.includes(`'${told}'`), `${told} is not in: ${message}`);
    }
  });

  it('counts free quotas, and warns when one is used up', async () => {
    const purse = await house.purse();
    const row = await house.provider({ models: [{ id: 'quota-1', price_as: 'openai/gpt-4o' }] });
    await plan({ enabled: false, free_quotas: [{ provider: row.id, window: 'day', requests: 2 }] });
    for (let call = 0; call < 2; call++) await charge(purse, { model: 'quota-1' });
    const [quota] = (await until('both calls are counted', async () => {
      const { data } = await house.control('GET', 'plan/quotas');
      return data[0].requests.used === 2 && { data };
    })).data;
    assert.deepEqual([quota.provider, quota.percent, quota.requests], [row.id, 100, { used: 2, limit: 2 }]);

    // The job looks once a minute.
    const alerts = await until('both thresholds are told', async () => {
      const { data } = await house.control('GET', 'alerts?kind=quota_threshold');
      return data.length >= 2 && data;
    }, { boundMs: 90_000, everyMs: 250 });
    assert.deepEqual(alerts.map(a => a.data.percent).sort(), ['100', '80']);
    assert.ok(alerts.every(a => a.data.provider === row.id));
  });
});
