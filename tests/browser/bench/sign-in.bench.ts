// Whether the house stands while strangers rush its door (T14): 500 sign-ins at once for a minute. Memory, other people's
// requests and somebody who just wants to sign in must not notice.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { expect, test } from '@playwright/test';
import { stack } from '../support/stack.ts';
import { quantile, tell } from './figures.ts';
import { Computer, addressOf, signIn } from './requests.ts';

const SECONDS = Number(process.env['CURTAIN_BENCH_SECONDS'] ?? 60);
const AT_ONCE = 500;
/** Enough that their free attempts alone keep every permit busy for the whole minute: one address would be slowed down. */
const ADDRESSES = 50;
/** What one check of a password takes, in KiB: the server's own default. */
const COST_KIB = 65_536;
const ROOM_KIB = 64 * 1_024;
const PEOPLE = ['lee', 'okafor', 'ana', 'ben', 'iris', 'paul'] as const;

/** Says that the flood may begin. Both halves are processes of their own: a busy one can't falsify the other's clock. */
const signal = `${process.env['CURTAIN_READY_FILE']}.flood`;
const pause = (millis: number) => new Promise((done) => setTimeout(done, millis));

test.describe.configure({ mode: 'parallel' });

test('strangers', async () => {
  while (!existsSync(signal)) await pause(50);
  const until = Date.now() + SECONDS * 1_000;
  const answers = new Map<number, number>();
  const rush = async (number: number): Promise<void> => {
    const computer = new Computer(addressOf(32, number % ADDRESSES));
    while (Date.now() < until) {
      const email = `${Math.random().toString(36).slice(2)}@demo.curtain.example`;
      const { status } = await computer.post('/api/v1/sign-in', { email, password: 'not the password' });
      answers.set(status, (answers.get(status) ?? 0) + 1);
    }
    computer.leave();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => rush(number)));
  console.log(`sign-in: ${AT_ONCE} strangers at once from ${ADDRESSES} addresses for ${SECONDS} s were told ${JSON.stringify(Object.fromEntries(answers))}`);
  expect([...answers.keys()].filter((status) => ![401, 429, 503].includes(status))).toEqual([]);
});

test('everybody else', async () => {
  const pid = stack().server_pid;
  await comes(0);
  const base = memory(pid);
  writeFileSync(signal, '');
  const until = Date.now() + SECONDS * 1_000;
  const live: number[] = [];
  const entered: number[] = [];
  let most = base;
  const watch = async (): Promise<void> => {
    const monitor = new Computer('127.0.0.2');
    while (Date.now() < until) {
      const { status, millis } = await monitor.get('/livez');
      expect(status).toBe(200);
      live.push(millis);
      most = Math.max(most, memory(pid));
      await pause(50);
    }
    monitor.leave();
  };
  const come = async (): Promise<void> => {
    for (let visit = 1; Date.now() < until; visit += 1) {
      entered.push(await comes(visit));
      await pause(1_000);
    }
  };
  await Promise.all([watch(), come()]);

  const permits = cpus().length;
  const bound = base + permits * COST_KIB + ROOM_KIB;
  const figures = {
    seconds: SECONDS, at_once: AT_ONCE, base_mib: mib(base), most_mib: mib(most), bound_mib: mib(bound),
    livez_p99_ms: round(quantile(live, 0.99)), livez_samples: live.length,
    sign_in_p50_ms: round(quantile(entered, 0.5)), sign_in_max_ms: round(Math.max(...entered)), sign_ins: entered.length,
  };
  console.log(`sign-in: memory ${figures.base_mib} MiB before, ${figures.most_mib} at most, bound ${figures.bound_mib}; /livez p99 ${figures.livez_p99_ms} ms; ` +
    `${figures.sign_ins} sign-ins from fresh addresses, p50 ${figures.sign_in_p50_ms} ms, slowest ${figures.sign_in_max_ms} ms`);
  tell('sign-in', figures);
  expect(most).toBeLessThanOrEqual(bound);
  expect(figures.livez_p99_ms).toBeLessThan(200);
  expect(figures.sign_in_max_ms).toBeLessThan(5_000);
});

/** Signs somebody in from an address that nobody used before; how long the server took in all. */
async function comes(visit: number): Promise<number> {
  const computer = new Computer(addressOf(64, visit + 1));
  const { millis } = await signIn(computer, PEOPLE[visit % PEOPLE.length]!);
  computer.leave();
  return millis;
}

/** What the process holds of the machine's memory now, in KiB. */
function memory(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m);
  return Number(line![1]);
}

const mib = (kib: number): number => Math.round(kib / 1_024);
const round = (millis: number): number => Math.round(millis);
