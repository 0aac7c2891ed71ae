const singles = 256;

/**
 * The vocabulary of a rank file. Every token of two bytes and more is stored as the two tokens whose merge makes it: that is all that merging
 * needs, and the bytes follow from it.
 * @param {string} text Lines of a token's bytes in base64 and its rank, which is its id; ranks count from 0 without gaps.
 * @returns {Buffer} The number of tokens; the 256 bytes that are tokens by themselves, which have the first ids; of every other token three bytes
 *   for the left and three for the right half. Numbers are little-endian.
 */
export function buildVocabulary(text) {
  const tokens = text.split('\n').filter((line) => line !== '').map((line) => line.split(' '));
  const ids = new Map();
  tokens.forEach(([base64, rank], index) => {
    if (Number(rank) !== index) {
      throw new Error(`rank ${rank} stands on line ${index + 1}`);
    }

    ids.set(Buffer.from(base64, 'base64').toString('latin1'), index);
  });
  const out = Buffer.alloc(4 + singles + (tokens.length - singles) * 6);
  out.writeUInt32LE(tokens.length, 0);
  for (const [bytes, id] of ids) {
    if ((bytes.length === 1) !== id < singles) {
      throw new Error(`token ${id} has ${bytes.length} bytes: single bytes come first`);
    }

    if (id < singles) {
      out.writeUInt8(bytes.charCodeAt(0), 4 + id);
      continue;
    }

    const [left, right] = halves(bytes, id, ids);
    const at = 4 + singles + (id - singles) * 6;
    out.writeUIntLE(left, at, 3);
    out.writeUIntLE(right, at + 3, 3);
  }

  return out;
}

/** The last merge on the way from single bytes to a token: always the pair that makes the token of the lowest rank, the leftmost of equals. */
function halves(token, id, ids) {
  const parts = [...token];
  while (parts.length > 2) {
    let best = -1;
    let bestRank = Infinity;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ids.get(parts[i] + parts[i + 1]) ?? Infinity;
      if (rank < bestRank) {
        [best, bestRank] = [i, rank];
      }
    }

    if (best < 0) {
      throw new Error(`token ${id} is not made by merges: the format has no place for it`);
    }

    parts.splice(best, 2, parts[best] + parts[best + 1]);
  }

  const pair = parts.map((part) => ids.get(part));
  if (pair.some((half) => half >= id)) {
    throw new Error(`token ${id} is made of a token with a higher rank`);
  }

  return pair;
}
