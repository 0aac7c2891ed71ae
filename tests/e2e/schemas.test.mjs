// Every answer on the routes of OpenAI's and Anthropic's APIs, by what they publish of them (lib/published.*.ts): members that must be there are, their
// types are right, words are of the published lists, whole numbers are whole, and what is there beside is on a list here. Answers are relayed as the
// provider worded them or translated from every wire format: made by hand, and recorded where the recordings are at hand.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { byHand } from './lib/answers.mjs';
import { startAnthropic } from './lib/anthropic.mjs';
import { recorded, serve, startFormats } from './lib/formats.mjs';
import { hello, open } from './lib/house.mjs';
import { startResponses } from './lib/responses.mjs';
import { problems } from './lib/schemas.mjs';

/** What we say beside what is published: thoughts and their seals in chats, as other servers do; the seal of a call as Google does. */
const ours = {
  chat: ['message.reasoning_content', 'message.reasoning_details', 'delta.reasoning_content', 'delta.reasoning_details', 'delta.annotations', 'tool_calls.extra_content'],
  responses: ['output.extra_content', 'item.extra_content', '.error', '.store', 'response.store'],
  messages: ['content.extra_content', 'content_block.extra_content'],
};

const weather = { description: 'Says the weather.', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } };

/** The dialects: where they are asked, what, and the published names of a whole answer and of a stream's events. */
const dialects = {
  chat: {
    path: 'chat/completions', whole: 'ChatCompletion', event: 'ChatCompletionChunk', format: 'openai',
    body: model => ({ model, messages: hello, max_completion_tokens: 2000 }), stream: { stream: true, stream_options: { include_usage: true } },
    tools: [{ type: 'function', function: { name: 'get_weather', ...weather } }],
  },
  responses: {
    path: 'responses', whole: 'Response', event: 'ResponseEvent', format: 'openai_responses', named: true,
    body: model => ({ model, input: 'Hello', max_output_tokens: 2000, metadata: { a: 'b' }, instructions: 'Be brief.' }), stream: { stream: true },
    tools: [{ type: 'function', name: 'get_weather', strict: false, ...weather }],
  },
  messages: {
    path: 'messages', whole: 'Message', event: 'MessageEvent', format: 'anthropic', named: true,
    body: model => ({ model, messages: hello, max_tokens: 2000 }), stream: { stream: true },
    tools: [{ name: 'get_weather', description: weather.description, input_schema: weather.parameters }],
  },
};

const price = { price: { input_usd_per_million: '1', output_usd_per_million: '5' }, max_output_tokens: 64000, context_window_tokens: 200000 };
const recordings = recorded();
let house, purse, upstreams;
before(async () => {
  house = await open();
  purse = await house.purse('1000');
  upstreams = [await startAnthropic(), await startResponses(), await startFormats({ ...byHand, ...recordings })];
  const row = { api_key_ref: 'env:OPENAI_API_KEY' };
  await house.provider({ ...row, base_url: `${upstreams[0].url}/v1`, wire_format: 'anthropic', models: [{ id: 'by-anthropic', upstream_id: 'claude', ...price }] });
  await house.provider({ ...row, base_url: `${upstreams[1].url}/v1`, wire_format: 'openai_responses', models: [{ id: 'by-responses', upstream_id: 'gpt-5', ...price }] });
  await house.provider({ models: [{ id: 'by-chat', upstream_id: 'gpt-4o-mini', ...price }, { id: 'dies', upstream_id: 'gpt-4o-mini@die_after=3', ...price }, { id: 'errs', upstream_id: 'gpt-4o-mini@in_band_error=3', ...price }] });
  await serve(house, upstreams[2], { ...byHand, ...recordings }, price);
});
after(async () => {
  for (const upstream of upstreams ?? []) upstream.close();
  await house?.close();
});

/** A call's answer, and what is wrong with it. */
async function ask(dialect, body) {
  const own = dialects[dialect];
  const answer = await purse.send(own.path, body);
  assert.equal(answer.status, 200, answer.text);
  const pieces = body.stream ? eventsOf(answer.text, own.named) : [answer.json];
  assert.ok(pieces.length > 0);
  return { pieces, wrong: pieces.flatMap(piece => wrongWith(dialect, piece, body.stream)) };
}

function wrongWith(dialect, piece, stream) {
  const own = dialects[dialect];
  // Documented, and left out of the types: the client answers no ping.
  if (dialect === 'messages' && piece.type === 'ping') return [];
  const how = { ours: ours[dialect], event: stream && own.named ? piece.type : undefined };
  return problems(stream ? own.event : own.whole, piece, how).map(p => `${piece.type ?? piece.object}: ${p}`);
}

/** The events of a stream; where they have names, by their types. */
function eventsOf(text, named) {
  return text.split('\n\n').filter(event => event && !event.startsWith(':') && event !== 'data: [DONE]').map(event => {
    const [, name, data] = /^(?:event: (.*)\n)?data: (.*)$/s.exec(event);
    const json = JSON.parse(data);
    assert.equal(name, named ? json.type : undefined);
    return json;
  });
}

const providers = ['chat', 'responses', 'anthropic', 'gemini', 'bedrock', 'cohere'];
for (const dialect of Object.keys(dialects)) {
  describe(`answers of ${dialects[dialect].path}`, () => {
    for (const provider of providers) {
      it(`are as published when served in the format of ${provider}: whole and streamed, with tools and without`, async () => {
        for (const stream of [{}, dialects[dialect].stream]) {
          for (const tools of [undefined, dialects[dialect].tools]) {
            const { pieces, wrong } = await ask(dialect, { ...dialects[dialect].body(`by-${provider}`), ...stream, tools });
            assert.deepEqual(wrong, []);
            assert.equal(/"name":"get_weather"/.test(JSON.stringify(pieces.map(p => p.choices ?? p.output ?? p.item ?? p.content ?? p.content_block ?? null))), Boolean(tools), 'a tool is asked for where one is offered');
          }
        }
      });
    }

    it('are as published where they were recorded', { skip: Object.keys(recordings).length ? false : 'the recordings are not at hand (../shared/data)' }, async () => {
      const wrong = [];
      for (const [model, { format, name, whole, events }] of Object.entries(recordings)) {
        const stream = events ? dialects[dialect].stream : {};
        const told = await ask(dialect, { ...dialects[dialect].body(model), ...stream });
        // What is relayed as it is may be wrong as it was.
        const before = format === dialects[dialect].format ? (events ?? [whole]).flatMap(data => wrongWith(dialect, JSON.parse(data), Boolean(events))) : [];
        wrong.push(...told.wrong.filter(w => !before.includes(w)).map(w => `${name}: ${w}`));
      }
      assert.deepEqual(wrong, []);
    });
  });
}
