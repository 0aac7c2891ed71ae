// The process as a whole: stopped gently, killed, started again.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { House, newId } from './lib/house.mjs';
import { events, send } from './lib/http.mjs';
import { nano } from './lib/money.mjs';
import { startMock, startServer } from './lib/processes.mjs';
import { until, within } from './lib/until.mjs';

let mock;
before(async () => {
  mock = await startMock();
});
after(() => mock?.stop());

async function start(t, options = {}) {
  const house = new House(mock, await startServer({ mock, ...options }));
  t.after(() => house.server.stop());
  return house;
}

/** The same purse after a restart. */
function moved(purse, house) {
  purse.house = house;
  return purse;
}

describe('SIGTERM', () => {
  it('lets a running stream finish, takes no new calls, exits with 0, and what was spent is kept', async t => {
    const house = await start(t);
    const purse = await house.purse();
    const id = newId();
    const streaming = purse.chat({ stream: true, x_mock: { tokens: 60, delay_ms: 25 } }, { headers: { 'x-request-id': id } });
    await until('the stream runs', async () => (await mock.ledger(id))[0]?.completion_tokens > 2);

    house.server.signal('SIGTERM');
    await until('new calls are refused', () => purse.chat({}).then(a => a.status === 503 && a.json.error.code === 'shutting_down', e => e.code === 'ECONNREFUSED'));
    assert.equal(house.server.exit, undefined, 'it did not wait for the stream');

    const answer = await streaming;
    assert.equal(events(answer.text).at(-1), '[DONE]');
    assert.equal(events(answer.text).filter(e => e.includes('" tok')).length, 60);
    assert.deepEqual(await house.server.end(), { code: 0, signal: null });
    house.assertNoFault();

    const again = await start(t, { dataDirectory: house.server.dataDirectory });
    moved(purse, again);
    const usage = await purse.usageOf(id);
    assert.equal(usage.status, 'ok');
    assert.equal(usage.completion_tokens, 60);
    const balance = await purse.balance();
    // Calls that asked whether it still takes any were answered until it did not.
    assert.equal(nano(balance.spent_usd), (await purse.usage()).reduce((sum, event) => sum + nano(event.cost_usd), 0n));
    assert.equal(balance.held_usd, '0.00');
    assert.equal(balance.suspense_usd, '0.00');
    await purse.works();
  });

  it('cuts what outlives the drain window with an in-band error, and settles it', async t => {
    const house = await start(t, { env: { AO_Gateway__DrainTimeoutMs: '500' } });
    const purse = await house.purse();
    const id = newId();
    const streaming = purse.chat({ stream: true, x_mock: { tokens: 5000, delay_ms: 20 } }, { headers: { 'x-request-id': id } });
    await until('the stream runs', async () => (await mock.ledger(id))[0]?.completion_tokens > 2);
    house.server.signal('SIGTERM');
    const answer = await within(8000, 'the stream is cut', streaming);
    assert.equal(JSON.parse(events(answer.text).at(-1)).error.code, 'shutting_down');
    assert.deepEqual(await house.server.end(), { code: 0, signal: null });

    const again = await start(t, { dataDirectory: house.server.dataDirectory });
    moved(purse, again);
    const usage = await purse.usageOf(id);
    assert.equal(usage.status, 'cut');
    assert.equal(usage.completion_tokens, events(answer.text).filter(e => e.includes('" tok')).length);
    assert.equal((await purse.balance()).spent_usd, usage.cost_usd);
    assert.equal((await purse.balance()).suspense_usd, '0.00');
  });

  it('with nothing under way ends at once', async t => {
    const house = await start(t);
    await (await house.purse()).works();
    const asked = performance.now();
    house.server.signal('SIGTERM');
    assert.deepEqual(await house.server.end(), { code: 0, signal: null });
    assert.ok(performance.now() - asked < 5000, `${performance.now() - asked} ms`);
  });
});

describe('kill -9', () => {
  it('in the middle of calls loses nothing that was spent: finished calls are listed, unfinished ones are in suspense', async t => {
    const house = await start(t);
    const purse = await house.purse('100');
    const finished = [];
    let killed = false;
    const worker = async () => {
      while (!killed) {
        const id = newId();
        const answer = await purse.chat({ max_tokens: 100, x_mock: { tokens: 20, first_delay_ms: 5 } }, { headers: { 'x-request-id': id } }).catch(() => null);
        if (answer?.status === 200) finished.push({ id, cost: nano(answer.headers['x-ao-cost-usd']) });
      }
    };
    const hanging = newId();
    const never = purse.chat({ max_tokens: 1000, x_mock: { hang_after: -1 } }, { headers: { 'x-request-id': hanging } }).catch(() => null);
    const load = Array.from({ length: 8 }, worker);
    t.after(() => (killed = true));
    await until('calls have finished, and one hangs', async () => finished.length > 100 && (await mock.ledger(hanging)).length === 1);
    // What a client has in hand when the process dies may be ahead of the disk by the settlement on its way there, and by no more.
    const certain = finished.length - load.length * 2;
    killed = true;
    await house.server.kill();
    await Promise.all([...load, never]);

    const again = await start(t, { dataDirectory: house.server.dataDirectory });
    t.diagnostic(`${finished.length} calls finished; start to ready after kill -9: ${again.server.readyMs.toFixed(0)} ms`);
    moved(purse, again);
    const usage = await until('the usage is listed again', async () => {
      const all = await purse.usage();
      return all.length >= certain && all;
    });
    const listed = new Map(usage.map(event => [event.request_id, event]));
    for (const { id, cost } of finished.slice(0, certain)) {
      assert.equal(nano(listed.get(id)?.cost_usd ?? '0'), cost, `call ${id} was finished and is not charged`);
    }

    const balance = await purse.balance();
    assert.equal(nano(balance.spent_usd), usage.reduce((sum, event) => sum + nano(event.cost_usd), 0n), 'the wallet and the usage agree');
    assert.equal(balance.held_usd, '0.00');
    assert.ok(!listed.has(hanging));
    // The hanging call's hold: 1,000 tokens of output and more.
    assert.ok(nano(balance.suspense_usd) >= 600_000n, `suspense ${balance.suspense_usd}`);
    assert.equal(nano(balance.spent_usd) + nano(balance.suspense_usd) + nano(balance.available_usd), nano('100'));
    // Nobody's money is gone: every call the mock served is paid for or in suspense.
    const missing = finished.filter(({ id }) => !listed.has(id));
    const missed = missing.reduce((sum, { cost }) => sum + cost, 0n);
    assert.ok(nano(balance.suspense_usd) >= missed + 600_000n, `${missing.length} finished calls are neither listed nor in suspense`);
    await purse.works();
  });

  it('and a gentle stop after it leave books that still agree', async t => {
    const house = await start(t);
    const purse = await house.purse();
    for (let i = 0; i < 5; i++) await purse.works();
    const before = await purse.settled();
    await until('all are listed', async () => (await purse.usage()).length === 5);
    await house.server.kill();
    const second = await start(t, { dataDirectory: house.server.dataDirectory });
    moved(purse, second);
    assert.equal((await purse.balance()).spent_usd, before.spent_usd);
    await purse.works();
    await purse.settled();
    await second.server.stop();
    const third = await start(t, { dataDirectory: house.server.dataDirectory });
    moved(purse, third);
    const usage = await until('all are listed', async () => {
      const all = await purse.usage();
      return all.length === 6 && all;
    });
    assert.equal(nano((await purse.balance()).spent_usd), usage.reduce((sum, event) => sum + nano(event.cost_usd), 0n));
    third.assertNoFault();
  });
});

describe('configuration', () => {
  it('of keys, wallets and providers survives a restart', async t => {
    const house = await start(t);
    const [purse, dead] = [await house.purse('3'), await house.purse()];
    const model = newId();
    await house.provider({ models: [{ id: model, upstream_id: 'gpt-4o', price_as: 'openai/gpt-4o' }] });
    await house.control('DELETE', `keys/${dead.keyId}`);
    await house.control('PATCH', `wallets/${purse.walletId}`, { limit_usd: '4' });
    await house.server.stop();

    const again = await start(t, { dataDirectory: house.server.dataDirectory });
    [purse, dead].forEach(p => moved(p, again));
    assert.equal((await purse.balance()).limit_usd, '4.00');
    assert.equal((await purse.chat({ model })).status, 200);
    assert.equal((await dead.chat({})).status, 401);
  });

  it('wrong in the store takes no other provider down: /ready says degraded', async t => {
    const house = await start(t, { env: { E2E_SECRET: 'sk-e2e' } });
    await house.provider({ api_key_ref: 'env:E2E_SECRET', models: [{ id: 'secret-model', upstream_id: 'gpt-4o', price_as: 'openai/gpt-4o' }] });
    const purse = await house.purse();
    const id = newId();
    assert.equal((await purse.chat({ model: 'secret-model' }, { headers: { 'x-request-id': id } })).status, 200);
    assert.equal((await mock.requests(id))[0].headers.authorization, 'Bearer sk-e2e');
    await house.server.stop();
    const again = await start(t, { dataDirectory: house.server.dataDirectory });
    moved(purse, again);
    const ready = await send(`${again.server.url}/ready`, { method: 'GET' });
    assert.equal(ready.status, 200);
    assert.equal(ready.json.status, 'degraded');
    await purse.works();
    assert.equal((await purse.chat({ model: 'secret-model' })).status, 404);
  });
});

describe('health', () => {
  it('and readiness are told without a key', async t => {
    const house = await start(t);
    const health = await send(`${house.server.url}/health`, { method: 'GET' });
    assert.deepEqual(health.json, { status: 'ok' });
    const ready = await send(`${house.server.url}/ready`, { method: 'GET' });
    assert.equal(ready.json.status, 'ready');
    assert.ok(ready.json.checks.length >= 3, ready.text);
  });
});
