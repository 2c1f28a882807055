// The audit log on the screen: what was searched for, the pages found so far, what verifying said.
import type { Api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { AuditedEvent, AuditPerson, AuditReport, AuditSearch } from "../../api/types";
import { words } from "../../i18n";

type AuditApi = Pick<Api, "audit" | "auditPeople" | "verifyAudit" | "needFreshFactor">;

export class AuditLog {
  status = $state<"loading" | "ready" | "failed">("loading");
  events = $state.raw<readonly AuditedEvent[]>([]);
  people = $state.raw<readonly AuditPerson[]>([]);
  report = $state.raw<AuditReport | null>(null);
  refusal = $state<string | null>(null);
  verifying = $state(false);

  person = $state("");
  patient = $state("");
  action = $state("");
  outcome = $state("");
  /** As the browser's fields give them: local, no zone. */
  from = $state("");
  until = $state("");

  /** What the table shows; the fields may say something else already. */
  #shown: AuditSearch = {};
  #next = $state<string | null>(null);
  #asked = 0;

  constructor(private readonly api: AuditApi) {}

  readonly patients = $derived(this.people.filter((one) => one.role === "patient"));
  readonly hasMore = $derived(this.#next !== null);

  async open(): Promise<void> {
    await Promise.all([this.search(), this.#loadPeople()]);
  }

  async search(): Promise<void> {
    this.#shown = this.#fields();
    await this.#load(null);
  }

  async more(): Promise<void> {
    if (this.#next !== null) await this.#load(this.#next);
  }

  async verify(): Promise<void> {
    if (this.verifying) return;
    this.verifying = true;
    this.report = null;
    this.refusal = null;
    try {
      this.report = await this.api.verifyAudit();
    } catch (error) {
      this.refusal = words(Problem.of(error));
    } finally {
      this.verifying = false;
    }
  }

  /** Where the browser gets the export of what is shown. */
  exportAddress(form: "ndjson" | "fhir"): string {
    return `/api/v1/audit/export?${new URLSearchParams({ ...this.#shown, form }).toString()}`;
  }

  /** Taking the log away needs a second factor shown just now. False when the person showed none. */
  async mayExport(): Promise<boolean> {
    this.refusal = null;
    try {
      await this.api.needFreshFactor();
      return true;
    } catch (error) {
      this.refusal = words(Problem.of(error));
      return false;
    }
  }

  async #load(after: string | null): Promise<void> {
    const asked = ++this.#asked;
    this.refusal = null;
    try {
      const page = await this.api.audit(this.#shown, after);
      // A newer search was begun: this answer is to a question that nobody asks any more.
      if (asked !== this.#asked) return;
      this.events = after === null ? page.events : [...this.events, ...page.events];
      this.#next = page.next ?? null;
      this.status = "ready";
    } catch (error) {
      if (asked !== this.#asked) return;
      this.refusal = words(Problem.of(error));
      if (this.status === "loading") this.status = "failed";
    }
  }

  async #loadPeople(): Promise<void> {
    try {
      this.people = await this.api.auditPeople();
    } catch (error) {
      this.refusal = words(Problem.of(error));
    }
  }

  #fields(): AuditSearch {
    const { person, patient, action, outcome } = this;
    const chosen = { person, patient, action, outcome, from: instant(this.from), until: instant(this.until) };
    return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== ""));
  }
}

/** The local time of a field as the server reads times; empty when there is none. */
function instant(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}
