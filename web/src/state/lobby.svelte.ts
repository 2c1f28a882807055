// The lobby's view of camera and microphone: what works, what doesn't and what to do about it. The same Devices object
// goes on into the visit.
import type { Devices } from "../call/devices";
import type { DeviceProblem, DeviceView } from "../call/view";

/** How long people may read what the browser is going to ask before it asks. Skipped when they have allowed it before. */
export const READING_MS = 1_500;

export type Trouble = { problem: DeviceProblem; what: "camera" | "microphone" | "both" };

/** One sentence for two devices when both fail alike; the camera's first otherwise, since it fails more often. */
export function troubleOf(camera: DeviceView, microphone: DeviceView): Trouble | null {
  if (camera.problem !== undefined && camera.problem === microphone.problem) {
    return { problem: camera.problem, what: "both" };
  }
  if (microphone.problem !== undefined) return { problem: microphone.problem, what: "microphone" };
  if (camera.problem !== undefined) return { problem: camera.problem, what: "camera" };
  return null;
}

type LobbyDevices = Pick<Devices, "subscribe" | "view" | "preview" | "track" | "open">;

export class Lobby {
  camera = $state.raw<DeviceView>({ on: false, available: true });
  microphone = $state.raw<DeviceView>({ on: false, available: true });
  preview = $state.raw<MediaStream | null>(null);
  sound = $state.raw<MediaStreamTrack | null>(null);
  asking = $state(false);

  readonly #unsubscribe: () => void;

  constructor(private readonly devices: LobbyDevices) {
    this.#unsubscribe = devices.subscribe(() => {
      this.camera = devices.view("camera");
      this.microphone = devices.view("microphone");
      this.preview = devices.preview;
      this.sound = devices.track("microphone");
    });
  }

  get trouble(): Trouble | null {
    return this.asking ? null : troubleOf(this.camera, this.microphone);
  }

  async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    await this.devices.open({ camera: true, microphone: true });
    this.asking = false;
  }

  close(): void {
    this.#unsubscribe();
  }
}
