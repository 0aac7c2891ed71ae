// Upstreams that misbehave. Each gets the caller an error of OpenAI's shape or an in-band event; nothing is held afterwards, the process serves on.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { APIError } from 'openai';
import { assertError, hello, newId, open } from './lib/house.mjs';
import { events, send } from './lib/http.mjs';
import { nano } from './lib/money.mjs';
import { keys } from './lib/processes.mjs';
import { freePort, startUpstream } from './lib/upstream.mjs';

let house, purse;
before(async () => {
  house = await open({ env: { AO_Gateway__MaxEventBytes: '65536', AO_Gateway__MaxAnswerBytes: '1048576' } });
  purse = await house.purse('100');
});
after(() => house?.close());

/** The call failed cleanly: nothing held, the next call goes through. */
async function mended() {
  const balance = await purse.settled();
  assert.equal(balance.suspense_usd, '0.00');
  await purse.works();
}

const price = { input_usd_per_million: '1', output_usd_per_million: '2' };

async function modelAt(base_url, row = {}) {
  const id = newId();
  await house.provider({ ...(base_url ? { base_url } : {}), models: [{ id, upstream_id: 'gpt-4o-mini', price, max_output_tokens: 1000 }], ...row });
  return id;
}

/** The in-band error a stream ended with; no end marker, nothing after it. */
function inBandError(answer, code) {
  assert.equal(answer.status, 200, answer.text);
  const all = events(answer.text);
  const { error } = JSON.parse(all.at(-1));
  assert.equal(error.code, code, answer.text.slice(-1000));
  assert.equal(typeof error.message, 'string');
  assert.equal(typeof error.type, 'string');
  assert.ok(!all.includes('[DONE]'), 'the stream claims to be complete');
  return { error, chunks: all.slice(0, -1).map(event => JSON.parse(event)) };
}

describe('an answer that is not streamed', () => {
  for (const garbage of ['text', 'html', 'truncated-json', 'empty', 'giant', 'endless-body']) {
    it(`of garbage (${garbage}) is 502`, async () => {
      const id = newId();
      assertError(await purse.chat({ x_mock: { garbage } }, { headers: { 'x-request-id': id } }), 502, 'upstream_invalid_answer');

      // What may have been billed is an event by itself, and what follows it another; what is only too large is not asked for again.
      const events = await purse.usagesOf(id, ['giant', 'endless-body'].includes(garbage) ? 1 : 2);
      assert.ok(events.every(event => event.status === 'error'));
      assert.equal(events[0].retry_of, events[1]?.id ?? null);
      await mended();
    });
  }

  it('with invalid UTF-8 inside a text is no crash: relayed as it is, or 502', async () => {
    const answer = await purse.chat({ x_mock: { garbage: 'invalid-utf8' } });
    assert.ok([200, 502].includes(answer.status), answer.text);
    if (answer.status === 200) assert.ok(answer.body.includes(Buffer.from([0xc3, 0x28, 0xff])));
    await mended();
  });

  for (const [what, body] of [
    ['half a surrogate pair as the model', '{"model":"\\ud800","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}'],
    ['half a surrogate pair as a name', '{"\\ud800":1,"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}'],
    ['another value than an object', '[1,2,3]'],
    ['10,000 levels', `{"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ]) {
    it(`with ${what} is 502`, async t => {
      const upstream = await startUpstream((_, response) => response.setHeader('content-type', 'application/json').end(body));
      t.after(upstream.close);
      assertError(await purse.chat({ model: await modelAt(upstream.url) }), 502, 'upstream_invalid_answer');
      await mended();
    });
  }

  it('in pieces of 1 to 7 bytes, cut through its characters, arrives whole', async () => {
    const text = 'Ünïcödé \u{1F600} \u{10348} 漢字 '.repeat(40);
    const [whole, dribbled] = await Promise.all([false, true].map(dribble => purse.chat({ x_mock: { text, dribble } })));
    assert.equal(dribbled.json.choices[0].message.content, text);
    assert.deepEqual(dribbled.json.choices, whole.json.choices);
  });

  for (const die_after of [-1, 0, 3]) {
    it(`that breaks off (after ${die_after}) is 502 upstream_failed`, async () => {
      assertError(await purse.chat({ x_mock: { die_after } }), 502, 'upstream_failed');
      await mended();
    });
  }

  it('from nobody is 502 upstream_unreachable', async () => {
    const id = newId();
    const model = await modelAt(`http://127.0.0.1:${await freePort()}/v1`);
    assertError(await purse.chat({ model }, { headers: { 'x-request-id': id } }), 502, 'upstream_unreachable');
    const usage = await purse.usageOf(id);
    assert.equal(usage.cost_usd, '0.00');
    await mended();
  });

  it('that does not come in time is 504', async () => {
    const model = await modelAt(undefined, { first_byte_timeout_ms: 1000 });
    const id = newId();
    assertError(await purse.chat({ model, x_mock: { hang_after: -1 } }, { headers: { 'x-request-id': id } }), 504, 'upstream_timeout');
    assert.equal((await purse.usageOf(id)).status, 'timeout');
    await mended();
  });

  it('that stops half-way is 504 after the idle time', async () => {
    const model = await modelAt(undefined, { idle_timeout_ms: 1000 });
    assertError(await purse.chat({ model, x_mock: { hang_after: 3 } }), 504, 'upstream_timeout');
    await mended();
  });

  it('that takes too long as a whole is 504', async () => {
    const model = await modelAt(undefined, { total_timeout_ms: 1000 });
    assertError(await purse.chat({ model, x_mock: { first_delay_ms: 60_000 } }), 504, 'upstream_timeout');
    await mended();
  });

  it('beyond the provider\'s places is 503 provider_at_capacity', async () => {
    const model = await modelAt(undefined, { max_connections: 1 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => purse.chat({ model, x_mock: { first_delay_ms: 300 } })));
    assert.equal(answers.filter(a => a.status === 200).length, 1);
    for (const answer of answers.filter(a => a.status !== 200)) {
      assertError(answer, 503, 'provider_at_capacity');
      assert.ok(answer.headers['retry-after']);
    }

    assert.equal((await purse.chat({ model })).status, 200, 'the place is free again');
    await mended();
  });
});

describe('a stream', () => {
  const stream = (x_mock, rest = {}, options) => purse.chat({ stream: true, x_mock, ...rest }, options);

  for (const garbage of ['text', 'html', 'truncated-json', 'empty', 'endless-event']) {
    it(`of garbage (${garbage}) is 502, before anything was sent`, async () => {
      assertError(await stream({ garbage }), 502, 'upstream_invalid_answer');
      await mended();
    });
  }

  it('with invalid UTF-8 inside a text is no crash', async () => {
    const answer = await stream({ garbage: 'invalid-utf8' });
    assert.ok([200, 502].includes(answer.status), answer.text);
    await mended();
  });

  it('in pieces of 1 to 7 bytes, cut through its characters, arrives byte for byte', async t => {
    const text = 'Ünïcödé \u{1F600} \u{10348} 漢字 \\"quoted\\" '.repeat(20);
    const whole = Buffer.from([...Array(30).keys()].map(i =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: text.slice(i * 7, i * 7 + 7).toWellFormed() }, finish_reason: i === 29 ? 'stop' : null }] })}\n\n`).join('') + ': a comment\n\ndata: [DONE]\n\n');
    const upstream = await startUpstream(async (_, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.flushHeaders();
      for (let at = 0, size = 1; at < whole.length; at += size, size = size % 7 + 1) {
        response.write(whole.subarray(at, at + size));
        await new Promise(setImmediate);
      }

      response.end();
    });
    t.after(upstream.close);
    const answer = await stream(undefined, { model: await modelAt(upstream.url) });
    assert.equal(answer.body.compare(whole), 0, 'the bytes differ');

    const dribbled = await stream({ text, dribble: true });
    const content = events(dribbled.text).slice(0, -1).map(e => JSON.parse(e).choices[0].delta.content ?? '').join('');
    assert.equal(content, text);
  });

  it('with CRLF line ends, and without the last empty line, is complete', async t => {
    const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] };
    const upstream = await startUpstream((request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.end(`data: ${JSON.stringify(chunk)}\r\n\r\ndata: [DONE]`);
    });
    t.after(upstream.close);
    const answer = await stream(undefined, { model: await modelAt(upstream.url) });
    assert.match(answer.text, /"content":"Hi"[\s\S]*data: \[DONE\]\n\n$/);
    await mended();
  });

  it('that turns to garbage after its first chunks ends with an in-band error', async t => {
    const chunk = { id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] };
    const upstream = await startUpstream((_, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.end(`data: ${JSON.stringify(chunk)}\n\ndata: {"half\n\n`);
    });
    t.after(upstream.close);
    const { chunks } = inBandError(await stream(undefined, { model: await modelAt(upstream.url) }), 'upstream_invalid_answer');
    assert.deepEqual(chunks, [chunk]);
    await mended();
  });

  it('with an event larger than allowed after its first chunks ends with an in-band error', async t => {
    const upstream = await startUpstream((_, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.write('data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n');
      response.end(`data: {"x":"${'y'.repeat(200_000)}`);
    });
    t.after(upstream.close);
    inBandError(await stream(undefined, { model: await modelAt(upstream.url) }), 'upstream_invalid_answer');
    await mended();
  });

  it('that dies before its headers is 502', async () => {
    assertError(await stream({ die_after: -1 }), 502, 'upstream_failed');
    await mended();
  });

  it('that dies mid-stream ends with an in-band error and is charged for what came', async () => {
    const id = newId();
    const before = await purse.settled();
    const answer = await stream({ tokens: 50, die_after: 7 }, {}, { headers: { 'x-request-id': id } });
    const { chunks } = inBandError(answer, 'upstream_stream_cut');
    assert.equal(chunks.filter(c => c.choices[0].delta.content).length, 7);
    const usage = await purse.usageOf(id);
    assert.equal(usage.status, 'cut');
    assert.equal(usage.completion_tokens, 7);
    assert.equal(usage.error_code, 'upstream_stream_cut');
    const after = await purse.settled();
    assert.equal(nano(after.spent_usd) - nano(before.spent_usd), nano(usage.cost_usd));
    await mended();
  });

  it('that dies mid-stream makes the official client throw', async () => {
    const received = [];
    await assert.rejects(async () => {
      const chunks = await purse.client.chat.completions.create({ model: 'gpt-4o-mini', messages: hello, stream: true, x_mock: { die_after: 2 } });
      for await (const chunk of chunks) received.push(chunk);
    }, error => error instanceof APIError && /broke off/.test(error.message));
    assert.ok(received.length >= 2);
  });

  it('that ends without an end marker after its finish is complete', async t => {
    const upstream = await startUpstream((_, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.end('data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n');
    });
    t.after(upstream.close);
    const answer = await stream(undefined, { model: await modelAt(upstream.url) });
    assert.equal(events(answer.text).at(-1), '[DONE]');
  });

  it('that ends early and quietly is not taken for complete', async t => {
    const upstream = await startUpstream((_, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.end('data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n');
    });
    t.after(upstream.close);
    inBandError(await stream(undefined, { model: await modelAt(upstream.url) }), 'upstream_stream_cut');
  });

  it('that never begins is 504', async () => {
    const model = await modelAt(undefined, { first_byte_timeout_ms: 1000 });
    assertError(await stream({ hang_after: -1 }, { model }), 504, 'upstream_timeout');
    assertError(await stream({ first_delay_ms: 60_000 }, { model }), 504, 'upstream_timeout');
    await mended();
  });

  it('that falls silent ends with an in-band error after the idle time', async () => {
    const id = newId();
    const model = await modelAt(undefined, { idle_timeout_ms: 1000 });
    const { chunks } = inBandError(await stream({ hang_after: 4 }, { model }, { headers: { 'x-request-id': id } }), 'upstream_timeout');
    assert.equal(chunks.filter(c => c.choices[0].delta.content).length, 4);
    const usage = await purse.usageOf(id);
    assert.equal(usage.status, 'timeout');
    assert.equal(usage.completion_tokens, 4);
    await mended();
  });

  it('that runs for too long ends with an in-band error', async () => {
    const model = await modelAt(undefined, { total_timeout_ms: 1000 });
    inBandError(await stream({ tokens: 900, delay_ms: 20 }, { model }), 'upstream_timeout');
    await mended();
  });

  it('from nobody is 502', async () => {
    const model = await modelAt(`http://127.0.0.1:${await freePort()}/v1`);
    assertError(await stream(undefined, { model }), 502, 'upstream_unreachable');
    await mended();
  });

  it('asked for, and answered with one whole document, arrives as that document', async t => {
    const whole = { id: 'c', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 1 } };
    const upstream = await startUpstream((_, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(whole)));
    t.after(upstream.close);
    const answer = await stream(undefined, { model: await modelAt(upstream.url) });
    assert.deepEqual(answer.json, whole);
  });
});

describe('headers of the upstream', () => {
  it('cannot split ours, nor grow without bound', async t => {
    const upstream = await startUpstream((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('x-request-id', `r${'\u00ff'}${'x'.repeat(5000)}`);
      response.end('{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}');
    });
    t.after(upstream.close);
    const answer = await purse.chat({ model: await modelAt(upstream.url) });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['x-provider-request-id'], /^[ -~]{1,256}$/);
    await mended();
  });

  it('that redirect are not followed: our credential goes where it was meant to go', async t => {
    let stolen = false;
    const thief = await startUpstream((_, response) => {
      stolen = true;
      response.end('{}');
    });
    const upstream = await startUpstream((_, response) => response.writeHead(307, { location: `${thief.url}/v1/chat/completions` }).end());
    t.after(() => [thief, upstream].forEach(u => u.close()));
    assertError(await purse.chat({ model: await modelAt(upstream.url) }), 502, 'upstream_failed');
    assert.equal(stolen, false);
    await mended();
  });
});

it('after all this the server\'s memory is not bloated by what upstreams sent', async () => {
  const answer = await send(`${house.server.url}/control/v1/diagnostics`, { method: 'GET', headers: { authorization: `Bearer ${keys.admin}` } });
  assert.equal(answer.json.calls_under_way, 0);
  assert.ok(answer.json.working_set_bytes < 600e6, `${answer.json.working_set_bytes} bytes`);
});
