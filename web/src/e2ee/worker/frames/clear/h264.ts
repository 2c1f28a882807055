// What keeps ciphertext inside of one NAL unit (H.264 §7.4.1.1): three bytes that look like a start code get a 3 between
// them, and a last byte that is no zero ends it.

/** Ends the NAL unit: trailing zeros would be taken for the next start code. */
const STOP = 0x80;

export function escapeNal(sealed: Uint8Array): Uint8Array {
  const out = new Uint8Array(sealed.length + Math.ceil(sealed.length / 2) + 1);
  let [length, zeros] = [0, 0];
  for (const byte of sealed) {
    if (zeros === 2 && byte <= 3) {
      out[length++] = 3;
      zeros = 0;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  out[length++] = STOP;
  return out.subarray(0, length);
}

/** Undoes it; null for what no `escapeNal` wrote. */
export function unescapeNal(escaped: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  if (escaped[escaped.length - 1] !== STOP) return null;
  const out = new Uint8Array(escaped.length - 1);
  let [length, zeros] = [0, 0];
  for (const byte of escaped.subarray(0, -1)) {
    if (zeros === 2 && byte < 3) return null;
    if (zeros === 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, length);
}
