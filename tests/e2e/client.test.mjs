// The official OpenAI client, pointed at the gateway and otherwise unchanged.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hello, newId, open } from './lib/house.mjs';
import { events } from './lib/http.mjs';
import { until } from './lib/until.mjs';
import { startUpstream } from './lib/upstream.mjs';

let house, purse, client;
before(async () => {
  house = await open();
  purse = await house.purse();
  client = purse.client;
});
after(() => house?.close());

const tool = (name = 'get_weather') => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } } },
});

/** The one request the mock received under an id. */
async function upstreamRequest(id) {
  const requests = await house.mock.requests(id);
  assert.equal(requests.length, 1);
  return requests[0];
}

async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = chunks => chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join('');

describe('chat completions, not streamed', () => {
  it('answer the client as the provider worded them', async () => {
    const answer = await client.chat.completions.create({ model: 'gpt-4o-mini', messages: hello, x_mock: { tokens: 3 } });
    assert.equal(answer.object, 'chat.completion');
    assert.equal(answer.choices[0].message.content, ' tok token tokens');
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.usage.completion_tokens, 3);
  });

  it('carry members nobody here knows, in both directions', async () => {
    const id = newId();
    const echo = { deep: [{ 'ключ': '\u{1F600}', big: 12345678901234567n.toString(), nothing: null }] };
    const answer = await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, unheard_of: { a: 1 }, x_mock_echo: echo },
      { headers: { 'x-request-id': id } });
    assert.deepEqual(answer.x_mock_echo, echo);
    assert.deepEqual(JSON.parse((await upstreamRequest(id)).body).unheard_of, { a: 1 });
  });

  it('reach the provider byte for byte, spaces and number forms included', async () => {
    const id = newId();
    const body = '{ "model" : "gpt-4o-mini",\n\t"temperature":1.0E0, "messages":[{"role":"user","content":"\\u0048i \u00e9"}] , "x" : 1e-7 }';
    const answer = await purse.chat(body, { headers: { 'x-request-id': id } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await upstreamRequest(id)).body, body);
  });

  it('give n choices and are charged for all of them', async () => {
    const id = newId();
    const answer = await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, n: 3, x_mock: { tokens: 5 } }, { headers: { 'x-request-id': id } });
    assert.deepEqual(answer.choices.map(c => c.index), [0, 1, 2]);
    assert.equal(answer.usage.completion_tokens, 15);
    assert.equal((await purse.usageOf(id)).completion_tokens, 15);
  });

  it('take response_format with a JSON schema to the provider', async () => {
    const id = newId();
    const response_format = {
      type: 'json_schema',
      json_schema: { name: 'point', strict: true, schema: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'], additionalProperties: false } },
    };
    const answer = await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, response_format, x_mock: { text: '{"x": 1}' } }, { headers: { 'x-request-id': id } });
    assert.deepEqual(JSON.parse(answer.choices[0].message.content), { x: 1 });
    assert.deepEqual(JSON.parse((await upstreamRequest(id)).body).response_format, response_format);
  });

  it('call tools, take their results, and go on', async () => {
    const asked = await client.chat.completions.create({ model: 'gpt-4o-mini', messages: hello, tools: [tool()] });
    const [call] = asked.choices[0].message.tool_calls;
    assert.equal(call.function.name, 'get_weather');
    assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Paris', days: 3 });
    assert.equal(asked.choices[0].finish_reason, 'tool_calls');

    const answer = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      tools: [tool()],
      messages: [...hello, asked.choices[0].message, { role: 'tool', tool_call_id: call.id, content: '21 degrees' }],
      x_mock: { text: 'It is warm.' },
    });
    assert.equal(answer.choices[0].message.content, 'It is warm.');
  });

  it('do not count the bytes of an image\'s data URI as text', async () => {
    const id = newId();
    const image = `data:image/png;base64,${'iVBORw0KGgo'.repeat(20_000)}`;
    const content = [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: image } }];
    await client.chat.completions.create(
      { model: 'gpt-4o', messages: [{ role: 'user', content }], max_completion_tokens: 10 }, { headers: { 'x-request-id': id } });
    assert.deepEqual(JSON.parse((await upstreamRequest(id)).body).messages[0].content, content);
    // 220,000 bytes of text would hold $0.55; an image is at most 1,445 tokens of $2.50 per million.
    const { hold_usd } = await purse.usageOf(id);
    assert.ok(Number(hold_usd) < 0.01, `held ${hold_usd}`);
  });
});

describe('chat completions, streamed', () => {
  it('arrive chunk by chunk', async () => {
    const chunks = await collect(await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, stream: true, x_mock: { tokens: 4 } }));
    assert.equal(textOf(chunks), ' tok token tokens tokenize');
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
  });

  it('relay the first chunk while the provider still works on the rest', async () => {
    const id = newId();
    const stream = await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, stream: true, x_mock: { tokens: 3, hang_after: 1 } }, { headers: { 'x-request-id': id } });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content === ' tok') break;
    }

    // The mock never sends the second token: whatever buffered for it would still be waiting.
    stream.controller.abort();
    await until('the call is settled', () => purse.usageOf(id));
  });

  it('leave the usage chunk out when it was not asked for, and are metered all the same', async () => {
    const id = newId();
    const chunks = await collect(await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, stream: true, x_mock: { tokens: 4 } }, { headers: { 'x-request-id': id } }));
    assert.ok(chunks.every(chunk => chunk.choices.length === 1 && !chunk.usage));
    assert.equal(JSON.parse((await upstreamRequest(id)).body).stream_options.include_usage, true);
    const usage = await purse.usageOf(id);
    assert.equal(usage.completion_tokens, 4);
    assert.equal(usage.usage_source, 'reported');
    assert.equal(usage.stream, true);
  });

  it('end with the usage chunk when it was asked for', async () => {
    const chunks = await collect(await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, stream: true, stream_options: { include_usage: true }, x_mock: { tokens: 4 } }));
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.equal(chunks.at(-1).usage.completion_tokens, 4);
    assert.ok(chunks.slice(0, -1).every(chunk => chunk.usage === null));
  });

  for (const [what, given, expected] of [
    ['no stream_options', '', ',"stream_options":{"include_usage":true}'],
    ['stream_options null', ',"stream_options":null', ',"stream_options":{"include_usage":true}'],
    ['empty stream_options', ',"stream_options":{ }', ',"stream_options":{"include_usage":true }'],
    ['include_usage false', ',"stream_options":{"include_usage":false}', ',"stream_options":{"include_usage":true}'],
    ['other stream_options', ',"stream_options":{"include_obfuscation":false}', ',"stream_options":{"include_usage":true,"include_obfuscation":false}'],
  ]) {
    it(`change nothing of the request but the wish for usage: ${what}`, async () => {
      const id = newId();
      const body = options => `{ "model":"gpt-4o-mini", "stream" :true,"messages":[{"role":"user","content":"Hi"}]${options}}`;
      const answer = await purse.chat(body(given), { headers: { 'x-request-id': id } });
      assert.equal(answer.status, 200, answer.text);
      assert.equal((await upstreamRequest(id)).body, body(expected));
      assert.ok(events(answer.text).slice(0, -1).every(event => JSON.parse(event).choices.length === 1));
    });
  }

  it('end with [DONE] and are labelled as an event stream nobody may buffer', async () => {
    const answer = await purse.chat({ stream: true });
    assert.match(answer.headers['content-type'], /^text\/event-stream/);
    assert.equal(answer.headers['cache-control'], 'no-cache');
    assert.equal(answer.headers['x-accel-buffering'], 'no');
    assert.equal(events(answer.text).at(-1), '[DONE]');
    assert.ok(answer.text.endsWith('data: [DONE]\n\n'));
  });

  it('give tool arguments in pieces that make one document', async () => {
    const runner = client.chat.completions.stream({ model: 'gpt-4o-mini', messages: hello, tools: [tool()] });
    const pieces = [];
    runner.on('tool_calls.function.arguments.delta', event => pieces.push(event.arguments_delta));
    const answer = await runner.finalChatCompletion();
    assert.deepEqual(JSON.parse(answer.choices[0].message.tool_calls[0].function.arguments), { city: 'Paris', days: 3 });
    assert.ok(pieces.length > 3, 'the arguments came in one piece');
  });

  it('take several tools and the wish for parallel calls to the provider', async () => {
    const id = newId();
    const tools = [tool('get_weather'), tool('get_time')];
    const chunks = await collect(await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, stream: true, tools, parallel_tool_calls: true, tool_choice: 'auto', n: 2 },
      { headers: { 'x-request-id': id } }));
    const sent = JSON.parse((await upstreamRequest(id)).body);
    assert.deepEqual(sent.tools, tools);
    assert.equal(sent.parallel_tool_calls, true);
    for (const index of [0, 1]) {
      const deltas = chunks.flatMap(c => c.choices).filter(c => c.index === index).flatMap(c => c.delta.tool_calls ?? []);
      assert.deepEqual(JSON.parse(deltas.map(d => d.function.arguments ?? '').join('')), { city: 'Paris', days: 3 });
    }
  });

  it('carry several tool calls of one turn unchanged', async t => {
    // The mock calls one tool only.
    const call = (index, args) => ({ index, id: `call_${index}`, type: 'function', function: { name: `f${index}`, arguments: args } });
    const chunk = (delta, finish_reason = null) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] });
    const upstream = await startUpstream((request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      for (const one of [
        chunk({ role: 'assistant', tool_calls: [call(0, '')] }),
        chunk({ tool_calls: [call(1, '')] }),
        chunk({ tool_calls: [{ index: 1, function: { arguments: '{"b":2}' } }, { index: 0, function: { arguments: '{"a":1}' } }] }),
        chunk({}, 'tool_calls'),
      ]) response.write(`data: ${JSON.stringify(one)}\n\n`);
      response.end('data: [DONE]\n\n');
    });
    t.after(upstream.close);
    const model = newId();
    await house.provider({ base_url: `${upstream.url}/v1`, models: [{ id: model, price_as: 'openai/gpt-4o-mini' }] });
    const answer = await client.chat.completions.stream({ model, messages: hello, tools: [tool('f0'), tool('f1')] }).finalChatCompletion();
    assert.deepEqual(
      answer.choices[0].message.tool_calls.map(c => [c.id, c.function.name, c.function.arguments]),
      [['call_0', 'f0', '{"a":1}'], ['call_1', 'f1', '{"b":2}']]);
  });

  it('interleave n choices', async () => {
    const chunks = await collect(await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, stream: true, n: 3, x_mock: { tokens: 2 } }));
    for (const index of [0, 1, 2]) {
      assert.equal(textOf(chunks.filter(c => c.choices[0].index === index)), ' tok token');
    }
  });
});

describe('embeddings', () => {
  it('come as numbers when numbers were asked for', async () => {
    const answer = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'Hello', encoding_format: 'float' });
    assert.equal(answer.data[0].embedding.length, 1536);
    assert.ok(Math.abs(Math.hypot(...answer.data[0].embedding) - 1) < 1e-3);
  });

  it('come as base64 by default with this client, and mean the same', async () => {
    const id = newId();
    const input = ['Hello', 'World'];
    const base64 = await client.embeddings.create({ model: 'text-embedding-3-small', input }, { headers: { 'x-request-id': id } });
    assert.equal(JSON.parse((await upstreamRequest(id)).body).encoding_format, 'base64');
    const float = await client.embeddings.create({ model: 'text-embedding-3-small', input, encoding_format: 'float' });
    assert.equal(base64.data.length, 2);
    for (const i of [0, 1]) {
      const [a, b] = [base64, float].map(answer => answer.data[i].embedding);
      assert.equal(a.length, b.length);
      assert.ok(a.every((value, j) => Math.abs(value - b[j]) < 1e-6));
    }
  });

  for (const [what, input, vectors, tokens] of [
    ['one text', 'abcdefgh', 1, 2],
    ['several texts', ['abcd', 'abcdefgh'], 2, 3],
    ['token ids', [1, 2, 3, 4, 5], 1, 5],
    ['several lists of token ids', [[1, 2, 3], [4, 5]], 2, 5],
  ]) {
    it(`are made of ${what} and metered`, async () => {
      const id = newId();
      const answer = await client.embeddings.create({ model: 'text-embedding-3-small', input, dimensions: 8 }, { headers: { 'x-request-id': id } });
      assert.equal(answer.data.length, vectors);
      assert.equal(answer.data[0].embedding.length, 8);
      assert.equal(answer.usage.prompt_tokens, tokens);
      const usage = await purse.usageOf(id);
      assert.equal(usage.prompt_tokens, tokens);
      assert.equal(usage.completion_tokens, 0);
      assert.equal(usage.endpoint, 'embeddings');
    });
  }
});

describe('models', () => {
  it('are listed with what they cost and can do', async () => {
    const models = [];
    for await (const model of client.models.list()) models.push(model);
    const mini = models.find(model => model.id === 'gpt-4o-mini');
    assert.equal(mini.object, 'model');
    assert.equal(mini.context_window, 128_000);
    assert.equal(mini.pricing.input_usd_per_million, '0.15');
    assert.ok(mini.capabilities.includes('VISION'));
    assert.deepEqual(mini.providers, ['openai']);
    assert.ok(models.some(model => model.id === 'echo'));
    assert.ok(models.some(model => model.id === 'text-embedding-3-large' && model.kind === 'embedding'));
  });

  it('are shown one by one, also those with a slash in their name', async () => {
    assert.equal((await client.models.retrieve('gpt-4o')).id, 'gpt-4o');
    const name = `house/${newId()}`;
    await house.provider({ models: [{ id: name, upstream_id: 'gpt-4o', price_as: 'openai/gpt-4o' }] });
    assert.equal((await client.models.retrieve(name)).id, name);
  });

  it('named echo answer without any provider', async () => {
    const answer = await client.chat.completions.create({ model: 'echo', messages: hello });
    assert.match(answer.choices[0].message.content, /Hello/);
    const chunks = await collect(await client.chat.completions.create({ model: 'echo', messages: hello, stream: true }));
    assert.match(textOf(chunks), /Hello/);
  });
});

describe('a client that goes away', () => {
  it('mid-stream cancels the upstream at once and pays for what it got', async () => {
    const id = newId();
    const before = await purse.settled();
    const stream = await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, stream: true, x_mock: { tokens: 5000, delay_ms: 5 } }, { headers: { 'x-request-id': id } });
    let received = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) received++;
      if (received === 10) break;
    }

    const left = Date.now();
    stream.controller.abort();
    const entry = await until('the mock saw the abort', async () => (await house.mock.ledger(id)).find(e => e.state === 'aborted'), { boundMs: 3000 });
    assert.ok(entry.aborted_unix_ms - left < 1000, `after ${entry.aborted_unix_ms - left} ms`);
    assert.ok(entry.completion_tokens < 1000, `the mock went on to ${entry.completion_tokens} tokens`);

    const usage = await purse.usageOf(id);
    assert.equal(usage.status, 'cancelled');
    assert.equal(usage.usage_source, 'counted');
    assert.ok(usage.completion_tokens >= received && usage.completion_tokens <= entry.completion_tokens,
      `received ${received}, charged ${usage.completion_tokens}, sent ${entry.completion_tokens}`);
    assert.equal(usage.prompt_tokens, 8);
    const after = await purse.settled();
    assert.ok(Number(after.spent_usd) > Number(before.spent_usd));
  });

  it('before the first byte cancels the upstream too', async () => {
    const id = newId();
    const abort = new AbortController();
    const call = client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, stream: true, x_mock: { first_delay_ms: 60_000 } },
      { headers: { 'x-request-id': id }, signal: abort.signal });
    await until('the call reached the mock', async () => (await house.mock.ledger(id)).length === 1);
    abort.abort();
    await assert.rejects(call, { name: 'Error' });
    await until('the mock saw the abort', async () => (await house.mock.ledger(id))[0].state === 'aborted', { boundMs: 3000 });
    assert.equal((await purse.usageOf(id)).status, 'cancelled');
    await purse.settled();
  });

  it('from a call that is not streamed cancels the upstream', async () => {
    const id = newId();
    const abort = new AbortController();
    const call = client.chat.completions.create(
      { model: 'gpt-4o-mini', messages: hello, x_mock: { first_delay_ms: 60_000 } },
      { headers: { 'x-request-id': id }, signal: abort.signal });
    await until('the call reached the mock', async () => (await house.mock.ledger(id)).length === 1);
    abort.abort();
    await assert.rejects(call);
    await until('the mock saw the abort', async () => (await house.mock.ledger(id))[0].state === 'aborted', { boundMs: 3000 });
    assert.equal((await purse.usageOf(id)).status, 'cancelled');
    await purse.settled();
  });

  it('lets a provider that bills after a cancel finish, and pays what it reports', async () => {
    const id = newId();
    const model = newId();
    await house.provider({ models: [{ id: model, upstream_id: 'gpt-4o-mini', price_as: 'openai/gpt-4o-mini' }], on_client_gone: 'drain' });
    const stream = await client.chat.completions.create(
      { model, messages: hello, stream: true, x_mock: { tokens: 200, delay_ms: 2 } }, { headers: { 'x-request-id': id } });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    stream.controller.abort();
    const usage = await purse.usageOf(id);
    assert.equal(usage.status, 'cancelled');
    assert.equal(usage.usage_source, 'reported');
    assert.equal(usage.completion_tokens, 200);
    assert.equal((await house.mock.ledger(id))[0].state, 'finished');
  });
});
