// From one epoch's frame keys to the next without a gap in the picture: everyone puts the new receiving keys in place and
// says so (prepare, ready); we send with the new key when all have (execute), or after half a second. Measured: without
// this, one frame that comes too early freezes a picture for three seconds. Newcomers are not waited for: they see nothing
// of the old epoch, hold what comes of the new one, and need a whole picture sealed with it.

/** Nobody makes the others wait longer. Longer keeps a leaver's key in use; shorter loses frames on slow phones. */
const READY_WITHIN_MS = 500;
/** Old receiving keys after a join or an update: frames in flight and jitter buffers are long empty by then. */
const RETIRE_AFTER_JOIN_MS = 10_000;
/** After a Remove: who was taken out can be heard no longer than this, even with the server's help. */
const RETIRE_AFTER_REMOVE_MS = 1_500;

export type RekeyOutside = {
  /** Derives our sending keys of the present epoch and uses them from the next frame on. */
  switchSending(): void;
  /** The next pictures are whole ones: newcomers can't begin with a difference. */
  freshPicture(): void;
  retireBefore(epoch: number): void;
  sayReady(epoch: number): void;
  later(milliseconds: number, action: () => void): () => void;
};

/** How the group moved on. */
export type Change = {
  readonly cause: "join" | "remove" | "update";
  readonly others: readonly number[];
  /** Somebody has a new leaf. */
  readonly newcomers: boolean;
};

export class Rekey {
  readonly #outside: RekeyOutside;
  #epoch = -1;
  #awaited = new Set<number>();
  #newcomers = false;
  #cancel: (() => void) | null = null;
  readonly #retirements = new Set<() => void>();

  constructor(outside: RekeyOutside) {
    this.#outside = outside;
  }

  /** Our first epoch: nothing was sent before, so there is nothing to wait for. */
  begin(epoch: number, alone: boolean): void {
    this.#start(epoch);
    this.#outside.switchSending();
    if (!alone) this.#outside.sayReady(epoch);
  }

  /** The group moved on; `others` are the leaves that are connected, were there before and will say ready. */
  advance(epoch: number, { cause, others, newcomers }: Change): void {
    this.#start(epoch);
    if (others.length > 0) this.#outside.sayReady(epoch);
    this.#awaited = new Set(others);
    this.#newcomers = newcomers;
    this.#retire(epoch, cause === "remove" ? RETIRE_AFTER_REMOVE_MS : RETIRE_AFTER_JOIN_MS);
    if (this.#awaited.size === 0) this.#execute();
    else {
      this.#cancel = this.#outside.later(READY_WITHIN_MS, () => {
        this.#execute();
      });
    }
  }

  /** A member has the keys of an epoch. */
  ready(leaf: number, epoch: number): void {
    if (epoch !== this.#epoch || !this.#awaited.delete(leaf)) return;
    if (this.#awaited.size === 0) this.#execute();
  }

  /** The group is gone. */
  stop(): void {
    this.#start(-1);
    for (const cancel of this.#retirements) cancel();
    this.#retirements.clear();
  }

  #retire(epoch: number, after: number): void {
    const cancel = this.#outside.later(after, () => {
      this.#retirements.delete(cancel);
      this.#outside.retireBefore(epoch);
    });
    this.#retirements.add(cancel);
  }

  #start(epoch: number): void {
    this.#epoch = epoch;
    this.#awaited = new Set();
    this.#newcomers = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  #execute(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#awaited = new Set();
    this.#outside.switchSending();
    if (this.#newcomers) this.#outside.freshPicture();
    this.#newcomers = false;
  }
}
