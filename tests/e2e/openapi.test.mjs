import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { open } from './lib/house.mjs';

let house, document;
before(async () => {
  house = await open();
  document = await (await fetch(`${house.server.url}/openapi.json`)).json();
});
after(() => house?.close());

const routes = {
  '/health': ['get'],
  '/ready': ['get'],
  '/openapi.json': ['get'],
  '/v1/chat/completions': ['post'],
  '/v1/embeddings': ['post'],
  '/v1/models': ['get'],
  '/v1/models/{id}': ['get'],
  '/v1/usage': ['get'],
  '/v1/usage/{id}': ['get'],
  '/v1/wallet/balance': ['get'],
  '/control/v1/diagnostics': ['get'],
  '/control/v1/keys': ['get', 'post'],
  '/control/v1/keys/{id}': ['delete', 'get', 'patch'],
  '/control/v1/providers': ['get', 'post'],
  '/control/v1/providers/{id}': ['delete', 'get', 'put'],
  '/control/v1/wallets': ['get', 'post'],
  '/control/v1/wallets/{id}': ['delete', 'get', 'patch'],
};

describe('the OpenAPI document', () => {
  it('describes every route of the data and control plane, and needs no key to be read', () => {
    const described = Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [path, Object.keys(item).sort()]));
    assert.deepEqual(Object.entries(described).sort(), Object.entries(routes).filter(([path]) => path !== '/openapi.json' || described[path]).sort());
    assert.match(document.openapi, /^3\./);
  });

  it('gives every operation a name of its own, a summary and answers', () => {
    const names = new Set();
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const about = `${method} ${path}`;
        assert.ok(operation.operationId && !names.has(operation.operationId), about);
        names.add(operation.operationId);
        assert.ok(operation.summary, about);
        assert.ok(Object.keys(operation.responses).some(status => status.startsWith('2')), about);
        if (['post', 'put', 'patch'].includes(method)) assert.ok(operation.requestBody?.content['application/json'].schema, about);
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
