// The promises about keys: each opens only its own, old ones go in time, no counter comes twice, duplicates are silent.
import { describe, expect, it } from "vitest";

import { KeyRing, type RawFrameKey } from "./key-ring";
import { ReplayWindow } from "./replay-window";
import { SendKeys } from "./send-keys";

const kidOf = (context: number, leaf: number, epoch: number): number => (context << 12) | (leaf << 8) | (epoch & 255);
const raw = (kid: number, fill = 1): RawFrameKey => ({
  kid,
  key: new Uint8Array(16).fill(fill),
  salt: new Uint8Array(12).fill(fill),
});
const entry = (leaf: number, epoch: number, person = "ana") => ({
  sender: { person, leaf, context: 1 },
  raw: raw(kidOf(1, leaf, epoch)),
});

describe("a key ring", () => {
  it("knows whose frames a KID's are", () => {
    const ring = new KeyRing();
    ring.install(4, [entry(1, 4, "ana"), entry(2, 4, "tom")]);
    expect(ring.find(kidOf(1, 2, 4))).toMatchObject({ sender: { person: "tom", leaf: 2, context: 1 } });
  });

  it("tells a key that may yet come from one that never will", () => {
    const ring = new KeyRing();
    expect(ring.find(kidOf(1, 1, 0))).toBe("ahead");
    ring.install(10, [entry(1, 10)]);
    expect(ring.find(kidOf(1, 1, 11))).toBe("ahead");
    expect(ring.find(kidOf(1, 1, 9))).toBe("past");
    expect(ring.find(kidOf(1, 3, 10))).toBe("past");
    expect(ring.find(kidOf(2, 1, 10))).toBe("past");
  });

  it("counts on over the end of the eight bits", () => {
    const ring = new KeyRing();
    ring.install(255, [entry(1, 255)]);
    expect(ring.find(kidOf(1, 1, 256))).toBe("ahead");
    ring.install(256, [entry(1, 256)]);
    expect(ring.find(kidOf(1, 1, 255))).toBeTypeOf("object");
    ring.retireBefore(256);
    expect(ring.find(kidOf(1, 1, 255))).toBe("past");
  });

  it("never lets two epochs share their bits", () => {
    const ring = new KeyRing();
    ring.install(3, [entry(1, 3)]);
    ring.install(131, [entry(2, 131)]);
    expect(ring.find(kidOf(1, 1, 3))).not.toBeTypeOf("object");
  });

  it("forgets all when the group is left", () => {
    const ring = new KeyRing();
    ring.install(3, [entry(1, 3)]);
    ring.clear();
    expect(ring.find(kidOf(1, 1, 3))).toBe("ahead");
  });

  it("wakes who waits for a key, and lets go of who waited too long", async () => {
    const ring = new KeyRing();
    const woken = ring.changed(60_000);
    ring.install(1, [entry(1, 1)]);
    await woken;
    await ring.changed(1);
  });
});

describe("sending keys", () => {
  const keys = (epoch: number) => new Map([0, 1, 2].map((context) => [context, raw(kidOf(context, 0, epoch))]));

  it("never give a counter twice, whoever asks", async () => {
    const sending = new SendKeys();
    sending.use("group", 5, keys(5));
    const taken = await Promise.all(Array.from({ length: 100 }, (_, i) => sending.take(i % 3)));
    const names = taken.map((one) => `${String(one?.cipher.kid)} ${String(one?.ctr)}`);
    expect(new Set(names).size).toBe(100);
  });

  it("refuse to start an epoch's counters again", async () => {
    const sending = new SendKeys();
    sending.use("group", 5, keys(5));
    await sending.take(1);
    expect(() => {
      sending.use("group", 5, keys(5));
    }).toThrow("once");
    sending.clear();
    expect(() => {
      sending.use("group", 4, keys(4));
    }).toThrow("once");
    sending.use("another group", 0, keys(0));
    expect((await sending.take(1))?.ctr).toBe(0);
  });

  it("give nothing when there is no group or no such context", async () => {
    const sending = new SendKeys();
    expect(await sending.take(1)).toBeNull();
    sending.use("group", 0, keys(0));
    expect(await sending.take(3)).toBeNull();
    sending.clear();
    expect(await sending.take(1)).toBeNull();
  });
});

describe("a replay window", () => {
  it("takes each counter once, in whatever order", () => {
    const window = new ReplayWindow();
    for (const ctr of [0, 1, 5, 3, 2, 4]) {
      expect(window.isNew(ctr)).toBe(true);
      window.mark(ctr);
      expect(window.isNew(ctr)).toBe(false);
    }
  });

  it("takes nothing from before its time, also after a jump", () => {
    const window = new ReplayWindow();
    window.mark(10);
    window.mark(10_000);
    expect(window.isNew(10)).toBe(false);
    expect(window.isNew(9_000)).toBe(false);
    expect(window.isNew(9_999)).toBe(true);
    expect(window.isNew(10_000)).toBe(false);
  });

  it("agrees with a list of everything seen", () => {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let newest = 0;
    let state = 7;
    for (let i = 0; i < 20_000; i += 1) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      const ctr = Math.max(0, newest + (state % 700) - 600);
      const expected = !seen.has(ctr) && ctr > newest - 512;
      if (ctr <= newest) expect(window.isNew(ctr)).toBe(expected);
      if (window.isNew(ctr)) {
        window.mark(ctr);
        seen.add(ctr);
        newest = Math.max(newest, ctr);
      }
    }
  });
});
