// One visit with nobody in it, played through while people look at their own picture in the lobby. A browser compiles a
// WebAssembly function when it first runs: without this, the first real join took 45 ms of it, with it 10.
import type { Member } from "../../wasm/curtain_e2ee";
import type { Outside } from "./outside";
import { ROLE_CODES } from "./leaf";

type Stage = Pick<Outside, "newMember" | "now">;

/** A minute is more than it takes; nobody ever sees these credentials. */
const VALID_FOR_MS = 60_000;

/** Ends with everything freed. Rejects if the machine refuses something, which the real visit would then show. */
export async function rehearse({ newMember, now }: Stage): Promise<void> {
  const device = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
  const devicePub = new Uint8Array(await crypto.subtle.exportKey("raw", device.publicKey));
  const sign = async (bytes: Uint8Array): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", device.privateKey, new Uint8Array(bytes)));
  const visit = random();
  const at = now();
  const clinician = newMember(visit, random(), ROLE_CODES.clinician, "Nobody", devicePub, at, at + VALID_FOR_MS);
  const patient = newMember(visit, random(), ROLE_CODES.patient, "", devicePub, at, at + VALID_FOR_MS);
  try {
    const keyPackage = patient.key_package(await sign(patient.leaf_to_sign()), at);
    clinician.key_package(await sign(clinician.leaf_to_sign()), at);
    clinician.create_group(await sign(clinician.policy_to_sign(at, new Uint8Array(0))), at);
    await breath();
    const { commit, welcome } = clinician.admit(keyPackage, at);
    await breath();
    clinician.process(commit, at);
    await breath();
    const { members } = patient.join(welcome, at);
    await breath();
    for (const { leaf } of members) patient.frame_key(leaf, 1);
    patient.long_code();
    await breath();
    safetyCode(clinician, patient, at);
  } finally {
    clinician.free();
    patient.free();
  }
}

/** A commitment and a nonce of each. */
function safetyCode(clinician: Member, patient: Member, at: number): void {
  for (let step = 0; step < 2; step += 1) {
    const [ours, theirs] = [clinician.safety_code(at).send, patient.safety_code(at).send];
    for (const message of ours) patient.process(message, at);
    for (const message of theirs) clinician.process(message, at);
  }
}

function random(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** A real message that came meanwhile goes first. */
function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
