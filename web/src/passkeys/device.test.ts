// What a browser is asked and what it answers, with a browser that says what the test wants.
import { afterEach, describe, expect, it, vi } from "vitest";

import { Problem } from "../api/problem";
import type { PasskeyCreation, PasskeyRequest } from "../api/types";
import { fromBase64Url, hasName, thisDevice, toBase64Url } from "./device";

class Answer {
  constructor(
    readonly rawId: ArrayBuffer,
    readonly response: Record<string, ArrayBuffer | null>,
  ) {}
}

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;

/** Stands in for `navigator.credentials`; keeps what it was asked. */
function browser(answer: unknown, hostname = "visits.example") {
  const asked: Record<string, unknown>[] = [];
  const ask = (options: { publicKey: Record<string, unknown> }) => {
    asked.push(options.publicKey);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  vi.stubGlobal("PublicKeyCredential", Answer);
  vi.stubGlobal("navigator", { credentials: { create: ask, get: ask } });
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("location", { hostname });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

const request: PasskeyRequest = {
  challenge: "-_8",
  rp_id: "visits.example",
  timeout_milliseconds: 300_000,
  allowed: [],
};
const creation: PasskeyCreation = {
  challenge: "AQ",
  rp_id: "visits.example",
  rp_name: "Elm Practice",
  timeout_milliseconds: 300_000,
  user_handle: "Ag",
  user_name: "ana@x.example",
  user_display_name: "Ana",
  algorithms: [-7, -257],
  excluded: ["Aw"],
};

describe("bytes on the wire", () => {
  it("are base64url without padding, both ways", () => {
    expect(toBase64Url(bytes(251, 255))).toBe("-_8");
    expect([...fromBase64Url("-_8")]).toEqual([251, 255]);
    for (let length = 0; length < 70; length += 1) {
      const some = Uint8Array.from({ length }, (_, at) => (at * 37) % 256);
      const text = toBase64Url(some.buffer);
      expect(text).toMatch(/^[\w-]*$/);
      expect([...fromBase64Url(text)]).toEqual([...some]);
    }
  });
});

describe("a device", () => {
  it("is asked for a person that it recognised and answers in base64url", async () => {
    const response = {
      clientDataJSON: bytes(1),
      authenticatorData: bytes(2),
      signature: bytes(3),
      userHandle: bytes(4),
    };
    const asked = browser(new Answer(bytes(251, 255), response));
    expect(await thisDevice.show({ ...request, allowed: ["Aw"] })).toEqual({
      credential_id: "-_8",
      client_data: "AQ",
      authenticator_data: "Ag",
      signature: "Aw",
      user_handle: "BA",
    });
    expect(asked[0]).toMatchObject({ rpId: "visits.example", userVerification: "required" });
    expect(asked[0]?.["allowCredentials"]).toEqual([{ type: "public-key", id: new Uint8Array([3]) }]);
  });

  it("may leave out whose passkey it is", async () => {
    const response = { clientDataJSON: bytes(1), authenticatorData: bytes(2), signature: bytes(3), userHandle: null };
    browser(new Answer(bytes(1), response));
    expect((await thisDevice.show(request)).user_handle).toBeNull();
  });

  it("is asked to remember a new passkey and to recognise its person", async () => {
    const asked = browser(new Answer(bytes(9), { clientDataJSON: bytes(1), attestationObject: bytes(2) }));
    expect(await thisDevice.make(creation)).toEqual({ credential_id: "CQ", client_data: "AQ", attestation: "Ag" });
    expect(asked[0]).toMatchObject({
      attestation: "none",
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      pubKeyCredParams: [{ alg: -7 }, { alg: -257 }],
      user: { name: "ana@x.example", displayName: "Ana", id: new Uint8Array([2]) },
    });
  });

  it("says why there is no answer, as far as a browser tells", async () => {
    for (const [name, code] of [
      ["NotAllowedError", "passkey_cancelled"],
      ["AbortError", "passkey_cancelled"],
      ["InvalidStateError", "passkey_exists"],
      ["SecurityError", "passkey_unusable"],
    ] as const) {
      browser(new DOMException("no", name));
      await expect(thisDevice.make(creation), name).rejects.toEqual(new Problem(code));
    }
    for (const nothing of [null, new Answer(bytes(1), { clientDataJSON: bytes(1) })]) {
      browser(nothing);
      await expect(thisDevice.show(request)).rejects.toEqual(new Problem("passkey_unusable"));
    }
  });

  it("can't have a passkey for an address made of numbers, or in an old browser", () => {
    browser(null);
    expect(thisDevice.possible).toBe(true);
    browser(null, "192.0.2.7");
    expect(thisDevice.possible).toBe(false);
    vi.unstubAllGlobals();
    expect(thisDevice.possible).toBe(false);
    expect(["localhost", "a.example", "1.example"].map(hasName)).toEqual([true, true, true]);
    expect(["127.0.0.1", "[::1]"].map(hasName)).toEqual([false, false]);
  });
});
