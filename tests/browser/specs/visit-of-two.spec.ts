// The first private visit: two people see and hear each other, write, and the clinician ends it.
import { expect, test } from '@playwright/test';
import { account } from '../support/people.ts';
import { admit, meet, peopleInVisit, reads, say, sees, startVisit, visitPath, wait } from '../support/visit.ts';

test('a clinician and a patient meet, see each other and write', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await sees(clinician, 'ana');
  await sees(patient, 'lee');
  await say(patient, 'Good morning, doctor');
  await reads(clinician, 'Good morning, doctor');
  await say(clinician, 'Good morning, Ana');
  await reads(patient, 'Good morning, Ana');
  for (const page of [clinician, patient]) {
    const people = (await peopleInVisit(page)).join('\n');
    expect(people).toContain(account('lee').name);
    expect(people).toContain(account('ana').name);
  }
  await clinician.getByRole('button', { name: 'End visit for everyone' }).click();
  await clinician.getByRole('dialog').getByRole('button', { name: /^End/ }).click();
  await expect(patient.getByRole('heading', { name: 'The visit has ended' })).toBeVisible();
  await clinician.context().close();
  await patient.context().close();
});

test('both sides show the same long code to who asks for it', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const codes = await Promise.all(
    [clinician, patient].map(async (page) => {
      await page.getByText('What is the safety code for?').click();
      const long = page.getByRole('group', { name: 'Long code' });
      await expect(long).toHaveText(/(\d[\s\S]*){30}/);
      return (await long.innerText()).replace(/\D/g, '');
    }),
  );
  expect(codes[0]).toHaveLength(30);
  expect(codes[0]).toBe(codes[1]);
  await clinician.context().close();
  await patient.context().close();
});

test('microphone and camera say whether they are on', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const camera = patient.getByRole('button', { name: 'Camera' });
  await expect(camera).toHaveAttribute('aria-pressed', 'true');
  await camera.click();
  await expect(camera).toHaveAttribute('aria-pressed', 'false');
  await camera.click();
  await expect(camera).toHaveAttribute('aria-pressed', 'true');
  await sees(clinician, 'ana');
  await clinician.context().close();
  await patient.context().close();
});

test('a declined patient stays out', async ({ browser }) => {
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await wait(browser, 'ana', visitPath(clinician));
  await expect(patient.getByRole('heading', { name: 'Waiting room' })).toBeVisible();
  await clinician.getByRole('button', { name: `Decline ${account('ana').name}` }).click();
  await expect(patient.getByRole('heading', { name: 'Waiting room' })).toBeHidden();
  await expect(patient.getByRole('region', { name: 'Visit' })).toBeHidden();
  expect(await patient.locator('video[aria-label*="Lee"]').count()).toBe(0);
  await clinician.context().close();
  await patient.context().close();
});

test('joining with sound only shows no picture and is heard', async ({ browser }) => {
  const clinician = await startVisit(browser, 'lee', 'ana');
  const { open } = await import('../support/people.ts');
  const patient = await open(browser, 'ana', visitPath(clinician));
  await patient.getByRole('button', { name: 'Join with sound only' }).click();
  await admit(clinician, 'ana');
  await expect(patient.getByRole('button', { name: 'Camera' })).toHaveAttribute('aria-pressed', 'false');
  await sees(patient, 'lee');
  await clinician.context().close();
  await patient.context().close();
});
