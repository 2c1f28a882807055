// The practice's key in the group, with certificates as an administrator's browser makes them: both sides meet when it all
// fits, and refuse by their own rules when it does not.
import { describe, expect, it } from "vitest";

import {
  certificateBytes,
  certificateStatement,
  CERTIFIED_FOR_DAYS,
  CLINICIAN_ROLES,
} from "../../../identity/statements";
import type { Role } from "../../messages";
import { ANA, Browser, LEE, Room, Tab, TOM } from "./test-room";

const DAY_S = 86_400;

class PracticeKey {
  private constructor(
    private readonly pair: CryptoKeyPair,
    readonly bytes: Uint8Array,
  ) {}

  static async make(): Promise<PracticeKey> {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    return new PracticeKey(pair, new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  }

  async certify(browser: Browser, name: string, notAfter: number): Promise<Uint8Array> {
    const device = (await browser.key()).publicKey;
    const devicePub = new Uint8Array(await crypto.subtle.exportKey("raw", device));
    const certified = { devicePub, person: browser.person, name, roles: CLINICIAN_ROLES, notAfter };
    const statement = certificateStatement(certified);
    const signature = await crypto.subtle.sign("Ed25519", this.pair.privateKey, statement);
    return certificateBytes(notAfter, CLINICIAN_ROLES, new Uint8Array(signature));
  }
}

type Told = { key?: PracticeKey | null; by?: PracticeKey | null; until?: number; revoked?: Uint8Array[] };

/** A browser that holds `key` to be the practice's, certified by `by` if it is one of staff. */
function told(room: Room, person: string, { key = null, by = key, until, revoked = [] }: Told): Browser {
  const browser = new Browser(person);
  const end = until ?? Math.floor(room.clock.now / 1_000) + CERTIFIED_FOR_DAYS * DAY_S;
  browser.practice = async (name: string, role: Role) => {
    const staff = role === "clinician" || role === "co_host";
    const certificate = staff && by !== null ? await by.certify(browser, name, end) : null;
    return { key: key?.bytes ?? null, revoked, certificate };
  };
  return browser;
}

async function visit(clinician: Told, patient: Told): Promise<{ room: Room; lee: Tab; ana: Tab }> {
  const room = new Room();
  const lee = await Tab.open(room, told(room, LEE, clinician), "clinician", "Dr Lee", [TOM]);
  const ana = await Tab.open(room, told(room, ANA, patient), "patient", "Ana Ruiz");
  await room.join(lee);
  await room.join(ana);
  await lee.group.handle({ type: "admit", participant: ana.participant });
  await room.settle();
  return { room, lee, ana };
}

const refusedAtTheDoor = ({ heard }: Tab): string[] =>
  heard.flatMap((message) => (message.type === "admit_refused" ? [message.code] : []));

describe("a practice with a key", () => {
  it("has both sides meet, and shows whom it vouches for", async () => {
    const key = await PracticeKey.make();
    const { lee, ana } = await visit({ key }, { key });
    expect(ana.names).toEqual(["Ana Ruiz", "Dr Lee"]);
    for (const { people } of [lee, ana]) {
      const certified = people.filter((one) => one.certified).map(({ person }) => person);
      expect(certified).toEqual([LEE]);
    }
  });

  it("has a colleague in who is certified, and nobody who calls themself one", async () => {
    const key = await PracticeKey.make();
    const { room, lee, ana } = await visit({ key }, { key });
    const tom = await Tab.open(room, told(room, TOM, { key }), "co_host", "Dr Tom");
    await room.join(tom);
    await lee.group.handle({ type: "admit", participant: tom.participant });
    await room.settle();
    expect(ana.names).toContain("Dr Tom");
    const thief = await Tab.open(room, told(room, TOM, { key, by: await PracticeKey.make() }), "co_host", "Dr Tom");
    expect(thief.failure).toBe("bad_practice_signature");
  });

  it("has nobody run a visit from a browser that it did not certify, or no longer", async () => {
    const [key, room] = [await PracticeKey.make(), new Room()];
    const yesterday = Math.floor(room.clock.now / 1_000) - DAY_S;
    const cases: [Told, string][] = [
      [{ key, by: null }, "not_certified"],
      [{ key, until: yesterday }, "certificate_expired"],
      [{ key: null, by: key }, "other_practice"],
    ];
    for (const [clinician, code] of cases) {
      const lee = await Tab.open(room, told(room, LEE, clinician), "clinician", "Dr Lee");
      expect(lee.failure).toBe(code);
      expect(lee.keyPackage).toHaveLength(0);
    }
  });

  it("has the two apart who were told different keys, and the clinician hears why", async () => {
    const [key, other] = [await PracticeKey.make(), await PracticeKey.make()];
    for (const patient of [{ key: other }, {}]) {
      const { lee, ana } = await visit({ key }, patient);
      expect(refusedAtTheDoor(lee)).toEqual(["other_practice"]);
      expect(ana.people).toEqual([]);
    }
  });

  it("has a revoked browser refused by the patient who knows of it", async () => {
    const key = await PracticeKey.make();
    const room = new Room();
    const clinician = told(room, LEE, { key });
    const device = new Uint8Array(await crypto.subtle.exportKey("raw", (await clinician.key()).publicKey));
    const lee = await Tab.open(room, clinician, "clinician", "Dr Lee");
    const ana = await Tab.open(room, told(room, ANA, { key, revoked: [device] }), "patient", "Ana Ruiz");
    await room.join(lee);
    await room.join(ana);
    await lee.group.handle({ type: "admit", participant: ana.participant });
    await room.settle();
    expect(ana.failure).toBe("device_revoked");
  });
});

describe("a practice without a key", () => {
  it("holds visits, and vouches for nobody", async () => {
    const { ana } = await visit({}, {});
    expect(ana.names).toEqual(["Ana Ruiz", "Dr Lee"]);
    expect(ana.people.some(({ certified }) => certified)).toBe(false);
  });
});

it("puts numbers as the machine reads them", () => {
  expect(certificateBytes(0x0102030405, 0x0607, Uint8Array.of(9))).toEqual(
    Uint8Array.of(0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 9),
  );
});
