// For tests: the server's ordering of a visit's group, cut to what a group's member can see of it, around real members
// with the real machine. Time moves only when a test says so.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { FromWorker, GroupInput, GroupOutput, GroupPerson, Practice, Role, SafetyCodeState } from "../../messages";
import { initSync, Member } from "../../wasm/curtain_e2ee.js";
import { KeyRing } from "../frames/key-ring";
import { SendKeys } from "../frames/send-keys";
import { Group } from "./group";
import type { KnownDevice, Memory } from "./outside";

initSync({ module: readFileSync(fileURLToPath(new URL("../../wasm/curtain_e2ee_bg.wasm", import.meta.url))) });

const VISIT = "0190a000-0000-7000-8000-000000000001";
const START = Date.UTC(2026, 10, 22, 9);

export class Clock {
  now = START;
  #timers: { at: number; action: () => void }[] = [];

  later = (milliseconds: number, action: () => void): (() => void) => {
    const timer = { at: this.now + milliseconds, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Moves on, running what is due in its order. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.now = Math.max(this.now, due.at);
      due.action();
    }
    this.now = until;
  }
}

/** A browser: its device key and memory outlive its tabs. */
export class Browser {
  readonly person: string;
  readonly #visits = new Set<string>();
  readonly devices = new Map<string, readonly KnownDevice[]>();
  #key: CryptoKeyPair | null = null;

  constructor(person: string) {
    this.person = person;
  }

  readonly memory: Memory = {
    wasIn: (visit) => Promise.resolve(this.#visits.has(visit)),
    rememberVisit: (visit) => Promise.resolve(void this.#visits.add(visit)),
    devicesOf: (person) => Promise.resolve(this.devices.get(person) ?? []),
    rememberDevices: (person, devices) => Promise.resolve(void this.devices.set(person, devices)),
  };

  /** What this browser was told of the practice, and what the practice says of it. A practice without a key, at first. */
  practice: (name: string, role: Role) => Promise<Practice> = () =>
    Promise.resolve({ key: null, revoked: [], certificate: null });

  async key(): Promise<CryptoKeyPair> {
    this.#key ??= await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return this.#key;
  }
}

/** One tab of one person, as the page drives its worker. */
export class Tab {
  readonly participant: string;
  readonly browser: Browser;
  readonly receiveKeys = new KeyRing();
  readonly sendKeys = new SendKeys();
  readonly heard: FromWorker[] = [];
  readonly role: Role;
  group!: Group;
  /** How often its pictures began anew. */
  freshPictures = 0;
  keyPackage = new Uint8Array(0);
  /** What it wants said and the server has not heard yet. */
  outbox: GroupOutput[] = [];

  private constructor(browser: Browser, role: Role) {
    this.browser = browser;
    this.role = role;
    this.participant = `place of ${browser.person}`;
  }

  static async open(room: Room, browser: Browser, role: Role, name: string, coHosts: string[] = []): Promise<Tab> {
    const tab = new Tab(browser, role);
    const key = await browser.key();
    const practice = await browser.practice(name, role);
    const self = { visit: VISIT, person: browser.person, role, name, coHosts, practice };
    tab.group = new Group(self, {
      newMember: (...leaf) => new Member(...leaf),
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", key.privateKey, new Uint8Array(bytes))),
      devicePub: new Uint8Array(await crypto.subtle.exportKey("raw", key.publicKey)),
      memory: browser.memory,
      emit: (message) => {
        tab.#emit(message);
      },
      receiveKeys: tab.receiveKeys,
      sendKeys: tab.sendKeys,
      freshPicture: () => {
        tab.freshPictures += 1;
      },
      now: () => room.clock.now,
      later: room.clock.later,
    });
    await tab.group.prepare();
    await tab.group.handle({ type: "arrive" });
    return tab;
  }

  #emit(message: FromWorker): void {
    if (message.type === "key_package") this.keyPackage = new Uint8Array(message.keyPackage);
    else if (message.type === "send") this.outbox.push(message.output);
    else this.heard.push(message);
  }

  hear(input: GroupInput): Promise<void> {
    return this.group.handle({ type: "server", input });
  }

  /** The roster that a screen would show. */
  get people(): GroupPerson[] {
    return this.heard.filter((message) => message.type === "group").at(-1)?.people ?? [];
  }

  get names(): string[] {
    return this.people.map(({ name }) => name).sort();
  }

  get longCode(): string {
    return this.heard.filter((message) => message.type === "group").at(-1)?.longCode ?? "";
  }

  /** The SafetyCode as a screen would show it. */
  get safety(): SafetyCodeState | null {
    return this.heard.filter((message) => message.type === "safety_code").at(-1)?.safety ?? null;
  }

  get chat(): string[] {
    return this.heard.flatMap((message) => (message.type === "chat" ? [message.text] : []));
  }

  get failure(): string | null {
    return this.heard.find((message) => message.type === "failed")?.code ?? null;
  }
}

/** The server's part: one commit per epoch, relayed unread. */
export class Room {
  readonly clock = new Clock();
  tabs: Tab[] = [];
  members: Tab[] = [];
  epoch: number | null = null;
  /** A test may change or swallow what a tab says. */
  tamper: (from: Tab, output: GroupOutput) => GroupOutput | null = (_, output) => output;
  readonly refusedReturns: string[] = [];
  #last: { epoch: number; sender: Tab; refusedBy: Set<Tab> } | null = null;

  async join(tab: Tab, returning = false): Promise<void> {
    this.tabs = [...this.tabs.filter(({ participant }) => participant !== tab.participant), tab];
    this.members = this.members.filter(({ participant }) => participant !== tab.participant);
    const group = this.epoch === null ? null : { groupId: new Uint8Array(24), epoch: this.epoch };
    await tab.hear({ type: "placed", participant: tab.participant, group, returning });
    await this.announce();
    if (returning) {
      for (const [turn, member] of this.members.entries()) {
        await member.hear({
          type: "return",
          participant: tab.participant,
          person: tab.browser.person,
          keyPackage: tab.keyPackage,
          turn,
        });
      }
    }
    await this.settle();
  }

  async announce(): Promise<void> {
    const people = this.tabs.map(({ participant, browser, role }) => ({ participant, person: browser.person, role }));
    const present = this.tabs.map(({ participant }) => participant);
    const waiting = this.tabs
      .filter((tab) => !this.members.includes(tab))
      .map(({ participant, browser, role, keyPackage }) => ({ participant, person: browser.person, role, keyPackage }));
    for (const tab of this.tabs) {
      await tab.hear({ type: "people", people, present });
      await tab.hear({ type: "waiting", people: waiting });
    }
  }

  /** Delivers until nobody has anything to say. */
  async settle(): Promise<void> {
    for (;;) {
      const from = this.tabs.find(({ outbox }) => outbox.length > 0);
      const output = from?.outbox.shift();
      if (from === undefined || output === undefined) return;
      const passed = this.tamper(from, output);
      if (passed !== null) await this.take(from, passed);
    }
  }

  async take(from: Tab, output: GroupOutput): Promise<void> {
    switch (output.type) {
      case "open_group":
        this.epoch = 0;
        this.members = [from];
        return;
      case "application":
        for (const member of this.members) {
          if (member !== from) await member.hear({ type: "application", epoch: output.epoch, message: output.message });
        }
        return;
      case "refuse_return":
        this.refusedReturns.push(output.participant);
        return;
      case "refuse_commit":
        await this.#refused(from, output.epoch);
        return;
      case "commit":
        await this.#commit(from, output);
    }
  }

  async #commit(from: Tab, change: Extract<GroupOutput, { type: "commit" }>): Promise<void> {
    if (change.epoch !== this.epoch) {
      await from.hear({ type: "stale_epoch", epoch: this.epoch ?? 0 });
      return;
    }
    this.members = this.members.filter(({ participant }) => !change.removes.includes(participant));
    this.epoch = change.epoch + 1;
    this.#last = { epoch: change.epoch, sender: from, refusedBy: new Set() };
    for (const member of this.members) {
      await member.hear({ type: "commit", epoch: change.epoch, commit: change.commit });
    }
    for (const admitted of change.admits) {
      const tab = this.tabs.find(({ participant }) => participant === admitted);
      if (tab === undefined || change.welcome === null) continue;
      this.members.push(tab);
      await tab.hear({ type: "welcome", welcome: change.welcome });
    }
  }

  /** Once all who have to follow a commit refuse it, it is taken back and its sender is out. */
  async #refused(from: Tab, epoch: number): Promise<void> {
    const last = this.#last;
    if (last?.epoch !== epoch || from === last.sender) return;
    last.refusedBy.add(from);
    const others = this.members.filter((member) => member !== last.sender);
    if (!others.every((member) => last.refusedBy.has(member))) return;
    [this.epoch, this.members, this.#last] = [epoch, others, null];
    for (const member of others) await member.hear({ type: "stale_epoch", epoch });
    for (const member of others) await member.hear({ type: "gone", participant: last.sender.participant });
  }

  async pass(milliseconds: number): Promise<void> {
    this.clock.pass(milliseconds);
    // Timers queue their steps in the groups; an empty step behind them waits for all.
    for (const tab of this.tabs) await tab.hear({ type: "resumed" });
    await this.settle();
  }
}

export const LEE = "0190a000-0000-7000-8000-0000000000a1";
export const ANA = "0190a000-0000-7000-8000-0000000000b1";
export const TOM = "0190a000-0000-7000-8000-0000000000c1";
