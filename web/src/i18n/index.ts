// The words of the language in use. One language now; the next one is another file of the same type, chosen here.
import type { Code } from "../api/problem";
import type { Problem } from "../api/problem";
import { en, type Catalogue } from "./en";

export const t: Catalogue = en;

export const locale = "en";

/** What to tell a person about a problem: what happened, and how long to wait when the server said so. */
export function words(problem: Problem): string {
  const code: Code = problem.code;
  if ((code === "password_refused" || code === "unprocessable") && problem.detail !== null) return problem.detail;
  const text = t.problems[code];
  if (problem.retryAfterSeconds === null) return text;
  return code === "too_many_attempts" || code === "busy" ? `${text} ${t.waitSeconds(problem.retryAfterSeconds)}` : text;
}
