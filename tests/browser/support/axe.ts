// Is this page accessible? axe-core's answer, as one assertion.
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
