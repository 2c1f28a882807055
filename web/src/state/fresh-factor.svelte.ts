// Confirming with a fresh code, or a passkey: whatever asks for it waits here until the person showed one or thought better of it. One
// dialog serves every screen and all requests that wait at the same time.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import { t, words } from "../i18n";
import { thisDevice, type PasskeyDevice } from "../passkeys/device";
import { digitsOf } from "./sign-in.svelte";

export class FreshFactor {
  open = $state(false);
  code = $state("");
  busy = $state(false);
  refusal = $state<string | null>(null);
  /** Something to know that is no trouble. */
  remark = $state<string | null>(null);
  /** The person has a passkey, and this device could show one. */
  hasPasskey = $state(false);

  #asked: Promise<boolean> | null = null;
  #answer: (shown: boolean) => void = () => undefined;

  constructor(
    private readonly api: Pick<Api, "showFreshFactor" | "factors" | "passkeys">,
    private readonly device: PasskeyDevice = thisDevice,
  ) {}

  /** True once the person showed a factor, false when they closed the dialog. */
  ask(): Promise<boolean> {
    this.#asked ??= new Promise((answer) => {
      this.#answer = answer;
      this.code = "";
      this.refusal = null;
      this.remark = null;
      this.open = true;
      void this.#lookForPasskey();
    });
    return this.#asked;
  }

  async submit(): Promise<void> {
    if (this.busy) return;
    const code = digitsOf(this.code);
    if (code.length !== 6) {
      this.refusal = t.signIn.codeMissing;
      return;
    }
    await this.#attempt(() => this.api.showFreshFactor(code));
  }

  async usePasskey(): Promise<void> {
    if (this.busy) return;
    await this.#attempt(async () => {
      const shown = await this.device.show(await this.api.passkeys.requestFresh());
      await this.api.passkeys.showFresh(shown);
    });
  }

  /** Closed without a code. */
  cancel(): void {
    this.#end(false);
  }

  async #attempt(show: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.refusal = null;
    this.remark = null;
    try {
      await show();
      this.#end(true);
    } catch (error) {
      const problem = Problem.of(error);
      this.code = "";
      if (problem.code === "signed_out") this.#end(false);
      else if (problem.code === "passkey_cancelled") this.remark = words(problem);
      else this.refusal = words(problem);
    } finally {
      this.busy = false;
    }
  }

  /** Without an answer there is no button, and the code still works. */
  async #lookForPasskey(): Promise<void> {
    if (!this.device.possible) return;
    const factors = await this.api.factors().catch(() => null);
    this.hasPasskey = (factors?.passkeys.length ?? 0) > 0;
  }

  #end(shown: boolean): void {
    if (this.#asked === null) return;
    this.#asked = null;
    this.open = false;
    this.code = "";
    this.#answer(shown);
  }
}
