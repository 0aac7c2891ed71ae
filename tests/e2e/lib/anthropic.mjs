// An upstream that speaks Anthropic's messages: answers as Anthropic was recorded to give them, whole and streamed, and keeps what it was asked.
import { startUpstream } from './upstream.mjs';

const used = { input_tokens: 3, cache_creation_input_tokens: 5, cache_read_input_tokens: 6, output_tokens: 17 };
const usage = { ...used, cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 0 }, service_tier: 'standard' };

const message = (content, stop_reason) => ({
  id: 'msg_recorded', type: 'message', role: 'assistant', model: 'claude-haiku-4-5-20251001', content, stop_reason, stop_sequence: null, usage,
});

const answers = {
  text: message([{ type: 'text', text: 'Hello, \u{1F600} world!' }], 'end_turn'),
  thinking: message([{ type: 'thinking', thinking: 'Let me see.', signature: 'c2lnbmVk' }, { type: 'text', text: '42' }], 'end_turn'),
  tool: message([
    { type: 'text', text: 'I look it up.' },
    { type: 'tool_use', id: 'toolu_recorded_1', name: 'get_weather', input: { city: 'Paris' }, caller: { type: 'direct' } },
    { type: 'tool_use', id: 'toolu_recorded_2', name: 'get_weather', input: { city: 'Bern' }, caller: { type: 'direct' } },
  ], 'tool_use'),
};

/** The events of a message, its texts in pieces. */
function* eventsOf(whole) {
  yield { type: 'message_start', message: { ...whole, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } } };
  yield { type: 'ping' };
  for (const [index, block] of whole.content.entries()) {
    const { start, deltas } = piecesOf(block);
    yield { type: 'content_block_start', index, content_block: start };
    for (const delta of deltas) yield { type: 'content_block_delta', index, delta };
    yield { type: 'content_block_stop', index };
  }
  yield { type: 'message_delta', delta: { stop_reason: whole.stop_reason, stop_sequence: null }, usage: used };
  yield { type: 'message_stop' };
}

const inPieces = text => [...text].reduce((all, letter, at) => (at % 3 ? [...all.slice(0, -1), all.at(-1) + letter] : [...all, letter]), []);

function piecesOf(block) {
  switch (block.type) {
    case 'text': return { start: { type: 'text', text: '' }, deltas: inPieces(block.text).map(text => ({ type: 'text_delta', text })) };
    case 'thinking': return {
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [...inPieces(block.thinking).map(thinking => ({ type: 'thinking_delta', thinking })), { type: 'signature_delta', signature: block.signature }],
    };
    default: return { start: { ...block, input: {} }, deltas: inPieces(JSON.stringify(block.input)).map(partial_json => ({ type: 'input_json_delta', partial_json })) };
  }
}

const sse = event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** What a request is answered with: tools are called until they have answered, thinking is shown where it is asked for. */
function answerTo(body) {
  const last = body.messages.at(-1).content;
  const hasResult = Array.isArray(last) && last.some(block => block.type === 'tool_result');
  return body.tools?.length && !hasResult ? answers.tool : body.thinking?.type === 'enabled' ? answers.thinking : answers.text;
}

/** Starts it. The model's name says what goes wrong: `overloaded`, `limited`, `cut`, `error`. */
export async function startAnthropic() {
  const asked = [];
  const upstream = await startUpstream((request, response, bytes) => {
    const body = JSON.parse(bytes);
    asked.push({ path: request.url, headers: request.headers, body, text: bytes.toString() });
    response.setHeader('request-id', 'req_recorded');
    if (body.model === 'overloaded' || body.model === 'limited') {
      const [status, type] = body.model === 'limited' ? [429, 'rate_limit_error'] : [529, 'overloaded_error'];
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' });
      response.end(JSON.stringify({ type: 'error', error: { type, message: 'Not now.' }, request_id: 'req_recorded' }));
      return;
    }

    const whole = answerTo(body);
    if (!body.stream) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(whole));
      return;
    }

    response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    const events = [...eventsOf(whole)];
    if (body.model === 'cut' || body.model === 'error') events.splice(6);
    if (body.model === 'error') events.push({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
    for (const event of events) response.write(sse(event));
    response.end();
  });
  return { ...upstream, asked, usage };
}
