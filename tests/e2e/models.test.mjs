// OpenAI's official client and models that die: what the calls of an unchanged client come to, and what its headers say.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import { hello, newId, open } from './lib/house.mjs';
import { costOf, nano, priceOf } from './lib/money.mjs';

const price = { input_usd_per_million: '1', output_usd_per_million: '5' };
let house;
before(async () => {
  house = await open({ env: { AO_Gateway__ModelDates: undefined } });
  const named = id => ({ id, upstream_id: 'gpt-4o-mini', price, max_output_tokens: 1000, context_window_tokens: 128000, output_limit_member: 'max_completion_tokens' });
  await house.provider({ models: [named('house-1'), named('house-2'), named('house-3')] });
});
after(() => house?.close());

const days = count => new Date(Date.now() + count * 86_400_000).toISOString();
const say = (model, body) => house.control('PUT', `models/${model}`, body);

async function ask(purse, model, body = {}) {
  const id = newId();
  const call = purse.client.chat.completions.create({ model, messages: hello, max_completion_tokens: 20, ...body }, { headers: { 'x-request-id': id } });
  const { data, response } = await call.withResponse();
  if (body.stream) for await (const _ of data);
  return { data, headers: response.headers, event: await purse.usageOf(id) };
}

describe('a model in its life', () => {
  it('says nothing while it is active, warns while it is dying, and is replaced once it is dead: priced as what serves', async () => {
    const purse = await house.purse();
    const active = await ask(purse, 'house-1');
    for (const name of ['x-model-warning', 'x-model-replaced', 'deprecation', 'sunset']) assert.equal(active.headers.get(name), null);

    await say('house-1', { deprecated_at: days(-1), retired_at: days(9.5), replacement: 'house-2', aliases: ['house'] });
    for (const stream of [false, true]) {
      const { headers, event } = await ask(purse, 'house-1', { stream });
      assert.equal(headers.get('x-model-days-left'), '10');
      assert.equal(headers.get('x-model-replacement'), 'house-2');
      assert.match(headers.get('x-model-warning'), /^'house-1' is deprecated since \d{4}-\d\d-\d\d; it ends on \d{4}-\d\d-\d\d, days left: 10; use 'house-2'$/);
      assert.match(headers.get('deprecation'), /^@\d{10}$/);
      assert.ok(Date.parse(headers.get('sunset')) > Date.now());
      assert.equal(event.legacy_use, 'model:house-1');
    }

    await say('house-1', { retired_at: days(-1), replacement: 'house-2', aliases: ['house'] });
    for (const asked of ['house-1', 'house']) {
      const { headers, event } = await ask(purse, asked);
      assert.equal(headers.get('x-model-replaced'), `${asked} -> house-2`);
      assert.deepEqual([event.model, event.model_requested, event.route_reason], ['house-2', asked, 'replacement']);
    }

    const listed = (await purse.client.models.list()).data.map(m => m.id);
    assert.ok(listed.includes('house-2') && !listed.includes('house-1'));
    assert.equal((await purse.get('models/house-1')).lifecycle.status, 'DEAD');
    const report = await house.control('GET', 'usage/legacy');
    const used = report.data.filter(u => u.key === purse.keyId).map(u => [u.use, u.calls]);
    assert.deepEqual(used, [['model:house', 1], ['model:house-1', 3]]);
  });

  it('is refused without a replacement and a default, and nothing is charged', async () => {
    const purse = await house.purse();
    await say('house-3', { retired_at: days(-1) });
    await assert.rejects(ask(purse, 'house-3'), failure => failure instanceof OpenAI.NotFoundError && failure.code === 'model_retired');
    assert.equal((await purse.settled()).spent_usd, '0.00');
    await house.control('PUT', 'model-policy', { default_model: 'house-2' });
    assert.equal((await ask(purse, 'house-3')).headers.get('x-model-replaced'), 'house-3 -> house-2');
  });
});

it("serves gemini-1.5-flash by what takes its place by the shipped registry, whether the row still has it or not", async () => {
  const today = Date.now() < Date.UTC(2026, 11, 1) ? 'gemini-2.5-flash' : 'gemini-3.5-flash-lite';
  await house.provider({ price_provider: 'google', models: [{ id: 'gemini-2.5-flash' }, { id: 'gemini-3.5-flash-lite', max_output_tokens: 65536, context_window_tokens: 1048576 }] });
  const purse = await house.purse();
  const unlisted = await ask(purse, 'gemini-1.5-flash');
  assert.equal(unlisted.headers.get('x-model-replaced'), `gemini-1.5-flash -> ${today}`);
  assert.equal(unlisted.event.model, today);
  await house.provider({ price_provider: 'google', models: [{ id: 'gemini-1.5-flash', max_output_tokens: 8192, context_window_tokens: 1048576 }] });
  const listed = await ask(purse, 'gemini-1.5-flash');
  assert.equal(listed.event.model, today);
  const status = (await purse.get('models?status=DEAD')).data.map(m => m.id);
  assert.ok(status.includes('gemini-1.5-flash'));
  assert.ok((await purse.get('models?capability=VISION&capability=AUDIO_IN')).data.some(m => m.id === 'gemini-3.5-flash-lite'));
});

it('takes functions and max_tokens of older clients, and names them', async () => {
  const purse = await house.purse();
  const older = { max_completion_tokens: undefined, max_tokens: 20, functions: [{ name: 'f', parameters: { type: 'object', properties: {} } }] };
  const { headers, event } = await ask(purse, 'house-2', older);
  assert.equal(headers.get('x-ao-deprecated'), 'functions (use tools), max_tokens (use max_completion_tokens)');
  assert.equal(headers.get('deprecation'), '@1699228800');
  assert.equal(event.legacy_use, 'functions max_tokens');
  assert.equal(nano(event.cost_usd), BigInt(event.prompt_tokens) * 1000n + BigInt(event.completion_tokens) * 5000n);
  assert.ok(costOf(priceOf('gpt-4o-mini'), { ...event, cached_tokens: 0 }) < nano(event.cost_usd));
});
