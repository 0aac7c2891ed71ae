// Budgets as a tree, over the wire: every level counts, what is refused says where and until when, and people move money with other people's consent.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Purse, newId, open } from './lib/house.mjs';
import { nano, usd } from './lib/money.mjs';
import { until } from './lib/until.mjs';

let house;
before(async () => {
  house = await open();
});
after(() => house?.close());

const wallet = (name, limit, parent, more = {}) =>
  house.control('POST', 'wallets', { name, limit_usd: limit, ...(parent ? { parent_id: parent.id } : {}), ...more });

async function purseOn(leaf, more = {}) {
  const key = await house.control('POST', 'keys', { name: leaf.name, wallet_id: leaf.id, ...more });
  return new Purse(house, leaf.id, key.id, key.key);
}

/** A model whose calls cost exactly what they hold: a cent for each, ten tokens of output and a prompt that is free. */
async function centModel() {
  const id = newId();
  await house.provider({
    models: [{
      id, upstream_id: 'gpt-4o-mini', context_window_tokens: 1000, max_output_tokens: 10,
      price: { input_usd_per_million: '0', output_usd_per_million: '1000', cache_read_usd_per_million: '0' },
    }],
  });
  return id;
}

const cent = 10_000_000n;
const as = (purse, method, path, body) => purse.send(path, body === undefined ? undefined : JSON.stringify(body), { method });

describe('a thousand calls at once on money for exactly a hundred', () => {
  for (const depth of [1, 4, 8]) {
    for (const scarce of depth === 1 ? [0] : [0, depth - 1]) {
      it(`serve a hundred, at depth ${depth} with the money short ${scarce === 0 ? 'at the root' : 'at the leaf'}`, async () => {
        const model = await centModel();
        let at = null;
        let short;
        for (let level = 0; level < depth; level++) {
          at = await wallet(`level ${level}`, level === scarce ? '1.00' : '1000', at);
          if (level === scarce) short = at;
        }

        const purse = await purseOn(at);
        let served = 0;
        const codes = {};
        let waiting = 1000;
        await Promise.all(Array.from({ length: 100 }, async () => {
          while (waiting-- > 0) {
            const answer = await purse.chat({ model, max_tokens: 10, x_mock: { tokens: 10, first_delay_ms: 5 } });
            if (answer.status === 200) served++;
            else codes[`${answer.status} ${answer.json.error.code}`] = (codes[`${answer.status} ${answer.json.error.code}`] ?? 0) + 1;
            if (answer.status === 402) assert.equal(answer.json.error.metadata.wallet, short.id, answer.text);
          }
        }));
        const balance = await purse.settled();
        assert.ok(Object.keys(codes).every(code => ['402 insufficient_budget', '429 budget_contended'].includes(code)), JSON.stringify(codes));
        assert.equal(served, 100, JSON.stringify(codes));
        assert.equal(nano(balance.spent_usd), 100n * cent);
        const last = await house.control('GET', `wallets/${short.id}`);
        assert.equal(last.available_usd, '0.00', 'no money is left that one more call could have used');
        assert.equal(last.overrun_usd, '0.00');
      });
    }
  }
});

describe('a tree of wallets', () => {
  it('is charged at every level, and says which level stands in the way', async () => {
    const model = await centModel();
    const root = await wallet('organisation', '10');
    const team = await wallet('team', '0.02', root);
    const a = await purseOn(await wallet('a', '5', team));
    const b = await purseOn(await wallet('b', '5', team));
    assert.equal((await a.chat({ model, x_mock: { tokens: 10 } })).status, 200);
    assert.equal((await b.chat({ model, x_mock: { tokens: 10 } })).status, 200);
    const refused = await a.chat({ model, x_mock: { tokens: 10 } });
    assert.equal(refused.status, 402);
    assert.equal(refused.json.error.metadata.wallet, team.id);
    assert.equal(refused.json.error.metadata.limit_usd, '0.02');
    await a.settled();
    await b.settled();
    for (const [id, spent] of [[root.id, 2n], [team.id, 2n], [a.walletId, 1n]]) {
      assert.equal(nano((await house.control('GET', `wallets/${id}`)).spent_usd), spent * cent);
    }

    const raised = await house.control('PATCH', `wallets/${team.id}`, { limit_usd: '1' });
    assert.equal(raised.limit_usd, '1.00');
    assert.equal((await a.chat({ model, x_mock: { tokens: 10 } })).status, 200, 'a raised limit holds at once');
  });

  it('freezes, tops up and starts again with its period', async () => {
    const model = await centModel();
    const leaf = await wallet('monthly', '0.01', null, { period: { kind: 'monthly', day: 31, time_zone: 'Europe/Berlin' }, thresholds: [50] });
    const purse = await purseOn(leaf);
    assert.equal((await purse.chat({ model, x_mock: { tokens: 10 } })).status, 200);
    const refused = await purse.chat({ model, x_mock: { tokens: 10 } });
    assert.equal(refused.status, 402);
    assert.match(refused.json.error.metadata.resets_at, /^20\d\d-\d\d-\d\dT2[23]:00:00/);
    await house.control('POST', `wallets/${leaf.id}/top-ups`, { amount_usd: '0.02', id: 'once', note: 'more' });
    const again = await house.control('POST', `wallets/${leaf.id}/top-ups`, { amount_usd: '0.02', id: 'once' });
    assert.equal(again.applied, false);
    assert.equal((await purse.chat({ model, x_mock: { tokens: 10 } })).status, 200);
    await house.control('POST', `wallets/${leaf.id}/freeze`, { note: 'audit' });
    const frozen = await purse.chat({ model, x_mock: { tokens: 10 } });
    assert.equal(frozen.status, 403);
    assert.equal(frozen.json.error.code, 'budget_frozen');
    await house.control('POST', `wallets/${leaf.id}/unfreeze`, {});
    assert.equal((await purse.chat({ model, x_mock: { tokens: 10 } })).status, 200);
  });

  it('lets a shadow wallet spend and says what it would have refused', async () => {
    const model = await centModel();
    const leaf = await wallet('shadow', '0.02', null, { shadow: true });
    const purse = await purseOn(leaf);
    for (let i = 0; i < 5; i++) assert.equal((await purse.chat({ model, x_mock: { tokens: 10 } })).status, 200);
    const seen = await until('the refusals are counted', async () => {
      const now = await house.control('GET', `wallets/${leaf.id}`);
      return now.shadow_refused_calls >= 3 && now;
    });
    assert.equal(seen.shadow_refused_calls, 3);
    assert.equal(nano(seen.spent_usd), 5n * cent);
  });
});

describe('transfers and requests', () => {
  it('move money when somebody else agrees, once, and the period keeps its sum', async () => {
    const root = await wallet('organisation', '10');
    const rich = await wallet('rich', '5', root);
    const poor = await wallet('poor', '1', root);
    const asker = await purseOn(poor, { role: 'finops', user_id: 'anna' });
    const sameUser = await purseOn(poor, { role: 'finops', user_id: 'anna' });
    const agrees = await purseOn(rich, { role: 'finops', user_id: 'bert' });
    const asked = await as(asker, 'POST', 'wallet/transfers', { from: rich.id, to: poor.id, amount_usd: '1.5', id: newId() });
    assert.ok([200, 201].includes(asked.status), asked.text);
    const id = asked.json.id;
    for (const purse of [asker, sameUser]) assert.equal((await as(purse, 'POST', `wallet/transfers/${id}/approve`, {})).status, 403);
    assert.ok((await as(agrees, 'POST', `wallet/transfers/${id}/approve`, {})).status < 300);
    const done = await until('it is applied', async () => {
      const now = (await as(asker, 'GET', `wallet/transfers/${id}`)).json;
      return now.state === 'applied' && now;
    });
    assert.ok(done.history.length >= 3);
    const [a, b] = await Promise.all([rich, poor].map(w => house.control('GET', `wallets/${w.id}`)));
    assert.equal(a.available_usd, '3.50');
    assert.equal(b.available_usd, '2.50');
    assert.equal(a.limit_usd, '5.00', 'the standing limit stays');
    assert.equal((await as(agrees, 'POST', `wallet/transfers/${id}/cancel`, {})).status, 409);
  });

  it('raise a budget that was asked for', async () => {
    const leaf = await wallet('small', '1');
    const asker = await purseOn(leaf, { user_id: 'carl' });
    const asked = await as(asker, 'POST', 'wallet/requests', { wallet: leaf.id, amount_usd: '4', note: 'demo' });
    assert.ok([200, 201].includes(asked.status), asked.text);
    const lead = await purseOn(leaf, { role: 'finops', user_id: 'dora' });
    assert.ok((await as(lead, 'POST', `wallet/requests/${asked.json.id}/approve`, {})).status < 300);
    await until('it is applied', async () => (await as(asker, 'GET', `wallet/requests/${asked.json.id}`)).json.state === 'applied');
    assert.equal((await asker.balance()).available_usd, '5.00');
  });
});

describe('nobody rides for free', () => {
  it('a client that repeats one x-request-id pays for every call', async () => {
    const model = await centModel();
    const purse = await purseOn(await wallet('repeats', '1'));
    for (let i = 0; i < 7; i++) {
      assert.equal((await purse.chat({ model, x_mock: { tokens: 10 } }, { headers: { 'x-request-id': 'always-the-same' } })).status, 200);
    }

    assert.equal(nano((await purse.settled()).spent_usd), 7n * cent);
    assert.equal((await purse.usagesOf('always-the-same', 7)).length, 7);
  });

  it('a retry after an attempt that was billed is a call of its own, and both are charged', async () => {
    const model = await centModel();
    const purse = await purseOn(await wallet('retries', '1'));
    const id = newId();
    const cut = await purse.chat({ model, stream: true, x_mock: { tokens: 10, die_after: 4 } }, { headers: { 'x-request-id': id } }).catch(() => null);
    assert.ok(!cut || cut.status >= 200);
    assert.equal((await purse.chat({ model, stream: true, x_mock: { tokens: 10 } }, { headers: { 'x-request-id': id } })).status, 200);
    const events = await purse.usagesOf(id, 2);
    const cost = events.map(e => nano(e.cost_usd)).sort((a, b) => Number(a - b));
    assert.equal(cost[1], cent);
    assert.ok(cost[0] > 0n && cost[0] < cent, usd(cost[0]));
    assert.equal(nano((await purse.settled()).spent_usd), cost[0] + cost[1]);
  });
});

describe('limits on calls', () => {
  it('refuse with 429, say when, and tell every answer how much is left', async () => {
    const model = await centModel();
    const purse = await purseOn(await wallet('limited', '10'));
    const limit = await house.control('POST', 'limits', { scope: 'key', subject: purse.keyId, requests_per_minute: 3 });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await purse.chat({ model, x_mock: { tokens: 1 } }));
    assert.deepEqual(answers.map(a => a.status), [200, 200, 200, 429]);
    assert.deepEqual(answers.map(a => a.headers['x-ratelimit-remaining-requests']), ['2', '1', '0', '0']);
    assert.equal(answers[3].json.error.code, 'rate_limit_exceeded');
    assert.match(answers[3].headers['retry-after'], /^[1-9]\d*$/);
    await house.control('POST', `limits/${limit.id}/reset`, {});
    assert.equal((await purse.chat({ model, x_mock: { tokens: 1 } })).status, 200);
  });
});
