// Starts what the tests talk to: the demo, by the same command that a person would type, on data of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type Account = { name: string; email: string; password: string; totp_secret: string; role: string };
export type Ready = { url: string; server_pid: number; data_dir: string; server_log: string; accounts: Account[] };

const ROOT = resolve(import.meta.dirname, '../../..');
// A cold start has to build; the build itself is done before in `cargo xtask test`.
const START_WITHIN_MS = 15 * 60_000;

/** What the running demo wrote about itself. */
export function stack(): Ready {
  const file = process.env['CURTAIN_READY_FILE'];
  if (!file) throw new Error('no demo is running: CURTAIN_READY_FILE is not set');
  return JSON.parse(readFileSync(file, 'utf8')) as Ready;
}

export default async function start(): Promise<(() => Promise<void>) | void> {
  if (process.env['CURTAIN_READY_FILE']) return;
  return startDemo();
}

/** A demo of its own for tests that leave it changed. Ends with the one from before in its place. */
export async function anotherStack(): Promise<() => Promise<void>> {
  const before = process.env['CURTAIN_READY_FILE'];
  const stop = await startDemo();
  return async () => {
    await stop();
    process.env['CURTAIN_READY_FILE'] = before;
  };
}

async function startDemo(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'curtain-browser-'));
  const readyFile = join(folder, 'ready.json');
  const port = await freePort();
  const demo = spawn('cargo', ['xtask', 'demo', '--port', String(port), '--ready-file', readyFile, '--temporary'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.env['CURTAIN_READY_FILE'] = readyFile;
  await fileAppears(readyFile, demo);
  return async () => {
    demo.kill('SIGTERM');
    if (demo.exitCode === null) await new Promise((done) => demo.once('exit', done));
    rmSync(folder, { recursive: true, force: true });
  };
}

async function fileAppears(file: string, demo: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS;
  while (!existsSync(file)) {
    if (demo.exitCode !== null) throw new Error(`the demo ended with ${demo.exitCode} before it served`);
    if (Date.now() > deadline) throw new Error('the demo did not serve in time');
    await new Promise((next) => setTimeout(next, 100));
  }
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? found(address.port) : failed(new Error('no port'))));
    });
  });
}
