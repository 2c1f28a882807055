// What a browser makes of the practice keys that a server hands out: it follows signatures, and nothing else.
import { describe, expect, it } from "vitest";

import { toBase64 } from "./bytes";
import { judgePractice, type PublicKey } from "./practice";
import { deviceCode, practiceCode, rotationStatement } from "./statements";

class Key {
  private constructor(
    readonly pair: CryptoKeyPair,
    readonly bytes: Uint8Array<ArrayBuffer>,
  ) {}
  static async make(): Promise<Key> {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    return new Key(pair, new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  }
  /** As the server hands it out, signed by the one before or by nobody. */
  async after(previous: Key | null, signer = previous): Promise<PublicKey> {
    if (previous === null || signer === null) return { public_key: toBase64(this.bytes), signed_by_previous: null };
    const statement = rotationStatement(previous.bytes, this.bytes);
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", signer.pair.privateKey, statement));
    return { public_key: toBase64(this.bytes), signed_by_previous: toBase64(signature) };
  }
}

class Memory {
  kept: Uint8Array | null = null;
  practiceKey = async (): Promise<Uint8Array | null> => Promise.resolve(this.kept);
  rememberPracticeKey = async (key: Uint8Array): Promise<void> => Promise.resolve(void (this.kept = key));
}

const alone = (key: Key): PublicKey => ({ public_key: toBase64(key.bytes), signed_by_previous: null });

describe("a browser that is told the practice's key", () => {
  it("goes on without one where there never was one", async () => {
    const memory = new Memory();
    expect(await judgePractice(memory, [])).toEqual({ kind: "trusted", key: null });
    expect(memory.kept).toBeNull();
  });

  it("remembers the first one it is told", async () => {
    const [memory, key] = [new Memory(), await Key.make()];
    expect(await judgePractice(memory, [alone(key)])).toEqual({ kind: "trusted", key: key.bytes });
    expect(memory.kept).toEqual(key.bytes);
    expect((await judgePractice(memory, [alone(key)])).kind).toBe("trusted");
  });

  it("misses it when the server says that there is none", async () => {
    const [memory, key] = [new Memory(), await Key.make()];
    memory.kept = key.bytes;
    expect(await judgePractice(memory, [])).toEqual({ kind: "missing" });
  });

  it("follows a line of keys that each sign the next", async () => {
    const [memory, a, b, c] = [new Memory(), await Key.make(), await Key.make(), await Key.make()];
    memory.kept = a.bytes;
    const line = [alone(a), await b.after(a), await c.after(b)];
    expect(await judgePractice(memory, line)).toEqual({ kind: "trusted", key: c.bytes });
    expect(memory.kept).toEqual(c.bytes);
  });

  it("follows from where it stood, whatever came before", async () => {
    const [memory, lost, b, c] = [new Memory(), await Key.make(), await Key.make(), await Key.make()];
    memory.kept = b.bytes;
    expect((await judgePractice(memory, [alone(lost), alone(b), await c.after(b)])).kind).toBe("trusted");
  });

  it("stops at a key that nobody signed, that somebody else signed, or that comes from nowhere", async () => {
    const [a, b, c, thief] = [await Key.make(), await Key.make(), await Key.make(), await Key.make()];
    const lines: PublicKey[][] = [
      [alone(a), alone(b)],
      [alone(a), await b.after(a, thief)],
      [alone(a), { ...(await b.after(a)), signed_by_previous: "AAAA" }],
      [alone(a), { ...(await b.after(a)), signed_by_previous: "?" }],
      [alone(b)],
      [alone(thief), await b.after(thief)],
      [alone(a), alone(c), await b.after(c)],
      // The signature of a on c says nothing of b.
      [alone(a), { public_key: toBase64(b.bytes), signed_by_previous: (await c.after(a)).signed_by_previous ?? null }],
    ];
    for (const line of lines) {
      const memory = new Memory();
      memory.kept = a.bytes;
      expect(await judgePractice(memory, line)).toEqual({
        kind: "changed",
        key: b.bytes,
        code: await practiceCode(b.bytes),
      });
      expect(memory.kept).toEqual(a.bytes);
    }
  });
});

describe("a code that people compare", () => {
  it("is twenty digits in groups of four, of one key and one person", async () => {
    const [key, ana, ben] = [
      new Uint8Array(32),
      "0190a000-0000-7000-8000-0000000000b1",
      "0190a000-0000-7000-8000-0000000000b2",
    ];
    const code = await deviceCode(ana, key);
    expect(code).toMatch(/^([0-9A-F]{4} ){4}[0-9A-F]{4}$/);
    expect(await deviceCode(ben, key)).not.toBe(code);
    expect(await practiceCode(key)).not.toBe(code);
    expect(await deviceCode(ana, key)).toBe(code);
  });
});
