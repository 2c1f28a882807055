// The code that people read to each other: the same on every screen, new when somebody enters, and what happens when it is
// different. None of it stands in the way of the visit.
import { type Page, expect, test } from '@playwright/test';
import { holdsUp, isAccessible } from '../../support/accessible.ts';
import { account, open } from '../../support/people.ts';
import { admit, meet, passLobby, sees, startVisit, visitPath } from '../../support/visit.ts';
import { between } from '../../support/wire.ts';

const status = (page: Page) => page.getByRole('status', { name: 'Safety code' });

/** The six digits, once they are there. */
async function code(page: Page): Promise<string> {
  await expect(status(page)).toHaveText(/\d{3}\s\d{3}/);
  return (await status(page).innerText()).replace(/\D/g, '');
}

test('both read the same six digits, and each is asked for their part', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const digits = await code(clinician);
  expect(digits).toHaveLength(6);
  expect(await code(patient)).toBe(digits);
  await expect(clinician.getByText(`Read this code to ${account('ana').name}.`)).toBeVisible();
  await expect(patient.getByText(`Does ${account('lee').name} read the same code?`)).toBeVisible();
  // Digit by digit for who listens to the screen.
  await expect(status(patient).getByRole('img')).toHaveAccessibleName([...digits.slice(0, 3)].join(' ') + ', ' + [...digits.slice(3)].join(' '));
  await sees(patient, 'lee');
  for (const page of [clinician, patient]) await holdsUp(page);
  await clinician.context().close();
  await patient.context().close();
});

test('with the keyboard alone it is confirmed quietly, until somebody enters', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const before = await code(patient);
  await patient.getByRole('button', { name: 'It matches' }).focus();
  await patient.keyboard.press('Enter');
  await expect(patient.getByText('You compared this code')).toBeVisible();
  await expect(patient.getByRole('button', { name: "It's different" })).toBeHidden();
  expect(await code(patient)).toBe(before);
  await isAccessibleInBoth(patient);

  await clinician.getByRole('button', { name: 'Invite someone' }).click();
  await clinician.getByRole('combobox', { name: 'Colleague' }).selectOption({ label: account('okafor').name });
  await clinician.getByRole('button', { name: 'Add' }).click();
  const colleague = await open(browser, 'okafor');
  await colleague.goto(visitPath(clinician));
  await admit(clinician, 'okafor');
  await expect(patient.getByRole('button', { name: 'It matches' })).toBeVisible();
  const after = await code(colleague);
  expect(after).not.toBe(before);
  for (const page of [clinician, patient]) expect(await code(page)).toBe(after);
  for (const page of [clinician, patient, colleague]) await page.context().close();
});

test('who reads another code is told what it means and what to do, and the other side hears of it', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await code(patient);
  await patient.getByRole('button', { name: "It's different" }).focus();
  await patient.keyboard.press('Enter');
  const dialog = patient.getByRole('dialog', { name: 'The codes are different' });
  await expect(dialog).toContainText('Call your practice');
  await expect(dialog.getByRole('button', { name: 'Read it again' })).toBeFocused();
  await isAccessibleInBoth(patient);
  await patient.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(patient.getByText('The codes were different.')).toBeVisible();
  await expect(clinician.getByText(`${account('ana').name} says that the code is different`).first()).toBeVisible();
  for (const page of [clinician, patient]) await holdsUp(page);
  // Nobody is cut off: it may have been misread.
  await sees(patient, 'lee');
  await patient.getByRole('button', { name: 'It matches' }).click();
  await expect(patient.getByText('The codes were different.')).toBeHidden();
  await patient.getByRole('button', { name: 'Leave', exact: true }).click();
  await expect(patient.getByRole('heading', { name: 'You left the visit' })).toBeVisible();
  await clinician.context().close();
  await patient.context().close();
});

test('a clinician on a new device is shown as such until the code was compared', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await code(patient);
  await patient.getByRole('button', { name: 'It matches' }).click();
  await clinician.context().close();
  await forgetWhatIsNew(patient);
  // Another browser of the same person: the session goes along, the device key does not.
  const laptop = await startVisit(browser, 'lee', 'ana');
  await patient.goto(visitPath(laptop));
  await passLobby(patient);
  await admit(laptop, 'ana');
  const notice = patient.getByText(`${account('lee').name} has another device than last time.`);
  await expect(notice).toBeVisible();
  await sees(patient, 'lee');
  await holdsUp(patient);
  await code(patient);
  await patient.getByRole('button', { name: 'It matches' }).click();
  await expect(notice).toBeHidden();
  await laptop.context().close();
  await patient.context().close();
});

test('answers that a server holds back make a failure that says so, and Try again heals it', async ({ browser }) => {
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await open(browser, 'ana', '/visits');
  let held = true;
  await between(patient, (message) => (held && message.type === 'application' ? [] : [message]));
  await patient.goto(visitPath(clinician));
  await passLobby(patient);
  await admit(clinician, 'ana');
  await expect(status(clinician)).toHaveText('Checking…');
  await expect(status(clinician)).toHaveText('No code', { timeout: 20_000 });
  await expect(clinician.getByText(/We could not make a code/)).toBeVisible();
  await expect(clinician.getByRole('button', { name: 'It matches' })).toBeHidden();
  // Nothing is cut off meanwhile.
  await sees(clinician, 'ana');
  await holdsUp(clinician);
  held = false;
  await clinician.getByRole('button', { name: 'Try again' }).click();
  await patient.getByRole('button', { name: 'Try again' }).click();
  expect(await code(clinician)).toBe(await code(patient));
  await clinician.context().close();
  await patient.context().close();
});

/** Browsers that met people before there was a code to compare kept one key for each, and that counts still. */
async function forgetWhatIsNew(page: Page): Promise<void> {
  const changed = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        const opening = indexedDB.open('curtain');
        opening.onsuccess = () => {
          const people = opening.result.transaction('people', 'readwrite').objectStore('people').openCursor();
          let count = 0;
          people.onsuccess = () => {
            const cursor = people.result;
            if (cursor === null) {
              opening.result.close();
              return done(count);
            }
            count += 1;
            cursor.update((cursor.value as { device: Uint8Array }[])[0]!.device);
            cursor.continue();
          };
        };
      }),
  );
  expect(changed).toBe(1);
}

async function isAccessibleInBoth(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await isAccessible(page);
  }
}
