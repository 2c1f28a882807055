// One visit's note while it is written: saves by itself, survives a lost network, an expired session and a second tab.
// **Text that was typed is never thrown away** except by the person's own choice between two versions.
import type { Api } from "../api/client";
import { Problem } from "../api/problem";

/** After the last key. Shorter saves half words, longer loses more when the battery dies. */
export const PAUSE_MS = 1_500;
/** While somebody types without a pause. */
export const LONGEST_MS = 5_000;
/** Between two tries while the server can't be reached. */
export const RETRY_MS = 5_000;
/** What the server takes; the field says how much is left before that. */
export const NOTE_CHARACTERS = 100_000;

export type NoteStatus =
  | "loading"
  | "load_failed"
  | "saved"
  | "changed"
  | "saving"
  | "offline"
  | "signed_out"
  | "refused"
  | "too_long"
  | "conflict";

/** Nothing is sent meanwhile: first somebody has to choose, to sign in, or to fetch what there is. */
const STANDING_STILL: readonly NoteStatus[] = ["conflict", "loading", "load_failed", "refused", "signed_out"];

/** Runs something later and gives back how to call it off; tests bring a clock of their own. */
export type Later = (run: () => void, ms: number) => () => void;

const later: Later = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => {
    clearTimeout(timer);
  };
};

export class Note {
  text = $state("");
  status = $state<NoteStatus>("loading");
  savedAt = $state.raw<Date | null>(null);
  /** What stands on the server when `status` is `conflict`. */
  other = $state("");

  #version = 0;
  /** What the server has, as far as this page knows. */
  #savedText = "";
  #cancel: (() => void) | null = null;
  #unsavedSince: number | null = null;
  #saving: Promise<void> | null = null;

  constructor(
    private readonly api: Pick<Api, "note" | "saveNote">,
    private readonly visit: string,
    private readonly wait: Later = later,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** There is text here that the server doesn't have. */
  get unsaved(): boolean {
    return this.text !== this.#savedText;
  }

  get left(): number {
    return NOTE_CHARACTERS - [...this.text].length;
  }

  /** Gets the newest version, unless there is text here that must not be written over. */
  async open(): Promise<void> {
    if (this.unsaved) {
      // Whoever opens it is signed in again.
      if (this.status === "signed_out") this.status = "changed";
      return this.save();
    }
    if (this.status !== "saved") this.status = "loading";
    try {
      const note = await this.api.note(this.visit);
      // Somebody typed while the answer was on its way: what was typed stays.
      const typed = this.unsaved;
      const news = note.version !== this.#version;
      this.#version = note.version;
      this.#savedText = note.text;
      this.savedAt = typeof note.saved_at === "string" ? new Date(note.saved_at) : null;
      if (!typed) this.text = note.text;
      this.#compare(news ? note.text : "");
    } catch (error) {
      const { code } = Problem.of(error);
      if (this.status !== "loading") return;
      this.status = code === "forbidden" || code === "not_found" ? "refused" : "load_failed";
    }
  }

  edit(text: string): void {
    this.text = text;
    if (STANDING_STILL.includes(this.status)) return;
    if (this.status !== "saving" && this.status !== "offline") this.status = this.unsaved ? "changed" : "saved";
    if (!this.unsaved) return;
    this.#unsavedSince ??= this.now();
    const waited = this.now() - this.#unsavedSince;
    this.#schedule(Math.max(0, Math.min(PAUSE_MS, LONGEST_MS - waited)));
  }

  /** Saves now: the page is being left, or the network is back. */
  async save(): Promise<void> {
    this.#unschedule();
    if (this.#saving !== null) await this.#saving;
    if (!this.unsaved || STANDING_STILL.includes(this.status)) return;
    if (this.left < 0) {
      this.status = "too_long";
      return;
    }
    this.#saving = this.#put(this.text);
    await this.#saving;
  }

  /** After a conflict: the text in the field is what shall be, on top of the other version. */
  async settle(text: string): Promise<void> {
    this.text = text;
    this.status = this.unsaved ? "changed" : "saved";
    await this.save();
  }

  async #put(text: string): Promise<void> {
    // Tries while offline stay quiet, or the status would be read out every few seconds.
    if (this.status !== "offline") this.status = "saving";
    this.#unsavedSince = null;
    try {
      const saved = await this.api.saveNote(this.visit, text, this.#version);
      this.#version = saved.version;
      this.#savedText = text;
      this.savedAt = new Date(saved.saved_at);
      this.status = this.unsaved ? "changed" : "saved";
      if (this.unsaved) this.#schedule(PAUSE_MS);
    } catch (error) {
      await this.#refused(Problem.of(error));
    } finally {
      this.#saving = null;
    }
  }

  async #refused(problem: Problem): Promise<void> {
    if (problem.code === "note_changed") await this.#meetOther();
    else if (problem.code === "signed_out") this.status = "signed_out";
    else if (problem.code === "too_large") this.status = "too_long";
    else if (problem.code === "forbidden" || problem.code === "not_found") this.status = "refused";
    else this.#retryLater();
  }

  async #meetOther(): Promise<void> {
    try {
      const note = await this.api.note(this.visit);
      this.#version = note.version;
      this.#savedText = note.text;
      this.#compare(note.text);
    } catch {
      this.#retryLater();
    }
  }

  /** After fetching: is there another version beside what was typed? An empty one holds nothing that could be lost. */
  #compare(other: string): void {
    if (!this.unsaved) this.status = "saved";
    else if (other.trim() !== "") {
      this.other = other;
      this.status = "conflict";
    } else {
      this.status = "changed";
      this.#schedule(0);
    }
  }

  #retryLater(): void {
    this.status = "offline";
    this.#schedule(RETRY_MS);
  }

  #schedule(ms: number): void {
    this.#unschedule();
    this.#cancel = this.wait(() => {
      this.#cancel = null;
      void this.save();
    }, ms);
  }

  #unschedule(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

/** One Note per visit for as long as the page lives, so that two screens never write against each other. */
export class Notes {
  readonly #notes = new Map<string, Note>();

  constructor(private readonly api: Pick<Api, "note" | "saveNote">) {}

  of(visit: string): Note {
    const note = this.#notes.get(visit) ?? new Note(this.api, visit);
    this.#notes.set(visit, note);
    return note;
  }

  /** Another person uses this browser now. */
  forget(): void {
    this.#notes.clear();
  }
}
