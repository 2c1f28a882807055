// Every way a camera or microphone can fail has a name, one can work without the other, and off means off.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Devices } from "./devices";

class Track extends EventTarget {
  enabled = true;
  stopped = false;
  readonly kind: string;
  constructor(kind: string) {
    super();
    this.kind = kind;
  }
  stop(): void {
    this.stopped = true;
  }
}

/** What the browser answers to each wish; a string is an error's name. */
let answers: { audio: string | null; video: string | null };
let asked: string[];
let made: Track[];

function stream(wish: { audio?: unknown; video?: unknown }) {
  const kinds = [wish.audio ? ["audio"] : [], wish.video ? ["video"] : []].flat();
  asked.push(kinds.join("+"));
  for (const kind of kinds) {
    const problem = answers[kind as "audio" | "video"];
    if (problem !== null) return Promise.reject(Object.assign(new Error(problem), { name: problem }));
  }
  const tracks = kinds.map((kind) => new Track(kind));
  made.push(...tracks);
  const of = (kind: string) => tracks.filter((track) => track.kind === kind);
  return Promise.resolve({ getAudioTracks: () => of("audio"), getVideoTracks: () => of("video") });
}

beforeEach(() => {
  [answers, asked, made] = [{ audio: null, video: null }, [], []];
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: stream, getDisplayMedia: stream } });
  vi.stubGlobal("MediaStream", EventTarget);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("devices", () => {
  it("are asked for with one question", async () => {
    const devices = new Devices();
    await devices.open({ microphone: true, camera: true });
    expect(asked).toEqual(["audio+video"]);
    expect(devices.view("microphone")).toEqual({ on: true, available: true });
    expect(devices.view("camera")).toEqual({ on: true, available: true });
    expect(devices.preview).not.toBeNull();
  });

  it.each([
    ["NotAllowedError", "blocked"],
    ["NotFoundError", "none_found"],
    ["NotReadableError", "in_use"],
    ["SomethingNew", "unsupported"],
  ])("with a camera that fails by %s still give sound, and say that it is %s", async (error, problem) => {
    answers.video = error;
    const devices = new Devices();
    await devices.open({ microphone: true, camera: true });
    expect(devices.view("camera")).toEqual({ on: false, available: false, problem });
    expect(devices.view("microphone")).toEqual({ on: true, available: true });
  });

  it("say when the page is not secure, or the browser has none at all", async () => {
    const devices = new Devices();
    vi.stubGlobal("isSecureContext", false);
    await devices.setCamera(true);
    expect(devices.view("camera").problem).toBe("insecure");
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("navigator", {});
    await devices.setMicrophone(true);
    expect(devices.view("microphone").problem).toBe("unsupported");
  });

  it("stop the camera when it is switched off, and only silence the microphone", async () => {
    const devices = new Devices();
    await devices.open({ microphone: true, camera: true });
    await devices.setCamera(false);
    await devices.setMicrophone(false);
    const [microphone, camera] = made;
    expect([camera?.stopped, microphone?.stopped, microphone?.enabled]).toEqual([true, false, false]);
    expect([devices.view("camera").on, devices.view("microphone").on]).toEqual([false, false]);
    await devices.setMicrophone(true);
    expect(asked).toHaveLength(1);
    expect(devices.view("microphone").on).toBe(true);
  });

  it("that come after they were switched off again are let go", async () => {
    const devices = new Devices();
    const opening = devices.setCamera(true);
    await devices.setCamera(false);
    await opening;
    expect(made[0]?.stopped).toBe(true);
    expect(devices.view("camera").on).toBe(false);
  });

  it("that are unplugged are missed, and can be switched on again", async () => {
    const devices = new Devices();
    await devices.setCamera(true);
    made[0]?.dispatchEvent(new Event("ended"));
    expect(devices.view("camera")).toEqual({ on: false, available: false, problem: "none_found" });
    await devices.setCamera(true);
    expect(devices.view("camera")).toEqual({ on: true, available: true });
  });

  it("are not a problem when somebody changes their mind about sharing the screen", async () => {
    answers.video = "NotAllowedError";
    const devices = new Devices();
    await devices.setScreen(true);
    expect(devices.view("screen")).toEqual({ on: false, available: true });
  });

  it("are all off in the end", async () => {
    const devices = new Devices();
    await devices.open({ microphone: true, camera: true });
    await devices.setScreen(true);
    devices.dispose();
    expect(made.map(({ stopped }) => stopped)).toEqual([true, true, true]);
  });
});
