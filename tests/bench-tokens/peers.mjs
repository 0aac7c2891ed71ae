// The peers, in one process: one line of JSON in, {peer, encoding, file, clear}, one out, {ms, tokens}: one pass over the file.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import * as gptCl100k from 'gpt-tokenizer/encoding/cl100k_base';
import * as gptO200k from 'gpt-tokenizer/encoding/o200k_base';
import { get_encoding } from 'tiktoken';

const gpt = { cl100k_base: gptCl100k, o200k_base: gptO200k };
const tiktoken = { cl100k_base: get_encoding('cl100k_base'), o200k_base: get_encoding('o200k_base') };
const peers = {
  tiktoken: (encoding, text) => tiktoken[encoding].encode_ordinary(text).length,
  'gpt-tokenizer': (encoding, text) => gpt[encoding].countTokens(text),
};
const texts = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const { peer, encoding, file, clear } = JSON.parse(line);
  if (!texts.has(file)) {
    texts.set(file, readFileSync(file, 'utf8'));
  }

  if (clear) {
    gpt[encoding].clearMergeCache();
  }

  const began = process.hrtime.bigint();
  const tokens = peers[peer](encoding, texts.get(file));
  process.stdout.write(`${JSON.stringify({ ms: Number(process.hrtime.bigint() - began) / 1e6, tokens })}\n`);
}
