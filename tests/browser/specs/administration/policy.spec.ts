// The practice's policy: wrong numbers, a fresh code, two administrators at once, and what it does to the next password.
import { type Browser, type Page, expect, test } from '@playwright/test';
import { forget, freshCode, open } from '../../support/people.ts';
import { stack } from '../../support/stack.ts';
import { watch } from '../../support/strict.ts';

const POLICY = '**/api/v1/policy';
const saved = (page: Page) => page.getByText('The policy is saved.');
const minimum = (page: Page) => page.getByRole('textbox', { name: 'Shortest password' });
const idle = (page: Page, role: string) =>
  page.getByRole('region', { name: role }).getByRole('textbox', { name: 'Sign out when not used for' });

async function openPolicy(browser: Browser): Promise<Page> {
  const page = await open(browser, 'iris', '/policy');
  await expect(page.getByRole('button', { name: 'Save policy' })).toBeVisible();
  return page;
}

/** Saves; where the session wants a fresh code, types it. */
async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save policy' }).click();
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" });
  await expect(dialog.or(saved(page)).or(page.getByRole('alert')).first()).toBeVisible();
  if (!(await dialog.isVisible())) return;
  await dialog.getByRole('textbox', { name: '6-digit code' }).fill(await freshCode('iris'));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(dialog).toBeHidden();
}

test('a wrong number is marked, a right one wants a fresh code and holds after a reload', async ({ browser }) => {
  const page = await openPolicy(browser);
  await minimum(page).fill('11');
  await idle(page, 'Clinicians').fill('four');
  await page.getByRole('button', { name: 'Save policy' }).click();
  await expect(page.getByRole('alert')).toHaveText("2 numbers can't be used. They are marked above.");
  await expect(minimum(page)).toBeFocused();
  await expect(minimum(page)).toHaveAccessibleDescription(/A whole number from 12 to 15/);
  await minimum(page).fill('14');
  await idle(page, 'Clinicians').fill('10');
  await expect(page.getByRole('alert')).toHaveCount(0);

  // As if the last code was shown longer ago: the page asks for one, and repeats what it was doing.
  await page.route(POLICY, (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    const body = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'fresh_factor_needed', detail: '' };
    return route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(body) });
  });
  await page.getByRole('button', { name: 'Save policy' }).click();
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(minimum(page)).toHaveValue('14');
  await page.getByRole('button', { name: 'Save policy' }).click();
  // Until the page was asked for a code, the request is still on its way to the answer above.
  await expect(dialog).toBeVisible();
  await page.unroute(POLICY);
  await dialog.getByRole('textbox', { name: '6-digit code' }).fill(await freshCode('iris'));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(saved(page)).toBeVisible();

  await page.reload();
  await expect(minimum(page)).toHaveValue('14');
  await expect(idle(page, 'Clinicians')).toHaveValue('10');
  await expect(page.getByText('Iris Novak changed this last')).toBeVisible();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'clinician:idle_minutes=15:10' }).first()).toBeVisible();
  await page.context().close();
  // The code gave the session another token.
  forget('iris');
});

test('somebody invited is told how long a password must be now', async ({ browser }) => {
  const admin = await openPolicy(browser);
  await minimum(admin).fill('15');
  await save(admin);
  await expect(saved(admin)).toBeVisible();
  await admin.goto('/people');
  await admin.getByRole('button', { name: 'Invite person' }).click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Nora Fifteen');
  await dialog.getByRole('textbox', { name: 'Email' }).fill(`nora.${Date.now()}@demo.curtain.example`);
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'Patient' });
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  const link = await admin.getByRole('textbox', { name: 'Link' }).inputValue();
  await admin.context().close();

  const page = await (await browser.newContext({ baseURL: stack().url })).newPage();
  watch(page);
  await page.goto(link);
  await expect(page.getByText('15 characters or more.')).toBeVisible();
  await page.getByLabel('New password').fill('quiet harbours');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toHaveText('Use at least 15 characters.');
  await page.getByLabel('New password').fill('quiet harbours.');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Add your authenticator' })).toBeVisible();
  await page.context().close();
});

test('of two who save at once the second is told, and nothing of theirs is lost', async ({ browser }) => {
  const one = await openPolicy(browser);
  const two = await one.context().newPage();
  watch(two);
  await two.goto('/policy');
  await expect(minimum(two)).toBeVisible();
  await minimum(one).fill('13');
  await idle(one, 'Auditors').fill('8');
  await save(one);
  await expect(saved(one)).toBeVisible();
  await minimum(two).fill('12');
  await idle(two, 'Patients').fill('25');
  await save(two);
  const told = two.getByRole('alert');
  await expect(told).toContainText('Another administrator saved the policy in the meantime');
  await expect(told).toContainText('Shortest password: saved as 13 characters, yours is 12 characters.');
  await expect(idle(two, 'Auditors')).toHaveValue('8');
  await expect(idle(two, 'Patients')).toHaveValue('25');
  await save(two);
  await expect(saved(two)).toBeVisible();
  await two.reload();
  await expect(minimum(two)).toHaveValue('12');
  await expect(idle(two, 'Patients')).toHaveValue('25');
  await one.context().close();
});

test('the keyboard alone changes the policy and takes a change back', async ({ browser }) => {
  const page = await openPolicy(browser);
  await minimum(page).focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('15');
  for (const role of ['Patients', 'Clinicians', 'Administrators', 'Auditors']) {
    while (!(await idle(page, role).evaluate((field) => field === document.activeElement))) await page.keyboard.press('Tab');
  }
  await expect(page.getByText('1 change is not saved yet.')).toBeVisible();
  const undo = page.getByRole('button', { name: 'Undo changes' });
  while (!(await undo.evaluate((button) => button === document.activeElement))) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(minimum(page)).toHaveValue('12');
  // Back to what a practice begins with, for whoever comes next.
  for (const [role, value] of [['Patients', '30'], ['Clinicians', '15'], ['Auditors', '15']] as const) {
    await idle(page, role).focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type(value);
  }
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" });
  await expect(dialog.or(saved(page)).first()).toBeVisible();
  if (await dialog.isVisible()) {
    await page.keyboard.type(await freshCode('iris'));
    await page.keyboard.press('Enter');
  }
  await expect(saved(page)).toBeVisible();
  await page.context().close();
});

test('nobody but an administrator finds the policy', async ({ browser }) => {
  for (const who of ['lee', 'ana', 'paul'] as const) {
    const page = await open(browser, who, '/policy');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
    await page.context().close();
  }
});

test('before passkeys are required the administrator sees who lacks one, until when, and that it is them too', async ({ browser }) => {
  const page = await openPolicy(browser);
  const administrators = page.getByRole('region', { name: 'Administrators' });
  await administrators.getByRole('radio', { name: 'Passkey only' }).check();
  // How many administrators there are by now, other stories decide.
  await expect(administrators).toContainText(/\d of \d (person has|people have) no passkey yet\. They can sign in as before until/);
  await expect(administrators).toContainText('You have no passkey yourself. Set one up in Settings before');
  await administrators.getByRole('textbox', { name: 'Days to set it up' }).fill('0');
  await expect(administrators).toContainText('They set one up the next time they sign in.');
  await expect(administrators).toContainText('otherwise you do it the next time you sign in');
  await administrators.getByRole('radio', { name: 'Authenticator app or passkey' }).check();
  await expect(administrators.getByRole('textbox', { name: 'Days to set it up' })).toHaveCount(0);

  const auditors = page.getByRole('region', { name: 'Auditors' });
  await auditors.getByRole('radio', { name: 'Passkey only' }).check();
  await auditors.getByRole('textbox', { name: 'Days to set it up' }).fill('31');
  await page.getByRole('button', { name: 'Save policy' }).click();
  await expect(auditors.getByRole('textbox', { name: 'Days to set it up' })).toBeFocused();
  await auditors.getByRole('textbox', { name: 'Days to set it up' }).fill('30');
  await save(page);
  await expect(saved(page)).toBeVisible();
  await page.goto('/people');
  await page.getByRole('button', { name: 'Pending' }).click();
  const paul = page.getByRole('row').filter({ hasText: 'Paul Weber' });
  await expect(paul).toContainText('Needs a passkey by');
  await expect(page.getByRole('row').filter({ hasText: 'Ana Ruiz' })).toHaveCount(0);

  await page.goto('/policy');
  await auditors.getByRole('radio', { name: 'Authenticator app or passkey' }).check();
  await save(page);
  await expect(saved(page)).toBeVisible();
  await page.context().close();
});
