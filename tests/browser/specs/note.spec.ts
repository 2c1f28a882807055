// One note: written while talking, saved by itself, there after the visit, and nobody else's.
import { expect, test } from '@playwright/test';
import { open } from '../support/people.ts';
import { meet, visitPath } from '../support/visit.ts';

test('the note saves itself and is there after the visit', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const path = visitPath(clinician);
  await clinician.getByRole('textbox', { name: 'Note' }).fill('Cough for three days. Lungs clear.');
  await expect(clinician.getByRole('status').filter({ hasText: 'Saved' })).toBeVisible();
  await clinician.getByRole('button', { name: 'End visit for everyone' }).click();
  await clinician.getByRole('dialog').getByRole('button', { name: /^End/ }).click();
  await clinician.goto(`${path}/record`);
  await expect(clinician.getByRole('heading', { name: 'Visit record' })).toBeVisible();
  await expect(clinician.getByRole('textbox', { name: 'Note' })).toHaveValue('Cough for three days. Lungs clear.');

  const answers = await Promise.all(
    (['okafor', 'ana', 'iris', 'paul'] as const).map(async (who) => {
      const page = await open(browser, who);
      const answer = await page.request.get(`/api/v1${path}/note`);
      const body = await answer.text();
      await page.context().close();
      return { status: answer.status(), tells: body.includes('Cough') };
    }),
  );
  for (const answer of answers) {
    expect([403, 404]).toContain(answer.status);
    expect(answer.tells).toBe(false);
  }
  await clinician.context().close();
  await patient.context().close();
});

test('two tabs that write the same note lose nothing', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const record = await clinician.context().newPage();
  await record.goto(`${visitPath(clinician)}/record`);
  await record.getByRole('textbox', { name: 'Note' }).fill('Written on the record page.');
  await expect(record.getByRole('status').filter({ hasText: 'Saved' })).toBeVisible();
  await clinician.getByRole('textbox', { name: 'Note' }).fill('Written in the visit.');
  await expect(clinician.getByText('Written on the record page.')).toBeVisible();
  await expect(clinician.getByRole('textbox', { name: 'Note' })).toHaveValue(/Written in the visit\./);
  await clinician.context().close();
  await patient.context().close();
});
