// OpenAI's official client calling responses, pointed at the gateway and otherwise unchanged: served by a provider of chat completions (the mock), by one
// that has responses itself, and chat completions served by one that has responses alone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { hello, newId, open } from './lib/house.mjs';
import { costOf, nano, priceOf } from './lib/money.mjs';
import { startResponses } from './lib/responses.mjs';

const price = { input_usd_per_million: '1', output_usd_per_million: '5' };
let house, upstream, client;
before(async () => {
  house = await open();
  upstream = await startResponses();
  client = (await house.purse()).client;
  const named = (id, upstream_id = id) => ({ id, upstream_id, price, max_output_tokens: 16000, context_window_tokens: 128000 });
  const row = { base_url: `${upstream.url}/v1`, api_key_ref: 'env:OPENAI_API_KEY' };
  await house.provider({ ...row, responses: true, models: [named('native'), named('error')] });
  await house.provider({ ...row, wire_format: 'openai_responses', models: [named('only', 'gpt-5-pro')] });
  await house.provider({ models: [named('mock-dies', 'gpt-4o-mini@die_after=3'), named('mock-errs', 'gpt-4o-mini@in_band_error=3'), named('mock-dribbles', 'gpt-4o-mini@dribble')] });
});
after(async () => {
  upstream?.close();
  await house?.close();
});

const ask = (model, more = {}) => ({ model, max_output_tokens: 100, input: 'Hello', ...more });
const weather = { type: 'function', name: 'get_weather', description: 'Says the weather.', strict: false, parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } };
const mockTokens = count => Array.from({ length: count }, (_, i) => [' tok', ' token', ' tokens', ' tokenize', ' tokenizer'][i % 5]).join('');

/** A call of a wallet of its own, with what it must cost: spent to the nano-dollar, nothing held, nothing in suspense. */
async function charged(call, cost, endpoint = 'responses') {
  const own = await house.purse();
  const id = newId();
  const answer = await call(own.client, { headers: { 'x-request-id': id } });
  const usage = await own.usageOf(id);
  assert.equal(usage.endpoint, endpoint);
  assert.equal(nano(usage.cost_usd), cost(usage), JSON.stringify(usage));
  const balance = await own.settled();
  assert.deepEqual([nano(balance.spent_usd), balance.suspense_usd], [nano(usage.cost_usd), '0.00']);
  return { answer, usage };
}

const atMini = usage => costOf(priceOf('gpt-4o-mini'), { ...usage, cached_tokens: usage.cached_tokens ?? 0 });
const atRow = usage => BigInt(usage.prompt_tokens) * 1000n + BigInt(usage.completion_tokens) * 5000n;

/** Asks again with what the functions came to, until there is an answer. */
async function loop(own, model, stream) {
  const input = [{ role: 'user', content: 'How is the weather?' }];
  for (let round = 0; round < 5; round++) {
    const body = ask(model, { input, tools: [weather], store: false, include: ['reasoning.encrypted_content'] });
    const answer = stream ? await own.responses.stream(body).finalResponse() : await own.responses.create(body);
    const calls = answer.output.filter(item => item.type === 'function_call');
    if (!calls.length) return { answer, input, round };
    input.push(...answer.output);
    for (const call of calls) {
      assert.equal(JSON.parse(call.arguments).city, 'Paris');
      input.push({ type: 'function_call_output', call_id: call.call_id, output: '21 degrees' });
    }
  }
  return assert.fail('it goes on and on');
}

describe('responses, served in the format of chat completions', () => {
  it('come whole, paid for to the nano-dollar', async () => {
    const { answer } = await charged((own, options) => own.responses.create(ask('gpt-4o-mini', { instructions: 'Be brief.', metadata: { a: 'b' } }), options), atMini);
    assert.deepEqual([answer.object, answer.status, answer.output_text, answer.instructions, answer.metadata], ['response', 'completed', mockTokens(20), 'Be brief.', { a: 'b' }]);
    assert.equal(answer.usage.output_tokens, 20);
  });

  it('come as a stream, which the helper puts together', async () => {
    const { answer } = await charged(async (own, options) => {
      const stream = own.responses.stream(ask('gpt-4o-mini'), options);
      let text = '';
      stream.on('response.output_text.delta', event => (text += event.delta));
      const last = await stream.finalResponse();
      assert.equal(text, mockTokens(20));
      return last;
    }, atMini);
    assert.deepEqual([answer.status, answer.output_text], ['completed', mockTokens(20)]);
  });

  it('say when the bound ended them', async () => {
    const answer = await client.responses.create(ask('gpt-4o-mini', { max_output_tokens: 3 }));
    assert.deepEqual([answer.status, answer.incomplete_details, answer.output_text], ['incomplete', { reason: 'max_output_tokens' }, mockTokens(3)]);
  });

  it('may be dribbled, and nobody notices', async () => {
    assert.equal((await client.responses.stream(ask('mock-dribbles')).finalResponse()).output_text, mockTokens(20));
  });

  for (const stream of [false, true]) {
    it(`ask for functions in a loop${stream ? ', streamed' : ''}`, async () => {
      const { answer, round } = await loop(client, 'gpt-4o-mini', stream);
      assert.deepEqual([answer.output_text, round], [mockTokens(20), 1]);
    });
  }

  it('are charged by what was received of a stream that dies, which ends in an error', async () => {
    for (const [model, code] of [['mock-dies', 'upstream_stream_cut'], ['mock-errs', 'upstream_failed']]) {
      const { usage } = await charged(async (own, options) => {
        const failure = await own.responses.stream(ask(model), options).finalResponse().then(() => assert.fail('it did not fail'), e => e);
        assert.ok(failure instanceof OpenAI.APIError, String(failure));
        assert.equal(failure.code, code);
      }, atRow);
      assert.deepEqual([usage.status, usage.usage_source, usage.completion_tokens], ['cut', 'counted', 3]);
    }
  });

  it('refuse what another provider keeps', async () => {
    await assert.rejects(client.responses.create(ask('gpt-4o-mini', { previous_response_id: 'resp_1' })), { status: 400, code: 'unsupported_parameter', param: 'previous_response_id' });
  });

  it('pass on a schema of the answer', async () => {
    const id = newId();
    await client.responses.create(ask('gpt-4o-mini', { text: { format: zodTextFormat(z.object({ a: z.string() }), 'thing') } }), { headers: { 'x-request-id': id } });
    const [request] = await house.mock.requests(id);
    assert.deepEqual(JSON.parse(request.body).response_format.json_schema.schema.required, ['a']);
  });
});

describe('responses, where the provider has them', () => {
  it('come as the provider worded them, paid for to the nano-dollar', async () => {
    const { answer, usage } = await charged((own, options) => own.responses.create(ask('native'), options), atRow);
    assert.deepEqual([answer.output_text, answer.usage.input_tokens_details.cached_tokens], ['Hello, \u{1F600} world!', 60]);
    assert.match(answer.id, /^resp_[\w-]{40,}$/);
    assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.usage_source], [100, 17, 'reported']);
  });

  it('come as a stream, which the helper puts together', async () => {
    const { answer } = await charged((own, options) => own.responses.stream(ask('native'), options).finalResponse(), atRow);
    assert.equal(answer.output_text, 'Hello, \u{1F600} world!');
  });

  for (const stream of [false, true]) {
    it(`ask for functions in a loop${stream ? ', streamed' : ''}, and thoughts go back sealed`, async () => {
      const { answer } = await loop(client, 'native', stream);
      assert.equal(answer.output_text, 'Hello, \u{1F600} world!');
      const { body } = upstream.asked.at(-1);
      assert.deepEqual(body.input.map(item => item.type ?? item.role), ['user', 'reasoning', 'function_call', 'function_call_output']);
      assert.equal(body.input[1].encrypted_content, 'gAAAAsealed');
    });
  }

  it('end in the error the provider sent, and what was received is charged', async () => {
    const { usage } = await charged(async (own, options) => {
      const failure = await own.responses.stream(ask('error'), options).finalResponse().then(() => assert.fail('it did not fail'), e => e);
      assert.equal(failure.code, 'server_error');
    }, atRow);
    assert.equal(usage.usage_source, 'counted');
  });
});

describe('chat completions, served by a model that has responses alone', () => {
  it('come whole and streamed, paid for to the nano-dollar', async () => {
    const body = { model: 'only', messages: hello, max_completion_tokens: 100 };
    const { answer } = await charged((own, options) => own.chat.completions.create(body, options), atRow, 'chat.completions');
    assert.deepEqual([answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage.completion_tokens], ['Hello, \u{1F600} world!', 'stop', 17]);
    const { answer: streamed } = await charged((own, options) => own.chat.completions.stream(body, options).finalChatCompletion(), atRow, 'chat.completions');
    assert.equal(streamed.choices[0].message.content, 'Hello, \u{1F600} world!');
    assert.deepEqual([upstream.asked.at(-1).body.store, upstream.asked.at(-1).body.max_output_tokens], [false, 100]);
  });

  it('run their tools', async () => {
    const cities = [];
    const runner = client.chat.completions.runTools({
      model: 'only', messages: hello, max_completion_tokens: 100,
      tools: [{ type: 'function', function: { ...weather, type: undefined, function: ({ city }) => (cities.push(city), '21 degrees'), parse: JSON.parse } }],
    });
    assert.equal(await runner.finalContent(), 'Hello, \u{1F600} world!');
    assert.deepEqual(cities, ['Paris']);
    assert.deepEqual(upstream.asked.at(-1).body.input.at(-1), { type: 'function_call_output', call_id: 'call_recorded', output: '21 degrees' });
  });
});
