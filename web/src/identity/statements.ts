// What the practice's key signs, byte by byte as crates/e2ee/src/credential/practice.rs checks it, and the short codes that people
// compare. A test makes certificates here and has the group's machine judge them.
import { concat, number, text, uuidBytes } from "./bytes";

const CERTIFICATE = text("Curtain device certificate v1\0");
const ROTATION = text("Curtain practice key rotation v1\0");
const PRACTICE_KEY = text("Curtain practice key v1\0");
const DEVICE_CODE = text("Curtain device code v1\0");

/** Bits of the roles that a clinician takes in visits: clinician and co-host. */
export const CLINICIAN_ROLES = (1 << 1) | (1 << 2);

/**
 * How long a certificate counts. Whoever stole a device and works together with the server can use it so long after it was
 * revoked; shorter would have administrators confirm browsers more often than four times a year.
 */
export const CERTIFIED_FOR_DAYS = 90;

/**
 * Of a code that people compare: 80 bits. Somebody who wants another key with the same code tries 2^79 keys; more digits
 * would be compared less carefully.
 */
const CODE_BYTES = 10;

/** A certificate: whose device this is, what the person is called, which roles it may take, until when. */
export type Certified = {
  readonly devicePub: Uint8Array;
  readonly person: string;
  readonly name: string;
  readonly roles: number;
  /** Seconds since 1970. */
  readonly notAfter: number;
};

export function certificateStatement({ devicePub, person, name, roles, notAfter }: Certified): Uint8Array<ArrayBuffer> {
  const called = text(name);
  if (called.length > 255) throw new RangeError("a name of more than 255 bytes");
  return concat(
    CERTIFICATE,
    devicePub,
    number(notAfter, 8),
    number(roles, 2),
    uuidBytes(person),
    Uint8Array.of(called.length),
    called,
  );
}

/** What a certificate is to the group's machine, which knows the rest already. */
export function certificateBytes(notAfter: number, roles: number, signature: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(number(notAfter, 8), number(roles, 2), signature);
}

/** What an old key says when a new one takes its place. */
export function rotationStatement(previous: Uint8Array, next: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(ROTATION, previous, next);
}

export function practiceCode(key: Uint8Array): Promise<string> {
  return code(concat(PRACTICE_KEY, key));
}

/** Says whose device it is too: nobody can show another's code for their own. */
export function deviceCode(person: string, devicePub: Uint8Array): Promise<string> {
  return code(concat(DEVICE_CODE, uuidBytes(person), devicePub));
}

/** Twenty digits of base 16 in groups of four. */
async function code(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).subarray(0, CODE_BYTES);
  const digits = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return (digits.toUpperCase().match(/.{4}/g) ?? []).join(" ");
}
