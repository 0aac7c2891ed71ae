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

  // On a machine with other work the clock counts that too, the processor's time does not; that counts helping threads, the clock does not.
  const began = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  const tokens = peers[peer](encoding, texts.get(file));
  const { user, system } = process.cpuUsage(cpu);
  const ms = Math.min(Number(process.hrtime.bigint() - began) / 1e6, (user + system) / 1e3);
  process.stdout.write(`${JSON.stringify({ ms, tokens })}\n`);
}
