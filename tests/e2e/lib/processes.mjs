// Starts the programs under test and sees to it that none outlives the test run.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.mjs';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const configuration = process.env.AO_E2E_CONFIGURATION ?? 'Release';
const serverDll = built('src/AiOrchestrator.Server', 'AiOrchestrator.Server.dll');
const mockDll = built('tests/AiOrchestrator.MockUpstream', 'AiOrchestrator.MockUpstream.dll');

/** What the product knows of models: rows of its own before those of the catalogue. */
export const priceFiles = ['prices.json', 'catalogue.json'].map(name => join(repository, 'src/AiOrchestrator.Core/Metering', name));

/** Starting is under a second on a quiet machine; this one may be building other things. */
const startBoundMs = 30_000;

const running = new Set();
const directories = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function built(project, file) {
  const path = join(repository, project, 'bin', configuration, 'net10.0', file);
  if (!existsSync(path)) {
    throw new Error(`${path} is missing: build first (dotnet build -c ${configuration}), or set AO_E2E_CONFIGURATION`);
  }

  return path;
}

export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'ao-e2e-'));
  directories.add(directory);
  return directory;
}

/** A started program: what it wrote, how it ended. */
class Program {
  stdout = '';
  stderr = '';

  constructor(child) {
    this.child = child;
    running.add(child);
    child.stdout.setEncoding('utf8').on('data', text => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', text => (this.stderr += text));
    this.exited = new Promise(done => {
      child.on('close', (code, signal) => {
        running.delete(child);
        this.exit = { code, signal };
        done(this.exit);
      });
    });
  }

  signal(name) {
    this.child.kill(name);
  }

  /** Waits for the end, within a bound. */
  async end(boundMs = startBoundMs) {
    return until('the program has ended', () => this.exit, { boundMs, show: () => this.output });
  }

  /** Asks it to stop, insists after a while. */
  async stop() {
    if (this.exit) return this.exit;
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), 10_000);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  async kill() {
    this.signal('SIGKILL');
    return this.exited;
  }

  get output() {
    return `stdout:\n${this.stdout}\nstderr:\n${this.stderr}`;
  }
}

/** The environment a program gets: what .NET needs to run, and nothing a test did not ask for. */
function environment(given) {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|HOME|TMPDIR|LANG|DOTNET_\w+)$/.test(name));
  return { ...Object.fromEntries(kept), ...given };
}

function run(dll, args, env, cwd) {
  return new Program(spawn('dotnet', [dll, ...args], { env: environment(env), cwd, stdio: ['ignore', 'pipe', 'pipe'] }));
}

export const keys = {
  admin: 'ao-admin-e2e-0123456789abcdef',
  first: 'sk-ao-e2e-0123456789abcdef',
  upstream: 'sk-mock-0123456789abcdef',
};

/** Runs the Server without waiting for anything: for starts that must fail. */
export function runServer({ args = [], env = {}, directory = temporaryDirectory() } = {}) {
  return run(serverDll, args, env, directory);
}

/**
 * Starts the Server on a free port and waits until it is ready.
 * `env` adds variables or, with undefined, takes one away; `mock` is the upstream behind OPENAI_BASE_URL.
 */
export async function startServer({ mock, dataDirectory = temporaryDirectory(), env = {}, args = [] } = {}) {
  const variables = {
    AO_DATA_DIR: dataDirectory,
    AO_ADMIN_KEY: keys.admin,
    AO_BOOTSTRAP_KEY: keys.first,
    AO_BOOTSTRAP_LIMIT_USD: '1000',
    AO_Gateway__ModelDates: 'own', // what is tested does not end with the models it is tested with
    ...(mock ? { OPENAI_API_KEY: keys.upstream, OPENAI_BASE_URL: `${mock.url}/v1` } : {}),
    ...env,
  };
  for (const name of Object.keys(variables)) if (variables[name] === undefined) delete variables[name];

  const started = performance.now();
  const program = run(serverDll, ['--urls', 'http://127.0.0.1:0', ...args], variables, temporaryDirectory());
  const url = await listening(program, /listening on (http:\/\/127\.0\.0\.1:\d+)/);
  await until('the server is ready', async () => (await fetch(`${url}/ready`)).status === 200, {
    boundMs: startBoundMs,
    show: () => program.output,
  });
  return Object.assign(program, { url, port: Number(new URL(url).port), dataDirectory, readyMs: performance.now() - started });
}

/** Starts the mock upstream on a free port, or on the one it had before. */
export async function startMock({ port = 0 } = {}) {
  const program = run(mockDll, ['--port', String(port)], {}, temporaryDirectory());
  const url = await listening(program, /mock listening on (http:\/\/127\.0\.0\.1:\d+)/);
  return Object.assign(program, {
    url,
    port: Number(new URL(url).port),
    /** The mock's own account of the calls that carried an id. */
    ledger: async id => {
      const { entries } = await (await fetch(`${url}/_mock/ledger`)).json();
      return id === undefined ? entries : entries.filter(entry => entry.id === id);
    },
    /** The last requests it received, oldest first; those with an x-request-id, if one is named. */
    requests: async id => {
      const { requests } = await (await fetch(`${url}/_mock/requests`)).json();
      const named = requests.map(r => ({ ...r, headers: lowerCase(r.headers) }));
      return id === undefined ? named : named.filter(r => r.headers['x-request-id'] === id);
    },
    clear: async () => {
      await fetch(`${url}/_mock/ledger`, { method: 'DELETE' });
      await fetch(`${url}/_mock/requests`, { method: 'DELETE' });
    },
  });
}

async function listening(program, pattern) {
  return until('the program says where it listens', () => {
    if (program.exit) throw new Error(`it ended with ${JSON.stringify(program.exit)}\n${program.output}`);
    return pattern.exec(program.stdout)?.[1];
  }, { boundMs: startBoundMs, fatal: () => program.exit, show: () => program.output });
}

function lowerCase(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
