// The browsers that a clinician holds visits in, under Settings: what the practice says of each, and an end to any of them.
import type { Api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { ClinicianDevice, Me } from "../../api/types";
import { t, words } from "../../i18n";
import { equal, fromBase64 } from "../../identity/bytes";
import { deviceCode } from "../../identity/statements";
import { type IdentityMemory, thisBrowser } from "./visit-identity";

export type OwnBrowser = {
  readonly id: string;
  readonly name: string;
  readonly here: boolean;
  readonly since: Date;
  readonly revokedAt: Date | null;
  /** The end of the confirmation; null while there is none. */
  readonly until: Date | null;
  /** For the administrator, made in this browser from its own key; null for other browsers, which show their own. */
  readonly code: string | null;
};

export class OwnBrowsers {
  /** Null while nothing is known. */
  browsers = $state.raw<readonly OwnBrowser[] | null>(null);
  practiceHasKey = $state(true);
  refusal = $state<string | null>(null);
  done = $state<string | null>(null);
  /** Waits for a second word. */
  leaving = $state.raw<OwnBrowser | null>(null);

  constructor(
    private readonly api: Pick<Api, "ownDevices" | "registerDevice" | "revokeOwnDevice" | "practiceIdentity">,
    private readonly me: Pick<Me, "person" | "name">,
    private readonly memory: () => Promise<IdentityMemory>,
  ) {}

  async load(): Promise<void> {
    try {
      const [identity, own] = await Promise.all([
        this.api.practiceIdentity(),
        thisBrowser(this.api, await this.memory(), this.me),
      ]);
      this.practiceHasKey = identity.keys.length > 0;
      const code = await deviceCode(this.me.person, own.publicKey);
      if (own.refusal !== null) this.refusal = words(own.refusal);
      this.browsers = own.devices.map((device) => this.#shown(device, own.publicKey, code));
    } catch (error) {
      this.refusal = words(Problem.of(error));
    }
  }

  async revoke(): Promise<void> {
    const { leaving } = this;
    if (leaving === null) return;
    this.leaving = null;
    this.refusal = null;
    this.done = null;
    try {
      await this.api.revokeOwnDevice(leaving.id);
    } catch (error) {
      // It was revoked elsewhere in the meantime, which is what was wanted.
      if (Problem.of(error).code !== "not_found") {
        this.refusal = words(Problem.of(error));
        return;
      }
    }
    this.done = t.browsers.revokedNow;
    await this.load();
  }

  #shown(device: ClinicianDevice, publicKey: Uint8Array, code: string): OwnBrowser {
    const here = equal(fromBase64(device.public_key), publicKey);
    return {
      id: device.id,
      name: device.name ?? t.browsers.unknown,
      here,
      since: new Date(device.registered_at),
      revokedAt: device.revoked_at == null ? null : new Date(device.revoked_at),
      until: device.certificate == null ? null : new Date(device.certificate.not_after),
      code: here ? code : null,
    };
  }
}
