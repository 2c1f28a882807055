// The same browsers and the same stack as the tests, for figures instead of verdicts: `cargo xtask bench join`.
import base from './playwright.config.ts';

export default { ...base, testDir: 'bench', testMatch: /.*\.bench\.ts/, timeout: 10 * 60_000 };
