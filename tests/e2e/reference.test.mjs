// The page that shows the OpenAPI document, over the wire and in a browser.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { open } from './lib/house.mjs';
import { send } from './lib/http.mjs';

/** Debian's chromium-headless-shell, any other Chromium, or the one that is named. */
const executablePath = [process.env.AO_E2E_BROWSER, '/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => path && existsSync(path));

let house, purse;
before(async () => {
  house = await open();
  purse = await house.purse();
});
after(() => house?.close());

const get = (path, headers) => send(house.server.url + path, { method: 'GET', headers });

describe('the reference page', () => {
  it('may load what comes from where it came from, and needs no key', async () => {
    const page = await get('/reference');
    assert.equal(page.status, 200);
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
    assert.match(page.headers['content-security-policy'], /^default-src 'none'; script-src 'self';.*connect-src 'self';.*frame-ancestors 'none'$/);
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    assert.doesNotMatch(page.text, /https?:\/\//);
  });

  it('has its viewer compressed or plain, with its licences, and says whether it is still the same', async () => {
    const plain = await get('/reference/rapidoc-min.js');
    const compressed = await get('/reference/rapidoc-min.js', { 'accept-encoding': 'br, gzip' });
    assert.deepEqual([plain.headers['content-encoding'], compressed.headers['content-encoding'], plain.headers['content-type']], [undefined, 'gzip', 'text/javascript; charset=utf-8']);
    assert.ok(gunzipSync(compressed.body).equals(plain.body));
    assert.ok(compressed.body.length < 250_000, String(compressed.body.length));
    assert.equal((await get('/reference/rapidoc-min.js', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'], undefined);
    for (const [answer, headers] of [[plain, {}], [compressed, { 'accept-encoding': 'gzip' }]]) {
      assert.equal((await get('/reference/rapidoc-min.js', { ...headers, 'if-none-match': answer.headers.etag })).status, 304);
    }
    const licences = await get('/reference/rapidoc-min.js.LICENSE.txt');
    assert.match(licences.text, /^rapidoc .* \(MIT\)$/m);
  });
});

describe('the reference page in a browser', { skip: executablePath ? false : 'there is no Chromium: apt install chromium-headless-shell, or say where one is in AO_E2E_BROWSER' }, () => {
  let browser, page, asked, wrong;
  before(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  after(() => browser?.close());

  /** Opens it at an operation, and listens to what it asks for and complains of. */
  async function visit(hash = '') {
    [asked, wrong] = [[], []];
    page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
    page.on('request', request => asked.push(request.url()));
    page.on('pageerror', error => wrong.push(error.message));
    page.on('console', message => message.type() === 'error' && wrong.push(message.text()));
    await page.goto(`${house.server.url}/reference${hash}`);
    await page.locator('rapi-doc').getByText('/v1/chat/completions').first().waitFor();
  }

  it('shows every operation, asks nobody else for anything, and has nothing to complain of', async () => {
    await visit();
    const { paths } = await (await fetch(`${house.server.url}/openapi.json`)).json();
    const shown = await page.locator('rapi-doc .nav-bar-path').allInnerTexts();
    const operations = Object.entries(paths).flatMap(([path, item]) => Object.keys(item).map(method => `${method} ${path}`));
    assert.deepEqual(shown.map(text => text.trim().replace(/\s+/g, ' ').toLowerCase()).sort(), operations.map(o => o.toLowerCase()).sort());
    assert.deepEqual(asked.map(url => url.replace(house.server.url, '')).filter(url => !url.startsWith('data:')), ['/reference', '/reference/rapidoc-min.js', '/openapi.json']);
    assert.deepEqual(wrong, []);
  });

  it('shows what a request holds, and makes a call with a key', async () => {
    await visit('#get-/v1/models');
    await page.locator('rapi-doc').getByRole('heading', { name: 'models', exact: false }).first().waitFor();
    if (process.env.AO_E2E_SCREENSHOTS) await page.screenshot({ path: `${process.env.AO_E2E_SCREENSHOTS}/reference.png` });
    await page.evaluate(key => document.querySelector('rapi-doc').setApiKey('bearer', key), purse.key);
    await page.locator('rapi-doc').getByRole('button', { name: 'TRY' }).click();
    await page.locator('rapi-doc').getByText('Response Status: OK:200').waitFor();
    assert.ok(asked.includes(`${house.server.url}/v1/models`));
    assert.deepEqual(wrong, []);
  });
});
