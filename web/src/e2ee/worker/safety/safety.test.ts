// The SafetyCode as people meet it: real members with the real machine, a clock that tests move, a server that loses and
// lies, and a browser that remembers whose device is whose.
import { describe, expect, it } from "vitest";

import type { GroupOutput } from "../../messages";
import { ANA, Browser, LEE, Room, Tab, TOM } from "../group/test-room";

async function visit(lee = new Browser(LEE), ana = new Browser(ANA)) {
  const room = new Room();
  const doctor = await Tab.open(room, lee, "clinician", "Dr Maya Lee", [TOM]);
  await room.join(doctor);
  const patient = await Tab.open(room, ana, "patient", "Ana Ruiz");
  await room.join(patient);
  await doctor.group.handle({ type: "admit", participant: patient.participant });
  await room.settle();
  return { room, lee: doctor, ana: patient };
}

async function letTomIn(room: Room, lee: Tab) {
  const tom = await Tab.open(room, new Browser(TOM), "co_host", "Dr Tom Okafor");
  await room.join(tom);
  await lee.group.handle({ type: "admit", participant: tom.participant });
  await room.settle();
  return tom;
}

async function judge(tab: Tab, verdict: "matches" | "different", code = tab.safety?.code ?? "") {
  await tab.group.handle({ type: "judge_code", code, verdict });
}

const changedDevice = (tab: Tab, person: string) => tab.people.find((one) => one.person === person)?.changedDevice;

describe("the safety code", () => {
  it("stands on both screens unasked, six digits and the same", async () => {
    const { lee, ana } = await visit();
    expect(lee.safety).toMatchObject({ state: "code", why: null, verdict: null });
    expect(lee.safety?.code).toMatch(/^\d{6}$/);
    expect(ana.safety?.code).toBe(lee.safety?.code);
  });

  it("is not there while one is alone", async () => {
    const room = new Room();
    const lee = await Tab.open(room, new Browser(LEE), "clinician", "Dr Maya Lee");
    await room.join(lee);
    expect(lee.safety).toMatchObject({ state: "alone", code: "" });
  });

  it("stays through new keys, and costs no message then", async () => {
    const { room, lee, ana } = await visit();
    const before = lee.safety?.code;
    const said: GroupOutput["type"][] = [];
    room.tamper = (_, output) => {
      said.push(output.type);
      return output;
    };
    await room.pass(11 * 60_000);
    expect(room.epoch).toBeGreaterThan(1);
    expect([lee.safety?.code, ana.safety?.code]).toEqual([before, before]);
    // Two updates; of each one "ready" by either.
    expect(said.filter((type) => type === "application")).toHaveLength(4);
  });

  it("is a new one on all three screens when somebody enters, and again when they leave", async () => {
    const { room, lee, ana } = await visit();
    const two = lee.safety?.code;
    const tom = await letTomIn(room, lee);
    const three = lee.safety?.code;
    expect([ana.safety?.code, tom.safety?.code]).toEqual([three, three]);
    await lee.group.handle({ type: "remove", person: TOM });
    await room.settle();
    expect(ana.safety?.code).toBe(lee.safety?.code);
    expect(new Set([two, three, lee.safety?.code]).size).toBe(3);
  });

  it("is hidden and never wrong while answers are missing, and says after fifteen seconds whose", async () => {
    const { room, lee, ana } = await visit();
    const tom = await Tab.open(room, new Browser(TOM), "co_host", "Dr Tom Okafor");
    await room.join(tom);
    room.tamper = (from, output) => (from === tom && output.type === "application" ? null : output);
    await lee.group.handle({ type: "admit", participant: tom.participant });
    await room.settle();
    expect(lee.safety).toMatchObject({ state: "checking", code: "" });
    for (let i = 0; i < 3; i += 1) await room.pass(5_100);
    for (const tab of [lee, ana]) {
      expect(tab.safety).toMatchObject({ state: "failed", code: "", why: "no_answer", who: [TOM], canTryAgain: true });
    }
    room.tamper = (_, output) => output;
    for (const tab of [lee, ana, tom]) {
      await tab.group.handle({ type: "try_code_again" });
      await room.settle();
    }
    expect(lee.safety?.state).toBe("code");
    expect([ana.safety?.code, tom.safety?.code]).toEqual([lee.safety?.code, lee.safety?.code]);
  });

  it("asks the others when one presses Try again alone", async () => {
    const { room, lee, ana } = await visit();
    await letTomIn(room, lee);
    room.tamper = (from, output) => (from === lee && output.type === "application" ? null : output);
    await lee.group.handle({ type: "remove", person: TOM });
    await room.settle();
    for (let i = 0; i < 3; i += 1) await room.pass(5_100);
    room.tamper = (_, output) => output;
    await lee.group.handle({ type: "try_code_again" });
    await room.settle();
    expect(ana.safety).toMatchObject({ state: "failed", askedBy: [LEE] });
    await ana.group.handle({ type: "try_code_again" });
    await room.settle();
    expect(ana.safety).toMatchObject({ state: "code", code: lee.safety?.code, askedBy: [] });
  });

  it("counts the rounds of this tab on, when the place is lost and taken again", async () => {
    const { room, lee, ana } = await visit();
    for (let i = 0; i < 33; i += 1) {
      await room.pass(1_000);
      await ana.group.handle({ type: "arrive" });
      await room.join(ana, true);
    }
    expect(ana.safety).toMatchObject({ state: "failed", why: "too_many_rounds", canTryAgain: false });
    expect(lee.safety?.state).toBe("failed");
    // Thirty-three returns with real keys take two seconds, and ten on a busy machine.
  }, 30_000);
});

describe("what people say of the code", () => {
  it("is kept until somebody enters", async () => {
    const { room, lee, ana } = await visit();
    await judge(ana, "matches");
    expect(ana.safety?.verdict).toBe("matches");
    expect(lee.safety?.verdict).toBeNull();
    await room.pass(11 * 60_000);
    expect(ana.safety?.verdict).toBe("matches");
    await letTomIn(room, lee);
    expect(ana.safety).toMatchObject({ state: "code", verdict: null });
  });

  it("counts only for the code that was on the screen", async () => {
    const { room, lee, ana } = await visit();
    const before = ana.safety?.code ?? "";
    await letTomIn(room, lee);
    await judge(ana, "matches", before);
    expect(ana.safety?.verdict).toBeNull();
  });

  it("that it is different reaches the other side, which has to compare again, and can be taken back", async () => {
    const { room, lee, ana } = await visit();
    await judge(lee, "matches");
    await judge(ana, "different");
    await room.settle();
    expect(ana.safety).toMatchObject({ verdict: "different", state: "code" });
    expect(lee.safety).toMatchObject({ verdict: null, differs: [ANA] });
    await judge(ana, "matches");
    await judge(lee, "matches");
    expect(ana.safety?.verdict).toBe("matches");
    expect(lee.safety).toMatchObject({ verdict: "matches", differs: [] });
  });

  it("that it is different is forgotten when the code is another one", async () => {
    const { room, lee, ana } = await visit();
    await judge(ana, "different");
    await letTomIn(room, lee);
    expect(ana.safety?.verdict).toBeNull();
    expect(lee.safety?.differs).toEqual([]);
  });
});

describe("whose device is whose", () => {
  it("is remembered from the first meeting, and for certain once the codes were compared", async () => {
    const anas = new Browser(ANA);
    const { ana } = await visit(new Browser(LEE), anas);
    expect(anas.devices.get(LEE)).toMatchObject([{ confirmed: false }]);
    await judge(ana, "matches");
    expect(anas.devices.get(LEE)).toMatchObject([{ confirmed: true }]);
  });

  it("is loud for a known clinician on another device, until the codes were compared there too", async () => {
    const anas = new Browser(ANA);
    const first = await visit(new Browser(LEE), anas);
    expect(changedDevice(first.ana, LEE)).toBe(false);
    await judge(first.ana, "matches");
    const laptop = new Browser(LEE);
    const second = await visit(laptop, anas);
    expect(changedDevice(second.ana, LEE)).toBe(true);
    expect(changedDevice((await visit(laptop, anas)).ana, LEE)).toBe(true);
    await judge(second.ana, "matches");
    expect(changedDevice(second.ana, LEE)).toBe(false);
    expect(anas.devices.get(LEE)).toHaveLength(2);
    expect(changedDevice((await visit(laptop, anas)).ana, LEE)).toBe(false);
  });

  it("is not believed of a device that was only seen, once another was compared", async () => {
    const [impostor, laptop, anas] = [new Browser(LEE), new Browser(LEE), new Browser(ANA)];
    await visit(impostor, anas);
    const { ana } = await visit(laptop, anas);
    expect(changedDevice(ana, LEE)).toBe(true);
    await judge(ana, "matches");
    expect(anas.devices.get(LEE)).toHaveLength(1);
    expect(changedDevice((await visit(impostor, anas)).ana, LEE)).toBe(true);
  });

  it("is forgotten again when the codes were different", async () => {
    const anas = new Browser(ANA);
    const { ana } = await visit(new Browser(LEE), anas);
    await judge(ana, "different");
    expect(anas.devices.get(LEE) ?? []).toEqual([]);
  });
});
