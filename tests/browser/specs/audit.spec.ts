// The auditor's work: find who wrote which note, check that nobody changed the log, take it away as a file.
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { open } from '../support/people.ts';
import { meet, visitPath } from '../support/visit.ts';

test('an auditor finds a note, verifies the log and exports it', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  const visit = visitPath(clinician);
  await clinician.getByRole('textbox', { name: 'Note' }).fill('Words for the record alone.');
  await expect(clinician.getByRole('status').filter({ hasText: 'Saved' })).toBeVisible();

  const paul = await open(browser, 'paul');
  await paul.getByRole('navigation').getByRole('link', { name: 'Audit log' }).click();
  await expect(paul.getByRole('heading', { name: 'Audit log' })).toBeVisible();
  const search = paul.getByRole('search', { name: 'Audit log' });
  await search.getByRole('combobox', { name: 'Person' }).selectOption({ label: 'Dr Maya Lee' });
  await search.getByRole('combobox', { name: 'Action' }).selectOption({ label: 'Note written' });
  await search.getByRole('button', { name: 'Search' }).click();
  const rows = paul.getByRole('table').getByRole('row');
  await expect(rows.nth(1)).toContainText('Note written');
  await expect(rows.nth(1)).toContainText('Dr Maya Lee');
  await expect(rows.nth(1)).toContainText('patient Ana Ruiz');
  await expect(paul.getByText('Words for the record alone.')).toHaveCount(0);

  await paul.getByRole('button', { name: 'Verify' }).click();
  await expect(paul.getByRole('status').filter({ hasText: 'The log is whole' })).toBeVisible();

  await paul.getByRole('button', { name: 'Export' }).click();
  const downloading = paul.waitForEvent('download');
  await paul.getByRole('dialog').getByRole('link', { name: 'One event a line' }).click();
  const file = readFileSync(await (await downloading).path(), 'utf8');
  const events = file.trim().split('\n').map((line) => JSON.parse(line) as { action: string; visit: string });
  expect(events.length).toBeGreaterThan(0);
  expect(events.every((one) => one.action === 'note_written')).toBe(true);
  expect(events.some((one) => visit.endsWith(one.visit))).toBe(true);
  await paul.keyboard.press('Escape');

  // Reading the log is in the log.
  await search.getByRole('combobox', { name: 'Person' }).selectOption({ label: 'Paul Weber' });
  await search.getByRole('combobox', { name: 'Action' }).selectOption({ label: 'Audit log exported' });
  await search.getByRole('button', { name: 'Search' }).click();
  await expect(rows.nth(1)).toContainText('Paul Weber');

  for (const page of [clinician, patient, paul]) await page.context().close();
});

test('a clinician has no way to the log', async ({ browser }) => {
  const lee = await open(browser, 'lee', '/audit');
  await expect(lee.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(lee.getByRole('heading', { name: 'Audit log' })).toHaveCount(0);
  await expect(lee.getByRole('link', { name: 'Audit log' })).toHaveCount(0);
  expect((await lee.request.get('/api/v1/audit')).status()).toBe(403);
  await lee.context().close();
});
