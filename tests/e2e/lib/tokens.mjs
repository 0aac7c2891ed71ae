// The oracle of token counts: npm tiktoken, OpenAI's own code.
import { get_encoding } from 'tiktoken';

const encodings = new Map();

/** The ids of a text; what looks like a special token is text. */
export function idsOf(text, encoding = 'o200k_base') {
  if (!encodings.has(encoding)) encodings.set(encoding, get_encoding(encoding));
  return [...encodings.get(encoding).encode(text, [], [])];
}

export const tokensOf = (text, encoding) => idsOf(text, encoding).length;

/** A conversation of texts by OpenAI's published rule: 3 around each message, its role, and 3 for the answer. */
export const promptOf = messages => 3 + messages.reduce((sum, m) => sum + 3 + tokensOf(m.role) + tokensOf(m.content), 0);
