// The practice's key, on a demo of its own, since it is there to stay: an administrator makes it and confirms a clinician's
// browser, a visit shows who is confirmed, and a server that tells of another key gets nobody into a visit.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Browser, type Page, expect, test } from '@playwright/test';
import { holdsUp } from '../../support/accessible.ts';
import { account, forgetEverybody, freshCode, open } from '../../support/people.ts';
import { anotherStack } from '../../support/stack.ts';
import { admit, passLobby, sees, visitPath } from '../../support/visit.ts';

const PASSPHRASE = 'five rivers meet below the hill';

test.describe.configure({ mode: 'serial' });

let stop: () => Promise<void>;
test.beforeAll(async () => {
  test.setTimeout(300_000);
  stop = await anotherStack();
  forgetEverybody();
});
test.afterAll(async () => {
  await stop();
  forgetEverybody();
});

/** Where the session wants a fresh code, types it. */
async function confirmed(page: Page, done: ReturnType<Page['getByText']>): Promise<void> {
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" });
  await expect(dialog.or(done).first()).toBeVisible();
  if (!(await dialog.isVisible())) return;
  await dialog.getByRole('textbox', { name: '6-digit code' }).fill(await freshCode('iris'));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await expect(done).toBeVisible();
}

/** The code that stands under a label, as somebody reads it out. */
async function code(page: Page | ReturnType<Page['getByRole']>, label: string): Promise<string> {
  const shown = await page.getByText(label, { exact: true }).locator('..').innerText();
  return (shown.match(/[0-9A-F]{4}/g) ?? []).slice(0, 5).join(' ');
}

/** A lying server's answer: a practice key that is somebody else's. */
async function lies(page: Page): Promise<void> {
  const { publicKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
  const made_at = '2026-01-01T00:00:00Z';
  const body = { keys: [{ id: '01900000-0000-7000-8000-00000000dead', public_key: key, signed_by_previous: null, made_at }], revoked: [] };
  await page.route('**/api/v1/practice-key', (route) => route.fulfill({ json: body }));
}

/** A fresh visit of Lee with Ana, made by the server, without a page for it. */
async function newVisit(lee: Page): Promise<string> {
  await lee.goto('/visits');
  await lee.getByRole('button', { name: 'New visit' }).click();
  await lee.getByRole('combobox', { name: 'Patient' }).selectOption({ label: account('ana').name });
  await lee.getByRole('button', { name: 'Start now' }).click();
  await expect(lee).toHaveURL(/\/visits\/[0-9a-f-]{36}$/);
  return visitPath(lee);
}

const file = { name: 'key.json', mimeType: 'application/json', buffer: Buffer.alloc(0) };
let lee: Page;
let ana: Page;

async function openKey(iris: Page, passphrase = PASSPHRASE): Promise<void> {
  await iris.getByLabel('Key file').setInputFiles(file);
  await iris.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await iris.getByRole('button', { name: 'Open the key' }).click();
}

test('without a practice key visits go on, and the screens say that nobody is confirmed', async ({ browser }) => {
  lee = await open(browser, 'lee', '/settings');
  await expect(lee.getByRole('region', { name: 'Browsers for visits' })).toContainText('has no practice key yet');
  const path = await newVisit(lee);
  await expect(lee.getByRole('region', { name: 'Visit' })).toBeVisible();
  ana = await open(browser, 'ana', path);
  await passLobby(ana);
  await admit(lee, 'ana');
  await sees(ana, 'lee');
  await expect(ana.getByText("can't confirm who the clinician is")).toBeVisible();
  await expect(ana.getByText('Confirmed by the practice')).toHaveCount(0);
});

test('an administrator makes the key with the keyboard alone, and saves its file first', async ({ browser }) => {
  const iris = await open(browser, 'iris', '/practice-key');
  await expect(iris.getByRole('heading', { level: 1, name: 'Practice key' })).toBeVisible();
  await holdsUp(iris);
  await iris.getByLabel('Passphrase', { exact: true }).fill('too short');
  await iris.getByLabel('Passphrase', { exact: true }).press('Enter');
  await expect(iris.getByRole('alert')).toContainText('at least 15 characters');
  await iris.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await iris.getByLabel('The same passphrase again').fill('something else entirely');
  await iris.keyboard.press('Enter');
  await expect(iris.getByRole('alert')).toContainText('not the same');
  await iris.getByLabel('The same passphrase again').fill(PASSPHRASE);
  await iris.keyboard.press('Enter');
  const use = iris.getByRole('button', { name: 'Put the key to use' });
  await expect(use).toBeVisible();
  await use.click();
  await expect(iris.getByRole('alert')).toContainText('Save the file first');
  const download = iris.waitForEvent('download');
  await iris.getByRole('button', { name: 'Save the key file' }).focus();
  await iris.keyboard.press('Enter');
  const saved = await download;
  expect(saved.suggestedFilename()).toMatch(/^practice-key-curtain-demo-practice-\d{4}-\d\d-\d\d\.json$/);
  file.buffer = readFileSync(await saved.path());
  await iris.getByRole('checkbox', { name: 'I saved the file' }).press('Space');
  await holdsUp(iris);
  await use.click();
  await confirmed(iris, iris.getByText('The key is in use.'));
  // The page holds no key after a reload, and a wrong passphrase opens none.
  await iris.reload();
  await openKey(iris, 'five rivers meet above the hill');
  await expect(iris.getByRole('alert')).toContainText('does not open this file');
  await openKey(iris);
  await expect(iris.getByText('The practice key is open on this page.')).toBeVisible();
  await iris.context().close();
});

test('a browser that nobody confirmed holds no visit, and tells what to do', async () => {
  await lee.goto('/visits');
  const path = await newVisit(lee);
  await expect(lee.getByRole('heading', { name: 'This browser is not confirmed yet' })).toBeVisible();
  await holdsUp(lee);
  const shown = await code(lee, 'Code of this browser');
  expect(shown).toMatch(/^([0-9A-F]{4} ){4}[0-9A-F]{4}$/);
  await lee.goto('/settings');
  expect(await code(lee, 'Code of this browser')).toBe(shown);
  await holdsUp(lee);
  await ana.goto(path);
  await passLobby(ana);
  await expect(ana.getByRole('heading', { name: 'Waiting room' })).toBeVisible();
});

test('the administrator compares the code, confirms, and the visit says so on both sides', async ({ browser }) => {
  const iris = await open(browser, 'iris', '/practice-key');
  await openKey(iris);
  const waiting = iris.getByRole('list', { name: 'Waiting to be confirmed' });
  await waiting.getByRole('button', { name: new RegExp(`^Confirm .* of ${account('lee').name}$`) }).click();
  const dialog = iris.getByRole('dialog', { name: `Is this the browser of ${account('lee').name}?` });
  const theirs = (await dialog.innerText()).match(/([0-9A-F]{4}\s+){4}[0-9A-F]{4}/)?.[0].replace(/\s+/g, ' ');
  await lee.goto('/settings');
  expect(theirs).toBe(await code(lee, 'Code of this browser'));
  await holdsUp(iris);
  await dialog.getByRole('button', { name: "It's the same: confirm" }).click();
  await confirmed(iris, iris.getByText(`The browser of ${account('lee').name} is confirmed.`));
  await holdsUp(iris);
  await iris.context().close();

  await lee.reload();
  await expect(lee.getByText(/^Confirmed until/)).toBeVisible();
  const path = await newVisit(lee);
  await ana.goto(path);
  await passLobby(ana);
  await admit(lee, 'ana');
  await sees(ana, 'lee');
  await sees(lee, 'ana');
  await expect(ana.getByText('Confirmed by the practice')).toBeVisible();
  await expect(ana.getByText("can't confirm who the clinician is")).toHaveCount(0);
});

test('a server that tells of another practice key gets neither side into a visit', async () => {
  const path = visitPath(lee);
  for (const page of [ana, lee]) {
    await lies(page);
    await page.goto(path);
    await expect(page.getByRole('heading', { name: "Your practice's key has changed" })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Visit' })).toHaveCount(0);
    await holdsUp(page);
    await page.unroute('**/api/v1/practice-key');
  }
});

test('a server that tells of no key any more does not either', async () => {
  await ana.route('**/api/v1/practice-key', (route) => route.fulfill({ json: { keys: [], revoked: [] } }));
  await ana.reload();
  await expect(ana.getByRole('heading', { name: "Your practice's key is missing" })).toBeVisible();
  await holdsUp(ana);
  await ana.unroute('**/api/v1/practice-key');
});

test('a browser that was lied to on its first day is noticed at the door', async ({ browser }) => {
  const path = await newVisit(lee);
  await expect(lee.getByRole('region', { name: 'Visit' })).toBeVisible();
  const fresh = await open(browser, 'ana', '/visits');
  await lies(fresh);
  await fresh.goto(path);
  await passLobby(fresh);
  await admit(lee, 'ana');
  await expect(lee.getByText('Their browser was told another practice key than yours.').first()).toBeVisible();
  await expect(fresh.getByRole('region', { name: 'Visit' })).toHaveCount(0);
  await fresh.context().close();
});

test('an administrator revokes a browser after a second word', async ({ browser }) => {
  const iris = await open(browser, 'iris', '/practice-key');
  const tom = await open(browser, 'okafor', '/settings');
  await expect(tom.getByText('Code of this browser')).toBeVisible();
  await iris.reload();
  const name = account('okafor').name;
  const line = iris.getByRole('listitem').filter({ hasText: name });
  await line.getByRole('button', { name: new RegExp(`^Revoke .* of ${name}$`) }).click();
  const dialog = iris.getByRole('dialog', { name: `Revoke the browser of ${name}?` });
  await holdsUp(iris);
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await expect(line).toBeVisible();
  await line.getByRole('button', { name: /^Revoke/ }).click();
  await dialog.getByRole('button', { name: 'Revoke browser' }).click();
  await expect(iris.getByText(`The browser of ${name} is revoked.`)).toBeVisible();
  await expect(line).toHaveCount(0);
  for (const page of [iris, tom]) await page.context().close();
});

/** Makes another key on the page of the administrator, as it stands there: open or lost. */
async function replaceKey(iris: Page): Promise<void> {
  const replace = iris.getByRole('region', { name: 'Replace the practice key' });
  await replace.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
  await replace.getByLabel('The same passphrase again').fill(PASSPHRASE);
  await replace.getByRole('button', { name: 'Make a new key' }).click();
  const download = iris.waitForEvent('download');
  await replace.getByRole('button', { name: 'Save the key file' }).click();
  file.buffer = readFileSync(await (await download).path());
  await replace.getByRole('checkbox', { name: 'I saved the file' }).check();
  await replace.getByRole('button', { name: 'Put the key to use' }).click();
  await confirmed(iris, iris.getByText('The key is in use.'));
}

test('a key that the old one signed is followed without a word', async ({ browser }) => {
  const iris = await open(browser, 'iris', '/practice-key');
  await openKey(iris);
  await expect(iris.getByText('The practice key is open on this page.')).toBeVisible();
  await replaceKey(iris);
  await expect(iris.getByRole('region', { name: 'Earlier keys' })).toBeVisible();
  await holdsUp(iris);
  await iris.context().close();
  const path = await newVisit(lee);
  await ana.goto(path);
  await passLobby(ana);
  await admit(lee, 'ana');
  await sees(ana, 'lee');
  await expect(ana.getByText('Confirmed by the practice')).toBeVisible();
});

test('a key made after a loss stops everybody until they compared its code', async ({ browser }) => {
  const iris = await open(browser, 'iris', '/practice-key');
  await iris.getByRole('checkbox', { name: 'The file or the passphrase is lost' }).check();
  await holdsUp(iris);
  await replaceKey(iris);
  const readOut = await code(iris, 'Code of the practice');
  await ana.goto('/visits');
  await lee.goto('/visits');
  const path = await newVisit(lee);
  for (const page of [lee, ana]) {
    await page.goto(path);
    await expect(page.getByRole('heading', { name: "Your practice's key has changed" })).toBeVisible();
    expect(await code(page, 'Code of the practice')).toBe(readOut);
    await page.getByRole('button', { name: 'It matches' }).click();
  }
  await expect(lee.getByRole('heading', { name: 'This browser is not confirmed yet' })).toBeVisible();
  await expect(ana.getByRole('heading', { name: 'Before you join' })).toBeVisible();
  await iris.context().close();
});

test('a browser that its clinician revokes begins anew', async () => {
  await lee.goto('/settings');
  const browsers = lee.getByRole('region', { name: 'Browsers for visits' });
  const before = await code(browsers, 'Code of this browser');
  await browsers.getByRole('button', { name: /^Revoke/ }).first().click();
  await lee.getByRole('dialog', { name: 'Revoke this browser?' }).getByRole('button', { name: 'Revoke browser' }).click();
  await expect(browsers.getByText('The browser is revoked.')).toBeVisible();
  await expect(browsers.getByText(/^Revoked/).first()).toBeVisible();
  await expect.poll(() => code(browsers, 'Code of this browser')).not.toBe(before);
  await lee.context().close();
  await ana.context().close();
});
