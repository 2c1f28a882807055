// One request to our own server. Every answer is either the value or a thrown Problem; nothing else comes out of here.
import { Problem } from "./problem";

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** A server that says nothing for this long is not reached; longer only keeps people looking at a still screen. */
const PATIENCE_MS = 20_000;

export class Requests {
  /** Called whenever an answer says that nobody is signed in any more. */
  onSignedOut: () => void = () => undefined;

  constructor(private readonly fetch: Fetch = (input, init) => globalThis.fetch(input, init)) {}

  async get<T>(path: string): Promise<T> {
    return (await this.#send("GET", path)) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await this.#send("POST", path, body)) as T;
  }

  async put<T>(path: string, body: unknown, headers: Record<string, string>): Promise<T> {
    return (await this.#send("PUT", path, body, headers)) as T;
  }

  async #send(method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<unknown> {
    // `x-curtain` can't be sent by another site without asking first: one of the three fences against forged requests.
    const headers: Record<string, string> = { accept: "application/json", "x-curtain": "1", ...more };
    const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store", redirect: "error" };
    if (body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const answer = await this.#reach(`/api/v1${path}`, init);
    const value = await valueOf(answer);
    if (answer.ok) return value;
    const problem = Problem.fromAnswer(answer.status, answer.headers, value);
    if (problem.code === "signed_out") this.onSignedOut();
    throw problem;
  }

  async #reach(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.fetch(path, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      throw Problem.unreachable();
    }
  }
}

async function valueOf(answer: Response): Promise<unknown> {
  if (!/\bjson\b/.test(answer.headers.get("content-type") ?? "")) return null;
  try {
    return await answer.json();
  } catch {
    return null;
  }
}
