// Everything that page and worker say to each other. The worker holds all keys; nothing here is one: handshake bytes and
// sealed messages are what the server sees too, and the rest is what people see on the screen.
//
// Ids are UUID texts, times are milliseconds since 1970, bytes are Uint8Array.

/** The roles of a visit, with the words of the wire. */
export type Role = "clinician" | "co_host" | "patient" | "guest" | "interpreter";

/** SFrame contexts of what is sent: 0 microphone, 1 camera, 2 screen (docs/protocol.md). */
export type Context = 0 | 1 | 2;

/** Which tracks a member says are on; sent through the group, so that the server does not learn it from us. */
export type Tracks = { readonly microphone: boolean; readonly camera: boolean; readonly screen: boolean };

/** What a person said of the code they were read. */
export type Verdict = "matches" | "different" | null;

/** How the SafetyCode stands (docs/protocol.md). */
export type SafetyCodeState = {
  /** `alone`: nobody to compare with. */
  readonly state: "alone" | "checking" | "code" | "failed";
  /** Six digits, only in state `code`. */
  readonly code: string;
  readonly why: "no_answer" | "unequal" | "false_reveal" | "two_commitments" | "too_many_rounds" | null;
  /** Persons: who is silent, or to blame as far as that can be known. */
  readonly who: readonly string[];
  /** Persons who pressed *Try again* and wait for us to. */
  readonly askedBy: readonly string[];
  readonly canTryAgain: boolean;
  /** Ours, of this very code. */
  readonly verdict: Verdict;
  /** Persons who say that they were read another code. */
  readonly differs: readonly string[];
};

/** What stands in `options` of an RTCRtpScriptTransform. `id` is the page's, unique for the worker's life. */
export type TransformOptions =
  | { readonly id: number; readonly direction: "send"; readonly context: Context }
  | { readonly id: number; readonly direction: "receive" };

/** What the server says of somebody who waits: what an admitter sees, and the KeyPackage that has to match it. */
export type WaitingLine = { readonly person: string; readonly role: Role; readonly keyPackage: Uint8Array };

/** The server's messages that concern the group, with their bytes decoded. */
export type GroupInput =
  | {
      type: "placed";
      participant: string;
      group: { groupId: Uint8Array; epoch: number } | null;
      returning: boolean;
    }
  | { type: "people"; people: { participant: string; person: string; role: Role }[]; present: string[] }
  | { type: "waiting"; people: ({ participant: string } & WaitingLine)[] }
  | { type: "return"; participant: string; person: string; keyPackage: Uint8Array; turn: number }
  | { type: "return_refused" }
  | { type: "commit"; epoch: number; commit: Uint8Array }
  | { type: "stale_epoch"; epoch: number }
  | { type: "welcome"; welcome: Uint8Array }
  /** `epoch` is what the server saw the group at; the message's own header is only what its sender claims. */
  | { type: "application"; epoch: number; message: Uint8Array }
  | { type: "gone"; participant: string }
  | { type: "resumed" }
  | { type: "refused" };

/** What this browser holds true of the practice, and what the practice says of it; all of it public. */
export type Practice = {
  /** Ed25519; none in a practice without a key. */
  readonly key: Uint8Array | null;
  /** Device keys that the practice took back. */
  readonly revoked: readonly Uint8Array[];
  /** Of this browser, as Member.certify takes it; null for who needs none. */
  readonly certificate: Uint8Array | null;
};

export type ToWorker =
  /** Loads the group's machine, the device key and a first leaf. Once. */
  | {
      type: "prepare";
      visit: string;
      person: string;
      role: Role;
      name: string;
      coHosts: string[];
      practice: Practice;
    }
  /** Forgets the group, if any, and asks for a KeyPackage of a fresh leaf. */
  | { type: "arrive" }
  | { type: "server"; input: GroupInput }
  | { type: "admit"; participant: string }
  | { type: "remove"; person: string }
  | { type: "chat"; id: number; text: string }
  | { type: "tracks"; tracks: Tracks }
  /** The person compared this code; counts only while it is still the one shown. */
  | { type: "judge_code"; code: string; verdict: "matches" | "different" }
  | { type: "try_code_again" }
  /** These transforms' tracks are gone; their contexts are free for the next connection. Answered by `released`. */
  | { type: "release"; transforms: number[] }
  /** Answered by `counts`. */
  | { type: "count" };

/** What the worker wants said to the server. */
export type GroupOutput =
  | { type: "open_group"; groupId: Uint8Array }
  | {
      type: "commit";
      epoch: number;
      commit: Uint8Array;
      welcome: Uint8Array | null;
      admits: string[];
      removes: string[];
    }
  | { type: "application"; epoch: number; message: Uint8Array; chat: number | null }
  /** The server took this commit, and the rules here refuse it. */
  | { type: "refuse_commit"; epoch: number }
  | { type: "refuse_return"; participant: string };

/** A member as the group knows it. */
export type GroupPerson = {
  readonly person: string;
  readonly leaf: number;
  /** Empty until the person's Hello came. */
  readonly name: string;
  readonly role: Role;
  readonly self: boolean;
  readonly admits: boolean;
  /** The practice vouches for the device. */
  readonly certified: boolean;
  /** Known to this browser with another device key. */
  readonly changedDevice: boolean;
};

/**
 * Why the worker can't go on. `unsupported_browser`: Web Crypto lacks Ed25519, another try won't help. `left_behind`:
 * the others were made to follow a change that we refused.
 */
export type WorkerFailure = "not_loaded" | "unsupported_browser" | "not_joined" | "left_behind";

export type FromWorker =
  | { type: "prepared" }
  | { type: "failed"; failure: WorkerFailure; code: string }
  | { type: "key_package"; keyPackage: Uint8Array }
  | { type: "send"; output: GroupOutput }
  /** The group as it is now. */
  | { type: "group"; epoch: number; people: GroupPerson[]; longCode: string }
  /** The SafetyCode, whenever something about it changed. */
  | { type: "safety_code"; safety: SafetyCodeState }
  /** Outside the group: not admitted yet, or taken out. */
  | { type: "outside" }
  | { type: "chat"; person: string; text: string }
  | { type: "tracks"; person: string; tracks: Tracks }
  /**
   * Nobody was let in. The machine's refusal of the newcomer; `other_person` or `other_role` when the KeyPackage is not
   * of whom the waiting room showed; `not_waiting`, `not_in_group`, `server_refused`.
   */
  | { type: "admit_refused"; participant: string; code: string }
  /** Somebody, or the server, tried to change the group against its rules; nothing changed. */
  | { type: "commit_refused"; code: string }
  /** The first frame of a sender transform was sealed. */
  | { type: "sealed"; transform: number }
  /** Somebody new has the keys: this sender's next picture must be a whole one. */
  | { type: "fresh_picture"; transform: number }
  /** A receiver transform opened a frame of this sender: from now on it is theirs. */
  | { type: "opened"; transform: number; person: string; context: number }
  /** A second transform of a context that is in use: it lets nothing through. */
  | { type: "refused_transform"; transform: number }
  | { type: "released"; transforms: number[] }
  /** How many frames each live transform saw and let through, when it was asked. */
  | { type: "counts"; counts: { transform: number; seen: number; passed: number }[] };
