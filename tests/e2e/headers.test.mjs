// What crosses the gateway beside the bodies, in both directions.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId, open } from './lib/house.mjs';
import { keys } from './lib/processes.mjs';

let house, purse;
before(async () => {
  house = await open();
  purse = await house.purse();
});
after(() => house?.close());

async function upstreamRequest(id) {
  const requests = await house.mock.requests(id);
  assert.equal(requests.length, 1);
  return requests[0];
}

describe('x-request-id', () => {
  it('of the caller is kept, sent upstream, and found in the usage', async () => {
    const id = 'my:request/1.2_3+4=';
    const answer = await purse.chat({}, { headers: { 'x-request-id': id } });
    assert.equal(answer.headers['x-request-id'], id);
    await upstreamRequest(id);
    assert.equal((await purse.usageOf(id)).request_id, id);
  });

  it('is made where there is none, and differs from call to call', async () => {
    const [a, b] = await Promise.all([purse.chat({}), purse.chat({})]);
    assert.match(a.headers['x-request-id'], /^req_[0-9a-f]{32}$/);
    assert.notEqual(a.headers['x-request-id'], b.headers['x-request-id']);
    await upstreamRequest(a.headers['x-request-id']);
  });

  for (const [what, id] of [['with spaces', 'a b'], ['with quotes', 'a"b'], ['of 129 characters', 'x'.repeat(129)], ['with other letters', '\u00e9t\u00e9']]) {
    it(`${what} is replaced`, async () => {
      const answer = await purse.chat({}, { headers: { 'x-request-id': id } });
      assert.match(answer.headers['x-request-id'], /^req_[0-9a-f]{32}$/);
    });
  }

  it('is on every answer, the health checks and errors included', async () => {
    for (const path of ['/health', '/ready', '/openapi.json', '/nothing', '/v1/usage']) {
      const answer = await fetch(house.server.url + path, { headers: { 'x-request-id': 'r-1' } });
      assert.equal(answer.headers.get('x-request-id'), 'r-1', path);
      await answer.arrayBuffer();
    }
  });
});

describe('traceparent', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const span = 'b7ad6b7169203331';

  it('goes on upstream: same trace, new span', async () => {
    const id = newId();
    await purse.chat({}, { headers: { 'x-request-id': id, traceparent: `00-${trace}-${span}-01` } });
    const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec((await upstreamRequest(id)).headers.traceparent);
    assert.equal(match[1], trace);
    assert.notEqual(match[2], span);
    assert.equal((await purse.usageOf(id)).trace_id, trace);
  });

  for (const wrong of ['', 'garbage', `00-${'0'.repeat(32)}-${span}-01`, `00-${trace}-${'0'.repeat(16)}-01`, `ff-${trace}-${span}-01`, `00-${trace.toUpperCase()}-${span}-01`]) {
    it(`that is not valid (${JSON.stringify(wrong)}) begins a new trace`, async () => {
      const id = newId();
      await purse.chat({}, { headers: { 'x-request-id': id, ...(wrong ? { traceparent: wrong } : {}) } });
      const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0[01]$/.exec((await upstreamRequest(id)).headers.traceparent);
      assert.ok(match && match[1] !== trace && match[1] !== '0'.repeat(32));
    });
  }
});

describe('headers', () => {
  it('of the caller stay here: no credential, cookie or internal header reaches the provider', async () => {
    const id = newId();
    const answer = await purse.chat({}, {
      headers: {
        'x-request-id': id, cookie: 'session=1', 'x-api-key': purse.key, 'api-key': purse.key, 'x-internal-route': 'a', 'x-ao-anything': 'b',
        'x-dry-run': 'false', 'x-feature-id': 'search', 'x-forwarded-for': '10.0.0.1', 'openai-organization': 'org-of-the-caller', 'OpenAI-Beta': 'assistants=v2',
        'proxy-authorization': 'Basic eDp5', te: 'trailers',
      },
    });
    assert.equal(answer.status, 200, answer.text);
    const { headers, body } = await upstreamRequest(id);
    assert.ok(!JSON.stringify({ headers, body }).includes(purse.key), 'the caller\'s key went upstream');
    assert.equal(headers.authorization, `Bearer ${keys.upstream}`);
    assert.equal(headers['openai-beta'], 'assistants=v2');
    assert.deepEqual(
      Object.keys(headers).sort(),
      ['accept', 'authorization', 'content-length', 'content-type', 'host', 'openai-beta', 'traceparent', 'user-agent', 'x-request-id']);
  });

  for (const stream of [false, true]) {
    it(`of the provider stay there, but for those callers need (${stream ? 'streamed' : 'whole'})`, async () => {
      const answer = await purse.chat({
        stream,
        x_mock: {
          headers: {
            'set-cookie': 'session=upstream', 'server': 'secret-server', 'x-internal': '1', 'openai-organization': 'our-org', 'www-authenticate': 'Basic',
            'openai-processing-ms': '12', 'x-ratelimit-limit-tokens': '1000', 'x-ratelimit-remaining-tokens': '900', 'x-ratelimit-reset-tokens': '6ms',
            'anthropic-ratelimit-requests-limit': '50', 'alt-svc': 'h3=":443"', 'access-control-allow-origin': '*',
          },
        },
      });
      assert.equal(answer.status, 200, answer.text);
      for (const name of ['set-cookie', 'server', 'x-internal', 'openai-organization', 'www-authenticate', 'alt-svc', 'access-control-allow-origin', 'anthropic-ratelimit-requests-limit']) {
        assert.equal(answer.headers[name], undefined, name);
      }

      assert.equal(answer.headers['openai-processing-ms'], '12');
      assert.equal(answer.headers['x-ratelimit-limit-tokens'], '1000');
      assert.equal(answer.headers['x-ratelimit-remaining-tokens'], '900');
      assert.equal(answer.headers['x-ratelimit-reset-tokens'], '6ms');
      assert.equal(answer.headers['x-ratelimit-limit-requests'], '50', 'a dialect of another provider is translated');
      assert.match(answer.headers['x-provider-request-id'], /^req_mock_/);
      assert.match(answer.headers['x-request-id'], /^req_[0-9a-f]{32}$/);
      assert.equal(answer.headers['x-ao-provider'], 'openai');
      assert.equal(answer.headers['x-ao-model'], 'gpt-4o-mini');
      assert.match(answer.headers['x-ao-exchange-id'], /^ex_/);
    });
  }

  it('label calls with a feature that usage shows', async () => {
    const id = newId();
    await purse.chat({ user: 'u-1' }, { headers: { 'x-request-id': id, 'x-feature-id': 'search' } });
    const usage = await purse.usageOf(id);
    assert.equal(usage.feature_id, 'search');
    assert.equal(usage.end_user, 'u-1');
  });
});
