// The practice asks for a passkey, and both factors were right: the person makes one and is in. Nothing else leads on.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Me } from "../api/types";
import { t, words } from "../i18n";
import { thisDevice, type PasskeyDevice } from "./device";

export class DuePasskey {
  name = $state<string>(t.passkeys.defaultName);
  busy = $state(false);
  refusal = $state<string | null>(null);
  /** Something to know that is no trouble. */
  remark = $state<string | null>(null);
  /** The sign-in is over: only starting again can follow. */
  over = $state(false);

  constructor(
    private readonly api: Pick<Api, "passkeys">,
    private readonly signedIn: (me: Me) => void,
    private readonly device: PasskeyDevice = thisDevice,
  ) {}

  get possible(): boolean {
    return this.device.possible;
  }

  async add(): Promise<void> {
    if (this.busy) return;
    const name = this.name.trim();
    this.remark = null;
    this.refusal = name === "" ? t.passkeys.nameMissing : null;
    if (this.refusal !== null) return;
    this.busy = true;
    try {
      const made = await this.device.make(await this.api.passkeys.creationDue());
      this.signedIn(await this.api.passkeys.addDue(name, made));
    } catch (error) {
      const problem = Problem.of(error);
      if (problem.code === "passkey_cancelled") this.remark = t.passkeys.addCancelled;
      else this.refusal = words(problem);
      this.over = ["sign_in_again", "signed_out"].includes(problem.code);
    } finally {
      this.busy = false;
    }
  }
}
