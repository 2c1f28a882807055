// What this browser holds the practice's key to be. The server says; the browser remembers what it saw first, and follows
// another key only if the one it remembers signed it. Everything else stops here, loudly.
import { equal, fromBase64 } from "./bytes";
import { practiceCode, rotationStatement } from "./statements";

/** A key as the server hands it out. */
export type PublicKey = { readonly public_key: string; readonly signed_by_previous?: string | null };

/** The part of the browser's memory that is used here. */
export type PracticeMemory = {
  practiceKey(): Promise<Uint8Array | null>;
  rememberPracticeKey(key: Uint8Array): Promise<void>;
};

export type PracticeTrust =
  /** The practice's key; null in a practice that has none and of which this browser never saw one. */
  | { readonly kind: "trusted"; readonly key: Uint8Array | null }
  /** Another key than before, and the one before says nothing of it. */
  | { readonly kind: "changed"; readonly key: Uint8Array; readonly code: string }
  /** There was a key, and the server says that there is none. */
  | { readonly kind: "missing" };

/** Judges the line of keys, the oldest first, and remembers the last one when it may be followed. */
export async function judgePractice(memory: PracticeMemory, keys: readonly PublicKey[]): Promise<PracticeTrust> {
  const remembered = await memory.practiceKey();
  const newest = keys.at(-1);
  if (newest === undefined) return remembered === null ? { kind: "trusted", key: null } : { kind: "missing" };
  const key = fromBase64(newest.public_key);
  if (remembered !== null && !(await leadsTo(remembered, keys))) {
    return { kind: "changed", key, code: await practiceCode(key) };
  }
  if (remembered === null || !equal(remembered, key)) await memory.rememberPracticeKey(key);
  return { kind: "trusted", key };
}

/** From the key that is remembered, each one signs the next, to the last. */
async function leadsTo(remembered: Uint8Array, keys: readonly PublicKey[]): Promise<boolean> {
  const at = keys.findIndex(({ public_key: key }) => equal(fromBase64(key), remembered));
  if (at < 0) return false;
  let previous = fromBase64(keys[at]?.public_key ?? "");
  for (const { public_key: key, signed_by_previous: signature } of keys.slice(at + 1)) {
    const next = fromBase64(key);
    if (signature == null || !(await signed(previous, rotationStatement(previous, next), signature))) return false;
    previous = next;
  }
  return true;
}

async function signed(
  by: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  signature: string,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", by, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, fromBase64(signature), bytes);
  } catch {
    return false;
  }
}
