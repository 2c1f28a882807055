// One visit on the screen: which screen when, and how one gets back in.
import { describe, expect, it } from "vitest";

import { Problem } from "../../api/problem";
import type { Me, Visit, VisitRole } from "../../api/types";
import type { Devices } from "../../call/devices";
import type { VisitControls, VisitSessionOptions, VisitView } from "../../call/view";
import { Lobby, troubleOf } from "../lobby.svelte";
import type { VisitIdentity } from "../identity/visit-identity";
import { VisitModel } from "../visit.svelte";

const me = { person: "ana", name: "Ana Ruiz" } as Me;

const visitAs = (my_role: VisitRole, more: Partial<Visit> = {}): Visit => ({
  id: "v",
  state: "waiting",
  scheduled_at: "2026-03-03T12:00:00Z",
  ended_at: null,
  my_role,
  patient: { person: "ana", name: "Ana Ruiz" },
  clinician: { person: "lee", name: "Dr Maya Lee" },
  colleagues: [{ person: "tom", name: "Dr Tom Okafor" }],
  waiting_since: null,
  ...more,
});

const FIRST_VIEW: VisitView = {
  phase: "lobby",
  connection: "online",
  role: "patient",
  hostPresent: false,
  hostName: null,
  waiting: [],
  people: [],
  tiles: [],
  microphone: { on: true, available: true },
  camera: { on: false, available: true },
  screen: { on: false, available: true },
  safety: {
    state: "alone",
    code: "",
    why: null,
    who: [],
    askedBy: [],
    canTryAgain: false,
    verdict: null,
    differs: [],
  },
  longCode: null,
  groupRestarted: false,
  media: "connecting",
  chat: [],
  announcements: [],
};

/** Stands where the session stands: shows what it is told, writes down what it is asked. */
class Scripted implements Partial<VisitControls> {
  asked: string[] = [];
  #listener: (view: VisitView) => void = () => undefined;
  constructor(readonly options: VisitSessionOptions) {}
  subscribe(listener: (view: VisitView) => void): () => void {
    this.#listener = listener;
    listener(FIRST_VIEW);
    return () => undefined;
  }
  shows(change: Partial<VisitView>): void {
    this.#listener({ ...FIRST_VIEW, ...change });
  }
  setCamera = (on: boolean): void => void this.asked.push(`camera ${String(on)}`);
  setMicrophone = (on: boolean): void => void this.asked.push(`microphone ${String(on)}`);
  prepare = (): void => void this.asked.push("prepare");
  start = (): void => void this.asked.push("start");
  takeBack = (): void => void this.asked.push("takeBack");
  dispose = (): void => void this.asked.push("dispose");
}

const KNOWN: VisitIdentity = {
  kind: "confirmed",
  practice: { key: new Uint8Array(32), revoked: [], certificate: null },
};

function screen(answer: Visit | Problem, identities: VisitIdentity[] = [KNOWN]) {
  const accepted: Uint8Array[] = [];
  const sessions: Scripted[] = [];
  const opened: object[] = [];
  let signedOut = 0;
  const devices = { open: async (wish: object) => Promise.resolve(void opened.push(wish)) } as unknown as Devices;
  const model = new VisitModel(
    {
      visit: async () => (answer instanceof Problem ? Promise.reject(answer) : Promise.resolve(answer)),
      addColleague: async (_id, person) =>
        person === "nobody"
          ? Promise.reject(new Problem("not_found"))
          : Promise.resolve(visitAs("clinician", { colleagues: [{ person, name: person }] })),
      colleagues: async () =>
        Promise.resolve([
          { person: "tom", name: "Dr Tom Okafor" },
          { person: "eva", name: "Dr Eva Stein" },
          { person: "ana", name: "Ana Ruiz" },
        ]),
    },
    "v",
    me,
    async () =>
      Promise.resolve({
        devices: () => devices,
        session: (options: VisitSessionOptions) => {
          const session = new Scripted(options);
          sessions.push(session);
          return session as unknown as VisitControls;
        },
        identify: async () => Promise.resolve(identities[accepted.length] ?? KNOWN),
        acceptPracticeKey: async (key) => Promise.resolve(void accepted.push(key)),
      }),
    () => (signedOut += 1),
  );
  return {
    model,
    sessions,
    opened,
    accepted,
    signedOut: () => signedOut,
    session: () => sessions.at(-1) ?? expect.unreachable(),
  };
}

describe("a patient", () => {
  it("comes to the lobby, joins, waits, is in", async () => {
    const { model, session } = screen(visitAs("patient"));
    expect(model.screen).toBe("loading");
    await model.open();
    expect(model.screen).toBe("lobby");
    expect(session().asked).toEqual(["prepare"]);
    model.join({ camera: true });
    expect(session().asked).toEqual(["prepare", "start"]);
    for (const phase of ["connecting", "waiting", "joining"] as const) {
      session().shows({ phase });
      expect(model.screen).toBe("waiting");
    }
    session().shows({ phase: "in_visit" });
    expect(model.screen).toBe("in_visit");
    expect(model).toMatchObject({ joined: true, isStaff: false, otherName: "Dr Maya Lee" });
  });

  it.each(["declined", "removed", "taken_over", "ended", "left"] as const)("sees the screen %s", async (phase) => {
    const { model, session } = screen(visitAs("patient"));
    await model.open();
    session().shows({ phase });
    expect(model.screen).toBe(phase);
  });

  it("sees why it failed rather than that it did", async () => {
    const { model, session, signedOut } = screen(visitAs("patient"));
    await model.open();
    session().shows({ phase: "failed", failure: "not_private" });
    expect(model.screen).toBe("not_private");
    session().shows({ phase: "failed", failure: "session_expired" });
    expect(signedOut()).toBe(1);
  });

  it("asks again in the same session after being declined or removed", async () => {
    const { model, session, sessions } = screen(visitAs("patient"));
    await model.open();
    session().shows({ phase: "declined" });
    await model.again();
    expect(session().asked).toEqual(["prepare", "start"]);
    expect(sessions).toHaveLength(1);
  });

  it("takes the visit back from another tab", async () => {
    const { model, session, opened } = screen(visitAs("patient"));
    await model.open();
    session().shows({ phase: "taken_over" });
    await model.again();
    expect(session().asked).toContain("takeBack");
    expect(opened).toEqual([{ camera: true, microphone: true }]);
  });

  it("who joined with sound only, or switched something off, comes back like that", async () => {
    const { model, session, opened } = screen(visitAs("patient"));
    await model.open();
    model.join({ camera: false });
    model.setMicrophone(false);
    session().shows({ phase: "removed" });
    await model.again();
    model.setCamera(true);
    session().shows({ phase: "taken_over" });
    await model.again();
    expect(opened).toEqual([
      { camera: false, microphone: false },
      { camera: true, microphone: false },
    ]);
    expect(session().asked).toEqual(expect.arrayContaining(["microphone false", "camera true"]));
  });

  it("who left goes straight back in, with the camera as it was, in a new session", async () => {
    const { model, session, sessions, opened } = screen(visitAs("patient"));
    await model.open();
    model.setCamera(false);
    session().shows({ phase: "left" });
    await model.again();
    expect(sessions).toHaveLength(2);
    expect(sessions[0]?.asked).toContain("dispose");
    expect(session().asked).toEqual(["start"]);
    expect(opened).toEqual([{ camera: false, microphone: true }]);
    sessions[0]?.shows({ phase: "ended" });
    expect(model.screen).toBe("lobby");
  });
});

describe("a clinician", () => {
  it("is in without a lobby, and knows whom to admit with", async () => {
    const { model, session, opened } = screen(visitAs("clinician"));
    await model.open();
    expect(session().asked).toEqual(["prepare", "start"]);
    expect(session().options).toMatchObject({ myRole: "clinician", coHosts: ["tom"], visitId: "v" });
    expect(opened).toEqual([{ camera: true, microphone: true }]);
    expect(model).toMatchObject({ isHost: true, isStaff: true, otherName: "Ana Ruiz" });
  });

  it("is offered the colleagues who are not invited yet", async () => {
    const { model } = screen(visitAs("clinician"));
    await model.open();
    expect((await model.colleagues()).map((one) => one.person)).toEqual(["eva"]);
    expect(await model.invite("eva")).toBeNull();
    expect(model.visit?.colleagues).toEqual([{ person: "eva", name: "eva" }]);
    expect(await model.invite("nobody")).toMatch(/\S/);
  });

  it("who is a colleague here has no lobby either, and is no host", async () => {
    const { model, session } = screen(visitAs("co_host"));
    await model.open();
    expect(session().asked).toContain("start");
    expect(model).toMatchObject({ isHost: false, isStaff: true, otherName: "Dr Maya Lee" });
  });
});

describe("an address", () => {
  it.each([
    [new Problem("not_found"), "not_found"],
    [new Problem("unexpected"), "not_found"],
    [new Problem("unreachable"), "unreachable"],
    [visitAs("patient", { state: "ended" }), "ended"],
    [visitAs("patient", { state: "cancelled" }), "cancelled"],
  ] as const)("of no open visit says so and starts nothing", async (answer, expected) => {
    const { model, sessions } = screen(answer);
    await model.open();
    expect(model.screen).toBe(expected);
    expect(sessions).toEqual([]);
  });

  it("left while it loads starts nothing", async () => {
    const { model, sessions } = screen(visitAs("clinician"));
    const opening = model.open();
    model.dispose();
    await opening;
    expect(sessions).toEqual([]);
  });
});

describe("the lobby", () => {
  const ok = { on: true, available: true };
  const with_ = (problem: "blocked" | "none_found" | "in_use") => ({ on: false, available: false, problem });

  it("has one sentence for two devices that fail alike", () => {
    expect(troubleOf(with_("blocked"), with_("blocked"))).toEqual({ problem: "blocked", what: "both" });
    expect(troubleOf(with_("in_use"), ok)).toEqual({ problem: "in_use", what: "camera" });
    expect(troubleOf(with_("none_found"), with_("in_use"))).toEqual({ problem: "in_use", what: "microphone" });
    expect(troubleOf(ok, ok)).toBeNull();
  });

  it("shows no trouble while the browser is still asking", async () => {
    let answer: () => void = () => undefined;
    const lobby = new Lobby({
      subscribe: (listener) => {
        listener();
        return () => undefined;
      },
      view: () => with_("blocked"),
      preview: null,
      track: () => null,
      open: async () => new Promise<void>((done) => (answer = done)),
    });
    const asking = lobby.ask();
    expect(lobby.trouble).toBeNull();
    answer();
    await asking;
    expect(lobby.trouble).toEqual({ problem: "blocked", what: "both" });
  });
});

describe("a visit whose practice is in doubt", () => {
  it.each([
    [{ kind: "missing" }, "practice_missing", null],
    [{ kind: "changed", code: "AB", key: new Uint8Array(32) }, "practice_changed", "AB"],
    [{ kind: "unconfirmed", code: "CD" }, "not_certified", "CD"],
  ] as const)("opens no session: %o", async (identity, shown, code) => {
    const { model, sessions } = screen(visitAs("clinician"), [identity]);
    await model.open();
    expect(model.screen).toBe(shown);
    expect(model.codeToCompare).toBe(code);
    expect(sessions).toEqual([]);
  });

  it("goes on with a new practice key once the person compared its code", async () => {
    const key = Uint8Array.of(7);
    const { model, accepted, sessions } = screen(visitAs("patient"), [{ kind: "changed", code: "AB", key }, KNOWN]);
    await model.open();
    await model.acceptPracticeKey();
    expect(accepted).toEqual([key]);
    expect(model.screen).toBe("lobby");
    expect(sessions).toHaveLength(1);
  });

  it("says of a browser without the keys we need what to do about it", async () => {
    const { model } = screen(visitAs("clinician"));
    const lacking = new DOMException("Ed25519", "NotSupportedError");
    const visits = model as unknown as { load: () => Promise<never> };
    visits.load = () => Promise.reject(lacking);
    await model.open();
    expect(model.screen).toBe("unsupported_browser");
  });

  it("tells the group what it holds true of the practice", async () => {
    const { model, session } = screen(visitAs("patient"));
    await model.open();
    expect(session().options.practice.key).toEqual(new Uint8Array(32));
    expect(model.practiceKnown).toBe(true);
  });
});
