// Every error status: what the official client makes of it, and that no money stays behind.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI, {
  APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError, UnprocessableEntityError,
} from 'openai';
import { hello, newId, open } from './lib/house.mjs';
import { nano } from './lib/money.mjs';
import { keys } from './lib/processes.mjs';

let house, purse;
before(async () => {
  house = await open({ env: { AO_Gateway__MaxBodyBytes: '65536' } });
  purse = await house.purse();
});
after(() => house?.close());

/** The error a call ends with. */
async function failure(call) {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof APIError, String(error.stack));
    assert.ok(error.requestID, 'an error has its request id');
    return error;
  }

  assert.fail('the call went through');
}

const client = (apiKey, options = {}) => new OpenAI({ apiKey, baseURL: `${house.server.url}/v1`, maxRetries: 0, ...options });
const chat = (on, body = {}, options) => on.chat.completions.create({ model: 'gpt-4o-mini', messages: hello, ...body }, options);

describe('authentication', () => {
  it('without a key is 401 missing_api_key', async () => {
    const error = await failure(chat(client('none'), {}, { headers: { authorization: null } }));
    assert.ok(error instanceof AuthenticationError);
    assert.equal(error.code, 'missing_api_key');
  });

  for (const [what, key] of [['malformed', 'x'], ['unknown', 'sk-ao-0000000000000000000000000000000000000000'], ['very long', 'k'.repeat(5000)]]) {
    it(`with a ${what} key is 401 invalid_api_key`, async () => {
      const error = await failure(chat(client(key)));
      assert.ok(error instanceof AuthenticationError);
      assert.equal(error.code, 'invalid_api_key');
      assert.equal(error.headers.get('x-should-retry'), 'false');
      assert.equal(error.headers.get('www-authenticate'), 'Bearer');
      assert.ok(!error.message.includes(key.slice(0, 20)) || key.length < 5, 'the key is repeated');
    });
  }

  it('ends at once when a key is revoked', async () => {
    const own = await house.purse();
    await chat(own.client);
    await house.control('DELETE', `keys/${own.keyId}`);
    const error = await failure(chat(own.client));
    assert.ok(error instanceof AuthenticationError);
    assert.equal(error.code, 'invalid_api_key');
    assert.match(error.message, /revoked/);
  });

  for (const header of ['x-api-key', 'api-key']) {
    it(`takes a key from ${header} too`, async () => {
      const answer = await purse.chat({}, { headers: { authorization: '', [header]: purse.key } });
      // An empty authorization header is none: the key in its own header counts.
      assert.equal(answer.status, 200, answer.text);
    });
  }

  it('keeps the planes apart: an admin key has no wallet, an API key administers nothing', async () => {
    assert.ok(await failure(chat(client(keys.admin))) instanceof PermissionDeniedError);
    const answer = await purse.send('../control/v1/keys', undefined, { method: 'GET' });
    assert.equal(answer.status, 403);
    assert.equal(answer.json.error.code, 'permission_denied');
  });
});

describe('an empty wallet', () => {
  it('is 402 with its figures before any provider is called, and not to be retried', async () => {
    const poor = await house.purse('0.000001');
    const id = newId();
    const retrying = client(poor.key, { maxRetries: 2 });
    const error = await failure(chat(retrying, {}, { headers: { 'x-request-id': id } }));
    assert.equal(error.status, 402);
    assert.equal(error.code, 'insufficient_budget');
    assert.equal(error.headers.get('x-should-retry'), 'false');
    const { metadata } = error.error;
    assert.equal(metadata.wallet, poor.walletId);
    assert.equal(metadata.limit_usd, '0.000001');
    assert.equal(metadata.spent_usd, '0.00');
    assert.equal(metadata.held_usd, '0.00');
    assert.equal(metadata.suspense_usd, '0.00');
    assert.ok(nano(metadata.needed_usd) > nano(metadata.limit_usd));
    assert.ok('resets_at' in metadata && 'period' in metadata);
    assert.deepEqual(await house.mock.ledger(id), []);
    const [event, ...more] = await poor.usagesOf(id, 1);
    assert.deepEqual(more, [], 'the client retried');
    assert.equal(event.status, 'refused');
    assert.equal(event.cost_usd, '0.00');
  });

  it('is 402 in an event stream\'s place too, as plain JSON', async () => {
    const poor = await house.purse('0');
    const answer = await poor.chat({ stream: true });
    assert.equal(answer.status, 402);
    assert.match(answer.headers['content-type'], /^application\/json/);
    assert.equal(answer.json.error.code, 'insufficient_budget');
  });

  it('is 402 for embeddings too', async () => {
    const poor = await house.purse('0');
    const error = await failure(poor.client.embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' }));
    assert.equal(error.status, 402);
  });
});

describe('requests that are wrong', () => {
  it('are 400 naming the member', async () => {
    const error = await failure(chat(purse.client, { max_tokens: -1 }));
    assert.ok(error instanceof BadRequestError);
    assert.equal(error.param, 'max_tokens');
    assert.equal(error.type, 'invalid_request_error');
  });

  it('are 404 model_not_found for a model nobody serves', async () => {
    for (const call of [
      () => chat(purse.client, { model: 'no-such-model' }),
      () => purse.client.embeddings.create({ model: 'no-such-model', input: 'Hi' }),
      () => purse.client.models.retrieve('no-such-model'),
    ]) {
      const error = await failure(call());
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.code, 'model_not_found');
      assert.equal(error.param, 'model');
    }
  });

  it('are 400 for a model of the wrong kind', async () => {
    for (const call of [
      () => chat(purse.client, { model: 'text-embedding-3-small' }),
      () => purse.client.embeddings.create({ model: 'gpt-4o', input: 'Hi' }),
    ]) {
      const error = await failure(call());
      assert.equal(error.code, 'wrong_model_kind');
      assert.equal(error.param, 'model');
    }
  });

  it('are 413 when they are too large', async () => {
    const error = await failure(chat(purse.client, { messages: [{ role: 'user', content: 'x'.repeat(100_000) }] }));
    assert.equal(error.status, 413);
    assert.equal(error.code, 'body_too_large');
  });
});

describe('an upstream that fails', () => {
  const fail = (status, rest = {}) => ({ x_mock: { fail: { status, ...rest } } });

  it('with 429 is 429 with its own words, retry-after and rate-limit figures', async () => {
    const headers = { 'retry-after': '7', 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s' };
    const error = await failure(chat(purse.client, fail(429, { headers })));
    assert.ok(error instanceof RateLimitError);
    assert.equal(error.code, 'mock_failure');
    assert.match(error.message, /mock failure 429/);
    for (const [name, value] of Object.entries(headers)) assert.equal(error.headers.get(name), value);
  });

  it('with 429 is retried by the client, and only the good call is charged', async () => {
    const id = newId();
    const own = await house.purse();
    const answer = await chat(client(own.key, { maxRetries: 2 }), fail(429, { times: 1, headers: { 'retry-after-ms': '20' } }), { headers: { 'x-request-id': id } });
    assert.equal(answer.usage.completion_tokens, 20);
    const usages = await own.usagesOf(id, 2);
    assert.deepEqual(usages.map(u => u.status).sort(), ['error', 'ok']);
    assert.equal(usages.find(u => u.status === 'error').cost_usd, '0.00');
    assert.equal((await own.settled()).spent_usd, usages.find(u => u.status === 'ok').cost_usd);
  });

  for (const [status, expected, kind] of [
    [400, 400, BadRequestError], [404, 404, NotFoundError], [422, 422, UnprocessableEntityError],
    [500, 502, InternalServerError], [502, 502, InternalServerError], [503, 503, InternalServerError], [504, 504, InternalServerError],
    [529, 503, InternalServerError], [418, 502, InternalServerError], [302, 502, InternalServerError],
  ]) {
    it(`with ${status} is ${expected}, and costs nothing`, async () => {
      const id = newId();
      const own = await house.purse();
      for (const stream of [false, true]) {
        const error = await failure(chat(own.client, { ...fail(status), stream }, { headers: { 'x-request-id': id } }));
        assert.equal(error.status, expected);
        assert.ok(error instanceof kind);
        assert.ok(error.code);
      }

      for (const event of await own.usagesOf(id, 2)) {
        assert.equal(event.status, 'error');
        assert.equal(event.http_status, expected);
        assert.equal(event.cost_usd, '0.00');
      }

      assert.equal((await own.settled()).spent_usd, '0.00');
    });
  }

  for (const status of [401, 403]) {
    it(`with ${status} is 502 and says nothing of our credential`, async () => {
      const secret = `Incorrect API key provided: ${keys.upstream}`;
      // A provider of its own: one that refused our credential is not asked again before it has been found well.
      const model = `refused-${newId()}`;
      await house.provider({ models: [{ id: model, upstream_id: 'gpt-4o-mini', price_as: 'openai/gpt-4o-mini' }] });
      const error = await failure(chat(purse.client, { model, ...fail(status, { body: { error: { message: secret, code: 'invalid_api_key' } } }) }));
      assert.equal(error.status, 502);
      assert.equal(error.code, 'upstream_authentication_failed');
      assert.ok(!JSON.stringify(error.error).includes('sk-mock'));
      const unasked = await failure(chat(purse.client, { model }));
      assert.deepEqual([unasked.status, unasked.code], [502, 'upstream_authentication_failed']);
    });
  }

  it('with a refusal that is no JSON is worded by us', async () => {
    const error = await failure(chat(purse.client, fail(400, { body: 'go away' })));
    assert.equal(error.status, 400);
    assert.equal(error.code, 'upstream_refused');
  });

  it('with an error event inside the stream makes the client throw', async () => {
    const id = newId();
    const stream = await chat(purse.client, { stream: true, x_mock: { tokens: 9, in_band_error: 3 } }, { headers: { 'x-request-id': id } });
    const texts = [];
    const error = await failure((async () => {
      for await (const chunk of stream) texts.push(chunk.choices[0].delta.content);
    })());
    assert.match(error.message, /mock in-band error/);
    assert.equal(texts.filter(Boolean).join(''), ' tok token tokens');
    const event = await purse.usageOf(id);
    assert.equal(event.status, 'error');
    assert.equal(event.completion_tokens, 3);
  });
});
