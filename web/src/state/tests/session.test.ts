// Who is signed in, and what is left of somebody who no longer is.
import { describe, expect, it } from "vitest";

import { Problem } from "../../api/problem";
import type { Me } from "../../api/types";
import { Session } from "../session.svelte";

const person = (name: string): Me => ({
  person: name,
  name,
  role: "patient",
  practice: { name: "Riverside" },
  session: { idle_seconds: 1800, ends_at: "2026-11-22T20:00:00Z" },
});

const refusing = (code: "signed_out" | "unreachable") => ({
  me: async () => Promise.reject(new Problem(code)),
  signOut: async () => Promise.reject(new Problem(code)),
});
const knowing = (me: Me) => ({ me: async () => Promise.resolve(me), signOut: async () => Promise.resolve() });

describe("a session", () => {
  it("is taken up again when the page loads", async () => {
    const session = new Session(knowing(person("ana")));
    expect(session.status).toBe("loading");
    await session.load();
    expect(session).toMatchObject({ status: "signed_in", me: { name: "ana" } });
  });

  it("that is none is no failure", async () => {
    const session = new Session(refusing("signed_out"));
    await session.load();
    expect(session).toMatchObject({ status: "signed_out", expired: false });
  });

  it("is not thought ended because the network is", async () => {
    const session = new Session(refusing("unreachable"));
    await session.load();
    expect(session.status).toBe("unreachable");
  });

  it("that ran out says so on the sign-in screen, once", () => {
    const session = new Session(knowing(person("ana")));
    session.begin(person("ana"));
    session.expire();
    expect(session).toMatchObject({ status: "signed_out", expired: true });
    session.begin(person("ana"));
    expect(session.expired).toBe(false);
  });

  it("that never was can't run out", () => {
    const session = new Session(refusing("signed_out"));
    session.status = "signed_out";
    session.expire();
    expect(session.expired).toBe(false);
  });

  it("of the same person keeps what was being written, of another it does not", () => {
    const session = new Session(knowing(person("ana")));
    let forgotten = 0;
    session.onOtherPerson = () => (forgotten += 1);
    session.begin(person("ana"));
    session.expire();
    session.begin(person("ana"));
    expect(forgotten).toBe(0);
    session.expire();
    session.begin(person("ben"));
    expect(forgotten).toBe(1);
  });

  it("is forgotten here even when the server can't be told", async () => {
    const session = new Session(refusing("unreachable"));
    session.begin(person("ana"));
    await session.end();
    expect(session).toMatchObject({ status: "signed_out", me: null, expired: false });
  });
});
