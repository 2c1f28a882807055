// One visit in this browser, from the lobby to the end: joins the server's messages, the worker's group, the media and
// the devices, and shows the screens one immutable view. All decisions about who is in are the worker's.
import type { FromWorker, GroupOutput, GroupPerson, Tracks, WorkerFailure } from "../e2ee/messages";
import { toBase64 } from "../signalling/base64";
import { Connection, type Verdict } from "../signalling/connection";
import type { PersonInVisit, ServerMessage } from "../signalling/protocol.gen";
import { Announcer } from "./announcer";
import { canSeal, E2eeClient } from "./e2ee-client";
import { ChatLines } from "./room/chat-lines";
import { Door } from "./room/door";
import { Notices } from "./room/notices";
import { Safety } from "./room/safety";
import { Tiles } from "./tiles";
import { clientMessage, groupInput } from "./translate";
import type { VisitControls, VisitFailure, VisitPhase, VisitSessionOptions, VisitView } from "./view";
import { askServer, socketAddress } from "./visit-address";
import { VisitMedia } from "./media/visit-media";

/** Tries to reach the server for the first time: about fifteen seconds. Later ones go on for ever. */
const FIRST_TRIES = 6;
/** What a sealed chat message may hold (Limits::APPLICATION_BYTES with room to spare). */
const CHAT_CHARACTERS = 4_000;
/** Removed from the group without a word why: the server's reason should be here by now; else ask to come back. */
const REASON_WITHIN_MS = 1_500;

/** Nobody sees that the screen after *Join* comes this much later; longer and a press would feel unanswered. */
const DRAWN_AFTER_MS = 15;

/** What people are told of a worker that can't go on. */
const FAILURES: Readonly<Record<WorkerFailure, VisitFailure>> = {
  not_loaded: "encryption_failed",
  unsupported_browser: "unsupported_browser",
  not_joined: "encryption_failed",
  left_behind: "not_private",
};

/** Refusals that are about who somebody is: another practice, or a device that the practice does not vouch for. */
const NOT_CONFIRMED: ReadonlySet<string> = new Set([
  "other_practice",
  "bad_practice_signature",
  "not_certified",
  "certificate_expired",
  "device_revoked",
  "role_not_certified",
  "other_clinician",
]);

/** What is read out when *Admit* did nothing. */
const ADMIT_ANNOUNCED = {
  unconfirmed: "admit_refused",
  not_taken: "admit_failed",
  other_practice: "admit_not_confirmed",
  not_certified: "admit_not_confirmed",
} as const;

const later = (milliseconds: number, action: () => void): (() => void) => {
  const timer = setTimeout(action, milliseconds);
  return () => {
    clearTimeout(timer);
  };
};

const FINAL: ReadonlySet<VisitPhase> = new Set(["declined", "removed", "taken_over", "ended", "left", "failed"]);

export class VisitSession implements VisitControls {
  readonly #options: VisitSessionOptions;
  readonly #listeners = new Set<(view: VisitView) => void>();
  readonly #tiles = new Tiles();
  readonly #announcer = new Announcer();
  readonly #stopDevices: () => void;
  #e2ee: E2eeClient | null = null;
  #media: VisitMedia | null = null;
  #connection: Connection | null = null;
  #phase: VisitPhase = "lobby";
  #failure: VisitFailure | null = null;
  #online = false;
  #wasPlaced = false;
  #groupWasOpen = false;
  #restarted = false;
  #everyone: readonly PersonInVisit[] = [];
  #present: ReadonlySet<string> = new Set();
  readonly #door = new Door();
  #group: readonly GroupPerson[] = [];
  #longCode: string | null = null;
  readonly #safety = new Safety();
  readonly #tracks = new Map<string, Tracks>();
  readonly #notices = new Notices(this.#announcer, () => {
    this.#changed();
  });
  readonly #chat = new ChatLines({
    give: (id, text) => this.#e2ee?.post({ type: "chat", id, text }),
    online: () => this.#online,
    changed: () => {
      this.#changed();
    },
    later,
  });
  #saidTracks = "";
  #scheduled = false;
  /** What was on when the devices were stopped. */
  #hadOn = { microphone: false, camera: false };

  constructor(options: VisitSessionOptions) {
    this.#options = options;
    this.#stopDevices = options.devices.subscribe(() => {
      this.#devicesChanged();
    });
    globalThis.addEventListener("online", this.#onNetwork);
    globalThis.addEventListener("offline", this.#onNetwork);
  }

  subscribe(listener: (view: VisitView) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#view());
    return () => this.#listeners.delete(listener);
  }

  prepare(): void {
    if (this.#e2ee !== null) return;
    if (!canSeal()) {
      this.#fail("unsupported_browser");
      return;
    }
    const { visitId, me, myRole, coHosts, devices, practice } = this.#options;
    const e2ee = new E2eeClient((message) => {
      this.#fromWorker(message);
    });
    this.#e2ee = e2ee;
    e2ee.post({
      type: "prepare",
      visit: visitId,
      person: me.person,
      role: myRole,
      name: me.name,
      coHosts: [...coHosts],
      practice,
    });
    this.#media = new VisitMedia(e2ee, devices, {
      send: (message) => {
        if (message.type === "restart_media") this.#connection?.doubt();
        this.#connection?.send(message, message.type === "answer" ? "ahead" : "once");
      },
      changed: () => {
        this.#changed();
      },
      leak: () => {
        this.#fail("not_private");
      },
    });
    this.#devicesChanged();
    // Open already when Join is pressed: nobody is told of a socket that has not arrived.
    this.#connection = this.#connect();
    this.#connection.open();
  }

  start(): void {
    this.prepare();
    if (this.#e2ee === null || (this.#phase !== "lobby" && !FINAL.has(this.#phase))) return;
    if (this.#connection === null) this.#connection = this.#connect();
    // What an end had stopped is on again as it was.
    void this.#options.devices.open(this.#hadOn);
    this.#hadOn = { microphone: false, camera: false };
    this.#failure = null;
    this.#wasPlaced = false;
    this.#restarted = false;
    this.#leaveGroup();
    this.#connection.open();
    this.#e2ee.post({ type: "arrive" });
    this.#phase = "connecting";
    // The next screen takes longer to draw than the worker to answer: what it says goes out first.
    setTimeout(() => {
      this.#changed();
    }, DRAWN_AFTER_MS);
  }

  admit(participant: string): void {
    this.#e2ee?.post({ type: "admit", participant });
  }

  decline(participant: string): void {
    this.#connection?.send({ type: "decline", participant }, "once");
  }

  remove(person: string): void {
    this.#e2ee?.post({ type: "remove", person });
  }

  endVisit(): void {
    this.#connection?.send({ type: "end_visit" }, "once");
  }

  leave(): void {
    if (FINAL.has(this.#phase)) return;
    this.#connection?.send({ type: "leave" }, "once");
    this.#finish("left");
  }

  setMicrophone(on: boolean): void {
    void this.#options.devices.setMicrophone(on);
  }

  setCamera(on: boolean): void {
    void this.#options.devices.setCamera(on);
  }

  shareScreen(on: boolean): void {
    void this.#options.devices.setScreen(on);
  }

  sendChat(text: string): void {
    const trimmed = text.trim().slice(0, CHAT_CHARACTERS);
    if (trimmed === "" || this.#phase !== "in_visit") return;
    this.#chat.write(this.#options.me.person, this.#options.me.name, trimmed);
  }

  sendAgain(line: number): void {
    this.#chat.again(line);
  }

  judgeCode(code: string, verdict: "matches" | "different"): void {
    this.#e2ee?.post({ type: "judge_code", code, verdict });
  }

  tryCodeAgain(): void {
    this.#e2ee?.post({ type: "try_code_again" });
  }

  takeBack(): void {
    if (this.#phase !== "taken_over") return;
    this.start();
  }

  dispose(): void {
    globalThis.removeEventListener("online", this.#onNetwork);
    globalThis.removeEventListener("offline", this.#onNetwork);
    this.#listeners.clear();
    this.#connection?.close();
    this.#dropWorker();
    this.#stopDevices();
    this.#options.devices.dispose();
  }

  readonly #onNetwork = (): void => {
    if (this.#phase !== "lobby" && !FINAL.has(this.#phase)) this.#connection?.reconnect();
  };

  #connect(): Connection {
    const { visitId } = this.#options;
    const connection: Connection = new Connection(
      {
        connect: () => new WebSocket(socketAddress(visitId, location)),
        ask: () => askServer(visitId),
        now: () => performance.now(),
        random: () => Math.random(),
        later,
      },
      {
        message: (message) => {
          if (this.#connection === connection) this.#fromServer(message);
        },
        online: (online) => {
          if (this.#connection === connection) this.#setOnline(online);
        },
        lobby: () => {
          if (this.#connection === connection) this.#prepareMedia();
        },
        needsArrival: () => {
          if (this.#connection === connection) this.#arriveAgain();
        },
        over: (verdict) => {
          if (this.#connection === connection) this.#over(verdict);
        },
        failing: (failures) => {
          const trying = this.#phase === "connecting" && !this.#wasPlaced;
          if (this.#connection === connection && trying && failures >= FIRST_TRIES) {
            this.#fail("server_unreachable");
          }
        },
      },
    );
    return connection;
  }

  /** Joining is quicker with a peer connection that is there already. One of an earlier socket is void. */
  #prepareMedia(): void {
    this.#media?.end();
    this.#connection?.send({ type: "prepare_media" }, "ahead");
  }

  #setOnline(online: boolean): void {
    this.#online = online;
    if (online) this.#wasPlaced = true;
    this.#changed();
  }

  #over(verdict: Exclude<Verdict, "try_again">): void {
    if (verdict === "ended") this.#finish("ended");
    else this.#fail(verdict);
  }

  #fromServer(message: ServerMessage): void {
    this.#toWorker(message);
    switch (message.type) {
      case "placed":
        this.#groupWasOpen = message.group !== null;
        this.#go(message.returning || this.#options.myRole === "clinician" ? "joining" : "waiting");
        return;
      case "resumed":
        this.#media?.resumed();
        return;
      case "people":
        this.#setPeople(message.people, message.present);
        return;
      case "waiting":
        this.#door.set(message.people);
        this.#announcer.waiting(this.#door.people.map(({ who }) => who));
        this.#changed();
        return;
      case "return_refused":
        this.#go(this.#options.myRole === "clinician" ? "joining" : "waiting");
        return;
      case "group_restarted":
        this.#restarted = true;
        this.#announcer.say("room_restarted");
        this.#arriveAgain();
        return;
      case "offer":
        void this.#media?.offer(message.generation, message.sdp, message.slots);
        return;
      case "slots":
        this.#media?.slots(message.generation, message.slots);
        return;
      case "unsealed_media":
        this.#media?.refusedUnsealed();
        return;
      case "taken":
        this.#chat.taken(message.receipt);
        return;
      case "refused":
        if (message.code === "visit_full") this.#fail("visit_full");
        else if (message.code === "visit_ended") this.#finish("ended");
        return;
      case "declined":
      case "removed":
      case "taken_over":
      case "ended":
        this.#finish(message.type);
    }
  }

  #toWorker(message: ServerMessage): void {
    try {
      const input = groupInput(message);
      if (input !== null) this.#e2ee?.post({ type: "server", input });
    } catch {
      // Bytes that are none: as if it had not been said.
    }
  }

  #fromWorker(message: FromWorker): void {
    switch (message.type) {
      case "key_package":
        this.#connection?.arrive(toBase64(message.keyPackage));
        return;
      case "send":
        this.#say(message.output);
        return;
      case "group":
        this.#group = message.people;
        this.#longCode = message.longCode;
        this.#notices.meet(message.people);
        this.#media?.enter();
        // What a former group did not get out waits for somebody to read it.
        if (message.people.some(({ self }) => !self)) this.#chat.give();
        this.#go("in_visit");
        return;
      case "safety_code":
        this.#safety.is(message.safety);
        this.#changed();
        return;
      case "outside":
        this.#leaveGroup();
        this.#go("joining");
        setTimeout(() => {
          if (this.#phase === "joining") this.#arriveAgain();
        }, REASON_WITHIN_MS);
        return;
      case "chat":
        this.#chat.heard(message.person, this.#nameOf(message.person), message.text);
        return;
      case "tracks":
        this.#tracks.set(message.person, message.tracks);
        this.#changed();
        return;
      case "failed":
        this.#fail(NOT_CONFIRMED.has(message.code) ? "not_confirmed" : FAILURES[message.failure]);
        if (message.failure === "not_loaded" || message.failure === "unsupported_browser") this.#dropWorker();
        return;
      case "commit_refused":
        this.#notices.changeRefused();
        return;
      case "admit_refused":
        this.#admitRefused(message.participant, message.code);
        return;
      case "prepared":
        return;
      default:
        this.#media?.worker(message);
    }
  }

  #say(output: GroupOutput): void {
    const chat = output.type === "application" ? output.chat : null;
    // Sealed for a group that we have left since: the next one gets it.
    if (chat !== null && !this.#chat.given(chat)) return;
    const { message, how } = clientMessage(output);
    this.#connection?.send(message, how);
    if (output.type === "open_group" && this.#groupWasOpen) {
      this.#restarted = true;
      this.#announcer.say("room_restarted");
    }
    this.#changed();
  }

  /** The next start loads another. */
  #dropWorker(): void {
    this.#media?.dispose();
    this.#e2ee?.dispose();
    this.#media = null;
    this.#e2ee = null;
  }

  #admitRefused(participant: string, code: string): void {
    const refused = this.#door.refuse(participant, code);
    if (refused === null) return;
    this.#announcer.say(ADMIT_ANNOUNCED[refused.trouble], refused.name);
    this.#changed();
  }

  #setPeople(people: readonly PersonInVisit[], present: readonly string[]): void {
    this.#everyone = people;
    this.#present = new Set(people.filter((who) => present.includes(who.participant)).map(({ person }) => person));
    this.#announcer.present(this.#present);
    this.#changed();
  }

  /** A fresh leaf asks for a place: the old one is void. */
  #arriveAgain(): void {
    this.#leaveGroup();
    this.#e2ee?.post({ type: "arrive" });
    this.#go("connecting");
  }

  #leaveGroup(): void {
    this.#media?.stop();
    this.#announcer.reset();
    this.#notices.forgetNewDevice();
    this.#chat.cutOff();
    this.#group = [];
    this.#longCode = null;
    this.#safety.forget();
    this.#tracks.clear();
    this.#door.clear();
  }

  #devicesChanged(): void {
    const { devices } = this.#options;
    this.#media?.devicesChanged();
    const tracks: Tracks = {
      microphone: devices.view("microphone").on,
      camera: devices.view("camera").on,
      screen: devices.view("screen").on,
    };
    const said = JSON.stringify(tracks);
    if (this.#e2ee !== null && said !== this.#saidTracks) {
      this.#saidTracks = said;
      this.#e2ee.post({ type: "tracks", tracks });
    }
    this.#changed();
  }

  #nameOf(person: string): string {
    return this.#group.find((other) => other.person === person)?.name ?? "";
  }

  #go(phase: VisitPhase): void {
    if (!FINAL.has(this.#phase) || phase === "connecting") this.#phase = phase;
    this.#changed();
  }

  #finish(phase: VisitPhase): void {
    this.#phase = phase;
    this.#connection?.close();
    this.#connection = null;
    this.#leaveGroup();
    this.#media?.end();
    this.#online = false;
    // Who may ask again from here keeps the devices; an end is an end, and the light goes out.
    if (phase === "ended" || phase === "left" || phase === "taken_over") this.#stopSending();
    this.#changed();
  }

  #fail(failure: VisitFailure): void {
    this.#failure = failure;
    this.#finish("failed");
    this.#stopSending();
  }

  #stopSending(): void {
    const { devices } = this.#options;
    this.#hadOn = { microphone: devices.view("microphone").on, camera: devices.view("camera").on };
    for (const kind of ["camera", "microphone", "screen"] as const) devices.stop(kind);
  }

  /** Several things change in one turn; the screens hear of it once. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      // Drawing the visit takes as long as the whole answer; it comes right after.
      if (this.#media?.negotiating === true) return;
      const view = this.#view();
      for (const listener of [...this.#listeners]) listener(view);
    });
  }

  #view(): VisitView {
    const { devices, myRole } = this.#options;
    const host = this.#everyone.find(({ role }) => role === "clinician");
    const reconnecting = !this.#online && this.#wasPlaced && !FINAL.has(this.#phase);
    return {
      phase: this.#phase,
      ...(this.#failure !== null && { failure: this.#failure }),
      connection: reconnecting ? "reconnecting" : "online",
      role: myRole,
      hostPresent: host !== undefined && this.#present.has(host.person),
      hostName: host?.name ?? null,
      waiting: this.#door.view(this.#group),
      people: this.#group.map((one) => ({
        person: one.person,
        name: one.name,
        role: one.role,
        self: one.self,
        leaf: one.leaf,
        connected: one.self ? this.#online : this.#present.has(one.person),
        microphoneOn: one.self ? devices.view("microphone").on : (this.#tracks.get(one.person)?.microphone ?? false),
        certified: one.certified,
        changedDevice: one.changedDevice,
      })),
      tiles: this.#tiles.view({
        people: this.#group,
        tracks: this.#tracks,
        incoming: this.#media?.incoming ?? [],
        preview: devices.preview,
        microphoneOn: devices.view("microphone").on,
        bypassed: this.#media?.bypassed ?? false,
      }),
      microphone: devices.view("microphone"),
      camera: devices.view("camera"),
      screen: devices.view("screen"),
      safety: this.#safety.view(this.#group),
      longCode: this.#longCode,
      groupRestarted: this.#restarted,
      ...this.#notices.view,
      media: this.#media?.state ?? "connecting",
      chat: this.#chat.list,
      announcements: this.#announcer.list,
    };
  }
}
