// What every screen must hold up: no accessibility finding in light or dark, and no sideways scrolling on a small phone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type CDPSession, type Page, expect } from '@playwright/test';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** One for each page, for as long as it lives: one that is detached takes the page's virtual authenticators with it. */
const sessions = new WeakMap<Page, CDPSession>();

/** Runs axe in a world of its own, where the page's Trusted Types do not reach. */
export async function isAccessible(page: Page): Promise<void> {
  const session = sessions.get(page) ?? (await page.context().newCDPSession(page));
  sessions.set(page, session);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
  const run = async (expression: string) =>
    (await session.send('Runtime.evaluate', { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true })).result.value;
  await run(`${AXE};0`);
  const found = (await run(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' | ')))`,
  )) as string[];
  expect(found, `axe on ${page.url()}`).toEqual([]);
}

export async function fitsAPhone(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `sideways scrolling on ${page.url()}`).toBeLessThanOrEqual(0);
  if (size) await page.setViewportSize(size);
}

/** In light and dark, and on a small phone. */
export async function holdsUp(page: Page): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await isAccessible(page);
  }
  await fitsAPhone(page);
}
