// One visit on the screen: finds out what it is, holds the lobby's devices and the session, and says which screen to
// show. Everything about media and encryption is behind VisitControls.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Me, Person, Visit } from "../api/types";
import type { Devices } from "../call/devices";
import type { VisitControls, VisitFailure, VisitPhase, VisitSessionOptions, VisitView } from "../call/view";
import { words } from "../i18n";
import type { VisitIdentity } from "./identity/visit-identity";

export type VisitScreen =
  | "loading"
  | "unreachable"
  | "not_found"
  | "cancelled"
  | "practice_changed"
  | "practice_missing"
  | "not_certified"
  | "lobby"
  | "waiting"
  | "in_visit"
  | "declined"
  | "removed"
  | "taken_over"
  | "ended"
  | "left"
  | VisitFailure;

/** Makes the media part; it is loaded only when a visit opens, so that the first page stays small. */
export interface CallParts {
  devices(): Devices;
  session(options: VisitSessionOptions): VisitControls;
  /** Whether this browser knows the practice, and the practice this browser. */
  identify(): Promise<VisitIdentity>;
  /** From now on this is the practice's key for this browser: the person compared its code. */
  acceptPracticeKey(key: Uint8Array): Promise<void>;
}

const SCREEN_OF: Readonly<Record<VisitPhase, VisitScreen>> = {
  lobby: "lobby",
  connecting: "waiting",
  waiting: "waiting",
  joining: "waiting",
  in_visit: "in_visit",
  declined: "declined",
  removed: "removed",
  taken_over: "taken_over",
  ended: "ended",
  left: "left",
  failed: "encryption_failed",
};

/** Nobody gets past these, where the practice has a key. */
const STOPS = { changed: "practice_changed", missing: "practice_missing", unconfirmed: "not_certified" } as const;

type Stopped = (typeof STOPS)[keyof typeof STOPS] | "unsupported_browser";
type Early = "loading" | "unreachable" | "not_found" | "cancelled" | "ended" | Stopped;

/** Web Crypto's word for an algorithm that it lacks. */
const lacksEd25519 = (error: unknown): boolean => error instanceof DOMException && error.name === "NotSupportedError";

export class VisitModel {
  visit = $state.raw<Visit | null>(null);
  view = $state.raw<VisitView | null>(null);
  devices = $state.raw<Devices | null>(null);
  /** Has been in the visit: what follows is a return, not a first arrival. */
  joined = $state(false);

  identity = $state.raw<VisitIdentity | null>(null);

  #early = $state<Early | null>("loading");
  #parts: CallParts | null = null;
  #disposed = false;
  /** What the person wants on, over every return to the visit: who switched the camera off is not shown by coming back. */
  readonly #wish = { camera: true, microphone: true };
  session: VisitControls | null = null;

  constructor(
    private readonly api: Pick<Api, "visit" | "addColleague" | "colleagues">,
    private readonly id: string,
    private readonly me: Me,
    private readonly load: () => Promise<CallParts>,
    private readonly sessionEnded: () => void,
  ) {}

  get screen(): VisitScreen {
    if (this.#early !== null) return this.#early;
    if (this.view === null) return "loading";
    return this.view.failure ?? SCREEN_OF[this.view.phase];
  }

  /** Runs the visit or helps to run it: no lobby, straight in. */
  get isStaff(): boolean {
    return this.visit?.my_role === "clinician" || this.visit?.my_role === "co_host";
  }

  get isHost(): boolean {
    return this.visit?.my_role === "clinician";
  }

  /** Whom this person comes to see. */
  get otherName(): string {
    const visit = this.visit;
    if (visit === null) return "";
    return visit.my_role === "clinician" ? visit.patient.name : visit.clinician.name;
  }

  async open(): Promise<void> {
    this.#early = "loading";
    try {
      const visit = await this.api.visit(this.id);
      this.visit = visit;
      if (visit.state === "ended") this.#early = "ended";
      else if (visit.state === "cancelled" || visit.state === "no_show") this.#early = "cancelled";
      else await this.#prepare();
    } catch (error) {
      if (lacksEd25519(error)) {
        this.#early = "unsupported_browser";
        return;
      }
      // Somebody signed out sees the sign-in screen instead; a foreign visit looks like a missing one.
      const { code } = Problem.of(error);
      this.#early = code === "not_found" || code === "forbidden" || code === "unexpected" ? "not_found" : "unreachable";
    }
  }

  async #prepare(): Promise<void> {
    this.#parts ??= await this.load();
    const identity = await this.#parts.identify();
    if (this.#disposed) return;
    this.identity = identity;
    if (identity.kind !== "confirmed") {
      this.#early = STOPS[identity.kind];
      return;
    }
    this.#connect(this.#parts);
    this.#early = null;
    this.session?.prepare();
    if (this.isStaff) {
      this.#open();
      this.session?.start();
    }
  }

  /** The code that this person's administrator, or the practice on the phone, reads out. */
  get codeToCompare(): string | null {
    return this.identity !== null && "code" in this.identity ? this.identity.code : null;
  }

  /** Whether the practice has a key, so that it vouches for its clinicians. */
  get practiceKnown(): boolean {
    return this.identity?.kind === "confirmed" && this.identity.practice.key !== null;
  }

  /** The practice read the same code out over the phone: its new key counts from now on. */
  async acceptPracticeKey(): Promise<void> {
    if (this.identity?.kind !== "changed" || this.#parts === null) return;
    await this.#parts.acceptPracticeKey(this.identity.key);
    await this.open();
  }

  #open(): void {
    void this.devices?.open({ ...this.#wish });
  }

  #connect(parts: CallParts): void {
    const { visit, identity } = this;
    if (visit === null || identity?.kind !== "confirmed") return;
    const devices = parts.devices();
    const session = parts.session({
      visitId: visit.id,
      me: { person: this.me.person, name: this.me.name },
      myRole: visit.my_role,
      coHosts: visit.colleagues.map((colleague) => colleague.person),
      devices,
      practice: identity.practice,
    });
    this.devices = devices;
    this.session = session;
    session.subscribe((view) => {
      if (this.session !== session) return;
      this.view = view;
      if (view.phase === "in_visit") this.joined = true;
      if (view.failure === "session_expired") this.sessionEnded();
    });
  }

  /** From the lobby, where the devices were opened already, or with sound only. */
  join({ camera }: { camera: boolean }): void {
    this.#wish.camera = camera;
    this.session?.start();
  }

  setCamera(on: boolean): void {
    this.#wish.camera = on;
    this.session?.setCamera(on);
  }

  setMicrophone(on: boolean): void {
    this.#wish.microphone = on;
    this.session?.setMicrophone(on);
  }

  /** Back in without the lobby: after leaving, a failure, another tab, being declined or removed. */
  async again(): Promise<void> {
    const { phase } = this.view ?? {};
    if (this.#parts === null) return this.open();
    if (phase === "left" || phase === "failed") {
      this.session?.dispose();
      this.session = null;
      this.#connect(this.#parts);
    }
    this.#open();
    if (phase === "taken_over") this.session?.takeBack();
    else this.session?.start();
  }

  async colleagues(): Promise<Person[]> {
    const invited = new Set(this.visit?.colleagues.map((colleague) => colleague.person));
    return (await this.api.colleagues()).filter(({ person }) => !invited.has(person) && person !== this.me.person);
  }

  /** A sentence when it was refused. */
  async invite(person: string): Promise<string | null> {
    try {
      this.visit = await this.api.addColleague(this.id, person);
      return null;
    } catch (error) {
      return words(Problem.of(error));
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.session?.dispose();
    this.session = null;
  }
}
