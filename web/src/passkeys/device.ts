// Asks this device for a passkey (W3C Web Authentication Level 3). The server says what to ask in JSON; bytes travel as
// base64url both ways, made here, because not every browser we serve has parseRequestOptionsFromJSON and toJSON (§5.1).
import { Problem } from "../api/problem";
import type { MadePasskey, PasskeyCreation, PasskeyRequest, ShownPasskey } from "../api/types";
import { fromBase64, toBase64 } from "../signalling/base64";

/** What the screens need of it; tests bring another. */
export type PasskeyDevice = {
  /** Whether this browser could ever answer: without it there is nothing to press. */
  readonly possible: boolean;
  make(asked: PasskeyCreation): Promise<MadePasskey>;
  show(asked: PasskeyRequest): Promise<ShownPasskey>;
};

export function toBase64Url(bytes: ArrayBuffer): string {
  return toBase64(new Uint8Array(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fromBase64(text.replaceAll("-", "+").replaceAll("_", "/")));
}

/** A passkey belongs to a name: an address made of numbers can have none (§5.1.2). */
export function hasName(hostname: string): boolean {
  return !/^[\d.]+$|^\[/.test(hostname);
}

const named = (id: string): PublicKeyCredentialDescriptor => ({ type: "public-key", id: fromBase64Url(id) });

/** The browser says little on purpose: whoever pressed Cancel, waited too long or was not recognised looks the same. */
function refused(error: unknown): never {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "InvalidStateError") throw new Problem("passkey_exists");
  if (name === "NotAllowedError" || name === "AbortError") throw new Problem("passkey_cancelled");
  throw new Problem("passkey_unusable");
}

/** The bytes of a browser's answer; an answer without them is no answer. */
function part(response: AuthenticatorResponse, name: string): string {
  const bytes: unknown = Reflect.get(response, name);
  if (!(bytes instanceof ArrayBuffer)) throw new Problem("passkey_unusable");
  return toBase64Url(bytes);
}

function answered(credential: Credential | null): PublicKeyCredential {
  if (!(credential instanceof PublicKeyCredential)) throw new Problem("passkey_unusable");
  return credential;
}

export const thisDevice: PasskeyDevice = {
  get possible(): boolean {
    return "PublicKeyCredential" in globalThis && globalThis.isSecureContext && hasName(location.hostname);
  },

  async make(asked: PasskeyCreation): Promise<MadePasskey> {
    const publicKey: PublicKeyCredentialCreationOptions = {
      challenge: fromBase64Url(asked.challenge),
      rp: { id: asked.rp_id, name: asked.rp_name },
      user: { id: fromBase64Url(asked.user_handle), name: asked.user_name, displayName: asked.user_display_name },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })),
      timeout: asked.timeout_milliseconds,
      excludeCredentials: asked.excluded.map(named),
      // Its device remembers whose it is and recognises them: signing in asks for nothing else.
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      attestation: "none",
    };
    const made = answered(await navigator.credentials.create({ publicKey }).catch(refused));
    return {
      credential_id: toBase64Url(made.rawId),
      client_data: part(made.response, "clientDataJSON"),
      attestation: part(made.response, "attestationObject"),
    };
  },

  async show(asked: PasskeyRequest): Promise<ShownPasskey> {
    const publicKey: PublicKeyCredentialRequestOptions = {
      challenge: fromBase64Url(asked.challenge),
      rpId: asked.rp_id,
      timeout: asked.timeout_milliseconds,
      allowCredentials: asked.allowed.map(named),
      userVerification: "required",
    };
    const shown = answered(await navigator.credentials.get({ publicKey }).catch(refused));
    const handle: unknown = Reflect.get(shown.response, "userHandle");
    return {
      credential_id: toBase64Url(shown.rawId),
      client_data: part(shown.response, "clientDataJSON"),
      authenticator_data: part(shown.response, "authenticatorData"),
      signature: part(shown.response, "signature"),
      user_handle: handle instanceof ArrayBuffer && handle.byteLength > 0 ? toBase64Url(handle) : null,
    };
  },
};
