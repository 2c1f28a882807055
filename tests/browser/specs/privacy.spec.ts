// The promise, from the server's side: what it holds tells it nothing, and what it makes up is refused and shown.
import { createDecipheriv, randomBytes } from 'node:crypto';
import { type Browser, type Page, expect, test } from '@playwright/test';
import { forge, garbageCommit } from '../support/forger.ts';
import { account, open } from '../support/people.ts';
import { type Packet, sframeHeader, tappedBrowser, vp8FrameStart } from '../support/tap.ts';
import { admit, meet, passLobby, peopleInVisit, reads, say, sees, startVisit, visitPath, wait } from '../support/visit.ts';
import { between } from '../support/wire.ts';

test('no packet that reaches the server is sound or picture, and no wrong key opens one', async ({ browser }) => {
  const tapped = await tappedBrowser();
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await open(tapped.browser, 'ana', '/visits');
  const wire = await between(patient);
  await patient.goto(visitPath(clinician));
  await passLobby(patient);
  await admit(clinician, 'ana');
  await sees(clinician, 'ana');
  await clinician.waitForTimeout(3_000);

  const codecs = payloadTypes(String(wire.heard.find((message) => message.type === 'offer')?.['sdp']));
  const sound = tapped.sent.filter((packet) => codecs.get(packet.payloadType) === 'opus');
  const pictures = tapped.sent.filter((packet) => codecs.get(packet.payloadType) === 'VP8');
  expect(sound.length, 'sound was sent').toBeGreaterThan(50);
  expect(pictures.length, 'pictures were sent').toBeGreaterThan(50);
  for (const packet of sound) isSealed(packet.payload, 0);
  for (const packet of pictures) {
    const frame = vp8FrameStart(packet.payload);
    // The constant header in front only tells key frame (10 bytes) from delta frame (3 bytes).
    if (frame) isSealed(frame.subarray(frame[0]! & 1 ? 3 : 10), 1);
  }
  expect(bitsPerByte(sound), 'sealed sound looks like chance').toBeGreaterThan(7.5);
  expect(bitsPerByte(pictures), 'sealed pictures look like chance').toBeGreaterThan(7.5);
  noWrongKeyOpens(sound);
  await clinician.context().close();
  await tapped.close();
});

test('no signalling message tells the server what is written', async ({ browser }) => {
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await open(browser, 'ana', '/visits');
  const wire = await between(patient);
  await patient.goto(visitPath(clinician));
  await passLobby(patient);
  await admit(clinician, 'ana');
  await say(patient, 'a secret between us');
  await reads(clinician, 'a secret between us');
  const held = [...wire.said, ...wire.heard].map(everyByte).join('\n');
  expect(held).not.toContain('a secret between us');
  const arrival = wire.said.find((message) => message.type === 'arrive');
  expect(everyByte(arrival), 'a patient\'s name is no part of what the server can read').not.toContain(account('ana').name);
  await clinician.context().close();
  await patient.context().close();
});

test('changed and repeated messages are refused, and the visit goes on', async ({ browser }) => {
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await open(browser, 'ana', '/visits');
  const wire = await between(patient);
  await patient.goto(visitPath(clinician));
  await passLobby(patient);
  await admit(clinician, 'ana');
  await sees(patient, 'lee');
  await say(clinician, 'first');
  await reads(patient, 'first');
  const written = wire.heard.findLast((message) => message.type === 'application')!;
  wire.lie(written);
  wire.lie({ ...written, message: flip(String(written['message'])) });
  wire.lie({ type: 'commit', epoch: 1, sender: String(written['sender']), commit: flip(String(written['message'])) });
  await say(clinician, 'second');
  await reads(patient, 'second');
  await expect(patient.getByRole('region', { name: 'Chat' }).getByText('first', { exact: true })).toHaveCount(1);
  await sees(patient, 'lee');
  await clinician.context().close();
  await patient.context().close();
});

test('somebody whom the server passes off as the returning patient is not let in', async ({ browser }) => {
  const { clinician, patient, wire, ana } = await meetThroughTheWire(browser);
  // The strongest lie there is before the practice key: a well-formed, well-signed KeyPackage that says it is Ana.
  const { keyPackage } = await forge(visitId(clinician), ana.person, PATIENT);
  wire.lie({ type: 'return', who: ana, key_package: keyPackage, turn: 0 });
  await expect.poll(() => wire.said.some((message) => message.type === 'refuse_return')).toBe(true);
  expect(wire.said.filter((message) => message.type === 'commit')).toHaveLength(1);
  expect(await peopleInVisit(clinician)).toHaveLength(2);
  await sees(clinician, 'ana');
  await clinician.context().close();
  await patient.context().close();
});

test('a member made up by the server appears to nobody', async ({ browser }) => {
  const { clinician, patient, wire, ana } = await meetThroughTheWire(browser);
  const forged = await forge(visitId(clinician), '01900000-0000-7000-8000-00000000beef', CO_HOST);
  const epoch = wire.heard.filter((message) => message.type === 'commit').length;
  wire.lie({ type: 'commit', epoch, sender: ana.participant, commit: forged.commit });
  wire.lie({ type: 'welcome', group: { group_id: 'AAAA', epoch: 1 }, welcome: forged.welcome });
  await say(patient, 'still only us two');
  await reads(clinician, 'still only us two');
  expect(await peopleInVisit(clinician)).toHaveLength(2);
  expect(await peopleInVisit(patient)).toHaveLength(2);
  await sees(clinician, 'ana');
  await clinician.context().close();
  await patient.context().close();
});

test('a member sends a commit nobody accepts: the visit goes on without them', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await clinician.getByRole('button', { name: 'Invite someone' }).click();
  await clinician.getByRole('combobox', { name: 'Colleague' }).selectOption({ label: account('okafor').name });
  await clinician.getByRole('button', { name: 'Add' }).click();
  const colleague = await open(browser, 'okafor');
  const wire = await between(colleague);
  await colleague.goto(visitPath(clinician));
  await admit(clinician, 'okafor');
  await sees(colleague, 'ana');

  const { group } = wire.heard.find((message) => message.type === 'welcome') as unknown as {
    group: { group_id: string; epoch: number };
  };
  // The clinician opened the group, the patient came second: the colleague's leaf is the third.
  const commit = garbageCommit(group.group_id, group.epoch, 2);
  wire.say({ type: 'commit', epoch: group.epoch, commit, welcome: null, admits: [], removes: [] });
  await expect(colleague.getByRole('heading', { name: 'You were taken out of the visit' })).toBeVisible();
  for (const page of [clinician, patient]) {
    await expect(page.getByRole('list', { name: 'People in this visit' })).not.toContainText(account('okafor').name);
  }
  await say(patient, 'We are still here');
  await reads(clinician, 'We are still here');
  await sees(clinician, 'ana');
  await sees(patient, 'lee');
  for (const page of [clinician, patient, colleague]) await page.context().close();
});

// Visit roles as the credential writes them (docs/protocol.md).
const CO_HOST = 2;
const PATIENT = 3;

type Person = { participant: string; person: string; name: string; role: string };

/** The clinician's browser meets Ana with a lying server between. */
async function meetThroughTheWire(browser: Browser) {
  const clinician = await open(browser, 'lee');
  const wire = await between(clinician);
  await clinician.getByRole('button', { name: 'New visit' }).click();
  await clinician.getByRole('combobox', { name: 'Patient' }).selectOption({ label: account('ana').name });
  await clinician.getByRole('button', { name: 'Start now' }).click();
  await expect(clinician.getByRole('region', { name: 'Visit' })).toBeVisible();
  const patient = await wait(browser, 'ana', visitPath(clinician));
  await admit(clinician, 'ana');
  await sees(clinician, 'ana');
  const people = wire.heard.findLast((message) => message.type === 'people')!['people'] as Person[];
  return { clinician, patient, wire, ana: people.find((one) => one.role === 'patient')! };
}

function visitId(page: Page): string {
  return visitPath(page).split('/').at(-1)!;
}

function payloadTypes(sdp: string): Map<number, string> {
  return new Map([...sdp.matchAll(/a=rtpmap:(\d+) ([^/\r\n]+)/g)].map((found) => [Number(found[1]), found[2]!]));
}

function isSealed(payload: Buffer, context: number): void {
  const header = sframeHeader(payload);
  expect(header, 'an SFrame header').not.toBeNull();
  expect(header!.kid >> 12, 'the context of its track').toBe(context);
  expect(payload.length).toBeGreaterThanOrEqual(header!.length + 16);
}

function noWrongKeyOpens(packets: Packet[]): void {
  for (const { payload } of packets.slice(0, 50)) {
    const header = sframeHeader(payload)!;
    for (const key of [Buffer.alloc(16), randomBytes(16)]) {
      const cipher = createDecipheriv('aes-128-gcm', key, randomBytes(12));
      cipher.setAAD(payload.subarray(0, header.length));
      cipher.setAuthTag(payload.subarray(-16));
      cipher.update(payload.subarray(header.length, -16));
      expect(() => cipher.final()).toThrow();
    }
  }
}

function bitsPerByte(packets: Packet[]): number {
  const counts = new Array<number>(256).fill(0);
  let total = 0;
  for (const { payload } of packets) for (const byte of payload.subarray(24)) { counts[byte]! += 1; total += 1; }
  return counts.reduce((sum, count) => (count === 0 ? sum : sum - (count / total) * Math.log2(count / total)), 0);
}

/** The message as text, and every base64 field in it as bytes. */
function everyByte(message: unknown): string {
  const text = JSON.stringify(message);
  const bytes = [...text.matchAll(/"([A-Za-z0-9+/]{16,}={0,2})"/g)].map((found) => Buffer.from(found[1]!, 'base64').toString('latin1'));
  return [text, ...bytes].join('\n');
}

function flip(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[bytes.length >> 1]! ^= 1;
  return bytes.toString('base64');
}
