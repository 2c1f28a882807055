// Signing in: email and password, then the code. What the server refuses becomes one sentence.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Me } from "../api/types";
import { t, words } from "../i18n";

/** People paste codes with spaces or dashes in them. */
export function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}

export class SignIn {
  step = $state<"password" | "code">("password");
  email = $state("");
  password = $state("");
  code = $state("");
  busy = $state(false);
  refusal = $state<string | null>(null);

  constructor(
    private readonly api: Pick<Api, "signIn" | "signInWithCode">,
    private readonly signedIn: (me: Me) => void,
  ) {}

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
        this.signedIn(me);
      });
  }

  startAgain(): void {
    this.step = "password";
    this.password = "";
    this.code = "";
    this.refusal = null;
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.refusal = null;
    try {
      await action();
    } catch (error) {
      const problem = Problem.of(error);
      // The pending sign-in is gone: only the first step can follow.
      if (problem.code === "sign_in_again" || (this.step === "code" && problem.code === "signed_out")) {
        this.startAgain();
        this.refusal = t.problems.sign_in_again;
      } else this.refusal = words(problem);
      if (this.step === "code") this.code = "";
    } finally {
      this.busy = false;
    }
  }
}
