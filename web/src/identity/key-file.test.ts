// The file of the practice's key: opens for its passphrase and nothing else, and holds no secret in the open.
import { describe, expect, it } from "vitest";

import { fromBase64 } from "./bytes";
import { type KeyFileError, makePracticeKey, openPracticeKey } from "./key-file";
import { certificateStatement, rotationStatement } from "./statements";

const PRACTICE = "Elm Street";
const LEE = "0190a000-0000-7000-8000-0000000000a1";
const PASSPHRASE = "five rivers meet below the hill";
/** The fewest that a file may ask for: tests open many. */
const FEWEST = 600_000;
const NOW = new Date("2026-03-03T12:00:00Z");

type Parts = { version: number; curtain: string; kdf: object; cipher: object; sealed: string };
type Change = (file: Parts) => unknown;

const made = makePracticeKey(PRACTICE, PASSPHRASE, NOW, FEWEST);

async function problem(file: string, passphrase = PASSPHRASE, expected?: Uint8Array): Promise<string> {
  const { key } = await made;
  return openPracticeKey(file, passphrase, expected ?? key.publicKey).then(
    () => "opened",
    (error: unknown) => (error as KeyFileError).problem,
  );
}

async function changed(change: Change): Promise<string> {
  const file = JSON.parse((await made).file) as Parts;
  change(file);
  return JSON.stringify(file);
}

describe("a key file", () => {
  it("opens for its passphrase, and signs what the public key checks", async () => {
    const { key, file } = await made;
    const opened = await openPracticeKey(file, PASSPHRASE, key.publicKey);
    const certified = {
      devicePub: new Uint8Array(32).fill(3),
      person: LEE,
      name: "Dr Maya Lee",
      roles: 6,
      notAfter: 1_800_000_000,
    };
    const publicKey = await crypto.subtle.importKey("raw", new Uint8Array(key.publicKey), "Ed25519", true, ["verify"]);
    const holds = async (signature: Uint8Array, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> =>
      crypto.subtle.verify("Ed25519", publicKey, new Uint8Array(signature), bytes);
    expect(await holds(await opened.certify(certified), certificateStatement(certified))).toBe(true);
    const next = new Uint8Array(32).fill(9);
    expect(await holds(await opened.vouchFor(next), rotationStatement(key.publicKey, next))).toBe(true);
  });

  it("is the same passphrase from a keyboard that composes letters", async () => {
    const { key, file } = await makePracticeKey(PRACTICE, "caf\u00e9 am \u00fcbernächsten Eck", NOW, FEWEST);
    const opened = await openPracticeKey(file, "cafe\u0301 am u\u0308berna\u0308chsten Eck", key.publicKey);
    expect(opened.publicKey).toEqual(key.publicKey);
  });

  it("stays shut for another passphrase, and says so", async () => {
    expect(await problem((await made).file, "five rivers meet above the hill")).toBe("wrong_passphrase");
  });

  it("is refused when it is another key's", async () => {
    expect(await problem((await made).file, PASSPHRASE, new Uint8Array(32))).toBe("other_key");
  });

  it("is refused when a part of it was changed", async () => {
    const zeros = (length: number): string => btoa("\0".repeat(length));
    const cases: [Change, string][] = [
      [(file) => (file.version = 2), "not_a_key_file"],
      [(file) => (file.curtain = "something"), "not_a_key_file"],
      [(file) => (file.kdf = { iterations: 1_000, salt: zeros(16) }), "not_a_key_file"],
      [(file) => (file.kdf = { iterations: 1e9, salt: zeros(16) }), "not_a_key_file"],
      [(file) => (file.cipher = { iv: zeros(11) }), "not_a_key_file"],
      [(file) => (file.sealed = "not base64!"), "not_a_key_file"],
      [(file) => (file.cipher = { iv: zeros(12) }), "wrong_passphrase"],
      [(file) => (file.kdf = { iterations: FEWEST, salt: zeros(16) }), "wrong_passphrase"],
      [(file) => (file.sealed = zeros(64)), "wrong_passphrase"],
    ];
    for (const [change, expected] of cases) expect(await problem(await changed(change))).toBe(expected);
    expect(await problem("")).toBe("not_a_key_file");
    expect(await problem("[]")).toBe("not_a_key_file");
  });

  it("holds the secret sealed only", async () => {
    const { file } = await made;
    const { sealed, public_key: publicKey } = JSON.parse(file) as Record<string, string>;
    // PKCS #8 of an Ed25519 key is 48 bytes, and the tag is 16.
    expect(fromBase64(sealed ?? "").length).toBe(64);
    expect(fromBase64(publicKey ?? "").length).toBe(32);
    expect(file).not.toContain("rivers");
  });
});
