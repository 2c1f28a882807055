// The note as it is lived with: pauses, lost networks, two tabs, an ended session. Typed text is never lost.
import { describe, expect, it } from "vitest";

import { Problem } from "../../api/problem";
import type { Note as Stored } from "../../api/types";
import { LONGEST_MS, Note, Notes, NOTE_CHARACTERS, PAUSE_MS, RETRY_MS } from "../note.svelte";

/** A server that keeps one note by its rules, and a clock that only moves when told. */
class Desk {
  stored: Stored = { text: "", version: 0, saved_at: null };
  saves: string[] = [];
  failWith: Problem | null = null;
  failReading: Problem | null = null;
  now = 0;
  #timers: { at: number; run: () => void }[] = [];
  #held: (() => void)[] | null = null;

  readonly api = {
    note: async () => {
      if (this.failReading !== null) throw this.failReading;
      return Promise.resolve({ ...this.stored });
    },
    saveNote: async (_visit: string, text: string, version: number) => {
      this.saves.push(text);
      if (this.#held !== null) await new Promise<void>((go) => this.#held?.push(go));
      if (this.failWith !== null) throw this.failWith;
      if (version !== this.stored.version) throw new Problem("note_changed");
      this.write(text);
      return { version: this.stored.version, saved_at: "2026-11-22T10:00:00Z" };
    },
  };

  /** Somebody else, or this very note, saves. */
  write(text: string): void {
    this.stored = { text, version: this.stored.version + 1, saved_at: "2026-11-22T10:00:00Z" };
  }

  hold(): void {
    this.#held = [];
  }

  async release(): Promise<void> {
    const held = this.#held ?? [];
    this.#held = null;
    for (const go of held) go();
    await settled();
  }

  async open(): Promise<Note> {
    const note = new Note(
      this.api,
      "visit",
      (run, ms) => {
        const timer = { at: this.now + ms, run };
        this.#timers.push(timer);
        return () => (this.#timers = this.#timers.filter((one) => one !== timer));
      },
      () => this.now,
    );
    await note.open();
    return note;
  }

  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      const next = this.#timers.filter((one) => one.at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.now = next.at;
      next.run();
      await settled();
    }
    this.now = until;
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

describe("a note", () => {
  it("is saved once, after the writer pauses", async () => {
    const desk = new Desk();
    const note = await desk.open();
    for (const text of ["C", "Co", "Cough"]) {
      note.edit(text);
      await desk.pass(PAUSE_MS / 2);
    }
    expect(desk.saves).toEqual([]);
    await desk.pass(PAUSE_MS);
    expect(desk.saves).toEqual(["Cough"]);
    expect(note.status).toBe("saved");
    expect(note.savedAt?.toISOString()).toBe("2026-11-22T10:00:00.000Z");
  });

  it("is saved every few seconds for somebody who never pauses", async () => {
    const desk = new Desk();
    const note = await desk.open();
    for (let at = 0; at < LONGEST_MS * 2.5; at += 200) {
      note.edit(`${note.text}x`);
      await desk.pass(200);
    }
    expect(desk.saves.length).toBeGreaterThanOrEqual(2);
  });

  it("is not saved when nothing changed", async () => {
    const desk = new Desk();
    desk.write("Cough");
    const note = await desk.open();
    note.edit("Cough!");
    note.edit("Cough");
    expect(note.status).toBe("saved");
    await desk.pass(LONGEST_MS);
    expect(desk.saves).toEqual([]);
  });

  it("goes on with what was typed while it was being saved", async () => {
    const desk = new Desk();
    const note = await desk.open();
    note.edit("Cough");
    desk.hold();
    const saving = note.save();
    note.edit("Cough and fever");
    await desk.release();
    await saving;
    expect(note.status).toBe("changed");
    await desk.pass(PAUSE_MS);
    expect(desk.stored.text).toBe("Cough and fever");
  });

  it("typed while another version arrives writes over neither", async () => {
    const desk = new Desk();
    const note = await desk.open();
    desk.write("From before");
    const opening = note.open();
    note.edit("Typed early");
    await opening;
    expect(note).toMatchObject({ status: "conflict", text: "Typed early", other: "From before" });
  });

  it("is kept and saved again when the network comes back", async () => {
    const desk = new Desk();
    const note = await desk.open();
    desk.failWith = new Problem("unreachable");
    note.edit("Cough");
    await desk.pass(PAUSE_MS);
    expect(note.status).toBe("offline");
    note.edit("Cough, fever");
    expect(note.status).toBe("offline");
    desk.failWith = null;
    await desk.pass(RETRY_MS);
    expect(note.status).toBe("saved");
    expect(desk.stored.text).toBe("Cough, fever");
  });

  it("is saved at once when the browser says the network is back", async () => {
    const desk = new Desk();
    const note = await desk.open();
    desk.failWith = new Problem("unreachable");
    note.edit("Cough");
    await desk.pass(PAUSE_MS);
    desk.failWith = null;
    await note.save();
    expect(desk.stored.text).toBe("Cough");
  });

  it("waits for the writer to sign in again, without knocking", async () => {
    const desk = new Desk();
    const note = await desk.open();
    desk.failWith = new Problem("signed_out");
    note.edit("Cough");
    await desk.pass(PAUSE_MS);
    expect(note.status).toBe("signed_out");
    note.edit("Cough, fever");
    await note.save();
    await desk.pass(RETRY_MS * 3);
    expect(desk.saves).toHaveLength(1);
    expect(note.status).toBe("signed_out");
    desk.failWith = null;
    await note.open();
    expect(desk.stored.text).toBe("Cough, fever");
    expect(note.status).toBe("saved");
  });

  it("that is too long is not sent", async () => {
    const desk = new Desk();
    const note = await desk.open();
    note.edit("x".repeat(NOTE_CHARACTERS + 1));
    await desk.pass(PAUSE_MS);
    expect(note.status).toBe("too_long");
    expect(desk.saves).toEqual([]);
    note.edit("short");
    await desk.pass(PAUSE_MS);
    expect(note.status).toBe("saved");
  });

  it("of somebody else says so", async () => {
    const desk = new Desk();
    desk.failReading = new Problem("not_found");
    const note = await desk.open();
    expect(note.status).toBe("refused");
  });

  it("that could not be fetched can be fetched again, and is not written over meanwhile", async () => {
    const desk = new Desk();
    desk.failReading = new Problem("unreachable");
    const note = await desk.open();
    expect(note.status).toBe("load_failed");
    await note.save();
    expect(desk.saves).toEqual([]);
    desk.failReading = null;
    desk.write("Cough");
    await note.open();
    expect(note.text).toBe("Cough");
  });
});

describe("a note written in two places", () => {
  async function conflict(): Promise<{ desk: Desk; note: Note }> {
    const desk = new Desk();
    const note = await desk.open();
    desk.write("Theirs");
    note.edit("Mine");
    await desk.pass(PAUSE_MS);
    return { desk, note };
  }

  it("shows both and saves neither by itself", async () => {
    const { desk, note } = await conflict();
    expect(note.status).toBe("conflict");
    expect(note.other).toBe("Theirs");
    expect(note.text).toBe("Mine");
    note.edit("Mine, longer");
    await desk.pass(RETRY_MS * 3);
    expect(desk.stored.text).toBe("Theirs");
  });

  it("is settled by the writer", async () => {
    const { desk, note } = await conflict();
    await note.settle("Theirs\n\nMine");
    expect(desk.stored).toMatchObject({ text: "Theirs\n\nMine", version: 2 });
    expect(note.status).toBe("saved");
  });

  it("can be given up for the other version", async () => {
    const { note } = await conflict();
    await note.settle(note.other);
    expect(note.status).toBe("saved");
    expect(note.text).toBe("Theirs");
  });

  it("with the same words is no conflict", async () => {
    const desk = new Desk();
    const note = await desk.open();
    desk.write("Cough");
    note.edit("Cough");
    await desk.pass(PAUSE_MS);
    expect(note.status).toBe("saved");
  });

  it("where the other is empty goes on by itself", async () => {
    const desk = new Desk();
    const note = await desk.open();
    desk.write("");
    note.edit("Mine");
    await desk.pass(PAUSE_MS * 2);
    expect(desk.stored.text).toBe("Mine");
    expect(note.status).toBe("saved");
  });

  it("tries again when the other version can't be fetched", async () => {
    const desk = new Desk();
    const note = await desk.open();
    desk.write("Theirs");
    desk.failReading = new Problem("unreachable");
    note.edit("Mine");
    await desk.pass(PAUSE_MS);
    expect(note.status).toBe("offline");
    desk.failReading = null;
    await desk.pass(RETRY_MS);
    expect(note.status).toBe("conflict");
  });
});

describe("the notes of a page", () => {
  it("are one for each visit, until somebody else signs in", () => {
    const notes = new Notes(new Desk().api);
    const note = notes.of("a");
    expect(notes.of("a")).toBe(note);
    expect(notes.of("b")).not.toBe(note);
    notes.forget();
    expect(notes.of("a")).not.toBe(note);
  });
});
