// A colleague is invited from the visit, takes part, is removed, and sees nothing any more.
import { expect, test } from '@playwright/test';
import { account, open } from '../support/people.ts';
import { admit, meet, picture, reads, say, sees, visitPath } from '../support/visit.ts';

test('three people see each other; the removed one sees nothing after two seconds', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await clinician.getByRole('button', { name: 'Invite someone' }).click();
  await clinician.getByRole('combobox', { name: 'Colleague' }).selectOption({ label: account('okafor').name });
  await clinician.getByRole('button', { name: 'Add' }).click();
  const colleague = await open(browser, 'okafor');
  await colleague.goto(visitPath(clinician));
  await admit(clinician, 'okafor');
  for (const [page, others] of [
    [clinician, ['ana', 'okafor']],
    [patient, ['lee', 'okafor']],
    [colleague, ['lee', 'ana']],
  ] as const) {
    for (const other of others) await sees(page, other);
  }
  await say(colleague, 'Hello from the third');
  await reads(clinician, 'Hello from the third');
  await reads(patient, 'Hello from the third');

  await clinician.getByRole('button', { name: `Remove ${account('okafor').name}` }).click();
  const confirm = clinician.getByRole('dialog').getByRole('button', { name: /^Remove/ });
  if (await confirm.isVisible()) await confirm.click();
  // The promise is two seconds: after them the count of decoded frames must stand still.
  await clinician.waitForTimeout(2_000);
  const before = await frames(colleague);
  await clinician.waitForTimeout(2_000);
  expect(await frames(colleague)).toBe(before);
  await sees(clinician, 'ana');
  await sees(patient, 'lee');
  for (const page of [clinician, patient, colleague]) await page.context().close();
});

async function frames(page: import('@playwright/test').Page): Promise<number> {
  const seen = await Promise.all([picture(page, 'lee'), picture(page, 'ana')]);
  return seen.reduce((sum, one) => sum + (one?.frames ?? 0), 0);
}
