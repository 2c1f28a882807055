// What went wrong with a request, as a value: the stable code of problem+json (RFC 9457), or that no answer came.

/** Codes that a screen tells apart. Any other code is an unexpected answer and reads as such. */
export const CODES = [
  "sign_in_failed",
  "too_many_attempts",
  "busy",
  "code_wrong",
  "recovery_code_wrong",
  "password_wrong",
  "passkey_refused",
  "passkey_needed",
  "passkey_cancelled",
  "passkey_exists",
  "passkey_unusable",
  "passkeys_unavailable",
  "too_many_passkeys",
  "no_passkey",
  "fresh_factor_needed",
  "factor_locked",
  "start_again",
  "sign_in_again",
  "signed_out",
  "link_invalid",
  "password_refused",
  "email_taken",
  "not_invited",
  "own_account",
  "last_administrator",
  "has_visits",
  "no_second_factor",
  "unprocessable",
  "not_found",
  "forbidden",
  "note_changed",
  "policy_changed",
  "practice_key_changed",
  "device_changed",
  "too_many_devices",
  "too_large",
  "unreachable",
  "unexpected",
] as const;

export type Code = (typeof CODES)[number];

const known = (code: unknown): code is Code => (CODES as readonly unknown[]).includes(code);

/** Older answers than ours, from a proxy in front, have a status and nothing else. */
const CODE_OF_STATUS: Readonly<Record<number, Code>> = {
  401: "signed_out",
  403: "forbidden",
  404: "not_found",
  412: "note_changed",
  413: "too_large",
  429: "too_many_attempts",
  502: "unreachable",
  503: "busy",
  504: "unreachable",
};

export class Problem extends Error {
  constructor(
    readonly code: Code,
    readonly detail: string | null = null,
    /** How long the server asks to wait. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(code);
    this.name = "Problem";
  }

  /** Whether an answer says that the request needs a code typed just now, and would then be taken. */
  static async wantsFreshFactor(answer: Response): Promise<boolean> {
    if (answer.status !== 403) return false;
    const body: unknown = await answer.json().catch(() => null);
    return Problem.fromAnswer(answer.status, answer.headers, body).code === "fresh_factor_needed";
  }

  static of(error: unknown): Problem {
    return error instanceof Problem ? error : new Problem("unexpected");
  }

  static fromAnswer(status: number, headers: Headers, body: unknown): Problem {
    const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    const code = known(fields["code"]) ? fields["code"] : (CODE_OF_STATUS[status] ?? "unexpected");
    const detail = typeof fields["detail"] === "string" ? fields["detail"] : null;
    const seconds = Number.parseInt(headers.get("retry-after") ?? "", 10);
    return new Problem(code, detail, Number.isNaN(seconds) ? null : seconds);
  }
}
