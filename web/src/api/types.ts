// What the server answers, in the words of screens. The shapes come from docs/api/openapi.json; where that says only
// "string", the values are named here.
import type { components } from "./schema.gen";

type Schema = components["schemas"];

export type Role = "patient" | "clinician" | "administrator" | "auditor";
export type VisitState = "scheduled" | "waiting" | "in_progress" | "ended" | "cancelled" | "no_show";
export type VisitRole = "clinician" | "co_host" | "patient" | "guest" | "interpreter";

export type Person = Schema["Person"];
export type Me = Omit<Schema["Me"], "role"> & { role: Role };
export type Visit = Omit<Schema["Visit"], "state" | "my_role"> & { state: VisitState; my_role: VisitRole };
export type Note = Schema["Note"];
export type SavedNote = Schema["NoteSaved"];
export type Invitation = Schema["LinkOpened"];
export type Authenticator = Schema["AuthenticatorSecret"];
export type Factors = Schema["OwnFactors"];
export type OwnSession = Schema["OwnSession"];
export type Build = Schema["About"];
