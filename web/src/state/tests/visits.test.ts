// The list of visits, and the making of a new one.
import { describe, expect, it } from "vitest";

import { Problem } from "../../api/problem";
import type { Visit } from "../../api/types";
import { t } from "../../i18n";
import { NewVisit, sectionsOf, Visits } from "../visits.svelte";

const NOW = new Date("2026-03-03T12:00:00Z");

const visit = (id: string, at: string, more: Partial<Visit> = {}): Visit => ({
  id,
  state: "scheduled",
  scheduled_at: at,
  ended_at: null,
  my_role: "clinician",
  patient: { person: "ana", name: "Ana Ruiz" },
  clinician: { person: "lee", name: "Dr Lee" },
  colleagues: [],
  waiting_since: null,
  ...more,
});

const ids = (visits: readonly Visit[]): string[] => visits.map((one) => one.id);

describe("the list", () => {
  it("puts today and all that is open first, then what comes, then what was", () => {
    const sections = sectionsOf(
      [
        visit("tomorrow", "2026-03-04T12:00:00Z"),
        visit("late", "2026-03-03T13:00:00Z"),
        visit("running-since-yesterday", "2026-03-02T12:00:00Z", { state: "in_progress" }),
        visit("missed", "2026-03-01T12:00:00Z"),
        visit("waiting-early", "2026-03-04T13:00:00Z", { state: "waiting" }),
        visit("ended", "2026-03-03T08:00:00Z", { state: "ended" }),
        visit("long-ago", "2026-01-03T08:00:00Z", { state: "ended" }),
      ],
      NOW,
    );
    expect(ids(sections.now)).toEqual(["missed", "running-since-yesterday", "late", "waiting-early"]);
    expect(ids(sections.later)).toEqual(["tomorrow"]);
    expect(ids(sections.past)).toEqual(["ended", "long-ago"]);
  });

  it("says who has begun to wait since the last look, and counts them", async () => {
    let visits = [visit("a", "2026-03-03T12:10:00Z")];
    const model = new Visits({ visits: async () => Promise.resolve(visits) }, () => NOW);
    await model.refresh();
    expect(model.arrived).toBeNull();
    visits = [visit("a", "2026-03-03T12:10:00Z", { state: "waiting", waiting_since: "2026-03-03T12:00:00Z" })];
    await model.refresh();
    expect(model.arrived).toBe("Ana Ruiz");
    expect(model.waiting).toBe(1);
  });

  it("does not announce those who waited before the page was opened", async () => {
    const waits = visit("a", "2026-03-03T12:10:00Z", { state: "waiting", waiting_since: "2026-03-03T12:00:00Z" });
    const model = new Visits({ visits: async () => Promise.resolve([waits]) }, () => NOW);
    await model.refresh();
    await model.refresh();
    expect(model.arrived).toBeNull();
  });

  it("stays, marked as old, when the network goes", async () => {
    let fail = false;
    const model = new Visits(
      {
        visits: async () =>
          fail ? Promise.reject(new Problem("unreachable")) : Promise.resolve([visit("a", NOW.toISOString())]),
      },
      () => NOW,
    );
    await model.refresh();
    fail = true;
    await model.refresh();
    expect(model).toMatchObject({ status: "ready", stale: true });
    expect(ids(model.all)).toEqual(["a"]);
    fail = false;
    await model.refresh();
    expect(model.stale).toBe(false);
  });

  it("that never came is a failure", async () => {
    const model = new Visits({ visits: async () => Promise.reject(new Problem("unreachable")) }, () => NOW);
    await model.refresh();
    expect(model.status).toBe("failed");
  });
});

describe("a new visit", () => {
  function dialog() {
    const made: [string, string | null][] = [];
    const model = new NewVisit(
      {
        patients: async () => Promise.resolve([{ person: "ana", name: "Ana Ruiz" }]),
        newVisit: async (patient, at) => {
          made.push([patient, at]);
          return Promise.resolve(visit("new", at ?? NOW.toISOString()));
        },
      },
      () => NOW,
    );
    return { model, made };
  }

  it("starts now without a time", async () => {
    const { model, made } = dialog();
    await model.load();
    model.patient = "ana";
    expect((await model.startNow())?.id).toBe("new");
    expect(made).toEqual([["ana", null]]);
  });

  it("is scheduled at the writer's own time", async () => {
    const { model, made } = dialog();
    model.patient = "ana";
    model.when = "2026-03-05T09:30";
    await model.schedule();
    expect(made).toEqual([["ana", new Date("2026-03-05T09:30").toISOString()]]);
  });

  it("is refused without a patient, without a time, and in the past", async () => {
    const { model, made } = dialog();
    await model.startNow();
    expect(model.refusal).toBe(t.visits.patientMissing);
    await model.schedule();
    expect(model.refusal).toBe(t.visits.patientMissing);
    model.patient = "ana";
    await model.schedule();
    expect(model.refusal).toBe(t.visits.whenMissing);
    model.when = "2026-03-01T09:30";
    await model.schedule();
    expect(model.refusal).toBe(t.visits.whenPast);
    expect(made).toEqual([]);
  });
});
