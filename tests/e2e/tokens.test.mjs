// Tokens: what the gateway counts, beside npm tiktoken.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId, open } from './lib/house.mjs';
import { costOf, nano, priceOf } from './lib/money.mjs';
import { idsOf, promptOf, tokensOf } from './lib/tokens.mjs';

let house;
let purse;
before(async () => {
  house = await open();
  purse = await house.purse();
});
after(() => house?.close());

const texts = [
  '', ' ', '\n\n\n', 'hello world', "it'ſ I'LL we've", 'a\u0085b\uFEFFc\r\n\t d', '𠀀𠀁 x𝒜y 👩‍👩‍👧‍👦', '今天的计数器每五秒写一次。', 'Größenmaßstäbe überprüfen',
  'function add(a, b) {\n    return a + b; // 1234567890\n}\n', '{"a":[1,2.5e-7,"\\u00e9"],"b":null}', '<|endoftext|> is text', 'x'.repeat(5000), ' '.repeat(3000) + 'y',
  Array.from({ length: 400 }, (_, i) => String.fromCodePoint(0x20 + ((i * 7919) % 0x2000))).join(''),
];

describe('/v1/tokenize', () => {
  for (const [model, encoding] of [['gpt-4o', 'o200k_base'], ['text-embedding-3-large', 'cl100k_base']]) {
    it(`gives tiktoken's tokens of ${encoding} for ${model}`, async () => {
      const answer = await purse.send('tokenize', { model, input: texts, ids: true });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual([answer.json.tokenizer, answer.json.exact], [encoding, true]);
      assert.deepEqual(answer.json.ids, texts.map(t => idsOf(t, encoding)));
      assert.deepEqual(answer.json.counts, texts.map(t => tokensOf(t, encoding)));
    });
  }

  it('counts a megabyte of one letter, and charges nothing', async () => {
    const answer = await purse.send('tokenize', { model: 'gpt-4o', input: 'x'.repeat(1 << 20) });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.count, tokensOf('x'.repeat(4096)) * 256);
    assert.equal((await purse.balance()).spent_usd, '0.00');
  });

  it('and the way of Anthropic agree on a conversation', async () => {
    const messages = [{ role: 'user', content: texts[8] }, { role: 'assistant', content: texts[9] }, { role: 'user', content: texts[7] }];
    const ours = await purse.send('tokenize', { model: 'gpt-4o', messages });
    const theirs = await purse.send('messages/count_tokens', { model: 'gpt-4o', messages });
    assert.equal(ours.json.count, promptOf(messages));
    assert.deepEqual(theirs.json, { input_tokens: promptOf(messages) });
  });
});

describe('a hold', () => {
  it('is for the prompt that tiktoken counts and eight tokens more', async () => {
    for (const content of texts) {
      const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content }];
      const run = await purse.send('chat/completions', { model: 'gpt-4o', messages, max_tokens: 50 }, { headers: { 'x-dry-run': 'true' } });
      assert.equal(run.status, 200, run.text);
      assert.equal(run.json.prompt_tokens_expected, promptOf(messages), content.slice(0, 40));
      assert.equal(run.json.prompt_tokens_max, promptOf(messages) + 8);
    }
  });
});

describe('a stream that is cut', () => {
  const text = `${texts.slice(6, 12).join(' ')} The quick brown fox jumps over the lazy dog, again and again and again.`;

  it('costs the tokens that arrived, to the token', async () => {
    for (const die_after of [1, 2, 7, 12]) {
      const id = newId();
      const messages = [{ role: 'user', content: 'Tell me more.' }];
      const answer = await purse.chat({ model: 'gpt-4o', messages, stream: true, x_mock: { text, die_after } }, { headers: { 'x-request-id': id } });
      const received = answer.text.split('\n').filter(l => l.startsWith('data: {')).map(l => JSON.parse(l.slice(6)).choices?.[0]?.delta?.content ?? '').join('');
      assert.ok(text.startsWith(received) && received.length > 0);
      const usage = await purse.usageOf(id);
      assert.deepEqual([usage.status, usage.usage_source], ['cut', 'counted']);
      assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [promptOf(messages), tokensOf(received)]);
      assert.equal(nano(usage.cost_usd), costOf(priceOf('gpt-4o'), { prompt_tokens: promptOf(messages), completion_tokens: tokensOf(received) }));
    }
  });

  it('and what calls whole answers without a report cost is counted likewise', async () => {
    const id = newId();
    await purse.chat({ model: 'gpt-4o', x_mock: { text, no_usage: true } }, { headers: { 'x-request-id': id } });
    assert.equal((await purse.usageOf(id)).completion_tokens, tokensOf(text));
  });
});
