// Answers that are given again, as the official client and the built Server have them: over restarts, streamed and whole, flushed and damaged.
import assert from 'node:assert/strict';
import { open as openFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { House, newId } from './lib/house.mjs';
import { nano } from './lib/money.mjs';
import { startMock, startServer, temporaryDirectory } from './lib/processes.mjs';
import { until } from './lib/until.mjs';

let mock, dataDirectory, house, purse;
before(async () => {
  mock = await startMock();
  dataDirectory = temporaryDirectory();
  house = new House(mock, await startServer({ mock, dataDirectory }));
  purse = await house.purse();
});
after(async () => {
  await house?.server.stop();
  await mock?.stop();
});

const ask = (content, more = {}) => ({ model: 'gpt-4o-mini', temperature: 0, messages: [{ role: 'user', content }], x_mock: { tokens: 5 }, ...more });

/** Asks with the official client; what was answered, and what the cache had to do with it. */
async function call(content, more = {}, headers = {}) {
  const id = newId();
  const { data, response } = await purse.client.chat.completions.create(ask(content, more), { headers: { 'x-request-id': id, ...headers } }).withResponse();
  return { data, cache: response.headers.get('x-cache'), headers: response.headers, asked: (await mock.requests(id)).length, id };
}

async function restart(damage) {
  const exit = await house.server.stop();
  assert.equal(exit.code, 0, house.server.output);
  await damage?.();
  house = new House(mock, await startServer({ mock, dataDirectory }));
  purse.house = house;
  purse.client.baseURL = `${house.server.url}/v1`;
}

describe('an answer', () => {
  it('is given again to the official client, whole and streamed, and paid once', async () => {
    const first = await call('What is a lease?');
    const spent = nano((await purse.settled()).spent_usd);
    const again = await call('What is a lease?');
    assert.deepEqual([first.cache, first.asked, again.cache, again.asked], ['miss', 1, 'hit', 0]);
    assert.deepEqual(again.data, first.data);
    const streamed = await call('What is a lease?', { stream: true, stream_options: { include_usage: true } });
    const chunks = [];
    for await (const chunk of streamed.data) chunks.push(chunk);
    assert.equal(chunks.map(c => c.choices[0]?.delta.content ?? '').join(''), first.data.choices[0].message.content);
    assert.deepEqual([streamed.cache, chunks.at(-1).usage.total_tokens], ['hit', first.data.usage.total_tokens]);
    assert.equal(nano((await purse.settled()).spent_usd), spent);
    const usage = await purse.usageOf(again.id);
    assert.deepEqual([usage.cost_usd, usage.cache.outcome, usage.cache.saved_usd], ['0.00', 'hit', (await purse.usageOf(first.id)).cost_usd]);
  });

  it('is given again after a restart, also to a question that means the same', async () => {
    await house.control('POST', 'cache/policies', { level: 'team', subject: purse.walletId, mode: 'semantic', min_similarity: 0.7 });
    const first = await call('How do I reset my password?');
    await restart();
    const [again, similar] = [await call('How do I reset my password?'), await call('Please, how do I reset my password?')];
    assert.deepEqual([again.cache, similar.cache, again.asked + similar.asked], ['hit', 'hit', 0]);
    assert.deepEqual(similar.data, first.data);
    assert.ok(Number(similar.headers.get('x-cache-similarity')) < 1);
  });

  it('that was damaged on disk is asked for again and never given', async () => {
    const first = await call('What may be damaged?');
    await restart(async () => {
      const file = path.join(dataDirectory, 'cache.db');
      const bytes = await readFile(file);
      const at = bytes.indexOf(first.headers.get('x-cache-key'));
      assert.ok(at > 0, 'the answer is not in the file');
      const handle = await openFile(file, 'r+');
      for (let from = 0; from < bytes.length; from += 1) {
        if (from > at + 200 && from < at + 260) await handle.write(Buffer.from([bytes[from] ^ 0xff]), 0, 1, from);
      }
      await handle.close();
    });
    const again = await call('What may be damaged?');
    assert.deepEqual([again.cache, again.asked], ['miss', 1]);
  });

  it('is not given again once it is flushed, and one that is asked for now is', async () => {
    const first = await call('Flush me');
    const flushed = await purse.send(`cache/${first.headers.get('x-cache-namespace')}/${first.headers.get('x-cache-key')}`, undefined, { method: 'DELETE', headers: { authorization: `Bearer ${(await admin()).key}` } });
    assert.equal(flushed.status, 200, flushed.text);
    assert.deepEqual([(await call('Flush me')).cache, (await call('Flush me')).cache], ['miss', 'hit']);
  });

  it('is made once for many who ask at the same time', async () => {
    const told = await Promise.all(Array.from({ length: 20 }, () => call('All at once', { x_mock: { tokens: 5, first_delay_ms: 300 } })));
    assert.equal(told.reduce((sum, t) => sum + t.asked, 0), 1);
    assert.equal(told.filter(t => t.cache === 'hit').length, 19);
  });
});

it('what was saved is told', async () => {
  const key = (await admin()).key;
  const stats = await until('the events are stored', async () => {
    const answer = await purse.send('cache/stats?window=1h', undefined, { method: 'GET', headers: { authorization: `Bearer ${key}` } });
    assert.equal(answer.status, 200, answer.text);
    return answer.json.total.hits >= 20 && answer.json;
  });
  assert.ok(nano(stats.total.saved_usd) > 0n && stats.total.similar === 1 && stats.total.hit_rate > 0.5);
});

/** A key that administers. */
async function admin() {
  return house.control('POST', 'keys', { name: 'admin', wallet_id: purse.walletId, role: 'admin' });
}
