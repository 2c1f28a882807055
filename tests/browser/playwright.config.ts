// How the browser tests run: Debian's Chromium, a real server, a real Postgres, a fake camera; one at a time, no retries.
import { defineConfig } from '@playwright/test';
import { CHROMIUM, CHROMIUM_FLAGS } from './support/chromium.ts';

export default defineConfig({
  testDir: 'specs',
  outputDir: 'results',
  globalSetup: './support/stack.ts',
  // Two cores encode and decode for two or three browsers at once: tests side by side would only measure each other.
  workers: 1,
  retries: 0,
  // A visit of three with reload takes 20 s on two cores; a test that needs a minute hangs.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: CHROMIUM, args: CHROMIUM_FLAGS },
    permissions: ['camera', 'microphone'],
    video: 'off',
    trace: 'off',
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  },
});
