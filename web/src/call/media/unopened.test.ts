// Frames that nobody can open: told after two seconds, not at a change of keys, and taken back once frames open again.
import { expect, it } from "vitest";

import { Unopened } from "./unopened";

/** Looks every 600 ms at one slot; answers after which looks it was found unopened. */
function looks(...counts: [seen: number, passed: number][]): boolean[] {
  const unopened = new Unopened();
  return counts.map(([seen, passed], i) => unopened.check([{ transform: 7, seen, passed }], i * 600).has(7));
}

it("frames that open are nothing to tell", () => {
  expect(looks([10, 10], [20, 20], [30, 30], [40, 40], [50, 50])).not.toContain(true);
});

it("a change of keys is not told", () => {
  expect(looks([10, 10], [20, 10], [30, 10], [40, 12], [50, 22])).not.toContain(true);
});

it("frames that never open are told after two seconds", () => {
  expect(looks([10, 0], [20, 0], [30, 0], [40, 0], [50, 0], [60, 0])).toEqual([false, false, false, false, true, true]);
});

it("frames that stop opening are told, until one opens again", () => {
  const told = looks([10, 10], [20, 10], [30, 10], [40, 10], [50, 10], [60, 10], [70, 20], [80, 30]);
  expect(told).toEqual([false, false, false, false, false, true, false, false]);
});

it("a still picture whose rare frames are just being opened is not told", () => {
  const still = Array.from({ length: 8 }, (): [number, number] => [11, 10]);
  expect(looks([10, 10], ...still, [12, 10], [12, 12])).not.toContain(true);
});
