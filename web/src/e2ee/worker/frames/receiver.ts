// One incoming slot: whoever's frames stand in it, each is opened with the key that its KID names, or dropped. A frame
// from the next epoch waits a moment for its key, because one lost frame freezes a picture for three seconds.
import { modeOf, unwrap } from "./clear/clear-bytes";
import { decodeHeader } from "./header";
import type { KeyRing, ReceiveKey, Sender } from "./key-ring";
import { open } from "./sealing";
import type { Counts, EncodedFrame } from "./sender";

/** How long frames of an unknown KID wait. Shorter loses frames at a rekey; longer is heard as a gap in sound. */
const HOLD_MS = 500;
/** How often one slot may ask its sender for a key frame. More would let a keyless receiver flood the sender. */
const KEY_FRAME_EVERY_MS = 1_000;

export type ReceiverEvents = {
  /** Another sender, or another of their tracks, was opened in this slot. */
  opened(sender: Sender): void;
  /** The picture can't go on without a key frame. */
  needsKeyFrame(): void;
};

export class FrameReceiver {
  readonly counts: Counts = { seen: 0, passed: 0 };
  readonly #keys: KeyRing;
  readonly #events: ReceiverEvents;
  readonly #now: () => number;
  /** A KID that got no key in time: its further frames don't wait again. */
  #givenUp: number | null = null;
  #sender: Sender | null = null;
  /** A video frame was lost to us since the last key frame. */
  #gap = true;
  #askedAt = -Infinity;

  constructor(keys: KeyRing, events: ReceiverEvents, now: () => number) {
    this.#keys = keys;
    this.#events = events;
    this.#now = now;
  }

  /** Opens in place; false means that the frame must not be played. */
  async open(frame: EncodedFrame): Promise<boolean> {
    this.counts.seen += 1;
    const mode = modeOf(frame.getMetadata().mimeType);
    if (mode === null) return false;
    const parts = unwrap(mode, new Uint8Array(frame.data));
    const header = parts === null ? null : decodeHeader(parts.sealed);
    if (parts === null || header === null) return this.#lost();
    const key = await this.#key(header.kid);
    if (key === null) return this.#lost();
    if (!key.window.isNew(header.ctr)) return false;
    const plain = await open(await key.cipher, header, parts.clear, parts.sealed);
    if (plain === null) return this.#lost();
    key.window.mark(header.ctr);
    frame.data = plain;
    this.#passed(frame, key.sender);
    return true;
  }

  async #key(kid: number): Promise<ReceiveKey | null> {
    const deadline = this.#now() + HOLD_MS;
    for (;;) {
      const found = this.#keys.find(kid);
      if (typeof found === "object") {
        if (this.#givenUp === kid) this.#givenUp = null;
        return found;
      }
      const left = deadline - this.#now();
      if (found === "past" || this.#givenUp === kid) return null;
      if (left <= 0) {
        this.#givenUp = kid;
        return null;
      }
      await this.#keys.changed(left);
    }
  }

  #lost(): false {
    this.#gap = true;
    return false;
  }

  #passed(frame: EncodedFrame, sender: Sender): void {
    this.counts.passed += 1;
    if (this.#sender !== sender && !same(this.#sender, sender)) this.#events.opened(sender);
    this.#sender = sender;
    if (frame.type === "key") this.#gap = false;
    else if (frame.type === "delta" && this.#gap && this.#now() - this.#askedAt >= KEY_FRAME_EVERY_MS) {
      this.#askedAt = this.#now();
      this.#events.needsKeyFrame();
    }
  }
}

function same(a: Sender | null, b: Sender): boolean {
  return a !== null && a.person === b.person && a.leaf === b.leaf && a.context === b.context;
}
