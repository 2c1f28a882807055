// A connection that breaks is asked for again: at once the first time, a little later when it breaks again, never twice.
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Devices } from "../devices";
import type { E2eeClient } from "../e2ee-client";
import { VisitMedia } from "./visit-media";

/** As much of a connection as it takes to break on the first offer. */
class Broken extends EventTarget {
  localDescription = null;
  connectionState = "new";
  setRemoteDescription = (): Promise<void> => Promise.reject(new Error("no such offer"));
  close = (): void => undefined;
}

let asked: string[];
let media: VisitMedia;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("RTCPeerConnection", Broken);
  asked = [];
  const e2ee = { post: () => undefined } as unknown as E2eeClient;
  const devices = { track: () => null } as unknown as Devices;
  media = new VisitMedia(e2ee, devices, {
    send: ({ type }) => asked.push(type),
    changed: () => undefined,
    leak: () => undefined,
  });
  media.enter();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const breaks = (): void => {
  media.worker({ type: "refused_transform", transform: 1 });
};

it("is asked for at once, and once more after three seconds however often it broke", () => {
  breaks();
  expect(asked).toEqual(["restart_media"]);
  vi.advanceTimersByTime(1_000);
  breaks();
  breaks();
  vi.advanceTimersByTime(1_999);
  expect(asked).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(asked).toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(asked).toHaveLength(2);
});

it("is not asked for when the server offered another in the meantime", async () => {
  breaks();
  breaks();
  vi.advanceTimersByTime(2_900);
  const offered = media.offer(2, "", []);
  vi.advanceTimersByTime(90);
  expect(asked).toHaveLength(1);
  await offered;
  expect(media.state).toBe("lost");
  vi.advanceTimersByTime(10);
  expect(asked).toHaveLength(2);
});

it("is not asked for in the lobby, but once its owner is inside", () => {
  media.stop();
  breaks();
  vi.advanceTimersByTime(60_000);
  expect(asked).toEqual([]);
  media.enter();
  expect(asked).toEqual(["restart_media"]);
});

it("is not asked for by somebody who is out of the visit", () => {
  breaks();
  breaks();
  media.stop();
  vi.advanceTimersByTime(60_000);
  expect(asked).toHaveLength(1);
});
