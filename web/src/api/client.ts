// The HTTP API, one method per operation, in the order of docs/api/openapi.json.
import { Requests } from "./request";
import type { Authenticator, Build, Invitation, Me, Note, Person, SavedNote, Visit } from "./types";

const part = (id: string): string => encodeURIComponent(id);

export class Api {
  constructor(private readonly requests = new Requests()) {}

  signIn(email: string, password: string): Promise<unknown> {
    return this.requests.post("/sign-in", { email, password });
  }

  signInWithCode(code: string): Promise<Me> {
    return this.requests.post("/sign-in/code", { code });
  }

  signOut(): Promise<unknown> {
    return this.requests.post("/sign-out", {});
  }

  me(): Promise<Me> {
    return this.requests.get("/me");
  }

  invitation(token: string): Promise<Invitation> {
    return this.requests.post("/activation", { token });
  }

  choosePassword(token: string, password: string): Promise<Authenticator> {
    return this.requests.post("/activation/password", { token, password });
  }

  async confirmAuthenticator(token: string, code: string): Promise<string[]> {
    const answer = await this.requests.post<{ recovery_codes: string[] }>("/activation/confirm", { token, code });
    return answer.recovery_codes;
  }

  async visits(): Promise<Visit[]> {
    return (await this.requests.get<{ visits: Visit[] }>("/visits")).visits;
  }

  /** Without a time the visit is now. */
  newVisit(patient: string, scheduledAt: string | null): Promise<Visit> {
    return this.requests.post("/visits", { patient, scheduled_at: scheduledAt });
  }

  visit(id: string): Promise<Visit> {
    return this.requests.get(`/visits/${part(id)}`);
  }

  addColleague(visit: string, person: string): Promise<Visit> {
    return this.requests.post(`/visits/${part(visit)}/colleagues`, { person });
  }

  async patients(): Promise<Person[]> {
    return (await this.requests.get<{ people: Person[] }>("/patients")).people;
  }

  async colleagues(): Promise<Person[]> {
    return (await this.requests.get<{ people: Person[] }>("/colleagues")).people;
  }

  note(visit: string): Promise<Note> {
    return this.requests.get(`/visits/${part(visit)}/note`);
  }

  /** Refused with `note_changed` unless `version` is the newest. */
  saveNote(visit: string, text: string, version: number): Promise<SavedNote> {
    return this.requests.put(`/visits/${part(visit)}/note`, { text }, { "if-match": `"${version}"` });
  }

  about(): Promise<Build> {
    return this.requests.get("/about");
  }
}
