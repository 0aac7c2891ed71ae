// The real Portkey gateway, self-hosted, as a provider: through us to Portkey to the mock, and the money.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { hello, newId, open } from './lib/house.mjs';
import { events } from './lib/http.mjs';
import { nano } from './lib/money.mjs';
import { until } from './lib/until.mjs';
import { freePort, startUpstream } from './lib/upstream.mjs';

const script = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/@portkey-ai/gateway/build/start-server.js');
const price = { input_usd_per_million: '1', output_usd_per_million: '2' };

let house, purse, portkey;
before(async () => {
  assert.ok(existsSync(script), 'Portkey is missing: npm ci');
  portkey = await startPortkey();
  house = await open({ env: { UPSTREAM_KEY: 'sk-behind-portkey', PORTKEY_VIRTUAL_KEY: 'vk-secret', PORTKEY_API_KEY: 'pk-secret' } });
  purse = await house.purse('100');
});
after(async () => {
  await house?.close();
  await portkey?.stop();
});

async function startPortkey() {
  const port = await freePort();
  const child = spawn('node', [script, `--port=${port}`, '--headless'], { stdio: ['ignore', 'pipe', 'pipe'], cwd: dirname(script) });
  process.on('exit', () => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  const url = `http://127.0.0.1:${port}`;
  await until('Portkey answers', async () => (await fetch(url).catch(() => ({ status: 500 }))).status < 500, { boundMs: 30_000, show: () => output });
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A row for Portkey with a model of its own. Portkey knows members of requests by name, so that the mock is steered by the model's. */
async function modelBehind(row, steer = 'tokens=2') {
  const id = newId();
  const provider = await house.control('POST', 'providers', {
    id: id.slice(0, 20),
    preset: 'portkey-self-hosted',
    base_url: `${portkey.url}/v1`,
    api_key_ref: 'env:UPSTREAM_KEY',
    models: [{ id, upstream_id: `gpt-4o-mini@${steer}`, price, max_output_tokens: 1000 }],
    ...row,
  });
  assert.deepEqual(provider.errors, []);
  return { id, provider };
}

/** What the mock says it was asked by the call, and what it reported. */
async function atMock(id) {
  return until('the mock was asked', async () => {
    const asked = (await house.mock.requests()).filter(r => r.body.includes(id) || r.headers['x-test'] === id);
    return asked.length && asked.at(-1);
  });
}

function costOf(usage) {
  return BigInt(usage.prompt_tokens) * 1000n + BigInt(usage.completion_tokens) * 2000n;
}

describe('Portkey as a provider', () => {
  const headers = () => ({ 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${house.mock.url}/v1` });

  it('answers through the gateway, and the usage the mock reports is charged', async () => {
    const { id } = await modelBehind({ headers: headers() }, 'tokens=7');
    const before = await purse.settled();
    const requestId = newId();
    const answer = await purse.chat({ model: id, user: id, max_tokens: 50 }, { headers: { 'x-request-id': requestId } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.usage.completion_tokens, 7);
    const asked = await atMock(id);
    assert.equal(asked.headers.authorization, 'Bearer sk-behind-portkey');
    assert.equal(JSON.parse(asked.body).model, 'gpt-4o-mini@tokens=7');
    const balance = await purse.settled();
    assert.equal(nano(balance.spent_usd) - nano(before.spent_usd), costOf(answer.json.usage));
    const event = await purse.usageOf(requestId);
    assert.equal(event.usage_source, 'reported');
    assert.equal(answer.headers['x-ao-cost-usd'], event.cost_usd);
  });

  it('streams through the gateway event by event, and is charged the same', async () => {
    const { id } = await modelBehind({ headers: headers() }, 'tokens=9');
    const before = await purse.settled();
    const requestId = newId();
    const answer = await purse.chat(
      { model: id, user: id, stream: true, stream_options: { include_usage: true }, max_tokens: 50 },
      { headers: { 'x-request-id': requestId } },
    );
    assert.equal(answer.status, 200, answer.text);
    const all = events(answer.text);
    assert.equal(all.at(-1), '[DONE]');
    const chunks = all.slice(0, -1).map(event => JSON.parse(event));
    const usage = chunks.findLast(chunk => chunk.usage).usage;
    assert.equal(usage.completion_tokens, 9);
    assert.equal(JSON.parse((await atMock(id)).body).stream, true);
    const balance = await purse.settled();
    assert.equal(nano(balance.spent_usd) - nano(before.spent_usd), costOf(usage));
    assert.equal((await purse.usageOf(requestId)).usage_source, 'reported');
  });

  it("is told a refusal in the provider's words and charges nothing", async () => {
    const { id } = await modelBehind({ headers: headers() }, 'status=400');
    const before = await purse.settled();
    const answer = await purse.chat({ model: id, max_tokens: 50 });
    assert.equal(answer.status, 400, answer.text);
    assert.equal(typeof answer.json.error.message, 'string');
    assert.equal((await purse.settled()).spent_usd, before.spent_usd);
  });

  it('reaches what a config names', async () => {
    const config = JSON.stringify({ provider: 'openai', api_key: 'sk-of-the-config', custom_host: `${house.mock.url}/v1` });
    const { id } = await modelBehind({ headers: { 'x-portkey-config': config }, auth: 'none', api_key_ref: null });
    const answer = await purse.chat({ model: id, user: id, max_tokens: 50 });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await atMock(id)).headers.authorization, 'Bearer sk-of-the-config');
  });

  it('is tested like any provider', async () => {
    const { provider } = await modelBehind({ headers: headers() });
    const test = await house.control('POST', `providers/${provider.id}/test`, { chat: true });
    assert.equal(test.ok, true, JSON.stringify(test));
    assert.equal(test.checks.find(c => c.check === 'chat').status, 'ok');
    assert.doesNotMatch(JSON.stringify(test), /sk-behind-portkey/);
  });
});

describe('Portkey hosted', () => {
  it("is sent the account's key, a virtual key and a config, which nobody is shown", async () => {
    const asked = [];
    const hosted = await startUpstream((request, response) => {
      asked.push(request.headers);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({
        id: 'x', object: 'chat.completion', model: 'gpt-4o-mini',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
      }));
    });
    const { id, provider } = await modelBehind({
      preset: 'portkey',
      base_url: `${hosted.url}/v1`,
      api_key_ref: null,
      headers: { 'x-portkey-virtual-key': 'secret:env:PORTKEY_VIRTUAL_KEY', 'x-portkey-config': 'pc-fallback-1' },
    });
    const answer = await purse.send('chat/completions', { model: id, messages: hello, max_tokens: 5 });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(asked[0]['x-portkey-api-key'], 'pk-secret');
    assert.equal(asked[0]['x-portkey-virtual-key'], 'vk-secret');
    assert.equal(asked[0]['x-portkey-config'], 'pc-fallback-1');
    assert.equal(asked[0].authorization, undefined);
    assert.deepEqual(provider.headers, {
      'x-portkey-api-key': 'secret:env:PORTKEY_API_KEY', 'x-portkey-virtual-key': 'secret:env:PORTKEY_VIRTUAL_KEY', 'x-portkey-config': 'pc-fallback-1',
    });
    hosted.close();
  });
});
