// The group as people live it: two and three real members with the real machine, and a server that orders, loses, repeats
// and lies.
import { describe, expect, it } from "vitest";

import type { GroupOutput } from "../../messages";
import { Member } from "../../wasm/curtain_e2ee";
import { rehearse } from "./rehearsal";
import { type Tab as AnyTab, ANA, Browser, LEE, Room, Tab, TOM } from "./test-room";

const CAMERA = 1;
const BEN = "0190a000-0000-7000-8000-0000000000d1";
const EVE = "0190a000-0000-7000-8000-0000000000e1";

/** Dr Lee is in, Ana has been admitted. */
async function visit() {
  const room = new Room();
  const [leesLaptop, anasPhone] = [new Browser(LEE), new Browser(ANA)];
  const lee = await Tab.open(room, leesLaptop, "clinician", "Dr Maya Lee", [TOM]);
  await room.join(lee);
  const ana = await Tab.open(room, anasPhone, "patient", "Ana Ruiz");
  await room.join(ana);
  await lee.group.handle({ type: "admit", participant: ana.participant });
  await room.settle();
  return { room, lee, ana, leesLaptop, anasPhone };
}

async function withTom() {
  const three = await visit();
  const tom = await Tab.open(three.room, new Browser(TOM), "co_host", "Dr Tom Okafor");
  await three.room.join(tom);
  await three.lee.group.handle({ type: "admit", participant: tom.participant });
  await three.room.settle();
  return { ...three, tom };
}

/** Whether a frame that one seals now is opened by the other. */
async function opens(from: AnyTab, to: AnyTab): Promise<boolean> {
  const key = await from.sendKeys.take(CAMERA);
  const found = key === null ? "past" : to.receiveKeys.find(key.cipher.kid);
  if (key === null || typeof found === "string") return false;
  expect(found.sender.person).toBe(from.browser.person);
  const iv = new Uint8Array(12);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key.cipher.key, new Uint8Array(4));
  const opened = crypto.subtle.decrypt({ name: "AES-GCM", iv }, (await found.cipher).key, sealed);
  return opened.then(
    () => true,
    () => false,
  );
}

describe("a rehearsal in the lobby", () => {
  it("plays a whole visit with the real machine", async () => {
    await expect(
      rehearse({ newMember: (...leaf) => new Member(...leaf), now: () => Date.now() }),
    ).resolves.toBeUndefined();
  });
});

describe("a visit", () => {
  it("begins when the clinician comes, and nobody else is in it until admitted", async () => {
    const room = new Room();
    const ana = await Tab.open(room, new Browser(ANA), "patient", "Ana Ruiz");
    await room.join(ana);
    expect(room.epoch).toBeNull();
    const lee = await Tab.open(room, new Browser(LEE), "clinician", "Dr Maya Lee");
    await room.join(lee);
    expect(lee.names).toEqual(["Dr Maya Lee"]);
    expect(ana.people).toEqual([]);
    expect(await opens(lee, ana)).toBe(false);
  });

  it("shows both the same people and the same code, names and all", async () => {
    const { lee, ana } = await visit();
    expect(lee.names).toEqual(["Ana Ruiz", "Dr Maya Lee"]);
    expect(ana.names).toEqual(lee.names);
    expect(ana.longCode).toMatch(/^\d{30}$/);
    expect(ana.longCode).toBe(lee.longCode);
    expect(lee.people.find(({ self }) => !self)).toMatchObject({ person: ANA, role: "patient", admits: false });
  });

  it("begins with a whole picture for a newcomer, sealed so that the newcomer can open it, without waiting for them", async () => {
    const { room, lee, ana } = await visit();
    const before = lee.freshPictures;
    expect(before).toBeGreaterThan(0);
    const tom = await Tab.open(room, new Browser(TOM), "co_host", "Dr Tom Okafor");
    await room.join(tom);
    await lee.group.handle({ type: "admit", participant: tom.participant });
    await room.settle();
    expect([lee.freshPictures, ana.freshPictures]).toEqual([before + 1, 1]);
    expect(await opens(lee, tom)).toBe(true);
    expect(await opens(ana, tom)).toBe(true);
  });

  it("lets each open the other's frames", async () => {
    const { lee, ana } = await visit();
    expect(await opens(lee, ana)).toBe(true);
    expect(await opens(ana, lee)).toBe(true);
  });

  it("carries chat to the others and to nobody else", async () => {
    const { room, lee, ana } = await visit();
    await ana.group.handle({ type: "chat", id: 1, text: "¿Me oye, doctora? 👋" });
    await room.settle();
    expect(lee.chat).toEqual(["¿Me oye, doctora? 👋"]);
    expect(ana.chat).toEqual([]);
  });

  it("tells newcomers which tracks are on", async () => {
    const { lee, ana, room } = await visit();
    await lee.group.handle({ type: "tracks", tracks: { microphone: true, camera: false, screen: true } });
    await room.settle();
    const told = ana.heard.filter((message) => message.type === "tracks").at(-1);
    expect(told).toEqual({ type: "tracks", person: LEE, tracks: { microphone: true, camera: false, screen: true } });
  });
});

describe("who is taken out", () => {
  it("opens nothing after two seconds, and the others go on without a gap", async () => {
    const { room, lee, ana, tom } = await withTom();
    expect(await opens(tom, ana)).toBe(true);
    await lee.group.handle({ type: "remove", person: TOM });
    await room.settle();
    await room.pass(2_000);
    expect(lee.names).toEqual(["Ana Ruiz", "Dr Maya Lee"]);
    expect(await opens(lee, tom)).toBe(false);
    expect(await opens(ana, tom)).toBe(false);
    expect(await opens(tom, ana)).toBe(false);
    expect(await opens(lee, ana)).toBe(true);
    expect(await opens(ana, lee)).toBe(true);
  });

  it("is removed by whoever is left, once the server has said for ten seconds that they are gone", async () => {
    const { room, lee, ana } = await visit();
    room.tabs = [ana];
    room.members = [ana];
    await ana.hear({ type: "gone", participant: lee.participant });
    await room.settle();
    expect(ana.names).toHaveLength(2);
    for (let i = 0; i < 8; i += 1) await room.pass(2_000);
    expect(ana.names).toEqual(["Ana Ruiz"]);
  });
});

describe("who comes back", () => {
  it("after a reload is taken back without a press, and the old tab is out", async () => {
    const { room, lee, ana, anasPhone } = await visit();
    await room.pass(1);
    const again = await Tab.open(room, anasPhone, "patient", "Ana Ruiz");
    await room.join(again, true);
    expect(again.names).toEqual(["Ana Ruiz", "Dr Maya Lee"]);
    await room.pass(2_000);
    expect(await opens(again, lee)).toBe(true);
    expect(await opens(lee, again)).toBe(true);
    expect(await opens(ana, lee)).toBe(false);
  });

  it("as the clinician is taken back by the patient", async () => {
    const { room, lee, ana, leesLaptop } = await visit();
    await room.pass(1);
    const again = await Tab.open(room, leesLaptop, "clinician", "Dr Maya Lee");
    await room.join(again, true);
    expect(again.names).toEqual(["Ana Ruiz", "Dr Maya Lee"]);
    expect(again.longCode).toBe(ana.longCode);
    expect(lee.failure).toBeNull();
    expect(await opens(ana, again)).toBe(true);
  });

  it("on another device is refused, and needs to be admitted again", async () => {
    const { room, lee } = await visit();
    const other = await Tab.open(room, new Browser(ANA), "patient", "Ana Ruiz");
    await room.join(other, true);
    expect(room.refusedReturns).toEqual([other.participant]);
    expect(other.people).toEqual([]);
    await room.announce();
    await lee.group.handle({ type: "admit", participant: other.participant });
    await room.settle();
    expect(other.names).toEqual(["Ana Ruiz", "Dr Maya Lee"]);
    expect(lee.people).toHaveLength(2);
  });

  it("on another device is admitted by a press, and the screen is told of the device", async () => {
    const { room, lee } = await visit();
    const other = await Tab.open(room, new Browser(ANA), "patient", "Ana Ruiz");
    await room.join(other, true);
    await lee.group.handle({ type: "admit", participant: other.participant });
    await room.settle();
    expect(lee.people.find(({ person }) => person === ANA)).toMatchObject({ changedDevice: true });
    expect(other.names).toEqual(["Ana Ruiz", "Dr Maya Lee"]);
  });

  it("in a tab that was opened before the visit is taken back as any other", async () => {
    const room = new Room();
    const leesLaptop = new Browser(LEE);
    const early = await Tab.open(room, leesLaptop, "clinician", "Dr Maya Lee");
    await room.join(await Tab.open(room, leesLaptop, "clinician", "Dr Maya Lee"));
    const ana = await Tab.open(room, new Browser(ANA), "patient", "Ana Ruiz");
    await room.join(ana);
    await room.tabs[0]?.group.handle({ type: "admit", participant: ana.participant });
    await room.settle();
    await room.pass(6_000);
    await early.group.handle({ type: "arrive" });
    await room.join(early, true);
    expect(early.names).toEqual(["Ana Ruiz", "Dr Maya Lee"]);
    expect(early.longCode).toBe(ana.longCode);
  });

  it("as a clinician whom nobody takes back opens a fresh group after six seconds", async () => {
    const { room, leesLaptop, ana } = await visit();
    const again = await Tab.open(room, leesLaptop, "clinician", "Dr Maya Lee");
    room.tamper = (from, output) => (from === ana ? null : output);
    await room.join(again, true);
    expect(again.people).toEqual([]);
    await room.pass(6_000);
    expect(again.names).toEqual(["Dr Maya Lee"]);
    expect(again.longCode).not.toBe(ana.longCode);
  });
});

describe("an admission that comes to nothing", () => {
  it("is said when nobody waits there any more", async () => {
    const { lee } = await visit();
    await lee.group.handle({ type: "admit", participant: "gone home" });
    expect(lee.heard.at(-1)).toEqual({ type: "admit_refused", participant: "gone home", code: "not_waiting" });
  });

  it("is said when we are in no group", async () => {
    const room = new Room();
    const lee = await Tab.open(room, new Browser(LEE), "clinician", "Dr Maya Lee");
    await lee.group.handle({ type: "admit", participant: "somebody" });
    expect(lee.heard.at(-1)).toEqual({ type: "admit_refused", participant: "somebody", code: "not_in_group" });
  });

  it("is said when the server will not have it", async () => {
    const { room, lee } = await visit();
    const ben = await Tab.open(room, new Browser(BEN), "guest", "Ben Carter");
    await room.join(ben);
    await lee.group.handle({ type: "admit", participant: ben.participant });
    lee.outbox = [];
    await lee.hear({ type: "refused" });
    room.clock.pass(1_000);
    expect(lee.heard.at(-1)).toEqual({
      type: "admit_refused",
      participant: ben.participant,
      code: "server_refused",
    });
  });

  it("is not said when another admitter was first", async () => {
    const { room, lee, tom } = await withTom();
    const ben = await Tab.open(room, new Browser(BEN), "guest", "Ben Carter");
    await room.join(ben);
    for (const admitter of [tom, lee]) {
      await admitter.group.handle({ type: "admit", participant: ben.participant });
    }
    const first = tom.outbox.shift();
    if (first === undefined) throw new Error("no commit");
    await room.take(tom, first);
    await room.announce();
    await room.settle();
    expect(lee.heard.some(({ type }) => type === "admit_refused")).toBe(false);
    expect(ben.names).toHaveLength(4);
  });
});

describe("two commits at once", () => {
  it("become two epochs, whoever was first", async () => {
    const { room, lee, ana, tom } = await withTom();
    const before = room.epoch ?? 0;
    const ben = await Tab.open(room, new Browser(BEN), "guest", "Ben Carter");
    await room.join(ben);
    await tom.group.handle({ type: "admit", participant: ben.participant });
    await lee.group.handle({ type: "remove", person: ANA });
    await room.settle();
    expect(room.epoch).toBe(before + 2);
    for (const tab of [lee, tom, ben]) expect(tab.names).toEqual(["Ben Carter", "Dr Maya Lee", "Dr Tom Okafor"]);
    expect(new Set([lee, tom, ben].map(({ longCode }) => longCode)).size).toBe(1);
    expect(ana.failure).toBeNull();
  });

  it("that want the same are one", async () => {
    const { room, lee, tom } = await withTom();
    const before = room.epoch ?? 0;
    await lee.group.handle({ type: "remove", person: ANA });
    await lee.group.handle({ type: "remove", person: ANA });
    await room.settle();
    expect(room.epoch).toBe(before + 1);
    expect(tom.people).toHaveLength(2);
  });

  it("of which one was lost with the connection is sent again", async () => {
    const { room, lee, tom } = await withTom();
    room.tamper = () => null;
    await lee.group.handle({ type: "remove", person: ANA });
    await room.settle();
    room.tamper = (_, output) => output;
    await lee.hear({ type: "resumed" });
    await room.settle();
    expect(tom.names).toEqual(["Dr Maya Lee", "Dr Tom Okafor"]);
  });

  it("of which the server heard but the answer was lost counts once", async () => {
    const { room, lee, tom } = await withTom();
    await lee.group.handle({ type: "remove", person: ANA });
    const [commit] = lee.outbox;
    await room.settle();
    if (commit === undefined) throw new Error("no commit");
    const epoch = room.epoch;
    await room.take(lee, commit);
    await room.settle();
    expect(room.epoch).toBe(epoch);
    expect(lee.failure).toBeNull();
    expect(tom.people).toHaveLength(2);
  });
});

describe("a commit that nobody accepts", () => {
  const garbage = (epoch: number): GroupOutput => {
    return { type: "commit", epoch, commit: new Uint8Array(300), welcome: null, admits: [], removes: [] };
  };

  it("is taken back, and the visit goes on without its sender", async () => {
    const { room, lee, ana, tom } = await withTom();
    await room.take(ana, garbage(room.epoch ?? 0));
    await room.settle();
    expect([lee.names, tom.names]).toEqual(Array(2).fill(["Dr Maya Lee", "Dr Tom Okafor"]));
    expect(lee.longCode).toBe(tom.longCode);
    await tom.group.handle({ type: "chat", id: 1, text: "still here" });
    await room.settle();
    await room.pass(20_000);
    expect(lee.chat).toEqual(["still here"]);
    expect([lee.failure, tom.failure]).toEqual([null, null]);
    expect(await opens(tom, lee)).toBe(true);
  });

  it("takes no commit of ours along that was built meanwhile", async () => {
    const { room, lee, ana, tom } = await withTom();
    room.tamper = (from, output) => (from === lee && output.type === "refuse_commit" ? null : output);
    await room.take(ana, garbage(room.epoch ?? 0));
    await room.settle();
    await lee.group.handle({ type: "remove", person: ANA });
    await room.settle();
    expect(lee.names).toHaveLength(3);
    room.tamper = (_, output) => output;
    await room.take(lee, { type: "refuse_commit", epoch: (room.epoch ?? 0) - 1 });
    await room.settle();
    await room.pass(20_000);
    expect([lee.names, tom.names]).toEqual(Array(2).fill(["Dr Maya Lee", "Dr Tom Okafor"]));
    expect([lee.failure, tom.failure]).toEqual([null, null]);
  });
});

describe("a server that lies", () => {
  it("can't change a commit, and whoever it leaves behind says so", async () => {
    const { room, lee, ana } = await visit();
    room.tamper = (_, output) => {
      if (output.type !== "commit") return output;
      const commit = output.commit.slice();
      commit[commit.length - 3] = (commit[commit.length - 3] ?? 0) ^ 1;
      return { ...output, commit };
    };
    await lee.group.handle({ type: "remove", person: ANA });
    await room.settle();
    expect(lee.heard.some(({ type }) => type === "commit_refused")).toBe(true);
    expect(ana.names).toEqual(["Ana Ruiz", "Dr Maya Lee"]);
    room.tamper = (_, output) => output;
    await room.pass(10_000);
    await room.pass(10_000);
    expect(lee.failure).toBe("epoch_ahead");
  });

  it("that makes a commit up is refused and shown, and the visit goes on", async () => {
    const { room, lee, ana } = await visit();
    const other = await visit();
    const forged: Uint8Array[] = [new Uint8Array(80)];
    other.room.tamper = (_, output) => {
      if (output.type === "commit") forged.push(output.commit);
      return output;
    };
    await other.lee.group.handle({ type: "remove", person: ANA });
    await other.room.settle();
    for (const commit of forged) await lee.hear({ type: "commit", epoch: 1, commit });
    expect(lee.heard.filter(({ type }) => type === "commit_refused")).toHaveLength(2);
    await ana.group.handle({ type: "chat", id: 1, text: "still only us two" });
    await room.settle();
    await room.pass(20_000);
    expect(lee.chat).toEqual(["still only us two"]);
    expect(lee.failure).toBeNull();
    expect(await opens(ana, lee)).toBe(true);
  });

  it("gains nothing by repeating what it relayed", async () => {
    const { room, lee, ana } = await visit();
    const relayed: Uint8Array[] = [];
    room.tamper = (_, output) => {
      if (output.type === "application") relayed.push(output.message);
      return output;
    };
    await ana.group.handle({ type: "chat", id: 1, text: "once" });
    await room.settle();
    for (const message of relayed) await lee.hear({ type: "application", epoch: room.epoch ?? 0, message });
    expect(lee.chat).toEqual(["once"]);
    expect(lee.failure).toBeNull();
  });

  it("can't put somebody else behind the line that was pressed", async () => {
    const { room, lee } = await visit();
    const tom = await Tab.open(room, new Browser(TOM), "co_host", "Dr Tom Okafor");
    await room.join(tom);
    const { participant, keyPackage } = tom;
    for (const [person, role, code] of [
      [BEN, "patient", "other_person"],
      [BEN, "co_host", "other_person"],
      [TOM, "patient", "other_role"],
    ] as const) {
      await lee.hear({ type: "waiting", people: [{ participant, person, role, keyPackage }] });
      await lee.group.handle({ type: "admit", participant });
      await room.settle();
      expect(lee.heard.at(-1)).toEqual({ type: "admit_refused", participant, code });
    }
    expect(tom.people).toEqual([]);
    await room.announce();
    await lee.group.handle({ type: "admit", participant });
    await room.settle();
    expect(tom.people).toHaveLength(3);
  });

  it("can't change the line after it was pressed", async () => {
    const { room, lee, tom } = await withTom();
    const ben = await Tab.open(room, new Browser(BEN), "patient", "Ben Carter");
    await room.join(ben);
    const eve = await Tab.open(room, new Browser(EVE), "co_host", "Eve");
    const { participant } = ben;
    // Another commit is first: the admission is built a second time, from what the server says by then.
    await tom.group.handle({ type: "remove", person: ANA });
    await lee.group.handle({ type: "admit", participant });
    const line = { participant, person: EVE, role: "co_host", keyPackage: eve.keyPackage } as const;
    await lee.hear({ type: "waiting", people: [line] });
    await room.take(tom, tom.outbox.shift() ?? { type: "refuse_return", participant });
    await room.settle();
    expect(lee.heard.filter(({ type }) => type === "admit_refused")).toEqual([
      { type: "admit_refused", participant, code: "other_person" },
    ]);
    expect(lee.names).toEqual(["Dr Maya Lee", "Dr Tom Okafor"]);
  });

  it("can't make us leave by a message that claims an epoch ahead", async () => {
    const { room, lee, ana } = await visit();
    // RFC 9420 §6: version, wire format, then the group's id with its length, then the epoch.
    const ahead = (message: Uint8Array): Uint8Array => {
      const claimed = message.slice();
      const epochEnds = 2 + 2 + 1 + ((claimed[4] ?? 0) & 63) + 8;
      claimed[epochEnds - 1] = (claimed[epochEnds - 1] ?? 0) + 9;
      return claimed;
    };
    room.tamper = (_, output) =>
      output.type === "application" ? { ...output, message: ahead(output.message) } : output;
    await ana.group.handle({ type: "chat", id: 1, text: "from the future" });
    await room.settle();
    room.tamper = (_, output) => output;
    await room.pass(20_000);
    expect(lee.failure).toBeNull();
    await ana.group.handle({ type: "chat", id: 2, text: "still here" });
    await room.settle();
    expect(lee.chat).toEqual(["still here"]);
  });

  it("that speaks of an epoch that never comes has left us behind", async () => {
    const { room, lee, ana, tom } = await withTom();
    const said: Uint8Array[] = [];
    await lee.group.handle({ type: "remove", person: ANA });
    const [remove] = lee.outbox.splice(0);
    if (remove?.type !== "commit") throw new Error("no commit");
    room.members = [lee, tom];
    await room.take(lee, remove);
    room.tamper = (_, output) => {
      if (output.type === "application") said.push(output.message);
      return output;
    };
    await lee.group.handle({ type: "chat", id: 1, text: "without Ana" });
    await room.settle();
    for (const message of said) await ana.hear({ type: "application", epoch: room.epoch ?? 0, message });
    room.clock.pass(5_000);
    await ana.hear({ type: "resumed" });
    expect(ana.failure).toBe("epoch_ahead");
  });

  it("can't have a patient admit somebody", async () => {
    const { room, ana } = await visit();
    const stranger = await Tab.open(room, new Browser(TOM), "co_host", "Dr Tom Okafor");
    await room.join(stranger);
    await ana.group.handle({ type: "admit", participant: stranger.participant });
    await room.settle();
    expect(stranger.people).toEqual([]);
    expect(ana.heard.filter(({ type }) => type === "admit_refused")).toEqual([
      { type: "admit_refused", participant: stranger.participant, code: "not_allowed_to_add" },
    ]);
  });

  it("can't bring somebody from another group in by a Welcome of its own", async () => {
    const [one, other] = [await visit(), await visit()];
    const ben = await Tab.open(one.room, new Browser(TOM), "co_host", "Dr Tom Okafor");
    await other.room.join(ben);
    const before = one.lee.people;
    await one.lee.hear({ type: "welcome", welcome: new Uint8Array(40) });
    expect(one.lee.people).toEqual(before);
    await ben.hear({ type: "welcome", welcome: new Uint8Array(40) });
    expect(ben.failure).not.toBeNull();
  });
});

describe("time", () => {
  it("brings every leaf new keys every ten minutes", async () => {
    const { room, lee, ana } = await visit();
    const before = room.epoch ?? 0;
    await room.pass(11 * 60_000);
    expect(room.epoch).toBe(before + 2);
    expect(await opens(lee, ana)).toBe(true);
    expect(await opens(ana, lee)).toBe(true);
    expect(lee.longCode).toBe(ana.longCode);
  });
});
