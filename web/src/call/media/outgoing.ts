// One of our three tracks on its way out. What is attached is a copy of the device's track that stays black or silent
// until the worker has sealed a frame of this very transform; only then is the copy switched on. No real picture or
// sound can leave a browser that wired the transform to nothing.
import type { DeviceKind } from "../devices";

/** Enough for 540 lines of a face; without a bound Chromium goes to 2.5 Mbit/s, more than many uplinks have. */
const CAMERA_BITS_PER_SECOND = 1_200_000;
const SCREEN_BITS_PER_SECOND = 1_500_000;

export class Outgoing {
  readonly kind: DeviceKind;
  readonly transform: number;
  readonly #sender: RTCRtpSender;
  #source: MediaStreamTrack | null = null;
  #copy: MediaStreamTrack | null = null;
  #confirmed = false;
  /** Replacing is asynchronous; one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(kind: DeviceKind, transform: number, sender: RTCRtpSender) {
    this.kind = kind;
    this.transform = transform;
    this.#sender = sender;
  }

  /** The worker sealed a frame: the real picture may follow. */
  confirm(): void {
    if (this.#confirmed) return;
    this.#confirmed = true;
    this.#gate();
    this.#work = this.#work.then(() => this.#bound());
  }

  /** The next picture is a whole one: a newcomer can't begin with a difference. */
  freshPicture(): void {
    if (this.kind === "microphone") return;
    this.#work = this.#work.then(() => this.#begin());
  }

  /** Sends the device's track as it is now: on, muted, another device, or none. */
  update(source: MediaStreamTrack | null): void {
    if (source !== this.#source) this.#replace(source);
    this.#gate();
  }

  /** Nothing goes out any more. */
  stop(): void {
    this.#source = null;
    this.#copy?.stop();
    this.#copy = null;
  }

  #replace(source: MediaStreamTrack | null): void {
    const old = this.#copy;
    this.#source = source;
    this.#copy = source?.clone() ?? null;
    this.#gate();
    const next = this.#copy;
    this.#work = this.#work
      .then(() => (next === this.#copy ? this.#sender.replaceTrack(next) : undefined))
      .catch(() => {
        // The connection is closed; the next one attaches anew.
      })
      .then(() => {
        old?.stop();
      });
  }

  /** A disabled track is black or silent by definition (Media Capture and Streams §4.2.1). */
  #gate(): void {
    if (this.#copy === null || this.#source === null) return;
    this.#copy.enabled = this.#confirmed && this.#source.enabled;
    if (this.#copy.kind === "video") this.#copy.contentHint = this.kind === "screen" ? "detail" : "motion";
  }

  /** Chromium takes the wish beside unchanged parameters (WebRTC Extensions, RTCSetParameterOptions). */
  async #begin(): Promise<void> {
    const parameters = this.#sender.getParameters();
    const options = { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) };
    const set = this.#sender.setParameters.bind(this.#sender) as (...args: readonly unknown[]) => Promise<void>;
    try {
      await set(parameters, options);
    } catch {
      // Nothing is sent just now, or the connection is closed: what begins later begins whole.
    }
  }

  async #bound(): Promise<void> {
    if (this.kind === "microphone") return;
    const parameters = this.#sender.getParameters();
    const maxBitrate = this.kind === "camera" ? CAMERA_BITS_PER_SECOND : SCREEN_BITS_PER_SECOND;
    for (const encoding of parameters.encodings) encoding.maxBitrate = maxBitrate;
    try {
      await this.#sender.setParameters(parameters);
    } catch {
      // A bound is a courtesy to the network; without it the browser's own applies.
    }
  }
}
