// Encodes as tiktoken does. A line in: the encoding, a space, UTF-16 in base64 (lone surrogates have no other spelling); a line out: ids.
import { createInterface } from 'node:readline';
import { get_encoding } from 'tiktoken';

const encodings = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const [name, text] = line.split(' ');
  if (!encodings.has(name)) {
    encodings.set(name, get_encoding(name));
  }

  process.stdout.write(`${encodings.get(name).encode(Buffer.from(text, 'base64').toString('utf16le'), [], []).join(',')}\n`);
}
