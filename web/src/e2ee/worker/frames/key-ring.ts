// The keys that open other people's frames: by sender, context and the low eight bits of the epoch, which together are
// the KID (docs/protocol.md). Looking one up also tells whether an unknown KID may still get its key.
import { type FrameCipher, importFrameKey } from "./sealing";
import { ReplayWindow } from "./replay-window";

/** A member's raw key, as the group derives it. */
export type RawFrameKey = { readonly kid: number; readonly key: Uint8Array; readonly salt: Uint8Array };

/** Whose frames a key opens. The name that people see on a tile comes from here. */
export type Sender = { readonly person: string; readonly leaf: number; readonly context: number };

export type ReceiveKey = {
  readonly sender: Sender;
  readonly cipher: Promise<FrameCipher>;
  readonly window: ReplayWindow;
};

/** Contexts 0 to 3, sixteen leaves, eight bits of epoch: no member of ours makes another. */
const LARGEST_KID = 0x3fff;

/** Epochs that may be known at once: half of what eight bits tell apart, so that past and future never mix. */
const HALF = 128;

type Entry = ReceiveKey & { readonly epoch: number };

export class KeyRing {
  readonly #keys = new Map<number, Entry>();
  readonly #waiting = new Set<() => void>();
  #epoch: number | null = null;

  /** Opens an epoch for all senders at once; frames that were held for it go on. */
  install(epoch: number, keys: readonly { readonly sender: Sender; readonly raw: RawFrameKey }[]): void {
    for (const [kid, entry] of this.#keys) if (entry.epoch <= epoch - HALF) this.#keys.delete(kid);
    for (const { sender, raw } of keys) {
      const cipher = importFrameKey(raw, "decrypt");
      this.#keys.set(raw.kid, { sender, cipher, window: new ReplayWindow(), epoch });
    }
    this.#epoch = epoch;
    this.#wake();
  }

  /** The key, or whether one may yet come (`ahead`) or never will (`past`): a retired epoch, or nobody's leaf. */
  find(kid: number): ReceiveKey | "ahead" | "past" {
    const entry = this.#keys.get(kid);
    if (entry !== undefined) return entry;
    if (kid > LARGEST_KID) return "past";
    if (this.#epoch === null) return "ahead";
    const distance = (kid - this.#epoch) & 0xff;
    return distance > 0 && distance < HALF ? "ahead" : "past";
  }

  /** Forgets every key older than `epoch`. */
  retireBefore(epoch: number): void {
    for (const [kid, entry] of this.#keys) if (entry.epoch < epoch) this.#keys.delete(kid);
  }

  /** Forgets all: the group is left or was replaced. */
  clear(): void {
    this.#keys.clear();
    this.#epoch = null;
    this.#wake();
  }

  /** Resolves at the next change of keys, or after `limit` milliseconds. */
  changed(limit: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limit);
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
  }
}
