// Before a visit: does this browser know the practice, and does the practice know this browser? Nobody enters a visit with
// another answer than yes to both, where the practice has a key; people are told what to do instead.
import type { Api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { ClinicianDevice, Me } from "../../api/types";
import type { Practice } from "../../e2ee/messages";
import { equal, fromBase64, toBase64 } from "../../identity/bytes";
import type { DeviceMemory } from "../../identity/device-memory";
import { judgePractice } from "../../identity/practice";
import { certificateBytes, deviceCode } from "../../identity/statements";

export type IdentityApi = Pick<Api, "practiceIdentity" | "ownDevices" | "registerDevice">;
export type IdentityMemory = Pick<
  DeviceMemory,
  "deviceKey" | "forgetDeviceKey" | "practiceKey" | "rememberPracticeKey"
>;

export type VisitIdentity =
  | { readonly kind: "confirmed"; readonly practice: Practice }
  /** Another practice key than before. */
  | { readonly kind: "changed"; readonly code: string; readonly key: Uint8Array }
  /** There was a practice key, and now there is none. */
  | { readonly kind: "missing" }
  /** The practice did not confirm this browser of a clinician yet, or no longer. */
  | { readonly kind: "unconfirmed"; readonly code: string };

export async function identify(
  api: IdentityApi,
  memory: IdentityMemory,
  me: Pick<Me, "person" | "name" | "role">,
  now: Date,
): Promise<VisitIdentity> {
  const staff = me.role === "clinician";
  const [identity, own] = await Promise.all([api.practiceIdentity(), staff ? thisBrowser(api, memory, me) : null]);
  const trust = await judgePractice(memory, identity.keys);
  if (trust.kind !== "trusted") return trust;
  const certificate = own === null || trust.key === null ? null : certificateOf(own.device, me, now);
  if (own !== null && trust.key !== null && certificate === null) {
    return { kind: "unconfirmed", code: await deviceCode(me.person, own.publicKey) };
  }
  return { kind: "confirmed", practice: { key: trust.key, revoked: identity.revoked.map(fromBase64), certificate } };
}

export type ThisBrowser = {
  readonly publicKey: Uint8Array;
  /** Null when the practice did not take it. */
  readonly device: ClinicianDevice | null;
  readonly devices: readonly ClinicianDevice[];
  /** Why it was not taken: there are too many others. */
  readonly refusal: Problem | null;
};

/** This browser as the practice knows it; told of now if it was not before. One too many is no reason to hold up a visit
    where the practice has no key; where it has one, nobody confirmed this browser. */
export async function thisBrowser(
  api: Pick<Api, "ownDevices" | "registerDevice">,
  memory: IdentityMemory,
  me: Pick<Me, "person">,
): Promise<ThisBrowser> {
  let [devices, publicKey] = await Promise.all([api.ownDevices(), publicKeyOf(memory, me.person)]);
  // What was taken back stays so: the browser begins anew with another key.
  if (find(devices, publicKey)?.revoked_at != null) {
    await memory.forgetDeviceKey(me.person);
    publicKey = await publicKeyOf(memory, me.person);
  }
  let refusal: Problem | null = null;
  if (find(devices, publicKey) === null) {
    try {
      devices = await api.registerDevice(toBase64(publicKey));
    } catch (error) {
      refusal = Problem.of(error);
      if (refusal.code !== "too_many_devices") throw error;
    }
  }
  return { publicKey, device: find(devices, publicKey), devices, refusal };
}

async function publicKeyOf(memory: IdentityMemory, person: string): Promise<Uint8Array> {
  const { publicKey } = await memory.deviceKey(person);
  return new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
}

function find(devices: readonly ClinicianDevice[], publicKey: Uint8Array): ClinicianDevice | null {
  return devices.find((device) => equal(fromBase64(device.public_key), publicKey)) ?? null;
}

/** Null unless it counts now, for the name that this person has now. */
function certificateOf(device: ClinicianDevice | null, me: Pick<Me, "name">, now: Date): Uint8Array | null {
  const certificate = device?.certificate;
  if (certificate == null || certificate.name !== me.name) return null;
  const end = new Date(certificate.not_after);
  if (end <= now) return null;
  return certificateBytes(end.getTime() / 1_000, certificate.roles, fromBase64(certificate.signature));
}
