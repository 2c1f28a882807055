// The same browsers and the same stack as the tests, for figures instead of verdicts: `cargo xtask bench join`.
import base from './playwright.config.ts';

// The least that the server takes: the shorter the hash, the better a difference beside it would show.
if (process.argv.some((argument) => argument.startsWith('enumeration'))) {
  Object.assign(process.env, { CURTAIN_PASSWORD_MEMORY_KIB: '19456', CURTAIN_PASSWORD_ITERATIONS: '2' });
}

export default {
  ...base,
  testDir: 'bench',
  testMatch: /.*\.bench\.ts/,
  timeout: 30 * 60_000,
  // A bench whose halves run side by side says so; all others are one test or take turns.
  workers: 2,
};
