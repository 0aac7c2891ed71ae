// Units other than tokens (MT-10): images, speech and transcriptions with the official client; held before, settled by what the answer says.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { toFile } from 'openai';
import { assertError, newId, open } from './lib/house.mjs';
import { events } from './lib/http.mjs';
import { nano } from './lib/money.mjs';
import { until } from './lib/until.mjs';

let house, purse, models;
before(async () => {
  house = await open();
  purse = await house.purse('100');
  models = await serve({
    painter: ['dall-e-3', 'image', { usd_each: { 'image/1024x1024/standard': '0.04', 'image/1024x1024/hd': '0.08', 'image/1792x1024/hd': '0.12' } }],
    artist: ['gpt-image-1', 'image', { usd_per_million: { input: '5', input_image: '10', output: '40' } }],
    reader: ['tts-1', 'speech', { usd_each: { character: '0.000015' } }],
    voice: ['gpt-4o-mini-tts', 'speech', { usd_per_million: { input: '0.6', output: '12' } }],
    listener: ['whisper-1', 'transcription', { usd_each: { audio_hour: '0.36' } }],
    clerk: ['gpt-4o-transcribe', 'transcription', { usd_per_million: { input: '2.5', input_audio: '6', output: '10' } }],
  });
});
after(() => house?.close());

/** Rows of models and prices of the organisation's own for them. */
async function serve(given, settings = {}) {
  const ids = Object.fromEntries(Object.keys(given).map(name => [name, `${name}-${newId()}`]));
  await house.provider({ models: Object.entries(given).map(([name, [upstream_id, kind]]) => ({ id: ids[name], upstream_id, kind, ...(kind === 'chat' ? { max_output_tokens: 1000 } : {}) })), ...settings });
  for (const [name, [, kind, prices]] of Object.entries(given)) await house.control('POST', 'prices', { model: ids[name], kind, prices });
  return ids;
}

/** 16 kHz, 16 bits, one channel. */
function wav(seconds) {
  const data = Math.round(seconds * 32_000);
  const file = Buffer.alloc(44 + data);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + data, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(16_000, 24);
  file.writeUInt32LE(32_000, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(data, 40);
  return file;
}

const usd = text => nano(text);
const spent = async () => nano((await purse.settled()).spent_usd);

/** Makes a call and says what it was held and charged, in the usage and in the wallet. */
async function paid(call) {
  const id = newId();
  const before = await spent();
  const answer = await call({ headers: { 'x-request-id': id } });
  const usage = await purse.usageOf(id);
  assert.equal(await spent() - before, usd(usage.cost_usd), 'the wallet paid what the usage says');
  return { answer, usage, entry: (await house.mock.ledger(id))[0] };
}

describe('images', () => {
  it('are charged by their number, size and quality', async () => {
    const { answer, usage, entry } = await paid(o => purse.client.images.generate({ model: models.painter, prompt: 'a cat', n: 3, size: '1024x1024', quality: 'hd' }, o));
    assert.equal(answer.data.length, 3);
    assert.deepEqual([usage.endpoint, usage.status, usage.units, usage.hold_usd, usage.cost_usd], ['images.generations', 'ok', 'image/1024x1024/hd=3', '0.24', '0.24']);
    assert.deepEqual([usage.model, entry.model, entry.completion_tokens], [models.painter, 'dall-e-3', 3]);
    assert.equal(usage.usage_anomaly, null);
  });

  it('of a size and quality left open are held at the dearest, of none named at the default', async () => {
    const open = await paid(o => purse.client.images.generate({ model: models.painter, prompt: 'a cat', size: 'auto', quality: 'hd' }, o));
    assert.deepEqual([open.usage.hold_usd, open.usage.units], ['0.12', 'image/1792x1024/hd=1']);
    const plain = await paid(o => purse.client.images.generate({ model: models.painter, prompt: 'a cat' }, o));
    assert.deepEqual([plain.usage.hold_usd, plain.usage.cost_usd, plain.usage.units], ['0.04', '0.04', 'image/1024x1024/standard=1']);
  });

  it('of a size without a price are refused by name, and nothing is sent', async () => {
    const id = newId();
    const answer = await purse.send('images/generations', { model: models.painter, prompt: 'a cat', size: '512x512', quality: 'hd' }, { headers: { 'x-request-id': id } });
    const error = assertError(answer, 400, 'unit_price_unknown', 'size');
    assert.match(error.message, /image\/512x512\/hd/);
    assert.deepEqual(await house.mock.ledger(id), []);
  });

  it('charged by tokens are held at what the largest takes and charged as reported', async () => {
    const { usage } = await paid(o => purse.client.images.generate({ model: models.artist, prompt: 'a red cat on a mat', n: 2 }, o));
    // 6,240 tokens each at 40 dollars a million, and the prompt.
    assert.ok(usd(usage.hold_usd) >= usd('0.4992') && usd(usage.hold_usd) < usd('0.501'), usage.hold_usd);
    assert.deepEqual([usage.usage_source, usage.completion_tokens, usage.image_completion_tokens, usage.prompt_tokens], ['reported', 2112, 2112, 5]);
    assert.equal(usage.cost_usd, '0.084505');
  });

  it('stream their unfinished stages and are charged by the last event', async () => {
    const { answer, usage } = await paid(async o => {
      const seen = [];
      for await (const event of await purse.client.images.generate({ model: models.artist, prompt: 'a cat', size: '1024x1024', quality: 'low', stream: true, partial_images: 2 }, o)) seen.push(event.type);
      return seen;
    });
    assert.deepEqual(answer, ['image_generation.partial_image', 'image_generation.partial_image', 'image_generation.completed']);
    assert.deepEqual([usage.usage_source, usage.completion_tokens, usage.status], ['reported', 272, 'ok']);
  });

  it('that a wallet cannot pay for are 402', async () => {
    const poor = await house.purse('0.10');
    assertError(await poor.send('images/generations', { model: models.painter, prompt: 'a cat', n: 3 }), 402, 'insufficient_budget');
    assert.equal((await poor.send('images/generations', { model: models.painter, prompt: 'a cat', n: 2 })).status, 200);
    assert.equal((await poor.settled()).spent_usd, '0.08');
  });

  it('say what they would cost without being drawn', async () => {
    const answer = await purse.send('images/generations', { model: models.painter, prompt: 'a cat', n: 2, quality: 'hd' }, { headers: { 'x-dry-run': 'true' } });
    assert.equal(answer.json.hold_usd, '0.16');
  });
});

describe('speech', () => {
  it('is charged by the character, whatever its bytes, and relayed as it is', async () => {
    const input = 'Grüße, \u{1F600}!';
    const { answer, usage } = await paid(async o => {
      const response = await purse.client.audio.speech.create({ model: models.reader, voice: 'alloy', input, x_mock: { tokens: 5 } }, o);
      return { type: response.headers.get('content-type'), bytes: Buffer.from(await response.arrayBuffer()) };
    });
    assert.deepEqual([answer.type, answer.bytes.length], ['audio/mpeg', 5120]);
    assert.deepEqual([usage.endpoint, usage.units, usage.hold_usd, usage.cost_usd], ['audio.speech', 'character=9', '0.000135', '0.000135']);
    assert.deepEqual([usage.status, usage.usage_anomaly], ['ok', null]);
  });

  it('arrives while it is spoken', async () => {
    const { answer } = await paid(async o => {
      const started = performance.now();
      const response = await purse.client.audio.speech.create({ model: models.reader, voice: 'alloy', input: 'Hello', x_mock: { tokens: 10, delay_ms: 100 } }, o);
      let first;
      for await (const _ of response.body) first ??= performance.now() - started;
      return { first, all: performance.now() - started };
    });
    assert.ok(answer.first < answer.all / 2, JSON.stringify(answer));
  });

  it('charged by tokens is bounded before, charged by the length of the text, or as reported where events say it', async () => {
    const { usage } = await paid(async o => (await purse.client.audio.speech.create({ model: models.voice, voice: 'alloy', input: 'x'.repeat(150) }, o)).arrayBuffer());
    // 150 characters are 10 seconds, 208.3 tokens; held are 60 seconds.
    assert.deepEqual([usage.usage_source, usage.completion_tokens, usage.usage_anomaly], ['counted', 209, null]);
    assert.ok(usd(usage.hold_usd) >= usd('0.015') && usd(usage.hold_usd) < usd('0.016'), usage.hold_usd);
    const streamed = await paid(o => purse.send('audio/speech', { model: models.voice, voice: 'alloy', input: 'Hello', stream_format: 'sse', x_mock: { tokens: 33 } }, o));
    assert.deepEqual(events(streamed.answer.text).slice(0, 2).map(e => JSON.parse(e).type), ['speech.audio.delta', 'speech.audio.done']);
    assert.deepEqual([streamed.usage.usage_source, streamed.usage.completion_tokens], ['reported', 33]);
  });

  it('that breaks off does not pass for whole, and is charged', async () => {
    const id = newId();
    await assert.rejects(purse.send('audio/speech', { model: models.reader, voice: 'alloy', input: 'Hello', x_mock: { die_after: 3 } }, { headers: { 'x-request-id': id } }));
    const usage = await purse.usageOf(id);
    assert.deepEqual([usage.status, usage.error_code, usage.units], ['cut', 'upstream_stream_cut', 'character=5']);
  });

  it('that its listener leaves is cut, or read on where the provider bills on', async () => {
    for (const [on_client_gone, state, gone] of [['cancel', 'aborted', false], ['drain', 'finished', true]]) {
      const { reader } = await serve({ reader: ['tts-1', 'speech', { usd_each: { character: '0.000015' } }] }, { on_client_gone });
      const id = newId();
      const abort = new AbortController();
      const response = await purse.client.audio.speech.create({ model: reader, voice: 'alloy', input: 'Hello', x_mock: { tokens: 40, delay_ms: 20 } }, { headers: { 'x-request-id': id }, signal: abort.signal });
      await response.body.getReader().read();
      abort.abort();
      const usage = await purse.usageOf(id);
      await until('the mock has noticed', async () => (await house.mock.ledger(id))[0].state === state);
      assert.deepEqual([usage.status, usage.units, usage.drained_ms > 0], ['cancelled', 'character=5', gone]);
    }
  });
});

describe('transcriptions', () => {
  const file = seconds => toFile(wav(seconds), 'speech.wav');

  it('are held by the length of the file and charged by the seconds reported', async () => {
    const { answer, usage, entry } = await paid(async o => purse.client.audio.transcriptions.create({ model: models.listener, file: await file(12.3) }, o));
    assert.equal(answer.text, 'Hello from the mock.');
    assert.deepEqual([usage.endpoint, usage.units, usage.hold_usd, usage.cost_usd, usage.usage_source], ['audio.transcriptions', 'audio_second=13', '0.0013', '0.0013', 'reported']);
    assert.deepEqual([usage.model, entry.model], [models.listener, 'whisper-1']);
  });

  it('as text report nothing and are charged the length of the file', async () => {
    for (const response_format of ['text', 'srt']) {
      const { answer, usage } = await paid(async o => purse.client.audio.transcriptions.create({ model: models.listener, file: await file(12.3), response_format }, o));
      assert.match(answer, /Hello from the mock\./);
      assert.deepEqual([usage.units, usage.cost_usd, usage.usage_source, usage.usage_anomaly], ['audio_second=12.3', '0.00123', 'counted', null]);
    }
  });

  it('that say their duration are charged that where no usage is reported', async () => {
    const { usage } = await paid(async o => purse.client.audio.transcriptions.create({ model: models.listener, file: await file(2.5), response_format: 'verbose_json', x_mock: '{"no_usage":true}' }, o));
    assert.deepEqual([usage.units, usage.cost_usd], ['audio_second=2.5', '0.00025']);
  });

  it('charged by tokens are charged as reported, streamed or not', async () => {
    const { usage } = await paid(async o => purse.client.audio.transcriptions.create({ model: models.clerk, file: await file(10) }, o));
    assert.deepEqual([usage.usage_source, usage.prompt_tokens, usage.audio_prompt_tokens, usage.completion_tokens, usage.cost_usd], ['reported', 100, 100, 20, '0.0008']);
    assert.ok(usd(usage.hold_usd) >= usd(usage.cost_usd));
    const streamed = await paid(async o => {
      const seen = [];
      for await (const event of await purse.client.audio.transcriptions.create({ model: models.clerk, file: await file(10), stream: true }, o)) seen.push(event.type);
      return seen;
    });
    assert.deepEqual(streamed.answer, ['transcript.text.delta', 'transcript.text.done']);
    assert.deepEqual([streamed.usage.usage_source, streamed.usage.cost_usd], ['reported', '0.0008']);
  });

  it('send the file on byte for byte, but for the model\'s name', async () => {
    const sound = wav(1);
    const { entry } = await paid(async o => purse.client.audio.transcriptions.create({ model: models.listener, file: await toFile(sound, 'speech.wav') }, o));
    const [request] = await house.mock.requests(entry.id);
    assert.match(request.headers['content-type'], /^multipart\/form-data; ?boundary=/);
    assert.match(request.body, /name="model"\r\n\r\nwhisper-1\r\n/);
    assert.equal(Number(request.headers['content-length']), sound.length + (request.body.length - request.body.indexOf('\r\n--', request.body.indexOf('RIFF'))) + request.body.indexOf('RIFF'));
  });

  it('of forms that two could read in two ways are refused', async () => {
    const send = (body, type = 'multipart/form-data; boundary=b') => purse.send('audio/transcriptions', Buffer.from(body), { headers: { 'content-type': type } });
    const part = (name, value) => `--b\r\nContent-Disposition: form-data; ${name}\r\n\r\n${value}\r\n`;
    const model = part('name="model"', models.listener), sound = part('name="file"; filename="a.wav"', 'x');
    for (const [why, body, code, param] of [
      ['two models', `${model}${part('name="model"', 'gpt-4o')}${sound}--b--\r\n`, 'invalid_form'],
      ['a name in two spellings', `${part('name="model"; name*=utf-8\'\'file', models.listener)}${sound}--b--\r\n`, 'invalid_form'],
      ['no end', `${model}${sound}`, 'invalid_form'],
      ['text before it', `hello\r\n${model}${sound}--b--\r\n`, 'invalid_form'],
      ['no file', `${model}--b--\r\n`, 'missing_parameter', 'file'],
      ['no model', `${sound}--b--\r\n`, 'missing_parameter', 'model'],
    ]) {
      assertError(await send(body), 400, code, param);
      assert.ok(why);
    }

    assertError(await send(`${model}${sound}--b--\r\n`, 'multipart/form-data'), 400, 'invalid_form');
    assertError(await send('{}', 'application/json'), 415, 'unsupported_media_type');
    assertError(await send(`${model}${part('name="file"; filename="a.wav"', 'x'.repeat(26_214_401))}--b--\r\n`), 400, 'invalid_parameter', 'file');
  });
});

describe('what a price does not hold', () => {
  it('is refused: a model of another kind, a model without the unit', async () => {
    assertError(await purse.send('images/generations', { model: 'gpt-4o-mini', prompt: 'a cat' }), 400, 'wrong_model_kind', 'model');
    assertError(await purse.chat({ model: models.painter }), 400, 'wrong_model_kind', 'model');
    const { odd } = await serve({ odd: ['tts-1', 'speech', { usd_each: { page: '1' } }] });
    assertError(await purse.send('audio/speech', { model: odd, voice: 'alloy', input: 'Hello' }), 400, 'unit_price_unknown', 'model');
  });

  it('searches: priced they are held and charged, else refused', async () => {
    const { seeker } = await serve({ seeker: ['gpt-4o', 'chat', { usd_per_million: { input: '1', output: '2' }, usd_each: { web_search: '0.025' } }] });
    const { usage } = await paid(o => purse.chat({ model: seeker, max_tokens: 10, web_search_options: {}, x_mock: { tokens: 2 } }, o));
    assert.equal(usage.units, 'web_search=1');
    assert.ok(usd(usage.hold_usd) > usd('0.025') && usd(usage.cost_usd) > usd('0.025') && usd(usage.cost_usd) < usd('0.0251'), usage.cost_usd);
    const tokens = { usd_per_million: { input: '1', output: '2' } };
    const { blind, ever } = await serve({ blind: ['gpt-4o', 'chat', tokens], ever: ['gpt-4o-search-preview', 'chat', tokens] });
    assertError(await purse.chat({ model: blind, max_tokens: 10, web_search_options: {} }), 400, 'unsupported_parameter', 'web_search_options');
    assertError(await purse.chat({ model: ever, max_tokens: 10 }), 400, 'unit_price_unknown', 'model');
  });

  it('service tiers: priced they are held and charged at their price, else refused', async () => {
    const prices = { usd_per_million: { input: '1', output: '1' }, service_tiers: { priority: { usd_per_million: { input: '3', output: '3' } } } };
    const { fast } = await serve({ fast: ['gpt-4o', 'chat', prices] });
    const usage = async service_tier => (await paid(o => purse.chat({ model: fast, max_tokens: 10, service_tier, x_mock: { tokens: 2 } }, o))).usage;
    const [plain, auto, priority] = [await usage(undefined), await usage('auto'), await usage('priority')];
    assert.equal(usd(auto.cost_usd), usd(plain.cost_usd));
    assert.equal(usd(priority.cost_usd), usd(plain.cost_usd) * 3n);
    assertError(await purse.chat({ model: fast, service_tier: 'flex' }), 400, 'unsupported_parameter', 'service_tier');
    assertError(await purse.chat({ model: fast, service_tier: 'batch' }), 400, 'unsupported_parameter', 'service_tier');
  });

  it('service tiers: the answer says which one it was, and the hold covers each it may be', async () => {
    const tier = (input, output) => ({ usd_per_million: { input, output } });
    const { fast } = await serve({ fast: ['gpt-4o', 'chat', { ...tier('2', '2'), service_tiers: { priority: tier('4', '4'), flex: tier('1', '1') } }] });
    const usage = async (service_tier, served) => (await paid(o => purse.chat({ model: fast, max_tokens: 10, service_tier, x_mock: { tokens: 2, service_tier: served, usage: { prompt_tokens: 20, completion_tokens: 2 } } }, o))).usage;
    const ordinary = await usage('default', 'default');
    const chosen = await usage(undefined, 'priority');
    assert.equal(usd(chosen.cost_usd), usd(ordinary.cost_usd) * 2n);
    assert.ok(usd(chosen.hold_usd) > usd(ordinary.hold_usd) * 19n / 10n, 'twice as dear but for a few bytes of the request');
    const fell = await usage('flex', 'default');
    assert.equal(usd(fell.cost_usd), usd(ordinary.cost_usd));
    assert.ok(usd(fell.hold_usd) > usd(ordinary.hold_usd) * 9n / 10n, 'held as an ordinary one');
    const flex = await usage('flex', undefined);
    assert.equal(usd(flex.cost_usd) * 2n, usd(ordinary.cost_usd));
    for (const [one, name, input] of [[ordinary, 'default', '2.00'], [chosen, 'priority', '4.00'], [fell, 'default', '2.00'], [flex, 'flex', '1.00']]) {
      assert.deepEqual([one.service_tier, one.input_usd_per_million, one.usage_anomaly], [name, input, null]);
    }
  });
});
