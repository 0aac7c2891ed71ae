// The control plane: wallets, keys and providers, made, changed and taken away while calls go on.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertError, newId, open } from './lib/house.mjs';
import { costOf, nano } from './lib/money.mjs';

let house;
before(async () => {
  house = await open();
});
after(() => house?.close());

describe('wallets', () => {
  it('are created, listed, shown, changed and closed', async () => {
    const wallet = await house.control('POST', 'wallets', { name: 'Team', limit_usd: '5' }, { status: 201 });
    assert.equal(wallet.limit_usd, '5.00');
    assert.equal(wallet.spent_usd, '0.00');
    assert.equal(wallet.available_usd, '5.00');
    assert.ok((await house.control('GET', 'wallets?limit=1000')).data.some(w => w.id === wallet.id));
    const changed = await house.control('PATCH', `wallets/${wallet.id}`, { name: 'Other', limit_usd: '7.5' });
    assert.equal(changed.name, 'Other');
    assert.equal(changed.limit_usd, '7.50');
    assert.equal((await house.control('GET', `wallets/${wallet.id}`)).limit_usd, '7.50');
    assert.equal((await house.control('DELETE', `wallets/${wallet.id}`)).closed, true);
    assertError(await house.controlRaw('PATCH', `wallets/${wallet.id}`, { name: 'x' }), 409, 'wallet_closed');
  });

  it('refuse at once when their limit falls below what is spent, and pay again when it rises', async () => {
    const purse = await house.purse('1');
    assert.equal((await purse.chat({})).status, 200);
    await purse.settled();
    await house.control('PATCH', `wallets/${purse.walletId}`, { limit_usd: '0' });
    const refused = await purse.chat({});
    assertError(refused, 402, 'insufficient_budget');
    assert.equal(refused.json.error.metadata.limit_usd, '0.00');
    await house.control('PATCH', `wallets/${purse.walletId}`, { limit_usd: '1' });
    assert.equal((await purse.chat({})).status, 200);
  });

  it('without a limit only count', async () => {
    const purse = await house.purse(null);
    assert.equal((await purse.chat({})).status, 200);
    const balance = await purse.settled();
    assert.equal(balance.limit_usd, null);
    assert.equal(balance.available_usd, null);
    assert.ok(nano(balance.spent_usd) > 0n);
  });

  it('with live keys are not closed', async () => {
    const purse = await house.purse();
    assertError(await house.controlRaw('DELETE', `wallets/${purse.walletId}`), 409, 'wallet_in_use');
    await house.control('DELETE', `keys/${purse.keyId}`);
    await house.control('DELETE', `wallets/${purse.walletId}`);
  });
});

describe('keys', () => {
  it('are created, listed without their secret, changed and revoked at once', async () => {
    const purse = await house.purse();
    const shown = await house.control('GET', `keys/${purse.keyId}`);
    assert.equal(shown.status, 'live');
    assert.ok(!JSON.stringify(await house.control('GET', 'keys?limit=1000')).includes(purse.key));
    assert.equal((await house.control('PATCH', `keys/${purse.keyId}`, { name: 'renamed' })).name, 'renamed');
    await purse.works();
    assert.equal((await house.control('DELETE', `keys/${purse.keyId}`)).status, 'revoked');
    assertError(await purse.chat({}), 401, 'invalid_api_key');
    assertError(await house.controlRaw('PATCH', `keys/${purse.keyId}`, { name: 'x' }), 409, 'key_revoked');
  });

  it('charge another wallet from the next call on', async () => {
    const [a, b] = [await house.purse(), await house.purse()];
    await house.control('PATCH', `keys/${a.keyId}`, { wallet_id: b.walletId });
    await a.chat({});
    const balance = await a.settled();
    assert.equal(balance.wallet, b.walletId);
    assert.ok(nano(balance.spent_usd) > 0n);
    assert.equal((await house.control('GET', `wallets/${a.walletId}`)).spent_usd, '0.00');
  });

  it('expire', async () => {
    const purse = await house.purse();
    assertError(await house.controlRaw('PATCH', `keys/${purse.keyId}`, { expires_at: '2020-01-01T00:00:00Z' }), 400, 'invalid_request', 'expires_at');
    const changed = await house.control('PATCH', `keys/${purse.keyId}`, { expires_at: '2999-01-01T00:00:00Z' });
    assert.equal(changed.expires_at.slice(0, 10), '2999-01-01');
    await purse.works();
  });

  it('are not overwritten by who read an older version', async () => {
    const purse = await house.purse();
    const { headers } = await house.controlRaw('GET', `keys/${purse.keyId}`);
    await house.control('PATCH', `keys/${purse.keyId}`, { name: 'first' });
    assertError(await house.controlRaw('PATCH', `keys/${purse.keyId}`, { name: 'second' }, { 'if-match': headers.etag }), 412, 'precondition_failed');
    assert.equal((await house.control('GET', `keys/${purse.keyId}`)).name, 'first');
  });
});

describe('providers', () => {
  it('serve models under names and at prices of their own', async () => {
    const purse = await house.purse();
    const id = newId();
    const model = `house/${id}`;
    const row = await house.provider({
      models: [{ id: model, upstream_id: 'gpt-4.1-mini', price: { input_usd_per_million: '3', output_usd_per_million: '15' }, max_output_tokens: 500, context_window_tokens: 10_000 }],
    });
    assert.equal(row.source, 'stored');
    assert.deepEqual(row.errors, []);

    const answer = await purse.chat({ model, x_mock: { tokens: 9 } }, { headers: { 'x-request-id': id } });
    assert.equal(answer.status, 200, answer.text);
    const [sent] = await house.mock.requests(id);
    assert.equal(JSON.parse(sent.body).model, 'gpt-4.1-mini');
    assert.equal(sent.headers.authorization, undefined, 'another provider\'s credential was sent');
    const usage = await purse.usageOf(id);
    assert.equal(usage.provider, row.id);
    assert.equal(usage.model, model);
    assert.equal(usage.model_reported, 'gpt-4.1-mini');
    assert.equal(nano(usage.cost_usd), costOf({ input: nano('3'), output: nano('15'), cached: nano('3') }, usage));
    const shown = (await purse.get('models')).data.find(m => m.id === model);
    assert.equal(nano(shown.pricing.input_usd_per_million), nano('3'));
    assert.deepEqual(shown.providers, [row.id]);

    const tooMuch = await purse.chat({ model, max_tokens: 501 });
    assertError(tooMuch, 400, 'invalid_parameter', 'max_tokens');
  });

  it('are replaced and deleted, and their models come and go with them', async () => {
    const purse = await house.purse();
    const model = newId();
    const row = await house.provider({ models: [{ id: model, upstream_id: 'gpt-4o', price_as: 'openai/gpt-4o' }] });
    assert.equal((await purse.chat({ model })).status, 200);
    const other = newId();
    await house.control('PUT', `providers/${row.id}`, { base_url: `${house.mock.url}/v1`, models: [{ id: other, upstream_id: 'gpt-4o', price_as: 'openai/gpt-4o' }] });
    assertError(await purse.chat({ model }), 404, 'model_not_found');
    assert.equal((await purse.chat({ model: other })).status, 200);
    await house.control('DELETE', `providers/${row.id}`);
    assertError(await purse.chat({ model: other }), 404, 'model_not_found');
    assertError(await house.controlRaw('GET', `providers/${row.id}`), 404, 'provider_not_found');
  });

  it('out of service are listed and not used', async () => {
    const purse = await house.purse();
    const model = newId();
    const row = await house.provider({ enabled: false, models: [{ id: model, upstream_id: 'gpt-4o', price_as: 'openai/gpt-4o' }] });
    assertError(await purse.chat({ model }), 404, 'model_not_found');
    assert.ok((await house.control('GET', 'providers?limit=1000')).data.some(p => p.id === row.id));
  });

  it('of lower priority number come first', async () => {
    const purse = await house.purse();
    const model = newId();
    const models = [{ id: model, upstream_id: 'gpt-4o', price_as: 'openai/gpt-4o' }];
    const second = await house.provider({ models, priority: 20 });
    const first = await house.provider({ models, priority: 10 });
    assert.equal((await purse.chat({ model })).headers['x-ao-provider'], first.id);
    await house.control('DELETE', `providers/${first.id}`);
    assert.equal((await purse.chat({ model })).headers['x-ao-provider'], second.id);
  });

  it('of the environment and the built-in one are shown and not changed', async () => {
    const rows = (await house.control('GET', 'providers?limit=1000')).data;
    assert.equal(rows.find(r => r.id === 'echo').source, 'built-in');
    const openai = rows.find(r => r.id === 'openai');
    assert.equal(openai.source, 'environment');
    assert.equal(openai.api_key_ref, 'env:OPENAI_API_KEY');
    assert.equal(openai.api_key_resolved, true);
    assertError(await house.controlRaw('DELETE', 'providers/openai'), 409, 'provider_not_stored');
  });

  it('whose price leads nowhere are refused', async () => {
    const answer = await house.controlRaw('POST', 'providers', { id: 'nobody', base_url: 'http://127.0.0.1:1/v1', models: [{ id: 'x', price_as: 'openai/nothing' }] });
    assertError(answer, 400, 'invalid_request', 'models[0].price_as');
  });
});

it('the control plane refuses whoever has no admin key', async () => {
  const purse = await house.purse();
  for (const path of ['keys', 'wallets', 'providers', 'diagnostics']) {
    const url = `../control/v1/${path}`;
    assertError(await purse.send(url, undefined, { method: 'GET' }), 403, 'permission_denied');
    assertError(await purse.send(url, undefined, { method: 'GET', headers: { authorization: undefined } }), 401, 'missing_api_key');
  }
});
