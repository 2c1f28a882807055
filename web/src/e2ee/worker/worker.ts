// The module worker that alone holds keys: the group's state, the frame keys and the transforms live and die here. The
// page gets to know who is in the group and how many frames passed, never a secret.
import type { FromWorker, ToWorker } from "../messages";
import init, { Member } from "../wasm/curtain_e2ee.js";
import wasmUrl from "../wasm/curtain_e2ee_bg.wasm?url";
import { failureOf } from "./failure";
import { KeyRing } from "./frames/key-ring";
import { SendKeys } from "./frames/send-keys";
import { DeviceMemory } from "../../identity/device-memory";
import { Group } from "./group/group";
import type { Outside, Self } from "./group/outside";
import { rehearse } from "./group/rehearsal";
import { type Transformer, Transforms } from "./transforms";

/** The types of the WebWorker library don't know encoded transforms yet. */
type TransformEvent = Event & { readonly transformer: Transformer };

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const emit = (message: FromWorker): void => {
  scope.postMessage(message);
};
const receiveKeys = new KeyRing();
const sendKeys = new SendKeys();
const transforms = new Transforms(sendKeys, receiveKeys, emit);

// Compiling starts before the page has said a word.
const loaded = init({ module_or_path: new URL(wasmUrl, scope.location.href) });
loaded.catch(() => {
  // Reported by `open`, which waits for it.
});
let group: Promise<Group> | null = null;

scope.addEventListener("rtctransform", (event) => {
  transforms.attach((event as TransformEvent).transformer);
});

scope.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "prepare") {
    const { visit, person, role, name, coHosts, practice } = data;
    group ??= open({ visit, person, role, name, coHosts, practice });
    group.catch((problem: unknown) => {
      emit({ type: "failed", ...failureOf(problem) });
    });
  } else if (data.type === "release") transforms.release(data.transforms);
  else if (data.type === "count") transforms.count();
  else {
    group
      ?.then((opened) => opened.handle(data))
      .catch(() => {
        // Said once, when it was opened.
      });
  }
});

async function open(self: Self): Promise<Group> {
  const [memory] = await Promise.all([DeviceMemory.open(), loaded]);
  const device = await memory.deviceKey(self.person);
  const outside: Outside = {
    newMember: (...leaf) => new Member(...leaf),
    sign: async (bytes) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", device.privateKey, new Uint8Array(bytes))),
    devicePub: new Uint8Array(await crypto.subtle.exportKey("raw", device.publicKey)),
    memory,
    emit,
    receiveKeys,
    sendKeys,
    freshPicture: () => {
      transforms.freshPicture();
    },
    now: () => Date.now(),
    later: (milliseconds, action) => {
      const timer = setTimeout(action, milliseconds);
      return () => {
        clearTimeout(timer);
      };
    },
  };
  const opened = new Group(self, outside);
  await opened.prepare();
  emit({ type: "prepared" });
  rehearse(outside).catch(() => {
    // What does not work here does not work in the visit either, and is said there.
  });
  return opened;
}
