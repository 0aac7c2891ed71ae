// Every answer on the routes of OpenAI's and Anthropic's APIs, by what they publish of them (lib/published.*.ts): members that must be there are, their
// types are right, words are of the published lists, whole numbers are whole, and what is there beside is on a list here. Answers are relayed as the
// provider worded them or translated from every wire format: made by hand, and recorded where the recordings are at hand.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { byHand, embeddings } from './lib/answers.mjs';
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
  upstreams = [await startAnthropic(), await startResponses(), await startFormats({ ...byHand, ...embeddings, ...recordings })];
  const row = { api_key_ref: 'env:OPENAI_API_KEY' };
  await house.provider({ ...row, base_url: `${upstreams[0].url}/v1`, wire_format: 'anthropic', models: [{ id: 'by-anthropic', upstream_id: 'claude', ...price }] });
  await house.provider({ ...row, base_url: `${upstreams[1].url}/v1`, wire_format: 'openai_responses', models: [{ id: 'by-responses', upstream_id: 'gpt-5', ...price }] });
  await house.provider({ models: [{ id: 'by-chat', upstream_id: 'gpt-4o-mini', ...price }, { id: 'dies', upstream_id: 'gpt-4o-mini@die_after=3', ...price }, { id: 'errs', upstream_id: 'gpt-4o-mini@in_band_error=3', ...price }] });
  await serve(house, upstreams[2], { ...byHand, ...recordings }, price);
  await serve(house, upstreams[2], embeddings, { price_as: 'openai/text-embedding-3-small' });
  const priced = { painter: ['gpt-image-1', 'image', { usd_per_million: { input: '5', input_image: '10', output: '40' } }],
    listener: ['whisper-1', 'transcription', { usd_each: { audio_hour: '0.36' } }], clerk: ['gpt-4o-transcribe', 'transcription', { usd_per_million: { input: '2.5', input_audio: '6', output: '10' } }],
    film: ['sora-2', 'video', { usd_each: { 'video_second/720x1280': '0.10' } }] };
  await house.provider({ models: [...Object.entries(priced).map(([id, [upstream_id, kind]]) => ({ id, upstream_id, kind })), { id: 'limited', upstream_id: 'gpt-4o-mini@status=429,retry_after=3', ...price }, { id: 'down', upstream_id: 'gpt-4o-mini@status=503', ...price }] });
  for (const [model, [, kind, prices]] of Object.entries(priced)) await house.control('POST', 'prices', { model, kind, prices });
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
        // What is relayed as it is, but for the names of responses, may be wrong as it was.
        const fault = w => w.replace(/ \(\{.*$/s, '');
        const before = format === dialects[dialect].format ? (events ?? [whole]).flatMap(data => wrongWith(dialect, JSON.parse(data), Boolean(events))).map(fault) : [];
        wrong.push(...told.wrong.filter(w => !before.includes(fault(w))).map(w => `${name}: ${w}`));
      }
      assert.deepEqual(wrong, []);
    });
  });
}

describe('other answers of OpenAI\'s routes', () => {
  const good = (type, answer, how) => {
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(problems(type, answer.json, how), []);
    return answer.json;
  };

  it('embeddings: as the provider worded them, and of every other format', async () => {
    for (const [model, input] of [['text-embedding-3-small', ['a', 'b']], ['numbers-gemini', ['a', 'b']], ['numbers-cohere', ['a', 'b']], ['amazon.titan-embed-text-v2:0', 'a']]) {
      const { data } = good('Embeddings', await purse.send('embeddings', { model, input }));
      assert.equal(data.length, input.length);
    }
  });

  it('models, each and all', async () => {
    // What a model is for and what it costs is told beside what OpenAI tells.
    const list = await purse.get('models');
    assert.equal(list.object, 'list');
    assert.ok(list.data.length > 20);
    const beside = ['kind', 'context_window', 'max_output_tokens', 'capabilities', 'features', 'family', 'tier', 'lifecycle', 'pricing', 'price_origin', 'multiplier', 'counting', 'providers'].map(name => `.${name}`);
    for (const model of [...list.data, await purse.get('models/gpt-4o-mini')]) assert.deepEqual(problems('Model', model, { ours: beside }), []);
  });

  it('images, whole and streamed', async () => {
    good('Images', await purse.send('images/generations', { model: 'painter', prompt: 'a cat' }));
    const { text } = await purse.send('images/generations', { model: 'painter', prompt: 'a cat', size: '1024x1024', quality: 'low', stream: true, partial_images: 1 });
    for (const event of eventsOf(text, false)) assert.deepEqual(problems('ImageEvent', event, { event: event.type }), []);
  });

  it('transcriptions, short, at length and streamed', async () => {
    const transcribe = fields => {
      const form = Object.entries(fields).map(([name, value]) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('');
      return purse.send('audio/transcriptions', Buffer.from(`${form}--b\r\ncontent-disposition: form-data; name="file"; filename="a.mp3"\r\n\r\nsound\r\n--b--\r\n`), { headers: { 'content-type': 'multipart/form-data; boundary=b' } });
    };
    good('Transcription', await transcribe({ model: 'listener' }));
    // OpenAI says the task and does not publish that it does.
    good('TranscriptionVerbose', await transcribe({ model: 'listener', response_format: 'verbose_json' }), { ours: ['.task'] });
    for (const event of eventsOf((await transcribe({ model: 'clerk', stream: true })).text, false)) assert.deepEqual(problems('TranscriptionEvent', event, { event: event.type }), []);
  });

  it('videos, from the job to its end', async () => {
    const { id } = good('Video', await purse.send('videos', { model: 'film', prompt: 'a cat' }));
    good('Video', await purse.send(`videos/${id}`, undefined, { method: 'GET' }));
    const list = await purse.get('videos');
    for (const video of list.data) assert.deepEqual(problems('Video', video), []);
    good('VideoDeleted', await purse.send(`videos/${id}`, undefined, { method: 'DELETE' }));
  });

  it('tokens of a message', async () => {
    good('TokenCount', await purse.send('messages/count_tokens', { model: 'by-anthropic', messages: hello }));
  });
});

describe('failures', () => {
  /** Beside what is published, Anthropic's envelope says which member and which code; both say what else there is to know. */
  const failure = (dialect, body) => (dialect === 'messages'
    ? problems('MessageFailure', body, { ours: ['error.param', 'error.code', 'error.metadata'] })
    : problems('Failure', body, { ours: ['error.metadata'] }));

  for (const dialect of Object.keys(dialects)) {
    const { path, body, stream } = dialects[dialect];
    it(`of ${path} are as published: of the request, the caller, the wallet and the provider`, async () => {
      const poor = await house.purse('0.000001');
      const stranger = { headers: { authorization: 'Bearer sk-unknown' } };
      for (const [status, answer] of [
        [404, await purse.send(path, body('gpt-9'))], [400, await purse.send(path, '{')], [400, await purse.send(path, { model: 'by-chat' })], [401, await purse.send(path, body('by-chat'), stranger)],
        [402, await poor.send(path, body('by-chat'))], [429, await purse.send(path, body('limited'))], [503, await purse.send(path, body('down'))], [405, await purse.send(path, undefined, { method: 'GET' })],
      ]) {
        assert.equal(answer.status, status, answer.text);
        assert.deepEqual(failure(dialect, answer.json), []);
      }
    });

    for (const model of ['dies', 'errs']) {
      it(`in the middle of a stream of ${path} that ${model}: all events are as published, the error too`, async () => {
        const { text } = await purse.send(path, { ...body(model), ...stream });
        const events = text.split('\n\n').filter(event => event && event !== 'data: [DONE]').map(event => JSON.parse(/^data: (.*)$/m.exec(event)[1]));
        const isError = event => event.type === 'error' || event.error && !event.choices && !event.type;
        assert.equal(events.filter(isError).length, 1);
        // The error event of responses is published itself.
        for (const event of events) assert.deepEqual(isError(event) && dialect !== 'responses' ? failure(dialect, event) : wrongWith(dialect, event, true), []);
        assert.equal(events.at(-1).type ?? 'error', dialect === 'responses' ? 'response.failed' : 'error');
      });
    }
  }
});

describe('answers that end otherwise', () => {
  for (const dialect of Object.keys(dialects)) {
    it(`of ${dialects[dialect].path}: at the bound, whole and streamed`, async () => {
      const bound = { chat: 'max_completion_tokens', responses: 'max_output_tokens', messages: 'max_tokens' }[dialect];
      for (const stream of [{}, dialects[dialect].stream]) {
        const { pieces, wrong } = await ask(dialect, { ...dialects[dialect].body('by-chat'), [bound]: 3, ...stream });
        assert.deepEqual(wrong, []);
        assert.match(JSON.stringify(pieces), /"length"|"max_output_tokens"}|"stop_reason":"max_tokens"/);
      }
    });
  }
});

describe('what providers are asked', () => {
  const golden = new URL('../AiOrchestrator.Core.Tests/Providers/Chat/Golden/', import.meta.url);
  const types = { openai: 'ChatCompletionRequest', openai_responses: 'ResponseRequest', anthropic: 'MessageRequest' };
  /** Anthropic's types no longer have what its models before the newest take. */
  const beside = { anthropic: ['.temperature', '.top_p', '.top_k'], openai: [], openai_responses: [] };
  for (const folder of readdirSync(golden).filter(name => types[name.split('-')[1]])) {
    it(`is as they publish it: ${folder}`, () => {
      const files = readdirSync(new URL(folder, golden)).filter(name => name.endsWith('.upstream.json'));
      assert.ok(files.length > 0);
      for (const file of files) {
        const request = JSON.parse(readFileSync(new URL(`${folder}/${file}`, golden), 'utf8'));
        // A thought goes back by its seal: what it was called is not kept, and OpenAI, which publishes that it must be there, does not miss it.
        if (Array.isArray(request.input)) request.input = request.input.map(item => (item.type === 'reasoning' ? { id: 'rs_unknown', ...item } : item));
        const format = folder.split('-')[1];
        assert.deepEqual(problems(`${types[format]}${request.stream ? 'Streaming' : ''}`, request, { ours: beside[format] }), [], file);
      }
    });
  }
});

describe('the check', () => {
  it('sees what lacks, what is of another type or no word of a list, numbers that are not whole, and what is not published', () => {
    const chat = { id: 'a', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, finish_reason: 'stop', logprobs: null, message: { role: 'assistant', content: 'a', refusal: null } }] };
    assert.deepEqual(problems('ChatCompletion', chat), []);
    const choice = more => ({ ...chat, choices: [{ ...chat.choices[0], ...more }] });
    for (const wrong of [{ ...chat, id: undefined }, { ...chat, id: 1 }, { ...chat, created: 1.5 }, { ...chat, more: 1 }, choice({ finish_reason: 'done' }), choice({ message: { role: 'assistant', content: 'a' } })]) {
      assert.equal(problems('ChatCompletion', JSON.parse(JSON.stringify(wrong))).length, 1, JSON.stringify(wrong));
    }
    assert.deepEqual(problems('ResponseEvent', { type: 'response.unknown' }, { event: 'response.unknown' }), ["there is no event 'response.unknown'"]);
    assert.equal(problems('ResponseEvent', { type: 'response.output_item.done', sequence_number: 1, output_index: 0, item: { type: 'message', id: 'a', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'a' }] } }, { event: 'response.output_item.done' }).length, 1);
  });
});
