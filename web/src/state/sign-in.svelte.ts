// Signing in: email and password, then the code; or a passkey alone. What the server refuses becomes one sentence.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Me } from "../api/types";
import { t, words } from "../i18n";
import { thisDevice, type PasskeyDevice } from "../passkeys/device";

/** People paste codes with spaces or dashes in them. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}

export class SignIn {
  step = $state<"password" | "code" | "passkey">("password");
  email = $state("");
  password = $state("");
  code = $state("");
  busy = $state(false);
  /** This device is being asked for a passkey. */
  asking = $state(false);
  refusal = $state<string | null>(null);
  /** Something to know that is no trouble. */
  remark = $state<string | null>(null);

  constructor(
    private readonly api: Pick<Api, "signIn" | "signInWithCode" | "passkeys">,
    readonly signedIn: (me: Me) => void,
    private readonly device: PasskeyDevice = thisDevice,
  ) {}

  get passkeysPossible(): boolean {
    return this.device.possible;
  }

  /** The device says who it is, so nothing has to be typed. */
  async usePasskey(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    await this.#attempt(async () => {
      const shown = await this.device.show(await this.api.passkeys.request());
      const me = await this.api.passkeys.signIn(shown);
      this.startAgain();
      this.signedIn(me);
    });
    this.asking = false;
  }

  async submitPassword(): Promise<void> {
    if (this.email.trim() === "") this.refusal = t.signIn.emailMissing;
    else if (this.password === "") this.refusal = t.signIn.passwordMissing;
    else
      await this.#attempt(async () => {
        await this.api.signIn(this.email.trim(), this.password);
        this.step = "code";
      });
  }

  async submitCode(): Promise<void> {
    const code = digitsOf(this.code);
    if (code.length !== 6) this.refusal = t.signIn.codeMissing;
    else
      await this.#attempt(async () => {
        const me = await this.api.signInWithCode(code);
        this.startAgain();
        if (me === null) this.step = "passkey";
        else this.signedIn(me);
      });
  }

  startAgain(): void {
    this.step = "password";
    this.password = "";
    this.code = "";
    this.refusal = null;
    this.remark = null;
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.refusal = null;
    this.remark = null;
    try {
      await action();
    } catch (error) {
      const problem = Problem.of(error);
      // The pending sign-in is gone: only the first step can follow.
      if (problem.code === "passkey_needed") {
        this.startAgain();
        this.refusal = words(problem);
      } else if (problem.code === "sign_in_again" || (this.step === "code" && problem.code === "signed_out")) {
        this.startAgain();
        this.refusal = t.problems.sign_in_again;
      } else if (problem.code === "passkey_cancelled") this.remark = t.passkeys.cancelled;
      else this.refusal = words(problem);
      if (this.step === "code") this.code = "";
    } finally {
      this.busy = false;
    }
  }
}
