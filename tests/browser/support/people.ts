// The people of the demo practice, each in a browser of their own, signed in the way people sign in.
import { createHmac } from 'node:crypto';
import { type Browser, type BrowserContext, type Page, expect } from '@playwright/test';
import { type Account, stack } from './stack.ts';
import { watch } from './strict.ts';

export type Who = 'lee' | 'okafor' | 'ana' | 'ben' | 'iris' | 'paul';

const signedIn = new Map<Who, Awaited<ReturnType<BrowserContext['storageState']>>>();
const usedSteps = new Map<Who, number>();

/** The demo account whose address starts with the name. */
export function account(who: Who): Account {
  const found = stack().accounts.find((one) => one.email.startsWith(`${who}@`));
  if (!found) throw new Error(`the demo has no account ${who}`);
  return found;
}

/** A page of this person, signed in. The first sign-in goes through the screens; later ones reuse the session. */
export async function open(browser: Browser, who: Who, path = '/visits'): Promise<Page> {
  const context = await browser.newContext({
    baseURL: stack().url,
    permissions: ['camera', 'microphone'],
    ...(signedIn.has(who) ? { storageState: signedIn.get(who) } : {}),
  });
  const page = await context.newPage();
  watch(page);
  if (!signedIn.has(who)) {
    await signIn(page, who);
    signedIn.set(who, await context.storageState());
  }
  await page.goto(path);
  return page;
}

/** The session of this person was ended: the next page signs in through the screens again. */
export function forget(who: Who): void {
  signedIn.delete(who);
}

/** Another demo has other sessions. */
export function forgetEverybody(): void {
  signedIn.clear();
}

/** Password, then code, through the screens. */
export async function signIn(page: Page, who: Who): Promise<void> {
  const { email, password } = account(who);
  await page.goto('/sign-in');
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Enter your code' })).toBeVisible();
  await page.getByRole('textbox', { name: '6-digit code' }).fill(await freshCode(who));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/visits$/);
}

/** A code that was not used yet: each counts once, so a second sign-in takes the next step's. */
export async function freshCode(who: Who): Promise<string> {
  for (;;) {
    const now = Math.floor(Date.now() / 30_000);
    const used = usedSteps.get(who) ?? 0;
    // The server takes one step either side of its own.
    const step = Math.max(now - 1, used + 1);
    if (step <= now + 1) {
      usedSteps.set(who, step);
      return code(account(who).totp_secret, step);
    }
    await new Promise((next) => setTimeout(next, 500));
  }
}

/** RFC 6238 with SHA-1 and six digits, as authenticator apps do it. */
export function code(secretBase32: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', base32(secretBase32)).update(counter).digest();
  const offset = digest[digest.length - 1]! & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function base32(text: string): Buffer {
  let bits = '';
  for (const letter of text.replace(/=+$/, '')) {
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
}
