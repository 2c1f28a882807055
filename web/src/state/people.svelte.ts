// Everybody with an account, as administrators see them, and what is done to one of them. A link that was made is held
// until its dialog closes, and nowhere else.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";
import type { HandedLink, IdentityCheck, ImportedPerson, ImportPreview, MailState, Member, Role } from "../api/types";
import { t, words } from "../i18n";

type Administration = Api["administration"];

/** 500 people with long names; the server takes a little more. */
export const MAX_FILE_BYTES = 200 * 1024;

/** A link to be handed over, and whose it is. */
export interface NewLink {
  name: string;
  url: string;
}

export class People {
  all = $state.raw<readonly Member[]>([]);
  /** Whether the table shows only who is still to set something up. */
  onlyPending = $state(false);
  mail = $state<MailState>("smtp");
  status = $state<"loading" | "ready" | "failed">("loading");
  /** Read out when something changed. */
  news = $state("");
  link = $state.raw<NewLink | null>(null);

  constructor(private readonly api: Pick<Administration, "people">) {}

  async refresh(): Promise<void> {
    try {
      const { people, mail } = await this.api.people();
      this.all = people;
      this.mail = mail;
      this.status = "ready";
    } catch {
      if (this.status !== "ready") this.status = "failed";
    }
  }

  /** How many can sign in with two factors, of how many, and how many are still to set something up. */
  get board(): { ready: number; all: number; pending: number } {
    const counted = this.all.filter((member) => member.state !== "suspended");
    const ready = counted.filter((member) => hasFactor(member)).length;
    return { ready, all: counted.length, pending: this.all.filter(isPending).length };
  }

  get shown(): readonly Member[] {
    return this.onlyPending ? this.all.filter(isPending) : this.all;
  }

  handOver(name: string, link: HandedLink): void {
    this.link = { name, url: link.link };
    void this.refresh();
  }

  changed(member: Member): void {
    this.all = this.all.map((one) => (one.person === member.person ? member : one));
    this.news = t.people.changed(member.name, t.people.states[member.state]);
    void this.refresh();
  }
}

/** Their link is still to be used. */
export const waits = (member: Member): boolean =>
  ["invited", "factor_pending", "access_pending"].includes(member.state);

/** Those who can be in a care team. */
export const cliniciansOf = (people: readonly Member[]): Member[] =>
  people.filter((one) => one.role === "clinician" && one.state !== "suspended");

/** Somebody who is asked to set something up, and did not yet. */
export const isPending = (member: Member): boolean => member.pending != null;

export const hasFactor = (member: Member): boolean => typeof member.second_factor === "string";

/** Something that is asked of the server once at a time, with a refusal in words. */
export class Asked {
  busy = $state(false);
  refusal = $state<string | null>(null);

  protected async ask<T>(question: () => Promise<T>): Promise<T | null> {
    if (this.busy) return null;
    this.busy = true;
    this.refusal = null;
    try {
      return await question();
    } catch (error) {
      this.refusal = words(Problem.of(error));
      return null;
    } finally {
      this.busy = false;
    }
  }
}

/** The dialog *Invite person*. */
export class Invite extends Asked {
  name = $state("");
  email = $state("");
  role = $state<Role | "">("");
  /** Who may see a new patient; the last one is the field for another. */
  clinicians = $state<string[]>([""]);

  constructor(private readonly api: Pick<Administration, "invite">) {
    super();
  }

  async send(): Promise<HandedLink | null> {
    const [name, email, role] = [this.name.trim(), this.email.trim(), this.role];
    if (name === "") this.refusal = t.people.nameMissing;
    else if (email === "") this.refusal = t.people.emailMissing;
    else if (role === "") this.refusal = t.people.roleMissing;
    else {
      const chosen = role === "patient" ? new Set(this.clinicians.filter((one) => one !== "")) : [];
      return this.ask(() => this.api.invite(name, email, role, [...chosen]));
    }
    return null;
  }
}

/** What a row's menu can begin. */
export type Action =
  "role" | "suspend" | "reactivate" | "reset" | "sessions" | "link" | "care" | "access" | "approve" | "withdraw";

/** What makes sense for somebody as they are. Nobody changes their own account. */
export function actionsFor(member: Member, me: string): Action[] {
  if (member.person === me) return [];
  const invited = waits(member);
  const actions: Action[] = invited ? ["link", "role"] : ["role"];
  if (member.role === "patient") actions.push("care");
  actions.push(member.state === "suspended" ? "reactivate" : "suspend");
  if (member.state === "active") actions.push("reset");
  const waiting = member.access_reset ?? null;
  if (waiting !== null && waiting.requested_by !== me && member.state !== "suspended") actions.push("approve");
  if (waiting !== null) actions.push("withdraw");
  else if (member.state === "active" || member.state === "factor_pending") actions.push("access");
  if (member.state === "active") actions.push("sessions");
  return actions;
}

/** The dialog of one action on one person. */
export class Change extends Asked {
  role = $state<Role>("patient");
  identity = $state<IdentityCheck | "">("");

  constructor(
    private readonly api: Administration,
    readonly action: Action,
    readonly member: Member,
  ) {
    super();
    this.role = member.role;
  }

  /** The person as they are now. */
  apply(): Promise<Member | null> {
    const id = this.member.person;
    return this.ask(() => {
      if (this.action === "role") return this.api.changeRole(id, this.role);
      if (this.action === "suspend") return this.api.suspend(id);
      if (this.action === "reactivate") return this.api.reactivate(id);
      if (this.action === "withdraw") return this.api.withdrawAccessReset(id);
      return this.api.endSessions(id);
    });
  }

  /** The person as they are once another administrator is asked to approve. */
  async requestReset(): Promise<Member | null> {
    const [id, identity] = [this.member.person, this.identity];
    if (identity !== "") return this.ask(() => this.api.requestAccessReset(id, identity));
    this.refusal = t.people.identityMissing;
    return null;
  }

  /** A link to be handed over. */
  async makeLink(): Promise<HandedLink | null> {
    const [id, identity] = [this.member.person, this.identity];
    if (this.action === "link") return this.ask(() => this.api.renewLink(id));
    if (this.action === "approve") return this.ask(() => this.api.approveAccessReset(id));
    if (identity !== "") return this.ask(() => this.api.resetSecondFactor(id, identity));
    this.refusal = t.people.identityMissing;
    return null;
  }
}

/** The dialog *Invite from a file*: look first, then everybody or nobody. */
export class Import extends Asked {
  preview = $state.raw<ImportPreview | null>(null);
  invited = $state.raw<readonly ImportedPerson[] | null>(null);
  #csv = "";

  constructor(private readonly api: Pick<Administration, "previewImport" | "import">) {
    super();
  }

  async look(file: Pick<File, "size" | "text"> | undefined): Promise<void> {
    this.preview = null;
    if (file === undefined) this.refusal = t.people.fileMissing;
    else if (file.size > MAX_FILE_BYTES) this.refusal = t.people.fileTooLarge;
    else {
      const csv = await file.text();
      this.#csv = csv;
      this.preview = await this.ask(() => this.api.previewImport(csv));
    }
  }

  async confirm(): Promise<void> {
    if (this.preview === null || this.preview.bad > 0) return;
    this.invited = await this.ask(() => this.api.import(this.#csv));
  }

  get links(): string {
    return (this.invited ?? []).map((one) => `${one.name}\t${one.email}\t${one.link}`).join("\n");
  }
}
