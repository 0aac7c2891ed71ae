// Vercel's ai with @ai-sdk/openai, pointed at the gateway and otherwise unchanged: its chat and its responses, as the provider speaks them and translated
// from every other format. What it warns of is wrong.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { embed, embedMany, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { byHand, embeddings } from './lib/answers.mjs';
import { startAnthropic } from './lib/anthropic.mjs';
import { serve, startFormats } from './lib/formats.mjs';
import { open } from './lib/house.mjs';
import { nano } from './lib/money.mjs';
import { startResponses } from './lib/responses.mjs';

const price = { price: { input_usd_per_million: '1', output_usd_per_million: '5' }, max_output_tokens: 64000, context_window_tokens: 200000 };
const mockTokens = count => Array.from({ length: count }, (_, i) => [' tok', ' token', ' tokens', ' tokenize', ' tokenizer'][i % 5]).join('');
const warnings = [];
globalThis.AI_SDK_LOG_WARNINGS = given => warnings.push(...given.warnings);

let house, purse, upstreams, openai;
before(async () => {
  house = await open();
  purse = await house.purse('100');
  openai = createOpenAI({ apiKey: purse.key, baseURL: `${house.server.url}/v1` });
  upstreams = [await startAnthropic(), await startResponses(), await startFormats({ ...byHand, ...embeddings, json: written })];
  const row = { api_key_ref: 'env:OPENAI_API_KEY' };
  await house.provider({ ...row, base_url: `${upstreams[0].url}/v1`, wire_format: 'anthropic', models: [{ id: 'by-anthropic', upstream_id: 'claude', ...price }] });
  await house.provider({ ...row, base_url: `${upstreams[1].url}/v1`, responses: true, models: [{ id: 'by-responses', upstream_id: 'gpt-4o', ...price }] });
  await house.provider({ ...row, base_url: `${upstreams[1].url}/v1`, wire_format: 'openai_responses', models: [{ id: 'by-responses-alone', upstream_id: 'gpt-4o', ...price }] });
  await house.provider({ models: [{ id: 'by-chat', upstream_id: 'gpt-4o-mini', ...price }, { id: 'dies', upstream_id: 'gpt-4o-mini@die_after=3', ...price }] });
  await serve(house, upstreams[2], { ...byHand, json: written }, price);
  await serve(house, upstreams[2], embeddings, { price_as: 'openai/text-embedding-3-small' });
});
after(async () => {
  for (const upstream of upstreams ?? []) upstream.close();
  await house?.close();
});
afterEach(() => assert.deepEqual(warnings.splice(0), []));

/** An answer that is JSON, whoever asks. */
const text = '{"city":"Paris","degrees":21}';
const written = {
  format: 'gemini',
  whole: JSON.stringify({ candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 }], usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 9 }, modelVersion: 'gemini-3-pro' }),
  events: [JSON.stringify({ candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 }], usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 9 }, modelVersion: 'gemini-3-pro' })],
};

const hello = 'Hello, \u{1F600} world!';
const said = { 'by-chat': mockTokens(20), 'by-responses-alone': hello, 'by-responses': hello, 'by-anthropic': hello, 'by-gemini': hello, 'by-bedrock': hello, 'by-cohere': hello };
const ways = { chat: Object.keys(said).filter(m => m !== 'by-responses'), responses: Object.keys(said).filter(m => m !== 'by-responses-alone') };

for (const [way, models] of Object.entries(ways)) {
  describe(`Vercel's ai, its ${way}`, () => {
    const call = (model, more = {}) => ({ model: openai[way](model), prompt: 'Hello', maxOutputTokens: 2000, maxRetries: 0, ...more });
    for (const model of models) {
      it(`generates and streams text ${model}, and is told what it used`, async () => {
        const whole = await generateText(call(model));
        assert.deepEqual([whole.text, whole.finishReason], [said[model], 'stop']);
        assert.ok(whole.usage.inputTokens > 0 && whole.usage.outputTokens > 0, JSON.stringify(whole.usage));
        const stream = streamText(call(model, { onError: ({ error }) => { throw error; } }));
        let pieces = '';
        for await (const piece of stream.textStream) pieces += piece;
        assert.deepEqual([pieces, await stream.finishReason], [said[model], 'stop']);
        assert.ok((await stream.usage).outputTokens > 0);
        assert.deepEqual([whole.warnings ?? [], (await stream.warnings) ?? []], [[], []]);
      });

      it(`has its tools run ${model}, step by step, generated and streamed`, async () => {
        for (const run of [generateText, streamText]) {
          const cities = [];
          const get_weather = tool({ description: 'Says the weather.', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => (cities.push(city), '21 degrees') });
          // Of what is translated nothing is stored: the client is to send thoughts and calls themselves.
          const providerOptions = way === 'responses' && model !== 'by-responses' ? { openai: { store: false } } : {};
          const answer = await run(call(model, { tools: { get_weather }, stopWhen: stepCountIs(3), providerOptions }));
          assert.equal(await answer.text, said[model]);
          assert.deepEqual([cities.includes('Paris'), (await answer.steps).length], [true, 2]);
          // Cohere seals no thoughts: the client says that it cannot send them back.
          if (providerOptions.openai && model === 'by-cohere') assert.match(warnings.splice(0).map(w => w.message).join(), /^Reasoning parts without encrypted content are not supported[^,]*$/);
        }
      });
    }

    it('gets an object by a schema, which the provider is told', async () => {
      const output = Output.object({ schema: z.object({ city: z.string(), degrees: z.number() }) });
      for (const run of [generateText, streamText]) {
        const answer = await run(call('json', { output }));
        assert.deepEqual(await answer.output, { city: 'Paris', degrees: 21 });
        assert.deepEqual(Object.keys(upstreams[2].asked.at(-1).body.generationConfig.responseJsonSchema.properties), ['city', 'degrees']);
      }
    });

    it('is told of a stream that dies', async () => {
      const failures = [];
      const stream = streamText(call('dies', { onError: ({ error }) => failures.push(error) }));
      await stream.consumeStream();
      assert.equal(failures.length, 1);
      assert.match(JSON.stringify(failures[0], Object.getOwnPropertyNames(failures[0])), /broke off in the middle/);
    });

    it('is told why it may not', async () => {
      await assert.rejects(generateText(call('gpt-9')), failure => failure.statusCode === 404 && failure.data.error.code === 'model_not_found');
    });
  });
}

describe('Vercel\'s ai, its responses where nothing is stored', () => {
  const tools = { get_weather: tool({ inputSchema: z.object({ city: z.string() }), execute: async () => '21 degrees' }) };

  it('names the items of a translated answer unless it is told so, and is told what to do', async () => {
    await assert.rejects(generateText({ model: openai.responses('by-anthropic'), prompt: 'Hello', tools, stopWhen: stepCountIs(3), maxRetries: 0 }),
      failure => failure.statusCode === 400 && failure.data.error.param === 'input[1]' && /send the item itself/.test(failure.message));
  });
});

describe('Vercel\'s ai, its embeddings', () => {
  it('come one and many, as the provider worded them and translated', async () => {
    for (const model of ['text-embedding-3-small', 'numbers-gemini', 'numbers-cohere', 'amazon.titan-embed-text-v2:0']) {
      const isOne = model.startsWith('amazon');
      const one = isOne ? await embed({ model: openai.embedding(model), value: 'a', maxRetries: 0 }) : await embedMany({ model: openai.embedding(model), values: ['a', 'b'], maxRetries: 0 });
      assert.equal(isOne ? one.embedding.length > 0 : one.embeddings.length === 2 && one.embeddings.every(e => e.length > 0), true);
      assert.ok(one.usage.tokens > 0);
    }
    assert.ok(nano((await purse.settled()).spent_usd) > 0n);
  });
});
