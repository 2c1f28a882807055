// Who is who before a visit, and the screen where an administrator makes the practice's key and confirms browsers.
import { describe, expect, it } from "vitest";

import { Problem } from "../../api/problem";
import type { ClinicianDevice, NewCertificate, NewPracticeKey } from "../../api/types";
import { t } from "../../i18n";
import { fromBase64, toBase64 } from "../../identity/bytes";
import { CLINICIAN_ROLES, deviceCode, practiceCode } from "../../identity/statements";
import { OwnBrowsers } from "../identity/own-browsers.svelte";
import { PracticeKeyModel } from "../identity/practice-key.svelte";
import { identify } from "../identity/visit-identity";

const NOW = new Date("2026-03-03T12:00:00Z");
const PASSPHRASE = "five rivers meet below the hill";
const LEE = { person: "0190a000-0000-7000-8000-0000000000a1", name: "Dr Maya Lee", role: "clinician" } as const;
const ANA = { person: "0190a000-0000-7000-8000-0000000000b1", name: "Ana Ruiz", role: "patient" } as const;

const key = (byte: number): string => toBase64(new Uint8Array(32).fill(byte));

const deviceOf = (publicKey: string, more: Partial<ClinicianDevice> = {}): ClinicianDevice => ({
  id: publicKey.slice(0, 8),
  owner: { person: LEE.person, name: LEE.name },
  public_key: publicKey,
  name: "Firefox on Linux",
  registered_at: "2026-03-01T12:00:00Z",
  revoked_at: null,
  certificate: null,
  ...more,
});

/** A browser's memory, and the server's lists. */
class World {
  kept: Uint8Array | null = null;
  pair: Promise<CryptoKeyPair> | null = null;
  devices: ClinicianDevice[] = [];
  keys: { id: string; public_key: string; made_at: string }[] = [];
  full = false;

  readonly memory = {
    deviceKey: async (): Promise<CryptoKeyPair> =>
      (this.pair ??= crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])),
    forgetDeviceKey: async (): Promise<void> => Promise.resolve(void (this.pair = null)),
    practiceKey: async (): Promise<Uint8Array | null> => Promise.resolve(this.kept),
    rememberPracticeKey: async (bytes: Uint8Array): Promise<void> => Promise.resolve(void (this.kept = bytes)),
  };

  readonly api = {
    practiceIdentity: async () => Promise.resolve({ keys: this.keys, revoked: [key(9)] }),
    ownDevices: async () => Promise.resolve(this.devices),
    registerDevice: async (publicKey: string) => {
      if (this.full) throw new Problem("too_many_devices");
      this.devices = [deviceOf(publicKey), ...this.devices];
      return Promise.resolve(this.devices);
    },
  };

  async here(): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.exportKey("raw", (await this.memory.deviceKey()).publicKey));
  }

  hasKey(byte: number): void {
    this.keys = [{ id: "k", public_key: key(byte), made_at: "2026-03-01T12:00:00Z" }];
  }

  async certified(more: object = {}): Promise<void> {
    const certificate = {
      name: LEE.name,
      roles: 6,
      not_after: "2026-05-01T12:00:00Z",
      signature: toBase64(new Uint8Array(64)),
    };
    this.devices = [deviceOf(toBase64(await this.here()), { certificate: { ...certificate, ...more } })];
  }

  identify(me: typeof LEE | typeof ANA = LEE) {
    return identify(this.api, this.memory, me, NOW);
  }
}

describe("before a visit", () => {
  it("a patient's browser holds the practice's key true and is told which devices are revoked", async () => {
    const world = new World();
    world.hasKey(1);
    const found = await world.identify(ANA);
    expect(found).toEqual({
      kind: "confirmed",
      practice: { key: fromBase64(key(1)), revoked: [fromBase64(key(9))], certificate: null },
    });
    expect(world.devices).toEqual([]);
  });

  it("a clinician's browser tells the practice of itself, once", async () => {
    const world = new World();
    expect((await world.identify()).kind).toBe("confirmed");
    await world.identify();
    expect(world.devices.map((one) => one.public_key)).toEqual([toBase64(await world.here())]);
  });

  it("one browser too many holds visits where there is no key, and is unconfirmed where there is one", async () => {
    const world = new World();
    world.full = true;
    expect((await world.identify()).kind).toBe("confirmed");
    world.hasKey(1);
    expect((await world.identify()).kind).toBe("unconfirmed");
    const own = new OwnBrowsers(
      { ...world.api, revokeOwnDevice: () => Promise.reject(new Error("not asked")) },
      LEE,
      () => Promise.resolve(world.memory),
    );
    await own.load();
    expect(own.refusal).not.toBeNull();
    expect(own.browsers).toEqual([]);
  });

  it("a clinician's browser that nobody confirmed shows its code", async () => {
    const world = new World();
    world.hasKey(1);
    expect(await world.identify()).toEqual({
      kind: "unconfirmed",
      code: await deviceCode(LEE.person, await world.here()),
    });
  });

  it("a certificate counts until it ends, and for the name of today", async () => {
    const world = new World();
    world.hasKey(1);
    await world.certified();
    expect(await world.identify()).toMatchObject({
      kind: "confirmed",
      practice: { certificate: expect.any(Uint8Array) },
    });
    await world.certified({ not_after: "2026-03-03T11:59:59Z" });
    expect((await world.identify()).kind).toBe("unconfirmed");
    await world.certified({ name: "Dr Maya Stone" });
    expect((await world.identify()).kind).toBe("unconfirmed");
  });

  it("a browser that was revoked begins anew with another key", async () => {
    const world = new World();
    const before = toBase64(await world.here());
    world.devices = [deviceOf(before, { revoked_at: "2026-03-02T12:00:00Z" })];
    await world.identify();
    const after = toBase64(await world.here());
    expect(after).not.toBe(before);
    expect(world.devices.map((one) => one.public_key)).toEqual([after, before]);
  });

  it("another key than before, or none, is said before anything else", async () => {
    const world = new World();
    world.kept = fromBase64(key(2));
    expect((await world.identify(ANA)).kind).toBe("missing");
    world.hasKey(1);
    expect(await world.identify(ANA)).toMatchObject({ kind: "changed", code: await practiceCode(fromBase64(key(1))) });
    expect((await world.identify()).kind).toBe("changed");
  });
});

/** The server of the screen: keeps what it is given. */
class Office {
  made: NewPracticeKey[] = [];
  certificates: NewCertificate[] = [];
  devices: ClinicianDevice[] = [deviceOf(key(7))];
  refusing: Problem | null = null;

  readonly api = {
    keys: async () => Promise.resolve(this.#keys()),
    makeKey: async (made: NewPracticeKey) => {
      if (this.refusing !== null) throw this.refusing;
      this.made.push(made);
      this.#certify(made.certificates);
      return Promise.resolve(this.#keys());
    },
    devices: async () => Promise.resolve(this.devices),
    certify: async (_: string, certificates: NewCertificate[]) => {
      this.#certify(certificates);
      return Promise.resolve(this.devices);
    },
    revoke: async (id: string) => {
      this.devices = this.devices.filter((one) => one.id !== id);
      return Promise.resolve(this.devices);
    },
  };

  #keys() {
    return this.made.map((one, i) => ({
      key: {
        id: `k${i}`,
        public_key: one.public_key,
        signed_by_previous: one.signed_by_previous ?? null,
        made_at: NOW.toISOString(),
      },
      made_by: "Iris Novak",
    }));
  }

  #certify(certificates: readonly NewCertificate[]): void {
    this.certificates.push(...certificates);
    this.devices = this.devices.map((device) => {
      const certificate = certificates.find((one) => one.device === device.id);
      return { ...device, certificate: certificate ?? null };
    });
  }
}

async function screen(office = new Office()): Promise<{ office: Office; model: PracticeKeyModel }> {
  const model = new PracticeKeyModel(office.api, "Elm Street", () => NOW, 600_000);
  await model.load();
  return { office, model };
}

async function makeAndUse(model: PracticeKeyModel): Promise<string> {
  [model.passphrase, model.repeated] = [PASSPHRASE, PASSPHRASE];
  await model.make();
  const file = model.made?.file ?? "";
  model.savedIt = true;
  await model.putToUse();
  return file;
}

describe("the practice key's screen", () => {
  it("makes a key only with a passphrase typed twice", async () => {
    const { model } = await screen();
    model.passphrase = "too short";
    await model.make();
    expect(model.refused("make")).toMatch(/15 characters/);
    [model.passphrase, model.repeated] = [PASSPHRASE, `${PASSPHRASE}.`];
    await model.make();
    expect(model.refused("make")).toBe(t.practiceKey.notSame);
    expect(model.made).toBeNull();
  });

  it("puts no key to use whose file was not saved", async () => {
    const { office, model } = await screen();
    [model.passphrase, model.repeated] = [PASSPHRASE, PASSPHRASE];
    await model.make();
    expect([model.passphrase, model.repeated]).toEqual(["", ""]);
    expect(model.made?.name).toBe("practice-key-elm-street-2026-03-03.json");
    await model.putToUse();
    expect(model.refused("make")).toBe(t.practiceKey.saveFirst);
    expect(office.made).toEqual([]);
    model.savedIt = true;
    await model.putToUse();
    expect(office.made).toMatchObject([{ previous: null, signed_by_previous: null, certificates: [] }]);
    expect(model.opened).not.toBeNull();
    expect(model.made).toBeNull();
  });

  it("keeps the key that was made when the server would not have it", async () => {
    const { office, model } = await screen();
    office.refusing = new Problem("practice_key_changed");
    await makeAndUse(model);
    expect(model.refused("make")).toBe(t.problems.practice_key_changed);
    expect(model.made).not.toBeNull();
  });

  it("confirms a browser for ninety days, for its person and name", async () => {
    const { office, model } = await screen();
    await makeAndUse(model);
    const [waiting] = model.waiting;
    expect(waiting?.code).toBe(await deviceCode(LEE.person, fromBase64(key(7))));
    if (waiting !== undefined) await model.confirm(waiting);
    expect(office.certificates).toMatchObject([
      { name: LEE.name, roles: CLINICIAN_ROLES, not_after: "2026-06-01T12:00:00.000Z" },
    ]);
    expect(model.waiting).toEqual([]);
    expect(model.confirmed.map((one) => model.canRenew(one))).toEqual([false]);
    expect(model.said("devices")).toContain(LEE.name);
  });

  it("opens the key from its file again, and closes it", async () => {
    const { office, model } = await screen();
    const file = await makeAndUse(model);
    const again = (await screen(office)).model;
    await again.open();
    expect(again.refused("open")).toBe(t.practiceKey.fileMissing);
    again.file = new File([file], "key.json");
    again.typed = "five rivers meet above the hill";
    await again.open();
    expect(again.refused("open")).toBe(t.practiceKey.problems.wrong_passphrase);
    again.typed = PASSPHRASE;
    await again.open();
    expect(again.opened).not.toBeNull();
    expect(again.typed).toBe("");
    again.close();
    expect(again.opened).toBeNull();
  });

  it("replaces an open key by one that it signs, with all that was confirmed", async () => {
    const { office, model } = await screen();
    await makeAndUse(model);
    const [waiting] = model.waiting;
    if (waiting !== undefined) await model.confirm(waiting);
    await makeAndUse(model);
    const [, second] = office.made;
    expect(second).toMatchObject({ previous: "k0", signed_by_previous: expect.any(String) });
    expect(second?.certificates).toHaveLength(1);
    expect(second?.certificates[0]?.not_after).toBe("2026-06-01T12:00:00.000Z");
    expect(second?.certificates[0]?.signature).not.toBe(office.certificates[0]?.signature);
    expect(model.keys).toHaveLength(2);
  });

  it("replaces a lost key by one that nobody signed, and confirms nobody", async () => {
    const { office, model } = await screen();
    await makeAndUse(model);
    model.close();
    await makeAndUse(model);
    expect(office.made[1]).toMatchObject({ previous: "k0", signed_by_previous: null, certificates: [] });
  });

  it("takes a browser back", async () => {
    const { model } = await screen();
    await makeAndUse(model);
    const [waiting] = model.waiting;
    if (waiting !== undefined) await model.revoke(waiting);
    expect(model.devices).toEqual([]);
    expect(model.said("devices")).toContain("revoked");
  });
});
