// The keys that seal our own frames, with their counters beside them: a counter belongs to a key, not to a track or a
// transform, so that no (key, nonce) pair can ever come twice (RFC 9605 §9.1) whatever happens to the media.
import { MAX_COUNTER } from "./header";
import type { RawFrameKey } from "./key-ring";
import { type FrameCipher, importFrameKey } from "./sealing";

type Entry = { readonly cipher: Promise<FrameCipher>; next: number };

export class SendKeys {
  #entries = new Map<number, Entry>();
  #group: string | null = null;
  #epoch = -1;

  /** Switches sending to an epoch. Going back, or to the same epoch again, would restart counters and is refused. */
  use(group: string, epoch: number, keys: ReadonlyMap<number, RawFrameKey>): void {
    if (group === this.#group && epoch <= this.#epoch) throw new Error("an epoch is used once");
    this.#group = group;
    this.#epoch = epoch;
    this.#entries = new Map(
      [...keys].map(([context, raw]) => [context, { cipher: importFrameKey(raw, "encrypt"), next: 0 }]),
    );
  }

  /** Nothing is sealed until the next `use`. */
  clear(): void {
    this.#entries = new Map();
  }

  /** A key with a counter that nobody gets again, or null when there is nothing to seal with. */
  async take(context: number): Promise<{ cipher: FrameCipher; ctr: number } | null> {
    const entry = this.#entries.get(context);
    if (entry === undefined || entry.next >= MAX_COUNTER) return null;
    const ctr = entry.next;
    entry.next += 1;
    return { cipher: await entry.cipher, ctr };
  }
}
