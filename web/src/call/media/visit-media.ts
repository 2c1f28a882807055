// The visit's media over as many peer connections as it takes, the first of them made in the lobby: nothing goes out over
// it before the group has us. Before a new one starts, the worker must have let go of the
// old one's transforms: two live senders of one context are refused.
import type { FromWorker } from "../../e2ee/messages";
import type { ClientMessage, Slot } from "../../signalling/protocol.gen";
import type { DeviceKind, Devices } from "../devices";
import type { E2eeClient } from "../e2ee-client";
import { type Incoming, newConnection, Peer } from "./peer";
import type { MediaState } from "../view";

/** Asking for a fresh connection more often than this would only keep the server busy. */
const RESTART_EVERY_MS = 3_000;

/** An answer takes 60 ms; whatever waits for it waits no longer than this. */
const NEGOTIATES_FOR_MS = 300;

/** How long people see that something unsealed was refused, after the last time. */
const REFUSAL_SHOWN_MS = 20_000;

export type MediaEvents = {
  send(message: ClientMessage): void;
  changed(): void;
  /** Our own media went round the encryption: it was stopped. */
  leak(kind: DeviceKind): void;
};

type WorkerNews = Extract<
  FromWorker,
  { type: "sealed" | "opened" | "counts" | "fresh_picture" | "released" | "refused_transform" }
>;

export class VisitMedia {
  readonly #e2ee: E2eeClient;
  readonly #devices: Devices;
  readonly #events: MediaEvents;
  #peer: Peer | null = null;
  /** Made in the lobby, for the first offer. */
  #spare: RTCPeerConnection | null = newConnection();
  /** The group has us. */
  #inside = false;
  #generation = 0;
  #slots: readonly Slot[] = [];
  /** The worker has let go of everything before. */
  #released: Promise<void> = Promise.resolve();
  #unanswered = 0;
  #whenReleased: (() => void)[] = [];
  #negotiating: ReturnType<typeof setTimeout> | null = null;
  #refusal: ReturnType<typeof setTimeout> | undefined;
  #restartedAt = -Infinity;
  /** Broken again too soon after the last restart: the next one waits. */
  #nextRestart: ReturnType<typeof setTimeout> | null = null;
  #state: MediaState = "connecting";

  constructor(e2ee: E2eeClient, devices: Devices, events: MediaEvents) {
    this.#e2ee = e2ee;
    this.#devices = devices;
    this.#events = events;
  }

  get state(): MediaState {
    return this.#state;
  }

  /** The slots that carry somebody. Whom, the frames tell; that nobody is there, only the forwarder knows. */
  get incoming(): readonly Incoming[] {
    const taken = new Set(this.#slots.filter(({ participant }) => participant !== null).map(({ mid }) => mid));
    return this.#peer?.incoming.filter(({ mid }) => taken.has(mid)) ?? [];
  }

  /** Something received goes round the worker: nothing received may be shown. */
  get bypassed(): boolean {
    return this.#peer?.bypassed ?? false;
  }

  /** The forwarder refused something unsealed, ours or another's. */
  refusedUnsealed(): void {
    this.#state = "refused_unsealed";
    clearTimeout(this.#refusal);
    this.#refusal = setTimeout(() => {
      if (this.#state !== "refused_unsealed") return;
      this.#state = "live";
      this.#events.changed();
    }, REFUSAL_SHOWN_MS);
    this.#events.changed();
  }

  /** The group has taken us in: what is ours may go out. A connection made ahead that broke meanwhile is replaced. */
  enter(): void {
    if (this.#inside) return;
    this.#inside = true;
    this.#peer?.enter();
    if (this.#state === "lost") this.#broken();
  }

  async offer(generation: number, sdp: string, slots: readonly Slot[]): Promise<void> {
    this.#forgetRestart();
    this.#generation = generation;
    this.#slots = slots;
    await this.#release();
    if (generation !== this.#generation) return;
    const peer = this.#newPeer(generation);
    this.#peer = peer;
    if (this.#inside) peer.enter();
    this.#negotiating = setTimeout(() => {
      this.#negotiated();
    }, NEGOTIATES_FOR_MS);
    try {
      await peer.answer(sdp);
    } catch {
      if (this.#peer === peer) this.#broken();
    }
    this.#negotiated();
  }

  /** The browser is busy with an offer: drawing can wait, the answer can't. Ends with `changed`. */
  get negotiating(): boolean {
    return this.#negotiating !== null;
  }

  #negotiated(): void {
    if (this.#negotiating === null) return;
    clearTimeout(this.#negotiating);
    this.#negotiating = null;
    this.#events.changed();
  }

  /** Who is on which m-line; used only to know which is nobody's. */
  slots(generation: number, slots: readonly Slot[]): void {
    if (generation !== this.#generation) return;
    this.#slots = slots;
    this.#events.changed();
  }

  worker(news: WorkerNews): void {
    switch (news.type) {
      case "sealed":
        this.#peer?.sealed(news.transform);
        return;
      case "opened":
        this.#peer?.opened(news.transform, news.person, news.context);
        return;
      case "fresh_picture":
        this.#peer?.freshPicture(news.transform);
        return;
      case "counts":
        this.#peer?.counted(news.counts);
        return;
      case "released":
        this.#onReleased();
        return;
      case "refused_transform":
        this.#broken();
    }
  }

  devicesChanged(): void {
    this.#peer?.devicesChanged();
  }

  /** The signalling is back after a hole: media may not have survived it. */
  resumed(): void {
    if (this.#state === "lost") this.#broken();
  }

  /** Stops for good. */
  dispose(): void {
    this.end();
    this.#spare?.close();
  }

  /** Out of the group: nothing is sent or received. What was made ahead and not used stays for the next join. */
  stop(): void {
    if (this.#inside) this.end();
  }

  /** Out of the visit: no connection stays. */
  end(): void {
    this.#inside = false;
    this.#forgetRestart();
    this.#generation = 0;
    this.#slots = [];
    void this.#release();
    this.#state = "connecting";
  }

  /** Ends the old connection; resolves when the worker has freed its contexts. */
  #release(): Promise<void> {
    const old = this.#peer;
    this.#peer = null;
    old?.close();
    const transforms = old?.transforms ?? [];
    if (transforms.length > 0) {
      this.#released = new Promise((done) => {
        this.#unanswered += 1;
        this.#whenReleased.push(done);
        this.#e2ee.post({ type: "release", transforms });
      });
    }
    return this.#released;
  }

  #onReleased(): void {
    this.#unanswered -= 1;
    if (this.#unanswered > 0) return;
    for (const done of this.#whenReleased.splice(0)) done();
  }

  #newPeer(generation: number): Peer {
    this.#state = "connecting";
    const peer: Peer = new Peer(this.#spare ?? newConnection(), this.#e2ee, this.#devices, {
      answer: (sdp) => {
        this.#events.send({ type: "answer", generation, sdp });
      },
      state: (state) => {
        if (this.#peer !== peer || (state !== "lost" && this.#state === "refused_unsealed")) return;
        if (this.#state === state) return;
        this.#state = state;
        this.#events.changed();
      },
      changed: () => {
        this.#events.changed();
      },
      leak: (kind) => {
        this.#devices.stop(kind);
        peer.close();
        this.#events.leak(kind);
      },
      broken: () => {
        if (this.#peer === peer) this.#broken();
      },
    });
    this.#spare = null;
    return peer;
  }

  #broken(): void {
    this.#state = "lost";
    this.#events.changed();
    if (!this.#inside) return;
    const wait = this.#restartedAt + RESTART_EVERY_MS - performance.now();
    if (wait <= 0) this.#restart();
    else {
      this.#nextRestart ??= setTimeout(() => {
        this.#restart();
      }, wait);
    }
  }

  #restart(): void {
    this.#forgetRestart();
    this.#restartedAt = performance.now();
    this.#events.send({ type: "restart_media" });
  }

  #forgetRestart(): void {
    if (this.#nextRestart !== null) clearTimeout(this.#nextRestart);
    this.#nextRestart = null;
  }
}
