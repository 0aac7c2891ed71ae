// A client that leaves (MT-07): the upstream is cut at once, or read on within bounds where the provider bills on. On every route alike.
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { hello, newId, open } from './lib/house.mjs';
import { send } from './lib/http.mjs';
import { nano } from './lib/money.mjs';
import { keys } from './lib/processes.mjs';
import { until, within } from './lib/until.mjs';

let house, purse;
before(async () => {
  house = await open();
  purse = await house.purse('100');
});
after(() => house?.close());

const models = { chat: 'gpt-4o-mini', embeddings: 'text-embedding-3-small' };

/** A row of its own in front of the mock: a name for its model. */
async function row(settings, kind = 'chat') {
  const id = newId();
  await house.provider({ models: [{ id, upstream_id: models[kind], price_as: `openai/${models[kind]}` }], ...settings });
  return id;
}

const sent = async id => (await house.mock.ledger(id))[0];

/** Sends a call, leaves once `when` holds of the mock's account of it, and returns how that account and the usage ended. */
async function leave(path, body, when = entry => entry) {
  const id = newId();
  const abort = new AbortController();
  const call = fetch(`${house.server.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${purse.key}`, 'content-type': 'application/json', 'x-request-id': id },
    body: JSON.stringify(body),
    signal: abort.signal,
  }).then(async response => {
    for await (const _ of response.body);
  });
  await until('the call has come so far', async () => when(await sent(id)));
  abort.abort();
  await assert.rejects(call);
  const left = Date.now();
  const usage = await purse.usageOf(id);
  const balance = await purse.settled();
  return { id, left, usage, balance, entry: await until('the mock has noticed', async () => (await sent(id)).state !== 'open' && sent(id)) };
}

const chat = (model, x_mock, rest = {}) => ['chat/completions', { model, messages: hello, x_mock, ...rest }];
const slow = { tokens: 5000, delay_ms: 5 };
const some = entry => entry?.completion_tokens > 5;

describe('a client that leaves a provider that is to be cut', () => {
  for (const [what, call, when] of [
    ['a stream', model => chat(model, slow, { stream: true }), some],
    ['a stream that has not begun', model => chat(model, { first_delay_ms: 60_000 }, { stream: true })],
    ['a whole answer', model => chat(model, { first_delay_ms: 60_000 })],
    ['half of a whole answer', model => chat(model, { hang_after: 5 })],
    ['embeddings', model => ['embeddings', { model, input: 'a b c', x_mock: { first_delay_ms: 60_000 } }]],
  ]) {
    it(`in ${what} ends the call upstream at once`, async () => {
      const { usage, entry, left } = await leave(...call(await row({ on_client_gone: 'cancel' }, what === 'embeddings' ? 'embeddings' : 'chat')), when);
      assert.equal(entry.state, 'aborted');
      assert.ok(entry.aborted_unix_ms - left < 1000, `after ${entry.aborted_unix_ms - left} ms`);
      assert.deepEqual([usage.status, usage.error_code, usage.usage_source, usage.drained_ms], ['cancelled', 'client_gone', 'counted', null]);
      assert.ok(nano(usage.cost_usd) > 0n);
    });
  }
});

describe('a client that leaves a provider that is to be drained', () => {
  for (const [what, call, when, tokens] of [
    ['a stream', model => chat(model, { tokens: 200, delay_ms: 2 }, { stream: true }), some, 200],
    ['a stream that has not begun', model => chat(model, { tokens: 40, first_delay_ms: 300 }, { stream: true }), undefined, 40],
    ['a whole answer', model => chat(model, { tokens: 40, first_delay_ms: 300 }), undefined, 40],
    ['embeddings', model => ['embeddings', { model, input: 'a b c', x_mock: { first_delay_ms: 300 } }], undefined, 0],
  ]) {
    it(`in ${what} pays what the provider reports at its end`, async () => {
      const { usage, entry } = await leave(...call(await row({ on_client_gone: 'drain' }, tokens ? 'chat' : 'embeddings')), when);
      assert.equal(entry.state, 'finished');
      assert.deepEqual([usage.status, usage.error_code, usage.usage_source], ['cancelled', 'client_gone', 'reported']);
      assert.equal(usage.completion_tokens, tokens);
      assert.ok(usage.drained_ms > 0, `${usage.drained_ms}`);
    });
  }

  it('keeps the money held as long as it takes, and the provider\'s place', async () => {
    const model = await row({ on_client_gone: 'drain', max_connections: 1 });
    const id = newId();
    const abort = new AbortController();
    const call = purse.client.chat.completions.create(
      { model, messages: hello, stream: true, max_tokens: 5000, x_mock: { tokens: 100, delay_ms: 20 } }, { headers: { 'x-request-id': id }, signal: abort.signal });
    for await (const _ of await call) break;
    await until('it is drained', async () => (await diagnostics()).drains_under_way === 1);
    assert.ok(nano((await purse.balance()).held_usd) > 0n);
    assert.equal((await purse.chat({ model })).json.error.code, 'provider_at_capacity');
    await purse.settled();
    assert.equal((await purse.chat({ model })).status, 200, 'the place is free again');
    assert.equal((await diagnostics()).drains_under_way, 0);
  });

  for (const [what, settings, x_mock, body] of [
    ['time', { drain_timeout_ms: 400 }, { tokens: 20_000, delay_ms: 5 }, { stream: true }],
    ['time, where it stays silent', { drain_timeout_ms: 400 }, { hang_after: 6 }, { stream: true }],
    ['time, not streamed', { drain_timeout_ms: 400 }, { first_delay_ms: 60_000 }, {}],
    ['tokens', { drain_max_tokens: 100 }, { tokens: 20_000, delay_ms: 2 }, { stream: true }],
  ]) {
    it(`beyond its bound (${what}) ends the call upstream and pays what was received`, async () => {
      const { usage, entry, left } = await leave(...chat(await row({ on_client_gone: 'drain', ...settings }), x_mock, { max_tokens: 10_000, ...body }), body.stream ? some : undefined);
      assert.equal(entry.state, 'aborted');
      assert.deepEqual([usage.status, usage.usage_source], ['cancelled', 'counted']);
      // A word of the mock is a token in its account and up to four in ours.
      assert.ok(usage.completion_tokens <= entry.completion_tokens * 4, `${usage.completion_tokens} of ${entry.completion_tokens}`);
      if (settings.drain_timeout_ms) {
        assert.ok(entry.aborted_unix_ms - left > 300 && entry.aborted_unix_ms - left < 3000, `after ${entry.aborted_unix_ms - left} ms`);
        assert.ok(usage.drained_ms > 350, `${usage.drained_ms} ms`);
      } else {
        assert.ok(usage.completion_tokens > 100 && usage.completion_tokens < 2000, `charged ${usage.completion_tokens}`);
      }
    });
  }

  it('is the 65th at once: cut, and charged as counted; the 64 go on', async () => {
    const model = await row({ on_client_gone: 'drain', drain_timeout_ms: 60_000 });
    const abort = new AbortController();
    setMaxListeners(64, abort.signal);
    const ids = Array.from({ length: 64 }, newId);
    const calls = ids.map(id => purse.client.chat.completions.create(
      { model, messages: hello, stream: true, max_tokens: 500, x_mock: { tokens: 150, delay_ms: 30 } }, { headers: { 'x-request-id': id }, signal: abort.signal }));
    await Promise.all(calls);
    abort.abort();
    await until('64 are drained', async () => (await diagnostics()).drains_under_way === 64);
    const { usage, entry } = await leave(...chat(model, slow, { stream: true }), some);
    assert.deepEqual([entry.state, usage.usage_source, usage.drained_ms], ['aborted', 'counted', null]);
    for (const id of ids) {
      const drained = await purse.usageOf(id);
      assert.deepEqual([drained.usage_source, drained.completion_tokens], ['reported', 150]);
    }
  });
});

it('a stop ends drains with its window, and all of them are settled', async () => {
  const own = await open({ env: { AO_Gateway__DrainTimeoutMs: '500' } });
  const theirs = await own.purse();
  const model = newId();
  await own.provider({ models: [{ id: model, upstream_id: 'gpt-4o-mini', price_as: 'openai/gpt-4o-mini' }], on_client_gone: 'drain' });
  const id = newId();
  const abort = new AbortController();
  const call = await theirs.client.chat.completions.create({ model, messages: hello, stream: true, x_mock: { tokens: 5000, delay_ms: 10 } }, { headers: { 'x-request-id': id }, signal: abort.signal });
  for await (const _ of call) break;
  await until('it is drained', async () => (await diagnostics(own)).drains_under_way === 1);
  const exit = await within(10_000, 'it stops', own.server.stop());
  assert.equal(exit.code, 0);
  const [entry] = await own.mock.ledger(id);
  assert.equal(entry.state, 'aborted');
  await own.mock.stop();
});

async function diagnostics({ server } = house) {
  return (await send(`${server.url}/control/v1/diagnostics`, { method: 'GET', headers: { authorization: `Bearer ${keys.admin}` } })).json;
}
