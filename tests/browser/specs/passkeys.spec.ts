// Passkeys through the browser's own code, with an authenticator that Chromium pretends to have (CDP, WebAuthn domain).
import { type CDPSession, type Page, expect, test } from '@playwright/test';
import { isAccessible } from '../support/accessible.ts';
import { account, freshCode, signIn } from '../support/people.ts';
import { stack } from '../support/stack.ts';
import { watch } from '../support/strict.ts';

/** A phone or a key, and what it does with its person. */
type Authenticator = {
  recognises(person: boolean): Promise<void>;
  /** Whether anybody touches it when it is asked. */
  isTouched(touched: boolean): Promise<void>;
  passkeys(): Promise<number>;
};

async function authenticator(page: Page): Promise<Authenticator> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    recognises: async (person) => {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: person });
    },
    isTouched: async (touched) => {
      await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: touched });
    },
    passkeys: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
  };
}

const dialog = (page: Page) => page.getByRole('dialog', { name: "Confirm that it's you" });
const section = (page: Page) => page.getByRole('region', { name: 'Passkeys' });

/** Somebody without a passkey confirms with a code, where the page asks. */
async function confirmIfAsked(page: Page, who: 'ben', done: Promise<unknown>): Promise<void> {
  done.catch(() => undefined);
  const asked = await Promise.race([
    done.then(() => false),
    dialog(page).waitFor({ state: 'visible' }).then(() => true, () => false),
  ]);
  if (asked) {
    await dialog(page).getByRole('textbox', { name: '6-digit code' }).fill(await freshCode(who));
    await dialog(page).getByRole('button', { name: 'Confirm' }).click();
  }
  await done;
}

/** By the page's own links: a page that is loaded anew has lost what CDP pretends to have. */
async function toSettings(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
}

async function add(page: Page, name: string): Promise<void> {
  await toSettings(page);
  await section(page).getByRole('button', { name: 'Add a passkey' }).click();
  await section(page).getByRole('textbox', { name: 'Name' }).fill(name);
  await section(page).getByRole('button', { name: 'Continue' }).click();
  await confirmIfAsked(page, 'ben', expect(page.getByText(`“${name}” is ready.`)).toBeVisible({ timeout: 60_000 }));
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('region', { name: 'Sessions' }).getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
}

const passkeyButton = (page: Page) => page.getByRole('button', { name: 'Sign in with a passkey' });

/** As if five minutes had passed: the server's first answer is the one it gives then. */
async function staleOnce(page: Page, path: string): Promise<void> {
  let refused = 0;
  await page.route(path, async (route) => {
    refused += 1;
    if (refused > 1) return route.continue();
    const body = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'fresh_factor_needed', detail: '' };
    return route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(body) });
  });
}

test('a passkey is made in the settings, signs in alone, confirms, and is removed', async ({ browser }) => {
  test.setTimeout(180_000);
  const context = await browser.newContext({ baseURL: stack().url });
  const page = await context.newPage();
  watch(page);
  await signIn(page, 'ben');
  const device = await authenticator(page);
  await add(page, "Ben's phone");
  expect(await device.passkeys()).toBe(1);
  await expect(section(page).getByRole('list', { name: 'Your passkeys' })).toContainText("Ben's phone");
  await isAccessible(page);
  // The device has one for this account already, and says so.
  await section(page).getByRole('button', { name: 'Add a passkey' }).click();
  await section(page).getByRole('button', { name: 'Continue' }).click();
  await expect(section(page).getByRole('alert')).toContainText('has a passkey for your account already');
  await isAccessible(page);

  await signOut(page);
  await isAccessible(page);
  await passkeyButton(page).press('Enter');
  await expect(page).toHaveURL(/\/visits$/);
  await expect(page.getByRole('heading', { name: 'My visits' })).toBeVisible();

  // It confirms what needs confirming.
  await toSettings(page);
  await expect(section(page).getByText(/Last used today/)).toBeVisible();
  await staleOnce(page, '**/api/v1/account/recovery-codes');
  await page.getByRole('button', { name: 'Make new codes' }).click();
  await expect(dialog(page).getByRole('button', { name: 'Use a passkey' })).toBeVisible();
  await isAccessible(page);
  await dialog(page).getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem')).toHaveCount(10);

  // Removed, it is nobody's any more; the device doesn't know yet.
  await section(page).getByRole('button', { name: "Remove Ben's phone" }).click();
  const question = page.getByRole('dialog', { name: 'Remove this passkey?' });
  await expect(question).toBeVisible();
  await isAccessible(page);
  await question.getByRole('button', { name: 'Remove passkey' }).click();
  await expect(page.getByText("“Ben's phone” is removed.")).toBeVisible();
  await expect(section(page).getByText('You have no passkey yet.')).toBeVisible();
  await signOut(page);
  await passkeyButton(page).click();
  await expect(page.getByRole('alert')).toContainText("That passkey didn't work here");
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await context.close();
});

test('a device that does not recognise its person signs nobody in, and calling it off is no alarm', async ({ browser }) => {
  test.setTimeout(180_000);
  const context = await browser.newContext({ baseURL: stack().url });
  const page = await context.newPage();
  watch(page);
  await signIn(page, 'ben');
  const device = await authenticator(page);
  await add(page, 'Key');
  await signOut(page);
  await device.recognises(false);
  await passkeyButton(page).click();
  await expect(page.getByRole('status')).toContainText('Nothing happened');
  await isAccessible(page);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await device.recognises(true);

  // Nobody touches it; the person thinks better of it.
  await device.isTouched(false);
  await page.evaluate(() => {
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = (options) => {
      navigator.credentials.get = get;
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 500);
      return get({ ...options, signal: stop.signal });
    };
  });
  await passkeyButton(page).click();
  await expect(page.getByRole('status')).toContainText('Nothing happened');
  await device.isTouched(true);
  // The other way in is there all the same.
  await page.getByRole('textbox', { name: 'Email' }).fill(account('ben').email);
  await page.getByLabel('Password').fill(account('ben').password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Enter your code' })).toBeVisible();
  await page.getByRole('button', { name: 'Start again' }).click();
  await passkeyButton(page).click();
  await expect(page).toHaveURL(/\/visits$/);
  await context.close();
});

test('a browser without passkeys has no button for them', async ({ browser }) => {
  const context = await browser.newContext({ baseURL: stack().url });
  const page = await context.newPage();
  watch(page);
  await page.addInitScript(() => Reflect.deleteProperty(window, 'PublicKeyCredential'));
  await page.goto('/sign-in');
  await expect(page.getByRole('button', { name: 'Continue' })).toBeVisible();
  await expect(passkeyButton(page)).toHaveCount(0);
  await context.close();
});
