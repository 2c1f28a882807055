// Which bytes of a frame stay readable so that browsers can packetize it, chosen per frame by its codec. Clear bytes are
// constants that tell nothing but "key frame or not", and they are authenticated; a codec not named here is dropped.

/** How the frames of one codec are carried. */
export type Mode = "sealed_whole" | "vp8";

// A VP8 frame tag (RFC 6386 §9.1) of a shown frame with an empty first partition; a key frame adds its start code and
// 16 × 16 pixels. Browsers read the low bit ("not a key frame") and, in key frames, the size; the forwarder checks both.
const VP8_KEY = Uint8Array.of(0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x10, 0x00, 0x10, 0x00);
const VP8_DELTA = Uint8Array.of(0x11, 0x00, 0x00);
const NOTHING = new Uint8Array(0);

/** From `getMetadata().mimeType`; null means: drop. */
export function modeOf(mimeType: string | undefined): Mode | null {
  switch (mimeType?.toLowerCase()) {
    case "audio/opus":
    case "video/vp9":
      return "sealed_whole";
    case "video/vp8":
      return "vp8";
    default:
      return null;
  }
}

/** What goes before the SFrame header when sealing. */
export function clearBytes(mode: Mode, isKeyFrame: boolean): Uint8Array {
  if (mode === "sealed_whole") return NOTHING;
  return isKeyFrame ? VP8_KEY : VP8_DELTA;
}

/** How many bytes stand before the SFrame header of a received frame, or null when they are not ours. */
export function clearLength(mode: Mode, frame: Uint8Array): number | null {
  if (mode === "sealed_whole") return 0;
  const expected = ((frame[0] ?? 1) & 1) === 0 ? VP8_KEY : VP8_DELTA;
  if (frame.length < expected.length) return null;
  return expected.every((byte, i) => frame[i] === byte) ? expected.length : null;
}
