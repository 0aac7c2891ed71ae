// An upstream that speaks every wire format with answers that are given to it, recorded or made by hand: `{ format, whole, events }` by the model's name.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startUpstream } from './upstream.mjs';

const recordings = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../shared/data/provider-streams');

/** Wire formats: the row that serves them, and how a stream of events is framed. */
export const formats = {
  openai: { base: '/v1', row: {}, frame: events => sse(events) + 'data: [DONE]\n\n' },
  openai_responses: { base: '/v1', row: {}, frame: sse },
  anthropic: { base: '/v1', row: {}, frame: sse },
  gemini: { base: '/v1beta', row: {}, frame: sse },
  bedrock: { base: '', row: { region: 'us-east-1' }, frame: events => Buffer.concat(events.map(binary)), type: 'application/vnd.amazon.eventstream' },
  cohere: { base: '/v2', row: {}, frame: sse },
};

function sse(events) {
  return events.map(data => {
    const { type } = JSON.parse(data);
    return `${type ? `event: ${type}\n` : ''}data: ${data}\n\n`;
  }).join('');
}

/** A binary event (https://smithy.io/2.0/aws/amazon-eventstream.html) of an object with one member: its name and what it carries. */
function binary(line) {
  const [[name, payload]] = Object.entries(JSON.parse(line));
  const text = (key, value) => Buffer.concat([Buffer.from([key.length]), Buffer.from(key), Buffer.from([7, value.length >> 8, value.length & 255]), Buffer.from(value)]);
  const headers = Buffer.concat([text(':event-type', name), text(':content-type', 'application/json'), text(':message-type', 'event')]);
  const body = Buffer.from(JSON.stringify(payload));
  const head = Buffer.alloc(12);
  head.writeUInt32BE(16 + headers.length + body.length, 0);
  head.writeUInt32BE(headers.length, 4);
  head.writeUInt32BE(checksum(head.subarray(0, 8)), 8);
  const frame = Buffer.concat([head, headers, body]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(checksum(frame), 0);
  return Buffer.concat([frame, end]);
}

function checksum(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The model a request is for, wherever its format says it. */
const modelOf = (url, body) => body?.model ?? decodeURIComponent(/\/models?\/([^/:]+)/.exec(url)?.[1] ?? '');

const wantsStream = (url, body) => body?.stream === true || /streamGenerateContent|converse-stream/.test(url);

/** Whether a request offers tools of which none has answered yet. */
const wantsTool = text => /"(tools|toolConfig)":/.test(text) && !/"(tool_result|functionResponse|toolResult|function_call_output)"|"role":"tool"/.test(text);

/**
 * Starts it. `answers` go by model; a model with `tool` beside its `text` asks for it first. What it was asked is kept in `asked`.
 */
export async function startFormats(answers) {
  const asked = [];
  const upstream = await startUpstream((request, response, bytes) => {
    const text = bytes.toString();
    const body = text ? JSON.parse(text) : null;
    asked.push({ path: request.url, headers: request.headers, body });
    const given = answers[modelOf(request.url, body)];
    const answer = given.tool && wantsTool(text) ? given.tool : given.text ?? given;
    const format = formats[given.format];
    const stream = wantsStream(request.url, body);
    response.writeHead(given.status ?? 200, { 'content-type': !stream ? 'application/json' : format.type ?? 'text/event-stream' });
    response.end(stream ? format.frame(answer.events) : answer.whole);
  });
  return { ...upstream, asked };
}

/** Rows for those answers: one for each format, a model for each name. */
export async function serve(house, upstream, answers, model) {
  for (const [name, { base, row }] of Object.entries(formats)) {
    const ids = Object.keys(answers).filter(id => answers[id].format === name);
    if (!ids.length) continue;
    await house.provider({ wire_format: name, base_url: upstream.url + base, api_key_ref: 'env:OPENAI_API_KEY', ...row, models: ids.map(id => ({ id, upstream_id: id, ...model })) });
  }
}

const folders = { openai: ['openai', 'mistral'], openai_responses: ['openai'], anthropic: ['anthropic'], gemini: ['google'], bedrock: ['amazon-bedrock'], cohere: ['cohere'] };
const begins = { openai: /^(chat__|mistral-(?!transcription))/, openai_responses: /^responses__/ };

/** Broken on purpose, errors, or answers of other APIs: the tests of Core name each. */
const others = /duplicate-message-start|spliced-message-start|skills__|web-fetch-tool\.error|-error\.|wrapper\.1\.chunks|interactions__|live-speech|google-429|reranking__|cohere-embedding/;

/**
 * Every recorded answer of a conversation, by a name of its own: `{ format, name, whole | events }`. A file of all the answers of a conversation is
 * several. Empty where the recordings are not at hand: they are no part of the repository.
 */
export function recorded() {
  const answers = {};
  if (!existsSync(recordings)) return answers;
  for (const [format, names] of Object.entries(folders)) {
    for (const folder of names) {
      for (const file of readdirSync(join(recordings, folder)).filter(f => !others.test(f) && (begins[format] ?? /./).test(f)).sort()) {
        const text = readFileSync(join(recordings, folder, file), 'utf8');
        for (const answer of file.endsWith('.json') ? [{ whole: text }] : conversation(text)) {
          answers[`recorded-${Object.keys(answers).length}`] = { format, name: `${folder}/${file}`, ...answer };
        }
      }
    }
  }
  return answers;
}

/** The answers in a file, one after another; Azure's first chunk of a chat is what its filters think of the prompt, and none. */
function conversation(text) {
  const answers = [];
  for (const line of text.split('\n').filter(l => l && !l.includes('"object":""'))) {
    if (!answers.length || /^\{"type":"(message_start|response\.created)"/.test(line)) answers.push({ events: [] });
    answers.at(-1).events.push(line);
  }
  return answers;
}
