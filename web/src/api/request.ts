// One request to our own server. Every answer is either the value or a thrown Problem; nothing else comes out of here.
import createClient, { type Client } from "openapi-fetch";

import { Problem } from "./problem";
import type { paths } from "./schema.gen";

export type Fetch = (request: Request) => Promise<Response>;

/** A server that says nothing for this long is not reached; longer only keeps people looking at a still screen. */
const PATIENCE_MS = 20_000;

const patient: Fetch = (request) => globalThis.fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });

/** What openapi-fetch gives: the body of a success or of a failure. */
type Answer<T> = { data?: T; error?: unknown; response: Response };

export class Requests {
  /** Called whenever an answer says that nobody is signed in any more. */
  onSignedOut: () => void = () => undefined;

  /** Called when an answer asks for a fresh code. Says whether the person showed one: the request is then repeated. */
  onFreshFactorNeeded: () => Promise<boolean> = () => Promise.resolve(false);

  readonly client: Client<paths>;

  /** Tests bring another way to the server. */
  constructor(fetch: Fetch = patient, baseUrl = "") {
    this.client = createClient<paths>({
      baseUrl,
      // `x-curtain` can't be sent by another site without asking first: one of the fences against forged requests.
      headers: { "x-curtain": "1" },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      fetch: (request) => this.#steppedUp(fetch, request),
    });
  }

  /** Any request may need a second factor shown just now: the person is asked once, and the request sent again. */
  async #steppedUp(fetch: Fetch, request: Request): Promise<Response> {
    const unreachable = () => {
      throw new Problem("unreachable");
    };
    const again = request.clone();
    const answer = await fetch(request).catch(unreachable);
    if (!(await Problem.wantsFreshFactor(answer.clone()))) return answer;
    return (await this.onFreshFactorNeeded()) ? fetch(again).catch(unreachable) : answer;
  }

  /** The value of an answer, whose type is the schema's. */
  async value<T>(asked: Promise<Answer<T>>): Promise<T> {
    const answer = await asked.catch((error: unknown) => {
      throw Problem.of(error);
    });
    if (answer.response.ok) return answer.data as T;
    const problem = Problem.fromAnswer(answer.response.status, answer.response.headers, answer.error);
    if (problem.code === "signed_out") this.onSignedOut();
    throw problem;
  }
}
