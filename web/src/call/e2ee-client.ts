// The page's side of the worker that holds the keys: starts it through the one Trusted Types policy that knows its
// address, and gives the conversation types.
import workerUrl from "../e2ee/e2ee-worker-url";
import type { FromWorker, ToWorker, TransformOptions } from "../e2ee/messages";

type Policy = { createScriptURL(url: string): string };
type Policies = {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
};

// The DOM library has no Trusted Types yet, and Firefox has none at all.
const { trustedTypes } = globalThis as unknown as { trustedTypes?: Policies };

const onlyTheWorker = trustedTypes?.createPolicy("curtain-worker", {
  createScriptURL(url) {
    if (url !== workerUrl) throw new TypeError("not the worker");
    return url;
  },
});

/** Whether this browser can seal frames at all. By feature, never by name. */
export function canSeal(): boolean {
  return (
    typeof Worker === "function" &&
    typeof RTCPeerConnection === "function" &&
    typeof RTCRtpScriptTransform === "function" &&
    "transform" in RTCRtpSender.prototype
  );
}

export class E2eeClient {
  readonly #worker: Worker;
  #nextTransform = 1;

  constructor(listener: (message: FromWorker) => void) {
    this.#worker = new Worker(onlyTheWorker?.createScriptURL(workerUrl) ?? workerUrl, { type: "module" });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      listener(data);
    });
    this.#worker.addEventListener("error", () => {
      listener({ type: "failed", failure: "not_loaded", code: "worker" });
    });
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** A transform to set on one sender or receiver; its id is what the worker calls it. */
  transform(options: { direction: "send"; context: 0 | 1 | 2 } | { direction: "receive" }): {
    id: number;
    transform: RTCRtpScriptTransform;
  } {
    const id = this.#nextTransform++;
    const named: TransformOptions = { id, ...options };
    return { id, transform: new RTCRtpScriptTransform(this.#worker, named) };
  }

  /** Ends the worker and every key in it. */
  dispose(): void {
    this.#worker.terminate();
  }
}
