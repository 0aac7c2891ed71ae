// Starts that must fail, and what the first good one tells a person.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { keys, runServer, startServer, temporaryDirectory } from './lib/processes.mjs';

/** A start is refused with exactly these lines on stderr, nothing on stdout, and nothing done. */
async function refused({ args = [], env = {}, code = 2, lines }) {
  const directory = temporaryDirectory();
  const program = runServer({ args: ['--urls', 'http://127.0.0.1:0', ...args], env: { AO_DATA_DIR: join(directory, 'data'), ...env } });
  const exit = await program.end();
  const said = program.stderr.trimEnd().split('\n');
  assert.equal(exit.code, code, program.output);
  assert.equal(said.length, lines.length, program.stderr);
  lines.forEach((line, i) => assert.match(said[i], line));
  for (const line of said) assert.match(line, /^ai-orchestrator: /);
  assert.equal(program.stdout, '');
  return { said, directory };
}

describe('a bad option is one clear line that names it', () => {
  for (const [what, given, line] of [
    ['a limit that is no amount', { env: { AO_BOOTSTRAP_LIMIT_USD: 'abc' } }, /AO_BOOTSTRAP_LIMIT_USD.*'abc'/],
    ['a limit below zero', { env: { AO_BOOTSTRAP_LIMIT_USD: '-1' } }, /AO_BOOTSTRAP_LIMIT_USD/],
    ['a key that is too short', { env: { AO_BOOTSTRAP_KEY: 'short' } }, /AO_BOOTSTRAP_KEY.*20/],
    ['an admin key with a space', { env: { AO_ADMIN_KEY: 'a key with many spaces in it' } }, /AO_ADMIN_KEY/],
    ['one key for both planes', { env: { AO_ADMIN_KEY: keys.first, AO_BOOTSTRAP_KEY: keys.first } }, /AO_ADMIN_KEY and AO_BOOTSTRAP_KEY/],
    ['an option that is no number', { args: ['--Gateway:MaxBodyBytes', 'abc'] }, /--Gateway:MaxBodyBytes is 'abc'/],
    ['an option out of bounds', { args: ['--Gateway:MaxBodyBytes', '1'] }, /Gateway:MaxBodyBytes is 1/],
    ['an option out of bounds in the environment', { env: { AO_Gateway__BodyTimeoutMs: '5' } }, /Gateway:BodyTimeoutMs is 5/],
    ['an option nobody knows', { args: ['--Gateway:Nothing', '1'] }, /--Gateway:Nothing/],
    ['a section nobody knows', { args: ['--Nothing:X', '1'] }, /--Nothing:X/],
    ['a variable nobody knows', { env: { AO_NO_SUCH: '1' } }, /AO_NO_SUCH/],
    ['a variable nobody knows in a section', { env: { AO_Gateway__NoSuch: '1' } }, /AO_Gateway__NoSuch/],
    ['an option without its value', { args: ['--Gateway:MaxBodyBytes'] }, /--Gateway:MaxBodyBytes needs a value/],
    ['a word that is no option', { args: ['start'] }, /'start'/],
    ['an address that is none', { args: ['--urls', 'nonsense'] }, /--urls is 'nonsense'/],
    ['a durability nobody knows', { env: { AO_Gateway__Durability: 'often' } }, /Durability.*'often'.*strict, relaxed/],
    ['a log level nobody knows', { env: { AO_LOG_LEVEL: 'loud' } }, /AO_LOG_LEVEL.*'loud'/],
    ['a base URL that is none', { env: { OPENAI_API_KEY: keys.upstream, OPENAI_BASE_URL: 'nonsense' } }, /OPENAI_BASE_URL/],
    ['a base URL of another scheme', { env: { OPENAI_API_KEY: keys.upstream, OPENAI_BASE_URL: 'file:///etc/passwd' } }, /OPENAI_BASE_URL/],
  ]) {
    it(what, async () => {
      const { directory, said } = await refused({ ...given, lines: [line] });
      assert.ok(!existsSync(join(directory, 'data')), 'a data directory was made');
      assert.ok(!said.join().includes(keys.upstream));
    });
  }

  it('and several are told at once, one line each', async () => {
    await refused({
      args: ['--Gateway:MaxBodyBytes', 'abc'], env: { AO_BOOTSTRAP_LIMIT_USD: 'x', AO_NO_SUCH: '1', OPENAI_API_KEY: keys.upstream, OPENAI_BASE_URL: 'x' },
      lines: [/./, /./, /./, /./],
    });
  });

  it('and a bad value of a secret is not repeated', async () => {
    const { said } = await refused({ env: { AO_BOOTSTRAP_KEY: 'secret word' }, lines: [/AO_BOOTSTRAP_KEY/] });
    assert.ok(!said[0].includes('secret word'));
  });
});

describe('what the machine refuses is one clear line', () => {
  it('when the port is taken', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    const program = runServer({ args: ['--urls', `http://127.0.0.1:${port}`], env: { AO_DATA_DIR: temporaryDirectory(), AO_ADMIN_KEY: keys.admin, AO_BOOTSTRAP_KEY: keys.first } });
    const exit = await program.end();
    server.close();
    assert.equal(exit.code, 1, program.output);
    const said = program.stderr.trimEnd().split('\n');
    assert.equal(said.length, 1, program.stderr);
    assert.match(said[0], new RegExp(`^ai-orchestrator: .*${port}`));
  });

  it('when another process uses the data directory', async t => {
    const first = await startServer();
    t.after(() => first.stop());
    const second = runServer({ args: ['--urls', 'http://127.0.0.1:0'], env: { AO_DATA_DIR: first.dataDirectory } });
    const exit = await second.end();
    assert.equal(exit.code, 1, second.output);
    const said = second.stderr.trimEnd().split('\n');
    assert.equal(said.length, 1, second.stderr);
    assert.ok(said[0].startsWith('ai-orchestrator: ') && said[0].includes(first.dataDirectory) && /in use/.test(said[0]), said[0]);
    assert.equal(second.stdout, '');
    assert.equal((await fetch(`${first.url}/ready`)).status, 200, 'the first one still serves');
  });

  it('when the data directory cannot be made', async () => {
    const program = runServer({ args: ['--urls', 'http://127.0.0.1:0'], env: { AO_DATA_DIR: '/dev/null/data' } });
    assert.equal((await program.end()).code, 1, program.output);
    assert.match(program.stderr, /^ai-orchestrator: [^\n]*\/dev\/null\/data[^\n]*\n$/);
  });
});

describe('the first start', () => {
  const nothingGiven = { AO_ADMIN_KEY: undefined, AO_BOOTSTRAP_KEY: undefined, AO_BOOTSTRAP_LIMIT_USD: undefined };

  it('prints its keys and a call that works when pasted; later starts print none', async t => {
    const first = await startServer({ env: nothingGiven });
    t.after(() => first.stop());
    const [apiKey] = /sk-ao-\S+(?=\n)/.exec(first.stdout);
    const [, adminKey] = /Admin key\s+(\S+)/.exec(first.stdout);
    t.diagnostic(`start to ready: ${first.readyMs.toFixed(0)} ms`);
    assert.ok(first.readyMs < 10_000, `${first.readyMs} ms`);

    const [command] = /curl .*/.exec(first.stdout);
    const { stdout } = await promisify(execFile)('sh', ['-c', `${command} --silent --fail-with-body`]);
    assert.match(JSON.parse(stdout).choices[0].message.content, /Hello/);

    const balance = await (await fetch(`${first.url}/v1/wallet/balance`, { headers: { authorization: `Bearer ${apiKey}` } })).json();
    assert.equal(balance.limit_usd, '10.00');
    const control = () => fetch(`${first.url}/control/v1/wallets`, { headers: { authorization: `Bearer ${adminKey}` } });
    assert.equal((await control()).status, 200);
    assert.equal((await first.stop()).code, 0, first.output);
    assert.ok(!first.stderr.includes(apiKey) && !first.stderr.includes(adminKey), 'a secret is in the log');

    const second = await startServer({ env: nothingGiven, dataDirectory: first.dataDirectory });
    t.after(() => second.stop());
    assert.ok(!/sk-ao-|Admin key|curl/.test(second.stdout), second.stdout);
    const again = await fetch(`${second.url}/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } });
    assert.equal(again.status, 200, 'the printed key opens later starts too');
    assert.ok(!JSON.stringify(await (await fetch(`${second.url}/openapi.json`)).json()).includes(apiKey));
  });

  it('with keys given prints no secret, and its call works with them in the environment', async t => {
    const server = await startServer();
    t.after(() => server.stop());
    assert.ok(!server.stdout.includes(keys.first) && !server.stdout.includes(keys.admin), server.stdout);
    const [command] = /curl .*/.exec(server.stdout);
    const { stdout } = await promisify(execFile)('sh', ['-c', `${command} --silent --fail-with-body`], { env: { ...process.env, AO_BOOTSTRAP_KEY: keys.first } });
    assert.match(JSON.parse(stdout).choices[0].message.content, /Hello/);
  });

  it('keeps its data where only its owner can read it', async t => {
    const server = await startServer({ dataDirectory: join(temporaryDirectory(), 'new') });
    t.after(() => server.stop());
    assert.equal(statSync(server.dataDirectory).mode & 0o077, 0);
  });
});
