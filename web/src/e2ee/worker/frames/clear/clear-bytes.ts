// Which bytes of a frame stay readable so that browsers can packetize it, chosen per frame by its codec. Clear bytes are
// constants that tell nothing but "key frame or not", and they are authenticated; a codec not named here is dropped.
import { readSize, writeSize } from "./av1";
import { escapeNal, unescapeNal } from "./h264";

/** How the frames of one codec are carried. */
export type Mode = "sealed_whole" | "vp8" | "av1" | "h264";

/** What a received frame says in clear, and the SFrame behind it. */
export type Unwrapped = { readonly clear: Uint8Array; readonly sealed: Uint8Array<ArrayBuffer> };

type Clear = { readonly key: Uint8Array; readonly delta: Uint8Array };

const NOTHING = new Uint8Array(0);
const CLEAR: Record<Mode, Clear> = {
  sealed_whole: { key: NOTHING, delta: NOTHING },
  // A VP8 frame tag (RFC 6386 §9.1) of a shown frame with an empty first partition; a key frame adds its start code and
  // 16 × 16 pixels. Browsers read the low bit ("not a key frame") and, in key frames, the size; the forwarder checks both.
  vp8: {
    key: Uint8Array.of(0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00),
    delta: Uint8Array.of(0x11, 0x00, 0x00),
  },
  // The header of a frame OBU (AV1 §5.3.2); a key frame has an empty sequence header OBU before it, or no browser takes it
  // for one.
  av1: { key: Uint8Array.of(0x0a, 0x01, 0x00, 0x32), delta: Uint8Array.of(0x32) },
  // The first bytes of a slice (H.264 §7.3.3): first macroblock 0, all of the picture, parameters 0.
  h264: { key: Uint8Array.of(0x65, 0x88, 0x80, 0x40), delta: Uint8Array.of(0x41, 0x9a, 0x00, 0x40) },
};

const START = Uint8Array.of(0, 0, 0, 1);
/** Parameters of a picture of 16 × 16 pixels in constrained baseline (H.264 §7.3.2): without them no slice is decoded. */
const H264_PARAMETERS = Uint8Array.of(
  ...[...START, 0x67, 0x42, 0xc0, 0x1f, 0xda, 0x79],
  ...[...START, 0x68, 0xce, 0x38, 0x80],
);
/** Browsers write parameters anew on the way (a few bytes more); a slice that begins later is not ours. */
const SLICE_WITHIN = 64;

/** From `getMetadata().mimeType`; null means: drop. */
export function modeOf(mimeType: string | undefined): Mode | null {
  switch (mimeType?.toLowerCase()) {
    case "audio/opus":
    case "video/vp9":
      return "sealed_whole";
    case "video/vp8":
      return "vp8";
    case "video/av1":
      return "av1";
    case "video/h264":
      return "h264";
    default:
      return null;
  }
}

/** What is authenticated with the frame: the metadata of RFC 9605 §4.4. */
export function clearBytes(mode: Mode, isKeyFrame: boolean): Uint8Array {
  return isKeyFrame ? CLEAR[mode].key : CLEAR[mode].delta;
}

/** The SFrame in the form of a frame that browsers packetize. */
export function wrap(mode: Mode, isKeyFrame: boolean, sealed: Uint8Array): Uint8Array<ArrayBuffer> {
  const clear = clearBytes(mode, isKeyFrame);
  switch (mode) {
    case "av1":
      return concat(clear, writeSize(sealed.length), sealed);
    case "h264":
      return concat(isKeyFrame ? H264_PARAMETERS : NOTHING, START, clear, escapeNal(sealed));
    default:
      return concat(clear, sealed);
  }
}

/** The parts of a received frame, or null when it is none of ours. */
export function unwrap(mode: Mode, frame: Uint8Array<ArrayBuffer>): Unwrapped | null {
  const { key, delta } = CLEAR[mode];
  if (mode === "h264") return slice(frame);
  const clear = [key, delta].find((one) => startsWith(frame, one, 0));
  if (clear === undefined) return null;
  const rest = frame.subarray(clear.length);
  const sealed = mode === "av1" ? readSize(rest) : rest;
  return sealed === null ? null : { clear, sealed };
}

function slice(frame: Uint8Array<ArrayBuffer>): Unwrapped | null {
  const { key, delta } = CLEAR.h264;
  for (let at = 0; at < Math.min(SLICE_WITHIN, frame.length); at += 1) {
    // Three bytes of a start code are enough (H.264 §B.1.1).
    if (!startsWith(frame, START.subarray(1), at)) continue;
    const clear = [key, delta].find((one) => startsWith(frame, one, at + 3));
    if (clear === undefined) continue;
    const sealed = unescapeNal(frame.subarray(at + 3 + clear.length));
    return sealed === null ? null : { clear, sealed };
  }
  return null;
}

function startsWith(frame: Uint8Array, expected: Uint8Array, at: number): boolean {
  return frame.length >= at + expected.length && expected.every((byte, i) => frame[at + i] === byte);
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
