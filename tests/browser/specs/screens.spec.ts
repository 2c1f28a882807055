// Every screen: no accessibility finding, no sideways scrolling on a small phone, everything reachable by keyboard.
import { expect, test } from '@playwright/test';
import { holdsUp, isAccessible } from '../support/accessible.ts';
import { open } from '../support/people.ts';
import { stack } from '../support/stack.ts';
import { watch } from '../support/strict.ts';
import { meet, startVisit, visitPath, wait } from '../support/visit.ts';

test('the screens before signing in', async ({ browser }) => {
  const context = await browser.newContext({ baseURL: stack().url });
  const page = await context.newPage();
  watch(page);
  for (const path of ['/sign-in', '/about', '/activate#nothing', '/sign-in/recovery-code']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await holdsUp(page);
  }
  await context.close();
});

test('the screens of each role', async ({ browser }) => {
  for (const who of ['lee', 'ana', 'iris', 'paul'] as const) {
    const page = await open(browser, who);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await holdsUp(page);
    if (who === 'iris' || who === 'paul') {
      await page.goto('/audit');
      await expect(page.getByRole('table')).toBeVisible();
      await holdsUp(page);
    }
    await page.goto('/settings');
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
    await holdsUp(page);
    await page.context().close();
  }
});

test('the screens of an administrator', async ({ browser }) => {
  const page = await open(browser, 'iris', '/people');
  await expect(page.getByRole('table', { name: 'People of the practice' })).toBeVisible();
  await holdsUp(page);
  await page.getByRole('button', { name: 'Actions for Paul Weber' }).press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Change role' })).toBeFocused();
  await holdsUp(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Role' })).toBeVisible();
  await holdsUp(page);
  await page.keyboard.press('Escape');
  for (const name of ['Invite person', 'Invite from a file']) {
    await page.getByRole('button', { name }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await holdsUp(page);
    await page.keyboard.press('Escape');
  }
  await page.goto('/policy');
  await page.getByRole('textbox', { name: 'Shortest password' }).fill('1');
  await page.getByRole('button', { name: 'Save policy' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await holdsUp(page);
  await page.goto('/outbox');
  await expect(page.getByRole('heading', { name: 'Outbox' })).toBeVisible();
  await holdsUp(page);
  await page.context().close();
});

test('lobby, waiting room, visit and record', async ({ browser }) => {
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await open(browser, 'ana', visitPath(clinician));
  await expect(patient.getByRole('heading', { name: 'Before you join' })).toBeVisible();
  await holdsUp(patient);
  await patient.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(patient.getByRole('heading', { name: 'Waiting room' })).toBeVisible();
  await holdsUp(patient);
  await clinician.getByRole('button', { name: /^Admit/ }).click();
  await expect(patient.getByRole('region', { name: 'Visit' })).toBeVisible();
  await holdsUp(patient);
  await holdsUp(clinician);
  await clinician.goto(`${visitPath(clinician)}/record`);
  await holdsUp(clinician);
  await patient.context().close();
  await clinician.context().close();
});

test('a whole visit by keyboard alone', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  for (const name of ['Microphone', 'Camera', 'Chat', 'Leave']) {
    const button = patient.getByRole('button', { name, exact: true });
    await button.focus();
    await expect(button).toBeFocused();
  }
  await patient.getByRole('button', { name: 'Leave', exact: true }).press('Enter');
  await expect(patient.getByRole('heading', { name: 'You left the visit' })).toBeVisible();
  await clinician.context().close();
  await patient.context().close();
});

test('somebody without camera and microphone is told how to go on', async ({ browser }) => {
  const clinician = await startVisit(browser, 'lee', 'ana');
  const patient = await open(browser, 'ana', '/visits');
  await patient.context().clearPermissions();
  await patient.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await patient.goto(visitPath(clinician));
  await expect(patient.getByText(/blocked/i).first()).toBeVisible();
  await holdsUp(patient);
  await expect(patient.getByRole('button', { name: 'Join with sound only' })).toBeVisible();
  void wait;
  await clinician.context().close();
  await patient.context().close();
});
