// The door: who could not be checked stays there with a word about it, until another browser or a reload is judged afresh.
import { expect, it } from "vitest";

import type { WaitingPerson } from "../../signalling/protocol.gen";
import { Door } from "./door";

const ana = (rest: Partial<WaitingPerson> = {}): WaitingPerson => ({
  who: { participant: "a", person: "ana", name: "Ana", role: "patient" },
  since: 7,
  connected: true,
  returning: false,
  key_package: "Zmlyc3Q=",
  ...rest,
});

it("shows who waits, and who was in before", () => {
  const door = new Door();
  door.set([ana(), ana({ returning: true })]);
  expect(door.view([])).toEqual([
    {
      participant: "a",
      name: "Ana",
      role: "patient",
      since: 7,
      connected: true,
      returning: false,
      trouble: null,
    },
  ]);
  expect(door.view([{ person: "ana" }])[0]?.returning).toBe(true);
});

it("says of whom the group could not be sure, for as long as it is the same browser", () => {
  const door = new Door();
  door.set([ana()]);
  expect(door.refuse("a", "bad_leaf_signature")).toEqual({ name: "Ana", trouble: "unconfirmed" });
  expect(door.view([])[0]?.trouble).toBe("unconfirmed");
  door.set([ana({ connected: false })]);
  expect(door.view([])[0]?.trouble).toBe("unconfirmed");
  door.set([ana({ key_package: "cmVsb2Fk" })]);
  expect(door.view([])[0]?.trouble).toBeNull();
});

it("says when the two of us were told different practice keys, and whose browser the practice does not vouch for", () => {
  const door = new Door();
  door.set([ana()]);
  expect(door.refuse("a", "other_practice")?.trouble).toBe("other_practice");
  for (const code of ["not_certified", "bad_practice_signature", "certificate_expired", "device_revoked"]) {
    expect(door.refuse("a", code)?.trouble, code).toBe("not_certified");
  }
});

it("does not blame the newcomer for what the server would not have", () => {
  const door = new Door();
  door.set([ana()]);
  expect(door.refuse("a", "server_refused")).toEqual({ name: "Ana", trouble: "not_taken" });
  expect(door.view([])[0]?.trouble).toBe("not_taken");
});

it("knows nothing of somebody who has gone", () => {
  const door = new Door();
  door.set([ana()]);
  door.refuse("a", "expired");
  door.set([]);
  expect(door.refuse("a", "expired")).toBeNull();
  door.set([ana()]);
  expect(door.view([])[0]?.trouble).toBeNull();
});
