// The screen Practice key: making, opening and replacing the key, and confirming browsers with it. The open key lives in
// this object and nowhere else, and goes with the page.
import type { Api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { ClinicianDevice, MadePracticeKey, NewCertificate } from "../../api/types";
import { t, words } from "../../i18n";
import { fromBase64, toBase64 } from "../../identity/bytes";
import {
  FILE_BYTES,
  KeyFileError,
  makePracticeKey,
  openPracticeKey,
  type OpenPracticeKey,
  PASSPHRASE_CHARACTERS,
} from "../../identity/key-file";
import { CERTIFIED_FOR_DAYS, CLINICIAN_ROLES, deviceCode, practiceCode } from "../../identity/statements";

const DAY_MS = 86_400_000;
/** From so many days before its end a certificate can be renewed: early enough for a holiday. */
const RENEW_WITHIN_DAYS = 30;

/** A key as the screen shows it. */
export type ShownKey = { readonly id: string; readonly code: string; readonly since: Date; readonly by: string | null };

/** A browser as the screen shows it. */
export type ShownDevice = {
  readonly device: ClinicianDevice;
  readonly code: string;
  readonly browser: string;
  /** The end of the confirmation; null while there is none. */
  readonly until: Date | null;
};

export type PracticeKeyPart = "make" | "open" | "devices";

export class PracticeKeyModel {
  status = $state<"loading" | "ready" | "failed">("loading");
  keys = $state.raw<readonly ShownKey[]>([]);
  devices = $state.raw<readonly ShownDevice[]>([]);
  opened = $state.raw<OpenPracticeKey | null>(null);
  /** Made on this page, and not in use before its file is saved. */
  made = $state.raw<{ readonly key: OpenPracticeKey; readonly file: string; readonly name: string } | null>(null);
  passphrase = $state("");
  repeated = $state("");
  savedIt = $state(false);
  file = $state.raw<File | null>(null);
  typed = $state("");
  busy = $state<PracticeKeyPart | null>(null);
  refusal = $state<{ part: PracticeKeyPart; text: string } | null>(null);
  done = $state<{ part: PracticeKeyPart; text: string } | null>(null);
  /** Whose browser is being compared. */
  comparing = $state.raw<ShownDevice | null>(null);

  #bytes: readonly Uint8Array[] = [];

  constructor(
    private readonly api: Api["practice"],
    private readonly practice: string,
    private readonly now: () => Date = () => new Date(),
    /** Rounds of the passphrase's hash; tests take fewer than people. */
    private readonly iterations?: number,
  ) {}

  get current(): ShownKey | null {
    return this.keys.at(-1) ?? null;
  }

  get waiting(): ShownDevice[] {
    return this.devices.filter(({ until }) => until === null);
  }

  get confirmed(): ShownDevice[] {
    return this.devices.filter(({ until }) => until !== null);
  }

  async load(): Promise<void> {
    this.status = "loading";
    try {
      await this.#take(await this.api.keys(), await this.api.devices());
      this.status = "ready";
    } catch {
      this.status = "failed";
    }
  }

  /** Makes a key, which is not the practice's before its file is saved. */
  async make(): Promise<void> {
    const passphrase = this.passphrase;
    if ([...passphrase].length < PASSPHRASE_CHARACTERS) {
      this.#refuse("make", t.practiceKey.tooShort(PASSPHRASE_CHARACTERS));
    } else if (passphrase !== this.repeated) this.#refuse("make", t.practiceKey.notSame);
    else {
      await this.#attempt("make", null, async () => {
        const { key, file } = await makePracticeKey(this.practice, passphrase, this.now(), this.iterations);
        this.made = { key, file, name: fileName(this.practice, this.now()) };
        [this.passphrase, this.repeated, this.savedIt] = ["", "", false];
      });
    }
  }

  forgetMade(): void {
    this.made = null;
    this.refusal = null;
  }

  /** Makes the new key the practice's; if the one before is open, signed by it and with what it had confirmed. */
  async putToUse(): Promise<void> {
    const { made, opened } = this;
    if (made === null) return;
    if (!this.savedIt) {
      this.#refuse("make", t.practiceKey.saveFirst);
      return;
    }
    await this.#attempt("make", t.practiceKey.putToUse, async () => {
      const vouched = opened === null ? null : toBase64(await opened.vouchFor(made.key.publicKey));
      const still = opened === null ? [] : this.confirmed.filter(({ until }) => until !== null && until > this.now());
      const certificates = await Promise.all(still.map((one) => this.#certificate(made.key, one, one.until)));
      const keys = await this.api.makeKey({
        public_key: toBase64(made.key.publicKey),
        previous: this.current?.id ?? null,
        signed_by_previous: vouched,
        certificates,
      });
      await this.#take(keys, await this.api.devices());
      [this.made, this.opened] = [null, made.key];
    });
  }

  async open(): Promise<void> {
    const { file, typed } = this;
    const expected = this.#bytes.at(-1);
    if (expected === undefined) return;
    if (file === null) this.#refuse("open", t.practiceKey.fileMissing);
    else {
      await this.#attempt("open", null, async () => {
        const content = file.size > FILE_BYTES ? "" : await file.text();
        this.opened = await openPracticeKey(content, typed, expected);
        this.typed = "";
      });
    }
  }

  close(): void {
    this.opened = null;
    this.comparing = null;
  }

  canRenew({ until }: ShownDevice): boolean {
    return until !== null && until.getTime() - this.now().getTime() < RENEW_WITHIN_DAYS * DAY_MS;
  }

  /** The person's code is the one shown: the practice vouches for the browser from now on. */
  async confirm(shown: ShownDevice): Promise<void> {
    const { opened, current } = this;
    if (opened === null || current === null) return;
    this.comparing = null;
    await this.#attempt("devices", t.practiceKey.confirmedNow(shown.device.owner.name), async () => {
      const certificate = await this.#certificate(opened, shown, null);
      await this.#show(await this.api.certify(current.id, [certificate]));
    });
  }

  async revoke(shown: ShownDevice): Promise<void> {
    await this.#attempt("devices", t.practiceKey.revokedNow(shown.device.owner.name), async () => {
      await this.#show(await this.api.revoke(shown.device.id));
    });
  }

  refused(part: PracticeKeyPart): string | null {
    return this.refusal?.part === part ? this.refusal.text : null;
  }

  said(part: PracticeKeyPart): string | null {
    return this.done?.part === part ? this.done.text : null;
  }

  /** What the key says of a browser; `until` only where an end is kept. */
  async #certificate(key: OpenPracticeKey, { device }: ShownDevice, until: Date | null): Promise<NewCertificate> {
    const end = until ?? new Date(this.now().getTime() + CERTIFIED_FOR_DAYS * DAY_MS);
    const notAfter = Math.floor(end.getTime() / 1_000);
    const { person, name } = device.owner;
    const devicePub = fromBase64(device.public_key);
    const signature = await key.certify({ devicePub, person, name, roles: CLINICIAN_ROLES, notAfter });
    return {
      device: device.id,
      name,
      roles: CLINICIAN_ROLES,
      not_after: new Date(notAfter * 1_000).toISOString(),
      signature: toBase64(signature),
    };
  }

  async #take(keys: readonly MadePracticeKey[], devices: readonly ClinicianDevice[]): Promise<void> {
    this.#bytes = keys.map(({ key }) => fromBase64(key.public_key));
    const codes = await Promise.all(this.#bytes.map(practiceCode));
    this.keys = keys.map(({ key, made_by: by }, i) => ({
      id: key.id,
      code: codes[i] ?? "",
      since: new Date(key.made_at),
      by: by ?? null,
    }));
    await this.#show(devices);
  }

  async #show(devices: readonly ClinicianDevice[]): Promise<void> {
    this.devices = await Promise.all(
      devices.map(async (device) => ({
        device,
        // Made from what is going to be signed: a server that shows another key shows another code.
        code: await deviceCode(device.owner.person, fromBase64(device.public_key)),
        browser: device.name ?? t.browsers.unknown,
        until: device.certificate == null ? null : new Date(device.certificate.not_after),
      })),
    );
  }

  #refuse(part: PracticeKeyPart, text: string): void {
    this.done = null;
    this.refusal = { part, text };
  }

  async #attempt(part: PracticeKeyPart, said: string | null, action: () => Promise<void>): Promise<void> {
    if (this.busy !== null) return;
    this.busy = part;
    this.refusal = null;
    this.done = null;
    try {
      await action();
      if (said !== null) this.done = { part, text: said };
    } catch (error) {
      if (error instanceof KeyFileError) this.#refuse(part, t.practiceKey.problems[error.problem]);
      else {
        const problem = Problem.of(error);
        // Somebody who closed the dialog for a code knows that nothing happened.
        if (problem.code !== "fresh_factor_needed") this.#refuse(part, words(problem));
      }
    } finally {
      this.busy = null;
    }
  }
}

/** A name that sorts by day and says whose key it is, in letters that every system takes. */
function fileName(practice: string, now: Date): string {
  const called = practice
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return `practice-key-${called === "" ? "curtain" : called}-${now.toISOString().slice(0, 10)}.json`;
}
