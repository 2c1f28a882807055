// The texts of the screen Policy, in English: a part of the catalogue in en.ts, under the same rules.
import type { Role } from "../api/types";

const people = (count: number): string => (count === 1 ? "1 person" : `${count} people`);

export const policy = {
  title: "Policy",
  lead: "How people sign in here, and for how long. The rules can be made stricter than they come, never looser.",
  changed: (name: string, when: string) => `${name} changed this last, ${when}.`,
  changedBySomebody: (when: string) => `Changed last ${when}.`,
  passwords: "Passwords",
  minimum: "Shortest password",
  characters: "characters",
  minimumLead:
    "For passwords chosen from now on; nobody has to change theirs. Longer is harder to guess, and harder to type on a phone.",
  byRole: "For each role",
  factorLead:
    "A code from an app works on every phone, but a false page can trick somebody into typing it. A passkey can't be tricked out of anybody; it needs a phone or computer with a screen lock, or a security key.",
  timesLead:
    "Shorter times protect a screen that was left alone and end forgotten sessions sooner. They also have people sign in more often. A running visit counts as use.",
  roles: {
    patient: "Patients",
    clinician: "Clinicians",
    administrator: "Administrators",
    auditor: "Auditors",
  } satisfies Record<Role, string>,
  secondFactor: "Second factor",
  factors: {
    any: "Authenticator app or passkey",
    passkey: "Passkey only",
  },
  grace: "Days to set it up",
  days: "days",
  graceHint: "Until then they sign in as before. With 0 they set it up the next time they sign in.",
  everybodyHas: (count: number) => (count === 1 ? "The 1 person here has a passkey." : `All ${count} have a passkey.`),
  nobodyHere: "Nobody has this role now.",
  lacking: (lacking: number, all: number) =>
    `${lacking} of ${people(all)} ${lacking === 1 ? "has" : "have"} no passkey yet.`,
  asBeforeUntil: (day: string) => `They can sign in as before until ${day}; then they set one up first.`,
  atNextSignIn: "They set one up the next time they sign in.",
  yourself: (until: string) => `You have no passkey yourself. Set one up in Settings before ${until}.`,
  yourselfNow:
    "You have no passkey yourself. Set one up in Settings first, on this device: otherwise you do it the next time you sign in.",
  idle: "Sign out when not used for",
  minutes: "minutes",
  absolute: "Sign out in any case after",
  hours: "hours",
  bounds: (least: number, most: number) => `From ${least} to ${most}.`,
  atOnce: "Session times count as soon as you save, for people who are signed in too.",
  save: "Save policy",
  undo: "Undo changes",
  saved: "The policy is saved.",
  unsaved: (count: number) => (count === 1 ? "1 change is not saved yet." : `${count} changes are not saved yet.`),
  noChanges: "There is nothing to save.",
  wrong: (count: number) =>
    count === 1
      ? "One number can't be used. It is marked above."
      : `${count} numbers can't be used. They are marked above.`,
  whole: (least: number, most: number) => `A whole number from ${least} to ${most}.`,
  number: (least: number, most: number) => `A number from ${least} to ${most}.`,
  conflictTitle: "Another administrator saved the policy in the meantime",
  conflict:
    "Nothing of yours was saved yet, and nothing is lost: your changes are still here. Look at them and save again.",
  clash: (what: string, theirs: string) => `${what}: saved as ${theirs},`,
  yours: (mine: string) => `yours is ${mine}.`,
};
