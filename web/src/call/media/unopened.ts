// Which slots' frames reach the worker and are not opened: a wrong key, or somebody else's frames. What stands on the
// screen is then the last picture that was right, and people must not take it for what is now.

/** What the worker said of one receiving transform. */
export type Count = { readonly transform: number; readonly seen: number; readonly passed: number };

type Watch = { seen: number; passed: number; since: number | null; looks: number };

/** Well above a change of keys (half a second) and a slot that was just given to another. Longer shows an old picture. */
export const UNOPENED_AFTER_MS = 2_000;
/** In so many looks frames came and none was opened: two far apart may each be a frame that is being opened. */
const LOOKS = 3;

export class Unopened {
  readonly #watched = new Map<number, Watch>();

  /** The transforms whose frames were not opened for too long, until one is. */
  check(counts: readonly Count[], now: number): Set<number> {
    const stuck = new Set<number>();
    for (const { transform, seen, passed } of counts) {
      const before = this.#watched.get(transform) ?? { seen: 0, passed: 0, since: null, looks: 0 };
      const watch = { ...before, seen, passed };
      if (passed !== before.passed) [watch.since, watch.looks] = [null, 0];
      else if (seen > before.seen) {
        watch.since ??= now;
        watch.looks += 1;
      }
      this.#watched.set(transform, watch);
      // No more frames come: what was found stays so.
      if (watch.since !== null && watch.looks >= LOOKS && now - watch.since >= UNOPENED_AFTER_MS) stuck.add(transform);
    }
    return stuck;
  }
}
