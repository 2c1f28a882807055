// Reload, back button, a second tab, a lost network: the same person takes the place back and nothing hangs.
import { expect, test } from '@playwright/test';
import { account } from '../support/people.ts';
import { forgive } from '../support/strict.ts';
import { admit, meet, passLobby, reads, say, sees, visitPath } from '../support/visit.ts';

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
