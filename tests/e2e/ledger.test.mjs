// The two ledgers: 2,000 mixed calls at once, a fifth of them abandoned, and our books against the mock's, to the token and the nano-dollar.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import http from 'node:http';
import { newId, open } from './lib/house.mjs';
import { costOf, nano, priceOf, usd } from './lib/money.mjs';
import { promptOf } from './lib/tokens.mjs';
import { until } from './lib/until.mjs';

const calls = 2000;
const atOnce = 96;

let house, purse;
before(async () => {
  house = await open();
  purse = await house.purse('1000');
});
after(() => house?.close());

/** Same calls in every run: mulberry32. */
function random(seed) {
  return below => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** One call's plan. Every fifth is abandoned mid-stream. */
function plan(i, dice) {
  const id = newId();
  const model = ['gpt-4o-mini', 'gpt-4o', 'gpt-4.1', 'gpt-5-mini', 'o4-mini'][dice(5)];
  const messages = Array.from({ length: 1 + dice(3) }, () => ({ role: 'user', content: 'wörter '.repeat(dice(200)) }));
  // What is reported is within the hold, which is for what is counted.
  const prompt = promptOf(messages);
  if (i % 5 === 0) {
    return { id, kind: 'abandoned', path: 'chat/completions', leaveAfter: 1 + dice(12), body: { model, messages, stream: true, max_tokens: 2000, x_mock: { tokens: 1500, delay_ms: 2 } } };
  }

  switch (dice(10)) {
    case 0:
    case 1:
      return { id, kind: 'embeddings', path: 'embeddings', body: { model: ['text-embedding-3-small', 'text-embedding-3-large'][dice(2)], dimensions: 4, input: Array.from({ length: 1 + dice(4) }, () => 'wörter '.repeat(1 + dice(60))) } };
    case 2:
      return { id, kind: 'failing', path: 'chat/completions', body: { model, messages, stream: dice(2) === 1, max_tokens: 200, x_mock: { fail: { status: [400, 429, 500, 503][dice(4)] } } } };
    case 3:
      return { id, kind: 'tools', path: 'chat/completions', body: { model, messages, stream: dice(2) === 1, max_tokens: 200, tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] } };
    case 4:
      return { id, kind: 'wrong', path: 'chat/completions', body: { model, messages, max_tokens: -1 } };
    case 5:
      return { id, kind: 'cached', path: 'chat/completions', body: { model, messages, max_tokens: 200, x_mock: { usage: { prompt_tokens: prompt, completion_tokens: 1 + dice(150), prompt_tokens_details: { cached_tokens: dice(prompt) } } } } };
    default:
      return { id, kind: 'chat', path: 'chat/completions', body: { model, messages, stream: dice(2) === 1, n: 1 + dice(3), max_tokens: 200, x_mock: { tokens: dice(150), delay_ms: dice(4) === 0 ? 1 : 0, first_delay_ms: dice(5) === 0 ? dice(100) : 0, dribble: dice(20) === 0 } } };
  }
}

/** Makes one call with a bare HTTP client; an abandoned one is dropped after some tokens, and says how many it got. */
function make(call, agent) {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(call.body);
    const request = http.request(`${house.server.url}/v1/${call.path}`, {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${purse.key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-request-id': call.id, 'x-cache-bypass': 'true' }, // the mock is to see each of them
    }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', piece => {
        text += piece;
        if (call.kind === 'abandoned' && tokensIn(text) >= call.leaveAfter) {
          request.destroy();
          resolve({ ...call, status: response.statusCode, received: tokensIn(text) });
        }
      });
      response.on('end', () => resolve({ ...call, status: response.statusCode, text }));
      response.on('error', failure => call.kind === 'abandoned' || reject(failure));
    });
    request.on('error', failure => call.kind === 'abandoned' || reject(failure));
    request.end(body);
  });
}

const tokensIn = text => text.match(/"content":" tok/g)?.length ?? 0;

it(`after ${calls} mixed calls, a fifth of them abandoned, our ledger is the mock's`, async t => {
  const dice = random(20_260_101);
  const plans = Array.from({ length: calls }, (_, i) => plan(i, dice));
  const agent = new http.Agent({ keepAlive: true, maxSockets: atOnce });
  const started = performance.now();
  const done = [];
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < plans.length) done.push(await make(plans[next++], agent));
  }));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();

  const balance = await purse.settled();
  const usage = await until('every call is listed', async () => {
    const all = await purse.usage();
    return all.length >= calls && all;
  }, { boundMs: 20_000 });
  assert.equal(usage.length, calls);
  const events = new Map(usage.map(event => [event.request_id, event]));
  assert.equal(events.size, calls, 'every call has its own event');
  const entries = new Map();
  for (const entry of await house.mock.ledger()) {
    // What has failed there is asked again; what was served never is.
    assert.ok(!entries.has(entry.id) || entries.get(entry.id).state === 'failed', 'a call that was served reached the mock twice');
    entries.set(entry.id, entry);
  }

  const totals = { finished: 0, failed: 0, refused: 0, abandoned: 0, prompt: 0, completion: 0, received: 0, charged: 0, sent: 0, held: 0n, cost: 0n };
  let sum = 0n;
  for (const call of done) {
    const event = events.get(call.id);
    const entry = entries.get(call.id);
    const cost = nano(event.cost_usd);
    const about = () => `${JSON.stringify(call).slice(0, 600)}\n${JSON.stringify(event)}\n${JSON.stringify(entry)}`;
    sum += cost;
    switch (call.kind) {
      case 'wrong':
        assert.equal(call.status, 400, about());
        assert.equal(event.status, 'refused', about());
        assert.equal(entry, undefined, about());
        assert.equal(cost, 0n, about());
        totals.refused++;
        break;
      case 'failing':
        assert.ok(call.status >= 400, about());
        assert.equal(event.status, 'error', about());
        assert.equal(entry.state, 'failed', about());
        assert.equal(cost, 0n, about());
        totals.failed++;
        break;
      case 'abandoned':
        assert.equal(event.status, 'cancelled', about());
        assert.equal(entry.state, 'aborted', about());
        assert.ok(event.completion_tokens >= call.received, about());
        assert.ok(event.completion_tokens <= entry.completion_tokens, about());
        assert.equal(event.prompt_tokens, promptOf(call.body.messages), about());
        assert.equal(cost, costOf(priceOf(call.body.model), event), about());
        totals.abandoned++;
        totals.received += call.received;
        totals.charged += event.completion_tokens;
        totals.sent += entry.completion_tokens;
        break;
      default: {
        assert.equal(call.status, 200, about());
        assert.equal(event.status, 'ok', about());
        assert.equal(entry.state, 'finished', about());
        const reported = entry.reported_usage ?? entry;
        assert.equal(event.prompt_tokens, reported.prompt_tokens, about());
        assert.equal(event.completion_tokens, reported.completion_tokens ?? 0, about());
        const cached_tokens = reported.prompt_tokens_details?.cached_tokens ?? 0;
        assert.equal(event.cached_prompt_tokens, cached_tokens, about());
        assert.equal(cost, costOf(priceOf(call.body.model), { ...reported, cached_tokens }), about());
        totals.finished++;
        totals.held += nano(event.hold_usd);
        totals.cost += cost;
        totals.prompt += event.prompt_tokens;
        totals.completion += event.completion_tokens;
      }
    }
  }

  assert.equal(totals.abandoned, calls / 5);
  assert.equal(nano(balance.spent_usd), sum);
  assert.equal(balance.held_usd, '0.00');
  assert.equal(balance.suspense_usd, '0.00');
  assert.equal(nano(balance.available_usd) + sum, nano('1000'));
  t.diagnostic(`${calls} calls in ${seconds.toFixed(1)} s: ${totals.finished} finished (${totals.prompt} prompt and ${totals.completion} completion tokens, equal in both ledgers), `
    + `${totals.failed} failed upstream, ${totals.refused} refused here, ${totals.abandoned} abandoned (received ${totals.received} <= charged ${totals.charged} <= sent ${totals.sent} tokens); spent $${usd(sum)}, held 0, suspense 0; `
    + `finished calls held ${(Number(totals.held) / Number(totals.cost)).toFixed(2)} times what they cost, output bounds of 200 tokens included`);
});
