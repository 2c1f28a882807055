// Who is signed in. One object for the whole page; screens read it, requests that come back "signed out" tell it.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { Me } from "../api/types";

export type SessionStatus = "loading" | "signed_in" | "signed_out" | "unreachable";

type SessionApi = Pick<Api, "me" | "signOut">;

export class Session {
  status = $state<SessionStatus>("loading");
  me = $state.raw<Me | null>(null);
  /** Ended by itself while somebody was using it: the sign-in screen then says why it is there. */
  expired = $state(false);
  /** A visit is running: the screen stays, whatever happens to the session, until the person asks to sign in. */
  keepScreen = $state(false);

  /** Somebody else than before signed in: nothing of the former person may remain. */
  onOtherPerson: () => void = () => undefined;

  #lastPerson: string | null = null;

  constructor(private readonly api: SessionApi) {}

  async load(): Promise<void> {
    try {
      this.begin(await this.api.me());
    } catch (error) {
      this.status = Problem.of(error).code === "signed_out" ? "signed_out" : "unreachable";
    }
  }

  begin(me: Me): void {
    if (this.#lastPerson !== null && this.#lastPerson !== me.person) this.onOtherPerson();
    this.#lastPerson = me.person;
    this.me = me;
    this.status = "signed_in";
    this.expired = false;
  }

  /** The server does not know this session any more. */
  expire(): void {
    if (this.status !== "signed_in") return;
    this.expired = true;
    this.status = "signed_out";
  }

  /** Even when the server can't be told, this browser forgets: the cookie then runs out by itself. */
  async end(): Promise<void> {
    try {
      await this.api.signOut();
    } catch {
      // Nothing more to do; see above.
    }
    this.onOtherPerson();
    this.#lastPerson = null;
    this.me = null;
    this.expired = false;
    this.keepScreen = false;
    this.status = "signed_out";
  }
}
