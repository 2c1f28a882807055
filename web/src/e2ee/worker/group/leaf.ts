// A fresh leaf: its key is made by the group's machine, vouched for by the device key, and used for one arrival only.
import type { Member, RoleCode } from "../../wasm/curtain_e2ee";
import type { Role } from "../../messages";
import type { Outside, Self } from "./outside";
import { concat } from "../../../identity/bytes";
import { uuidBytes } from "./uuid";

/** A visit is over by then; a credential that ends during it would block self-updates. */
const VALID_FOR_MS = 12 * 3_600_000;

export const ROLE_CODES: Readonly<Record<Role, RoleCode>> = {
  clinician: 1,
  co_host: 2,
  patient: 3,
  guest: 4,
  interpreter: 5,
};

export type Leaf = { readonly member: Member; readonly keyPackage: Uint8Array; readonly madeAt: number };

/** KeyPackages can be read by the server: these roles' names travel in a Hello inside the group instead. */
export function nameIsPrivate(role: Role): boolean {
  return role === "patient" || role === "guest";
}

export async function makeLeaf(self: Self, outside: Outside): Promise<Leaf> {
  const madeAt = outside.now();
  const member = outside.newMember(
    uuidBytes(self.visit),
    uuidBytes(self.person),
    ROLE_CODES[self.role],
    nameIsPrivate(self.role) ? "" : self.name,
    outside.devicePub,
    madeAt,
    madeAt + VALID_FOR_MS,
  );
  const { key, revoked, certificate } = self.practice;
  member.trust(key ?? new Uint8Array(0), concat(...revoked));
  if (certificate !== null) member.certify(certificate, madeAt);
  const keyPackage = member.key_package(await outside.sign(member.leaf_to_sign()), madeAt);
  return { member, keyPackage, madeAt };
}
