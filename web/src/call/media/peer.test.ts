// Whoever watches the encryption must be heard from: one missed look is bad luck, two are a connection that nobody
// watches, and then nothing received is shown and nothing is sent.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { ToWorker } from "../../e2ee/messages";
import type { Devices } from "../devices";
import type { E2eeClient } from "../e2ee-client";
import { Peer } from "./peer";

/** As much of a connected RTCPeerConnection as looking needs. */
class Wire extends EventTarget {
  connectionState = "connected";
  localDescription: object | null = null;
  /** What getStats does next. */
  stats: () => Promise<unknown> = () => Promise.resolve(new Map());
  setRemoteDescription = (): Promise<void> => {
    const receives = { transceiver: { mid: "3" }, receiver: {}, track: {} };
    this.dispatchEvent(Object.assign(new Event("track"), receives));
    return Promise.resolve();
  };
  getTransceivers = () => ["0", "1", "2"].map((mid) => ({ mid, sender: {} }));
  createAnswer = (): Promise<object> => Promise.resolve({ sdp: "" });
  setLocalDescription = (answer: object): Promise<void> => {
    this.localDescription = answer;
    return Promise.resolve();
  };
  getStats = (): Promise<unknown> => this.stats();
  close = (): void => {
    this.connectionState = "closed";
  };
}

let wire: Wire;
let peer: Peer;
let leaked: string[];
let worker: () => void;
let asked: number;

beforeEach(async () => {
  vi.useFakeTimers();
  [wire, leaked, asked] = [new Wire(), [], 0];
  worker = () => {
    peer.counted([]);
  };
  let id = 0;
  const e2ee = {
    post: ({ type }: ToWorker) => {
      if (type !== "count") return;
      asked += 1;
      worker();
    },
    transform: () => ({ id: ++id, transform: {} }),
  } as unknown as E2eeClient;
  const devices = { track: () => null } as unknown as Devices;
  peer = new Peer(wire as unknown as RTCPeerConnection, e2ee, devices, {
    answer: () => undefined,
    state: () => undefined,
    changed: () => undefined,
    leak: (kind) => leaked.push(kind),
    broken: () => undefined,
  });
  await peer.answer("");
  peer.enter();
});
afterEach(() => {
  peer.close();
  vi.useRealTimers();
});

describe("the watch over a connection", () => {
  it("goes on while it is answered", async () => {
    await vi.advanceTimersByTimeAsync(6_000);
    expect(asked).toBe(10);
    expect([peer.bypassed, leaked]).toEqual([false, []]);
  });

  it("outlives one missed answer", async () => {
    const answers = worker;
    worker = () => {
      worker = answers;
    };
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBeGreaterThan(5);
    expect([peer.bypassed, leaked]).toEqual([false, []]);
  });

  it("shows and sends nothing any more when the worker stays silent", async () => {
    worker = () => undefined;
    await vi.advanceTimersByTimeAsync(2_700);
    expect([peer.bypassed, leaked]).toEqual([false, []]);
    await vi.advanceTimersByTimeAsync(2_600);
    expect([peer.bypassed, leaked]).toEqual([true, ["microphone", "camera", "screen"]]);
  });

  it("takes statistics that fail for silence", async () => {
    const answers = wire.stats;
    wire.stats = () => Promise.reject(new Error("no statistics"));
    await vi.advanceTimersByTimeAsync(600);
    wire.stats = answers;
    await vi.advanceTimersByTimeAsync(600);
    expect(peer.bypassed).toBe(false);
    wire.stats = () => Promise.reject(new Error("no statistics"));
    await vi.advanceTimersByTimeAsync(1_200);
    expect(peer.bypassed).toBe(true);
  });

  it("holds nothing against a connection that is gone", async () => {
    worker = () => undefined;
    await vi.advanceTimersByTimeAsync(3_000);
    wire.connectionState = "failed";
    await vi.advanceTimersByTimeAsync(10_000);
    expect([peer.bypassed, leaked]).toEqual([false, []]);
  });
});
