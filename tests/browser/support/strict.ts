// Watches every page of every test: a blocked script, a Trusted Types violation or an uncaught error fails the test.
import { type Page, expect, test } from '@playwright/test';

const complaints: string[] = [];

/** Collects what the browser complains about on this page and on those it navigates to. */
export function watch(page: Page): void {
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // A refused request is a status that the page handles; the browser logs it all the same.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(`console: ${text}`);
  });
  void page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
}

/** What the browser says while the network is cut is the network's doing. */
export function forgive(pattern: RegExp): void {
  for (let at = complaints.length - 1; at >= 0; at -= 1) if (pattern.test(complaints[at]!)) complaints.splice(at, 1);
}

test.afterEach(() => {
  const found = complaints.splice(0);
  expect(found, 'the browser complained').toEqual([]);
});
