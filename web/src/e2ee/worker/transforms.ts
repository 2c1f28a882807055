// The live frame transforms of this worker: which context each seals, what each slot's frames turned out to be, and how
// many passed. One live transform per context: a second is refused, since two would race for the same picture.
import type { FromWorker, TransformOptions } from "../messages";
import type { KeyRing } from "./frames/key-ring";
import { FrameReceiver } from "./frames/receiver";
import { type Counts, type EncodedFrame, FrameSender } from "./frames/sender";
import type { SendKeys } from "./frames/send-keys";

/** RTCRtpScriptTransformer, as far as it is used here. */
export type Transformer = {
  readonly options: unknown;
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  sendKeyFrameRequest(): Promise<unknown>;
  /** Not in Chromium, which asks its sender on the page instead. */
  generateKeyFrame?(): Promise<unknown>;
};

export class Transforms {
  readonly #sendKeys: SendKeys;
  readonly #receiveKeys: KeyRing;
  readonly #emit: (message: FromWorker) => void;
  readonly #live = new Map<number, Counts>();
  readonly #contexts = new Map<number, number>();
  /** The transformers of those contexts. */
  readonly #sending = new Map<number, Transformer>();

  constructor(sendKeys: SendKeys, receiveKeys: KeyRing, emit: (message: FromWorker) => void) {
    this.#sendKeys = sendKeys;
    this.#receiveKeys = receiveKeys;
    this.#emit = emit;
  }

  attach(transformer: Transformer): void {
    const options = transformer.options as TransformOptions;
    const pass =
      options.direction === "send" ? this.#sender(options, transformer) : this.#receiver(options.id, transformer);
    transformer.readable
      .pipeThrough(
        new TransformStream<EncodedFrame, EncodedFrame>({
          async transform(frame, controller) {
            // A frame that can't be worked on is lost alone: an error here would end the whole track.
            const good = await pass(frame).catch(() => false);
            if (good) controller.enqueue(frame);
          },
        }),
      )
      .pipeTo(transformer.writable)
      .catch(() => {
        // The connection was closed under it; `release` follows from the page.
      });
  }

  release(ids: readonly number[]): void {
    for (const id of ids) {
      this.#live.delete(id);
      this.#sending.delete(id);
      for (const [context, holder] of this.#contexts) if (holder === id) this.#contexts.delete(context);
    }
    this.#emit({ type: "released", transforms: [...ids] });
  }

  /** The next frames of our pictures are key frames. */
  freshPicture(): void {
    for (const [transform, transformer] of this.#sending) {
      if (transformer.generateKeyFrame === undefined) this.#emit({ type: "fresh_picture", transform });
      else {
        transformer.generateKeyFrame().catch(() => {
          // Sound has none, a camera that is off sends nothing, and a closed connection needs none.
        });
      }
    }
  }

  /** For the page's watchdog. */
  count(): void {
    const counts = [...this.#live].map(([transform, { seen, passed }]) => ({ transform, seen, passed }));
    this.#emit({ type: "counts", counts });
  }

  #sender(
    { id, context }: Extract<TransformOptions, { direction: "send" }>,
    transformer: Transformer,
  ): (frame: EncodedFrame) => Promise<boolean> {
    if (this.#contexts.has(context)) {
      this.#emit({ type: "refused_transform", transform: id });
      return () => Promise.resolve(false);
    }
    this.#contexts.set(context, id);
    this.#sending.set(id, transformer);
    const sender = new FrameSender(context, this.#sendKeys, () => {
      this.#emit({ type: "sealed", transform: id });
    });
    this.#live.set(id, sender.counts);
    // A released transform may still have frames in its stream; they must not go on with a context that is another's.
    return (frame) => (this.#live.has(id) ? sender.seal(frame) : Promise.resolve(false));
  }

  #receiver(id: number, transformer: Transformer): (frame: EncodedFrame) => Promise<boolean> {
    const receiver = new FrameReceiver(
      this.#receiveKeys,
      {
        opened: ({ person, context }) => {
          this.#emit({ type: "opened", transform: id, person, context });
        },
        needsKeyFrame: () => {
          transformer.sendKeyFrameRequest().catch(() => {
            // Sound has none, and a closed connection needs none.
          });
        },
      },
      () => performance.now(),
    );
    this.#live.set(id, receiver.counts);
    return (frame) => receiver.open(frame);
  }
}
