// What the lobby knows about loudness and about browsers.
import { describe, expect, it } from "vitest";

import { t } from "../../i18n";
import { isInsideAnApp, unblockingSteps } from "./browser-steps";
import { loudness } from "./level";

describe("the level bar", () => {
  it("stands still for silence, moves for speech and never leaves its frame", () => {
    expect(loudness(new Float32Array(256))).toBe(0);
    expect(loudness(new Float32Array(256).fill(0.05))).toBeGreaterThan(0.2);
    expect(loudness(new Float32Array(256).fill(1))).toBe(1);
    expect(loudness(new Float32Array(0))).toBe(0);
  });
});

describe("the steps to unblock a camera", () => {
  const IPHONE =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 Version/18.2 Safari/604.1";
  const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36";
  const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0";
  const SAFARI = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.2 Safari/605.1.15";

  it("are those of the browser", () => {
    expect(unblockingSteps(IPHONE)).toBe(t.devices.stepsSafariPhone);
    expect(unblockingSteps(CHROME)).toBe(t.devices.stepsChrome);
    expect(unblockingSteps(FIREFOX)).toBe(t.devices.stepsFirefox);
    expect(unblockingSteps(SAFARI)).toBe(t.devices.stepsSafari);
    expect(unblockingSteps("Something else")).toBe(t.devices.stepsOther);
  });

  it("are others inside an app that shows web pages", () => {
    expect(isInsideAnApp(`${IPHONE} [FBAN/FBIOS;FBAV/450]`)).toBe(true);
    expect(isInsideAnApp("Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) Chrome/141.0 Mobile Safari/537.36")).toBe(true);
    for (const agent of [IPHONE, CHROME, FIREFOX, SAFARI]) expect(isInsideAnApp(agent)).toBe(false);
  });
});
