// Generated from crates/protocol by `cargo xtask generate`. Do not edit.
// What crosses a visit's WebSocket; docs/protocol.md tells what it is for.

export type ClientMessage = { "type": "arrive", 
/**
 * The new leaf.
 */
key_package: KeyPackage, } | { "type": "resume", 
/**
 * The secret that `placed` gave.
 */
token: ResumeToken, 
/**
 * The highest sequence number that was handled.
 */
received: number, } | { "type": "acknowledge", 
/**
 * The highest sequence number that was handled.
 */
received: number, } | { "type": "open_group", 
/**
 * The visit's sixteen bytes and eight random ones.
 */
group_id: GroupId, } | { "type": "commit" } & GroupChange | { "type": "refuse_commit", 
/**
 * The epoch that the commit would end.
 */
epoch: Epoch, } | { "type": "application", 
/**
 * The epoch it was sealed in.
 */
epoch: Epoch, 
/**
 * The MLS `PrivateMessage`.
 */
message: PrivateMessage, 
/**
 * Asks for `taken` with this number. Only its sender gives it a meaning.
 */
receipt: number | null, } | { "type": "decline", 
/**
 * Who stays out.
 */
participant: string, } | { "type": "refuse_return", 
/**
 * Whose return it is.
 */
participant: string, } | { "type": "prepare_media", } | { "type": "answer", 
/**
 * Of the offer.
 */
generation: MediaGeneration, 
/**
 * The browser's description.
 */
sdp: Sdp, } | { "type": "restart_media", } | { "type": "leave", } | { "type": "end_visit", };

export type GroupChange = { 
/**
 * The epoch it ends.
 */
epoch: Epoch, 
/**
 * For every member.
 */
commit: Commit, 
/**
 * For those it admits; there when, and only when, `admits` names somebody.
 */
welcome: Welcome | null, 
/**
 * Whose waiting KeyPackage it adds (for someone returning: replaces).
 */
admits: Array<string>, 
/**
 * Whose leaf it removes for good.
 */
removes: Array<string>, };

export type Envelope = { 
/**
 * The message's number in its place.
 */
seq: number, 
/**
 * The message.
 */
message: ServerMessage, };

export type ServerMessage = { "type": "placed", 
/**
 * Your place.
 */
participant: string, 
/**
 * What you are in this visit.
 */
role: "clinician" | "co_host" | "patient" | "guest" | "interpreter", 
/**
 * Takes the place back after a lost connection.
 */
resume: ResumeToken, 
/**
 * Where the visit stands.
 */
state: "scheduled" | "waiting" | "in_progress" | "ended" | "cancelled" | "no_show", 
/**
 * The group, when one is open. Without one the visit's clinician opens it.
 */
group: GroupState | null, 
/**
 * You have a leaf in it already and are asked to wait for a member to take you back.
 */
returning: boolean, } | { "type": "resumed", } | { "type": "beat", } | { "type": "people", 
/**
 * All of them, there or not.
 */
people: Array<PersonInVisit>, 
/**
 * Those whose connection is up.
 */
present: Array<string>, } | { "type": "waiting", 
/**
 * In the order of arrival.
 */
people: Array<WaitingPerson>, } | { "type": "return", 
/**
 * Who is back.
 */
who: PersonInVisit, 
/**
 * The new leaf.
 */
key_package: KeyPackage, 
/**
 * 0 for whoever should commit at once.
 */
turn: number, } | { "type": "return_refused", } | { "type": "commit", 
/**
 * The epoch it ends.
 */
epoch: Epoch, 
/**
 * Whose it is, as the server says; members check it in the group.
 */
sender: string, 
/**
 * For every member.
 */
commit: Commit, } | { "type": "stale_epoch", 
/**
 * The epoch that the next commit must name.
 */
epoch: Epoch, } | { "type": "welcome", 
/**
 * The group you join.
 */
group: GroupState, 
/**
 * Opens it.
 */
welcome: Welcome, } | { "type": "application", 
/**
 * Whose it is, as the server says; the group knows better.
 */
sender: string, 
/**
 * The epoch it was sealed in.
 */
epoch: Epoch, 
/**
 * The MLS `PrivateMessage`.
 */
message: PrivateMessage, } | { "type": "taken", 
/**
 * The number that it came with.
 */
receipt: number, } | { "type": "gone", 
/**
 * Who.
 */
participant: string, 
/**
 * Why.
 */
reason: GoneReason, } | { "type": "group_restarted", } | { "type": "offer", 
/**
 * Counts your peer connections.
 */
generation: MediaGeneration, 
/**
 * The server's description.
 */
sdp: Sdp, 
/**
 * Who is on which m-line now.
 */
slots: Array<Slot>, } | { "type": "slots", 
/**
 * The peer connection it is about.
 */
generation: MediaGeneration, 
/**
 * All of them.
 */
slots: Array<Slot>, } | { "type": "unsealed_media", 
/**
 * Whose it is.
 */
participant: string, 
/**
 * Which track.
 */
kind: TrackKind, } | { "type": "declined", } | { "type": "removed", } | { "type": "taken_over", } | { "type": "ended", 
/**
 * How it came to its end.
 */
reason: EndReason, } | { "type": "refused" } & Refusal;

export type EndReason = "by_clinician";

export type GoneReason = "left" | "lost";

export type Refusal = { 
/**
 * For programs.
 */
code: RefusalCode, 
/**
 * The socket is closed after this.
 */
closing: boolean, };

export type RefusalCode = "malformed" | "too_large" | "too_fast" | "not_arrived" | "already_arrived" | "cant_resume" | "not_allowed" | "not_member" | "no_group" | "no_such_participant" | "welcome_mismatch" | "bad_commit" | "visit_full" | "visit_ended" | "bad_answer";

export type PersonInVisit = { 
/**
 * The person's place in this visit.
 */
participant: string, 
/**
 * Whose place it is; stands as `person` in the credential.
 */
person: string, 
/**
 * As the practice knows the person. Shown only before the group exists.
 */
name: string, 
/**
 * What the person is in this visit.
 */
role: "clinician" | "co_host" | "patient" | "guest" | "interpreter", };

export type WaitingPerson = { 
/**
 * Who waits.
 */
who: PersonInVisit, 
/**
 * With what the browser asks to be added.
 */
key_package: KeyPackage, 
/**
 * When the person arrived.
 */
since: number, 
/**
 * Has a leaf in the group already: a reload or another tab. Let in again without a press of *Admit* when the
 * device's signature holds (commit rule R2).
 */
returning: boolean, 
/**
 * The connection is up. Who lost it keeps the place for a while.
 */
connected: boolean, };

export type GroupState = { 
/**
 * Which group.
 */
group_id: GroupId, 
/**
 * The epoch that the next commit must name.
 */
epoch: Epoch, };

export type Slot = { 
/**
 * The m-line.
 */
mid: Mid, 
/**
 * Whose track it carries; `None` while the slot is free.
 */
participant: string | null, 
/**
 * What it carries.
 */
kind: TrackKind, };

export type TrackKind = "microphone" | "camera" | "screen";

export type Mid = string;

export type Sdp = string;

export type MediaGeneration = number;

export type KeyPackage = string;

export type Commit = string;

export type Welcome = string;

export type PrivateMessage = string;

export type GroupId = string;

export type ResumeToken = string;

export type Epoch = number;

/** One message, as text. */
export const MESSAGE_BYTES = 65536;

/** One sealed application message, before base64. */
export const APPLICATION_BYTES = 20480;

/** People in one visit. */
export const PARTICIPANTS = 6;

/** Messages kept for a resume: acknowledge well before. */
export const RESUME_MESSAGES = 512;

/** How long a lost connection keeps its place. */
export const RESUME_WITHIN_MS = 60000;

/** The server says `beat` this often. */
export const BEAT_EVERY_MS = 5000;

/** A socket that answers nothing for this long is dead. */
export const DEAD_AFTER_MS = 60000;
