// Batches (GW-20) with the official client: all they may cost is charged when they begin, what their results come to when these arrive.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { Purse, newId, open } from './lib/house.mjs';
import { nano } from './lib/money.mjs';
import { startServer } from './lib/processes.mjs';
import { until } from './lib/until.mjs';

// Nano-dollars a token in batches: half of 2 and 8 dollars a million.
const input = 1000n, output = 4000n;
const period = { usd_per_million: { input: '2', output: '8' }, batch_factor: '0.5' };

let house, models;
before(async () => {
  house = await open();
  models = await serve({ quick: 'gpt-4o-mini', slow: 'gpt-4o-mini@polls=3', silent: 'gpt-4o-mini@no_usage', refused: 'gpt-4o-mini@status=400', long: 'gpt-4o-mini@polls=1000' });
});
after(() => house?.close());

async function serve(given) {
  const ids = Object.fromEntries(Object.keys(given).map(name => [name, `${name}-${newId()}`]));
  const row = ([name, upstream_id]) => ({ id: ids[name], upstream_id, price: { period }, context_window_tokens: 100_000, max_output_tokens: 1000 });
  await house.provider({ batches: true, models: Object.entries(given).map(row) });
  return ids;
}

const line = (custom_id, model, body = {}) => JSON.stringify({
  custom_id, method: 'POST', url: '/v1/chat/completions', body: { model, messages: [{ role: 'user', content: 'Hello there' }], max_tokens: 50, ...body },
});

const upload = async (purse, ...lines) => purse.client.files.create({ file: await toFile(Buffer.from(lines.join('\n')), 'calls.jsonl'), purpose: 'batch' });

/** Begins a batch and says what it was charged. */
async function begin(purse, ...lines) {
  const file = await upload(purse, ...lines);
  const id = newId();
  const batch = await purse.client.batches.create(
    { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { why: 'e2e' } }, { headers: { 'x-request-id': id } });
  return { file, batch, usage: await purse.usageOf(id) };
}

const ended = (purse, id) => until('the batch has ended', async () => {
  const batch = await purse.client.batches.retrieve(id);
  return !['validating', 'in_progress', 'finalizing'].includes(batch.status) && batch;
});

const refused = async (promise, status, code) => {
  const error = await promise.then(() => assert.fail('it was not refused'), e => e);
  assert.ok(error instanceof OpenAI.APIError, String(error));
  assert.deepEqual([error.status, error.code], [status, code]);
  return error;
};

/** What the provider's own ledger says of calls, in dollars. */
async function owed(...ids) {
  let sum = 0n;
  for (const id of ids) {
    for (const entry of await house.mock.ledger(id)) sum += BigInt(entry.prompt_tokens) * input + BigInt(entry.completion_tokens) * output;
  }
  return sum;
}

describe('a batch', () => {
  it('is uploaded, begun, asked about until it is done, and costs what the provider says of each call', async () => {
    const purse = await house.purse('10');
    const ids = [newId(), newId(), `bad-${newId()}`];
    const { file, batch, usage } = await begin(purse, ...ids.map(id => line(id, models.slow)));
    assert.match(file.id, /^file-[0-9a-f]{32}$/);
    assert.match(batch.id, /^batch_[0-9a-f]{32}$/);
    assert.deepEqual([file.object, file.purpose, batch.object, batch.status, batch.input_file_id, batch.metadata], ['file', 'batch', 'batch', 'in_progress', file.id, { why: 'e2e' }]);
    assert.deepEqual([usage.endpoint, usage.hold_usd, usage.usage_source], ['batches', usage.cost_usd, 'rule']);
    assert.ok(nano(usage.cost_usd) >= 3n * 50n * output, usage.cost_usd);
    assert.equal((await purse.settled()).spent_usd, usage.cost_usd);

    const done = await ended(purse, batch.id);
    assert.deepEqual([done.status, done.request_counts], ['completed', { total: 3, completed: 2, failed: 1 }]);
    const cost = await owed(...ids);
    assert.ok(cost > 0n);
    await until('it is settled', async () => {
      await purse.client.batches.retrieve(batch.id);
      return nano((await purse.settled()).spent_usd) === cost;
    });

    const lines = (await (await purse.client.files.content(done.output_file_id)).text()).trim().split('\n').map(l => JSON.parse(l));
    assert.deepEqual(lines.map(l => [l.custom_id, l.response.status_code]), ids.slice(0, 2).map(id => [id, 200]));
    const failed = JSON.parse(await (await purse.client.files.content(done.error_file_id)).text());
    assert.deepEqual([failed.custom_id, failed.response.status_code], [ids[2], 500]);
    assert.deepEqual((await purse.client.files.list({ purpose: 'batch_output' })).data.map(f => f.id).toSorted(), [done.output_file_id, done.error_file_id].toSorted());

    const now = await purse.get(`usage/${usage.id}/cost`);
    assert.equal(nano(now.total_usd), cost);
    const [results] = await purse.usagesOf(batch.id, 1);
    assert.deepEqual([results.endpoint, results.completion_tokens, results.cost_usd], ['batches.results', 40, '0.00']);
    const statement = await until('the statement says so', async () => {
      const page = await purse.get(`wallets/${purse.walletId}/statement`);
      const found = page.data.filter(l => l.reference === usage.id && l.kind === 'rerated');
      return found.length > 0 && found;
    });
    assert.deepEqual(statement.map(l => nano(l.amount_usd)), [nano(usage.cost_usd) - cost]);
    const report = await house.control('GET', `chargeback?wallet=${purse.walletId}`);
    assert.equal(report.data.reduce((sum, r) => sum + nano(r.total_usd), 0n), cost);
    await purse.client.files.delete(file.id);
    await refused(purse.client.files.retrieve(file.id), 404, 'file_not_found');
  });

  it('whose calls report nothing is counted', async () => {
    const purse = await house.purse('10');
    const { batch } = await begin(purse, line(newId(), models.silent));
    await ended(purse, batch.id);
    const [results] = await purse.usagesOf(batch.id, 1);
    assert.deepEqual([results.usage_source, results.usage_anomaly, results.completion_tokens], ['counted', 'missing', 20]);
    await until('it is settled', async () => {
      await purse.client.batches.retrieve(batch.id);
      return nano((await purse.settled()).spent_usd) === BigInt(results.prompt_tokens) * input + 20n * output;
    });
  });

  it('that is cancelled costs what was done by then', async () => {
    const purse = await house.purse('10');
    const ids = [newId(), newId(), newId()];
    const { batch } = await begin(purse, ...ids.map(id => line(id, models.long)));
    const cancelled = await purse.client.batches.cancel(batch.id);
    assert.deepEqual([cancelled.id, cancelled.status, cancelled.request_counts.completed], [batch.id, 'cancelled', 1]);
    const cost = await owed(...ids);
    assert.equal(cost, await owed(ids[0]));
    await until('it is settled', async () => {
      await purse.client.batches.retrieve(batch.id);
      return nano((await purse.settled()).spent_usd) === cost;
    });
    await refused(purse.client.batches.cancel(batch.id), 400, null);
  });

  it('that a wallet cannot pay for, that the provider refuses or that holds a bad line costs nothing', async () => {
    const poor = await house.purse('0.0003');
    const file = await upload(poor, line('a', models.quick), line('b', models.quick));
    await refused(poor.client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }), 402, 'insufficient_budget');
    assert.equal((await poor.settled()).spent_usd, '0.00');

    const purse = await house.purse('10');
    const bad = await upload(purse, line('a', models.refused));
    await refused(purse.client.batches.create({ input_file_id: bad.id, endpoint: '/v1/chat/completions', completion_window: '24h' }), 400, 'mock_failure');
    const error = await refused(upload(purse, line('a', models.quick), line('a', models.quick)), 400, 'invalid_batch_line');
    assert.match(error.message, /Line 2 of the file/);
    await refused(upload(purse, line('a', 'text-embedding-3-small')), 400, 'invalid_batch_line');
    assert.equal((await purse.settled()).spent_usd, '0.00');
  });

  it('of somebody else does not exist', async () => {
    const [purse, other] = [await house.purse('10'), await house.purse('10')];
    const { file, batch } = await begin(purse, line(newId(), models.quick));
    await refused(other.client.files.retrieve(file.id), 404, 'file_not_found');
    await refused(other.client.files.content(file.id), 404, 'file_not_found');
    await refused(other.client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }), 404, 'file_not_found');
    await refused(other.client.batches.retrieve(batch.id), 404, 'batch_not_found');
    await refused(other.client.batches.cancel(batch.id), 404, 'batch_not_found');
    assert.deepEqual([(await other.client.files.list()).data, (await other.client.batches.list()).data], [[], []]);
  });

  it('is settled to the nano-dollar after the Server was killed between its beginning and its end', async () => {
    const purse = await house.purse('10');
    const ids = Array.from({ length: 50 }, () => newId());
    const { batch, usage } = await begin(purse, ...ids.map(id => line(id, models.slow)));
    const { dataDirectory } = house.server;
    await house.server.kill();
    house.server = await startServer({ mock: house.mock, dataDirectory });
    const again = new Purse(house, purse.walletId, purse.keyId, purse.key);
    assert.equal((await again.settled()).spent_usd, usage.cost_usd);
    const done = await ended(again, batch.id);
    assert.equal(done.request_counts.completed, 50);
    await house.server.kill();
    house.server = await startServer({ mock: house.mock, dataDirectory });
    const last = new Purse(house, purse.walletId, purse.keyId, purse.key);
    const cost = await owed(...ids);
    await until('it is settled', async () => {
      await last.client.batches.retrieve(batch.id);
      return nano((await last.settled()).spent_usd) === cost;
    });
    assert.equal((await last.client.batches.retrieve(batch.id)).output_file_id, done.output_file_id);
    assert.equal(nano((await last.get(`usage/${usage.id}/cost`)).total_usd), cost);
  });
});
