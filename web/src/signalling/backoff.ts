// How long to wait before the next try. Half of it is chance, so that a server that comes back is not met by everybody in
// the same instant.

/** The first wait: below what people notice. */
const FIRST_MS = 250;
/** The longest wait: longer leaves people alone with a network that has come back. */
const LONGEST_MS = 5_000;

/** `failures` in a row so far (from 0); `random` between 0 and 1. */
export function backoff(failures: number, random: number): number {
  const full = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
  return full / 2 + (full / 2) * random;
}
