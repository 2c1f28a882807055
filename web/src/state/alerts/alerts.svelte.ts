// The alerts of the practice, as long as an administrator or auditor is signed in: how many are new, and the list.
import type { Api } from "../../api/client";
import { Problem } from "../../api/problem";
import type { PracticeAlert } from "../../api/types";
import { t, words } from "../../i18n";

type AlertsApi = Pick<Api, "alerts" | "seeAlert">;

/** How often a page looks by itself. An alert is raised within seconds; longer would leave it unseen on an open page. */
export const LOOK_EVERY_MS = 30_000;

export class Alerts {
  status = $state<"loading" | "ready" | "failed">("loading");
  all = $state.raw<readonly PracticeAlert[]>([]);
  /** Of all there are, also beyond the list. */
  count = $state(0);
  refusal = $state<string | null>(null);
  /** Read out: what was just done. */
  news = $state("");

  readonly unseen = $derived(this.all.filter((alert) => !alert.seen_at));
  readonly before = $derived(this.all.filter((alert) => alert.seen_at));

  constructor(private readonly api: AlertsApi) {}

  /** By itself, the page asks in the background: a screen that nobody sits at must go idle. */
  async refresh(asked: "by-hand" | "background" = "by-hand"): Promise<void> {
    try {
      const found = await this.api.alerts(asked);
      this.all = found.alerts;
      this.count = found.unseen;
      this.status = "ready";
    } catch {
      // What was there stays there; a page that never had anything says so.
      if (this.status === "loading") this.status = "failed";
    }
  }

  /** Gives whether it is marked. */
  async see(alert: PracticeAlert): Promise<boolean> {
    this.refusal = null;
    try {
      await this.api.seeAlert(alert.id);
    } catch (error) {
      this.refusal = words(Problem.of(error));
      return false;
    }
    this.news = t.alerts.seen(t.alerts.what[alert.kind].title);
    await this.refresh();
    return true;
  }

  /** Somebody else sits here now. */
  forget(): void {
    this.status = "loading";
    this.all = [];
    this.count = 0;
    this.refusal = null;
    this.news = "";
  }
}
