// What people change about their own way in: password, authenticator, passkeys, recovery codes, sessions. Where the server wants a
// fresh code, the page's one dialog asks for it before any of this comes back.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Authenticator, Factors, OwnPasskey, OwnSession } from "../api/types";
import { t, words } from "../i18n";
import { thisDevice, type PasskeyDevice } from "../passkeys/device";
import { tooShort } from "./activation.svelte";
import { digitsOf } from "./sign-in.svelte";

type SettingsApi = Pick<
  Api,
  | "factors"
  | "changePassword"
  | "newAuthenticator"
  | "confirmNewAuthenticator"
  | "newRecoveryCodes"
  | "sessions"
  | "endSession"
  | "endOtherSessions"
  | "passkeys"
>;

export type Part = "password" | "authenticator" | "passkeys" | "codes" | "sessions";

export class Settings {
  factors = $state.raw<Factors | null>(null);
  sessions = $state.raw<readonly OwnSession[] | null>(null);
  current = $state("");
  replacement = $state("");
  authenticator = $state.raw<Authenticator | null>(null);
  code = $state("");
  /** What a passkey to be made is called; null while none is. */
  passkeyName = $state<string | null>(null);
  /** The passkey that is about to be removed. */
  leaving = $state.raw<OwnPasskey | null>(null);
  recoveryCodes = $state.raw<readonly string[]>([]);
  busy = $state<Part | null>(null);
  /** The part that was refused last, and why. */
  refusal = $state.raw<{ part: Part; text: string } | null>(null);
  /** The part that was done last, and what to say about it. */
  done = $state.raw<{ part: Part; text: string } | null>(null);
  unread = $state<string | null>(null);
  /** Something to know about passkeys that is no trouble. */
  remark = $state<string | null>(null);

  constructor(
    private readonly api: SettingsApi,
    private readonly device: PasskeyDevice = thisDevice,
  ) {}

  /** Whether there is anything to show or to add. */
  get passkeysPossible(): boolean {
    return this.factors?.passkeys_possible ?? false;
  }

  get canAddPasskey(): boolean {
    return this.passkeysPossible && this.device.possible;
  }

  async load(): Promise<void> {
    try {
      [this.factors, this.sessions] = await Promise.all([this.api.factors(), this.api.sessions()]);
      this.unread = null;
    } catch (error) {
      this.unread = words(Problem.of(error));
    }
  }

  async changePassword(): Promise<void> {
    const minimum = this.factors?.password_minimum ?? 0;
    if (this.current === "") this.#refuse("password", t.settings.currentMissing);
    else if (tooShort(this.replacement, minimum)) this.#refuse("password", t.activate.passwordShort(minimum));
    else
      await this.#attempt("password", t.settings.passwordChanged, async () => {
        await this.api.changePassword(this.current, this.replacement);
        this.current = "";
        this.replacement = "";
      });
  }

  async beginAuthenticator(): Promise<void> {
    await this.#attempt("authenticator", null, async () => {
      this.authenticator = await this.api.newAuthenticator();
      this.code = "";
    });
  }

  async confirmAuthenticator(): Promise<void> {
    const code = digitsOf(this.code);
    if (code.length !== 6) this.#refuse("authenticator", t.signIn.codeMissing);
    else
      await this.#attempt("authenticator", t.settings.authenticatorReplaced, async () => {
        try {
          await this.api.confirmNewAuthenticator(code);
        } catch (error) {
          this.code = "";
          if (Problem.of(error).code === "start_again") this.authenticator = null;
          throw error;
        }
        this.cancelAuthenticator();
      });
  }

  cancelAuthenticator(): void {
    this.authenticator = null;
    this.code = "";
    this.refusal = null;
  }

  /** A name to begin with: the browser's, as the list of sessions knows it. */
  namePasskey(): void {
    this.done = null;
    this.refusal = null;
    this.passkeyName = this.sessions?.find((one) => one.current)?.device ?? t.passkeys.defaultName;
  }

  cancelPasskey(): void {
    this.passkeyName = null;
    this.refusal = null;
  }

  async addPasskey(): Promise<void> {
    const name = (this.passkeyName ?? "").trim();
    if (name === "") this.#refuse("passkeys", t.passkeys.nameMissing);
    else
      await this.#attempt("passkeys", t.passkeys.ready(name), async () => {
        const made = await this.device.make(await this.api.passkeys.creation());
        await this.api.passkeys.add(name, made);
        this.passkeyName = null;
      });
  }

  async removePasskey(): Promise<void> {
    const leaving = this.leaving;
    if (leaving === null) return;
    this.leaving = null;
    await this.#attempt("passkeys", t.passkeys.removed(leaving.name), async () => {
      try {
        await this.api.passkeys.remove(leaving.id);
      } catch (error) {
        // It was removed elsewhere in the meantime, which is what was wanted.
        if (Problem.of(error).code !== "not_found") throw error;
      }
    });
  }

  async newCodes(): Promise<void> {
    await this.#attempt("codes", null, async () => {
      this.recoveryCodes = await this.api.newRecoveryCodes();
    });
  }

  forgetCodes(): void {
    this.recoveryCodes = [];
  }

  async endSession(id: string): Promise<void> {
    await this.#attempt("sessions", t.settings.sessionEnded, async () => {
      try {
        await this.api.endSession(id);
      } catch (error) {
        // It ended by itself in the meantime, which is what was wanted.
        if (Problem.of(error).code !== "not_found") throw error;
      }
    });
  }

  async endOthers(): Promise<void> {
    await this.#attempt("sessions", t.settings.othersEnded, () => this.api.endOtherSessions());
  }

  refused(part: Part): string | null {
    return this.refusal?.part === part ? this.refusal.text : null;
  }

  said(part: Part): string | null {
    return this.done?.part === part ? this.done.text : null;
  }

  #refuse(part: Part, text: string): void {
    this.done = null;
    this.refusal = { part, text };
  }

  async #attempt(part: Part, said: string | null, action: () => Promise<void>): Promise<void> {
    if (this.busy !== null) return;
    this.busy = part;
    this.refusal = null;
    this.done = null;
    this.remark = null;
    try {
      await action();
      if (said !== null) this.done = { part, text: said };
    } catch (error) {
      const problem = Problem.of(error);
      if (problem.code === "passkey_cancelled") this.remark = t.passkeys.addCancelled;
      // Somebody who closed the dialog knows that nothing happened.
      else if (problem.code !== "fresh_factor_needed") this.#refuse(part, words(problem));
      return;
    } finally {
      this.busy = null;
    }
    // Reading again holds nobody up.
    await this.load();
  }
}
