import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { open } from './lib/house.mjs';

let house, document;
before(async () => {
  house = await open();
  document = await (await fetch(`${house.server.url}/openapi.json`)).json();
});
after(() => house?.close());

/** The routes as they are documented; that the documentation is what is mapped is another test. */
const routes = {};
const table = readFileSync(new URL('../../docs/operations/api.md', import.meta.url), 'utf8');
for (const [, method, path] of table.matchAll(/^\| ([A-Z]+) \| `([^`]+)` \|/gm)) {
  (routes[path.replace('{**id}', '{id}')] ??= []).push(method.toLowerCase());
}

for (const methods of Object.values(routes)) methods.sort();

describe('the OpenAPI document', () => {
  it('describes every route of the data and control plane, and needs no key to be read', () => {
    assert.ok(Object.keys(routes).length > 40, 'the table of routes was read');
    const described = Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [path, Object.keys(item).sort()]));
    assert.deepEqual(Object.entries(described).sort(), Object.entries(routes).filter(([path]) => !/^\/(openapi\.json|reference)/.test(path)).sort());
    assert.match(document.openapi, /^3\./);
  });

  /** OpenAI's, which take none. */
  const bodiless = ['post /v1/responses/{id}/cancel'];

  it('gives every operation a name of its own, a summary and answers', () => {
    const names = new Set();
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const about = `${method} ${path}`;
        assert.ok(operation.operationId && !names.has(operation.operationId), about);
        names.add(operation.operationId);
        assert.ok(operation.summary, about);
        assert.ok(Object.keys(operation.responses).some(status => status.startsWith('2')), about);
        if (['post', 'put', 'patch'].includes(method) && !bodiless.includes(about)) assert.ok(Object.values(operation.requestBody?.content ?? {})[0]?.schema, about);
      }
    }
  });

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(document);
    for (const [, path] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      assert.ok(path.split('/').reduce((at, name) => at?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], document), path);
    }
  });

  it('tells the truth: each route it names exists', async () => {
    for (const [path, item] of Object.entries(document.paths)) {
      for (const method of Object.keys(item)) {
        const answer = await fetch(house.server.url + path.replace(/\{\w+\}/, 'x'), { method: method.toUpperCase() });
        const text = await answer.text();
        assert.ok(![404, 405].includes(answer.status), `${method} ${path}: ${answer.status} ${text}`);
      }
    }
  });
});
