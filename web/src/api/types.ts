// What the server answers, by its HTTP API (docs/api/openapi.json).

export type Role = "patient" | "clinician" | "administrator" | "auditor";
export type VisitState = "scheduled" | "waiting" | "in_progress" | "ended" | "cancelled" | "no_show";
export type VisitRole = "clinician" | "co_host" | "patient" | "guest" | "interpreter";

export interface Person {
  person: string;
  name: string;
}

export interface Me extends Person {
  role: Role;
  practice: { name: string };
  session: { idle_seconds: number; ends_at: string };
}

export interface Visit {
  id: string;
  state: VisitState;
  scheduled_at: string;
  ended_at: string | null;
  my_role: VisitRole;
  patient: Person;
  clinician: Person;
  colleagues: Person[];
  waiting_since: string | null;
}

export interface Note {
  text: string;
  version: number;
  saved_at: string | null;
}

export interface SavedNote {
  version: number;
  saved_at: string;
}

export interface Invitation {
  name: string;
  email: string;
  step: "password" | "authenticator";
}

export interface Authenticator {
  secret: string;
  otpauth_uri: string;
}

export interface Build {
  version: string;
  assets: { path: string; sha256: string }[];
}
