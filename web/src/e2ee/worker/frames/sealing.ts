// SFrame sealing and opening with suite 4, AES_128_GCM_SHA256_128 (RFC 9605 §4.4): `header | ciphertext`; the metadata, a
// frame's clear bytes, is authenticated with it. Keys are WebCrypto's and can't be taken out again.
import { encodeHeader, type Header } from "./header";

/** One sender's key of one epoch and context. */
export type FrameCipher = {
  readonly kid: number;
  readonly key: CryptoKey;
  /** Twelve bytes; the nonce is this XOR the counter. */
  readonly salt: Uint8Array;
};

/** The full tag of AES-GCM. Shorter ones save bytes and make forgeries cheaper. */
export const TAG_BYTES = 16;

export async function importFrameKey(
  raw: { kid: number; key: Uint8Array; salt: Uint8Array },
  use: "encrypt" | "decrypt",
): Promise<FrameCipher> {
  const key = await crypto.subtle.importKey("raw", own(raw.key), "AES-GCM", false, [use]);
  return { kid: raw.kid, key, salt: raw.salt };
}

export async function seal(
  cipher: FrameCipher,
  ctr: number,
  metadata: Uint8Array,
  plaintext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = encodeHeader(cipher.kid, ctr);
  const sealed = await crypto.subtle.encrypt(parameters(cipher, ctr, header, metadata), cipher.key, plaintext);
  const out = new Uint8Array(header.length + sealed.byteLength);
  out.set(header);
  out.set(new Uint8Array(sealed), header.length);
  return out;
}

/** `frame` starts with `header`, which was read from it; null when it does not open. */
export async function open(
  cipher: FrameCipher,
  header: Header,
  metadata: Uint8Array,
  frame: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer | null> {
  const sealed = frame.subarray(header.size);
  if (sealed.length < TAG_BYTES) return null;
  const how = parameters(cipher, header.ctr, frame.subarray(0, header.size), metadata);
  try {
    return await crypto.subtle.decrypt(how, cipher.key, sealed);
  } catch {
    return null;
  }
}

function parameters(cipher: FrameCipher, ctr: number, header: Uint8Array, metadata: Uint8Array): AesGcmParams {
  const additionalData = new Uint8Array(header.length + metadata.length);
  additionalData.set(header);
  additionalData.set(metadata, header.length);
  return { name: "AES-GCM", iv: nonce(cipher.salt, ctr), additionalData, tagLength: TAG_BYTES * 8 };
}

function nonce(salt: Uint8Array, ctr: number): Uint8Array<ArrayBuffer> {
  const out = own(salt);
  let rest = ctr;
  for (let i = out.length - 1; rest > 0; i -= 1) {
    out[i] = (out[i] ?? 0) ^ (rest % 256);
    rest = Math.floor(rest / 256);
  }
  return out;
}

function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
