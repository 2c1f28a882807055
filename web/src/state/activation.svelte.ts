// An invited person makes the account their own: password, authenticator, recovery codes. The link stays good until the
// last step, so closing the page in between loses nothing.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Authenticator, Invitation } from "../api/types";
import { t, words } from "../i18n";
import { digitsOf } from "./sign-in.svelte";

/** Whether a password is shorter than the practice asks for, counted as the server does: checked here to answer at once. */
export const tooShort = (password: string, minimum: number): boolean => [...password].length < minimum;

export type ActivationStep = "loading" | "invalid" | "unreachable" | "password" | "authenticator" | "codes";

type ActivationApi = Pick<Api, "invitation" | "choosePassword" | "confirmAuthenticator">;

export class Activation {
  step = $state<ActivationStep>("loading");
  invitation = $state.raw<Invitation | null>(null);
  password = $state("");
  authenticator = $state.raw<Authenticator | null>(null);
  code = $state("");
  recoveryCodes = $state.raw<readonly string[]>([]);
  busy = $state(false);
  refusal = $state<string | null>(null);

  constructor(
    private readonly api: ActivationApi,
    private readonly token: string,
  ) {}

  async load(): Promise<void> {
    this.step = "loading";
    try {
      this.invitation = await this.api.invitation(this.token);
      // Somebody who came back after choosing a password chooses again: the secret is shown once and only after it.
      this.step = "password";
    } catch (error) {
      this.step = Problem.of(error).code === "unreachable" ? "unreachable" : "invalid";
    }
  }

  /** The link replaces a second factor; the password stands and is asked for. */
  get knowsPassword(): boolean {
    return this.invitation?.step === "known_password";
  }

  async choosePassword(): Promise<void> {
    const minimum = this.invitation?.password_minimum ?? 0;
    if (!this.knowsPassword && tooShort(this.password, minimum)) this.refusal = t.activate.passwordShort(minimum);
    else
      await this.#attempt(async () => {
        this.authenticator = await this.api.choosePassword(this.token, this.password);
        this.password = "";
        this.step = "authenticator";
      });
  }

  async confirm(): Promise<void> {
    const code = digitsOf(this.code);
    if (code.length !== 6) this.refusal = t.signIn.codeMissing;
    else
      await this.#attempt(async () => {
        this.recoveryCodes = await this.api.confirmAuthenticator(this.token, code);
        this.step = "codes";
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
      if (problem.code === "link_invalid") this.step = "invalid";
      else this.refusal = words(problem);
      this.code = "";
    } finally {
      this.busy = false;
    }
  }
}
