// Our commits, strictly one at a time: build, send, wait for the server's word. It comes back as our own commit (it
// counts), or another was first (build again, if it is still needed). Two commits of one epoch would fork the group.
import type { GroupOutput } from "../../messages";

export type Change = Extract<GroupOutput, { type: "commit" }>;

/** Something to be done to the group. `key` names it: the same wish twice is one job. */
export type Job = {
  readonly key: string;
  /** Builds the commit for the present epoch; null when it is no longer needed. Throws the machine's refusal. */
  build(): Change | null;
  /** The machine refused to build it. `retry` puts it back after that many milliseconds. */
  refused(code: string): { retry: number } | null;
  /** The server would not have the commit; it is not tried again. */
  turnedDown?(): void;
};

export type QueueOutside = {
  send(change: Change): void;
  epoch(): number;
  clearPending(): void;
  later(milliseconds: number, action: () => void): () => void;
};

/** How long a commit may go unanswered after the server refused *something*: answers come in order, so it is that one. */
const REFUSED_AFTER_MS = 1_000;

/** A commit that nobody answered is sent again: the server then says what became of it. */
const ANSWER_WITHIN_MS = 10_000;

export class CommitQueue {
  readonly #outside: QueueOutside;
  #jobs: Job[] = [];
  #inFlight: { job: Job; change: Change } | null = null;
  /** The server spoke of an epoch that we have not reached: nothing is built before. */
  #notBefore = 0;
  #generation = 0;

  constructor(outside: QueueOutside) {
    this.#outside = outside;
  }

  add(job: Job): void {
    if (this.#inFlight?.job.key === job.key) return;
    this.#jobs = [...this.#jobs.filter((other) => other.key !== job.key), job];
    this.#next();
  }

  /** A commit took effect, ours or another's. */
  committed(own: boolean): void {
    if (this.#inFlight !== null) {
      // The machine dropped our pending commit when it took another's.
      if (!own) this.#jobs.unshift(this.#inFlight.job);
      this.#inFlight = null;
    }
    this.#next();
  }

  /**
   * Another commit was first, or one that nobody followed was taken back. Speaks of the one in flight only if that was
   * built for an earlier epoch. The server's last word counts: an epoch that was taken back never comes.
   */
  stale(epoch: number): void {
    this.#notBefore = epoch;
    if (this.#inFlight !== null && this.#inFlight.change.epoch < epoch) {
      this.#jobs.unshift(this.#inFlight.job);
      this.#drop();
    }
    this.#next();
  }

  /** The connection is back: what was in flight may have been lost with it. If it was not, the server says stale. */
  resumed(): void {
    if (this.#inFlight !== null) this.#outside.send(this.#inFlight.change);
  }

  /** The server refused a message of ours, which may have been the commit. */
  serverRefused(): void {
    const suspect = this.#inFlight;
    if (suspect === null) return;
    this.#later(REFUSED_AFTER_MS, () => {
      if (this.#inFlight !== suspect) return;
      this.#drop();
      suspect.job.turnedDown?.();
      this.#next();
    });
  }

  /** Another group, or none: whatever was to be done is void. */
  clear(): void {
    this.#generation += 1;
    this.#jobs = [];
    this.#inFlight = null;
    this.#notBefore = 0;
  }

  #drop(): void {
    this.#inFlight = null;
    this.#outside.clearPending();
  }

  #next(): void {
    while (this.#inFlight === null && this.#outside.epoch() >= this.#notBefore) {
      const job = this.#jobs.shift();
      if (job === undefined) return;
      this.#start(job);
    }
  }

  #start(job: Job): void {
    try {
      const change = job.build();
      if (change === null) return;
      const sent = { job, change };
      this.#inFlight = sent;
      this.#outside.send(change);
      this.#later(ANSWER_WITHIN_MS, () => {
        if (this.#inFlight === sent) this.resumed();
      });
    } catch (refusal) {
      const answer = job.refused(typeof refusal === "string" ? refusal : "refused");
      if (answer !== null) {
        this.#later(answer.retry, () => {
          this.add(job);
        });
      }
    }
  }

  #later(milliseconds: number, action: () => void): void {
    const generation = this.#generation;
    this.#outside.later(milliseconds, () => {
      if (generation === this.#generation) action();
    });
  }
}
