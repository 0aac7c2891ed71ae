// Anthropic's official client and Vercel's, pointed at the gateway and otherwise unchanged: served by a provider that speaks OpenAI's chat
// completions (the mock) and by one that speaks Anthropic's messages.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { createAnthropic } from '@ai-sdk/anthropic';
import { generateText, stepCountIs, streamText, tool as vercelTool } from 'ai';
import { z } from 'zod';
import { startAnthropic } from './lib/anthropic.mjs';
import { hello, newId, open } from './lib/house.mjs';
import { costOf, nano, priceOf } from './lib/money.mjs';

const price = { input_usd_per_million: '1', output_usd_per_million: '5' };
let house, upstream, purse, client;
before(async () => {
  house = await open();
  upstream = await startAnthropic();
  purse = await house.purse();
  client = clientOf(purse);
  const row = { wire_format: 'anthropic', base_url: `${upstream.url}/v1`, api_key_ref: 'env:OPENAI_API_KEY' };
  const named = id => ({ id, upstream_id: id, price, max_output_tokens: 64000, context_window_tokens: 200000 });
  await house.provider({ ...row, price_provider: 'anthropic', models: [{ id: 'claude', upstream_id: 'claude-haiku-4-5-20251001', max_output_tokens: 64000 }] });
  await house.provider({ ...row, models: [named('overloaded'), named('limited'), named('cut'), named('error')] });
  const mocked = (id, suffix) => ({ id, upstream_id: `gpt-4o-mini@${suffix}`, price, max_output_tokens: 16000, context_window_tokens: 128000 });
  await house.provider({ models: [
    mocked('mock-dies', 'die_after=3'), mocked('mock-errs', 'in_band_error=3'), mocked('mock-dribbles', 'dribble'), mocked('mock-silent', 'tokens=4,no_usage'),
    mocked('mock-limits', 'status=429,retry_after=3'), mocked('mock-down', 'status=503,retry_after=9'),
  ] });
});
after(async () => {
  upstream?.close();
  await house?.close();
});

const clientOf = given => new Anthropic({ apiKey: given.key, baseURL: house.server.url, maxRetries: 0 });
const ask = (model, more = {}) => ({ model, max_tokens: 100, messages: hello, ...more });
const textOf = message => message.content.filter(block => block.type === 'text').map(block => block.text).join('');
const weather = { name: 'get_weather', description: 'Says the weather.', input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } };
const mockTokens = count => Array.from({ length: count }, (_, i) => [' tok', ' token', ' tokens', ' tokenize', ' tokenizer'][i % 5]).join('');

/** A call of a wallet of its own, with what it must cost: spent to the nano-dollar, nothing held, nothing in suspense. */
async function charged(call, cost) {
  const own = await house.purse();
  const id = newId();
  const answer = await call(clientOf(own), { headers: { 'x-request-id': id } });
  const usage = await own.usageOf(id);
  assert.equal(usage.endpoint, 'messages');
  assert.equal(nano(usage.cost_usd), cost(usage, answer), JSON.stringify(usage));
  const balance = await own.settled();
  assert.deepEqual([nano(balance.spent_usd), balance.suspense_usd], [nano(usage.cost_usd), '0.00']);
  return { answer, usage };
}

const atMini = usage => costOf(priceOf('gpt-4o-mini'), { ...usage, cached_tokens: usage.cached_tokens ?? 0 });

describe('@anthropic-ai/sdk, served in OpenAI\'s format', () => {
  it('gets a whole message, paid for to the nano-dollar', async () => {
    const { answer } = await charged((own, options) => own.messages.create(ask('gpt-4o-mini', { system: 'Be brief.' }), options), atMini);
    assert.deepEqual([answer.type, answer.role, answer.stop_reason, textOf(answer)], ['message', 'assistant', 'end_turn', mockTokens(20)]);
    assert.equal(answer.usage.output_tokens, 20);
    assert.ok(answer._request_id.startsWith('e2e-'), answer._request_id);
  });

  it('streams one, and its helper puts it together', async () => {
    const { answer } = await charged(async (own, options) => {
      const stream = own.messages.stream(ask('gpt-4o-mini'), options);
      let text = '';
      stream.on('text', delta => (text += delta));
      const message = await stream.finalMessage();
      assert.equal(text, mockTokens(20));
      return message;
    }, (usage, message) => {
      assert.deepEqual([message.usage.input_tokens, message.usage.output_tokens], [usage.prompt_tokens, usage.completion_tokens]);
      return atMini(usage);
    });
    assert.deepEqual([answer.stop_reason, answer.content.length], ['end_turn', 1]);
  });

  it('is told when the bound ended it', async () => {
    const answer = await client.messages.create(ask('gpt-4o-mini', { max_tokens: 3 }));
    assert.deepEqual([answer.stop_reason, textOf(answer)], ['max_tokens', mockTokens(3)]);
  });

  it('is dribbled at and notices nothing', async () => {
    const message = await client.messages.stream(ask('mock-dribbles')).finalMessage();
    assert.equal(textOf(message), mockTokens(20));
  });

  it('runs its tools in a loop', async () => {
    const cities = [];
    const run = betaTool({ name: weather.name, description: weather.description, inputSchema: weather.input_schema, run: input => (cities.push(input.city), '21 degrees') });
    for (const stream of [false, true]) {
      const runner = client.beta.messages.toolRunner({ ...ask('gpt-4o-mini'), tools: [run], stream });
      const last = stream ? await (async () => { for await (const turn of runner) await turn.finalMessage(); return runner.done(); })() : await runner;
      assert.deepEqual([last.stop_reason, textOf(last)], ['end_turn', mockTokens(20)]);
    }
    assert.deepEqual(cities, ['Paris', 'Paris']);
  });

  it('counts tokens without paying', async () => {
    const own = await house.purse();
    const { input_tokens } = await clientOf(own).messages.countTokens({ model: 'gpt-4o-mini', messages: hello });
    assert.equal(input_tokens, 8);
    assert.equal((await own.balance()).spent_usd, '0.00');
  });

  it('is told in a header what the provider is not', async () => {
    const { data, response } = await client.messages.create(ask('gpt-4o-mini', { top_k: 5, thinking: { type: 'enabled', budget_tokens: 50 } })).withResponse();
    assert.equal(data.type, 'message');
    assert.deepEqual(response.headers.get('x-ao-dropped').split(', ').sort(), ['thinking', 'top_k']);
  });

  it('is charged what was received of a stream that dies, which ends in an error', async () => {
    for (const [model, code] of [['mock-dies', 'upstream_stream_cut'], ['mock-errs', 'upstream_failed']]) {
      const { usage } = await charged(async (own, options) => {
        const failure = await own.messages.stream(ask(model), options).finalMessage().then(() => assert.fail('it did not fail'), e => e);
        assert.ok(failure instanceof Anthropic.APIError, String(failure));
        assert.equal(failure.error.error.code, code);
        assert.equal(failure.type, 'api_error');
      }, u => BigInt(u.prompt_tokens) * 1000n + BigInt(u.completion_tokens) * 5000n);
      assert.deepEqual([usage.status, usage.usage_source, usage.completion_tokens], ['cut', 'counted', 3]);
    }
  });

  it('shows what is counted where the provider reports nothing', async () => {
    const { answer, usage } = await charged((own, options) => own.messages.stream(ask('mock-silent'), options).finalMessage(), u => BigInt(u.prompt_tokens) * 1000n + 4n * 5000n);
    assert.deepEqual([answer.usage.input_tokens, answer.usage.output_tokens], [usage.prompt_tokens, 4]);
  });
});

describe('@anthropic-ai/sdk, served in Anthropic\'s format', () => {
  // $1 a million of input, $1.25 written to the cache, $0.1 read from it, $5 of output.
  const atCatalogue = () => 3n * 1000n + 5n * 1250n + 6n * 100n + 17n * 5000n;
  const atRow = u => BigInt(u.prompt_tokens) * 1000n + BigInt(u.completion_tokens) * 5000n;

  it('gets messages as the provider worded them, paid for to the nano-dollar', async () => {
    const { answer, usage } = await charged((own, options) => own.messages.create(ask('claude'), options), atCatalogue);
    assert.deepEqual([textOf(answer), answer.usage.cache_read_input_tokens, answer.usage.service_tier], ['Hello, \u{1F600} world!', 6, 'standard']);
    assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.cache_write_prompt_tokens], [14, 17, 5]);
    const sent = upstream.asked.at(-1);
    assert.deepEqual(sent.body, ask('claude-haiku-4-5-20251001'));
    assert.equal(sent.path, '/v1/messages');
    assert.match(sent.headers['anthropic-version'], /^\d{4}-\d\d-\d\d$/);
    assert.notEqual(sent.headers['x-api-key'], purse.key);
  });

  it('streams thoughts with their seal, and sends them back', async () => {
    const { answer } = await charged((own, options) => own.messages.stream(ask('claude', { max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1024 } }), options).finalMessage(), atCatalogue);
    assert.deepEqual(answer.content.map(block => block.type), ['thinking', 'text']);
    assert.equal(answer.content[0].signature, 'c2lnbmVk');
    await client.messages.create(ask('claude', { messages: [...hello, { role: 'assistant', content: answer.content }, { role: 'user', content: 'Sure?' }] }));
    assert.deepEqual(upstream.asked.at(-1).body.messages[1].content[0], { type: 'thinking', thinking: 'Let me see.', signature: 'c2lnbmVk' });
  });

  it('runs its tools in a loop, several at once, with betas', async () => {
    const cities = [];
    const run = betaTool({ name: weather.name, description: weather.description, inputSchema: weather.input_schema, run: input => (cities.push(input.city), '21 degrees') });
    const last = await client.beta.messages.toolRunner({ ...ask('claude'), tools: [run], betas: ['context-1m-2025-08-07'] });
    assert.deepEqual([cities.sort(), textOf(last)], [['Bern', 'Paris'], 'Hello, \u{1F600} world!']);
    assert.match(upstream.asked.at(-1).headers['anthropic-beta'], /context-1m-2025-08-07/);
  });

  it('is told of a stream that is cut, and charged what was received', async () => {
    for (const [model, type] of [['cut', 'api_error'], ['error', 'overloaded_error']]) {
      const { usage } = await charged(async (own, options) => {
        const failure = await own.messages.stream(ask(model), options).finalMessage().then(() => assert.fail('it did not fail'), e => e);
        assert.ok(failure instanceof Anthropic.APIError, String(failure));
        assert.equal(failure.type, type);
      }, atRow);
      assert.equal(usage.status, model === 'cut' ? 'cut' : 'error');
      assert.ok(nano(usage.cost_usd) > 0n);
    }
  });
});

describe('failures are typed as the client knows them', () => {
  const failing = (call, kind, status, type, code) => assert.rejects(call, failure => {
    assert.ok(failure instanceof kind, failure.constructor.name);
    assert.deepEqual([failure.status, failure.type, failure.error.error.code], [status, type, code]);
    assert.ok(failure.requestID, 'it says which request it was');
    assert.equal(failure.error.request_id, failure.requestID);
    return true;
  });

  it('whose request is wrong', async () => {
    await failing(client.messages.create({ model: 'gpt-4o-mini', messages: hello }), Anthropic.BadRequestError, 400, 'invalid_request_error', 'missing_parameter');
    await failing(client.messages.create(ask('gpt-4o-mini', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] })), Anthropic.BadRequestError, 400, 'invalid_request_error', 'unsupported_parameter');
    await failing(client.messages.create(ask('gpt-9')), Anthropic.NotFoundError, 404, 'not_found_error', 'model_not_found');
    await failing(client.messages.countTokens({ model: 'gpt-9', messages: hello }), Anthropic.NotFoundError, 404, 'not_found_error', 'model_not_found');
  });

  it('who may not, or cannot pay', async () => {
    const stranger = new Anthropic({ apiKey: 'sk-unknown', baseURL: house.server.url, maxRetries: 0 });
    await failing(stranger.messages.create(ask('gpt-4o-mini')), Anthropic.AuthenticationError, 401, 'authentication_error', 'invalid_api_key');
    const poor = clientOf(await house.purse('0.000001'));
    await failing(poor.messages.create(ask('gpt-4o-mini')), Anthropic.APIError, 402, 'billing_error', 'insufficient_budget');
    await failing(poor.messages.stream(ask('gpt-4o-mini')).finalMessage(), Anthropic.APIError, 402, 'billing_error', 'insufficient_budget');
  });

  it('what the provider refuses, with when to come back', async () => {
    await failing(client.messages.create(ask('mock-limits')), Anthropic.RateLimitError, 429, 'rate_limit_error', 'upstream_refused');
    await failing(client.messages.create(ask('mock-down')), Anthropic.InternalServerError, 503, 'overloaded_error', 'upstream_failed');
    await failing(client.messages.create(ask('overloaded')), Anthropic.InternalServerError, 503, 'overloaded_error', 'upstream_failed');
    for (const [model, after] of [['mock-limits', '3'], ['mock-down', '9'], ['overloaded', '7'], ['limited', '7']]) {
      const failure = await client.messages.create(ask(model)).catch(e => e);
      assert.equal(failure.headers.get('retry-after'), after, model);
    }
    const worded = await client.messages.create(ask('limited')).catch(e => e);
    assert.deepEqual([worded.status, worded.type, worded.error.request_id], [429, 'rate_limit_error', 'req_recorded']);
  });
});

describe('Vercel\'s ai with @ai-sdk/anthropic', () => {
  const vercel = () => createAnthropic({ apiKey: purse.key, baseURL: `${house.server.url}/v1` });
  const said = { 'gpt-4o-mini': mockTokens(20), claude: 'Hello, \u{1F600} world!' };
  for (const model of ['gpt-4o-mini', 'claude']) {
    it(`generates text by ${model}`, async () => {
      const answer = await generateText({ model: vercel()(model), prompt: 'Hello', maxOutputTokens: 100, maxRetries: 0 });
      assert.deepEqual([answer.text, answer.finishReason], [said[model], 'stop']);
      assert.ok(answer.usage.outputTokens > 0);
    });

    it(`streams text by ${model}`, async () => {
      const stream = streamText({ model: vercel()(model), prompt: 'Hello', maxOutputTokens: 100, maxRetries: 0 });
      let text = '';
      for await (const piece of stream.textStream) text += piece;
      assert.deepEqual([text, await stream.finishReason], [said[model], 'stop']);
    });

    for (const way of ['generated', 'streamed']) {
      it(`has tools run by ${model}, ${way}`, async () => {
        const cities = [];
        const tools = { get_weather: vercelTool({ description: 'Says the weather.', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => (cities.push(city), '21 degrees') }) };
        const call = { model: vercel()(model), prompt: 'Hello', tools, stopWhen: stepCountIs(3), maxOutputTokens: 100, maxRetries: 0 };
        const text = way === 'generated' ? (await generateText(call)).text : await streamText(call).text;
        assert.equal(text, said[model]);
        assert.deepEqual(cities.sort(), model === 'claude' ? ['Bern', 'Paris'] : ['Paris']);
      });
    }
  }

  it('is told of a stream that dies', async () => {
    const failures = [];
    const stream = streamText({ model: vercel()('mock-dies'), prompt: 'Hello', maxOutputTokens: 100, maxRetries: 0, onError: ({ error }) => failures.push(error) });
    await stream.consumeStream();
    assert.equal(failures.length, 1);
    assert.match(JSON.stringify(failures[0], Object.getOwnPropertyNames(failures[0])), /broke off in the middle/);
  });
});
