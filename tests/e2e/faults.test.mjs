// Providers that fail in every way there is, under load: each call ends in an answer, nobody pays twice, nobody is asked more than a tenth too often, and
// whoever is well again is asked again.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hello, newId, open } from './lib/house.mjs';
import { nano } from './lib/money.mjs';
import { startMock } from './lib/processes.mjs';
import { until } from './lib/until.mjs';

const price = { input_usd_per_million: '1', output_usd_per_million: '2' };
const calls = 200;
const atOnce = 20;

/** What the first provider of each model does: its upstream model tells the mock, or its address leads nowhere. */
const faults = {
  'a burst of 429': { upstream: 'gpt-4o-mini@status=429,retry_after=1' },
  'server errors': { upstream: 'gpt-4o-mini@status=503' },
  'a slow first byte': { upstream: 'gpt-4o-mini@first_delay_ms=60000', row: { first_byte_timeout_ms: 1000 } },
  'a connection that drops before the answer': { upstream: 'gpt-4o-mini@die_after=-1' },
  'an answer that breaks off': { upstream: 'gpt-4o-mini@die_after=2' },
  'a connection that is refused': { address: 'http://127.0.0.1:9/v1' },
  'a name that leads nowhere': { address: 'http://nowhere.invalid/v1' },
  'TLS that is none': { tls: true },
};

let house, sound;
before(async () => {
  house = await open({ env: { AO_Health__ProbeIntervalMs: '0' } });
  sound = await startMock();
});
after(async () => {
  await house?.close();
  await sound?.stop();
});

async function load(purse, model) {
  const answers = [];
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < calls) {
      next++;
      answers.push(await purse.chat({ model, messages: hello, max_tokens: 20, x_mock: undefined }));
    }
  }));
  return answers;
}

describe('faults of a provider under load', { concurrency: false }, () => {
  for (const [name, fault] of Object.entries(faults)) {
    it(`${name}: the second answers every call, and what is charged is what was served`, async () => {
      const purse = await house.purse('100');
      const model = `m-${newId()}`;
      const address = fault.address ?? (fault.tls ? house.mock.url.replace('http:', 'https:') : house.mock.url) + (fault.address ? '' : '/v1');
      const [first, second] = [`f-${newId().slice(-12)}`, `s-${newId().slice(-12)}`];
      await house.control('POST', 'providers', { id: first, base_url: address, priority: 1, ...fault.row, models: [{ id: model, upstream_id: fault.upstream ?? 'gpt-4o-mini', price, max_output_tokens: 1000 }] });
      await house.control('POST', 'providers', { id: second, base_url: `${sound.url}/v1`, priority: 2, models: [{ id: model, upstream_id: 'gpt-4o-mini', price, max_output_tokens: 1000 }] });

      const answers = await load(purse, model);

      assert.deepEqual([...new Set(answers.map(a => a.status))], [200], answers.find(a => a.status !== 200)?.text);
      assert.deepEqual([...new Set(answers.map(a => a.headers['x-ao-provider']))], [second]);
      const balance = await purse.settled();
      const usage = await until('all is written down', async () => {
        const all = await purse.usage();
        return all.filter(u => u.status === 'ok').length === calls && all;
      });
      const charged = usage.reduce((sum, u) => sum + nano(u.cost_usd), 0n);
      assert.equal(nano(balance.spent_usd), charged, 'every charge has its event');
      assert.equal(nano(balance.suspense_usd ?? '0'), 0n);
      assert.equal(new Set(usage.map(u => u.id)).size, usage.length, 'no event twice');

      // The first was asked at most once a call, and repeated within its budget: a tenth and the reserve.
      const asked = usage.filter(u => u.status === 'ok').reduce((sum, u) => sum + (u.attempt_list?.split('; ').filter(a => a.startsWith(`${first}/`)).length ?? 0), 0);
      assert.ok(asked <= calls * 1.1 + 10, `${asked} tries at the first`);
      assert.ok(asked >= 1, 'it was tried');
      // Once it was known to be down it was left alone.
      if (!fault.upstream?.includes('429')) assert.ok(asked < calls / 2, `${asked} tries at one that is down`);
    });
  }

  it('one that is well again is asked again within a breaker window, though nothing probes it', async () => {
    const purse = await house.purse('100');
    const model = `m-${newId()}`;
    const first = `f-${newId().slice(-12)}`;
    const row = upstream => ({ id: first, base_url: `${house.mock.url}/v1`, priority: 1, models: [{ id: model, upstream_id: upstream, price, max_output_tokens: 1000 }] });
    await house.control('POST', 'providers', row('gpt-4o-mini@status=500'));
    await house.control('POST', 'providers', { id: `s-${newId().slice(-12)}`, base_url: `${sound.url}/v1`, priority: 2, models: [{ id: model, upstream_id: 'gpt-4o-mini', price, max_output_tokens: 1000 }] });
    await load(purse, model);
    await house.control('PUT', `providers/${first}`, row('gpt-4o-mini'));

    const began = Date.now();
    await until('the first answers again', async () => (await purse.chat({ model, messages: hello, max_tokens: 20 })).headers['x-ao-provider'] === first, { boundMs: 15_000 });
    assert.ok(Date.now() - began < 15_000, `${Date.now() - began} ms`);
  });
});
