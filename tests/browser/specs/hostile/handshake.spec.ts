// A server that lies about the group: it repeats, reorders, makes up, changes and keeps back what members say to each other.
// Each lie ends with the same two people in the visit, or with words on the screen; never with somebody who sees more.
import { randomBytes } from 'node:crypto';
import { type Browser, type Page, expect, test } from '@playwright/test';
import { forge } from '../../support/forger.ts';
import { account, open } from '../../support/people.ts';
import { admit, passLobby, peopleInVisit, picture, reads, say, sees, startVisit, visitPath, wait } from '../../support/visit.ts';
import { type Message, type Wire, between } from '../../support/wire.ts';

const NOBODY = '01900000-0000-7000-8000-00000000beef';
const GUEST = 4;

type Scene = { clinician: Page; patient: Page; wire: Wire; forged: Awaited<ReturnType<typeof forge>> };
type Lie = { name: string; says: (scene: Scene) => Message[] };

const noise = (bytes: number) => randomBytes(bytes).toString('base64');
const last = (wire: Wire, type: string) => wire.heard.findLast((message) => message.type === type)!;
const first = (wire: Wire, type: string) => wire.heard.find((message) => message.type === type)!;
const peer = (wire: Wire) => String(last(wire, 'application')['sender']);
const epoch = (wire: Wire) => Number((first(wire, 'welcome')['group'] as { epoch: number }).epoch);

/** Told to the patient's browser, in the server's name, while the clinician and the patient talk. */
const LIES: readonly Lie[] = [
  { name: 'the Welcome again', says: ({ wire }) => [first(wire, 'welcome')] },
  { name: 'a Welcome to another group', says: ({ wire, forged }) => [{ ...first(wire, 'welcome'), welcome: forged.welcome }] },
  { name: 'a Welcome of noise', says: ({ wire }) => [{ ...first(wire, 'welcome'), welcome: noise(900) }] },
  { name: 'a commit of another group', says: ({ wire, forged }) => [{ type: 'commit', epoch: epoch(wire), sender: peer(wire), commit: forged.commit }] },
  { name: 'a commit of noise', says: ({ wire }) => [{ type: 'commit', epoch: epoch(wire), sender: peer(wire), commit: noise(500) }] },
  { name: 'a commit of an epoch to come', says: ({ wire, forged }) => [{ type: 'commit', epoch: epoch(wire) + 7, sender: peer(wire), commit: forged.commit }] },
  { name: 'an application message as a commit', says: ({ wire }) => [{ type: 'commit', epoch: epoch(wire), sender: peer(wire), commit: last(wire, 'application')['message'] }] },
  { name: 'the last line of the chat again', says: ({ wire }) => [last(wire, 'application')] },
  { name: 'the last line under another name', says: ({ wire }) => [{ ...last(wire, 'application'), sender: NOBODY }] },
  { name: 'the last line in another epoch', says: ({ wire }) => [{ ...last(wire, 'application'), epoch: epoch(wire) + 1 }] },
  { name: 'a line of noise', says: ({ wire }) => [{ ...last(wire, 'application'), message: noise(200) }] },
  { name: 'lines in the wrong order', says: ({ wire }) => wire.heard.filter((message) => message.type === 'application').reverse() },
  { name: 'somebody back who never was there', says: ({ forged }) => [{ type: 'return', who: { participant: NOBODY, person: NOBODY, name: 'Zed Quill', role: 'guest' }, key_package: forged.keyPackage, turn: 0 }] },
  { name: 'a third person', says: ({ wire }) => [{ ...last(wire, 'people'), people: [...(last(wire, 'people')['people'] as object[]), { participant: NOBODY, person: NOBODY, name: 'Zed Quill', role: 'guest' }] }] },
  { name: 'people on the wrong pictures', says: ({ wire }) => [swapped(last(wire, 'slots') ?? last(wire, 'offer'))] },
];

/** The clinician's sound and picture are somebody else's, says the server; the key that opens them says otherwise. */
function swapped(message: Message): Message {
  const slots = (message['slots'] as { participant: string | null }[]).map((slot) => (slot.participant ? { ...slot, participant: NOBODY } : slot));
  return { type: 'slots', generation: message['generation'], slots };
}

test(`${LIES.length} lies in a row about the group change nothing in it`, async ({ browser }) => {
  const scene = await throughTheWire(browser);
  const { clinician, patient, wire } = scene;
  for (const [number, { name, says }] of LIES.entries()) {
    await test.step(name, async () => {
      for (const message of says(scene)) wire.lie(message);
      await say(clinician, `after lie ${number}`);
      await reads(patient, `after lie ${number}`);
      await say(patient, `answer ${number}`);
      await reads(clinician, `answer ${number}`);
      expect(await peopleInVisit(patient)).toHaveLength(2);
      await expect(patient.getByRole('region', { name: 'Chat' }).getByText(`after lie ${number}`, { exact: true })).toHaveCount(1);
    });
  }
  await expect(patient.getByRole('main')).not.toContainText('Zed Quill');
  await sees(patient, 'lee');
  await sees(clinician, 'ana');
  expect(wire.said.filter((message) => message.type === 'commit')).toHaveLength(0);
  for (const page of [clinician, patient]) await page.context().close();
});

test('who is told that the group went on without them stops, and says so', async ({ browser }) => {
  const { clinician, patient, wire } = await throughTheWire(browser);
  wire.lie({ type: 'stale_epoch', epoch: epoch(wire) + 3 });
  await expect(patient.getByRole('heading', { name: "We can't confirm this call is private" })).toBeVisible();
  for (const page of [clinician, patient]) await page.context().close();
});

test('who is kept in an old epoch is told so, and is seen by nobody new', async ({ browser }) => {
  const { clinician, patient, wire, lies } = await throughTheWire(browser);
  lies.keepBack = ['commit'];
  const colleague = await join(browser, clinician);
  await admit(clinician, 'okafor');
  await sees(colleague, 'lee');
  await expect(patient.getByText(/We can't confirm/).first()).toBeVisible();
  expect((await picture(colleague, 'ana'))?.frames ?? 0).toBe(0);
  expect(wire.heard.filter((message) => message.type === 'commit').length).toBeGreaterThan(0);
  for (const page of [clinician, patient, colleague]) await page.context().close();
});

test('a Remove that is kept back from its author is not shown as done', async ({ browser }) => {
  const clinician = await open(browser, 'lee');
  const lies: { keepBack: string[] } = { keepBack: [] };
  await between(clinician, (message) => (lies.keepBack.includes(message.type) ? [] : [message]));
  await clinician.getByRole('button', { name: 'New visit' }).click();
  await clinician.getByRole('combobox', { name: 'Patient' }).selectOption({ label: account('ana').name });
  await clinician.getByRole('button', { name: 'Start now' }).click();
  await expect(clinician.getByRole('region', { name: 'Visit' })).toBeVisible();
  const patient = await wait(browser, 'ana', visitPath(clinician));
  await admit(clinician, 'ana');
  await sees(clinician, 'ana');
  lies.keepBack = ['commit'];
  await clinician.getByRole('button', { name: `Remove ${account('ana').name}` }).click();
  const confirm = clinician.getByRole('dialog').getByRole('button', { name: /^Remove/ });
  if (await confirm.isVisible()) await confirm.click();
  await expect(patient.getByRole('heading', { name: 'You were taken out of the visit' })).toBeVisible();
  await expect(clinician.getByRole('list', { name: 'People in this visit' })).toContainText(account('ana').name);
  for (const page of [clinician, patient]) await page.context().close();
});

/** The clinician and the patient together, with a lying server before the patient. */
async function throughTheWire(browser: Browser): Promise<Scene & { lies: { keepBack: string[] } }> {
  const lies: { keepBack: string[] } = { keepBack: [] };
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await open(browser, 'ana', '/visits');
  const wire = await between(patient, (message) => (lies.keepBack.includes(message.type) ? [] : [message]));
  await patient.goto(visitPath(clinician));
  await passLobby(patient);
  await admit(clinician, 'ana');
  await sees(patient, 'lee');
  await say(clinician, 'good morning');
  await reads(patient, 'good morning');
  const forged = await forge(visitPath(clinician).split('/').at(-1)!, NOBODY, GUEST);
  return { clinician, patient, wire, forged, lies };
}

/** A colleague who is invited from the visit and stands at the door. */
async function join(browser: Browser, clinician: Page): Promise<Page> {
  await clinician.getByRole('button', { name: 'Invite someone' }).click();
  await clinician.getByRole('combobox', { name: 'Colleague' }).selectOption({ label: account('okafor').name });
  await clinician.getByRole('button', { name: 'Add' }).click();
  const colleague = await open(browser, 'okafor');
  await colleague.goto(visitPath(clinician));
  return colleague;
}
