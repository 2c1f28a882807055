// Whether somebody outside can tell from the time an answer takes, or from its bytes, that the practice knows a name or a
// link (T8, AU6): 2 000 interleaved samples of each kind. An area under the ROC curve of 0.5 is a guess; the bound is
// 0.45–0.55, five standard errors of a guess.
import { expect, test } from '@playwright/test';
import { account } from '../support/people.ts';
import { quantile, tell } from './figures.ts';
import { Computer, addressOf, signIn } from './requests.ts';

const SAMPLES = Number(process.env['CURTAIN_BENCH_RUNS'] ?? 2_000);
/** Wrong passwords in a row for one name: the fifth would have to wait, which is told to everybody alike. */
const IN_A_ROW = 4;
const KNOWN = ['lee', 'okafor', 'ana', 'ben', 'iris', 'paul'] as const;

type Kind = 'known' | 'unknown';
type Samples = Record<Kind, number[]>;
type Figures = { auc: number; known_p50_ms: number; unknown_p50_ms: number };

const figures: Record<string, Figures> = {};

/** How often a value of one kind is above one of the other; ties count half (Mann–Whitney). */
function auc({ known, unknown }: Samples): number {
  const all = [...known.map((value) => ({ value, known: true })), ...unknown.map((value) => ({ value, known: false }))];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]!.value === all[from]!.value) to += 1;
    for (let at = from; at < to; at += 1) if (all[at]!.known) ranks += (from + to + 1) / 2;
    from = to;
  }
  const n = known.length;
  return (ranks - (n * (n + 1)) / 2) / (n * unknown.length);
}

/** Tells, keeps and holds to the bound what one path gave. */
function judge(path: string, samples: Samples, bodies: Set<string>): void {
  const area = auc(samples);
  const [known, unknown] = [quantile(samples.known, 0.5), quantile(samples.unknown, 0.5)];
  figures[path] = { auc: Number(area.toFixed(4)), known_p50_ms: Number(known.toFixed(3)), unknown_p50_ms: Number(unknown.toFixed(3)) };
  console.log(`enumeration: ${path}, ${SAMPLES} samples of each: AUC ${area.toFixed(3)}, median known ${known.toFixed(2)} ms, unknown ${unknown.toFixed(2)} ms`);
  expect([...bodies], `${path} answers all alike`).toHaveLength(1);
  expect(area, path).toBeGreaterThanOrEqual(0.45);
  expect(area, path).toBeLessThanOrEqual(0.55);
}

/** Both kinds as often, in an order that nobody foresees. */
function shuffled(each: number): Kind[] {
  const kinds: Kind[] = [...Array<Kind>(each).fill('known'), ...Array<Kind>(each).fill('unknown')];
  for (let at = kinds.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [kinds[at], kinds[other]] = [kinds[other]!, kinds[at]!];
  }
  return kinds;
}

test.describe.configure({ mode: 'serial' });

test('names at sign-in', async () => {
  const samples: Samples = { known: [], unknown: [] };
  const bodies = new Set<string>();
  // The first round fills caches and is thrown away.
  for (let round = -6; round < SAMPLES / IN_A_ROW; round += 1) {
    const who = account(KNOWN[(round + 6) % KNOWN.length]!);
    // Three letters, as most of those who exist, and never the same twice: the second time it would have to wait.
    const names = { known: who.email, unknown: `${(36 * 36 + round + 6).toString(36)}@demo.curtain.example` };
    const computer = new Computer(addressOf(16, round + 6));
    for (const kind of shuffled(IN_A_ROW)) {
      const answer = await computer.post('/api/v1/sign-in', { email: names[kind], password: 'not the password' });
      expect(answer.status, answer.body).toBe(401);
      if (round < 0) continue;
      samples[kind].push(answer.millis);
      bodies.add(answer.body.replace(/"request_id":"[^"]*"/, ''));
    }
    // Being right once takes the wrong ones back: the next round finds the name as it was.
    expect((await computer.post('/api/v1/sign-in', { email: who.email, password: who.password })).status).toBe(200);
    computer.leave();
  }
  judge('POST /sign-in', samples, bodies);
});

test('links that were used, and links that never were', async () => {
  const token = await voidedLink();
  for (const [path, rest] of [['', {}], ['/password', { password: 'four rivers meet below' }], ['/confirm', { code: '000000' }]] as const) {
    const samples: Samples = { known: [], unknown: [] };
    const bodies = new Set<string>();
    const computer = new Computer(addressOf(17, 1));
    for (let round = -10; round < SAMPLES; round += 1) {
      for (const kind of shuffled(1)) {
        const shown = kind === 'known' ? token : Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
        const answer = await computer.post(`/api/v1/activation${path}`, { token: shown, ...rest });
        expect(answer.status, answer.body).toBe(404);
        if (round < 0) continue;
        samples[kind].push(answer.millis);
        bodies.add(answer.body.replace(/"request_id":"[^"]*"/, ''));
      }
    }
    computer.leave();
    judge(`POST /activation${path}`, samples, bodies);
  }
});

test('browsers that ask for a passkey', async () => {
  // Nobody is named: all that could tell is the cookie of a browser that somebody signed in with.
  const computer = new Computer(addressOf(18, 1));
  const { cookies } = await signIn(computer, 'ana');
  const device = cookies.find((one) => one.startsWith('device='))!;
  const samples: Samples = { known: [], unknown: [] };
  const bodies = new Set<string>();
  for (let round = -10; round < SAMPLES; round += 1) {
    const asking = new Computer(addressOf(19, round + 10));
    for (const kind of shuffled(1)) {
      const answer = await asking.post('/api/v1/sign-in/passkey/options', {}, kind === 'known' ? device : '');
      expect(answer.status, answer.body).toBe(200);
      if (round < 0) continue;
      samples[kind].push(answer.millis);
      bodies.add(answer.body.replace(/"challenge":"[^"]*"/, ''));
    }
    asking.leave();
  }
  computer.leave();
  judge('POST /sign-in/passkey/options', samples, bodies);
});

test.afterAll(() => tell('enumeration', { samples: SAMPLES, ...figures }));

/** A link that was real once. */
async function voidedLink(): Promise<string> {
  const office = new Computer(addressOf(20, 1));
  const cookie = (await signIn(office, 'iris')).cookies.join('; ');
  const person = { name: 'Invited Once', email: `once-${Date.now()}@demo.curtain.example`, role: 'patient' };
  const invited = await office.post('/api/v1/people', person, cookie);
  expect(invited.status, invited.body).toBe(201);
  const made = JSON.parse(invited.body) as { person: string; link: string };
  expect((await office.post(`/api/v1/people/${made.person}/link`, {}, cookie)).status).toBe(200);
  office.leave();
  return made.link.split('#')[1]!;
}
