// The SafetyCode as this browser lives it: asks the group's machine after each event and when an answer is due, sends what
// it wants said, and shows the page how it stands. What people say of the code ends with that code.
import type { SafetyCodeState, Verdict } from "../../messages";
import type { Member, SafetyCode } from "../../wasm/curtain_e2ee";
import { uuidText } from "../group/uuid";

export type SpokenCodeOutside = {
  /** The machine while we are in the group. */
  member(): Member | null;
  send(message: Uint8Array): void;
  show(state: SafetyCodeState): void;
  now(): number;
  later(milliseconds: number, action: () => void): () => void;
};

export class SpokenCode {
  readonly #outside: SpokenCodeOutside;
  #cancel: (() => void) | null = null;
  #shown = "";
  #now: SafetyCode | null = null;
  /** Rounds of this visit, over all leaves of this tab. */
  #started = 0;
  #verdict: Verdict = null;
  /** Persons who say that they were read another code. */
  #differs: readonly string[] = [];

  constructor(outside: SpokenCodeOutside) {
    this.#outside = outside;
  }

  /** A leaf of ours is about to enter a group. */
  begin(member: Member): void {
    this.#shown = "";
    member.continue_safety_rounds(this.#started);
  }

  /** Something happened, or an answer is due. */
  look(): void {
    const member = this.#outside.member();
    if (member === null) return;
    const now = member.safety_code(this.#outside.now());
    if (!isSame(now, this.#now)) {
      this.#verdict = null;
      this.#differs = [];
    }
    this.#now = now;
    this.#started = now.started;
    for (const message of now.send) this.#outside.send(message);
    this.#plan(now.due_ms);
    this.#tell();
  }

  tryAgain(): void {
    this.#outside.member()?.try_safety_code_again(this.#outside.now());
    this.look();
  }

  /** What the person said of this code. False when another one is shown by now. */
  judge(code: string, verdict: Exclude<Verdict, null>): boolean {
    if (this.#now?.state !== "code" || this.#now.code !== code) return false;
    this.#verdict = verdict;
    this.#tell();
    return true;
  }

  /** Which code ours is, for the others. */
  get round(): { since: number; round: number } {
    return { since: this.#now?.since ?? 0, round: this.#now?.round ?? 0 };
  }

  /** A member says that they were read another code than theirs. */
  differsFor(person: string, { since, round }: { since: number; round: number }): void {
    const ours = this.round;
    if (since !== ours.since || round !== ours.round || this.#differs.includes(person)) return;
    this.#differs = [...this.#differs, person];
    this.#tell();
  }

  /** Out of the group. */
  end(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#now = null;
    this.#verdict = null;
    this.#differs = [];
  }

  #plan(due: number | null): void {
    this.#cancel?.();
    this.#cancel = null;
    if (due === null) return;
    this.#cancel = this.#outside.later(Math.max(0, due - this.#outside.now()), () => {
      this.look();
    });
  }

  #tell(): void {
    const now = this.#now;
    if (now === null) return;
    const state: SafetyCodeState = {
      state: now.state,
      code: now.code,
      why: now.why === "" ? null : now.why,
      who: now.who.map(uuidText),
      askedBy: now.asked_by.map(uuidText),
      canTryAgain: now.can_try_again,
      verdict: this.#verdict,
      differs: this.#differs,
    };
    const shown = JSON.stringify(state);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#outside.show(state);
  }
}

/** The same code of the same round: what was said of it still holds. */
function isSame(one: SafetyCode, other: SafetyCode | null): boolean {
  return other !== null && one.since === other.since && one.round === other.round && one.code === other.code;
}
