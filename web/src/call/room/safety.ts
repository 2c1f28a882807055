// The SafetyCode on the page: what the worker says of it, with names in place of ids.
import type { GroupPerson, SafetyCodeState } from "../../e2ee/messages";
import type { SafetyView } from "../view";

const NOBODY: SafetyCodeState = {
  state: "alone",
  code: "",
  why: null,
  who: [],
  askedBy: [],
  canTryAgain: false,
  verdict: null,
  differs: [],
};

export class Safety {
  #now = NOBODY;

  is(now: SafetyCodeState): void {
    this.#now = now;
  }

  /** Out of the group: there is no code of nobody. */
  forget(): void {
    this.#now = NOBODY;
  }

  view(people: readonly GroupPerson[]): SafetyView {
    const { state, code, why, canTryAgain, verdict } = this.#now;
    const names = (persons: readonly string[]): string[] =>
      persons.map((person) => nameOf(people, person)).filter((name) => name !== "");
    const { who, askedBy, differs } = this.#now;
    return {
      state,
      code,
      why,
      canTryAgain,
      verdict,
      who: names(who),
      askedBy: names(askedBy),
      differs: names(differs),
    };
  }
}

function nameOf(people: readonly GroupPerson[], person: string): string {
  return people.find((other) => other.person === person)?.name ?? "";
}
