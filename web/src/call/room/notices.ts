// What just happened to who is in the visit, said on the screen for a while: a change that was refused, and somebody who
// has another device than last time.
import type { GroupPerson } from "../../e2ee/messages";
import type { Announcer } from "../announcer";

/** How long a refused change stays on the screen. */
const REFUSAL_SHOWN_MS = 20_000;
/** How long a new device does; the list of people says it for as long as they are in. */
const NEW_DEVICE_SHOWN_MS = 20_000;

type Timer = ReturnType<typeof setTimeout>;

export class Notices {
  readonly #announcer: Announcer;
  readonly #changed: () => void;
  #refusal: Timer | undefined;
  #newDevice: { readonly name: string; readonly timer: Timer } | null = null;

  constructor(announcer: Announcer, changed: () => void) {
    this.#announcer = announcer;
    this.#changed = changed;
  }

  get view(): { readonly changeRefused?: true; readonly newDevice?: string } {
    return {
      ...(this.#refusal !== undefined && { changeRefused: true }),
      ...(this.#newDevice !== null && { newDevice: this.#newDevice.name }),
    };
  }

  /** Somebody tried to change the group against its rules. */
  changeRefused(): void {
    this.#announcer.say("change_refused");
    clearTimeout(this.#refusal);
    this.#refusal = setTimeout(() => {
      this.#refusal = undefined;
      this.#changed();
    }, REFUSAL_SHOWN_MS);
    this.#changed();
  }

  /** The group as it is now. */
  meet(people: readonly GroupPerson[]): void {
    const known = this.#announcer.newDevices;
    this.#announcer.group(people);
    const name = this.#announcer.newDevices.findLast((other) => !known.includes(other));
    if (name === undefined) return;
    this.forgetNewDevice();
    const timer = setTimeout(() => {
      this.forgetNewDevice();
      this.#changed();
    }, NEW_DEVICE_SHOWN_MS);
    this.#newDevice = { name, timer };
  }

  forgetNewDevice(): void {
    clearTimeout(this.#newDevice?.timer);
    this.#newDevice = null;
  }
}
