// A patient's care team as administrators see and change it: who may see the patient now, who could, and until when.
import type { Api } from "../../api/client";
import type { CaringClinician, Member } from "../../api/types";
import { t } from "../../i18n";
import { Asked, cliniciansOf } from "../people.svelte";

type CareTeamApi = Pick<Api["administration"], "careTeam" | "addToCareTeam" | "endCare">;

/** A day as the browser's field writes it: "2026-11-22", local. */
export function dayField(at: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export class CareTeam extends Asked {
  all = $state.raw<readonly CaringClinician[] | null>(null);
  chosen = $state("");
  /** Whose last day is being asked for. */
  ending = $state.raw<CaringClinician | null>(null);
  lastDay = $state("");
  /** Read out when something changed. */
  news = $state("");

  constructor(
    private readonly api: CareTeamApi,
    readonly patient: Member,
    private readonly people: readonly Member[],
    private readonly clock: () => Date = () => new Date(),
  ) {
    super();
  }

  get now(): CaringClinician[] {
    return (this.all ?? []).filter((one) => one.current);
  }

  get before(): CaringClinician[] {
    return (this.all ?? []).filter((one) => !one.current);
  }

  get candidates(): Member[] {
    const now = new Set(this.now.map((one) => one.person));
    return cliniciansOf(this.people).filter((one) => !now.has(one.person));
  }

  async load(): Promise<void> {
    this.all = (await this.ask(() => this.api.careTeam(this.patient.person))) ?? this.all;
  }

  /** True when the team is another one now. */
  async add(): Promise<boolean> {
    const chosen = this.candidates.find((one) => one.person === this.chosen);
    if (chosen === undefined) {
      this.refusal = t.careTeam.clinicianMissing;
      return false;
    }
    return this.#become(t.careTeam.added(chosen.name), () =>
      this.api.addToCareTeam(this.patient.person, chosen.person),
    );
  }

  /** Asks for the last day of somebody's care: today, unless it is said otherwise. */
  begin(one: CaringClinician): void {
    this.ending = one;
    this.lastDay = dayField(this.clock());
    this.refusal = null;
  }

  async end(): Promise<boolean> {
    const [one, today] = [this.ending, dayField(this.clock())];
    if (one === null) return false;
    const midnight = new Date(`${this.lastDay}T00:00:00`);
    if (Number.isNaN(midnight.getTime())) this.refusal = t.careTeam.lastDayMissing;
    else if (this.lastDay < today) this.refusal = t.careTeam.lastDayPast;
    else {
      // The day itself still counts; today means now.
      midnight.setDate(midnight.getDate() + 1);
      const until = this.lastDay === today ? null : midnight.toISOString();
      return this.#become(t.careTeam.ended(one.name), () => this.api.endCare(this.patient.person, one.person, until));
    }
    return false;
  }

  async #become(news: string, question: () => Promise<CaringClinician[]>): Promise<boolean> {
    const all = await this.ask(question);
    if (all === null) return false;
    this.all = all;
    this.chosen = "";
    this.ending = null;
    this.news = news;
    return true;
  }
}
