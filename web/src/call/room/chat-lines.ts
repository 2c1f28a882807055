// The messages of one visit as people see them. A line of ours is sent once it was written to the server and not before;
// what a new leaf cut off is given out again, since nobody else could know that it was never read.
import type { ChatView } from "../view";

export class ChatLines {
  #list: readonly ChatView[] = [];
  #next = 1;
  /** Ours, given to the group that we are in now. */
  readonly #given = new Set<number>();

  get list(): readonly ChatView[] {
    return this.#list;
  }

  heard(person: string, name: string, text: string, at: number): void {
    this.#add({ person, name, self: false, text, at, state: "sent" });
  }

  write(person: string, name: string, text: string, at: number): void {
    this.#add({ person, name, self: true, text, at, state: "sending" });
  }

  /** What the group has yet to be given, oldest first; each once. */
  take(): readonly ChatView[] {
    const due = this.#list.filter(({ id, state }) => state === "sending" && !this.#given.has(id));
    for (const { id } of due) this.#given.add(id);
    return due;
  }

  /** This line was given to the group that we are in, and not to one before. */
  given(id: number): boolean {
    return this.#given.has(id);
  }

  sent(id: number): void {
    this.#list = this.#list.map((line) => (line.id === id ? { ...line, state: "sent" } : line));
  }

  /** Out of the group: what it did not get out is for the next one. */
  cutOff(): void {
    this.#given.clear();
  }

  #add(line: Omit<ChatView, "id">): void {
    this.#list = [...this.#list, { id: this.#next++, ...line }];
  }
}
