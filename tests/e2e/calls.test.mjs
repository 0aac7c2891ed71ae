// Legacy completions and moderations with OpenAI's official client, reranking with Cohere's, pointed at the gateway and otherwise unchanged.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { startCalls } from './lib/calls.mjs';
import { assertError, newId, open } from './lib/house.mjs';
import { costOf, nano, priceOf } from './lib/money.mjs';

let house, upstream, purse;
before(async () => {
  house = await open();
  upstream = await startCalls();
  purse = await house.purse('100');
  const row = { base_url: `${upstream.url}/v1`, api_key_ref: 'env:OPENAI_API_KEY' };
  await house.provider({ ...row, models: ['gpt-3.5-turbo-instruct', 'omni-moderation-latest'].map(id => ({ id, price_as: `openai/${id}` })), priority: 1 });
  await house.provider({ ...row, models: [{ id: 'jina', upstream_id: 'jina-reranker-v3', price: { kind: 'rerank', input_usd_per_million: '0.02' } }] });
  await house.provider({ ...row, wire_format: 'cohere', base_url: `${upstream.url}/v2`, models: [{ id: 'rerank-v3.5', price_as: 'cohere/rerank-v3.5' }] });
});
after(async () => {
  upstream?.close();
  await house?.close();
});

const spent = async () => nano((await purse.settled()).spent_usd);
const mockTokens = count => Array.from({ length: count }, (_, i) => [' tok', ' token', ' tokens', ' tokenize', ' tokenizer'][i % 5]).join('');

/** Makes a call and checks that the wallet paid what its usage says. */
async function paid(call) {
  const id = newId();
  const before = await spent();
  const answer = await call({ 'x-request-id': id });
  const usage = await purse.usageOf(id);
  assert.equal(await spent() - before, nano(usage.cost_usd));
  return { answer, usage };
}

describe('legacy completions', () => {
  const instruct = priceOf('gpt-3.5-turbo-instruct');

  it('come whole from a model that has nothing else, every text held and paid for', async () => {
    const { answer, usage } = await paid(headers => purse.client.completions.create(
      { model: 'gpt-3.5-turbo-instruct', prompt: ['Once', 'Twice'], n: 2, best_of: 3, echo: true, max_tokens: 20 }, { headers }));
    assert.deepEqual(answer.choices.map(c => c.text), ['Once and so on', 'Once and so on', 'Twice and so on', 'Twice and so on']);
    assert.deepEqual([usage.endpoint, usage.usage_source, usage.prompt_tokens, usage.completion_tokens], ['completions', 'reported', 14, 18]);
    assert.equal(nano(usage.cost_usd), costOf(instruct, usage));
    assert.ok(nano(usage.hold_usd) >= costOf(instruct, { prompt_tokens: 2, completion_tokens: 2 * 3 * 20 }), usage.hold_usd);
  });

  for (const include_usage of [false, true]) {
    it(`come as a stream, with a usage ${include_usage ? 'that is asked for' : 'nobody sees'}`, async () => {
      const { answer, usage } = await paid(async headers => {
        const events = [];
        for await (const event of await purse.client.completions.create(
          { model: 'gpt-3.5-turbo-instruct', prompt: 'Once', stream: true, ...(include_usage ? { stream_options: { include_usage } } : {}) }, { headers })) events.push(event);
        return events;
      });
      assert.equal(answer.map(e => e.choices[0]?.text ?? '').join(''), ' and so on');
      assert.equal(answer.some(e => e.usage?.total_tokens === 10), include_usage);
      assert.deepEqual(upstream.asked.at(-1).body, { model: 'gpt-3.5-turbo-instruct', prompt: 'Once', stream: true, stream_options: { include_usage: true }, max_tokens: 16 });
      assert.equal(nano(usage.cost_usd), costOf(instruct, { prompt_tokens: 7, completion_tokens: 3 }));
    });
  }

  it('come from a model of conversations, whole and streamed, told as texts', async () => {
    const ask = { model: 'gpt-4o-mini', prompt: 'Hello', max_tokens: 5, echo: true };
    const { answer, usage } = await paid(headers => purse.client.completions.create(ask, { headers }));
    assert.deepEqual([answer.object, answer.choices[0].text, answer.choices[0].finish_reason, answer.usage.completion_tokens], ['text_completion', `Hello${mockTokens(5)}`, 'length', 5]);
    assert.equal(nano(usage.cost_usd), costOf(priceOf('gpt-4o-mini'), { ...usage, cached_tokens: usage.cached_tokens ?? 0 }));

    let text = '';
    for await (const event of await purse.client.completions.create({ ...ask, stream: true })) text += event.choices[0].text;
    assert.equal(text, `Hello${mockTokens(5)}`);
  });

  it('are refused by name where a conversation cannot say it', async () => {
    await assert.rejects(purse.client.completions.create({ model: 'gpt-4o-mini', prompt: 'a', suffix: 'b' }), { status: 400, code: 'unsupported_parameter', param: 'suffix' });
    assertError(await purse.send('completions', { model: 'gpt-4o-mini' }), 400, 'missing_parameter', 'prompt');
  });
});

describe('moderations', () => {
  it('cost nothing and are written down', async () => {
    const { answer, usage } = await paid(headers => purse.client.moderations.create(
      { input: [{ type: 'text', text: 'I will hurt you' }, { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }] }, { headers }));
    assert.deepEqual([answer.id, answer.results[0].flagged], ['modr-recorded', true]);
    assert.equal(upstream.asked.at(-1).body.model, 'omni-moderation-latest');
    assert.deepEqual([usage.endpoint, usage.model, usage.cost_usd, usage.usage_source], ['moderations', 'omni-moderation-latest', '0.00', 'counted']);
    assert.ok(usage.prompt_tokens > 0);
  });
});

describe('reranking', () => {
  const documents = ['sunny day', 'a rainy afternoon in the city'];

  for (const [name, Client] of [['version 1', CohereClient], ['version 2', CohereClientV2]]) {
    it(`is what Cohere's client of ${name} expects, and charged by the search`, async () => {
      const client = new Client({ environment: house.server.url, token: purse.key, maxRetries: 0 });
      const { answer, usage } = await paid(headers => client.rerank({ model: 'rerank-v3.5', query: 'rain', documents, topN: 1, ...(Client === CohereClient ? { returnDocuments: true } : {}) }, { headers }));
      assert.deepEqual([answer.id, answer.results.length, answer.results[0].index, answer.results[0].relevanceScore], ['rerank-recorded', 1, 1, 0.29]);
      assert.equal(answer.meta.billedUnits.searchUnits, 1);
      if (Client === CohereClient) assert.equal(answer.results[0].document.text, documents[1]);
      assert.deepEqual(upstream.asked.at(-1).body, { model: 'rerank-v3.5', query: 'rain', documents, top_n: 1 });
      assert.deepEqual([usage.endpoint, usage.units, usage.cost_usd, usage.usage_source], ['rerank', 'file_search=1', '0.002', 'reported']);
    });
  }

  it('of what takes the same below an OpenAI-compatible URL is charged by tokens', async () => {
    const { answer, usage } = await paid(headers => purse.send('rerank', { model: 'jina', query: 'rain', documents: documents.map(text => ({ text })), top_n: 1 }, { headers }));
    assert.deepEqual(answer.json, {
      id: usage.id, model: 'jina', results: [{ index: 1, relevance_score: 0.29, document: { text: documents[1] } }],
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: 40 } }, usage: { prompt_tokens: 40, total_tokens: 40 },
    });
    assert.equal(answer.headers['x-ao-cost-usd'], usage.cost_usd);
    assert.deepEqual([usage.prompt_tokens, nano(usage.cost_usd)], [40, 800n]);
  });

  it('refuses what is no document in the envelope of OpenAI', async () => {
    assertError(await purse.send('rerank', { model: 'jina', query: 'rain', documents: [7] }), 400, 'invalid_parameter', 'documents[0]');
    assertError(await purse.send('rerank', { model: 'gpt-4o-mini', query: 'rain', documents }), 400, 'wrong_model_kind', 'model');
  });
});
