// What a lying server could build with our own code: real MLS members with real keys, in a group of its own. And what a
// member who lies could send: a commit that fits in everything but its content.
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const WASM = resolve(import.meta.dirname, '../../../web/src/e2ee/wasm');
const CLINICIAN = 1;
const PATIENT = 3;
const GUEST = 4;

type Member = {
  leaf_to_sign(): Uint8Array;
  key_package(signature: Uint8Array, now: number): Uint8Array;
  policy_to_sign(now: number, coHosts: Uint8Array): Uint8Array;
  create_group(signature: Uint8Array, now: number): Uint8Array;
  admit(keyPackage: Uint8Array, now: number): { commit: Uint8Array; welcome: Uint8Array };
};

/** An invented clinician who admits an invented person, with all signatures right: a commit, a Welcome, a KeyPackage. */
export async function forge(visit: string, person: string, role: number) {
  const { default: init, Member } = await import(pathToFileURL(resolve(WASM, 'curtain_e2ee.js')).href);
  await init({ module_or_path: readFileSync(resolve(WASM, 'curtain_e2ee_bg.wasm')) });
  const now = Date.now();
  const make = (id: string, as: number, name: string) => {
    const keys = generateKeyPairSync('ed25519');
    const device = keys.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const member = new Member(bytes(visit), bytes(id), as, name, device, now, now + 3_600_000) as Member;
    const signs = (text: Uint8Array) => sign(null, text, createPrivateKey(keys.privateKey.export({ type: 'pkcs8', format: 'pem' })));
    return { member, signs, keyPackage: member.key_package(signs(member.leaf_to_sign()), now) };
  };
  const liar = make('01900000-0000-7000-8000-00000000dead', CLINICIAN, 'Dr Nobody');
  liar.member.create_group(liar.signs(liar.member.policy_to_sign(now, new Uint8Array())), now);
  // Patients' and guests' names travel inside the group; everybody else's credential must carry one.
  const invented = make(person, role, role === PATIENT || role === GUEST ? '' : 'Dr Invented');
  const { commit, welcome } = liar.member.admit(invented.keyPackage, now);
  const text = (some: Uint8Array) => Buffer.from(some).toString('base64');
  return { commit: text(commit), welcome: text(welcome), keyPackage: text(invented.keyPackage) };
}

/** Garbage in the frame of a member's commit (RFC 9420 §6), as base64: of this group and epoch, from this leaf. */
export function garbageCommit(groupId: string, epoch: number, leaf: number): string {
  const numbers = Buffer.alloc(13);
  numbers.writeBigUInt64BE(BigInt(epoch));
  // Sender type: member.
  numbers[8] = 1;
  numbers.writeUInt32BE(leaf, 9);
  const group = Buffer.from(groupId, 'base64');
  // Version 1, PublicMessage; no authenticated data, content type commit, twenty bytes of proposals.
  const parts = [Buffer.from([0, 1, 0, 1, group.length]), group, numbers, Buffer.from([0, 3, 20]), randomBytes(400)];
  return Buffer.concat(parts).toString('base64');
}

function bytes(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
