// The SafetyCode as a screen gets it: people by name, nothing that looks like a code when there is none.
import { describe, expect, it } from "vitest";

import type { GroupPerson, SafetyCodeState } from "../../e2ee/messages";
import { Safety } from "./safety";

const ana: GroupPerson = {
  person: "ana",
  leaf: 1,
  name: "Ana Ruiz",
  role: "patient",
  self: false,
  admits: false,
  changedDevice: false,
  certified: true,
};
const failed: SafetyCodeState = {
  state: "failed",
  code: "",
  why: "no_answer",
  who: ["ana", "stranger"],
  askedBy: ["ana"],
  canTryAgain: true,
  verdict: null,
  differs: [],
};

describe("the safety code on the page", () => {
  it("names the members it is about, and nobody whose name has not come", () => {
    const safety = new Safety();
    safety.is(failed);
    expect(safety.view([ana])).toMatchObject({
      state: "failed",
      why: "no_answer",
      who: ["Ana Ruiz"],
      askedBy: ["Ana Ruiz"],
    });
    expect(safety.view([{ ...ana, name: "" }]).who).toEqual([]);
  });

  it("is gone when the group is", () => {
    const safety = new Safety();
    safety.is({ ...failed, state: "code", code: "471902", why: null });
    expect(safety.view([ana]).code).toBe("471902");
    safety.forget();
    expect(safety.view([ana])).toMatchObject({ state: "alone", code: "" });
  });
});
