// One peer connection with the forwarder, from its offer on. The order of the calls in `answer` is the only one in which
// Chromium seals everything (docs/protocol.md): transforms before the answer, tracks after it. Don't rearrange.
import type { DeviceKind, Devices } from "../devices";
import type { E2eeClient } from "../e2ee-client";
import { type Network, summary } from "./media-stats";
import { Outgoing } from "./outgoing";
import { withStartBitrate } from "./start-bitrate";
import { type Count, Unopened } from "./unopened";
import { type Reading, Watchdog } from "./watchdog";

const KINDS = ["microphone", "camera", "screen"] as const satisfies readonly DeviceKind[];
/** The SFrame contexts are the m-lines' order. */
const CONTEXTS = [0, 1, 2] as const;
/** Two of these and the watchdog's patience are two seconds. More often costs the page 4 ms of statistics each time. */
const LOOK_EVERY_MS = 600;
/** A look that is not answered by then failed. Shorter takes a busy machine for a silent worker. */
const ANSWERED_WITHIN_MS = 2_000;
/** So many failed looks in a row, and nobody watches any more: as bad as media that goes round the worker. */
const BLIND_LOOKS = 2;
/** Below this the picture is what suffers; people are told. */
const WEAK_BITS_PER_SECOND = 150_000;
/** Lost packets of one look's time: above a tenth, sound begins to break. */
const WEAK_LOSS = 0.1;
/** So many weak looks more than good ones before people are told: three seconds. Fewer flickers. */
const WEAK_LOOKS = 5;
/** ICE heals short holes by itself; after this long it gets a fresh start. */
const LOST_AFTER_MS = 4_000;

type Counts = readonly Count[];

/** A receiving m-line and whose frames it opened. */
export type Incoming = {
  readonly mid: string;
  readonly transform: number;
  readonly track: MediaStreamTrack;
  /** From the leaf whose key opened the last frames; null until one was opened. */
  opened: { readonly person: string; readonly context: number } | null;
  /** Frames keep coming and for two seconds none could be opened: the last picture is not what is now. */
  unopened: boolean;
};

export type PeerEvents = {
  answer(sdp: string): void;
  state(state: "connecting" | "live" | "weak" | "lost"): void;
  /** A slot was opened, or found to go round the worker. */
  changed(): void;
  /** Media of ours went out that the worker never saw. */
  leak(kind: DeviceKind): void;
  /** Time for a fresh connection. */
  broken(): void;
};

/** Makes a connection without an offer yet: it costs its threads and its certificate, best before they are needed. */
export function newConnection(): RTCPeerConnection {
  return new RTCPeerConnection({ bundlePolicy: "max-bundle" });
}

export class Peer {
  readonly #e2ee: E2eeClient;
  readonly #devices: Devices;
  readonly #events: PeerEvents;
  readonly #connection: RTCPeerConnection;
  readonly #watchdog = new Watchdog();
  readonly #unopened = new Unopened();
  #awaitingCounts: ((counts: Counts) => void) | null = null;
  #looking = false;
  #blind = 0;
  #outgoing: Outgoing[] = [];
  readonly #incoming = new Map<number, Incoming>();
  /** Inside the group: what is ours may go out, and what comes is looked after. */
  #inside = false;
  #ticking: ReturnType<typeof setInterval> | null = null;
  #lostTimer: ReturnType<typeof setTimeout> | null = null;
  #bypassed = false;
  #lastLoss = { lost: 0, received: 0 };
  #weakness = 0;

  constructor(connection: RTCPeerConnection, e2ee: E2eeClient, devices: Devices, events: PeerEvents) {
    this.#e2ee = e2ee;
    this.#devices = devices;
    this.#events = events;
    this.#connection = connection;
    this.#connection.addEventListener("track", (event) => {
      this.#onTrack(event);
    });
    this.#connection.addEventListener("connectionstatechange", () => {
      this.#onState();
    });
  }

  /** Takes the forwarder's offer. Each line below stands where it stands for a reason. */
  async answer(offer: string): Promise<void> {
    const connection = this.#connection;
    // `track` fires inside: every receiver gets its transform before a packet can come.
    await connection.setRemoteDescription({ type: "offer", sdp: withStartBitrate(offer) });
    this.#outgoing = KINDS.map((kind, i) => this.#prepareSender(kind, CONTEXTS[i] ?? 0));
    const answer = await connection.createAnswer();
    // The forwarder may read the answer while the browser takes it in.
    this.#events.answer(answer.sdp ?? "");
    await connection.setLocalDescription(answer);
    this.#begin();
  }

  /** The group has us: begins as soon as the answer is given. */
  enter(): void {
    this.#inside = true;
    this.#begin();
  }

  #begin(): void {
    if (!this.#inside || this.#connection.localDescription === null) return;
    this.devicesChanged();
    this.#ticking ??= setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  /** Attaches what the devices have now. */
  devicesChanged(): void {
    if (!this.#inside || this.#connection.localDescription === null) return;
    for (const outgoing of this.#outgoing) outgoing.update(this.#devices.track(outgoing.kind));
  }

  freshPicture(transform: number): void {
    this.#outgoing.find((outgoing) => outgoing.transform === transform)?.freshPicture();
  }

  sealed(transform: number): void {
    this.#outgoing.find((outgoing) => outgoing.transform === transform)?.confirm();
  }

  opened(transform: number, person: string, context: number): void {
    const incoming = this.#incoming.get(transform);
    if (incoming === undefined) return;
    incoming.opened = { person, context };
    this.#events.changed();
  }

  counted(counts: Counts): void {
    this.#awaitingCounts?.(counts);
    this.#awaitingCounts = null;
  }

  /** Frames come in that the worker does not see: nothing received may be shown. */
  get bypassed(): boolean {
    return this.#bypassed;
  }

  /** All receiving slots. */
  get incoming(): readonly Incoming[] {
    return [...this.#incoming.values()];
  }

  get transforms(): number[] {
    return [...this.#outgoing.map(({ transform }) => transform), ...this.#incoming.keys()];
  }

  close(): void {
    this.#inside = false;
    if (this.#ticking !== null) clearInterval(this.#ticking);
    if (this.#lostTimer !== null) clearTimeout(this.#lostTimer);
    for (const outgoing of this.#outgoing) outgoing.stop();
    this.#connection.close();
  }

  #prepareSender(kind: DeviceKind, context: 0 | 1 | 2): Outgoing {
    const transceiver = this.#connection.getTransceivers().find(({ mid }) => mid === String(context));
    if (transceiver === undefined) throw new Error("the offer has no place for our tracks");
    transceiver.direction = "sendonly";
    const { id, transform } = this.#e2ee.transform({ direction: "send", context });
    transceiver.sender.transform = transform;
    return new Outgoing(kind, id, transceiver.sender);
  }

  #onTrack({ transceiver, receiver, track }: RTCTrackEvent): void {
    const { mid } = transceiver;
    if (mid === null) return;
    const { id, transform } = this.#e2ee.transform({ direction: "receive" });
    receiver.transform = transform;
    this.#incoming.set(id, { mid, transform: id, track, opened: null, unopened: false });
  }

  #onState(): void {
    const state = this.#connection.connectionState;
    if (this.#lostTimer !== null) clearTimeout(this.#lostTimer);
    this.#lostTimer = null;
    if (state === "connected") this.#events.state("live");
    else if (state === "failed") {
      this.#events.state("lost");
      this.#events.broken();
    } else if (state === "disconnected") {
      this.#events.state("lost");
      this.#lostTimer = setTimeout(() => {
        this.#events.broken();
      }, LOST_AFTER_MS);
    }
  }

  async #look(): Promise<void> {
    if (this.#connection.connectionState !== "connected" || this.#looking) return;
    this.#looking = true;
    const found = await this.#answered();
    this.#looking = false;
    if (this.#connection.connectionState !== "connected") return;
    this.#blind = found === null ? this.#blind + 1 : 0;
    if (found !== null) this.#compare(...found);
    else if (this.#blind >= BLIND_LOOKS) this.#alarm(this.transforms);
  }

  /** Both sides' counters, or null when one of them stays silent. */
  async #answered(): Promise<[RTCStatsReport, Counts] | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, ANSWERED_WITHIN_MS, null);
    });
    try {
      return await Promise.race([this.#ask(), late]);
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The wire first, then the worker: whatever went through it before the first look is in its count. */
  async #ask(): Promise<[RTCStatsReport, Counts]> {
    const stats = await this.#connection.getStats();
    const counts = new Promise<Counts>((resolve) => {
      this.#awaitingCounts = resolve;
    });
    this.#e2ee.post({ type: "count" });
    return [stats, await counts];
  }

  #compare(stats: RTCStatsReport, counts: Counts): void {
    const seen = new Map(counts.map((count) => [count.transform, count.seen]));
    const { wires, network } = summary(stats, this.#byMid());
    const readings: Reading[] = wires.map(({ transform, wire }) => ({
      transform,
      wire,
      worker: seen.get(transform) ?? 0,
    }));
    this.#alarm(this.#watchdog.check(readings, performance.now()));
    this.#tellUnopened(this.#unopened.check(counts, performance.now()));
    this.#tellNetwork(network);
  }

  #tellUnopened(transforms: ReadonlySet<number>): void {
    for (const incoming of this.#incoming.values()) {
      const unopened = transforms.has(incoming.transform);
      if (unopened === incoming.unopened) continue;
      incoming.unopened = unopened;
      this.#events.changed();
    }
  }

  #byMid(): Map<string, number> {
    const ours = this.#outgoing.map(({ kind, transform }) => [String(KINDS.indexOf(kind)), transform] as const);
    const theirs = [...this.#incoming.values()].map(({ mid, transform }) => [mid, transform] as const);
    return new Map([...ours, ...theirs]);
  }

  #alarm(transforms: readonly number[]): void {
    for (const transform of transforms) {
      const outgoing = this.#outgoing.find((one) => one.transform === transform);
      if (outgoing !== undefined) this.#events.leak(outgoing.kind);
    }
    const bypassed = transforms.some((transform) => this.#incoming.has(transform));
    if (bypassed !== this.#bypassed) {
      this.#bypassed = bypassed;
      this.#events.changed();
    }
  }

  #tellNetwork({ lost, received, available }: Network): void {
    const lostNow = lost - this.#lastLoss.lost;
    const receivedNow = received - this.#lastLoss.received;
    this.#lastLoss = { lost, received };
    const lossy = receivedNow > 0 && lostNow / (lostNow + receivedNow) > WEAK_LOSS;
    const weak = available < WEAK_BITS_PER_SECOND || lossy;
    this.#weakness = Math.max(0, Math.min(2 * WEAK_LOOKS, this.#weakness + (weak ? 1 : -1)));
    if (this.#connection.connectionState !== "connected") return;
    if (this.#weakness >= WEAK_LOOKS) this.#events.state("weak");
    else if (this.#weakness === 0) this.#events.state("live");
  }
}
