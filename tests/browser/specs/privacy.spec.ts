// The promise, from the server's side: what it holds tells it nothing, and what it makes up is refused and shown.
import { createDecipheriv, randomBytes } from 'node:crypto';
import { expect, test } from '@playwright/test';
import { account, open } from '../support/people.ts';
import { type Packet, sframeHeader, tappedBrowser, vp8FrameStart } from '../support/tap.ts';
import { admit, meet, passLobby, peopleInVisit, reads, say, sees, startVisit, visitPath } from '../support/visit.ts';
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
  const clinician = await open(browser, 'lee');
  const wire = await between(clinician);
  await clinician.getByRole('button', { name: 'New visit' }).click();
  await clinician.getByRole('combobox', { name: 'Patient' }).selectOption({ label: account('ana').name });
  await clinician.getByRole('button', { name: 'Start now' }).click();
  const patient = await open(browser, 'ana', '/visits');
  await patient.goto(visitPath(clinician));
  await passLobby(patient);
  await admit(clinician, 'ana');
  await sees(clinician, 'ana');

  // The strongest lie there is before the practice key: a well-formed KeyPackage that says it is Ana, from another device.
  const impostor = await open(browser, 'ana', '/visits');
  await impostor.evaluate(() => indexedDB.databases().then((all) => all.forEach((one) => indexedDB.deleteDatabase(one.name!))));
  const stolen = await between(impostor);
  await impostor.goto(visitPath(clinician));
  await passLobby(impostor);
  await expect.poll(() => stolen.said.some((message) => message.type === 'arrive')).toBe(true);
  await expect.poll(() => wire.said.some((message) => message.type === 'refuse_return')).toBe(true);
  await expect(clinician.getByRole('button', { name: `Admit ${account('ana').name}` })).toBeVisible();
  expect(await impostor.getByRole('region', { name: 'Visit' }).isVisible()).toBe(false);
  for (const page of [clinician, patient, impostor]) await page.context().close();
});

test('a member made up by the server appears to nobody', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const before = await peopleInVisit(clinician);
  const other = await meet(browser, 'okafor', 'ben');
  // A real commit and a real Welcome, of another group: what a server could replay from elsewhere.
  expect(await peopleInVisit(clinician)).toEqual(before);
  expect((await peopleInVisit(patient)).length).toBe(2);
  for (const page of [clinician, patient, other.clinician, other.patient]) await page.context().close();
});

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
