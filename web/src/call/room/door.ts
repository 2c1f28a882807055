// Who stands at the door, and for whom *Admit* did nothing: a person must see why, in words that fit.
import type { WaitingPerson } from "../../signalling/protocol.gen";
import type { WaitingView } from "../view";

type Trouble = NonNullable<WaitingView["trouble"]>;

/** Codes that say nothing about the newcomer; every other is the group's own judgement of the KeyPackage. */
const NOT_ABOUT_THEM: ReadonlySet<string> = new Set(["server_refused", "not_in_group", "not_waiting"]);

/** A colleague's browser without a certificate of the practice that counts. */
const NOT_CERTIFIED: ReadonlySet<string> = new Set([
  "not_certified",
  "bad_practice_signature",
  "certificate_expired",
  "device_revoked",
  "role_not_certified",
]);

function troubleOf(code: string): Trouble {
  if (NOT_ABOUT_THEM.has(code)) return "not_taken";
  if (code === "other_practice") return code;
  return NOT_CERTIFIED.has(code) ? "not_certified" : "unconfirmed";
}

export class Door {
  #people: readonly WaitingPerson[] = [];
  /** By participant, the KeyPackage that was not admitted and why. A reload brings another: that one is judged afresh. */
  readonly #refused = new Map<string, { readonly keyPackage: string; readonly trouble: Trouble }>();

  get people(): readonly WaitingPerson[] {
    return this.#people;
  }

  /** The server's list as it is now. Who comes back is taken back without a person's word. */
  set(people: readonly WaitingPerson[]): void {
    this.#people = people.filter(({ returning }) => !returning);
    for (const [participant, { keyPackage }] of this.#refused) {
      if (this.#find(participant)?.key_package !== keyPackage) this.#refused.delete(participant);
    }
  }

  /** *Admit* could not be done. Answers whose line says so; null when nobody of that name stands here any more. */
  refuse(participant: string, code: string): { readonly name: string; readonly trouble: Trouble } | null {
    const found = this.#find(participant);
    if (found === undefined) return null;
    const trouble = troubleOf(code);
    this.#refused.set(participant, { keyPackage: found.key_package, trouble });
    return { name: found.who.name, trouble };
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
      trouble: this.#refused.get(who.participant)?.trouble ?? null,
    }));
  }

  #find(participant: string): WaitingPerson | undefined {
    return this.#people.find(({ who }) => who.participant === participant);
  }
}
