// The screen Policy: one form over all values. When somebody else saved in between, theirs and mine are put together field
// by field, and what both changed is said; nothing that was typed is lost.
import type { Api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { Policy, Role } from "../../api/types";
import { t, words } from "../../i18n";
import { choiceOf, graceOf, type Key, refusals, type Values, valuesOf, wordsOf } from "./fields";

const DAY_MS = 86_400_000;

/** What a required passkey means for the people of a role. */
export interface Consequence {
  people: number;
  lacking: number;
  /** Null when it is due at the next sign-in. */
  until: Date | null;
}

export class PolicyForm {
  status = $state<"loading" | "ready" | "failed">("loading");
  policy = $state.raw<Policy | null>(null);
  values = $state.raw<Values>({});
  /** Why fields can't be used, since somebody tried to save them. */
  wrong = $state.raw<Values>({});
  busy = $state(false);
  saved = $state(false);
  refusal = $state<string | null>(null);
  /** What another administrator and I both changed; empty when only theirs came along, null when nobody was in between. */
  clashes = $state.raw<readonly string[] | null>(null);

  constructor(
    private readonly api: Pick<Api["administration"], "policy" | "savePolicy">,
    private readonly now: () => Date = () => new Date(),
  ) {}

  async load(): Promise<void> {
    this.status = "loading";
    try {
      this.#take(await this.api.policy());
      this.status = "ready";
    } catch {
      this.status = "failed";
    }
  }

  set(key: Key, value: string): void {
    this.values = { ...this.values, [key]: value };
    this.saved = false;
    if (this.wrong[key] === undefined || this.policy === null) return;
    // A mark goes as soon as the value is right, and only comes with the next try to save.
    const still = refusals(this.policy, this.values);
    this.wrong = Object.fromEntries(Object.entries(this.wrong).filter(([one]) => still[one as Key] !== undefined));
    if (Object.keys(this.wrong).length === 0) this.refusal = null;
  }

  /** The fields that are not as they are saved. */
  get changed(): Key[] {
    if (this.policy === null) return [];
    const saved = valuesOf(this.policy);
    return (Object.keys(saved) as Key[]).filter((key) => this.values[key] !== saved[key]);
  }

  undo(): void {
    if (this.policy !== null) this.#take(this.policy);
  }

  async save(): Promise<void> {
    if (this.busy || this.policy === null) return;
    this.saved = false;
    this.refusal = null;
    this.wrong = refusals(this.policy, this.values);
    const marked = Object.keys(this.wrong).length;
    if (marked > 0) this.refusal = t.policy.wrong(marked);
    else if (this.changed.length === 0) this.refusal = t.policy.noChanges;
    else await this.#send(choiceOf(this.policy, this.values));
  }

  async #send(choice: ReturnType<typeof choiceOf>): Promise<void> {
    this.busy = true;
    try {
      this.#take(await this.api.savePolicy(choice));
      this.saved = true;
    } catch (error) {
      const problem = Problem.of(error);
      if (problem.code === "policy_changed") await this.#meetTheirs();
      // Somebody who closed the dialog for a code knows that nothing happened.
      else if (problem.code !== "fresh_factor_needed") this.refusal = words(problem);
    } finally {
      this.busy = false;
    }
  }

  /** What I did not touch becomes what they saved; what I did stays mine. */
  async #meetTheirs(): Promise<void> {
    const [mine, before] = [this.values, this.policy === null ? {} : valuesOf(this.policy)];
    const newest = await this.api.policy().catch(() => null);
    if (newest === null) {
      this.refusal = t.problems.unreachable;
      return;
    }
    const theirs = valuesOf(newest);
    const touched = (Object.keys(theirs) as Key[]).filter((key) => mine[key] !== before[key]);
    this.policy = newest;
    this.values = { ...theirs, ...Object.fromEntries(touched.map((key) => [key, mine[key]])) };
    this.clashes = touched
      .filter((key) => theirs[key] !== before[key] && theirs[key] !== mine[key])
      .map((key) => {
        const { what, value } = wordsOf(key, theirs[key] ?? "");
        return `${t.policy.clash(what, value)} ${t.policy.yours(wordsOf(key, mine[key] ?? "").value)}`;
      });
  }

  /** What the passkey rule as it stands in the form means; null where none is asked for or its days can't be used. */
  consequence(role: Role): Consequence | null {
    const of = this.policy?.roles.find((one) => one.role === role);
    if (of === undefined || this.values[`${role}.second_factor`] !== "passkey") return null;
    const days = graceOf(of, this.values);
    if (days === null) return null;
    const now = this.now();
    // A rule that holds already keeps its day.
    const since = of.required_since == null ? now : new Date(of.required_since);
    const until = new Date(since.getTime() + days * DAY_MS);
    return { people: of.people, lacking: of.lacking, until: until > now ? until : null };
  }

  #take(policy: Policy): void {
    this.policy = policy;
    this.values = valuesOf(policy);
    this.wrong = {};
    this.refusal = null;
    this.clashes = null;
    this.saved = false;
  }
}
