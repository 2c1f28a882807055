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
export type OwnPasskey = Schema["OwnPasskey"];
export type PasskeyRequest = Schema["PasskeyRequest"];
export type PasskeyCreation = Schema["PasskeyCreation"];
export type ShownPasskey = Schema["ShownPasskey"];
export type MadePasskey = Omit<Schema["MadePasskey"], "name">;
export type OwnSession = Schema["OwnSession"];
export type AuditPage = Schema["AuditPage"];
export type AuditedEvent = Schema["AuditedEvent"];
export type AuditPerson = Schema["AuditPerson"];
export type AuditReport = Schema["AuditReport"];
/** What narrows a search of the audit log; what is not there does not. */
export type AuditSearch = {
  person?: string;
  patient?: string;
  action?: string;
  outcome?: string;
  from?: string;
  until?: string;
};
export type AlertKind =
  "failed_sign_ins" | "failed_sign_ins_of_one" | "many_records_read" | "factor_reset" | "audit_break";
export type PracticeAlert = Omit<Schema["PracticeAlert"], "kind"> & { kind: AlertKind };
export type PracticeAlerts = { alerts: PracticeAlert[]; unseen: number };
export type PracticeIdentity = Schema["PracticeIdentity"];
export type PublicPracticeKey = Schema["PublicPracticeKey"];
export type MadePracticeKey = Schema["MadePracticeKey"];
export type NewPracticeKey = Schema["MakePracticeKey"];
export type NewCertificate = Schema["NewCertificate"];
/** A browser that a clinician holds visits in. */
export type ClinicianDevice = Schema["Device"];
export type Build = Schema["About"];

export type MemberState = "invited" | "factor_pending" | "access_pending" | "active" | "suspended";
export type IdentityCheck = "in_person" | "called_back" | "by_video" | "vouched";
export type MailState = "smtp" | "off" | "outbox" | "stuck";
export type LineProblem =
  "quotes" | "columns" | "name" | "email" | "role" | "twice_in_file" | "has_account" | "clinician" | "no_patient";
export type WaitingReset = Omit<Schema["WaitingReset"], "identity_check"> & { identity_check: IdentityCheck };
export type CaringClinician = Omit<Schema["CaringClinician"], "how"> & { how: "visit" | "by_hand" };
export type PendingFactor = Omit<Schema["PendingFactor"], "needs"> & { needs: "second_factor" | "passkey" };
export type Member = Omit<Schema["MemberOfPractice"], "role" | "state" | "pending" | "access_reset"> & {
  role: Role;
  state: MemberState;
  /** Waits for another administrator. */
  access_reset?: WaitingReset | null;
  pending?: PendingFactor | null;
};
export type Members = { people: Member[]; mail: MailState };
export type SecondFactor = "any" | "passkey";
export type PolicyOfRole = Omit<Schema["PolicyOfRole"], "role"> & { role: Role };
export type Policy = Omit<Schema["Policy"], "roles"> & { roles: PolicyOfRole[] };
export type PolicyChoice = Schema["ChoosePolicy"];
export type HandedLink = Schema["HandedLink"];
export type ImportLine = Omit<Schema["ImportLine"], "problem"> & { problem?: LineProblem | null };
export type ImportPreview = { lines: ImportLine[]; bad: number };
export type ImportedPerson = Schema["ImportedPerson"];
export type OutboxMail = Schema["OutboxMail"];
