// This browser's camera, microphone and screen, with every way they can fail as a named problem. The lobby shows the
// preview and hands the same object to the visit, so that nothing is opened twice and Join costs no device start.
import type { DeviceProblem, DeviceView } from "./view";

export type DeviceKind = "microphone" | "camera" | "screen";

/** Shows a face and a rash well at 1 Mbit/s; 720 lines cost twice the processor and more than many uplinks have. */
const LINES = 540;
/** On a small machine, encoding, decoding and drawing 540 lines of two people takes a whole core: sound suffers first. */
const LINES_ON_TWO_CORES = 360;

function cameraWish(): MediaTrackConstraints {
  const lines = navigator.hardwareConcurrency <= 2 ? LINES_ON_TWO_CORES : LINES;
  return {
    width: { ideal: (lines * 16) / 9, max: 1280 },
    height: { ideal: lines, max: 720 },
    frameRate: { ideal: 24, max: 30 },
  };
}

const MICROPHONE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
/** Text must stay readable; 15 pictures a second are enough for slides and halve the bandwidth. */
const SCREEN: MediaTrackConstraints = { frameRate: { ideal: 15, max: 30 } };

/** The names of Media Capture and Streams §10.2 and what older engines used, in our words. */
const PROBLEMS: Readonly<Record<string, DeviceProblem>> = {
  NotAllowedError: "blocked",
  SecurityError: "blocked",
  NotFoundError: "none_found",
  OverconstrainedError: "none_found",
  NotReadableError: "in_use",
  AbortError: "in_use",
  InsecureError: "insecure",
};

export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  return PROBLEMS[name] ?? "unsupported";
}

type State = { track: MediaStreamTrack | null; problem: DeviceProblem | null };

export class Devices {
  readonly #states: Record<DeviceKind, State> = {
    microphone: { track: null, problem: null },
    camera: { track: null, problem: null },
    screen: { track: null, problem: null },
  };
  readonly #listeners = new Set<() => void>();
  /** Counts openings per kind, so that a slow answer to an older wish is thrown away. */
  readonly #wishes: Record<DeviceKind, number> = { microphone: 0, camera: 0, screen: 0 };
  #preview: MediaStream | null = null;

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    listener();
    return () => this.#listeners.delete(listener);
  }

  /** The captured track, switched on. */
  track(kind: DeviceKind): MediaStreamTrack | null {
    return this.#states[kind].track;
  }

  view(kind: DeviceKind): DeviceView {
    const { track, problem } = this.#states[kind];
    const on = track !== null && track.enabled;
    return problem === null ? { on, available: true } : { on, available: false, problem };
  }

  /** The camera's picture, without sound; null while it is off. */
  get preview(): MediaStream | null {
    return this.#preview;
  }

  /** Asks for both at once (one question to the person); when that fails, for each alone, so that one can work. */
  async open(wish: { microphone: boolean; camera: boolean }): Promise<void> {
    if (wish.microphone && wish.camera && this.track("microphone") === null && this.track("camera") === null) {
      const [microphone, camera] = [++this.#wishes.microphone, ++this.#wishes.camera];
      try {
        const stream = await capture({ audio: MICROPHONE, video: cameraWish() });
        this.#take("microphone", microphone, stream.getAudioTracks()[0]);
        this.#take("camera", camera, stream.getVideoTracks()[0]);
        return;
      } catch {
        // Which of the two it was is told by asking for each.
      }
    }
    if (wish.microphone) await this.setMicrophone(true);
    if (wish.camera) await this.setCamera(true);
  }

  /** Off keeps the device open and sends silence: on again is then immediate. */
  async setMicrophone(on: boolean): Promise<void> {
    const { track } = this.#states.microphone;
    if (track !== null) {
      track.enabled = on;
      this.#changed();
    } else if (on) {
      await this.#open("microphone", async () => (await capture({ audio: MICROPHONE })).getAudioTracks()[0]);
    }
  }

  /** Off stops the device, so that its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    if (!on) this.#close("camera");
    else if (this.track("camera") === null) {
      await this.#open("camera", async () => (await capture({ video: cameraWish() })).getVideoTracks()[0]);
    }
  }

  async setScreen(on: boolean): Promise<void> {
    if (!on) this.#close("screen");
    else if (this.track("screen") === null) {
      await this.#open("screen", async () => (await captureScreen()).getVideoTracks()[0]);
    }
  }

  /** Stops one device whatever it does: media that could not be sealed. */
  stop(kind: DeviceKind): void {
    this.#close(kind);
  }

  dispose(): void {
    this.#listeners.clear();
    this.#close("microphone");
    this.#close("camera");
    this.#close("screen");
  }

  async #open(kind: DeviceKind, ask: () => Promise<MediaStreamTrack | undefined>): Promise<void> {
    const wish = ++this.#wishes[kind];
    try {
      this.#take(kind, wish, await ask());
    } catch (error) {
      if (wish !== this.#wishes[kind]) return;
      this.#states[kind].problem = problemOf(error);
      // Who closes the browser's screen chooser has changed their mind; that is no problem to report.
      if (kind === "screen" && this.#states[kind].problem === "blocked") this.#states[kind].problem = null;
      this.#changed();
    }
  }

  #take(kind: DeviceKind, wish: number, track: MediaStreamTrack | undefined): void {
    if (track === undefined) throw new DOMException("no track", "NotFoundError");
    if (wish !== this.#wishes[kind]) {
      track.stop();
      return;
    }
    this.#states[kind] = { track, problem: null };
    track.addEventListener("ended", () => {
      if (this.#states[kind].track !== track) return;
      this.#close(kind);
      // Ended by itself: unplugged, or taken back in the browser. Stopping a share that way is how people stop it.
      if (kind !== "screen") this.#states[kind].problem = "none_found";
      this.#changed();
    });
    if (kind === "camera") this.#preview = new MediaStream([track]);
    this.#changed();
  }

  #close(kind: DeviceKind): void {
    this.#wishes[kind] += 1;
    const state = this.#states[kind];
    if (state.track === null) return;
    state.track.stop();
    state.track = null;
    if (kind === "camera") this.#preview = null;
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

async function capture(constraints: MediaStreamConstraints): Promise<MediaStream> {
  if (!globalThis.isSecureContext) throw Object.assign(new Error("not a secure context"), { name: "InsecureError" });
  // Absent in in-app browsers and in insecure pages, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices?.getUserMedia === undefined) throw Object.assign(new Error("no devices"), { name: "UnsupportedError" });
  return devices.getUserMedia(constraints);
}

async function captureScreen(): Promise<MediaStream> {
  const devices = navigator.mediaDevices as Partial<MediaDevices> | undefined;
  if (devices?.getDisplayMedia === undefined) throw Object.assign(new Error("no screen"), { name: "UnsupportedError" });
  return devices.getDisplayMedia({ video: SCREEN, audio: false });
}
