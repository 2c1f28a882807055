// What administrators see of people and what they can begin, with a server that answers as told.
import { describe, expect, it, vi } from "vitest";

import { Problem } from "../../api/problem";
import type { Member } from "../../api/types";
import { t } from "../../i18n";
import { actionsFor, Change, Import, Invite, MAX_FILE_BYTES, People } from "../people.svelte";

const member = (over: Partial<Member> = {}): Member => ({
  person: "1",
  name: "Ana Ruiz",
  email: "ana@x.example",
  role: "patient",
  state: "active",
  second_factor: "authenticator",
  second_factor_since: null,
  passkeys: 0,
  recovery_codes_left: 10,
  link_expires_at: null,
  open_sessions: 0,
  clinicians: 1,
  ...over,
});
const link = { person: "1", link: "https://x.example/activate#secret", expires_at: "2026-01-01T00:00:00Z" };
const nothing = () => {
  throw new Error("not asked in this story");
};

function administration(over: object = {}): ConstructorParameters<typeof Change>[0] {
  return {
    people: vi.fn(async () => ({ people: [member()], mail: "smtp" as const })),
    invite: vi.fn(async () => link),
    renewLink: vi.fn(async () => link),
    changeRole: vi.fn(async () => member({ role: "auditor" })),
    suspend: vi.fn(async () => member({ state: "suspended" })),
    reactivate: vi.fn(async () => member()),
    endSessions: vi.fn(async () => member()),
    resetSecondFactor: vi.fn(async () => link),
    requestAccessReset: vi.fn(async () => member()),
    approveAccessReset: vi.fn(async () => link),
    withdrawAccessReset: vi.fn(async () => member()),
    careTeam: vi.fn(async () => []),
    addToCareTeam: vi.fn(async () => []),
    endCare: vi.fn(async () => []),
    previewImport: vi.fn(async () => ({ lines: [], bad: 0 })),
    import: vi.fn(async () => []),
    policy: nothing,
    savePolicy: nothing,
    ...over,
  };
}

describe("the people of the practice", () => {
  it("are counted by who has a second factor; the suspended don't count", async () => {
    const pending = { needs: "second_factor", since: "2026-01-01T00:00:00Z" } as const;
    const people = [
      member(),
      member({ person: "2", state: "invited", second_factor: null, pending }),
      member({ person: "3", state: "suspended", second_factor: null }),
    ];
    const model = new People({ people: async () => ({ people, mail: "off" }) });
    await model.refresh();
    expect(model.board).toEqual({ ready: 1, all: 2, pending: 1 });
    expect(model.shown).toHaveLength(3);
    model.onlyPending = true;
    expect(model.shown.map((one) => one.person)).toEqual(["2"]);
    expect(model.mail).toBe("off");
  });

  it("stay on the screen when a refresh fails", async () => {
    let fails = false;
    const model = new People({
      people: async () => {
        if (fails) throw new Problem("unreachable");
        return { people: [member()], mail: "smtp" };
      },
    });
    await model.refresh();
    fails = true;
    await model.refresh();
    expect([model.status, model.all.length]).toEqual(["ready", 1]);
  });

  it("say what changed about one of them", async () => {
    const model = new People(administration());
    await model.refresh();
    model.changed(member({ state: "suspended" }));
    expect(model.news).toBe("Ana Ruiz: Suspended");
  });
});

describe("a row's menu", () => {
  it("offers what makes sense, and nothing for oneself", () => {
    expect(actionsFor(member(), "9")).toEqual(["role", "care", "suspend", "reset", "access", "sessions"]);
    expect(actionsFor(member({ state: "invited" }), "9")).toEqual(["link", "role", "care", "suspend"]);
    expect(actionsFor(member({ state: "suspended" }), "9")).toEqual(["role", "care", "reactivate"]);
    expect(actionsFor(member({ role: "clinician" }), "9")).toEqual(["role", "suspend", "reset", "access", "sessions"]);
    expect(actionsFor(member(), "1")).toEqual([]);
  });
});

describe("a full reset", () => {
  const waiting = {
    requested_by: "9",
    requested_by_name: "Iris",
    identity_check: "in_person",
    expires_at: "",
  } as const;

  it("is approved by another than who asked, and withdrawn by either", () => {
    const one = member({ access_reset: waiting });
    expect(actionsFor(one, "9")).toEqual(["role", "care", "suspend", "reset", "withdraw", "sessions"]);
    expect(actionsFor(one, "8")).toEqual(["role", "care", "suspend", "reset", "approve", "withdraw", "sessions"]);
    expect(actionsFor(member({ state: "suspended", access_reset: waiting }), "8")).not.toContain("approve");
  });

  it("asks how the person was recognised first", async () => {
    const requestAccessReset = vi.fn(async () => member({ access_reset: waiting }));
    const change = new Change(administration({ requestAccessReset }), "access", member());
    expect(await change.requestReset()).toBeNull();
    expect(change.refusal).toBe(t.people.identityMissing);
    change.identity = "by_video";
    expect(await change.requestReset()).not.toBeNull();
    expect(requestAccessReset).toHaveBeenCalledWith("1", "by_video");
  });
});

describe("inviting", () => {
  it("asks for what is missing, one thing at a time", async () => {
    const model = new Invite({ invite: nothing });
    for (const [missing, fill] of [
      [t.people.nameMissing, () => (model.name = "Ana")],
      [t.people.emailMissing, () => (model.email = "ana@x.example")],
      [t.people.roleMissing, () => (model.role = "patient")],
    ] as const) {
      expect(await model.send()).toBeNull();
      expect(model.refusal).toBe(missing);
      fill();
    }
  });

  it("names a patient's clinicians, each once, and nobody's else", async () => {
    const invite = vi.fn(async () => link);
    const model = new Invite({ invite });
    Object.assign(model, { name: "Ana", email: "ana@x.example", role: "patient", clinicians: ["7", "8", "7", ""] });
    await model.send();
    expect(invite).toHaveBeenLastCalledWith("Ana", "ana@x.example", "patient", ["7", "8"]);
    model.role = "auditor";
    await model.send();
    expect(invite).toHaveBeenLastCalledWith("Ana", "ana@x.example", "auditor", []);
  });

  it("says in words why the server refused", async () => {
    const refused = async () => {
      throw new Problem("email_taken");
    };
    const model = new Invite({ invite: refused });
    Object.assign(model, { name: "Ana", email: "ana@x.example", role: "patient" });
    expect(await model.send()).toBeNull();
    expect(model.refusal).toBe(t.problems.email_taken);
    expect(model.busy).toBe(false);
  });
});

describe("a change", () => {
  it("does what its name says", async () => {
    const api = administration();
    for (const [action, asked] of [
      ["role", api.changeRole],
      ["suspend", api.suspend],
      ["reactivate", api.reactivate],
      ["sessions", api.endSessions],
    ] as const) {
      await new Change(api, action, member()).apply();
      expect(asked).toHaveBeenCalledOnce();
    }
  });

  it("resets a factor only once somebody said how they knew the person", async () => {
    const api = administration();
    const change = new Change(api, "reset", member());
    expect(await change.makeLink()).toBeNull();
    expect(change.refusal).toBe(t.people.identityMissing);
    change.identity = "in_person";
    expect(await change.makeLink()).toEqual(link);
    expect(api.resetSecondFactor).toHaveBeenCalledWith("1", "in_person");
  });
});

describe("a table of people", () => {
  const file = (text: string, size = text.length) => ({ size, text: async () => text });

  it("is not sent when there is none or it is too large", async () => {
    const model = new Import({ previewImport: nothing, import: nothing });
    await model.look(undefined);
    expect(model.refusal).toBe(t.people.fileMissing);
    await model.look(file("", MAX_FILE_BYTES + 1));
    expect(model.refusal).toBe(t.people.fileTooLarge);
  });

  it("invites nobody while a line is bad", async () => {
    const model = new Import({ previewImport: async () => ({ lines: [], bad: 1 }), import: nothing });
    await model.look(file("name,email,role"));
    await model.confirm();
    expect(model.invited).toBeNull();
  });

  it("gives the links to whoever asked, one line each", async () => {
    const people = [{ name: "Ana", email: "ana@x.example", ...link }];
    const model = new Import({ previewImport: async () => ({ lines: [], bad: 0 }), import: async () => people });
    await model.look(file("name,email,role"));
    await model.confirm();
    expect(model.links).toBe("Ana\tana@x.example\thttps://x.example/activate#secret");
  });
});
