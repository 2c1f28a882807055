// What people see and hear of a visit: tiles by the leaf that opened the frame, each change read out once, and nothing of
// the wire that is not the group's.
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { GroupPerson, Tracks } from "../e2ee/messages";
import type { ServerMessage } from "../signalling/protocol.gen";
import { Announcer } from "./announcer";
import type { Incoming } from "./media/peer";
import { type Sources, Tiles } from "./tiles";
import { clientMessage, groupInput } from "./translate";

/** As much of a MediaStream as tiles use. */
class Stream {
  #tracks: unknown[] = [];
  getTracks = (): unknown[] => this.#tracks;
  addTrack = (track: unknown): void => {
    this.#tracks = [...this.#tracks, track];
  };
  removeTrack = (track: unknown): void => {
    this.#tracks = this.#tracks.filter((other) => other !== track);
  };
}

const person = (name: string, rest: Partial<GroupPerson> = {}): GroupPerson => ({
  person: name.toLowerCase(),
  leaf: 0,
  name,
  role: "patient",
  self: false,
  admits: false,
  certified: false,
  changedDevice: false,
  ...rest,
});
const on: Tracks = { microphone: true, camera: true, screen: false };
const slot = (mid: string, opened: Incoming["opened"]): Incoming => ({
  mid,
  transform: Number(mid),
  track: { mid } as unknown as MediaStreamTrack,
  opened,
  unopened: false,
});

describe("tiles", () => {
  let sources: Sources;
  beforeEach(() => {
    vi.stubGlobal("MediaStream", Stream);
    sources = {
      people: [person("Lee", { self: true }), person("Ana")],
      tracks: new Map([["ana", on]]),
      incoming: [slot("3", { person: "ana", context: 0 }), slot("4", { person: "ana", context: 1 })],
      preview: null,
      microphoneOn: true,
      bypassed: false,
    };
  });
  const ofAna = (tiles: Tiles, changes: Partial<Sources> = {}) =>
    tiles.view({ ...sources, ...changes }).filter((tile) => tile.person === "ana");

  it("show a picture once a frame of it was opened, with the person's sound", () => {
    const [tile] = ofAna(new Tiles());
    expect(tile).toMatchObject({ name: "Ana", kind: "camera", state: "live", muted: false });
    expect(tile?.stream?.getTracks()).toEqual([{ mid: "4" }, { mid: "3" }]);
  });

  it("wait for what was not opened", () => {
    const [tile] = ofAna(new Tiles(), { incoming: [slot("4", null)] });
    expect(tile).toMatchObject({ state: "waiting", stream: null });
  });

  it("go by who opened, not by the slot", () => {
    const incoming = [slot("4", { person: "tom", context: 1 })];
    expect(ofAna(new Tiles(), { incoming })[0]).toMatchObject({ state: "waiting" });
  });

  it("say that a camera is off when its owner says so, and keep the sound", () => {
    const [tile] = ofAna(new Tiles(), { tracks: new Map([["ana", { ...on, camera: false }]]) });
    expect(tile?.state).toBe("off");
    expect(tile?.stream?.getTracks()).toEqual([{ mid: "3" }]);
  });

  it("don't show an old picture for a new one that can't be opened", () => {
    const incoming = sources.incoming.map((one) => ({ ...one, unopened: one.mid === "4" }));
    const tiles = new Tiles();
    expect(ofAna(tiles, { incoming })[0]?.state).toBe("unverified");
    expect(ofAna(tiles)[0]?.state).toBe("live");
    expect(ofAna(tiles, { incoming, tracks: new Map([["ana", { ...on, camera: false }]]) })[0]?.state).toBe("off");
  });

  it("say of an awaited picture that what comes can't be opened", () => {
    const incoming = [{ ...slot("4", null), unopened: true }];
    expect(ofAna(new Tiles(), { incoming })[0]).toMatchObject({ state: "unverified", stream: null });
  });

  it("add one for a shared screen", () => {
    const incoming = [...sources.incoming, slot("5", { person: "ana", context: 2 })];
    const tiles = ofAna(new Tiles(), { incoming, tracks: new Map([["ana", { ...on, screen: true }]]) });
    expect(tiles.map(({ kind, state }) => [kind, state])).toEqual([
      ["camera", "live"],
      ["screen", "live"],
    ]);
  });

  it("keep their stream while they live, and show nothing that went round the encryption", () => {
    const tiles = new Tiles();
    const [before] = ofAna(tiles);
    const [after] = ofAna(tiles, { bypassed: true });
    expect(after?.stream).toBe(before?.stream);
    expect(after?.state).toBe("unverified");
    expect(after?.stream?.getTracks()).toEqual([]);
  });
});

describe("announcements", () => {
  const said = (announcer: Announcer): string[] => announcer.list.map(({ kind, name }) => `${kind} ${name}`.trim());

  it("tell who comes and goes after us, once their name is known", () => {
    const announcer = new Announcer();
    announcer.group([person("Lee", { self: true }), person("Tom")]);
    announcer.group([person("Lee", { self: true }), person("Tom"), { ...person("Ana"), name: "" }]);
    expect(said(announcer)).toEqual([]);
    announcer.group([person("Lee", { self: true }), person("Tom"), person("Ana")]);
    announcer.group([person("Lee", { self: true }), person("Ana")]);
    expect(said(announcer)).toEqual(["entered Ana", "left Tom"]);
  });

  it("tell of a new device once, also of those who were in before us", () => {
    const announcer = new Announcer();
    const ana = person("Ana", { changedDevice: true });
    announcer.group([person("Lee", { self: true, changedDevice: true }), ana, person("Tom")]);
    announcer.group([person("Lee", { self: true, changedDevice: true }), ana, person("Tom")]);
    expect(said(announcer)).toEqual(["new_device Ana"]);
    expect(announcer.newDevices).toEqual(["Ana"]);
    announcer.group([ana, person("Tom", { changedDevice: true })]);
    expect(said(announcer).at(-1)).toBe("new_device Tom");
    announcer.group([person("Tom", { changedDevice: true })]);
    expect(announcer.newDevices).toEqual(["Tom"]);
  });

  it("tell of a new device when the name that goes with it has come", () => {
    const announcer = new Announcer();
    announcer.group([person("Lee", { self: true })]);
    announcer.group([person("Lee", { self: true }), { ...person("Ana", { changedDevice: true }), name: "" }]);
    expect(said(announcer)).toEqual([]);
    announcer.group([person("Lee", { self: true }), person("Ana", { changedDevice: true })]);
    expect(said(announcer)).toEqual(["entered Ana", "new_device Ana"]);
  });

  it("tell a lost connection and its return", () => {
    const announcer = new Announcer();
    announcer.group([person("Ana")]);
    announcer.present(new Set(["ana"]));
    announcer.present(new Set());
    announcer.present(new Set(["ana"]));
    expect(said(announcer)).toEqual(["lost_connection Ana", "reconnected Ana"]);
  });

  it("tell each waiting person once, and again when they come again", () => {
    const announcer = new Announcer();
    const ana = { participant: "p", name: "Ana" };
    announcer.waiting([ana]);
    announcer.waiting([ana]);
    announcer.waiting([]);
    announcer.waiting([ana]);
    expect(said(announcer)).toEqual(["waiting Ana", "waiting Ana"]);
  });

  it("keep the newest twenty", () => {
    const announcer = new Announcer();
    for (let i = 0; i < 30; i += 1) announcer.say("waiting", String(i));
    expect(said(announcer)).toHaveLength(20);
    expect(said(announcer).at(-1)).toBe("waiting 29");
  });
});

describe("between the wire and the worker", () => {
  it("only the group's messages pass, as bytes", () => {
    const commit: ServerMessage = { type: "commit", epoch: 3, sender: "p", commit: "AQI=" };
    expect(groupInput(commit)).toEqual({ type: "commit", epoch: 3, commit: Uint8Array.of(1, 2) });
    const offer: ServerMessage = { type: "offer", generation: 1, sdp: "", slots: [] };
    for (const other of [offer, { type: "taken_over" }] as ServerMessage[]) expect(groupInput(other)).toBeNull();
  });

  it("a commit goes now or not at all, and speech is said again", () => {
    const bytes = Uint8Array.of(1);
    const change = { epoch: 3, commit: bytes, welcome: null, admits: [], removes: ["p"] };
    expect(clientMessage({ type: "commit", ...change })).toEqual({
      message: { type: "commit", epoch: 3, commit: "AQ==", welcome: null, admits: [], removes: ["p"] },
      how: "now",
    });
    expect(clientMessage({ type: "application", epoch: 3, message: bytes, chat: 7 })).toEqual({
      message: { type: "application", epoch: 3, message: "AQ==", receipt: 7 },
      how: "repeat",
    });
    expect(clientMessage({ type: "open_group", groupId: bytes }).how).toBe("once");
  });
});
