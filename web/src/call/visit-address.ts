// Where a visit's socket is, and what to ask when it does not open: a browser tells nothing about a refused upgrade.
import type { Verdict } from "../signalling/connection";

export function socketAddress(visitId: string, location: Location): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/api/v1/visits/${encodeURIComponent(visitId)}/socket`;
}

export async function askServer(visitId: string): Promise<Verdict> {
  try {
    const answer = await fetch(`/api/v1/visits/${encodeURIComponent(visitId)}`, { cache: "no-store" });
    if (answer.status === 401) return "session_expired";
    if (answer.status === 403 || answer.status === 404) return "visit_not_found";
    if (!answer.ok) return "try_again";
    const { state } = (await answer.json()) as { state?: string };
    return state === "ended" || state === "cancelled" || state === "no_show" ? "ended" : "try_again";
  } catch {
    return "try_again";
  }
}
