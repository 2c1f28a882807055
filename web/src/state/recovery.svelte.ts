// Signing in without the authenticator: a saved code, then a new authenticator. The password was right before.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Authenticator, Me } from "../api/types";
import { t, words } from "../i18n";
import { digitsOf } from "./sign-in.svelte";

/** Sixteen letters and digits, however they are grouped. */
const CODE_LENGTH = 16;

export class Recovery {
  step = $state<"code" | "authenticator" | "passkey" | "over">("code");
  code = $state("");
  authenticator = $state.raw<Authenticator | null>(null);
  busy = $state(false);
  refusal = $state<string | null>(null);

  constructor(
    private readonly api: Pick<Api, "signInWithRecoveryCode" | "signInWithNewAuthenticator">,
    readonly signedIn: (me: Me) => void,
  ) {}

  async submitCode(): Promise<void> {
    const code = this.code.replace(/[\s-]/g, "");
    if (code.length !== CODE_LENGTH) this.refusal = t.recoveryCode.missing;
    else
      await this.#attempt(async () => {
        this.authenticator = await this.api.signInWithRecoveryCode(code);
        this.code = "";
        this.step = "authenticator";
      });
  }

  async confirm(): Promise<void> {
    const code = digitsOf(this.code);
    if (code.length !== 6) this.refusal = t.signIn.codeMissing;
    else
      await this.#attempt(async () => {
        const me = await this.api.signInWithNewAuthenticator(code);
        if (me === null) this.step = "passkey";
        else this.signedIn(me);
      });
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.refusal = null;
    try {
      await action();
    } catch (error) {
      const problem = Problem.of(error);
      if (this.step === "authenticator") this.code = "";
      this.refusal = words(problem);
      // Without a sign-in that waits, only the first step can follow.
      const over = ["sign_in_again", "signed_out", "factor_locked", "too_many_attempts"].includes(problem.code);
      if (over) this.step = "over";
    } finally {
      this.busy = false;
    }
  }
}
