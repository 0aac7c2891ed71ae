// OpenAI's official client with responses that lie at the provider: asked for again, gone on with, deleted; by their owner and by somebody else, streamed and not,
// and over a restart of the Server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import { newId, open } from './lib/house.mjs';
import { nano } from './lib/money.mjs';
import { startServer } from './lib/processes.mjs';

let house, owner, other;
before(async () => {
  house = await open();
  const models = [{ id: 'native', upstream_id: 'gpt-4.1-mini', price: { input_usd_per_million: '1', output_usd_per_million: '5' }, max_output_tokens: 16000, context_window_tokens: 128000 }];
  await house.provider({ responses: true, models });
  [owner, other] = [await house.purse(), await house.purse()];
});
after(() => house?.close());

const ask = more => ({ model: 'native', max_output_tokens: 100, input: 'Hello', ...more });

/** A response, as the helper puts it together or whole; every event of a stream that names it names it alike. */
async function respond(client, body, stream, options) {
  if (!stream) return client.responses.create(body, options);
  const events = client.responses.stream(body, options);
  const names = new Set();
  events.on('event', event => event.response && names.add(event.response.id));
  const last = await events.finalResponse();
  assert.deepEqual([...names], [last.id]);
  return last;
}

const notFound = { status: 404, code: 'response_not_found' };
const noPrevious = { status: 400, code: 'previous_response_not_found', param: 'previous_response_id' };

for (const stream of [false, true]) {
  describe(`stored responses${stream ? ', streamed' : ''}`, () => {
    it('are had again, with what they were made of, until they are deleted', async () => {
      const made = await respond(owner.client, ask(), stream);
      assert.match(made.id, /^resp_[\w-]+$/);
      assert.ok(!made.id.includes('mock'));
      const again = await owner.client.responses.retrieve(made.id, { include: ['message.output_text.logprobs'] });
      assert.deepEqual([again.id, again.status, again.output_text], [made.id, 'completed', 'turn 1']);
      const items = await owner.client.responses.inputItems.list(made.id, { limit: 10, order: 'asc' });
      assert.deepEqual(items.data.map(item => [item.role, item.content]), [['user', 'Hello']]);
      await assert.rejects(owner.client.responses.cancel(made.id), { status: 400, message: /synchronous/ });
      await owner.client.responses.delete(made.id);
      await assert.rejects(owner.client.responses.retrieve(made.id), notFound);
      await assert.rejects(respond(owner.client, ask({ previous_response_id: made.id }), stream), noPrevious);
    });

    it('are gone on with, turn by turn, each by the name its owner has for it', async () => {
      const first = await respond(owner.client, ask(), stream);
      const second = await respond(owner.client, ask({ input: 'And then?', previous_response_id: first.id }), stream);
      const third = await respond(owner.client, ask({ input: 'And then?', previous_response_id: second.id }), stream);
      assert.deepEqual([second.output_text, third.output_text], ['turn 2', 'turn 3']);
      assert.deepEqual([first.previous_response_id, second.previous_response_id, third.previous_response_id], [null, first.id, second.id]);
      assert.deepEqual((await owner.client.responses.retrieve(third.id)).previous_response_id, second.id);
    });

    it('do not exist for another key, and nothing of it reaches the provider', async () => {
      const { id } = await respond(owner.client, ask(), stream);
      const calls = (await house.mock.requests()).length;
      const { responses } = other.client;
      for (const call of [() => responses.retrieve(id), () => responses.inputItems.list(id), () => responses.delete(id), () => responses.cancel(id)]) {
        await assert.rejects(call(), notFound);
      }
      await assert.rejects(respond(other.client, ask({ previous_response_id: id }), stream), noPrevious);
      assert.equal((await house.mock.requests()).length, calls);
      assert.equal((await owner.client.responses.retrieve(id)).id, id);
    });
  });
}

it('responses that were translated are stored nowhere, and say so', async () => {
  const made = await owner.client.responses.create(ask({ model: 'gpt-4o-mini', store: true })).withResponse();
  assert.equal(made.data.store, false);
  assert.match(made.response.headers.get('x-ao-dropped'), /\bstore\b/);
  await assert.rejects(owner.client.responses.retrieve(made.data.id), notFound);
});

it('a restart changes nothing: neither names nor owners, and what goes on is paid for to the nano-dollar', async () => {
  const first = await owner.client.responses.create(ask());
  assert.equal((await house.server.stop()).code, 0);
  house.assertNoFault();
  house.server = await startServer({ mock: house.mock, dataDirectory: house.server.dataDirectory });
  const [mine, theirs] = [owner, other].map(purse => new OpenAI({ apiKey: purse.key, baseURL: `${house.server.url}/v1`, maxRetries: 0 }));
  assert.equal((await mine.responses.retrieve(first.id)).id, first.id);
  await assert.rejects(theirs.responses.retrieve(first.id), notFound);
  const id = newId();
  const before = nano((await owner.settled()).spent_usd);
  const second = await mine.responses.create(ask({ previous_response_id: first.id }), { headers: { 'x-request-id': id } });
  assert.equal(second.output_text, 'turn 2');
  const usage = await owner.usageOf(id);
  assert.equal(nano(usage.cost_usd), BigInt(usage.prompt_tokens) * 1000n + BigInt(usage.completion_tokens) * 5000n);
  assert.equal(nano((await owner.settled()).spent_usd) - before, nano(usage.cost_usd));
});
