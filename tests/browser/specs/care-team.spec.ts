// Care teams: a new patient is seen by whoever was named, an administrator adds and ends by keyboard alone, a clinician
// finds their own patients and nobody else.
import { type Browser, type Page, expect, test } from '@playwright/test';
import { holdsUp, isAccessible } from '../support/accessible.ts';
import { account, forget, freshCode, open } from '../support/people.ts';

const unique = `${Date.now()}`;

async function invitePatient(admin: Page, name: string, clinicians: string[]): Promise<void> {
  await admin.getByRole('button', { name: 'Invite person' }).click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('textbox', { name: 'Email' }).fill(`${name.replaceAll(' ', '.')}@demo.curtain.example`);
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'Patient' });
  for (const [at, label] of clinicians.entries()) {
    const field = dialog.getByRole('combobox', { name: at === 0 ? 'Clinician' : 'Another clinician', exact: true });
    await field.selectOption({ label });
  }
  await isAccessible(admin);
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await admin.getByRole('button', { name: 'Done' }).click();
}

async function openTeam(admin: Page, name: string) {
  await admin.getByRole('button', { name: `Actions for ${name}` }).click();
  await admin.getByRole('menuitem', { name: 'Care team' }).click();
  return admin.getByRole('dialog', { name: `Care team of ${name}` });
}

/** Whom a clinician can make a visit with. */
async function choices(browser: Browser, who: 'lee' | 'okafor'): Promise<string> {
  const page = await open(browser, who);
  await page.getByRole('button', { name: 'New visit' }).click();
  const dialog = page.getByRole('dialog', { name: 'New visit' });
  // Either the field with patients in it, or the words that there are none.
  await expect(dialog.getByRole('option').nth(1).or(dialog.getByRole('status'))).toBeAttached();
  await isAccessible(page);
  const text = await dialog.innerText();
  await page.context().close();
  return text;
}

test('a new patient is seen by the clinicians named in the invitation, and the table says who is seen by nobody', async ({
  browser,
}) => {
  const admin = await open(browser, 'iris', '/people');
  const [seen, lonely] = [`Cleo Team ${unique}`, `Dan Lonely ${unique}`];
  await invitePatient(admin, seen, [account('okafor').name]);
  await invitePatient(admin, lonely, []);
  await expect(admin.getByRole('row').filter({ hasText: lonely })).toContainText('No clinician yet');
  await expect(admin.getByRole('row').filter({ hasText: seen })).not.toContainText('No clinician yet');
  const dialog = await openTeam(admin, seen);
  const team = dialog.getByRole('list', { name: 'Clinicians now' });
  await expect(team.getByRole('listitem')).toHaveCount(1);
  await expect(team).toContainText(account('okafor').name);
  await holdsUp(admin);
  await admin.context().close();
});

test('by keyboard alone: a clinician is added, finds the patient, and no longer does when it ends', async ({ browser }) => {
  const admin = await open(browser, 'iris', '/people');
  const { name } = account('ben');
  const okafor = account('okafor').name;
  await admin.getByRole('button', { name: `Actions for ${name}` }).focus();
  await admin.keyboard.press('Enter');
  for (let press = 0; press < 9; press++) {
    if ((await admin.evaluate(() => document.activeElement?.textContent))?.trim() === 'Care team') break;
    await admin.keyboard.press('ArrowDown');
  }
  await admin.keyboard.press('Enter');
  const dialog = admin.getByRole('dialog', { name: `Care team of ${name}` });
  const team = dialog.getByRole('list', { name: 'Clinicians now' });
  await expect(team.getByRole('listitem')).toHaveCount(1);

  const to = async (target: ReturnType<Page['getByRole']>) => {
    for (let press = 0; press < 12; press++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await admin.keyboard.press('Tab');
    }
    throw new Error('not reached with Tab');
  };
  await to(dialog.getByRole('combobox', { name: 'Clinician' }));
  await admin.keyboard.type(okafor.slice(0, 6));
  await to(dialog.getByRole('button', { name: 'Add clinician' }));
  await admin.keyboard.press('Enter');
  await expect(dialog.getByRole('status')).toHaveText(`${okafor} is in the care team.`);
  await expect(team.getByRole('listitem')).toHaveCount(2);
  expect(await choices(browser, 'okafor')).toContain(name);

  await to(dialog.getByRole('button', { name: `End care by ${okafor}` }));
  await admin.keyboard.press('Enter');
  await expect(dialog.getByLabel('Last day')).toBeFocused();
  await holdsUp(admin);
  await to(dialog.getByRole('button', { name: 'End care', exact: true }));
  await admin.keyboard.press('Enter');
  await expect(dialog.getByRole('status')).toHaveText(`The care by ${okafor} has an end.`);
  await expect(team.getByRole('listitem')).toHaveCount(1);
  await expect(dialog.getByRole('heading', { name: 'Earlier' })).toBeVisible();
  await admin.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  expect(await choices(browser, 'okafor')).not.toContain(name);
  expect(await choices(browser, 'lee')).toContain(name);
  await admin.context().close();
});

test('a clinician of staff is invited only after a fresh code, and so does the log leave', async ({ browser }) => {
  // Nobody waits five minutes in a test: the page is told that the code is too old, as the server says it.
  const stale = {
    status: 403,
    contentType: 'application/problem+json',
    body: JSON.stringify({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      code: 'fresh_factor_needed',
      detail: 'This needs a new code from your authenticator.',
    }),
  };
  const once = async (page: Page, path: string, method: string) => {
    let refused = false;
    await page.route(`**${path}`, async (route) => {
      if (refused || route.request().method() !== method) return route.fallback();
      refused = true;
      return route.fulfill(stale);
    });
  };
  const confirm = async (page: Page, who: 'iris' | 'paul') => {
    const asked = page.getByRole('dialog', { name: "Confirm that it's you" });
    await asked.getByRole('textbox', { name: '6-digit code' }).fill(await freshCode(who));
    await asked.getByRole('button', { name: 'Confirm' }).click();
    // A session that showed a factor goes on under a new token: the next page signs in again.
    forget(who);
  };

  const admin = await open(browser, 'iris', '/people');
  await once(admin, '/api/v1/people', 'POST');
  await admin.getByRole('button', { name: 'Invite person' }).click();
  const dialog = admin.getByRole('dialog', { name: 'Invite person' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill(`Dr New ${unique}`);
  await dialog.getByRole('textbox', { name: 'Email' }).fill(`dr.new.${unique}@demo.curtain.example`);
  await dialog.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'Clinician' });
  await expect(dialog.getByRole('combobox', { name: 'Clinician', exact: true })).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await confirm(admin, 'iris');
  await expect(admin.getByRole('textbox', { name: 'Link' })).toHaveValue(/\/activate#/);
  await admin.context().close();

  const paul = await open(browser, 'paul', '/audit');
  await once(paul, '/api/v1/session/fresh-factor', 'GET');
  await paul.getByRole('button', { name: 'Export' }).click();
  const downloading = paul.waitForEvent('download');
  await paul.getByRole('dialog').getByRole('link', { name: 'One event a line' }).click();
  await confirm(paul, 'paul');
  expect((await downloading).suggestedFilename()).toBe('audit.ndjson');
  await paul.context().close();
});
