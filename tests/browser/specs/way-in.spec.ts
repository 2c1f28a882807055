// What people change about their own way in. Runs last, and as people whom no other test signs in after it: their
// passwords and authenticators are others afterwards.
import { type Page, expect, test } from '@playwright/test';
import { account, code, freshCode, open, signIn } from '../support/people.ts';
import { stack } from '../support/stack.ts';
import { watch } from '../support/strict.ts';

const NEW_PASSWORD = 'four rivers meet below the mill';

/** Types a fresh code where the page asks for one; whoever signed in a moment ago isn't asked. */
async function confirmIfAsked(page: Page, who: 'iris' | 'paul', done: () => Promise<void>): Promise<void> {
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" });
  const answered = done();
  answered.catch(() => undefined);
  for (;;) {
    const asked = await Promise.race([
      answered.then(() => false),
      dialog.waitFor({ state: 'visible' }).then(() => true, () => false),
    ]);
    if (!asked) return answered;
    await dialog.getByRole('textbox', { name: '6-digit code' }).fill(await freshCode(who));
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.waitFor({ state: 'hidden' });
  }
}

async function newCodes(page: Page, who: 'iris' | 'paul'): Promise<string[]> {
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Make new codes' }).click();
  const list = page.getByRole('list', { name: 'Your recovery codes' });
  await confirmIfAsked(page, who, () => expect(list.getByRole('listitem')).toHaveCount(10, { timeout: 60_000 }));
  const codes = await list.getByRole('listitem').allInnerTexts();
  await page.getByRole('button', { name: 'I have saved them' }).click();
  await expect(page.getByText('You have 10 codes left.')).toBeVisible();
  return codes;
}

/** Reads the secret that the screen shows for typing. */
async function shownSecret(page: Page): Promise<string> {
  return (await page.locator('.secret').innerText()).replaceAll(/\s/g, '');
}

test('a recovery code and a new authenticator lead back in', async ({ browser }) => {
  const settings = await open(browser, 'iris', '/settings');
  const [saved] = await newCodes(settings, 'iris');
  const page = await browser.newPage({ baseURL: stack().url });
  watch(page);
  const { email, password } = account('iris');
  await page.goto('/sign-in');
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('link', { name: 'Use a recovery code' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill('0000 0000 0000 0000');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(saved!.toLowerCase());
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Add your authenticator' })).toBeVisible();
  const secret = await shownSecret(page);
  await page.getByRole('textbox', { name: '6-digit code' }).fill(code(secret, Math.floor(Date.now() / 30_000)));
  await page.getByRole('button', { name: 'Confirm and sign in' }).click();
  await expect(page).toHaveURL(/\/visits$/);
  await page.goto('/settings');
  await expect(page.getByText('You have 9 codes left.')).toBeVisible();
  await expect(page.getByText(/One was used .* tell your practice/)).toBeVisible();
  // Whoever was signed in elsewhere is out.
  await settings.goto('/settings');
  await expect(settings.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.close();
  await settings.context().close();
});

test('a new password ends the other browser within five seconds, a new authenticator takes over', async ({ browser }) => {
  test.setTimeout(180_000);
  const context = await browser.newContext({ baseURL: stack().url });
  const [page, elsewhere] = [await context.newPage(), await browser.newPage({ baseURL: stack().url })];
  watch(page);
  watch(elsewhere);
  await signIn(elsewhere, 'paul');
  await signIn(page, 'paul');
  await page.goto('/settings');
  const sessions = page.getByRole('region', { name: 'Sessions' });
  await expect(sessions.getByRole('button', { name: /^End session/ }).first()).toBeVisible();
  await page.getByRole('textbox', { name: 'Current password' }).fill(account('paul').password);
  const field = page.getByRole('textbox', { name: 'New password' });
  await field.fill('Password2026!');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('alert')).toContainText('Many people have chosen this password');
  await field.fill(NEW_PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Your password is changed.')).toBeVisible();
  await elsewhere.goto('/settings');
  await expect(elsewhere.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 5_000 });

  await page.getByRole('button', { name: 'Replace authenticator' }).click();
  const qr = page.getByRole('img', { name: 'QR code' });
  await confirmIfAsked(page, 'paul', () => expect(qr).toBeVisible({ timeout: 60_000 }));
  const secret = await shownSecret(page);
  await page.getByRole('textbox', { name: '6-digit code' }).fill(code(secret, Math.floor(Date.now() / 30_000)));
  await page.getByRole('button', { name: 'Confirm', exact: true }).click();
  await expect(page.getByText('The new authenticator is in use.')).toBeVisible();
  await elsewhere.close();
  await context.close();
});

test('the page asks for a fresh code by itself, and goes on where it was', async ({ browser }) => {
  const page = await open(browser, 'lee', '/settings');
  // As if five minutes had passed: the server's first answer is the one it gives then.
  let refused = 0;
  await page.route('**/api/v1/account/recovery-codes', async (route) => {
    refused += 1;
    if (refused > 1) return route.continue();
    const body = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'fresh_factor_needed', detail: '' };
    return route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(body) });
  });
  await page.getByRole('button', { name: 'Make new codes' }).click();
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" });
  await expect(dialog).toBeVisible();
  await dialog.getByRole('textbox', { name: '6-digit code' }).fill(await freshCode('lee'));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem')).toHaveCount(10);
  await page.context().close();
});
