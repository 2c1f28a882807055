// Confirming with a fresh code: whatever asks for it waits here until the person typed one or thought better of it. One
// dialog serves every screen and all requests that wait at the same time.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import { t, words } from "../i18n";
import { digitsOf } from "./sign-in.svelte";

export class FreshFactor {
  open = $state(false);
  code = $state("");
  busy = $state(false);
  refusal = $state<string | null>(null);

  #asked: Promise<boolean> | null = null;
  #answer: (shown: boolean) => void = () => undefined;

  constructor(private readonly api: Pick<Api, "showFreshFactor">) {}

  /** True once a right code was typed, false when the person closed the dialog. */
  ask(): Promise<boolean> {
    this.#asked ??= new Promise((answer) => {
      this.#answer = answer;
      this.code = "";
      this.refusal = null;
      this.open = true;
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
    this.busy = true;
    this.refusal = null;
    try {
      await this.api.showFreshFactor(code);
      this.#end(true);
    } catch (error) {
      const problem = Problem.of(error);
      this.code = "";
      if (problem.code === "signed_out") this.#end(false);
      else this.refusal = words(problem);
    } finally {
      this.busy = false;
    }
  }

  /** Closed without a code. */
  cancel(): void {
    this.#end(false);
  }

  #end(shown: boolean): void {
    if (this.#asked === null) return;
    this.#asked = null;
    this.open = false;
    this.code = "";
    this.#answer(shown);
  }
}
