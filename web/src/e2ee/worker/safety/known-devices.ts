// Whose device is whose, as this browser knows it: from the first meeting on, and for certain once the two have compared
// the SafetyCode. Somebody known who comes with another device is shown as such until the code was compared again.
import type { KnownDevice, Memory } from "../group/outside";
import { uuidBytes, uuidText } from "../group/uuid";
import type { Member, RosterMember } from "../../wasm/curtain_e2ee";

export class KnownDevices {
  readonly #memory: Memory;
  readonly #known = new Map<string, readonly KnownDevice[]>();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Tells the machine which devices these people were known by; it says so when somebody comes with another. */
  async recall(people: readonly string[], member: () => Member | null): Promise<void> {
    for (const person of people) {
      if (this.#known.has(person)) continue;
      const devices = await this.#memory.devicesOf(person);
      if (devices.length > 0) this.#known.set(person, devices);
    }
    for (const [person, devices] of this.#known) {
      for (const { device } of devices) member()?.remember(uuidBytes(person), device);
    }
  }

  /** Whoever was never met is remembered by what they came with; that alone proves nothing. */
  meet(members: readonly RosterMember[]): void {
    for (const { person, device_pub: device, me } of members) {
      const id = uuidText(person);
      if (me || this.#known.has(id)) continue;
      this.#set(id, [{ device, confirmed: false }]);
    }
  }

  /**
   * The codes were the same: these devices are theirs. What was only seen before, and never compared, counts no longer:
   * it could have been anybody's.
   */
  confirm(members: readonly RosterMember[], member: Member): void {
    for (const { person, device_pub: device, me } of members) {
      if (me) continue;
      const id = uuidText(person);
      const others = (this.#known.get(id) ?? []).filter((one) => one.confirmed && !isSame(one.device, device));
      this.#set(id, [...others, { device, confirmed: true }]);
      member.remember(person, device);
    }
  }

  /** The codes were different: what was only seen today is not remembered. */
  distrust(members: readonly RosterMember[]): void {
    for (const { person, device_pub: device, me } of members) {
      const id = uuidText(person);
      const devices = this.#known.get(id) ?? [];
      const left = devices.filter((one) => one.confirmed || !isSame(one.device, device));
      if (!me && left.length < devices.length) this.#set(id, left);
    }
  }

  #set(person: string, devices: readonly KnownDevice[]): void {
    this.#known.set(person, devices);
    void this.#memory.rememberDevices(person, devices);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
