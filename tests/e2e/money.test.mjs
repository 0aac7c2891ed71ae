// What calls cost: to the nano-dollar, before, during and after.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hello, newId, open } from './lib/house.mjs';
import { costOf, nano, priceOf, usd } from './lib/money.mjs';
import { until } from './lib/until.mjs';

let house;
before(async () => {
  house = await open();
});
after(() => house?.close());

/** Prices of a provider row, and the same as nano-dollars per million tokens. */
function prices(input, output, cached = input) {
  return {
    row: { input_usd_per_million: input, output_usd_per_million: output, cache_read_usd_per_million: cached },
    price: { input: nano(input), output: nano(output), cached: nano(cached) },
  };
}

async function ownModel({ row }, provider = {}) {
  const id = newId();
  await house.provider({
    models: [{ id, upstream_id: 'gpt-4o-mini', price: row, context_window_tokens: 100_000, max_output_tokens: 10_000 }], ...provider,
  });
  return id;
}

describe('a call costs what the price table says', () => {
  for (const stream of [false, true]) {
    it(`for chat, ${stream ? 'streamed' : 'whole'}, and the balance falls by exactly that`, async () => {
      const purse = await house.purse();
      const id = newId();
      const before = await purse.settled();
      const answer = await purse.chat({ stream, messages: [{ role: 'user', content: 'x'.repeat(777) }], x_mock: { tokens: 33 } }, { headers: { 'x-request-id': id } });
      assert.equal(answer.status, 200, answer.text);
      const [entry] = await house.mock.ledger(id);
      const cost = costOf(priceOf('gpt-4o-mini'), entry);
      const usage = await purse.usageOf(id);
      assert.equal(nano(usage.cost_usd), cost);
      assert.equal(usage.prompt_tokens, entry.prompt_tokens);
      assert.equal(usage.completion_tokens, 33);
      const after = await purse.settled();
      assert.equal(nano(after.spent_usd) - nano(before.spent_usd), cost);
      assert.equal(nano(before.available_usd) - nano(after.available_usd), cost);
      if (!stream) assert.equal(nano(answer.headers['x-ao-cost-usd']), cost);
    });
  }

  it('for embeddings', async () => {
    const purse = await house.purse();
    const id = newId();
    await purse.client.embeddings.create({ model: 'text-embedding-3-large', input: ['x'.repeat(99), 'y'] }, { headers: { 'x-request-id': id } });
    const [entry] = await house.mock.ledger(id);
    assert.equal(entry.prompt_tokens, 26);
    assert.equal(nano((await purse.settled()).spent_usd), costOf(priceOf('text-embedding-3-large'), { prompt_tokens: 26 }));
  });

  it('with cached tokens at their own price', async () => {
    const purse = await house.purse();
    const usage = { prompt_tokens: 1000, completion_tokens: 7, total_tokens: 1007, prompt_tokens_details: { cached_tokens: 900 } };
    await purse.chat({ x_mock: { usage } });
    const cost = costOf(priceOf('gpt-4o-mini'), { ...usage, cached_tokens: 900 });
    assert.equal(nano((await purse.settled()).spent_usd), cost);
    assert.equal(cost, 100n * 150n + 900n * 75n + 7n * 600n, 'the price table has changed: so must this line');
  });

  it('rounded up once to the nano-dollar', async () => {
    // 0.0001 and 0.0003 dollars per million are 0.1 and 0.3 nano-dollars per token.
    const own = prices('0.0001', '0.0003');
    const purse = await house.purse();
    const model = await ownModel(own);
    const id = newId();
    await purse.chat({ model, x_mock: { usage: { prompt_tokens: 11, completion_tokens: 1 } } }, { headers: { 'x-request-id': id } });
    // 1.1 + 0.3 = 1.4
    assert.equal(nano((await purse.usageOf(id)).cost_usd), 2n);
    assert.equal(nano((await purse.settled()).spent_usd), 2n);
  });

  it('and nothing where the price is nothing', async () => {
    const purse = await house.purse('0');
    const model = await ownModel(prices('0', '0'));
    assert.equal((await purse.chat({ model })).status, 200);
    assert.equal((await purse.settled()).spent_usd, '0.00');
  });

  it('estimated where the provider reports no usage: never free', async () => {
    const purse = await house.purse();
    for (const stream of [false, true]) {
      const id = newId();
      await purse.chat({ stream, x_mock: { tokens: 40, no_usage: true } }, { headers: { 'x-request-id': id } });
      const usage = await purse.usageOf(id);
      assert.equal(usage.usage_source, 'counted');
      assert.ok(usage.completion_tokens > 0 && nano(usage.cost_usd) > 0n, JSON.stringify(usage));
      assert.equal(usage.completion_tokens, 40);
      assert.equal(usage.prompt_tokens, 8, 'a token of text, a role, 3 around the message and 3 for the answer');
    }
  });

  it('whatever nonsense the provider calls usage', async () => {
    const purse = await house.purse();
    for (const usage of [{}, [], 'many', { prompt_tokens: -5, completion_tokens: 1 }, { prompt_tokens: 1.5 }, { prompt_tokens: '3' }, { prompt_tokens: 0, completion_tokens: 0 }]) {
      const id = newId();
      const answer = await purse.chat({ x_mock: { tokens: 40, usage } }, { headers: { 'x-request-id': id } });
      assert.equal(answer.status, 200, answer.text);
      const event = await purse.usageOf(id);
      assert.equal(event.usage_source, 'counted', JSON.stringify(usage));
      assert.ok(nano(event.cost_usd) > 0n);
    }
  });

  it('every time, however often one x-request-id is repeated', async () => {
    const purse = await house.purse();
    const id = newId();
    for (let i = 0; i < 5; i++) await purse.chat({ x_mock: { tokens: 10 } }, { headers: { 'x-request-id': id } });
    const [entry] = await house.mock.ledger(id);
    const events = await purse.usagesOf(id, 5);
    assert.equal(new Set(events.map(e => e.id)).size, 5);
    assert.equal(nano((await purse.settled()).spent_usd), 5n * costOf(priceOf('gpt-4o-mini'), entry));
  });
});

describe('usage', () => {
  it('lists calls newest first, filters them, and pages through all of them once', async () => {
    const purse = await house.purse();
    const ids = Array.from({ length: 7 }, newId);
    for (const [i, id] of ids.entries()) {
      await purse.chat({ model: i % 2 ? 'gpt-4o' : 'gpt-4o-mini', x_mock: i === 6 ? { fail: { status: 500 } } : { tokens: 1 } }, { headers: { 'x-request-id': id } });
    }

    await until('all calls are listed', async () => (await purse.usage()).length === 7);
    assert.deepEqual((await purse.usage()).map(e => e.request_id), ids.toReversed());
    assert.deepEqual((await purse.usage('&model=gpt-4o')).map(e => e.request_id), [ids[5], ids[3], ids[1]]);
    assert.deepEqual((await purse.usage('&status=error')).map(e => e.request_id), [ids[6]]);
    assert.equal((await purse.usage('&provider=openai')).length, 7);
    assert.equal((await purse.usage('&provider=nobody')).length, 0);
    assert.equal((await purse.usage(`&to=${encodeURIComponent(new Date(Date.now() - 3_600_000).toISOString())}`)).length, 0);
    assert.equal((await purse.usage(`&from=${Math.floor(Date.now() / 1000) - 3600}`)).length, 7);

    const paged = [];
    for (let next = ''; next !== null;) {
      const page = await purse.get(`usage?limit=3${next && `&after=${next}`}`);
      assert.ok(page.data.length <= 3);
      paged.push(...page.data.map(e => e.request_id));
      next = page.next;
    }

    assert.deepEqual(paged, ids.toReversed());
    const [event] = await purse.usage();
    assert.deepEqual(await purse.get(`usage/${event.id}`), event);
  });

  it('has every member the specification names', async () => {
    const purse = await house.purse();
    const id = newId();
    await purse.chat({ x_mock: { tokens: 1 } }, { headers: { 'x-request-id': id } });
    const event = await purse.usageOf(id);
    for (const member of ['id', 'request_id', 'created', 'model', 'provider', 'status', 'prompt_tokens', 'completion_tokens', 'cost_usd']) {
      assert.ok(event[member] !== undefined && event[member] !== null, member);
    }

    assert.ok(Math.abs(event.created - Date.now() / 1000) < 60);
    assert.equal(event.status, 'ok');
    const balance = await purse.balance();
    assert.deepEqual(
      Object.keys(balance).sort(),
      ['allowance_usd', 'as_of', 'available_usd', 'held_usd', 'limit_usd', 'period', 'spent_usd', 'suspense_usd', 'tightest', 'wallet']);
  });

  it('of others is not there', async () => {
    const [mine, other] = [await house.purse(), await house.purse()];
    const id = newId();
    await other.chat({}, { headers: { 'x-request-id': id } });
    const event = await other.usageOf(id);
    assert.deepEqual((await mine.get(`usage?request_id=${id}`)).data, []);
    assert.equal((await mine.send(`usage/${event.id}`, undefined, { method: 'GET' })).status, 404);
    assert.equal((await mine.send(`usage?key=${other.keyId}`, undefined, { method: 'GET' })).status, 403);
    assert.equal((await mine.send(`wallet/balance?wallet=${other.walletId}`, undefined, { method: 'GET' })).status, 403);
  });

  it('refuses filters it does not know', async () => {
    const purse = await house.purse();
    for (const filter of ['modle=x', 'status=fine', 'limit=0', 'limit=1001', 'after=x', 'from=yesterday', 'from=2&to=1']) {
      const answer = await purse.send(`usage?${filter}`, undefined, { method: 'GET' });
      assert.equal(answer.status, 400, filter);
    }
  });
});

describe('what could overrun', () => {
  it('is clamped: the provider is told what the wallet can pay, and a header says so', async () => {
    const own = prices('1', '1000');
    const model = await ownModel(own);
    const purse = await house.purse('0.5');
    for (const [asked, member] of [[undefined, 'max_tokens'], [5000, 'max_tokens'], [5000, 'max_completion_tokens']]) {
      const id = newId();
      const answer = await purse.chat(
        { model, ...(asked ? { [member]: asked } : {}), x_mock: { tokens: 2 } }, { headers: { 'x-request-id': id } });
      assert.equal(answer.status, 200, answer.text);
      const clamped = Number(answer.headers['x-max-tokens-clamped']);
      assert.ok(clamped >= 256 && clamped < 500, `clamped to ${clamped}`);
      const [request] = await house.mock.requests(id);
      assert.equal(JSON.parse(request.body)[member], clamped);
      const usage = await purse.usageOf(id);
      assert.equal(usage.clamped_max_tokens, clamped);
      assert.ok(nano(usage.hold_usd) <= nano('0.5'));
    }
  });

  it('never does, however many ask at once', async () => {
    const own = prices('1', '1000');
    const model = await ownModel(own);
    const purse = await house.purse('2');
    const answers = await Promise.all(Array.from({ length: 40 }, () =>
      purse.chat({ model, max_tokens: 300, x_mock: { tokens: 300, first_delay_ms: 30 } })));
    const codes = new Set(answers.filter(a => a.status !== 200).map(a => a.json.error.code));
    for (const code of codes) assert.ok(['insufficient_budget', 'budget_contended'].includes(code), code);
    const good = answers.filter(a => a.status === 200);
    assert.ok(good.length >= 6, `${good.length} of 40 went through`);
    const balance = await purse.settled();
    const cost = good.reduce((sum, a) => sum + nano(a.headers['x-ao-cost-usd']), 0n);
    assert.equal(nano(balance.spent_usd), cost);
    assert.ok(cost <= nano('2'), usd(cost));
  });

  it('says 429 with retry-after, not 402, where only holds stand in the way', async () => {
    const own = prices('1', '1000');
    const model = await ownModel(own);
    const purse = await house.purse('0.31');
    const abort = new AbortController();
    const id = newId();
    const first = purse.client.chat.completions.create(
      { model, messages: hello, max_tokens: 300, x_mock: { first_delay_ms: 60_000 } }, { signal: abort.signal, headers: { 'x-request-id': id } });
    first.catch(() => {});
    await until('the first call holds the money', async () => (await house.mock.ledger(id)).length === 1);
    const second = await purse.chat({ model, max_tokens: 300 });
    assert.equal(second.status, 429, second.text);
    assert.equal(second.json.error.code, 'budget_contended');
    assert.match(second.headers['retry-after'], /^[1-9]\d*$/);
    abort.abort();
    await purse.settled();
  });
});

describe('no hold remains', () => {
  const cases = {
    'a refusal by the provider': { fail: { status: 400 } },
    'a failure of the provider': { fail: { status: 500 } },
    'an answer cut short': { die_after: 2 },
    'a connection lost before the answer': { die_after: -1 },
    'garbage': { garbage: 'text' },
    'an empty answer': { garbage: 'empty' },
  };
  for (const [what, x_mock] of Object.entries(cases)) {
    for (const stream of [false, true]) {
      it(`after ${what}, ${stream ? 'streamed' : 'whole'}`, async () => {
        const purse = await house.purse('1');
        await purse.chat({ stream, x_mock }).catch(() => {});
        const balance = await purse.settled();
        assert.equal(balance.held_usd, '0.00');
        assert.equal(balance.suspense_usd, '0.00');
        assert.equal(nano(balance.spent_usd) + nano(balance.available_usd), nano('1'));
      });
    }
  }

  it('after a call that is wrong, unknown, too large or abandoned', async () => {
    const purse = await house.purse('1');
    await purse.chat({ max_tokens: -1 });
    await purse.chat({ model: 'none' });
    await purse.chat('{');
    const balance = await purse.settled();
    assert.equal(balance.spent_usd, '0.00');
    assert.equal(balance.available_usd, '1.00');
  });
});

describe('a dry run', () => {
  it('says what would happen, calls nobody and charges nothing', async () => {
    const purse = await house.purse('1');
    for (const stream of [false, true]) {
      const id = newId();
      const answer = await purse.chat({ stream, max_tokens: 100 }, { headers: { 'x-request-id': id, 'x-dry-run': 'true' } });
      assert.equal(answer.status, 200, answer.text);
      const run = answer.json;
      assert.equal(run.object, 'dry_run');
      assert.equal(run.provider, 'openai');
      assert.equal(run.would_pass, true);
      assert.equal(run.completion_tokens_max, 100);
      assert.equal(run.available_usd, '1.00');
      const { input, output } = priceOf('gpt-4o-mini');
      assert.equal(nano(run.hold_usd), (BigInt(run.prompt_tokens_max) * input + 100n * output + 999_999n) / 1_000_000n);
      assert.deepEqual(await house.mock.ledger(id), []);
      assert.deepEqual(await house.mock.requests(id), []);
    }

    const balance = await purse.balance();
    assert.equal(balance.spent_usd, '0.00');
    assert.equal(balance.held_usd, '0.00');
    // A real call after it is listed; the dry ones before it are not.
    await purse.chat({});
    await until('the real call is listed', async () => (await purse.usage()).length > 0);
    assert.equal((await purse.usage()).length, 1);
  });

  it('says when the wallet could not pay, and still finds what is wrong with a request', async () => {
    const purse = await house.purse('0');
    const headers = { 'x-dry-run': 'true' };
    assert.equal((await purse.chat({}, { headers })).json.would_pass, false);
    assert.equal((await purse.chat({ n: 0 }, { headers })).status, 400);
    assert.equal((await purse.chat({ model: 'none' }, { headers })).status, 404);
  });
});
