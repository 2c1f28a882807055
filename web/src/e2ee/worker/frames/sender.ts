// One outgoing track: every frame is sealed or dropped, there is no third way.
import { clearBytes, modeOf, wrap } from "./clear/clear-bytes";
import { seal } from "./sealing";
import type { SendKeys } from "./send-keys";

/** What both kinds of encoded frames have in common; `type` is there for video only. */
export type EncodedFrame = {
  data: ArrayBuffer;
  readonly type?: string;
  getMetadata(): { mimeType?: string };
};

/** How often something passed, for the page's watchdog and nothing else. */
export type Counts = { seen: number; passed: number };

export class FrameSender {
  readonly counts: Counts = { seen: 0, passed: 0 };
  readonly #context: number;
  readonly #keys: SendKeys;
  readonly #onFirst: () => void;

  constructor(context: number, keys: SendKeys, onFirst: () => void) {
    this.#context = context;
    this.#keys = keys;
    this.#onFirst = onFirst;
  }

  /** Seals in place; false means that the frame must not go out. */
  async seal(frame: EncodedFrame): Promise<boolean> {
    this.counts.seen += 1;
    const mode = modeOf(frame.getMetadata().mimeType);
    const key = mode === null ? null : await this.#keys.take(this.#context);
    if (mode === null || key === null) return false;
    const isKeyFrame = frame.type === "key";
    const clear = clearBytes(mode, isKeyFrame);
    const sealed = await seal(key.cipher, key.ctr, clear, new Uint8Array(frame.data));
    frame.data = wrap(mode, isKeyFrame, sealed).buffer;
    this.counts.passed += 1;
    if (this.counts.passed === 1) this.#onFirst();
    return true;
  }
}
