// Compares what the browser says it sent or received with what the worker says it saw. Browsers can wire a transform to
// nothing without an error (measured: Chromium, docs/protocol.md), and then media goes round the encryption.

/** One track's two counters. `wire`: frames or packets by getStats; `worker`: frames that reached the transform. */
export type Reading = { readonly transform: number; readonly wire: number; readonly worker: number };

type Watch = { wire: number; worker: number; since: number | null };

/** With the time between looks this stays below two seconds. Shorter takes a busy worker's delay for a hole. */
export const ALARM_AFTER_MS = 800;
/** So many unseen frames are no accident: a single one may be counted before it is handed on. */
const UNSEEN = 3;

export class Watchdog {
  readonly #watched = new Map<number, Watch>();

  /** The transforms whose wire moves on while the worker sees nothing. */
  check(readings: readonly Reading[], now: number): number[] {
    const alarms: number[] = [];
    for (const { transform, wire, worker } of readings) {
      // On first sight nothing counts as seen by the worker but what it says: what went out before is held against it.
      let watch = this.#watched.get(transform) ?? { wire: worker === 0 ? 0 : wire, worker, since: null };
      if (worker > watch.worker) watch = { wire, worker, since: null };
      if (wire - watch.wire >= UNSEEN) watch.since ??= now;
      this.#watched.set(transform, watch);
      if (watch.since !== null && now - watch.since >= ALARM_AFTER_MS) alarms.push(transform);
    }
    return alarms;
  }

  forget(transforms: readonly number[]): void {
    for (const transform of transforms) this.#watched.delete(transform);
  }
}
