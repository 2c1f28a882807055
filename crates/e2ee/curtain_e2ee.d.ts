// Types of the WebAssembly surface (crates/e2ee/src/wasm.rs), written by hand because wasm-bindgen would type every
// event as `any`. `cargo xtask generate wasm` copies this file beside the glue; a test holds it to the Rust source.
//
// All bytes are Uint8Array, all times milliseconds since 1970 (UTC). Every method may throw a `Refusal`: a plain
// string, never an Error. A throw changes nothing: the group is where it was.

/** 1 clinician, 2 co-host, 3 patient, 4 guest, 5 interpreter. */
export type RoleCode = 1 | 2 | 3 | 4 | 5;

/** 0 microphone, 1 camera, 2 screen, 3 screen sound. */
export type Context = 0 | 1 | 2 | 3;

/** What a thrown string may be. */
export type Refusal =
  | "malformed"
  | "wrong_group"
  | "stale"
  | "epoch_ahead"
  | "bad_signature"
  | "bad_leaf_signature"
  | "bad_policy_signature"
  | "bad_policy"
  | "bad_credential"
  | "bad_name"
  | "bad_practice_signature"
  | "other_practice"
  | "not_certified"
  | "certificate_expired"
  | "device_revoked"
  | "invitation_not_supported"
  | "other_visit"
  | "other_suite"
  | "other_clinician"
  | "role_not_certified"
  | "not_yet_valid"
  | "expired"
  | "not_allowed_to_add"
  | "not_allowed_to_remove"
  | "not_gone"
  | "already_here"
  | "group_full"
  | "no_old_leaf"
  | "other_person"
  | "other_role"
  | "other_device"
  | "not_later"
  | "path_missing"
  | "proposal_not_allowed"
  | "psk_not_allowed"
  | "identity_changed"
  | "welcome_not_by_admitter"
  | "not_for_us"
  | "not_in_group"
  | "already_in_group"
  | "not_signed"
  | "commit_pending"
  | "unknown_member"
  | "unknown_context"
  | "bad_payload"
  | "bad_argument"
  | "refused";

/** One leaf of the group, which is one person in the visit. */
export interface RosterMember {
  /** Leaf index, 0 to 15: the sender in a frame's KID. */
  leaf: number;
  /** 16 bytes: the account id. */
  person: Uint8Array;
  role: RoleCode;
  /** From the credential, or from the person's Hello (patients and guests); "" until a Hello came. */
  name: string;
  /** 32 bytes: the device key that vouches for the leaf. */
  device_pub: Uint8Array;
  /** The practice vouches for the device: staff, where the practice has a key. */
  certified: boolean;
  /** 32 bytes: the leaf signature key. */
  leaf_key: Uint8Array;
  /** May add people: the visit's clinician and the co-hosts that the policy names. */
  admits: boolean;
  /** This is ourselves. */
  me: boolean;
  /** Somebody seen before with another device key: say it loudly. */
  changed_device: boolean;
}

/** Who is in the group. */
export interface Roster {
  epoch: number;
  group_id: Uint8Array;
  /** 16 bytes: the clinician that the signed policy names. Compare it with the visit's. */
  clinician: Uint8Array;
  /** Lowest leaf first. */
  members: RosterMember[];
}

/** To submit in one `commit` message. It counts only once it comes back through `process`. */
export interface CommitAndWelcome {
  commit: Uint8Array;
  welcome: Uint8Array;
}

export interface CommitOnly {
  commit: Uint8Array;
}

/** What somebody in front of the door says of themselves, as far as it can be checked. */
export interface Newcomer {
  person: Uint8Array;
  role: RoleCode;
  /** "" for patients and guests. */
  name: string;
  device_pub: Uint8Array;
  /** The person was seen before with this very device key. */
  known_device: boolean;
  /** The person was seen before with another device key. */
  changed_device: boolean;
}

/** The group's next epoch. */
export interface CommitEvent {
  kind: "commit";
  epoch: number;
  /** The leaf that committed. */
  committer: number;
  /** It was ours: the acknowledgement. */
  own: boolean;
  /** "remove" as soon as any leaf went (also a return, which replaces one): old receive keys live 2 s. "join": 10 s. */
  cause: "join" | "remove" | "update";
  /** Persons whose leaf is new. In both lists: came back with a new leaf. */
  added: Uint8Array[];
  /** Persons whose leaf went. */
  removed: Uint8Array[];
  roster: Roster;
}

/** Somebody spoke. */
export interface ApplicationEvent {
  kind: "application";
  /** The epoch it was sealed in, at most four ago. */
  epoch: number;
  /** The leaf that MLS authenticated. */
  leaf: number;
  person: Uint8Array;
  /**
   * kind | 1 | …: 01 chat utf-8, 13 hello name utf-8, 14 ready epoch u64, 16 tracks bitmask, 17 "another code" since u64
   * round u8. Checked. 10 and 11 are the machine's own and never come out.
   */
  payload: Uint8Array;
}

/** We were taken out. The group is forgotten: `free()` this Member and make a new one to arrive again. */
export interface RemovedEvent {
  kind: "removed";
  epoch: number;
}

/** Nothing happened: our own application message came back, or a payload of a kind that this version doesn't know. */
export interface IgnoredEvent {
  kind: "ignored";
}

/** Somebody answered towards the SafetyCode: ask `safety_code`. */
export interface SafetyCodeEvent {
  kind: "safety_code";
}

export type Event = CommitEvent | ApplicationEvent | SafetyCodeEvent | RemovedEvent | IgnoredEvent;

/** Why there is no SafetyCode; `no_answer` heals when the answers come. */
export type SafetyFailure = "no_answer" | "unequal" | "false_reveal" | "two_commitments" | "too_many_rounds";

/** How the SafetyCode stands, and what has to be sent for it to go on. */
export interface SafetyCode {
  /** `alone`: nobody to compare with. A code is there in `code` alone. */
  state: "alone" | "checking" | "code" | "failed";
  /** Six digits, else "". */
  code: string;
  /** "" unless failed. */
  why: SafetyFailure | "";
  /** Persons: who is silent, or to blame as far as that can be known. */
  who: Uint8Array[];
  /** Persons who pressed *Try again* and wait for us to. */
  asked_by: Uint8Array[];
  /** `try_safety_code_again` would do something. */
  can_try_again: boolean;
  /** Ask again at this time though nothing came. */
  due_ms: number | null;
  /** The epoch since when the people are these. */
  since: number;
  /** Counts from 0. */
  round: number;
  /** Rounds begun in this visit; for `continue_safety_rounds` of the next leaf. */
  started: number;
  /** Sealed messages to send, in order, each once. */
  send: Uint8Array[];
}

/** SFrame suite 4 (AES_128_GCM_SHA256_128) of one sender and context in the current epoch. */
export interface FrameKey {
  /** context << 12 | leaf << 8 | (epoch & 255). */
  kid: number;
  /** 16 bytes. Import as non-extractable at once and forget. */
  key: Uint8Array;
  /** 12 bytes: XORed with the counter to make the nonce. */
  salt: Uint8Array;
}

/** One tab in one visit. Make a new one for every `arrive`: a leaf is used once. */
export class Member {
  /** Makes a fresh leaf key. `name` is "" for patients and guests: their name travels in a Hello. */
  constructor(
    visit: Uint8Array,
    person: Uint8Array,
    role: RoleCode,
    name: string,
    device_pub: Uint8Array,
    now_ms: number,
    not_after_ms: number,
  );
  free(): void;

  /**
   * What this browser holds the practice's key to be (32 bytes, or none for a practice without one), and the device keys
   * that the practice revoked, 32 bytes each. At once after the constructor: without it, no practice has a key.
   */
  trust(practice_key: Uint8Array, revoked: Uint8Array): void;
  /** The practice's certificate of our device: not_after u64 s | roles u16 | signature 64. After `trust`. */
  certify(certificate: Uint8Array, now_ms: number): void;

  /** For the device key to sign (Ed25519, WebCrypto). */
  leaf_to_sign(): Uint8Array;
  /** Checks the signature and gives the KeyPackage for `arrive`. Also before `create_group`. */
  key_package(leaf_sig: Uint8Array, now_ms: number): Uint8Array;

  /** The clinician's policy of a fresh group, for the device key to sign. `cohosts` are persons, 16 bytes each. */
  policy_to_sign(now_ms: number, cohosts: Uint8Array): Uint8Array;
  /** Makes the group, at epoch 0, and gives its id for `open_group`. */
  create_group(policy_sig: Uint8Array, now_ms: number): Uint8Array;

  /** A device key that this browser knows somebody by: from before (IndexedDB), or just recognised by the SafetyCode. */
  remember(person: Uint8Array, device_pub: Uint8Array): void;
  /**
   * This browser (never the server) says that we were in this visit before, from this device. Only then is a Welcome
   * taken from somebody who may not admit: the others take a crashed clinician back (rule R2).
   */
  expect_return(): void;
  join(welcome: Uint8Array, now_ms: number): Roster;

  /** Checks what somebody in front of the door says of themselves. */
  inspect_key_package(key_package: Uint8Array, now_ms: number): Newcomer;
  /** Adds a person; replaces the leaf they already have. Only who may admit (rule R1). */
  admit(key_package: Uint8Array, now_ms: number): CommitAndWelcome;
  /** Takes a returning person back: same person, role and device, later leaf (rule R2). Anybody may. */
  readmit(key_package: Uint8Array, now_ms: number): CommitAndWelcome;
  /** Removes a person. Who may not admit can do so only 10 s after `report_gone` (rule R3). */
  remove(person: Uint8Array, now_ms: number): CommitOnly;
  /** New keys for our leaf; every 10 minutes. */
  update(now_ms: number): CommitOnly;
  /** Forgets our own commit: `stale_epoch` came. */
  clear_pending(): void;
  /** A commit of ours has not come back yet. */
  has_pending(): boolean;

  /** The server said that this person is gone, or that their connection is lost. */
  report_gone(person: Uint8Array, now_ms: number): void;
  /** They are back. */
  report_back(person: Uint8Array): void;

  /** Any commit or application message, in the server's order. Our own commit too: that is when it counts. */
  process(message: Uint8Array, now_ms: number): Event;
  /** Seals a payload (see ApplicationEvent) for the group. */
  seal(payload: Uint8Array): Uint8Array;

  roster(): Roster;
  frame_key(leaf: number, context: Context): FrameKey;
  /** The SafetyCode; ask after every event and when `due_ms` has come, and send what it holds. */
  safety_code(now_ms: number): SafetyCode;
  /** The person pressed *Try again*. */
  try_safety_code_again(now_ms: number): void;
  /** Rounds begun in this visit with earlier leaves of this tab count towards its cap. */
  continue_safety_rounds(started: number): void;
  /** Thirty digits over visit, group, suite and roster; changes only when somebody enters or leaves. */
  long_code(): string;
  /** 32 bytes that all members of this epoch share and nobody else has (RFC 9420 §8.7). */
  authenticator(): Uint8Array;
}

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

/** Loads the module once. `module_or_path` is the hashed address of the .wasm, or its bytes. */
export default function init(options: {
  module_or_path: InitInput | Promise<InitInput>;
}): Promise<unknown>;

/** The same, at once, from bytes or a compiled module. */
export function initSync(options: { module: BufferSource | WebAssembly.Module }): unknown;
