// The size of an OBU (AV1 §4.10.5, leb128): packetizers take it away and receivers write it anew.

/** Larger frames than this are no frames of a call; five bytes could say more than JavaScript counts in 32 bits. */
const MOST_BYTES = 4;

export function writeSize(size: number): Uint8Array {
  const out: number[] = [];
  let rest = size;
  do {
    out.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Uint8Array.from(out);
}

/** What follows the size, or null when it is not exactly as long as that says. */
export function readSize(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  let size = 0;
  for (let i = 0; i < MOST_BYTES; i += 1) {
    const byte = data[i];
    if (byte === undefined) return null;
    size |= (byte & 0x7f) << (7 * i);
    if ((byte & 0x80) === 0) return data.length === i + 1 + size ? data.subarray(i + 1) : null;
  }
  return null;
}
