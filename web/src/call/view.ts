// What a screen may know of a visit: one immutable snapshot, pushed on every change, and the few things a person can do.
// Everything about who is there comes from the encryption group; nothing here is a secret.

import type { Practice } from "../e2ee/messages";
import type { Devices } from "./devices";

/** What somebody is in one visit; the same words as on the wire. */
export type VisitRole = "clinician" | "co_host" | "patient" | "guest" | "interpreter";

/** Where this browser stands. `lobby` until `start()`; the last six are final. */
export type VisitPhase =
  | "lobby"
  | "connecting"
  | "waiting"
  | "joining"
  | "in_visit"
  | "declined"
  | "removed"
  | "taken_over"
  | "ended"
  | "left"
  | "failed";

/** Why `phase` is `failed`. Each is a screen of its own. */
export type VisitFailure =
  | "session_expired"
  | "visit_not_found"
  | "unsupported_browser"
  | "not_private"
  | "server_unreachable"
  | "visit_full"
  /** What we were told of the practice and what others show of it don't fit together. */
  | "not_confirmed"
  | "encryption_failed";

/** What is wrong with a camera, a microphone or a screen share. */
export type DeviceProblem = "blocked" | "none_found" | "in_use" | "insecure" | "unsupported";

export type DeviceView = {
  /** Captured and sent. */
  readonly on: boolean;
  /** Can be switched on, as far as is known. */
  readonly available: boolean;
  readonly problem?: DeviceProblem;
};

/** Somebody in the waiting room; only whoever may admit sees any. */
export type WaitingView = {
  readonly participant: string;
  readonly name: string;
  readonly role: VisitRole;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly connected: boolean;
  /** Somebody who was in already: the private connection could not take this device back by itself. */
  readonly returning: boolean;
  /**
   * Why *Admit* could not be done. `unconfirmed`: the group can't check who this browser belongs to; a reload of theirs
   * may help. `not_taken`: the server would not have it, or we are not in; pressing again may help. `other_practice`: that
   * browser was told another practice key than ours; somebody may be in between. `not_certified`: a colleague's browser
   * that the practice did not confirm, or no longer.
   */
  readonly trouble: "unconfirmed" | "not_taken" | "other_practice" | "not_certified" | null;
};

/** A member of the encryption group. */
export type PersonView = {
  readonly person: string;
  readonly name: string;
  readonly role: VisitRole;
  readonly self: boolean;
  readonly leaf: number;
  /** The connection is up (as the server says; it can lie about no more than this). */
  readonly connected: boolean;
  readonly microphoneOn: boolean;
  /** The practice vouches for the device; staff only. */
  readonly certified: boolean;
  /** This browser knows the person with another device: worth a question. */
  readonly changedDevice: boolean;
};

/**
 * One picture. Every member has a camera tile, with the person's sound in `stream` too; a screen tile is there while
 * somebody shares. Key each by `key`; mute the `<video>` of `self`.
 */
export type TileView = {
  readonly key: string;
  readonly person: string;
  readonly name: string;
  readonly self: boolean;
  readonly kind: "camera" | "screen";
  /** Holds only tracks of which a frame was opened; null while there is none. The object stays the same while it lives. */
  readonly stream: MediaStream | null;
  /** No sound comes from this person: the microphone is off. */
  readonly muted: boolean;
  /**
   * `live`: show the picture. `off`: the person has the camera off. `waiting`: on, but nothing was opened yet.
   * `unverified`: media came that can't be opened or went round the encryption; it is never shown.
   */
  readonly state: "live" | "off" | "waiting" | "unverified";
};

export type ChatView = {
  readonly id: number;
  readonly person: string;
  readonly name: string;
  readonly self: boolean;
  readonly text: string;
  /** Milliseconds since 1970, by this browser's clock. */
  readonly at: number;
  /** `unsent`: the server never confirmed it; offer to send it again. */
  readonly state: "sending" | "sent" | "unsent";
};

/** The SafetyCode (docs/protocol.md). Persons are given by name. */
export type SafetyView = {
  /** `alone`: nobody to compare with. `failed` is no code, never a bad one. */
  readonly state: "alone" | "checking" | "code" | "failed";
  /** Six digits, only in state `code`. */
  readonly code: string;
  readonly why: "no_answer" | "unequal" | "false_reveal" | "two_commitments" | "too_many_rounds" | null;
  /** Who is silent, or to blame as far as that can be known. */
  readonly who: readonly string[];
  /** Who pressed *Try again* and waits for this person to. */
  readonly askedBy: readonly string[];
  readonly canTryAgain: boolean;
  /** What this person said of this very code. */
  readonly verdict: "matches" | "different" | null;
  /** Who says that they were read another code. */
  readonly differs: readonly string[];
};

/** For a polite live region: read each once. */
export type AnnouncementView = {
  readonly id: number;
  readonly kind:
    | "entered"
    | "returned"
    | "left"
    | "lost_connection"
    | "reconnected"
    | "waiting"
    | "room_restarted"
    | "change_refused"
    | "new_device"
    | "admit_refused"
    | "admit_not_confirmed"
    | "admit_failed";
  readonly name: string;
};

/** How media is doing. `refused_unsealed`: the server got media that was not sealed and threw it away. */
export type MediaState = "connecting" | "live" | "weak" | "lost" | "refused_unsealed";

export type VisitView = {
  readonly phase: VisitPhase;
  readonly failure?: VisitFailure;
  readonly connection: "online" | "reconnecting";
  readonly role: VisitRole;
  /** While waiting: the visit's clinician is connected. */
  readonly hostPresent: boolean;
  /** While waiting: the clinician's name as the practice knows it. */
  readonly hostName: string | null;
  readonly waiting: readonly WaitingView[];
  readonly people: readonly PersonView[];
  readonly tiles: readonly TileView[];
  readonly microphone: DeviceView;
  readonly camera: DeviceView;
  readonly screen: DeviceView;
  readonly safety: SafetyView;
  /** Thirty digits; the same on every screen of this visit. */
  readonly longCode: string | null;
  /** The clinician opened a fresh group and the code is new: say so until the next visit. */
  readonly groupRestarted: boolean;
  /** Somebody, or the server, just tried to change who is in the visit against its rules. Nothing changed; say so. */
  readonly changeRefused?: true;
  /** Somebody just turned out to use another device than last time: their name, for a moment. */
  readonly newDevice?: string;
  readonly media: MediaState;
  readonly chat: readonly ChatView[];
  /** The newest twenty. */
  readonly announcements: readonly AnnouncementView[];
};

/** What `new VisitSession(options)` (call/visit-session.ts, implements VisitControls) needs. */
export type VisitSessionOptions = {
  readonly visitId: string;
  /** From `GET /me`. The name goes to the others through the encryption group only. */
  readonly me: { readonly person: string; readonly name: string };
  readonly myRole: VisitRole;
  /** Person ids of the visit's colleagues: the clinician's signed policy lets them admit too. */
  readonly coHosts: readonly string[];
  /** The lobby's devices, already opened or not; the session disposes them with itself. */
  readonly devices: Devices;
  /** What this browser holds true of the practice. */
  readonly practice: Practice;
};

/** What a person can do. Nothing throws: what went wrong shows in the next view. */
export type VisitControls = {
  /** Calls `listener` at once and on every change. */
  subscribe(listener: (view: VisitView) => void): () => void;
  /** Loads the worker and makes the keys ready, so that `start` is fast. Call when the lobby opens. */
  prepare(): void;
  /** Arrives at the visit; also after `declined` or `removed`, to ask again. */
  start(): void;
  admit(participant: string): void;
  decline(participant: string): void;
  /** Takes a member (by person id) out of the visit. */
  remove(person: string): void;
  endVisit(): void;
  leave(): void;
  setMicrophone(on: boolean): void;
  setCamera(on: boolean): void;
  shareScreen(on: boolean): void;
  sendChat(text: string): void;
  /** Sends a chat line that is `unsent` once more. */
  sendAgain(line: number): void;
  /** What the person says of the code that is on the screen. */
  judgeCode(code: string, verdict: "matches" | "different"): void;
  /** After a failed code, or when somebody asks. */
  tryCodeAgain(): void;
  /** After `taken_over`: use the visit here again. */
  takeBack(): void;
  /** Stops everything without leaving on purpose: the place is kept for a minute. */
  dispose(): void;
};
