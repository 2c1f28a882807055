// One visit's encryption group as this browser lives it: who is in comes from here and from nowhere else. The server's
// messages come in by `handle`, strictly one after the other; what we want said goes out by `outside.emit`.
import type { GroupInput, GroupOutput, GroupPerson, Role, ToWorker, Tracks, WaitingLine } from "../../messages";
import type { ApplicationEvent, CommitEvent, Member, Roster, RosterMember } from "../../wasm/curtain_e2ee";
import type { Sender } from "../frames/key-ring";
import { CommitQueue } from "./commit-queue";
import * as jobs from "./jobs";
import { type Leaf, makeLeaf, nameIsPrivate, ROLE_CODES } from "./leaf";
import type { Outside, Self } from "./outside";
import { decodePayload, encodePayload, type Payload } from "./payload";
import { KnownDevices } from "../safety/known-devices";
import { SpokenCode } from "../safety/spoken-code";
import { Rekey } from "./rekey";
import { uuidBytes, uuidText } from "./uuid";

/**
 * A leaf made in the lobby is used if this young. An older one could lose to a leaf that another tab of the same person
 * made since (rule R2 takes only later ones), and a new one costs less than the socket takes to open.
 */
const LEAF_FRESH_MS = 5_000;
/** How long a clinician who comes back waits to be taken back before opening a new group. */
const RETURN_WITHIN_MS = 6_000;
/** Our leaf gets new keys this often, so that a stolen state is worth little for long. Staggered by leaf. */
const UPDATE_EVERY_MS = 10 * 60_000;
const UPDATE_STAGGER_MS = 5_000;
/** The server says that the group has moved on and brings nothing that we could follow: so long, then we say so. */
const LEFT_BEHIND_AFTER_MS = 5_000;
/** If whose turn it is to commit does nothing, the next one does after this. */
const TURN_MS = 2_000;

const CONTEXTS = [0, 1, 2] as const;

type Input<T extends GroupInput["type"]> = Extract<GroupInput, { type: T }>;

/** What the page wants of the group; the rest is about transforms. */
type GroupWish = Exclude<ToWorker, { type: "prepare" | "release" | "count" }>;

export class Group {
  readonly #self: Self;
  readonly #outside: Outside;
  readonly #queue: CommitQueue;
  readonly #rekey: Rekey;
  #work: Promise<void> = Promise.resolve();
  #leaf: Leaf | null = null;
  #wasHere = false;
  /** The machine while we are in the group, with what it last said of it. */
  #member: Member | null = null;
  #roster: Roster | null = null;
  #participants = new Map<string, string>();
  #present = new Set<string>();
  #me: string | null = null;
  #waiting = new Map<string, WaitingLine>();
  #tracks: Tracks = { microphone: false, camera: false, screen: false };
  readonly #known: KnownDevices;
  readonly #code: SpokenCode;
  #awaitingReturn: (() => void) | null = null;
  #nextUpdate: (() => void) | null = null;
  #leftBehind: (() => void) | null = null;

  constructor(self: Self, outside: Outside) {
    this.#self = self;
    this.#outside = outside;
    this.#known = new KnownDevices(outside.memory);
    this.#code = new SpokenCode({
      member: () => this.#member,
      send: (message) => {
        this.#sendSealed(message);
      },
      show: (safety) => {
        outside.emit({ type: "safety_code", safety });
      },
      now: () => outside.now(),
      later: (milliseconds, action) =>
        outside.later(milliseconds, () => {
          void this.#run(action);
        }),
    });
    this.#queue = new CommitQueue({
      send: (change) => {
        this.#send(change);
      },
      epoch: () => this.#roster?.epoch ?? 0,
      clearPending: () => this.#member?.clear_pending(),
      later: (milliseconds, action) => outside.later(milliseconds, action),
    });
    this.#rekey = new Rekey({
      switchSending: () => {
        this.#switchSending();
      },
      freshPicture: () => {
        outside.freshPicture();
      },
      retireBefore: (epoch) => {
        outside.receiveKeys.retireBefore(epoch);
      },
      sayReady: (epoch) => {
        this.#say({ kind: "ready", epoch });
      },
      later: (milliseconds, action) => outside.later(milliseconds, action),
    });
  }

  /** Makes a leaf ahead of time, while people are in the lobby. */
  prepare(): Promise<void> {
    return this.#run(async () => {
      this.#leaf ??= await makeLeaf(this.#self, this.#outside);
    });
  }

  handle(message: GroupWish): Promise<void> {
    return this.#run(() => this.#handle(message));
  }

  #run(step: () => void | Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((problem: unknown) => {
      this.#fail(typeof problem === "string" ? problem : "unexpected");
    });
    return this.#work;
  }

  #handle(message: GroupWish): void | Promise<void> {
    switch (message.type) {
      case "arrive":
        return this.#arrive();
      case "server":
        return this.#server(message.input);
      case "admit":
        this.#admit(message.participant);
        return;
      case "remove":
        this.#addRemoval(message.person);
        return;
      case "chat":
        this.#say({ kind: "chat", text: message.text }, message.id);
        return;
      case "tracks":
        this.#tracks = message.tracks;
        this.#say({ kind: "tracks", tracks: message.tracks });
        return;
      case "judge_code":
        this.#judge(message.code, message.verdict);
        return;
      case "try_code_again":
        this.#code.tryAgain();
    }
  }

  #server(input: GroupInput): void | Promise<void> {
    switch (input.type) {
      case "placed":
        return this.#placed(input);
      case "people":
        return this.#people(input);
      case "waiting":
        this.#waiting = new Map(input.people.map((who) => [who.participant, who]));
        return;
      case "return":
        this.#takeBack(input);
        return;
      case "return_refused":
        return this.#self.role === "clinician" ? this.#openGroup() : undefined;
      case "commit":
        this.#commit(input);
        return;
      case "stale_epoch":
        // Also the end of a commit that nobody followed: the group stands where we do.
        if (this.#roster !== null && input.epoch > this.#roster.epoch) this.#fallBehind();
        else this.#catchUp();
        this.#queue.stale(input.epoch);
        return;
      case "welcome":
        return this.#welcome(input.welcome);
      case "application":
        this.#application(input);
        return;
      case "gone":
        this.#gone(input.participant);
        return;
      case "resumed":
        this.#queue.resumed();
        return;
      case "refused":
        this.#queue.serverRefused();
    }
  }

  async #arrive(): Promise<void> {
    this.#forget();
    const old = this.#leaf;
    const fresh = old !== null && this.#outside.now() - old.madeAt < LEAF_FRESH_MS;
    const leaf = fresh ? old : await makeLeaf(this.#self, this.#outside);
    if (!fresh) old?.member.free();
    this.#leaf = leaf;
    this.#outside.emit({ type: "key_package", keyPackage: leaf.keyPackage });
    // Not when the tab was opened: another tab of this browser may have been in the visit since. Not before the leaf is
    // on its way either: what it is answered with waits for this step.
    this.#wasHere ||= await this.#outside.memory.wasIn(this.#self.visit, this.#self.person);
  }

  async #placed(input: Input<"placed">): Promise<void> {
    this.#me = input.participant;
    if (this.#self.role !== "clinician") return;
    if (input.group === null || !input.returning) await this.#openGroup();
    else {
      this.#awaitingReturn = this.#outside.later(RETURN_WITHIN_MS, () => void this.#run(() => this.#openGroup()));
    }
  }

  async #people(input: Input<"people">): Promise<void> {
    this.#participants = new Map(input.people.map((who) => [who.participant, who.person]));
    const present = new Set(
      input.present.flatMap((participant) => {
        const person = this.#participants.get(participant);
        return person === undefined ? [] : [person];
      }),
    );
    for (const { person } of this.#others()) this.#presence(person, present.has(uuidText(person)));
    this.#present = present;
    const nobodyElse = [...present].every((person) => person === this.#self.person);
    if (this.#awaitingReturn !== null && nobodyElse) await this.#openGroup();
    const others = input.people.map(({ person }) => person).filter((person) => person !== this.#self.person);
    await this.#known.recall(others, () => this.#member ?? this.#leaf?.member ?? null);
  }

  #presence(person: Uint8Array, here: boolean): void {
    if (this.#present.has(uuidText(person)) === here) return;
    if (here) this.#member?.report_back(person);
    else this.#member?.report_gone(person, this.#outside.now());
  }

  /** The first group of the visit, or a fresh one when there is no way back into the old. */
  async #openGroup(): Promise<void> {
    this.#stopAwaiting();
    if (this.#member !== null || this.#leaf === null) return;
    const { member } = this.#leaf;
    const coHosts = this.#self.coHosts.map(uuidBytes);
    const listed = new Uint8Array(coHosts.length * 16);
    coHosts.forEach((person, i) => {
      listed.set(person, 16 * i);
    });
    this.#code.begin(member);
    const now = this.#outside.now();
    const groupId = member.create_group(await this.#outside.sign(member.policy_to_sign(now, listed)), now);
    this.#send({ type: "open_group", groupId });
    this.#enter(member, member.roster());
  }

  #welcome(welcome: Uint8Array): void | Promise<void> {
    this.#stopAwaiting();
    if (this.#member !== null || this.#leaf === null) return;
    const { member } = this.#leaf;
    try {
      if (this.#wasHere) member.expect_return();
      this.#code.begin(member);
      this.#enter(member, member.join(welcome, this.#outside.now()));
    } catch (refusal) {
      if (this.#self.role === "clinician") return this.#openGroup();
      throw refusal;
    }
  }

  #enter(member: Member, roster: Roster): void {
    this.#member = member;
    this.#leaf = null;
    this.#roster = roster;
    this.#wasHere = true;
    void this.#outside.memory.rememberVisit(this.#self.visit, this.#self.person, this.#outside.now());
    this.#installKeys();
    const others = this.#others();
    this.#rekey.begin(roster.epoch, others.length === 0);
    this.#introduce();
    this.#planUpdate();
    this.#tell();
    this.#code.look();
  }

  #commit({ epoch, commit }: Input<"commit">): void {
    if (this.#member === null) return;
    let event: ReturnType<Member["process"]>;
    try {
      event = this.#member.process(commit, this.#outside.now());
    } catch (refusal) {
      this.#refuse(String(refusal), epoch);
      return;
    }
    if (event.kind === "removed") {
      this.#forget();
      this.#outside.emit({ type: "outside" });
    } else if (event.kind === "commit") this.#advance(event);
  }

  /**
   * A change that breaks the rules, or that nobody in the group made, changes nothing here and is shown. The server hears
   * of it: when all of us refuse, it takes the change back. If the others follow it we are alone from then on, and find
   * out.
   */
  #refuse(code: string, epoch: number): void {
    // An echo that a resume brought again.
    if (code === "stale") return;
    if (code === "epoch_ahead") this.#fallBehind();
    else {
      this.#outside.emit({ type: "commit_refused", code });
      this.#send({ type: "refuse_commit", epoch });
    }
  }

  #fallBehind(): void {
    this.#leftBehind ??= this.#outside.later(LEFT_BEHIND_AFTER_MS, () => {
      this.#fail("epoch_ahead", "left_behind");
    });
  }

  #catchUp(): void {
    this.#leftBehind?.();
    this.#leftBehind = null;
  }

  #advance(event: CommitEvent): void {
    this.#catchUp();
    this.#roster = event.roster;
    this.#installKeys();
    const newcomers = new Set(event.added.map(uuidText));
    const awaited = (person: string): boolean => this.#present.has(person) && !newcomers.has(person);
    const others = this.#others().filter(({ person }) => awaited(uuidText(person)));
    this.#rekey.advance(event.epoch, {
      cause: event.cause,
      others: others.map(({ leaf }) => leaf),
      newcomers: newcomers.size > 0,
    });
    if (newcomers.size > 0) this.#introduce();
    if (event.own) this.#planUpdate();
    this.#tell();
    this.#code.look();
    this.#queue.committed(event.own);
  }

  #application({ epoch, message }: Input<"application">): void {
    if (this.#member === null || this.#roster === null) return;
    let event: ReturnType<Member["process"]>;
    try {
      event = this.#member.process(message, this.#outside.now());
    } catch (refusal) {
      // Too late, or a second time: what can't be opened is not said. Anybody can claim an epoch ahead in the clear
      // header of one message; only when the server counts so too have the others really gone on without us.
      if (refusal === "epoch_ahead" && epoch > this.#roster.epoch) this.#fallBehind();
      return;
    }
    if (event.kind === "application") this.#heard(event);
    else if (event.kind === "safety_code") this.#code.look();
  }

  #heard(event: ApplicationEvent): void {
    const payload = decodePayload(event.payload);
    const person = uuidText(event.person);
    switch (payload?.kind) {
      case "chat":
        this.#outside.emit({ type: "chat", person, text: payload.text });
        return;
      case "hello":
        this.#roster = this.#member?.roster() ?? null;
        this.#tell();
        return;
      case "ready":
        this.#rekey.ready(event.leaf, payload.epoch);
        return;
      case "tracks":
        this.#outside.emit({ type: "tracks", person, tracks: payload.tracks });
        return;
      case "code_differs":
        this.#code.differsFor(person, payload);
    }
  }

  /** What was compared is known from now on; the others hear of a difference, in case it was only misread. */
  #judge(code: string, verdict: "matches" | "different"): void {
    const member = this.#member;
    if (member === null || !this.#code.judge(code, verdict)) return;
    const { members } = member.roster();
    if (verdict === "matches") {
      this.#known.confirm(members, member);
      this.#roster = member.roster();
    } else {
      this.#known.distrust(members);
      this.#say({ kind: "code_differs", ...this.#code.round });
    }
    this.#tell();
  }

  /** Whoever is next in the clinician-first order of those connected commits the Remove; the others a turn later each. */
  #gone(participant: string): void {
    const person = this.#participants.get(participant);
    const leaf = person === undefined ? undefined : this.#find(person);
    if (person === undefined || leaf === undefined) return;
    this.#member?.report_gone(leaf.person, this.#outside.now());
    const candidates = [...(this.#roster?.members ?? [])]
      .filter((member) => member.me || this.#present.has(uuidText(member.person)))
      .sort((a, b) => Number(b.role === ROLE_CODES.clinician) - Number(a.role === ROLE_CODES.clinician));
    const turn = candidates.filter((member) => member.leaf !== leaf.leaf).findIndex((member) => member.me);
    this.#inTurn(turn, () => {
      this.#addRemoval(person, leaf.leaf_key);
    });
  }

  #takeBack(input: Input<"return">): void {
    const leaf = this.#find(input.person);
    if (leaf === undefined) return;
    this.#inTurn(input.turn, () => {
      this.#queue.add(
        jobs.taking({
          back: input,
          member: () => this.#member,
          stillThere: () => this.#hasLeaf(input.person, leaf.leaf_key),
          now: () => this.#outside.now(),
          refuse: () => {
            this.#send({ type: "refuse_return", participant: input.participant });
          },
        }),
      );
    });
  }

  #inTurn(turn: number, action: () => void): void {
    const member = this.#member;
    if (turn <= 0) action();
    else {
      this.#outside.later(turn * TURN_MS, () => {
        if (this.#member === member) action();
      });
    }
  }

  #admit(participant: string): void {
    const refused = (code: string): void => {
      this.#outside.emit({ type: "admit_refused", participant, code });
    };
    const pressed = this.#waiting.get(participant);
    if (this.#member === null) refused("not_in_group");
    else if (pressed === undefined) refused("not_waiting");
    else {
      this.#queue.add(
        jobs.admission({
          participant,
          pressed,
          member: () => this.#member,
          keyPackage: () => this.#waiting.get(participant)?.keyPackage ?? null,
          now: () => this.#outside.now(),
          refused,
        }),
      );
    }
  }

  #addRemoval(person: string, leafKey?: Uint8Array): void {
    const leaf = this.#find(person);
    const participant = [...this.#participants].find(([, other]) => other === person)?.[0];
    if (leaf === undefined || participant === undefined) return;
    const key = leafKey ?? leaf.leaf_key;
    this.#queue.add(
      jobs.removal({
        participant,
        person: leaf.person,
        member: () => this.#member,
        stillThere: () => this.#hasLeaf(person, key),
        now: () => this.#outside.now(),
      }),
    );
  }

  #planUpdate(): void {
    this.#nextUpdate?.();
    const own = this.#roster?.members.find((member) => member.me)?.leaf ?? 0;
    this.#nextUpdate = this.#outside.later(UPDATE_EVERY_MS + own * UPDATE_STAGGER_MS, () => {
      this.#queue.add(jobs.update({ member: () => this.#member, now: () => this.#outside.now() }));
      this.#planUpdate();
    });
  }

  /** What newcomers need to know of us and can't learn from the credential. */
  #introduce(): void {
    if (this.#others().length === 0) return;
    if (nameIsPrivate(this.#self.role)) this.#say({ kind: "hello", name: this.#self.name });
    this.#say({ kind: "tracks", tracks: this.#tracks });
  }

  #say(payload: Payload, chat: number | null = null): void {
    if (this.#member === null || this.#roster === null) return;
    this.#sendSealed(this.#member.seal(encodePayload(payload)), chat);
  }

  #sendSealed(message: Uint8Array, chat: number | null = null): void {
    if (this.#roster !== null) this.#send({ type: "application", epoch: this.#roster.epoch, message, chat });
  }

  #installKeys(): void {
    const [member, roster] = [this.#member, this.#roster];
    if (member === null || roster === null) return;
    const keys = this.#others().flatMap(({ person, leaf }) =>
      CONTEXTS.map((context) => {
        const sender: Sender = { person: uuidText(person), leaf, context };
        return { sender, raw: member.frame_key(leaf, context) };
      }),
    );
    this.#outside.receiveKeys.install(roster.epoch, keys);
  }

  #switchSending(): void {
    const [member, roster] = [this.#member, this.#roster];
    const own = roster?.members.find(({ me }) => me);
    if (member === null || roster === null || own === undefined) return;
    const keys = new Map(CONTEXTS.map((context) => [context as number, member.frame_key(own.leaf, context)]));
    this.#outside.sendKeys.use(roster.group_id.join("."), roster.epoch, keys);
  }

  #tell(): void {
    const [member, roster] = [this.#member, this.#roster];
    if (member === null || roster === null) return;
    this.#known.meet(roster.members);
    const people: GroupPerson[] = roster.members.map((one) => ({
      person: uuidText(one.person),
      leaf: one.leaf,
      name: one.me ? this.#self.name : one.name,
      role: roleOf(one),
      self: one.me,
      admits: one.admits,
      certified: one.certified,
      changedDevice: one.changed_device,
    }));
    this.#outside.emit({ type: "group", epoch: roster.epoch, people, longCode: member.long_code() });
  }

  #others(): RosterMember[] {
    return this.#roster?.members.filter(({ me }) => !me) ?? [];
  }

  #find(person: string): RosterMember | undefined {
    return this.#roster?.members.find((member) => uuidText(member.person) === person);
  }

  #hasLeaf(person: string, leafKey: Uint8Array): boolean {
    const now = this.#find(person)?.leaf_key;
    return now !== undefined && now.every((byte, i) => byte === leafKey[i]);
  }

  #send(output: GroupOutput): void {
    this.#outside.emit({ type: "send", output });
  }

  #stopAwaiting(): void {
    this.#awaitingReturn?.();
    this.#awaitingReturn = null;
  }

  /** Out of the group: no key and no plan of it is kept. */
  #forget(): void {
    this.#stopAwaiting();
    this.#catchUp();
    this.#nextUpdate?.();
    this.#nextUpdate = null;
    this.#queue.clear();
    this.#rekey.stop();
    this.#code.end();
    this.#outside.receiveKeys.clear();
    this.#outside.sendKeys.clear();
    this.#member?.free();
    this.#member = null;
    this.#roster = null;
  }

  #fail(code: string, failure: "not_joined" | "left_behind" = "not_joined"): void {
    this.#forget();
    this.#outside.emit({ type: "failed", failure, code });
  }
}

function roleOf(member: RosterMember): Role {
  const found = (Object.keys(ROLE_CODES) as Role[]).find((role) => ROLE_CODES[role] === member.role);
  return found ?? "guest";
}
