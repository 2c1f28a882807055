// A care team as an administrator changes it, with a server that answers as told and a day that stands still.
import { describe, expect, it, vi } from "vitest";

import type { CaringClinician, Member } from "../../api/types";
import { t } from "../../i18n";
import { CareTeam, dayField } from "../administration/care-team.svelte";

const NOON = new Date(2026, 10, 22, 12, 0, 0);

const person = (id: string, name: string, role: Member["role"], state: Member["state"] = "active"): Member => ({
  person: id,
  name,
  email: `${id}@x.example`,
  role,
  state,
  second_factor: null,
  second_factor_since: null,
  link_expires_at: null,
  open_sessions: 0,
  passkeys: 0,
  recovery_codes_left: 10,
  clinicians: null,
});
const ana = person("ana", "Ana Ruiz", "patient");
const everybody = [
  ana,
  person("lee", "Dr Lee", "clinician"),
  person("tom", "Dr Okafor", "clinician", "invited"),
  person("old", "Dr Old", "clinician", "suspended"),
  person("iris", "Iris", "administrator"),
];
const caring = (id: string, name: string, current = true): CaringClinician => ({
  person: id,
  name,
  how: "visit",
  since: "2026-11-01T09:00:00Z",
  until: null,
  current,
});

const lee = caring("lee", "Dr Lee");

async function team(over: object = {}) {
  const api = {
    careTeam: vi.fn(async () => [lee, caring("tom", "Dr Okafor", false)]),
    addToCareTeam: vi.fn(async () => [lee, caring("tom", "Dr Okafor")]),
    endCare: vi.fn(async () => [caring("lee", "Dr Lee", false)]),
    ...over,
  };
  const model = new CareTeam(api, ana, everybody, () => NOON);
  await model.load();
  return { api, model };
}

describe("a care team", () => {
  it("tells those of today from those of before, and offers clinicians who can come", async () => {
    const { model } = await team();
    expect(model.now.map((one) => one.name)).toEqual(["Dr Lee"]);
    expect(model.before.map((one) => one.name)).toEqual(["Dr Okafor"]);
    expect(model.candidates.map((one) => one.name)).toEqual(["Dr Okafor"]);
  });

  it("gets one more, and says so", async () => {
    const { api, model } = await team();
    expect(await model.add()).toBe(false);
    expect(model.refusal).toBe(t.careTeam.clinicianMissing);
    model.chosen = "tom";
    expect(await model.add()).toBe(true);
    expect(api.addToCareTeam).toHaveBeenCalledWith("ana", "tom");
    expect([model.news, model.chosen, model.candidates.length]).toEqual([t.careTeam.added("Dr Okafor"), "", 0]);
  });

  it("ends at once when the last day is today", async () => {
    const { api, model } = await team();
    model.begin(lee);
    expect(model.lastDay).toBe("2026-11-22");
    expect(await model.end()).toBe(true);
    expect(api.endCare).toHaveBeenCalledWith("ana", "lee", null);
    expect([model.ending, model.now.length]).toEqual([null, 0]);
  });

  it("goes on through a last day to come", async () => {
    const { api, model } = await team();
    model.begin(lee);
    model.lastDay = "2026-11-30";
    await model.end();
    expect(api.endCare).toHaveBeenCalledWith("ana", "lee", new Date(2026, 11, 1).toISOString());
  });

  it("asks again for a day that is none, or is over", async () => {
    const { api, model } = await team();
    model.begin(lee);
    for (const [day, refusal] of [
      ["", t.careTeam.lastDayMissing],
      ["2026-11-21", t.careTeam.lastDayPast],
    ] as const) {
      model.lastDay = day;
      expect(await model.end()).toBe(false);
      expect(model.refusal).toBe(refusal);
    }
    expect(api.endCare).not.toHaveBeenCalled();
  });

  it("writes days as the field does", () => {
    expect(dayField(new Date(2026, 0, 5, 23, 59))).toBe("2026-01-05");
  });
});
