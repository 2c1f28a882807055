// What a frame says in clear: constants, and nothing that a packetizer could take for something else.
import { describe, expect, it } from "vitest";

import { clearBytes, type Mode, modeOf, unwrap, wrap } from "./clear-bytes";
import { escapeNal, unescapeNal } from "./h264";

const MODES: readonly Mode[] = ["sealed_whole", "vp8", "av1", "h264"];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Ciphertext that is as unlucky as it can be: much of it zeros, ones, twos and threes. */
function* unlucky(): Generator<Uint8Array<ArrayBuffer>> {
  let state = 7;
  for (let round = 0; round < 400; round += 1) {
    const bytes = new Uint8Array(round % 60);
    for (let i = 0; i < bytes.length; i += 1) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      bytes[i] = (state >> 16) & 7 ? (state >> 20) & 3 : state >> 20;
    }
    yield bytes;
  }
}

describe("clear bytes", () => {
  it("are chosen by the codec of each frame, and an unknown one is dropped", () => {
    const modes = ["audio/opus", "video/VP9", "video/VP8", "video/AV1", "video/H264"].map(modeOf);
    expect(modes).toEqual(["sealed_whole", "sealed_whole", "vp8", "av1", "h264"]);
    for (const other of ["video/H265", "audio/red", "", undefined]) expect(modeOf(other)).toBeNull();
  });

  it("of VP8 are a valid header that tells only whether it is a key frame", () => {
    const key = clearBytes("vp8", true);
    const delta = clearBytes("vp8", false);
    expect([key.length, delta.length]).toEqual([10, 3]);
    expect([(key[0] ?? 0) & 1, (delta[0] ?? 0) & 1]).toEqual([0, 1]);
    expect([...key.subarray(3, 6)]).toEqual([0x9d, 0x01, 0x2a]);
  });

  it.each(MODES)("of mode %s come off again whatever the ciphertext", (mode) => {
    for (const sealed of unlucky()) {
      for (const isKeyFrame of [true, false]) {
        const parts = unwrap(mode, wrap(mode, isKeyFrame, sealed));
        expect(hex(parts?.sealed ?? new Uint8Array(1))).toBe(hex(sealed));
        expect(parts?.clear).toEqual(clearBytes(mode, isKeyFrame));
      }
    }
  });

  it.each(["vp8", "av1", "h264"] as const)("of mode %s that are not exactly ours are refused", (mode) => {
    const frame = wrap(mode, true, new Uint8Array(40).fill(9));
    for (let length = 0; length < 10; length += 1) expect(unwrap(mode, frame.slice(0, length))).toBeNull();
    expect(
      unwrap(
        mode,
        frame.map((byte) => byte ^ 0x55),
      ),
    ).toBeNull();
  });

  it("of AV1 tell the size of the one OBU behind them, no more and no less", () => {
    const frame = wrap("av1", false, new Uint8Array(300).fill(9));
    expect([...frame.subarray(0, 3)]).toEqual([0x32, 0xac, 0x02]);
    expect(unwrap("av1", frame.slice(0, -1))).toBeNull();
    expect(unwrap("av1", Uint8Array.of(...frame, 0))).toBeNull();
    expect(unwrap("av1", Uint8Array.of(0x32, 0xff, 0xff, 0xff, 0xff, 0x01))).toBeNull();
  });

  it("of an H.264 key frame are found behind parameters that a browser wrote anew", () => {
    const frame = wrap("h264", true, new Uint8Array(40).fill(9));
    const rewritten = Uint8Array.of(0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 1, 2, 3, 4, 5, 6, 7, ...frame.subarray(10));
    expect(unwrap("h264", rewritten)?.clear).toEqual(clearBytes("h264", true));
  });
});

describe("a NAL unit", () => {
  it("holds no start code and ends in no zero", () => {
    for (const sealed of unlucky()) {
      const escaped = escapeNal(sealed);
      expect(hex(escaped).match(/^(..)*?0000(00|01|02)/)).toBeNull();
      expect(escaped.at(-1)).not.toBe(0);
    }
  });

  it("that nobody escaped is refused", () => {
    expect(unescapeNal(Uint8Array.of(1, 0, 0, 1, 0x80))).toBeNull();
    expect(unescapeNal(Uint8Array.of(1, 2))).toBeNull();
    expect(unescapeNal(new Uint8Array(0))).toBeNull();
  });
});
