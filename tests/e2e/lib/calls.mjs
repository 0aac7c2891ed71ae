// An upstream that has OpenAI's completions and moderations, and reranks as Cohere and Jina do: answers as they were recorded, and keeps what it was asked.
import { startUpstream } from './upstream.mjs';

const head = { id: 'cmpl-recorded', object: 'text_completion', created: 1_770_934_479, model: 'gpt-3.5-turbo-instruct:20230824-v2' };

/** A text for each of the prompts and each of the answers asked for; best_of is billed and not shown. */
function complete(body) {
  const prompts = Array.isArray(body.prompt) && typeof body.prompt[0] !== 'number' ? body.prompt : [body.prompt];
  const texts = prompts.flatMap(prompt => Array.from({ length: body.n ?? 1 }, () => `${body.echo ? prompt : ''} and so on`));
  const made = prompts.length * Math.max(body.n ?? 1, body.best_of ?? 1);
  const usage = { prompt_tokens: 7 * prompts.length, completion_tokens: 3 * made, total_tokens: 7 * prompts.length + 3 * made };
  return { texts, usage };
}

function* chunks({ texts, usage }, includeUsage) {
  for (const [index, text] of texts.entries()) {
    for (const piece of text.match(/.{1,4}/gsu)) yield { ...head, choices: [{ text: piece, index, logprobs: null, finish_reason: null }], ...(includeUsage ? { usage: null } : {}) };
    yield { ...head, choices: [{ text: '', index, logprobs: null, finish_reason: 'stop' }], ...(includeUsage ? { usage: null } : {}) };
  }
  if (includeUsage) yield { ...head, choices: [], usage };
}

const judged = body => ({
  id: 'modr-recorded', model: 'omni-moderation-2024-09-26',
  results: (Array.isArray(body.input) && typeof body.input[0] === 'string' ? body.input : [body.input]).map(() => ({
    flagged: true, categories: { violence: true }, category_scores: { violence: 0.91 }, category_applied_input_types: { violence: ['text'] },
  })),
});

/** The longest document first: any order that can be told beforehand will do. */
const ordered = body => body.documents
  .map((document, index) => ({ index, relevance_score: Math.round(((document.text ?? document).length / 100) * 1e4) / 1e4 }))
  .sort((a, b) => b.relevance_score - a.relevance_score)
  .slice(0, body.top_n ?? Infinity);

const cohere = body => ({ id: 'rerank-recorded', results: ordered(body), meta: { api_version: { version: '2' }, billed_units: { search_units: Math.ceil(body.documents.length / 100) } } });
const jina = body => ({ model: body.model, object: 'list', usage: { total_tokens: 40 }, results: ordered(body).map(result => ({ ...result, document: { text: body.documents[result.index].text ?? body.documents[result.index] } })) });

/** Starts it. */
export async function startCalls() {
  const asked = [];
  const upstream = await startUpstream((request, answer, bytes) => {
    const body = JSON.parse(bytes);
    asked.push({ path: request.url, headers: request.headers, body, text: bytes.toString() });
    const made = { '/v1/completions': complete, '/v1/moderations': judged, '/v1/rerank': jina, '/v2/rerank': cohere }[request.url]?.(body);
    if (request.url === '/v1/completions' && body.stream) {
      answer.setHeader('content-type', 'text/event-stream');
      for (const chunk of chunks(made, body.stream_options?.include_usage)) answer.write(`data: ${JSON.stringify(chunk)}\n\n`);
      answer.end('data: [DONE]\n\n');
      return;
    }
    answer.statusCode = made ? 200 : 404;
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify(!made ? { message: 'no such thing' } : request.url === '/v1/completions'
      ? { ...head, choices: made.texts.map((text, index) => ({ text, index, logprobs: null, finish_reason: 'stop' })), usage: made.usage } : made));
  });
  return { ...upstream, asked };
}
