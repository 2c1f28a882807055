// The catalogue: a sentence for everything that can happen, and times that nobody misunderstands.
import { describe, expect, it } from "vitest";

import { CODES, Problem } from "../../api/problem";
import { t, words } from "../index";
import { capitalised, clockTime, dayName, isSameDay, whenWords, zoneName } from "../time";

/** Every text with its place; functions are called with stand-ins for what they are given. */
function texts(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") {
    const give = value as (...given: unknown[]) => unknown;
    return [["Ana"], [2], [["Ana", "Ben"]]]
      .flatMap((given) => {
        try {
          return texts(give(...given, "Ben"), path);
        } catch {
          return [];
        }
      })
      .slice(0, 1);
  }
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}

describe("the catalogue", () => {
  it("has a sentence for every problem", () => {
    for (const code of CODES) expect(words(new Problem(code)), code).toMatch(/\S.*[.!]$/);
  });

  it("has no empty text and none that shows the program", () => {
    const all = texts(t, "t");
    expect(all.length).toBeGreaterThan(200);
    for (const [path, text] of all) {
      expect(text.trim(), path).not.toBe("");
      expect(text, path).not.toMatch(/undefined|null|NaN|\[object|error code|invalid/i);
    }
  });

  it("speaks without jargon", () => {
    for (const [path, text] of texts(t, "t")) {
      expect(text, path).not.toMatch(/\b(MLS|SFrame|epoch|TOTP|token|websocket|server error|session id|payload)\b/i);
    }
  });

  it("says how long to wait in whole minutes or seconds", () => {
    expect(words(new Problem("too_many_attempts", null, 1))).toMatch(/1 second\.$/);
    expect(words(new Problem("too_many_attempts", null, 600))).toMatch(/10 minutes\.$/);
    expect(words(new Problem("busy", null, 5))).toMatch(/5 seconds\.$/);
  });

  it("passes on what the server says about a password", () => {
    expect(words(new Problem("password_refused", "It is in a list of stolen passwords."))).toBe(
      "It is in a list of stolen passwords.",
    );
  });
});

describe("a time", () => {
  const noon = new Date("2026-03-03T12:00:00Z");
  const zone = "Europe/Lisbon";

  it("never stands without its zone", () => {
    expect(whenWords(new Date("2026-03-03T14:05:00Z"), noon, zone)).toBe("today, 14:05 (Lisbon time)");
    expect(whenWords(new Date("2026-03-03T14:05:00Z"), noon, "America/New_York")).toBe("today, 09:05 (New York time)");
  });

  it("is called by its day", () => {
    expect(dayName(new Date("2026-03-04T00:10:00Z"), noon, zone)).toBe("tomorrow");
    expect(dayName(new Date("2026-03-02T23:50:00Z"), noon, zone)).toBe("yesterday");
    expect(dayName(new Date("2026-03-10T09:00:00Z"), noon, zone)).toBe("Tuesday 10 March");
    expect(dayName(new Date("2027-01-05T09:00:00Z"), noon, zone)).toMatch(/5 January 2027/);
  });

  it("belongs to the day of the zone, not of Greenwich", () => {
    const late = new Date("2026-03-03T23:30:00Z");
    expect(isSameDay(late, noon, "UTC")).toBe(true);
    expect(isSameDay(late, noon, "Asia/Tokyo")).toBe(false);
    expect(clockTime(late, "Asia/Tokyo")).toBe("08:30");
  });

  it("names zones that are no place as they are", () => {
    expect(zoneName("UTC")).toBe("UTC");
    expect(zoneName("America/Argentina/Buenos_Aires")).toBe("Buenos Aires time");
  });

  it("can begin a sentence", () => {
    expect(capitalised("today, 14:05")).toBe("Today, 14:05");
  });
});
