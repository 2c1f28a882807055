// Signing in, and everything people get wrong while they do.
import { expect, test } from '@playwright/test';
import { account, code, freshCode, open, signIn } from '../support/people.ts';
import { stack } from '../support/stack.ts';
import { watch } from '../support/strict.ts';

test('a wrong password and an unknown address get the same words', async ({ browser }) => {
  const page = await browser.newPage({ baseURL: stack().url });
  watch(page);
  const refusals: string[] = [];
  for (const email of [account('ben').email, 'nobody@demo.curtain.example']) {
    await page.goto('/sign-in');
    await page.getByRole('textbox', { name: 'Email' }).fill(email);
    await page.getByLabel('Password').fill('not the password at all');
    await page.getByRole('button', { name: 'Continue' }).click();
    refusals.push(await page.getByRole('alert').innerText());
  }
  expect(refusals[0]).toBe(refusals[1]);
  await page.close();
});

test('a wrong code is told, and the right one still works', async ({ browser }) => {
  const page = await browser.newPage({ baseURL: stack().url });
  watch(page);
  const { email, password, totp_secret } = account('ben');
  await page.goto('/sign-in');
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
  // A code of long ago is never right now.
  await page.getByRole('textbox', { name: '6-digit code' }).fill(code(totp_secret, 1));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByRole('textbox', { name: '6-digit code' }).fill(await freshCode('ben'));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'My visits' })).toBeVisible();
  await page.close();
});

test('somebody signed out is asked to sign in and comes back to where they were', async ({ browser }) => {
  const context = await browser.newContext({ baseURL: stack().url });
  const page = await context.newPage();
  watch(page);
  await page.goto('/visits');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await signIn(page, 'ana');
  await expect(page.getByRole('heading', { name: 'My visits' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await context.close();
});

test('an address that is nobody\'s visit is the same as one that does not exist', async ({ browser }) => {
  const page = await open(browser, 'ana');
  const words: string[] = [];
  for (const id of ['01900000-0000-7000-8000-000000000000', 'not-an-id']) {
    await page.goto(`/visits/${id}`);
    words.push(await page.getByRole('heading', { level: 1 }).innerText());
  }
  expect(words[0]).toBe(words[1]);
  await page.context().close();
});
