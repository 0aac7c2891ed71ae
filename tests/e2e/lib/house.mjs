// One mock and one Server for a test file, and wallets of their own for its tests.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import { send } from './http.mjs';
import { nano } from './money.mjs';
import { keys, startMock, startServer } from './processes.mjs';
import { until } from './until.mjs';

export const hello = [{ role: 'user', content: 'Hello' }];

export const newId = () => `e2e-${randomUUID()}`;

/** Starts both; `options` go to the Server. */
export async function open(options = {}) {
  const mock = await startMock();
  return new House(mock, await startServer({ mock, ...options }));
}

export class House {
  constructor(mock, server) {
    this.mock = mock;
    this.server = server;
  }

  async close() {
    assert.equal(this.server.exit, undefined, `the server ended before the tests did\n${this.server.output}`);
    const exit = await this.server.stop();
    await this.mock.stop();
    assert.equal(exit.code, 0, this.server.output);
    this.assertNoFault();
  }

  /** No request of the whole file may have met a fault of ours. */
  assertNoFault() {
    const faults = this.server.stderr.split('\n').filter(line => /"LogLevel":"(Error|Critical)"|Unhandled exception/.test(line));
    assert.deepEqual(faults, [], 'the server logged errors');
  }

  /** The control API: `await control('POST', 'keys', {...})` gives the JSON answer, or fails the test. */
  async control(method, path, body, { status } = {}) {
    const answer = await this.controlRaw(method, path, body);
    assert.ok(status ? answer.status === status : answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body.length ? answer.json : null;
  }

  controlRaw(method, path, body, headers = {}) {
    const json = body === undefined ? undefined : JSON.stringify(body);
    return send(`${this.server.url}/control/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${keys.admin}`, ...(json ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) } : {}), ...headers },
      body: json,
    });
  }

  /** A wallet with a key that charges it. */
  async purse(limitUsd = '10') {
    const wallet = await this.control('POST', 'wallets', { name: 'e2e', limit_usd: limitUsd });
    const key = await this.control('POST', 'keys', { name: 'e2e', wallet_id: wallet.id });
    return new Purse(this, wallet.id, key.id, key.key);
  }

  /** A provider row of its own, pointing at the mock unless told otherwise. */
  async provider(row) {
    const id = `p-${randomUUID().slice(0, 13)}`;
    return this.control('POST', 'providers', { id, base_url: `${this.mock.url}/v1`, ...row });
  }
}

/** A wallet and its key: calls made with it, and what became of its money. */
export class Purse {
  constructor(house, walletId, keyId, key) {
    this.house = house;
    this.walletId = walletId;
    this.keyId = keyId;
    this.key = key;
    this.client = new OpenAI({ apiKey: key, baseURL: `${house.server.url}/v1`, maxRetries: 0 });
  }

  /** The same data plane without the client's help. `body` is sent as it is if it is text or bytes. */
  send(path, body, { headers = {}, ...rest } = {}) {
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) || typeof body === 'function' ? body : JSON.stringify(body);
    return send(`${this.house.server.url}/v1/${path}`, {
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json', ...headers },
      body: bytes,
      ...rest,
    });
  }

  chat(body, options) {
    return this.send('chat/completions', typeof body === 'object' && !Buffer.isBuffer(body) ? { model: 'gpt-4o-mini', messages: hello, ...body } : body, options);
  }

  async get(path) {
    const answer = await this.send(path, undefined, { method: 'GET' });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  }

  balance() {
    return this.get('wallet/balance');
  }

  /** The balance once no call is under way any more: settlement comes just after an answer's last byte. */
  async settled() {
    return until('nothing is held', async () => {
      const balance = await this.balance();
      return nano(balance.held_usd) === 0n && balance;
    });
  }

  /** The usage event of the one call that carried a request id. Listing lags a little behind the calls. */
  async usageOf(requestId) {
    const [event] = await this.usagesOf(requestId, 1);
    return event;
  }

  async usagesOf(requestId, count) {
    const data = await until(`${count} usage event(s) of ${requestId}`, async () => {
      const page = await this.get(`usage?request_id=${encodeURIComponent(requestId)}`);
      return page.data.length >= count && page.data;
    });
    assert.equal(data.length, count);
    return data;
  }

  /** All usage of this key, newest first. */
  async usage(filter = '') {
    const all = [];
    let after = '';
    for (;;) {
      const page = await this.get(`usage?limit=1000${filter}${after}`);
      all.push(...page.data);
      if (!page.next) return all;
      after = `&after=${page.next}`;
    }
  }

  /** A good call goes through: the process lives. */
  async works() {
    const answer = await this.chat({ x_mock: { tokens: 2 } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.choices[0].message.content, ' tok token');
  }
}

/** An answer that is an error of OpenAI's shape. */
export function assertError(answer, status, code, param) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers['content-type'], /^application\/json/);
  const { error, ...others } = answer.json;
  assert.deepEqual(others, {});
  assert.equal(typeof error.message, 'string');
  assert.equal(typeof error.type, 'string');
  assert.equal(error.code, code, answer.text);
  if (param !== undefined) assert.equal(error.param, param, answer.text);
  assert.ok(answer.headers['x-request-id'], 'every answer has a request id');
  return error;
}
