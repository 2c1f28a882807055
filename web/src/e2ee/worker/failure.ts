// Why the worker could not start, in the page's words.
import type { WorkerFailure } from "../messages";

/**
 * Web Crypto says NotSupportedError for an algorithm it lacks, and the device key's Ed25519 is the youngest one we use
 * (Web Cryptography Level 2, "normalize an algorithm"): such a browser will not do better at the next try.
 */
const LACKING = "NotSupportedError";

export function failureOf(problem: unknown): { failure: WorkerFailure; code: string } {
  // A DOMException is not an Error everywhere, but has a name too.
  const named = typeof problem === "object" && problem !== null && "name" in problem;
  const code = String(named ? problem.name : problem);
  return { failure: code === LACKING ? "unsupported_browser" : "not_loaded", code };
}
