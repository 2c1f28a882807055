// Media that goes round the worker is found within two seconds; media that does not is left alone.
import { describe, expect, it } from "vitest";

import { Watchdog } from "./watchdog";

/** Looks every 600 ms for `seconds`; `at` tells both counters. Gives the time of the first alarm. */
function firstAlarm(seconds: number, at: (milliseconds: number) => { wire: number; worker: number }): number | null {
  const watchdog = new Watchdog();
  for (let now = 0; now <= seconds * 1_000; now += 600) {
    if (watchdog.check([{ transform: 1, ...at(now) }], now).length > 0) return now;
  }
  return null;
}

describe("the watchdog", () => {
  it("barks within two seconds of media that no worker saw", () => {
    const alarm = firstAlarm(10, (now) => ({ wire: now / 50, worker: 0 }));
    expect(alarm).not.toBeNull();
    expect(alarm).toBeLessThanOrEqual(2_000);
  });

  it("also barks when the worker stops seeing in the middle", () => {
    const alarm = firstAlarm(20, (now) => ({ wire: now / 50, worker: Math.min(now, 10_000) / 50 }));
    expect(alarm).toBeGreaterThan(10_000);
    expect(alarm).toBeLessThanOrEqual(12_000);
  });

  it("is quiet while both move, though the worker's news come a little late", () => {
    expect(firstAlarm(60, (now) => ({ wire: now / 50, worker: Math.max(0, now - 700) / 50 }))).toBeNull();
  });

  it("is quiet when nothing moves, and about a stray frame", () => {
    expect(firstAlarm(60, () => ({ wire: 0, worker: 0 }))).toBeNull();
    expect(firstAlarm(60, () => ({ wire: 2, worker: 0 }))).toBeNull();
  });

  it("does not hold against a track what passed before it was watched", () => {
    expect(firstAlarm(60, () => ({ wire: 900, worker: 880 }))).toBeNull();
  });

  it("forgets what is gone", () => {
    const watchdog = new Watchdog();
    watchdog.check([{ transform: 1, wire: 0, worker: 0 }], 0);
    watchdog.check([{ transform: 1, wire: 50, worker: 0 }], 500);
    watchdog.forget([1]);
    expect(watchdog.check([{ transform: 1, wire: 2, worker: 0 }], 3_000)).toEqual([]);
  });
});
