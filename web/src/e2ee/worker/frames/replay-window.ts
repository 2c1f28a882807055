// Which counters of one key were opened already. RTX and its padding probes bring real duplicates (reference: RFC 9605
// §9.3); they are dropped without a word, since they are no attack.

/** Frames this far behind the newest may still come: ten seconds of sound. More costs one bit each and helps nobody. */
const SIZE = 512;

export class ReplayWindow {
  #newest = -1;
  readonly #seen = new Uint8Array(SIZE);

  /** Whether `ctr` is new. Ask before opening; `mark` only what really opened. */
  isNew(ctr: number): boolean {
    if (ctr > this.#newest) return true;
    return ctr > this.#newest - SIZE && this.#seen[ctr % SIZE] === 0;
  }

  mark(ctr: number): void {
    if (ctr > this.#newest) {
      // Whatever lies between is not seen yet; a jump beyond the window clears it once.
      for (let i = Math.max(this.#newest + 1, ctr - SIZE + 1); i < ctr; i += 1) this.#seen[i % SIZE] = 0;
      this.#newest = ctr;
    }
    this.#seen[ctr % SIZE] = 1;
  }
}
