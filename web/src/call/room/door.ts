// Who stands at the door, and of whom the group could not be sure: *Admit* did nothing for them, and a person must see why.
import type { WaitingPerson } from "../../signalling/protocol.gen";
import type { WaitingView } from "../view";

export class Door {
  #people: readonly WaitingPerson[] = [];
  /** By participant, the KeyPackage that could not be checked. A reload brings another: that one is judged afresh. */
  readonly #refused = new Map<string, string>();

  get people(): readonly WaitingPerson[] {
    return this.#people;
  }

  /** The server's list as it is now. Who comes back is taken back without a person's word. */
  set(people: readonly WaitingPerson[]): void {
    this.#people = people.filter(({ returning }) => !returning);
    for (const [participant, keyPackage] of this.#refused) {
      if (this.#find(participant)?.key_package !== keyPackage) this.#refused.delete(participant);
    }
  }

  /** *Admit* could not be done. Answers whose line says so; null when nobody of that name stands here any more. */
  refuse(participant: string): string | null {
    const found = this.#find(participant);
    if (found === undefined) return null;
    this.#refused.set(participant, found.key_package);
    return found.who.name;
  }

  clear(): void {
    this.#people = [];
    this.#refused.clear();
  }

  view(members: readonly { readonly person: string }[]): WaitingView[] {
    return this.#people.map(({ who, since, connected }) => ({
      participant: who.participant,
      name: who.name,
      role: who.role,
      since,
      connected,
      returning: members.some(({ person }) => person === who.person),
      unconfirmed: this.#refused.has(who.participant),
    }));
  }

  #find(participant: string): WaitingPerson | undefined {
    return this.#people.find(({ who }) => who.participant === participant);
  }
}
