// The SafetyCode on the page: what the worker says of it, with names in place of ids, and a word for who can't see it.
import type { GroupPerson, SafetyCodeState } from "../../e2ee/messages";
import type { Announcer } from "../announcer";
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
  readonly #announcer: Announcer;
  #now = NOBODY;

  constructor(announcer: Announcer) {
    this.#announcer = announcer;
  }

  is(now: SafetyCodeState, people: readonly GroupPerson[]): void {
    for (const person of now.differs) {
      if (!this.#now.differs.includes(person)) this.#announcer.say("code_differs", nameOf(people, person));
    }
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
