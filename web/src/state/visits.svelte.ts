// The list of visits, kept fresh while somebody looks at it, and the making of a new one.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Person, Visit } from "../api/types";
import { t, words } from "../i18n";
import { isSameDay } from "../i18n/time";

/** How old the list may get. Faster would only load the server; a clinician in the visit hears of arrivals at once. */
export const REFRESH_MS = 5_000;

export interface Sections {
  now: Visit[];
  later: Visit[];
  past: Visit[];
}

/** Nothing more can happen in it. */
export const isOver = (visit: Visit): boolean => ["ended", "cancelled", "no_show"].includes(visit.state);
/** Somebody stands in the waiting room of a visit that is not over. */
export const isWaitedFor = (visit: Visit): boolean => typeof visit.waiting_since === "string" && !isOver(visit);
const byTime = (one: Visit, other: Visit): number => Date.parse(one.scheduled_at) - Date.parse(other.scheduled_at);

/** `now` holds today's visits and all that are going on, whenever they were planned. */
export function sectionsOf(visits: readonly Visit[], now: Date): Sections {
  const sections: Sections = { now: [], later: [], past: [] };
  for (const visit of [...visits].sort(byTime)) {
    const at = new Date(visit.scheduled_at);
    if (isOver(visit)) sections.past.unshift(visit);
    else if (isSameDay(at, now) || at < now || visit.state !== "scheduled") sections.now.push(visit);
    else sections.later.push(visit);
  }
  return sections;
}

export class Visits {
  all = $state.raw<readonly Visit[]>([]);
  status = $state<"loading" | "ready" | "failed">("loading");
  /** The last refresh did not get through; what is shown may be old. */
  stale = $state(false);
  /** Somebody began to wait since the last look: read out and put in the tab's title. */
  arrived = $state<string | null>(null);
  now = $state.raw(new Date());

  constructor(
    private readonly api: Pick<Api, "visits">,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  get sections(): Sections {
    return sectionsOf(this.all, this.now);
  }

  get waiting(): number {
    return this.all.filter(isWaitedFor).length;
  }

  async refresh(asked: "by-hand" | "background" = "by-hand"): Promise<void> {
    try {
      const visits = await this.api.visits(asked);
      if (this.status === "ready") this.#noticeArrivals(visits);
      this.all = visits;
      this.status = "ready";
      this.stale = false;
    } catch {
      if (this.status === "ready") this.stale = true;
      else this.status = "failed";
    }
    this.now = this.clock();
  }

  #noticeArrivals(visits: readonly Visit[]): void {
    const before = new Set(this.all.filter(isWaitedFor).map((visit) => visit.id));
    const fresh = visits.find((visit) => isWaitedFor(visit) && !before.has(visit.id));
    if (fresh !== undefined) this.arrived = fresh.patient.name;
  }
}

/** The dialog *New visit*. */
export class NewVisit {
  /** Those in one's care; null until they are known. */
  patients = $state.raw<readonly Person[] | null>(null);
  patient = $state("");
  /** As the browser's field gives it: local, no zone. */
  when = $state("");
  busy = $state(false);
  refusal = $state<string | null>(null);

  constructor(
    private readonly api: Pick<Api, "patients" | "newVisit">,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  async load(): Promise<void> {
    try {
      this.patients = await this.api.patients();
    } catch (error) {
      this.refusal = words(Problem.of(error));
    }
  }

  startNow(): Promise<Visit | null> {
    return this.#make(null);
  }

  async schedule(): Promise<Visit | null> {
    const at = new Date(this.when);
    if (this.patient !== "" && Number.isNaN(at.getTime())) this.refusal = t.visits.whenMissing;
    else if (this.patient !== "" && at < this.clock()) this.refusal = t.visits.whenPast;
    else return this.#make(at);
    return null;
  }

  async #make(at: Date | null): Promise<Visit | null> {
    if (this.busy) return null;
    this.refusal = this.patient === "" ? t.visits.patientMissing : null;
    if (this.refusal !== null) return null;
    this.busy = true;
    try {
      return await this.api.newVisit(this.patient, at === null ? null : at.toISOString());
    } catch (error) {
      this.refusal = words(Problem.of(error));
      return null;
    } finally {
      this.busy = false;
    }
  }
}
