// The SFrame header (RFC 9605 §4.3): config byte, key id, counter. Both numbers are bounded to what JavaScript counts
// exactly; larger ones are refused, since no sender of ours can make them.

export type Header = {
  readonly kid: number;
  readonly ctr: number;
  /** Length of the encoded header. */
  readonly size: number;
};

/** Refuses to seal beyond this (docs/protocol.md): 2^48 frames are 89 000 years at 100 a second. */
export const MAX_COUNTER = 2 ** 48;

export function encodeHeader(kid: number, ctr: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(kid) || !Number.isSafeInteger(ctr) || kid < 0 || ctr < 0) throw new RangeError("header");
  const kidBytes = kid < 8 ? 0 : byteLength(kid);
  const ctrBytes = ctr < 8 ? 0 : byteLength(ctr);
  const out = new Uint8Array(1 + kidBytes + ctrBytes);
  out[0] = (field(kid, kidBytes) << 4) | field(ctr, ctrBytes);
  write(out, 1, kidBytes, kid);
  write(out, 1 + kidBytes, ctrBytes, ctr);
  return out;
}

/** The header at the start of `data`, or null when there is none or its numbers are out of bounds. */
export function decodeHeader(data: Uint8Array): Header | null {
  const config = data[0];
  if (config === undefined) return null;
  const kidBytes = config & 0x80 ? ((config >> 4) & 7) + 1 : 0;
  const ctrBytes = config & 0x08 ? (config & 7) + 1 : 0;
  const size = 1 + kidBytes + ctrBytes;
  if (data.length < size) return null;
  const kid = kidBytes === 0 ? (config >> 4) & 7 : read(data, 1, kidBytes);
  const ctr = ctrBytes === 0 ? config & 7 : read(data, 1 + kidBytes, ctrBytes);
  return Number.isSafeInteger(kid) && Number.isSafeInteger(ctr) ? { kid, ctr, size } : null;
}

/** Four bits: the value itself below 8, else a set bit and the length less one. */
function field(value: number, bytes: number): number {
  return bytes === 0 ? value : 8 | (bytes - 1);
}

function byteLength(value: number): number {
  let bytes = 1;
  for (let rest = Math.floor(value / 256); rest > 0; rest = Math.floor(rest / 256)) bytes += 1;
  return bytes;
}

function write(out: Uint8Array, at: number, bytes: number, value: number): void {
  let rest = value;
  for (let i = at + bytes - 1; i >= at; i -= 1) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

function read(data: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = at; i < at + bytes; i += 1) value = value * 256 + (data[i] ?? 0);
  return value;
}
