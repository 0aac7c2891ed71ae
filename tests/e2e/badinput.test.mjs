// Requests no good client sends. Each gets its status and an error of OpenAI's shape; nothing is held, and the next good call goes through.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertError, newId, open } from './lib/house.mjs';
import { exchange, send } from './lib/http.mjs';
import { keys } from './lib/processes.mjs';

let house, purse;
before(async () => {
  house = await open({ env: { AO_Gateway__BodyTimeoutMs: '1000' } });
  purse = await house.purse();
});
after(() => house?.close());

const chat = (members = '') => `{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]${members && `,${members}`}}`;

/** A request is refused as said, whatever it looks like; nothing reached the provider; the process serves on. */
function refuses(what, body, status, code, param, options = {}) {
  it(`${what} is ${status} ${code}${param ? ` naming ${param}` : ''}`, async () => {
    const id = newId();
    const { path = 'chat/completions', ...rest } = options;
    const answer = await purse.send(path, typeof body === 'function' && body.length === 0 ? body() : body, { ...rest, headers: { 'x-request-id': id, ...rest.headers } });
    assertError(answer, status, code, param);
    assert.deepEqual(await house.mock.requests(id), []);
    await purse.works();
  });
}

describe('a body that is no JSON object', () => {
  refuses('nothing at all', '', 400, 'invalid_json');
  refuses('white space', ' \n\t', 400, 'invalid_json');
  refuses('half a document', chat().slice(0, -10), 400, 'invalid_json');
  refuses('plain text', 'hello', 400, 'invalid_json');
  refuses('something after the document', `${chat()} {}`, 400, 'invalid_json');
  refuses('a trailing comma', chat().replace(/}$/, ',}'), 400, 'invalid_json');
  refuses('a comment', chat().replace('{', '{/* */'), 400, 'invalid_json');
  refuses('an array', '[]', 400, 'invalid_json');
  refuses('null', 'null', 400, 'invalid_json');
  refuses('a string', '"x"', 400, 'invalid_json');
  refuses('NUL bytes', '\0\0\0\0', 400, 'invalid_json');
  refuses('a NUL byte inside a string', chat('"user":"a\0b"'), 400, 'invalid_json');
  refuses('NUL bytes after the document', `${chat()}\0`, 400, 'invalid_json');
  refuses('NaN', chat('"temperature":NaN'), 400, 'invalid_json');
  refuses('a byte order mark', `\uFEFF${chat()}`, 400, 'invalid_json');
  refuses('UTF-16', Buffer.from(chat(), 'utf16le'), 400, 'invalid_json');
  refuses('invalid UTF-8 in a message', Buffer.from(chat().replace('Hi', '\xC3('), 'latin1'), 400, 'invalid_json');
  refuses('invalid UTF-8 in an unknown member', Buffer.from(chat('"x":"\xFF"'), 'latin1'), 400, 'invalid_json');
  refuses('a surrogate as three bytes of UTF-8', Buffer.from(chat('"x":"\xED\xA0\x80"'), 'latin1'), 400, 'invalid_json');
  refuses('arrays nested 10,000 deep', chat(`"x":${'['.repeat(10_000)}${']'.repeat(10_000)}`), 400, 'invalid_json');
  refuses('objects nested 10,000 deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400, 'invalid_json');
  refuses('10,000 brackets never closed', '['.repeat(10_000), 400, 'invalid_json');
  refuses('10,000 members', chat(Array.from({ length: 10_000 }, (_, i) => `"m${i}":1`).join(',')), 400, 'invalid_json');
  refuses('nothing, for embeddings', '', 400, 'invalid_json', undefined, { path: 'embeddings' });
});

describe('escapes that are JSON and no text', () => {
  refuses('half a surrogate pair as the model', '{"model":"\\ud800","messages":[{"role":"user","content":"Hi"}]}', 400, 'invalid_json');
  refuses('half a surrogate pair as the user', chat('"user":"\\udc00x"'), 400, 'invalid_json');
  refuses('half a surrogate pair as a member\'s name', chat('"\\ud800":1'), 400, 'invalid_json');
  refuses('half a surrogate pair as a name inside a message', '{"model":"gpt-4o-mini","messages":[{"role":"user","\\ud800":"Hi"}]}', 400, 'invalid_json');
  it('half a surrogate pair in a message is the provider\'s to judge, and lands nowhere else', async () => {
    const answer = await purse.chat('{"model":"gpt-4o-mini","messages":[{"role":"user","content":"\\ud800"}]}');
    assert.notEqual(answer.status, 500, answer.text);
    await purse.works();
  });
  it('half a surrogate pair for the built-in echo is 400, and deep but allowed nesting is answered', async () => {
    const echo = content => `{"model":"echo","messages":[{"role":"user","content":${content}}]}`;
    assert.equal((await purse.chat(echo('"\\ud800"'))).status, 400);
    const deep = await purse.chat(echo('"Hi"').replace(/}$/, `,"x":${'['.repeat(100)}${']'.repeat(100)}}`));
    assert.equal(deep.status, 200, deep.text);
  });
  it('a long model name with astral letters is 404 in whole characters', async () => {
    const answer = await purse.chat(JSON.stringify({ model: `${'x'.repeat(99)}\u{1F600}\u{1F600}`, messages: [{ role: 'user', content: 'Hi' }] }));
    assertError(answer, 404, 'model_not_found', 'model');
    assert.ok(answer.json.error.message.isWellFormed());
  });
});

describe('a member given twice', () => {
  refuses('plainly', chat('"model":"gpt-4o"'), 400, 'invalid_parameter', 'model');
  refuses('once written with escapes', chat('"\\u006dodel":"gpt-4o"'), 400, 'invalid_parameter', 'model');
  refuses('max_tokens', chat('"max_tokens":1,"max_tokens":2'), 400, 'invalid_parameter', 'max_tokens');
  refuses('max_tokens, once with escapes', chat('"max_tokens":1,"max\\u005ftokens":2'), 400, 'invalid_parameter', 'max_tokens');
  refuses('stream_options.include_usage', chat('"stream":true,"stream_options":{"include_usage":true,"include_usage":false}'), 400, 'invalid_parameter', 'stream_options.include_usage');
  refuses('a member nobody knows', chat('"x":1,"x":2'), 400, 'invalid_parameter', 'x');
  refuses('n', chat('"n":1,"n":128'), 400, 'invalid_parameter', 'n');
});

describe('a member of the wrong type or value', () => {
  const wrong = {
    model: ['1', 'null', '{}', '[]', '""', 'true', `"${'x'.repeat(300)}"`],
    messages: ['1', 'null', '{}', '"Hi"', '[]', 'true'],
    stream: ['1', '"true"', '{}', '[]'],
    stream_options: ['1', '"x"', '[]', 'true'],
    max_tokens: ['-1', '0', '1.5', '"5"', 'true', '{}', '[]', '1e30', '99999999999999999999', '-9223372036854775808'],
    max_completion_tokens: ['-1', '0', '1.5', '"5"', 'true', '{}', '[]', '1e30', '99999999999999999999'],
    n: ['-1', '0', '1.5', '"5"', 'true', '1000', '129', '99999999999999999999'],
    tools: ['1', '{}', '"x"', 'true'],
    user: ['1', '{}', '[]', 'true'],
    service_tier: ['1', '{}', '[]'],
  };
  for (const [member, values] of Object.entries(wrong)) {
    for (const value of values) {
      const members = { model: '"gpt-4o-mini"', messages: '[{"role":"user","content":"Hi"}]', [member]: value };
      const body = `{${Object.entries(members).map(([name, v]) => `"${name}":${v}`).join(',')}}`;
      refuses(`${member}: ${value.slice(0, 30)}`, body, 400, 'invalid_parameter', member);
    }
  }

  refuses('max_tokens above what the model can do', chat('"max_tokens":9223372036854775807'), 400, 'invalid_parameter', 'max_tokens');
  refuses('max_completion_tokens above what the model can do', chat('"max_completion_tokens":1000000'), 400, 'invalid_parameter', 'max_completion_tokens');
  refuses('a message that is a string', '{"model":"gpt-4o-mini","messages":["Hi"]}', 400, 'invalid_parameter', 'messages[0]');
  refuses('a message\'s role', '{"model":"gpt-4o-mini","messages":[{"role":1,"content":"Hi"}]}', 400, 'invalid_parameter', 'messages[0].role');
  refuses('a message without a role', '{"model":"gpt-4o-mini","messages":[{"content":"Hi"}]}', 400, 'missing_parameter', 'messages[0].role');
  refuses('a message\'s content', '{"model":"gpt-4o-mini","messages":[{"role":"user","content":1}]}', 400, 'invalid_parameter', 'messages[0].content');
  refuses('a part of a message', '{"model":"gpt-4o-mini","messages":[{"role":"user","content":[1]}]}', 400, 'invalid_parameter', 'messages[0].content[0]');
  refuses('a tool', chat('"tools":[1]'), 400, 'invalid_parameter', 'tools[0]');
  refuses('include_usage', chat('"stream":true,"stream_options":{"include_usage":1}'), 400, 'invalid_parameter', 'stream_options.include_usage');
  refuses('no model', '{"messages":[{"role":"user","content":"Hi"}]}', 400, 'missing_parameter', 'model');
  refuses('no messages', '{"model":"gpt-4o-mini"}', 400, 'missing_parameter', 'messages');
  refuses('an empty object', '{}', 400, 'missing_parameter');
  refuses('a model nobody serves', '{"model":"none","messages":[{"role":"user","content":"Hi"}]}', 404, 'model_not_found', 'model');
  refuses('what is billed in ways not known here', chat('"service_tier":"scale"'), 400, 'unsupported_parameter', 'service_tier');

  for (const input of ['1', 'null', '{}', '[]', '[[],1]', '["a",1]', '[1,"a"]', '[null]', 'true']) {
    refuses(`embeddings of ${input}`, `{"model":"text-embedding-3-small","input":${input}}`, 400, 'invalid_parameter', 'input', { path: 'embeddings' });
  }

  refuses('embeddings of nothing', '{"model":"text-embedding-3-small"}', 400, 'missing_parameter', 'input', { path: 'embeddings' });
});

describe('a body that is too much', () => {
  const piece = Buffer.alloc(1 << 20, 'x');
  const writeAll = (request, pieces) => {
    const step = () => {
      while (pieces-- > 0) if (!request.write(piece)) return request.once('drain', step);
      request.end();
    };
    step();
  };

  refuses('200 MB, announced', request => writeAll(request, 200), 413, 'body_too_large', undefined, { headers: { 'content-length': 200 << 20 } });
  refuses('200 MB, in chunks', request => writeAll(request, 200), 413, 'body_too_large', undefined, { headers: { 'transfer-encoding': 'chunked' } });

  it('more than announced, or less, harms nobody', async () => {
    const head = length => `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${purse.key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
    const text = await exchange(house.server.port, head(5) + chat());
    assert.match(text, /^HTTP\/1\.1 400 /);
    const late = await exchange(house.server.port, head(10_000) + chat(), { enough: text => text.includes('}}') });
    assert.match(late, /^HTTP\/1\.1 408 /);
    assert.match(late, /"code":"body_not_readable"/);
    await purse.works();
  });

  it('that trickles in is 408 when its time is up', async t => {
    // 600 bytes a second: above Kestrel's own minimum of 240, so that ours is the bound that counts.
    const text = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'x'.repeat(60_000) }] });
    const started = performance.now();
    let timer;
    t.after(() => clearInterval(timer));
    const answer = await purse.send('chat/completions', request => {
      let at = 0;
      request.flushHeaders();
      timer = setInterval(() => request.write(text.slice(at, (at += 60))), 100);
    }, { headers: { 'content-length': Buffer.byteLength(text) } });
    assertError(answer, 408, 'body_not_readable');
    assert.ok(performance.now() - started < 4000);
    await purse.works();
  });
});

describe('headers', () => {
  it('of 64 KB are 431 in the error envelope', async () => {
    const headers = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`x-filler-${i}`, 'y'.repeat(4096)]));
    assertError(await purse.chat({}, { headers }), 431, 'headers_too_large');
    await purse.works();
  });

  it('of a megabyte end the connection, not the process', async () => {
    const text = await exchange(house.server.port, `GET /v1/models HTTP/1.1\r\nhost: x\r\nx-filler: ${'y'.repeat(1 << 20)}\r\n\r\n`).catch(e => e.message);
    assert.match(text, /^HTTP\/1\.1 431 |ECONNRESET|EPIPE/);
    await purse.works();
  });

  it('that are no HTTP end the connection, not the process', async () => {
    for (const bytes of ['\0\0\0\0\r\n\r\n', 'HELLO\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\nzz\r\n']) {
      const text = await exchange(house.server.port, bytes);
      assert.match(text, /^HTTP\/1\.1 (400|505|404) /, JSON.stringify(bytes));
    }

    await purse.works();
  });

  it('that smuggle a second request get no second answer', async () => {
    const inner = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n';
    const text = await exchange(house.server.port,
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${purse.key}\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n${inner}`);
    assert.equal(text.match(/HTTP\/1\.1 \d+/g).length, 1, text);
    await purse.works();
  });
});

describe('what is asked of the wrong place', () => {
  it('a wrong content type is 415', async () => {
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x']) {
      assertError(await purse.chat(chat(), { headers: { 'content-type': type } }), 415, 'unsupported_media_type');
    }

    const answer = await purse.chat(chat(), { headers: { 'content-type': 'application/json; charset=utf-8' } });
    assert.equal(answer.status, 200, answer.text);
  });

  it('a wrong method is 405 and says which are right', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await purse.send('chat/completions', method === 'GET' ? undefined : chat(), { method });
      assertError(answer, 405, 'method_not_allowed');
      assert.equal(answer.headers.allow, 'POST');
    }
  });

  it('an unknown path is 404', async () => {
    for (const path of ['nothing', '../nothing', 'chat', 'chat/completions/x', '%2e%2e/%2e%2e/etc/passwd', 'models/../../x']) {
      assertError(await purse.send(path, undefined, { method: 'GET' }), 404, 'route_not_found');
    }
  });
});

describe('a key that is not one', () => {
  for (const [what, headers, code] of [
    ['missing', { authorization: undefined }, 'missing_api_key'],
    ['without scheme', () => ({ authorization: purse.key }), 'invalid_api_key'],
    ['of another scheme', { authorization: 'Basic eDp5' }, 'invalid_api_key'],
    ['empty', { authorization: 'Bearer ' }, 'invalid_api_key'],
    ['with a letter more', () => ({ authorization: `Bearer ${purse.key}x` }), 'invalid_api_key'],
    ['with a letter less', () => ({ authorization: `Bearer ${purse.key.slice(0, -1)}` }), 'invalid_api_key'],
    ['in other case', () => ({ authorization: `Bearer ${purse.key.toUpperCase()}` }), 'invalid_api_key'],
    ['with bytes that are no ASCII', { authorization: 'Bearer sk-\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9' }, 'invalid_api_key'],
    ['twice', () => ({ authorization: [`Bearer ${purse.key}`, `Bearer ${purse.key}`] }), 'invalid_api_key'],
  ]) {
    it(`(${what}) is 401 ${code}`, async () => {
      const answer = await purse.chat({}, { headers: typeof headers === 'function' ? headers() : headers });
      assertError(answer, 401, code);
    });
  }
});

describe('the control API', () => {
  const bad = async (method, path, body, status, code) => {
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const answer = await send(`${house.server.url}/control/v1/${path}`, { method, body: text, headers: { authorization: `Bearer ${keys.admin}`, 'content-type': 'application/json' } });
    assertError(answer, status, code);
    return answer.json.error;
  };

  it('refuses bodies that are no JSON object', async () => {
    for (const path of ['keys', 'wallets', 'providers']) {
      for (const body of ['', '{', '[]', 'null', '\0', '"\\ud800"', '{"name":"\\ud800"}', '['.repeat(10_000)]) await bad('POST', path, body, 400, 'invalid_json');
      await bad('POST', path, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400, 'invalid_json');
      await bad('POST', path, JSON.stringify({ name: 'x'.repeat(2 << 20) }), 413, 'body_too_large');
    }
  });

  it('names every member that is wrong', async () => {
    const { message } = await bad('POST', 'wallets', { nam: 'x', limit_usd: '-1' }, 400, 'invalid_request');
    for (const member of ['nam', 'name', 'limit_usd']) assert.match(message, new RegExp(`'${member}'`));
    for (const limit_usd of ['abc', 1, '1e3', '0.0000000001', '', ' 1', '9'.repeat(40)]) {
      const error = await bad('POST', 'wallets', { name: 'x', limit_usd }, 400, 'invalid_request');
      assert.equal(error.param, 'limit_usd');
    }

    assert.equal((await bad('POST', 'keys', { name: 'x', wallet_id: 'wal_none' }, 400, 'invalid_request')).param, 'wallet_id');
    for (const base_url of ['abc', 'ftp://x', 'http://u:p@x/', 'http://x/?a=1', 'file:///etc/passwd']) {
      assert.equal((await bad('POST', 'providers', { id: 'x', base_url, models: 'catalogue' }, 400, 'invalid_request')).param, 'base_url');
    }

    assert.match((await bad('POST', 'providers', { id: 'X!', base_url: 'http://x/', models: [], api_key: 'sk-secret' }, 400, 'invalid_request')).message, /'api_key'/);
  });

  it('does not know what does not exist', async () => {
    for (const [path, code] of [['keys/key_none', 'key_not_found'], ['wallets/wal_none', 'wallet_not_found'], ['providers/none', 'provider_not_found']]) {
      assertError(await house.controlRaw('GET', path), 404, code);
      assertError(await house.controlRaw('DELETE', path), 404, code);
    }
  });
});

it('after all this nothing is held and nothing waits in suspense', async () => {
  const balance = await purse.settled();
  assert.equal(balance.suspense_usd, '0.00');
});
