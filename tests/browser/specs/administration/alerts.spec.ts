// Somebody guesses at a password: an administrator sees it and gets a letter, and whose password it is works on.
import { type APIRequestContext, type Page, expect, request, test } from '@playwright/test';
import { isAccessible } from '../../support/accessible.ts';
import { account, open } from '../../support/people.ts';
import { stack } from '../../support/stack.ts';

/** As many as it takes for an alert. */
const FAILURES = 10;

/** Guesses as fast as the server lets anybody. */
async function guess(stranger: APIRequestContext, email: string): Promise<void> {
  for (let wrong = 0; wrong < FAILURES; ) {
    const answer = await stranger.post('/api/v1/sign-in', { data: { email, password: `guess number ${wrong}` } });
    if (answer.status() === 401) wrong += 1;
    else await new Promise((next) => setTimeout(next, Number(answer.headers()['retry-after'] ?? 1) * 1_000));
  }
}

async function holdsUp(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await isAccessible(page);
  }
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, 'sideways scrolling').toBeLessThanOrEqual(0);
  await page.setViewportSize(size);
}

test('a burst of failed sign-ins is shown, mailed and marked as seen', async ({ browser }) => {
  test.setTimeout(180_000);
  // Signed in before it begins: a known browser is not slowed down by strangers.
  const okafor = await open(browser, 'okafor');
  const stranger = await request.newContext({
    baseURL: stack().url,
    extraHTTPHeaders: { origin: stack().url, 'x-curtain': '1' },
  });
  await guess(stranger, account('okafor').email);
  await stranger.dispose();

  const iris = await open(browser, 'iris', '/people');
  const link = iris.getByRole('navigation').getByRole('link', { name: /^Alerts ?\d+ new alerts?$/ });
  await expect(link).toBeVisible({ timeout: 60_000 });
  await link.click();
  await expect(iris.getByRole('heading', { level: 1, name: 'Alerts' })).toBeVisible();
  const alert = iris.getByRole('article', { name: 'Many failed sign-ins of one person' }).first();
  await expect(alert).toContainText(`10 sign-ins of ${account('okafor').name} failed within five minutes.`);
  await holdsUp(iris);

  await iris.goto('/outbox');
  const letter = iris
    .getByRole('list', { name: 'Letters' })
    .getByRole('listitem')
    .filter({ hasText: account('iris').email })
    .filter({ hasText: 'An alert of your practice' });
  await expect(letter.first()).toContainText('Many sign-ins of one person failed within a few minutes.');
  await expect(letter.first().getByRole('link')).toHaveCount(0);

  await iris.goto('/alerts');
  await alert.getByRole('button', { name: 'Mark as seen' }).click();
  await expect(alert).toContainText(`Seen by ${account('iris').name}`);
  await expect(iris.getByRole('heading', { level: 1 })).toBeFocused();
  await holdsUp(iris);

  const paul = await open(browser, 'paul', '/alerts');
  await expect(paul.getByRole('article', { name: 'Many failed sign-ins of one person' }).first()).toContainText('Seen by');
  await expect(paul.getByRole('button', { name: 'Mark as seen' })).toHaveCount(0);

  await okafor.goto('/visits');
  await expect(okafor.getByRole('heading', { name: 'Sign in' })).toHaveCount(0);
  for (const page of [okafor, iris, paul]) await page.context().close();
});

test('nobody but administrators and auditors finds the alerts', async ({ browser }) => {
  for (const who of ['lee', 'ana'] as const) {
    const page = await open(browser, who, '/alerts');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
    await expect(page.getByRole('navigation').getByRole('link', { name: 'Alerts' })).toHaveCount(0);
    expect((await page.request.get('/api/v1/alerts')).status()).toBe(403);
    await page.context().close();
  }
});
