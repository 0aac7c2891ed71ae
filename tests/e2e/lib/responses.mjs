// An upstream that speaks OpenAI's responses: answers as OpenAI was recorded to give them, whole and streamed, and keeps what it was asked.
import { startUpstream } from './upstream.mjs';

const usage = { input_tokens: 100, input_tokens_details: { cached_tokens: 60, cache_write_tokens: 0 }, output_tokens: 17, output_tokens_details: { reasoning_tokens: 5 }, total_tokens: 117 };

const message = text => ({ id: 'msg_recorded', type: 'message', status: 'completed', role: 'assistant', content: [{ type: 'output_text', annotations: [], logprobs: [], text }] });
const reasoning = { id: 'rs_recorded', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me see.' }], encrypted_content: 'gAAAAsealed' };
const call = { id: 'fc_recorded', type: 'function_call', status: 'completed', arguments: '{"city":"Paris"}', call_id: 'call_recorded', name: 'get_weather' };

const response = (output, status = 'completed') => ({
  id: 'resp_recorded', object: 'response', created_at: 1_772_062_745, status, background: false, error: null, incomplete_details: null, instructions: null, max_output_tokens: null,
  model: 'gpt-4o-mini-2024-07-18', output, parallel_tool_calls: true, previous_response_id: null, reasoning: { effort: null, summary: null }, service_tier: 'default', store: true,
  temperature: 1, text: { format: { type: 'text' } }, tool_choice: 'auto', tools: [], top_p: 1, truncation: 'disabled', ...(status === 'completed' ? { usage } : {}), metadata: {},
});

/** The events of a response, its texts in pieces. */
function* eventsOf(whole) {
  const begun = response([], 'in_progress');
  yield { type: 'response.created', response: begun };
  yield { type: 'response.in_progress', response: begun };
  for (const [output_index, item] of whole.output.entries()) {
    yield { type: 'response.output_item.added', output_index, item: { ...item, ...({ message: { content: [] }, reasoning: { summary: [] }, function_call: { arguments: '' } })[item.type] } };
    yield* piecesOf(item, { item_id: item.id, output_index });
    yield { type: 'response.output_item.done', output_index, item };
  }
  yield { type: 'response.completed', response: whole };
}

const inPieces = text => text.match(/.{1,3}/gsu) ?? [];

function* piecesOf(item, at) {
  if (item.type === 'function_call') {
    for (const delta of inPieces(item.arguments)) yield { type: 'response.function_call_arguments.delta', ...at, delta };
    yield { type: 'response.function_call_arguments.done', ...at, name: item.name, arguments: item.arguments };
    return;
  }
  const [kind, part, index] = item.type === 'message' ? ['output_text', item.content[0], 'content_index'] : ['reasoning_summary_text', item.summary[0], 'summary_index'];
  const name = item.type === 'message' ? 'content_part' : 'reasoning_summary_part';
  const there = { ...at, [index]: 0 };
  yield { type: `response.${name}.added`, ...there, part: { ...part, text: '' } };
  const more = item.type === 'message' ? { logprobs: [] } : {};
  for (const delta of inPieces(part.text)) yield { type: `response.${kind}.delta`, ...there, delta, ...more };
  yield { type: `response.${kind}.done`, ...there, text: part.text, ...more };
  yield { type: `response.${name}.done`, ...there, part };
}

/** Functions are called until they have answered. */
const answerTo = body => response(body.tools?.length && !(Array.isArray(body.input) && body.input.some(item => item.type === 'function_call_output'))
  ? [reasoning, call]
  : [message('Hello, \u{1F600} world!')]);

/** Starts it. The model `error` breaks off with an error. */
export async function startResponses() {
  const asked = [];
  const upstream = await startUpstream((request, answer, bytes) => {
    const body = bytes.length ? JSON.parse(bytes) : null;
    asked.push({ method: request.method, path: request.url, headers: request.headers, body, text: bytes.toString() });
    const whole = answerTo(body ?? {});
    if (!body?.stream) {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify(whole));
      return;
    }

    answer.setHeader('content-type', 'text/event-stream; charset=utf-8');
    const events = [...eventsOf(whole)];
    if (body.model === 'error') events.splice(6, Infinity, { type: 'error', error: { type: 'server_error', code: 'server_error', message: 'Oh no.', param: null } });
    for (const [sequence_number, event] of events.entries()) answer.write(`event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`);
    answer.end();
  });
  return { ...upstream, asked };
}
