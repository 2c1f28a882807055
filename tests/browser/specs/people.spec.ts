// Administrators and people: from an invitation to a sign-in, out of a visit at once, and back with a new authenticator.
import { type Browser, type Page, expect, test } from '@playwright/test';
import { isAccessible } from '../support/accessible.ts';
import { account, code, forget, open } from '../support/people.ts';
import { stack } from '../support/stack.ts';
import { forgive, watch } from '../support/strict.ts';
import { meet } from '../support/visit.ts';

const PASSWORD = 'seven geese over the ice';
const unique = `${Date.now()}`;

async function fresh(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext({ baseURL: stack().url })).newPage();
  watch(page);
  return page;
}

async function act(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

function row(page: Page, name: string) {
  return page.getByRole('row').filter({ hasText: name });
}

/** Opens the newest letter to this address and follows its link. */
async function followLetter(page: Page, email: string): Promise<void> {
  await page.goto('/outbox');
  const letter = page.getByRole('list', { name: 'Letters' }).getByRole('listitem').filter({ hasText: email }).first();
  await letter.getByRole('link', { name: 'Open the link' }).click();
  await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
}

/** From the password to the recovery codes; gives the secret of the authenticator. */
async function setUp(page: Page, field: string): Promise<string> {
  await page.getByLabel(field, { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
  const secret = (await page.locator('.secret').innerText()).replaceAll(/\s/g, '');
  await page.getByRole('textbox', { name: '6-digit code' }).fill(code(secret, Math.floor(Date.now() / 30_000)));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByRole('heading', { name: 'Recovery codes' })).toBeVisible();
  await page.getByRole('button', { name: 'I have saved them' }).click();
  return secret;
}

async function signInAs(page: Page, email: string, secret: string, heading = 'My visits'): Promise<void> {
  await page.goto('/sign-in');
  await page.getByRole('textbox', { name: 'Email' }).fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Continue' }).click();
  // The step that confirmed the authenticator is used up; the server takes the next one early.
  await page.getByRole('textbox', { name: '6-digit code' }).fill(code(secret, Math.floor(Date.now() / 30_000) + 1));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: heading })).toBeVisible();
}

test('somebody invited opens the letter, sets up the account and signs in; a reset factor is set up anew', async ({ browser }) => {
  const [name, email] = [`Cleo Hart ${unique}`, `cleo.${unique}@demo.curtain.example`];
  const admin = await open(browser, 'iris', '/people');
  await admin.getByRole('button', { name: 'Invite person' }).click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('textbox', { name: 'Email' }).fill(email);
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'Patient' });
  await expect(dialog.getByText('join their own visits')).toBeVisible();
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  const link = admin.getByRole('textbox', { name: 'Link' });
  await expect(link).toHaveValue(/\/activate#[\w-]{43}$/);
  await admin.getByRole('button', { name: 'Done' }).click();
  await expect(row(admin, name).getByText('Invited')).toBeVisible();

  const page = await fresh(browser);
  await followLetter(page, email);
  await signInAs(page, email, await setUp(page, 'New password'));
  await admin.reload();
  await expect(row(admin, name).getByText('Authenticator app')).toBeVisible();

  await act(admin, name, 'Reset second factor');
  await admin.getByRole('button', { name: 'Reset', exact: true }).click();
  await expect(admin.getByRole('alert')).toBeVisible();
  await admin.getByRole('combobox', { name: 'How did you make sure who it is?' }).selectOption('in_person');
  await admin.getByRole('button', { name: 'Reset', exact: true }).click();
  await admin.getByRole('button', { name: 'Done' }).click();
  await expect(row(admin, name).getByText('Second factor to set up')).toBeVisible();
  await page.goto('/visits');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await followLetter(page, email);
  await signInAs(page, email, await setUp(page, 'Password'));
  await page.context().close();
  await admin.context().close();
});

async function invite(admin: Page, name: string, email: string, role: string): Promise<void> {
  await admin.getByRole('button', { name: 'Invite person' }).click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('textbox', { name: 'Email' }).fill(email);
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: role });
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await admin.getByRole('button', { name: 'Done' }).click();
}

test('somebody who lost everything begins anew when two administrators say so', async ({ browser }) => {
  const iris = await open(browser, 'iris', '/people');
  const [name, email] = [`Eve Lost ${unique}`, `eve.${unique}@demo.curtain.example`];
  const [second, secondEmail] = [`Adam Second ${unique}`, `adam.${unique}@demo.curtain.example`];
  await invite(iris, name, email, 'Patient');
  await invite(iris, second, secondEmail, 'Administrator');
  const [page, admin] = [await fresh(browser), await fresh(browser)];
  await followLetter(page, email);
  await setUp(page, 'New password');
  await followLetter(admin, secondEmail);
  await signInAs(admin, secondEmail, await setUp(admin, 'New password'), 'Welcome');

  await iris.reload();
  await act(iris, name, 'Reset password and second factor');
  await iris.getByRole('combobox', { name: 'How did you make sure who it is?' }).selectOption('in_person');
  await isAccessible(iris);
  await iris.getByRole('button', { name: 'Ask for the reset' }).click();
  await expect(row(iris, name)).toContainText('Reset asked for by Iris Novak');
  await iris.getByRole('button', { name: `Actions for ${name}` }).click();
  await expect(iris.getByRole('menuitem', { name: 'Approve reset' })).toHaveCount(0);

  await admin.goto('/people');
  await act(admin, name, 'Approve reset');
  await expect(admin.getByRole('dialog')).toContainText('Iris Novak asked for it');
  await isAccessible(admin);
  await admin.getByRole('button', { name: 'Approve now' }).click();
  await admin.getByRole('button', { name: 'Done' }).click();
  await expect(row(admin, name)).toContainText('Password and second factor to set up');
  await followLetter(page, email);
  await signInAs(page, email, await setUp(page, 'New password'));
  for (const one of [page, admin, iris]) await one.context().close();
});

test('a suspended person is out of the visit within five seconds', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ben');
  const admin = await open(browser, 'iris', '/people');
  const { name } = account('ben');
  await act(admin, name, 'Suspend');
  await admin.getByRole('button', { name: 'Suspend now' }).click();
  await expect(patient.getByRole('region', { name: 'Visit' })).toBeHidden({ timeout: 5_000 });
  await expect(row(admin, name).getByText('Suspended')).toBeVisible();
  await act(admin, name, 'Reactivate');
  await expect(row(admin, name).getByText('Active')).toBeVisible();
  // The browser tells that the socket was refused, which is the point.
  forgive(/WebSocket connection .* failed: HTTP Authentication failed/);
  // The next test signs in again.
  forget('ben');
  for (const page of [clinician, patient, admin]) await page.context().close();
});

test('a file names its bad lines, and a good one invites everybody in it', async ({ browser }) => {
  const admin = await open(browser, 'iris', '/people');
  await admin.getByRole('button', { name: 'Invite from a file' }).click();
  const choose = async (text: string) => {
    const buffer = Buffer.from(text);
    await admin.getByLabel('File', { exact: true }).setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer });
    await admin.getByRole('button', { name: 'Check the file' }).click();
  };
  await choose(`name,email,role\nDan,dan.${unique}@x.example,patient\nEva,nowhere,patient\n`);
  await expect(admin.getByRole('row').filter({ hasText: 'Eva' }).getByText('This is no email address')).toBeVisible();
  await choose(`name;email;role\n"Dan; the ""second""";dan.${unique}@x.example;patient\n`);
  await admin.getByRole('button', { name: 'Invite 1 person' }).click();
  await expect(admin.getByText('1 person is invited.')).toBeVisible();
  await admin.getByRole('button', { name: 'Done' }).click();
  await expect(row(admin, 'Dan; the "second"').getByText('Invited')).toBeVisible();
  await admin.context().close();
});

test('nobody but an administrator finds the people', async ({ browser }) => {
  for (const who of ['lee', 'ana', 'paul'] as const) {
    const page = await open(browser, who, '/people');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
    await page.context().close();
  }
});
