// Alerts on the page: counted, marked as seen, and kept while the server is away.
import { describe, expect, it, vi } from "vitest";

import { Problem } from "../../api/problem";
import type { PracticeAlert } from "../../api/types";
import { t } from "../../i18n";
import { Alerts } from "./alerts.svelte";

const alert = (over: Partial<PracticeAlert> = {}): PracticeAlert => ({
  id: "1",
  kind: "factor_reset",
  about: { person: "2", name: "Ana Ruiz" },
  entry: null,
  count: 1,
  first_at: "2026-03-03T12:00:00Z",
  last_at: "2026-03-03T12:00:00Z",
  seen_at: null,
  seen_by: null,
  ...over,
});
const seen = alert({ seen_at: "2026-03-03T13:00:00Z", seen_by: { person: "3", name: "Iris" } });

describe("alerts", () => {
  it("are new until somebody saw them", async () => {
    const answers = [
      { alerts: [alert()], unseen: 1 },
      { alerts: [seen], unseen: 0 },
    ];
    const seeAlert = vi.fn(async () => undefined);
    const model = new Alerts({ alerts: vi.fn(async () => answers.shift() ?? { alerts: [], unseen: 0 }), seeAlert });
    await model.refresh();
    expect([model.status, model.count, model.unseen.length]).toEqual(["ready", 1, 1]);
    expect(await model.see(model.unseen[0] ?? alert())).toBe(true);
    expect(seeAlert).toHaveBeenCalledWith("1");
    expect([model.count, model.unseen.length, model.before.length]).toEqual([0, 0, 1]);
    expect(model.news).toBe(t.alerts.seen("Second factor reset"));
  });

  it("stay on the page while the server is away", async () => {
    const api = {
      alerts: vi.fn(async () => ({ alerts: [alert()], unseen: 1 })),
      seeAlert: vi.fn(async () => undefined),
    };
    const model = new Alerts(api);
    await model.refresh("background");
    expect(api.alerts).toHaveBeenCalledWith("background");
    api.alerts.mockRejectedValue(new Problem("unreachable"));
    await model.refresh("background");
    expect([model.status, model.count]).toEqual(["ready", 1]);
  });

  it("say when nothing was ever there, and why one could not be marked", async () => {
    const refuse = vi.fn(async () => {
      throw new Problem("unreachable");
    });
    const model = new Alerts({ alerts: refuse, seeAlert: refuse });
    await model.refresh();
    expect(model.status).toBe("failed");
    expect(await model.see(alert())).toBe(false);
    expect(model.refusal).toBe(t.problems.unreachable);
  });

  it("are forgotten with the person who saw them", async () => {
    const model = new Alerts({ alerts: vi.fn(async () => ({ alerts: [alert()], unseen: 1 })), seeAlert: vi.fn() });
    await model.refresh();
    model.forget();
    expect([model.status, model.count, model.all.length]).toEqual(["loading", 0, 0]);
  });

  it("say what happened, to whom, how often", () => {
    const { what } = t.alerts;
    expect(what.failed_sign_ins_of_one.text(12, "Ana")).toBe("12 sign-ins of Ana failed within five minutes.");
    expect(what.audit_break.text(0)).toBe("The audit log could not be checked.");
    expect(what.audit_break.text(7)).toContain("entry 7");
  });
});
