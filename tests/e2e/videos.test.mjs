// Videos (MT-10, GW-21) with the official client: held and charged by the second when the provider takes the job, given back when it fails.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { Purse, assertError, newId, open } from './lib/house.mjs';
import { startServer } from './lib/processes.mjs';
import { until } from './lib/until.mjs';

const prices = { 'video_second/720x1280': '0.10', 'video_second/1280x720': '0.10', 'video_second/1024x1792': '0.25' };

let house, purse, models;
before(async () => {
  house = await open();
  purse = await house.purse('100');
  models = await serve({ quick: 'sora-2', slow: 'sora-2@polls=3', bad: 'sora-2@fail_job=true', late: 'sora-2@fail_job=true,polls=3', refused: 'sora-2@status=400' });
});
after(() => house?.close());

/** Rows of models and prices of the organisation's own for them. */
async function serve(given) {
  const ids = Object.fromEntries(Object.keys(given).map(name => [name, `${name}-${newId()}`]));
  await house.provider({ models: Object.entries(given).map(([name, upstream_id]) => ({ id: ids[name], upstream_id, kind: 'video' })) });
  for (const id of Object.values(ids)) await house.control('POST', 'prices', { model: id, kind: 'video', prices: { usd_each: prices } });
  return ids;
}

const spent = async (of = purse) => (await of.settled()).spent_usd;

/** Begins a video and says what it was held and charged. */
async function film(body, of = purse) {
  const id = newId();
  const video = await of.client.videos.create({ prompt: 'a cat', ...body }, { headers: { 'x-request-id': id } });
  return { video, usage: await of.usageOf(id), entry: (await house.mock.ledger(id))[0] };
}

const refused = async (promise, status, code) => {
  const error = await promise.then(() => assert.fail('it was not refused'), e => e);
  assert.ok(error instanceof OpenAI.APIError, String(error));
  assert.deepEqual([error.status, error.code], [status, code]);
  return error;
};

describe('a video', () => {
  it('is begun with an image, asked about until it is done, downloaded and deleted', async () => {
    const { video, usage, entry } = await film({ model: models.slow, seconds: '8', size: '1024x1792', input_reference: await toFile(Buffer.from('png'), 'cat.png', { type: 'image/png' }) });
    assert.match(video.id, /^video_[0-9a-f]{32}$/);
    assert.deepEqual([video.object, video.status, video.seconds, video.size, video.prompt], ['video', 'queued', '8', '1024x1792', 'a cat']);
    assert.deepEqual([usage.endpoint, usage.status, usage.units, usage.hold_usd, usage.cost_usd], ['videos', 'ok', 'video_second/1024x1792=8', '2.00', '2.00']);
    assert.deepEqual([usage.usage_anomaly, entry.completion_tokens], [null, 8]);

    await refused(purse.client.videos.downloadContent(video.id), 400, null);
    const seen = [];
    await until('it is done', async () => {
      seen.push(await purse.client.videos.retrieve(video.id));
      return seen.at(-1).status === 'completed';
    });
    assert.deepEqual(seen.map(v => [v.id, v.status, v.progress]), [[video.id, 'in_progress', 33], [video.id, 'in_progress', 66], [video.id, 'completed', 100]]);

    const content = await purse.client.videos.downloadContent(video.id);
    assert.deepEqual([content.headers.get('content-type'), (await content.arrayBuffer()).byteLength], ['video/mp4', 8192]);
    const thumbnail = await purse.client.videos.downloadContent(video.id, { variant: 'thumbnail' });
    assert.equal(thumbnail.headers.get('content-type'), 'image/webp');
    await thumbnail.arrayBuffer();
    assertError(await purse.send(`videos/${video.id}/content?variant=gif`, undefined, { method: 'GET' }), 400, 'invalid_request', 'variant');

    assert.deepEqual(await purse.client.videos.delete(video.id), { id: video.id, object: 'video.deleted', deleted: true });
    await refused(purse.client.videos.retrieve(video.id), 404, 'video_not_found');
    assert.equal((await purse.get(`usage/${usage.id}`)).refunded_usd, null);
  });

  it('of which nothing is said is four seconds of 720x1280 in JSON as in a form', async () => {
    for (const body of [{ model: models.quick }, { model: models.quick, seconds: '4', size: '720x1280' }]) {
      const { video, usage } = await film(body);
      assert.deepEqual([video.seconds, video.size, usage.units, usage.cost_usd], ['4', '720x1280', 'video_second/720x1280=4', '0.40']);
    }

    const answer = await purse.send('videos', { model: models.quick, prompt: 'a dog', seconds: 12, size: '1280x720' });
    assert.deepEqual([answer.status, answer.json.prompt, answer.headers['x-ao-cost-usd']], [200, 'a dog', '1.20']);
  });

  it('that cannot be priced, paid for or begun is refused, and costs nothing', async () => {
    const before = await spent();
    const error = await refused(purse.client.videos.create({ model: models.quick, prompt: 'a cat', size: '1792x1024' }), 400, 'unit_price_unknown');
    assert.match(error.message, /video_second\/1792x1024/);
    await refused(purse.client.videos.create({ model: 'gpt-4o-mini', prompt: 'a cat' }), 400, 'wrong_model_kind');
    await refused(purse.client.videos.create({ model: models.quick }), 400, 'missing_parameter');
    await refused(purse.client.videos.create({ model: models.quick, prompt: 'a cat', seconds: 'many' }), 400, 'invalid_parameter');
    await refused(purse.client.videos.create({ model: models.refused, prompt: 'a cat' }), 400, 'mock_failure');
    assert.equal(await spent(), before);
    const poor = await house.purse('0.30');
    await refused(poor.client.videos.create({ model: models.quick, prompt: 'a cat' }), 402, 'insufficient_budget');
    assert.equal(await spent(poor), '0.00');
  });

  it('is made anew from another, at the price of its size and length', async () => {
    const { video } = await film({ model: models.quick, seconds: '8' });
    const id = newId();
    const remix = await purse.client.videos.remix(video.id, { prompt: 'a dog' }, { headers: { 'x-request-id': id } });
    const usage = await purse.usageOf(id);
    assert.deepEqual([remix.prompt, remix.seconds, remix.remixed_from_video_id], ['a dog', '8', video.id]);
    assert.deepEqual([usage.endpoint, usage.model, usage.units, usage.hold_usd, usage.cost_usd], ['videos.remix', models.quick, 'video_second/720x1280=8', '0.80', '0.80']);
    assert.equal((await purse.client.videos.retrieve(remix.id)).remixed_from_video_id, video.id);
    await refused(purse.client.videos.remix(`video_${'0'.repeat(32)}`, { prompt: 'a dog' }), 404, 'video_not_found');
  });
});

describe('a video that fails', () => {
  it('is given back once, on the wallet, in its usage and in the report', async () => {
    const own = await house.purse('10');
    const { video, usage } = await film({ model: models.bad, seconds: '12' }, own);
    assert.deepEqual([usage.cost_usd, await spent(own)], ['1.20', '1.20']);

    const failed = await own.client.videos.retrieve(video.id);
    assert.deepEqual([failed.status, failed.error.code], ['failed', 'moderation_blocked']);
    await until('it is given back', async () => {
      await own.client.videos.retrieve(video.id);
      return await spent(own) === '0.00';
    });
    for (let i = 0; i < 3; i++) await own.client.videos.retrieve(video.id);
    await own.client.videos.delete(video.id);

    const now = await own.get(`usage/${usage.id}/cost`);
    assert.deepEqual([now.charged_usd, now.refunded_usd, now.total_usd], ['1.20', '1.20', '0.00']);
    const lines = await until('the statement says so', async () => {
      const page = await own.get(`wallets/${own.walletId}/statement`);
      const found = page.data.filter(l => l.reference === usage.id && l.kind === 'rerated');
      return found.length > 0 && found;
    });
    assert.deepEqual(lines.map(l => [l.debit, l.credit, l.amount_usd, l.note]), [['spent', 'allowance', '1.20', 'the provider could not make the video']]);
    const report = await house.control('GET', `chargeback?wallet=${own.walletId}`);
    assert.deepEqual(report.data.map(r => [r.cost_usd, r.adjustments_usd, r.total_usd]), [['1.20', '-1.20', '0.00']]);
    assert.equal((await own.settled()).spent_usd, '0.00');
  });
});

describe('videos', () => {
  it('are listed for the key that began them, newest first, page by page', async () => {
    const own = await house.purse('10');
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push((await film({ model: models.quick }, own)).video.id);
    const listed = [];
    for await (const video of own.client.videos.list({ limit: 2 })) listed.push(video.id);
    assert.deepEqual(listed, ids.toReversed());
    const first = await own.client.videos.list({ order: 'asc', limit: 2, after: ids[1] });
    assert.deepEqual([first.data.map(v => v.id), first.has_more], [ids.slice(2, 4), true]);
  });

  it('of somebody else do not exist', async () => {
    const { video } = await film({ model: models.quick });
    const other = await house.purse('10');
    await refused(other.client.videos.retrieve(video.id), 404, 'video_not_found');
    await refused(other.client.videos.downloadContent(video.id), 404, 'video_not_found');
    await refused(other.client.videos.remix(video.id, { prompt: 'mine' }), 404, 'video_not_found');
    await refused(other.client.videos.delete(video.id), 404, 'video_not_found');
    assert.deepEqual((await other.client.videos.list()).data, []);
    assert.equal((await purse.client.videos.retrieve(video.id)).id, video.id);
  });

  it('are known after a kill and a restart, and given back when they fail after it', async () => {
    const own = await house.purse('10');
    const { video, usage } = await film({ model: models.late }, own);
    assert.equal(await spent(own), '0.40');
    const { dataDirectory } = house.server;
    await house.server.kill();
    house.server = await startServer({ mock: house.mock, dataDirectory });
    const again = new Purse(house, own.walletId, own.keyId, own.key);
    // Open jobs are looked at each minute: that minute may begin at any time, and one look is not enough for this job to end.
    const [{ id, status }, ...others] = (await again.client.videos.list()).data;
    assert.deepEqual([id, others], [video.id, []]);
    assert.match(status, /^(queued|in_progress)$/);
    await until('it has failed', async () => (await again.client.videos.retrieve(video.id)).status === 'failed');
    await until('it is given back', async () => await spent(again) === '0.00');
    assert.equal((await again.get(`usage/${usage.id}`)).refunded_usd, '0.40');
  });
});
