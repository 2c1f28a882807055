// The messages of one visit as people see them. A line of ours is sent once the server says that it has it, and not
// before; what a new leaf cut off is given out again, since nobody else could know that it was never read.
import type { ChatView } from "../view";

/**
 * A line that the server has not confirmed after this long over a working connection is not sent. Longer than it takes to
 * notice a dead wire (12 s): what was lost with that is sent again without a person's word.
 */
const CONFIRMED_WITHIN_MS = 20_000;

export type ChatOutside = {
  /** To be sealed and sent. */
  give(id: number, text: string): void;
  /** Without a connection a line waits for it, and nothing is wrong with the line. */
  online(): boolean;
  changed(): void;
  later(milliseconds: number, action: () => void): () => void;
};

export class ChatLines {
  readonly #outside: ChatOutside;
  #list: readonly ChatView[] = [];
  #next = 1;
  /** Ours, given to the group that we are in now, with what ends the wait for the server's word. */
  readonly #given = new Map<number, () => void>();

  constructor(outside: ChatOutside) {
    this.#outside = outside;
  }

  get list(): readonly ChatView[] {
    return this.#list;
  }

  heard(person: string, name: string, text: string): void {
    this.#add({ person, name, self: false, text, at: Date.now(), state: "sent" });
  }

  write(person: string, name: string, text: string): void {
    this.#add({ person, name, self: true, text, at: Date.now(), state: "sending" });
    this.give();
  }

  /** Gives the group what it has yet to be given, oldest first; each once. */
  give(): void {
    for (const { id, text, state } of this.#list) {
      if (state === "sent" || this.#given.has(id)) continue;
      this.#given.set(id, this.#wait(id));
      this.#outside.give(id, text);
    }
  }

  /** A person wants a line sent after all. */
  again(id: number): void {
    if (this.#list.find((line) => line.id === id)?.state !== "unsent") return;
    this.#forget(id);
    this.#become(id, "sending");
    this.give();
  }

  /** This line was given to the group that we are in, and not to one before. */
  given(id: number): boolean {
    return this.#given.has(id);
  }

  /** The server has it, and everybody in the group gets it. */
  taken(id: number): void {
    this.#given.get(id)?.();
    this.#become(id, "sent");
  }

  /** Out of the group: what it did not get out is for the next one. */
  cutOff(): void {
    for (const id of [...this.#given.keys()]) this.#forget(id);
    for (const { id, state } of this.#list) if (state === "unsent") this.#become(id, "sending");
  }

  #wait(id: number): () => void {
    return this.#outside.later(CONFIRMED_WITHIN_MS, () => {
      if (this.#outside.online()) this.#become(id, "unsent");
      else this.#given.set(id, this.#wait(id));
    });
  }

  #forget(id: number): void {
    this.#given.get(id)?.();
    this.#given.delete(id);
  }

  #become(id: number, state: ChatView["state"]): void {
    this.#list = this.#list.map((line) => (line.id === id ? { ...line, state } : line));
    this.#outside.changed();
  }

  #add(line: Omit<ChatView, "id">): void {
    this.#list = [...this.#list, { id: this.#next++, ...line }];
    this.#outside.changed();
  }
}
