// A price was wrong: calls of a past period are priced again on the real Server, killed in the middle of it, and every wallet comes to what its calls cost.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { House, Purse, newId, open } from './lib/house.mjs';
import { costOf, nano, usd } from './lib/money.mjs';
import { startMock, startServer, temporaryDirectory } from './lib/processes.mjs';
import { until } from './lib/until.mjs';

const day = 24 * 3_600_000;

/** Calls here are over when they are priced again. */
const settled = { AO_Insight__ReratingSettleMinutes: '0' };
const at = ms => new Date(ms).toISOString();
const price = (input, output) => ({ input: nano(input), cached: nano(input), output: nano(output) });

async function modelAt(house, input, output) {
  const id = newId();
  await house.provider({
    models: [{
      id, upstream_id: 'gpt-4o-mini', context_window_tokens: 1000, max_output_tokens: 50,
      price: { input_usd_per_million: input, output_usd_per_million: output, cache_read_usd_per_million: input },
    }],
  });
  return id;
}

async function purseBelow(house, parent, more = {}) {
  const wallet = await house.control('POST', 'wallets', { name: 'leaf', limit_usd: '5', parent_id: parent.id, ...more });
  const key = await house.control('POST', 'keys', { name: 'leaf', wallet_id: wallet.id });
  return new Purse(house, wallet.id, key.id, key.key);
}

/** Makes calls and waits until all are listed. */
async function calls(purse, model, count) {
  for (let i = 0; i < count; i++) {
    assert.equal((await purse.chat({ model, x_mock: { tokens: 1 + (i % 7) } })).status, 200);
  }

  await purse.settled();
  return until('all calls are listed', async () => {
    const listed = await purse.usage();
    return listed.length >= count && listed;
  });
}

const ask = (house, model, prices, more = {}) =>
  house.control('POST', 'reratings', { model, from: at(Date.now() - day), to: at(Date.now()), prices, note: 'the price was wrong', ...more });

const ended = (house, id) => until(`${id} has ended`, async () => {
  const rerating = await house.control('GET', `reratings/${id}`);
  return ['done', 'failed'].includes(rerating.state) && rerating;
}, { boundMs: 30_000 });

const statement = async (house, walletId, filter) =>
  (await house.control('GET', `wallets/${walletId}/statement?limit=1000&${filter}`)).data;

const corrections = (house, walletId, id) => until(`the line of ${id}`, async () => {
  const lines = (await statement(house, walletId, 'kind=rerated')).filter(line => line.reference === id);
  return lines.length > 0 && lines;
});

const signed = line => (line.credit === 'spent' ? nano(line.amount_usd) : -nano(line.amount_usd));
const total = (usage, at) => usage.reduce((sum, call) => sum + costOf(at, call), 0n);

describe('a price that was wrong', () => {
  let house;
  before(async () => {
    house = await open({ env: settled });
  });
  after(() => house?.close());

  it('is corrected up and down, and the statement shows the calls and every correction', async () => {
    const model = await modelAt(house, '10', '40');
    const team = await house.control('POST', 'wallets', { name: 'team', limit_usd: '5', period: { kind: 'monthly' } });
    const purse = await purseBelow(house, team, { period: { kind: 'daily' } });
    const usage = await calls(purse, model, 6);
    const charged = total(usage, price('10', '40'));
    assert.equal(nano((await house.control('GET', `wallets/${team.id}`)).spent_usd), charged);

    const dry = await ask(house, model, { input: '2.5', output: '10' }, { dry_run: true, note: undefined });
    const lower = total(usage, price('2.5', '10'));
    assert.equal(dry.id, null);
    assert.equal(nano(dry.adjustment_usd), lower - charged);
    assert.deepEqual(await statement(house, team.id, 'kind=rerated'), [], 'a dry run changes nothing');

    const down = await ended(house, (await ask(house, model, { input: '2.5', output: '10' })).id);
    assert.equal(down.state, 'done', JSON.stringify(down));
    assert.equal(down.calls_corrected, 6);
    assert.equal(nano(down.adjustment_usd), lower - charged);
    for (const id of [team.id, purse.walletId]) {
      assert.equal(nano((await house.control('GET', `wallets/${id}`)).spent_usd), lower);
      const [line] = await corrections(house, id, down.id);
      assert.equal(signed(line), lower - charged);
      assert.equal(line.note, 'the price was wrong');
      const shown = (await statement(house, id, 'kind=call')).reduce((sum, call) => sum + nano(call.amount_usd), 0n);
      assert.equal(shown, charged, 'calls stay as they were');
    }

    const up = await ended(house, (await ask(house, model, { usd_per_million: { input: '20', output: '80' }, usd_each: { request: '0.01' } })).id);
    const higher = total(usage, price('20', '80')) + 6n * 10_000_000n;
    assert.equal(nano(up.before_usd), lower, 'the second begins with what the first came to');
    assert.equal(nano(up.adjustment_usd), higher - lower);
    assert.equal(nano((await purse.balance()).spent_usd), higher);
    const [row] = (await house.control('GET', `chargeback?group_by=model&wallet=${purse.walletId}`)).data;
    assert.deepEqual([nano(row.cost_usd), nano(row.total_usd)], [charged, higher]);
    const one = await purse.get(`usage/${usage[0].id}`);
    assert.equal(nano(one.cost_usd), costOf(price('10', '40'), usage[0]));
    assert.equal(nano(one.rerated_usd), costOf(price('20', '80'), usage[0]) + 10_000_000n);
    const lines = (await house.controlRaw('GET', `reratings/${up.id}/calls`)).text.trim().split('\n').map(JSON.parse);
    assert.deepEqual(lines.map(line => line.id), usage.map(call => call.id), 'every call, newest first');

    const refused = await purse.chat({ model, max_tokens: 10, messages: [{ role: 'user', content: 'x' }] });
    assert.equal(refused.status, 200, 'calls go on');
  });

  it('the prices in force can be asked for, and a charge above the limit leaves an overrun', async () => {
    const id = `p-${newId().slice(4, 17)}`;
    const row = input => ({
      base_url: `${house.mock.url}/v1`,
      models: [{
        id: `${id}-m`, upstream_id: 'gpt-4o-mini', context_window_tokens: 1000, max_output_tokens: 50,
        price: { input_usd_per_million: input, output_usd_per_million: '0', cache_read_usd_per_million: input },
      }],
    });
    await house.control('POST', 'providers', { id, ...row('1') });
    const purse = await house.purse('0.01');
    const usage = await calls(purse, `${id}-m`, 2);
    await house.control('PUT', `providers/${id}`, { id, ...row('100000') });

    const rerating = await ended(house, (await ask(house, `${id}-m`, 'catalogue', { provider: id })).id);
    const now = total(usage, price('100000', '0'));
    assert.equal(nano(rerating.now_usd), now);
    const wallet = await house.control('GET', `wallets/${purse.walletId}`);
    assert.equal(nano(wallet.spent_usd), now);
    assert.equal(nano(wallet.overrun_usd), now + nano(wallet.leased_usd) - nano('0.01'));
    assert.equal((await purse.chat({ model: `${id}-m` })).status, 402);
  });

  it('what is wrong with a request is named', async () => {
    for (const [body, param] of [
      [{ model: 'm', from: at(0), to: at(Date.now() + day), prices: { input: '1', output: '1' }, note: 'n' }, 'to'],
      [{ model: 'm', from: at(0), to: at(1), prices: { input: 1.5, output: '1' }, note: 'n' }, 'prices'],
      [{ model: 'm', from: at(0), to: at(1), prices: { input: '1', output: '1' } }, 'note'],
    ]) {
      const answer = await house.controlRaw('POST', 'reratings', body);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.error.param, param, answer.text);
    }
  });
});

it('killed again and again in the middle, every wallet is corrected once', async () => {
  const mock = await startMock();
  const dataDirectory = temporaryDirectory();
  let house = new House(mock, await startServer({ mock, dataDirectory, env: settled }));
  const model = await modelAt(house, '10', '40');
  const root = await house.control('POST', 'wallets', { name: 'root', limit_usd: '100' });
  const purses = [];
  for (let i = 0; i < 30; i++) purses.push(await purseBelow(house, root));
  const usage = await Promise.all(purses.map(purse => calls(purse, model, 5)));
  const all = usage.flat();
  let [input, output] = ['10', '40'];
  let interrupted = 0;
  for (let round = 0; round < 6; round++) {
    [input, output] = [`${round * 3}.000000001`, `${50 - round * 7}`];
    const { id } = await ask(house, model, { input, output });
    const pause = round * 15;
    await until('a moment has passed', (end => () => performance.now() > end)(performance.now() + pause), { everyMs: 1 });
    await house.server.kill();
    const killedAt = Date.now();
    house = new House(mock, await startServer({ mock, dataDirectory, env: settled }));
    const rerating = await ended(house, id);
    assert.equal(rerating.state, 'done', JSON.stringify(rerating));
    assert.equal(nano(rerating.now_usd), total(all, price(input, output)));
    if (Date.parse(rerating.ended_at) >= killedAt) interrupted++;
  }

  assert.ok(interrupted > 0, 'at least one was under way when it was killed');

  assert.equal(nano((await house.control('GET', `wallets/${root.id}`)).spent_usd), total(all, price(input, output)));
  for (const [i, purse] of purses.entries()) {
    const now = total(usage[i], price(input, output));
    assert.equal(nano((await house.control('GET', `wallets/${purse.walletId}`)).spent_usd), now, `wallet ${i}: ${usd(now)}`);
    const lines = await statement(house, purse.walletId, 'kind=rerated');
    assert.equal(lines.length, 6, 'one line each');
  }

  await house.close();
});
