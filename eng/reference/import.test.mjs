import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { licences, script, target } from './import.mjs';

it('what Core embeds is what the package holds, with the licences of all that is in it', () => {
  assert.ok(gunzipSync(readFileSync(join(target, 'rapidoc-min.js.gz'))).equals(script()), 'npm run import');
  assert.equal(readFileSync(join(target, 'rapidoc-min.js.LICENSE.txt'), 'utf8'), licences());
});
