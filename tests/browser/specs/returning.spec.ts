// Reload, back button, a second tab, a lost network: the same person takes the place back and nothing hangs.
import { type Browser, type Page, expect, test } from '@playwright/test';
import { account, open } from '../support/people.ts';
import { forgive } from '../support/strict.ts';
import { admit, meet, passLobby, reads, say, sees, startVisit, visitPath } from '../support/visit.ts';
import { between } from '../support/wire.ts';

test('a patient who reloads is back without being admitted again', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await patient.reload();
  await passLobby(patient);
  await sees(patient, 'lee');
  await sees(clinician, 'ana');
  await clinician.context().close();
  await patient.context().close();
});

test('a clinician who reloads is back while the patient stays', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await clinician.reload();
  await sees(clinician, 'ana');
  await sees(patient, 'lee');
  await say(clinician, 'I am back');
  await reads(patient, 'I am back');
  await clinician.context().close();
  await patient.context().close();
});

test('a second tab takes the place over and the first says so', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const second = await patient.context().newPage();
  await second.goto(visitPath(clinician));
  await passLobby(second);
  await expect(patient.getByText('You opened this visit in another tab')).toBeVisible();
  await sees(second, 'lee');
  await patient.getByRole('button', { name: 'Use it here' }).click();
  await sees(patient, 'lee');
  await sees(clinician, 'ana');
  await clinician.context().close();
  await patient.context().close();
});

test('leaving by the button and by the back button both allow a return', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await patient.getByRole('button', { name: 'Leave' }).click();
  await expect(clinician.getByRole('list', { name: 'People in this visit' })).not.toContainText(account('ana').name);
  await patient.goto(visitPath(clinician));
  await passLobby(patient);
  await admit(clinician, 'ana');
  await sees(clinician, 'ana');
  await patient.goto('/visits');
  await patient.goBack();
  await passLobby(patient);
  await sees(patient, 'lee');
  await clinician.context().close();
  await patient.context().close();
});

test('a lost network is shown and heals by itself', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await patient.context().setOffline(true);
  await expect(patient.getByText(/Reconnecting/)).toBeVisible();
  await say(clinician, 'Are you there?');
  await patient.context().setOffline(false);
  await reads(patient, 'Are you there?');
  await say(patient, 'Yes, again');
  await reads(clinician, 'Yes, again');
  await sees(patient, 'lee');
  forgive(/WebSocket|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await clinician.context().close();
  await patient.context().close();
});

test('a wire that dies without a word is noticed in the waiting room, and the page comes back by itself', async ({ browser }) => {
  const { clinician, patient, wire } = await waitBehindAWire(browser);
  await expect(patient.getByRole('heading', { name: 'Waiting room' })).toBeVisible();
  wire.silence();
  await isNoticed(patient);
  // The socket that was opened meanwhile is dead too, and is given up when it answers nothing.
  wire.restore();
  await expect(patient.getByText(/Reconnecting/)).toBeHidden();
  await admit(clinician, 'ana');
  await sees(patient, 'lee');
  await clinician.context().close();
  await patient.context().close();
});

test('a line written to a dead wire is not shown as sent, and arrives once it is', async ({ browser }) => {
  const { clinician, patient, wire } = await waitBehindAWire(browser);
  await admit(clinician, 'ana');
  await sees(patient, 'lee');
  await say(patient, 'First');
  await expect(patient.getByText('Sending…')).toBeHidden();
  wire.silence();
  await say(patient, 'Did this arrive?');
  await isNoticed(patient);
  await expect(patient.getByText('Sending…')).toBeVisible();
  wire.restore();
  await reads(clinician, 'Did this arrive?');
  await expect(patient.getByText('Sending…')).toBeHidden();
  await expect(clinician.getByText('Did this arrive?', { exact: true })).toHaveCount(1);
  await clinician.context().close();
  await patient.context().close();
});

/** The clinician is in, the patient in the waiting room, with somebody at the patient's wire. */
async function waitBehindAWire(browser: Browser) {
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await open(browser, 'ana', '/visits');
  const wire = await between(patient);
  await patient.goto(visitPath(clinician));
  await passLobby(patient);
  // The waiting room is shown while the place is still being asked for: only a page that has it can lose it.
  await expect.poll(() => wire.heard.map(({ type }) => type)).toContain('placed');
  return { clinician, patient, wire };
}

/** Two beats that don't come take twelve seconds. */
async function isNoticed(page: Page): Promise<void> {
  await expect(page.getByText(/Reconnecting/)).toBeVisible({ timeout: 20_000 });
}
