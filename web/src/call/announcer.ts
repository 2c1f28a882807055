// What is read out to people who can't see the tiles change: who entered, left, lost the connection, waits. Compares what
// was with what is; a name that has not come yet is waited for.
import type { GroupPerson } from "../e2ee/messages";
import type { AnnouncementView } from "./view";

/** Older ones were read long ago. */
const KEPT = 20;

type Kind = AnnouncementView["kind"];

export class Announcer {
  #list: readonly AnnouncementView[] = [];
  #next = 1;
  /** Members whose names are known. */
  readonly #inside = new Map<string, string>();
  /** Members of whose new device was told. */
  readonly #newDevices = new Map<string, string>();
  /** Who was in before us; null until the group was seen. */
  #before: ReadonlySet<string> | null = null;
  #present: ReadonlySet<string> = new Set();
  /** Everybody who was ever connected: only they can come back. */
  readonly #seen = new Set<string>();
  #waiting: ReadonlySet<string> = new Set();

  get list(): readonly AnnouncementView[] {
    return this.#list;
  }

  say(kind: Kind, name = ""): void {
    this.#list = [...this.#list, { id: this.#next++, kind, name }].slice(-KEPT);
  }

  /** The group as it is now. Whoever was there before us is not announced. */
  group(people: readonly GroupPerson[]): void {
    this.#before ??= new Set(people.map(({ person }) => person));
    for (const { person, name, self } of people) {
      if (self || name === "" || this.#inside.has(person)) continue;
      this.#inside.set(person, name);
      if (!this.#before.has(person)) this.say("entered", name);
    }
    this.#devices(people);
    for (const [person, name] of this.#inside) {
      if (people.some((other) => other.person === person)) continue;
      this.#inside.delete(person);
      this.#before = new Set([...this.#before].filter((other) => other !== person));
      this.say("left", name);
    }
  }

  /** The names of members whose device this browser did not know, newest last. */
  get newDevices(): readonly string[] {
    return [...this.#newDevices.values()];
  }

  /** Whose connection is up, of the members. */
  present(persons: ReadonlySet<string>): void {
    for (const [person, name] of this.#inside) {
      if (this.#present.has(person) && !persons.has(person)) this.say("lost_connection", name);
      if (!this.#present.has(person) && persons.has(person) && this.#seen.has(person)) this.say("reconnected", name);
    }
    this.#present = persons;
    for (const person of persons) this.#seen.add(person);
  }

  waiting(people: readonly { participant: string; name: string }[]): void {
    for (const { participant, name } of people) if (!this.#waiting.has(participant)) this.say("waiting", name);
    this.#waiting = new Set(people.map(({ participant }) => participant));
  }

  /** Out of the group: the next one starts afresh, without "left" for everybody. */
  reset(): void {
    this.#inside.clear();
    this.#newDevices.clear();
    this.#before = null;
  }

  /** Also of those who were in before us: that is when somebody else in their place would be met. */
  #devices(people: readonly GroupPerson[]): void {
    for (const person of this.#newDevices.keys()) {
      if (!people.some((other) => other.person === person && other.changedDevice)) this.#newDevices.delete(person);
    }
    for (const { person, name, self, changedDevice } of people) {
      if (self || !changedDevice || name === "" || this.#newDevices.has(person)) continue;
      this.#newDevices.set(person, name);
      this.say("new_device", name);
    }
  }
}
