// Usage objects no provider should send, whole and streamed: what is charged, what is in suspense, who is told, and how it is decided. The model's
// prices and bounds are the test's own, so that every amount is computed here.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { House, Purse, hello, newId, open } from './lib/house.mjs';
import { nano } from './lib/money.mjs';
import { startMock, startServer, temporaryDirectory } from './lib/processes.mjs';
import { until } from './lib/until.mjs';

const input = 1_000n;
const output = 10_000n;
const maxTokens = 50;
const window = 2_000;
const most = 400;

let house, provider, model;
before(async () => {
  house = await open();
  model = `doubted-${Date.now()}`;
  provider = await house.provider({
    models: [{ id: model, context_window_tokens: window, max_output_tokens: most, price: { input_usd_per_million: '1', output_usd_per_million: '10' } }],
  });
});
after(() => house?.close());

/** One call answered with 20 tokens and this usage; its usage event as GET /v1/usage/{id} shows it. */
async function call(purse, usage, { stream = false, ...mock } = {}) {
  const id = newId();
  const answer = await purse.chat({ model, stream, max_tokens: maxTokens, x_mock: { tokens: 20, ...(usage === undefined ? { no_usage: true } : { usage }), ...mock } }, { headers: { 'x-request-id': id } });
  assert.equal(answer.status, 200, answer.text);
  const { id: exchange } = await purse.usageOf(id);
  const event = await purse.get(`usage/${exchange}`);
  return Object.assign(event, { cost: nano(event.cost_usd), hold: nano(event.hold_usd), suspended: nano(event.suspended_usd) });
}

const figures = async purse => {
  const { spent_usd: spent, suspense_usd: suspense } = await purse.settled();
  return [nano(spent), nano(suspense)];
};

const suspends = (purse, amount) => until(`${amount} in suspense`, async () => (await figures(purse))[1] === amount);

const price = (prompt, completion) => BigInt(prompt) * input + BigInt(completion) * output;

for (const stream of [false, true]) {
  describe(stream ? 'streamed' : 'whole', () => {
    // Counted, larger or reported by the report's own tokens: charged at once, noted, and nothing is in suspense.
    const noted = [
      ['missing', undefined, 'missing', 'counted'],
      ['an empty object', {}, 'missing', 'counted'],
      ['no object', 'many', 'malformed', 'counted'],
      ['negative, both', { prompt_tokens: -5, completion_tokens: -1 }, 'negative', 'counted'],
      ['a negative prompt and a completion above the text', { prompt_tokens: -5, completion_tokens: 45 }, 'negative', 'larger', 45],
      ['strings for numbers', { prompt_tokens: '3', completion_tokens: '48' }, 'malformed', 'larger', 48],
      ['words for numbers', { prompt_tokens: 'three', completion_tokens: null }, 'malformed', 'counted'],
      ['fractions', { prompt_tokens: 1.5, completion_tokens: 2.5 }, 'malformed', 'counted'],
      ['nothing used, with text delivered', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, 'zero_prompt', 'counted'],
      ['no completion, with text delivered', { prompt_tokens: 30, completion_tokens: 0, total_tokens: 30 }, 'zero_output', undefined],
    ];
    for (const [what, usage, anomaly, source, completion] of noted) {
      it(`${what}: charged by the larger of reported and counted, and noted`, async () => {
        const purse = await house.purse();
        const event = await call(purse, usage, { stream });
        assert.deepEqual([event.usage_anomaly, event.usage_source, event.suspended], [anomaly, source ?? event.usage_source, 0n]);
        assert.notEqual(event.usage_source, 'reported');
        assert.ok(event.prompt_tokens > 0 && event.completion_tokens >= 20, `${event.prompt_tokens} and ${event.completion_tokens} tokens`);
        if (completion) assert.equal(event.completion_tokens, completion);
        assert.equal(event.cost, price(event.prompt_tokens, event.completion_tokens));
        assert.ok(event.cost > 0n && event.cost <= event.hold);
        assert.deepEqual(await figures(purse), [event.cost, 0n]);
      });
    }

    const beyond = [
      ['10^18 tokens', { prompt_tokens: 10, completion_tokens: 1e18 }, 'absurd', 'larger', most],
      ['10^18 tokens, prompt and completion', { prompt_tokens: 1e18, completion_tokens: 1e18 }, 'absurd', 'larger', most],
      ['more than any number holds', { prompt_tokens: 10, completion_tokens: 1e300 }, 'absurd', 'larger', most],
      ['a billion tokens', { prompt_tokens: 10, completion_tokens: 999_999_000, total_tokens: 999_999_010 }, 'above_hold', 'reported', most],
      ['more than was asked for', { prompt_tokens: 10, completion_tokens: 300, total_tokens: 310 }, 'above_hold', 'reported', 300],
    ];
    for (const [what, usage, anomaly, source, completion] of beyond) {
      it(`${what}: charged the hold, and what the model can do beyond is in suspense until somebody decides`, async () => {
        const purse = await house.purse();
        const event = await call(purse, usage, { stream });
        assert.deepEqual([event.usage_anomaly, event.usage_source, event.completion_tokens], [anomaly, source, completion]);
        assert.equal(event.cost, event.hold);
        assert.equal(event.cost + event.suspended, price(event.prompt_tokens, completion));
        await suspends(purse, event.suspended);
        assert.deepEqual(await figures(purse), [event.cost, event.suspended]);

        const review = await house.control('GET', `reviews/${event.id}`);
        assert.deepEqual([review.state, review.verdict, review.suspended_usd], ['open', 'open', event.suspended_usd]);
        if (anomaly === 'absurd') assert.equal(review.claimed_usage, JSON.stringify(usage));
        const { data: alerts } = await house.control('GET', 'alerts?kind=usage_disputed');
        assert.ok(alerts.some(a => a.data.model === model && a.data.provider === provider.id && a.data.anomaly === anomaly), JSON.stringify(alerts));
      });
    }
  });
}

describe('a review', () => {
  it('accepted, in part and rejected: the balance, the statement and the call say so', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 300, total_tokens: 310 };
    for (const [verdict, body, charged] of [['accept', {}, s => s], ['accept', { amount_usd: '0.000000007', note: 'a token too many' }, () => 7n], ['reject', { note: 'their mistake' }, () => 0n]]) {
      const purse = await house.purse();
      const event = await call(purse, usage);
      await suspends(purse, event.suspended);
      const decided = await house.control('POST', `reviews/${event.id}/${verdict}`, body);
      assert.equal(decided.state, 'closed');
      assert.deepEqual(await house.control('POST', `reviews/${event.id}/${verdict}`, body), decided, 'a repeated decision changes nothing');
      assert.equal((await house.controlRaw('POST', `reviews/${event.id}/${verdict === 'accept' ? 'reject' : 'accept'}`, {})).json.error.code, 'review_decided');
      const later = charged(event.suspended);
      assert.deepEqual(await figures(purse), [event.cost + later, 0n]);
      assert.equal((await purse.get(`usage/${event.id}`)).review, `${verdict}ed`);

      const lines = await until('the statement has all of it', async () => {
        const { data } = await house.control('GET', `wallets/${purse.walletId}/statement`);
        const found = data.filter(l => l.reference === event.id && l.kind !== 'call');
        return found.reduce((sum, l) => sum + (l.credit === 'suspense' ? nano(l.amount_usd) : -nano(l.amount_usd)), 0n) === 0n && found.length > 1 && found;
      });
      assert.deepEqual(
        lines.map(l => [l.kind, nano(l.amount_usd)]),
        [['usage_disputed', event.suspended], ['suspense_charged', later], ['suspense_released', event.suspended - later]].filter(([, amount]) => amount > 0n));
    }
  });

  it('keeps its money out of reach: a wallet whose rest is in suspense pays for nothing more', async () => {
    const purse = await house.purse('0.003');
    const event = await call(purse, { prompt_tokens: 10, completion_tokens: 300, total_tokens: 310 });
    await suspends(purse, event.suspended);
    const refused = await purse.chat({ model, messages: hello, max_tokens: maxTokens });
    assert.equal(refused.status, 402, refused.text);
    await house.control('POST', `reviews/${event.id}/reject`);
    await until('the wallet pays again', async () => (await purse.chat({ model, messages: hello, max_tokens: maxTokens })).status === 200);
  });

  it('is for administrators', async () => {
    const purse = await house.purse();
    const answer = await house.controlRaw('GET', 'reviews', undefined, { authorization: `Bearer ${purse.key}` });
    assert.equal(answer.status, 403, answer.text);
  });
});

describe('kill -9', () => {
  let mock, server;
  after(async () => {
    await server?.stop();
    await mock?.stop();
  });

  it('between a settlement and what it puts in suspense: every amount is there once after the restart', async () => {
    mock = await startMock();
    const dataDirectory = temporaryDirectory();
    server = await startServer({ mock, dataDirectory });
    let here = new House(mock, server);
    const own = 'doubted';
    await here.provider({ models: [{ id: own, context_window_tokens: window, max_output_tokens: most, price: { input_usd_per_million: '1', output_usd_per_million: '10' } }] });
    let purse = await here.purse();
    let calls = 0;
    for (let round = 0; round < 7; round++) {
      const burst = Array.from({ length: 8 }, () => purse.chat({ model: own, max_tokens: maxTokens, x_mock: { tokens: 5, usage: { prompt_tokens: 10, completion_tokens: 300, total_tokens: 310 } } }).catch(() => undefined));
      calls += burst.length;

      // Round by round a little later: before the first end, among them, after the last, and when all settlements are sure to be on disk.
      await (round === 0 ? undefined : round < 4 ? burst[round] : Promise.all(burst));
      if (round > 4) {
        const ids = (await Promise.all(burst)).map(answer => answer.headers['x-ao-exchange-id']);
        await until('the round is in the books', async () => {
          const known = new Set((await purse.usage()).map(e => e.id));
          return ids.every(id => known.has(id));
        });
      }

      await server.kill();
      await Promise.all(burst);
      server = await startServer({ mock, dataDirectory });
      here = new House(mock, server);
      purse = new Purse(here, purse.walletId, purse.keyId, purse.key);
    }

    const { suspended_calls: outstanding } = await here.control('GET', `wallets/${purse.walletId}/outstanding`);
    const unfinished = outstanding.reduce((sum, c) => sum + nano(c.hold_usd), 0n);
    const disputed = await until('every amount in doubt is in suspense', async () => {
      const events = (await purse.usage()).filter(e => nano(e.suspended_usd) > 0n);
      const amount = events.reduce((sum, e) => sum + nano(e.suspended_usd), 0n);
      return (await figures(purse))[1] === amount + unfinished && events;
    }, { boundMs: 20_000 });
    assert.ok(disputed.length + outstanding.length <= calls && disputed.length >= 16, `${disputed.length} of ${calls} in dispute, ${outstanding.length} without an end`);
    const { data: reviews } = await here.control('GET', 'reviews?state=open&limit=1000');
    assert.deepEqual(reviews.map(r => r.id).toSorted(), disputed.map(e => e.id).toSorted());

    for (const review of reviews) await here.control('POST', `reviews/${review.id}/reject`);
    assert.equal((await figures(purse))[1], unfinished);
  });
});
