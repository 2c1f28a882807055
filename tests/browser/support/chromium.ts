// Which browser, and how it starts on a machine without a screen or a camera.
import { existsSync } from 'node:fs';

export const CHROMIUM =
  process.env['CURTAIN_CHROMIUM'] ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync) ??
  'chromium';

export const CHROMIUM_FLAGS = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Two windows side by side: neither may be slowed down as "in the background".
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  // Chromium's own sandbox refuses to start for root, as in most containers.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
