// The form of the policy: what can't be saved, what is sent, and what becomes of it when somebody else was faster.
import { describe, expect, it, vi } from "vitest";

import { Problem } from "../../api/problem";
import type { Policy, PolicyChoice, PolicyOfRole, Role } from "../../api/types";
import { t } from "../../i18n";
import { ROLES } from "../policy/fields";
import { PolicyForm } from "../policy/policy.svelte";

const NOW = new Date("2026-03-02T09:00:00Z");

const ofRole = (role: Role, over: Partial<PolicyOfRole> = {}): PolicyOfRole => ({
  role,
  second_factor: "any",
  second_factors: ["any", "passkey"],
  required_since: null,
  grace_days: 14,
  grace_bounds: { least: 0, most: 30 },
  idle_minutes: role === "patient" ? 30 : 15,
  idle_bounds: { least: 5, most: role === "patient" ? 30 : 15 },
  absolute_minutes: role === "patient" ? 1440 : 720,
  absolute_bounds: { least: 60, most: role === "patient" ? 1440 : 720 },
  people: 4,
  lacking: 3,
  ...over,
});

const policy = (over: Partial<Policy> = {}, roles: Partial<Record<Role, Partial<PolicyOfRole>>> = {}): Policy => ({
  version: 1,
  changed_at: null,
  changed_by: null,
  own_passkeys: 0,
  password_minimum: 12,
  password_bounds: { least: 12, most: 15 },
  roles: ROLES.map((role) => ofRole(role, roles[role])),
  ...over,
});

async function form(first = policy(), saves: (choice: PolicyChoice) => Promise<Policy> = async () => policy()) {
  const savePolicy = vi.fn(saves);
  const read = vi.fn(async () => first);
  const model = new PolicyForm({ policy: read, savePolicy }, () => NOW);
  await model.load();
  return { model, read, savePolicy };
}

describe("a number", () => {
  it.each([
    ["password_minimum", "11"],
    ["password_minimum", "16"],
    ["password_minimum", "12.5"],
    ["password_minimum", ""],
    ["clinician.idle_minutes", "4"],
    ["clinician.idle_minutes", "16"],
    ["patient.idle_minutes", "31"],
    ["clinician.idle_minutes", "ten"],
    ["clinician.idle_minutes", "-5"],
    ["clinician.absolute_hours", "0.5"],
    ["clinician.absolute_hours", "12.1"],
    ["patient.absolute_hours", "25"],
  ] as const)("that is out of bounds is marked and not sent: %s = %s", async (key, value) => {
    const { model, savePolicy } = await form();
    model.set(key, value);
    await model.save();
    expect(model.wrong[key]).toBeDefined();
    expect(model.refusal).toBe(t.policy.wrong(1));
    expect(savePolicy).not.toHaveBeenCalled();
  });

  it("loses its mark as soon as it is right, and the sentence below with the last one", async () => {
    const { model } = await form();
    model.set("password_minimum", "1");
    model.set("auditor.idle_minutes", "1");
    await model.save();
    expect(model.refusal).toBe(t.policy.wrong(2));
    model.set("password_minimum", "13");
    expect(Object.keys(model.wrong)).toEqual(["auditor.idle_minutes"]);
    model.set("auditor.idle_minutes", "7");
    expect([Object.keys(model.wrong), model.refusal]).toEqual([[], null]);
  });

  it("of days that nobody asked for is not looked at", async () => {
    const { model, savePolicy } = await form();
    model.set("patient.grace_days", "many");
    model.set("password_minimum", "13");
    await model.save();
    expect(savePolicy.mock.calls[0]?.[0].roles[0]?.grace_days).toBe(14);
    model.set("patient.second_factor", "passkey");
    model.set("patient.grace_days", "31");
    await model.save();
    expect(model.wrong).toEqual({ "patient.grace_days": t.policy.whole(0, 30) });
  });
});

describe("saving", () => {
  it("sends what was typed, hours as minutes, and says that it is done", async () => {
    const { model, savePolicy } = await form();
    model.set("clinician.absolute_hours", "7,5");
    model.set("clinician.idle_minutes", " 10 ");
    expect(model.changed).toEqual(["clinician.idle_minutes", "clinician.absolute_hours"]);
    await model.save();
    const sent = savePolicy.mock.calls[0]?.[0];
    expect(sent).toMatchObject({ version: 1, password_minimum: 12 });
    expect(sent?.roles[1]).toMatchObject({ role: "clinician", idle_minutes: 10, absolute_minutes: 450 });
    expect([model.saved, model.refusal, model.changed]).toEqual([true, null, []]);
  });

  it("says so when there is nothing to save, and takes back what was typed", async () => {
    const { model, savePolicy } = await form();
    model.set("password_minimum", "15");
    model.undo();
    await model.save();
    expect(model.refusal).toBe(t.policy.noChanges);
    expect(savePolicy).not.toHaveBeenCalled();
  });

  it("keeps what was typed when the server refuses, and says nothing when the dialog for a code was closed", async () => {
    let code: "unreachable" | "fresh_factor_needed" = "unreachable";
    const { model } = await form(policy(), async () => Promise.reject(new Problem(code)));
    model.set("password_minimum", "15");
    await model.save();
    expect([model.refusal, model.values.password_minimum]).toEqual([t.problems.unreachable, "15"]);
    code = "fresh_factor_needed";
    await model.save();
    expect([model.refusal, model.values.password_minimum, model.saved]).toEqual([null, "15", false]);
  });
});

describe("a policy that somebody else saved in between", () => {
  it("keeps mine, takes theirs where I changed nothing, and says what both changed", async () => {
    const theirs = policy({ version: 2, password_minimum: 14 }, { clinician: { idle_minutes: 7 } });
    let refused = true;
    const { model, read, savePolicy } = await form(policy(), async () => {
      if (refused) throw new Problem("policy_changed");
      return policy({ version: 3, password_minimum: 13 });
    });
    model.set("password_minimum", "13");
    model.set("auditor.idle_minutes", "9");
    read.mockResolvedValueOnce(theirs);
    await model.save();
    expect(model.values).toMatchObject({
      password_minimum: "13",
      "auditor.idle_minutes": "9",
      "clinician.idle_minutes": "7",
    });
    expect(model.clashes).toEqual(["Shortest password: saved as 14 characters, yours is 13 characters."]);
    expect(model.changed).toEqual(["password_minimum", "auditor.idle_minutes"]);
    refused = false;
    await model.save();
    expect(savePolicy.mock.lastCall?.[0]).toMatchObject({ version: 2, password_minimum: 13 });
    expect([model.saved, model.clashes]).toEqual([true, null]);
  });

  it("loses nothing when theirs can't be read", async () => {
    const { model, read } = await form(policy(), async () => Promise.reject(new Problem("policy_changed")));
    model.set("password_minimum", "13");
    read.mockRejectedValueOnce(new Problem("unreachable"));
    await model.save();
    expect([model.values.password_minimum, model.refusal]).toEqual(["13", t.problems.unreachable]);
  });
});

describe("a passkey that shall be required", () => {
  it("says how many lack one and until when", async () => {
    const { model } = await form();
    expect(model.consequence("clinician")).toBeNull();
    model.set("clinician.second_factor", "passkey");
    const until = new Date("2026-03-16T09:00:00Z");
    expect(model.consequence("clinician")).toEqual({ people: 4, lacking: 3, until });
    model.set("clinician.grace_days", "0");
    expect(model.consequence("clinician")?.until).toBeNull();
    model.set("clinician.grace_days", "soon");
    expect(model.consequence("clinician")).toBeNull();
  });

  it("is counted from the day it was decided", async () => {
    const since = { second_factor: "passkey", required_since: "2026-02-20T09:00:00Z" };
    const { model } = await form(policy({}, { auditor: since }));
    model.set("auditor.grace_days", "20");
    expect(model.consequence("auditor")?.until).toEqual(new Date("2026-03-12T09:00:00Z"));
    model.set("auditor.grace_days", "2");
    expect(model.consequence("auditor")?.until).toBeNull();
  });
});
