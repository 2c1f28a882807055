// What people are told when the worker can't start: a browser that can't make the device key is not a broken visit.
import { afterEach, describe, expect, it, vi } from "vitest";

import { failureOf } from "./failure";
import { DeviceMemory } from "../../identity/device-memory";

const ANA = "0190a000-0000-7000-8000-0000000000b1";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a worker that can't start", () => {
  it("says that the browser is not supported when it has no Ed25519", async () => {
    vi.spyOn(crypto.subtle, "generateKey").mockRejectedValue(new DOMException("Ed25519", "NotSupportedError"));
    const memory = await DeviceMemory.open();
    const problem: unknown = await memory.deviceKey(ANA).catch((thrown: unknown) => thrown);
    expect(failureOf(problem)).toEqual({ failure: "unsupported_browser", code: "NotSupportedError" });
  });

  it("says of anything else that it was not loaded", () => {
    expect(failureOf(new TypeError("fetch"))).toEqual({ failure: "not_loaded", code: "TypeError" });
    expect(failureOf("bad_argument")).toEqual({ failure: "not_loaded", code: "bad_argument" });
  });
});
