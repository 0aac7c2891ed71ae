// A provider that dies and comes back: its status, who serves meanwhile, what is told, and that nobody pays for finding out.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hello, newId, open } from './lib/house.mjs';
import { send } from './lib/http.mjs';
import { keys, startMock, startServer } from './lib/processes.mjs';
import { until } from './lib/until.mjs';

const price = { input_usd_per_million: '1', output_usd_per_million: '2' };
const model = `shared-${newId()}`;
let house, purse, other;

before(async () => {
  house = await open({ env: { AO_Health__ProbeIntervalMs: '1000', AO_Health__SettleMs: '0' } });
  purse = await house.purse('10');
  other = await startMock();
  const models = [{ id: model, upstream_id: 'gpt-4o-mini', price, max_output_tokens: 1000 }];
  await house.control('POST', 'providers', { id: 'first', base_url: `${house.mock.url}/v1`, priority: 1, models });
  await house.control('POST', 'providers', { id: 'second', base_url: `${other.url}/v1`, priority: 2, models });
});
after(async () => {
  await house?.close();
  await other?.stop();
});

const statusOf = async id => (await house.control('GET', `providers/${id}/health`)).status;

async function providerOf() {
  const id = newId();
  const answer = await purse.chat({ model, messages: hello }, { headers: { 'x-request-id': id } });
  assert.equal(answer.status, 200, answer.text);
  return (await purse.usageOf(id)).provider;
}

describe('the health of providers', () => {
  it('is probed while they are well, and no wallet is charged for it', async () => {
    const before = await purse.settled();
    await until('both were probed', async () => {
      const { data } = await house.control('GET', 'health/providers');
      return data.filter(p => ['first', 'second'].includes(p.id)).every(p => p.status === 'HEALTHY' && p.probe.last_ok === true);
    });
    assert.equal(await providerOf(), 'first');
    const probes = (await house.mock.requests()).filter(r => r.path === '/v1/models' || r.url === '/v1/models');
    assert.ok(probes.length > 0, 'the mock was asked for its models');
    assert.equal((await purse.settled()).suspense_usd, before.suspense_usd);
  });

  it('falls when the provider is killed: calls go to the second one, an alert is raised, readiness says degraded', async () => {
    await house.mock.kill();
    await until('it is UNAVAILABLE', async () => (await statusOf('first')) === 'UNAVAILABLE');
    assert.equal(await providerOf(), 'second');
    await until('it is told', async () => (await house.control('GET', 'alerts?kind=provider_down')).data.some(a => a.data.provider === 'first' && a.severity === 'critical'));
    const ready = await send(`${house.server.url}/ready`, { method: 'GET' });
    assert.equal(ready.status, 200);
    assert.equal(ready.json.status, 'degraded');
    assert.ok(ready.json.checks.some(c => c.name === 'provider_health' && c.detail.includes('first')));
  });

  it('outlives the gateway', async () => {
    await house.server.stop();
    house.server = await startServer({ mock: house.mock, dataDirectory: house.server.dataDirectory, env: { AO_Health__ProbeIntervalMs: '1000', AO_Health__SettleMs: '0' } });
    assert.equal(await statusOf('first'), 'UNAVAILABLE');
    assert.equal(await providerOf(), 'second');
  });

  it('comes back with the provider', async () => {
    const row = await house.control('GET', 'providers/first');
    house.mock = await startMock({ port: Number(new URL(row.base_url).port) });
    await until('it answers again', async () => (await statusOf('first')) !== 'UNAVAILABLE');
    assert.equal(await providerOf(), 'first');
    await until('it is told', async () => (await house.control('GET', 'alerts?kind=provider_recovered')).data.some(a => a.data.provider === 'first'));
    const { data } = await house.control('GET', 'providers/first/health/history');
    const whole = data.filter(c => c.model === null).map(c => c.event).reverse();
    assert.deepEqual(whole.slice(0, 2), ['providerDown', 'providerRecovered']);
  });

  it('is added up by model, and only for whoever may see all', async () => {
    const as = key => send(`${house.server.url}/v1/models/statistics?window=1h&model=${encodeURIComponent(model)}`, { method: 'GET', headers: { authorization: `Bearer ${key}` } });
    assert.equal((await as(purse.key)).status, 403);
    const { data } = (await as(keys.admin)).json;
    assert.deepEqual(data.map(m => m.provider), ['first', 'second']);
    for (const figures of data) {
      assert.equal(figures.requests, 2);
      assert.equal(figures.success_rate, 1);
      assert.ok(figures.latency_ms.p50 > 0 && figures.latency_ms.p99 >= figures.latency_ms.p50);
    }
  });

  it('goes with the list of models a provider has', async () => {
    const sync = await house.control('POST', 'providers/second/sync', {});
    assert.ok(sync.models.length > 0);
    assert.deepEqual((await house.control('GET', 'providers/second/sync')).models, sync.models);
  });
});
