// The texts of alerts, in English: a part of the catalogue in en.ts, under the same rules.

export const alerts = {
  title: "Alerts",
  lead: "What the server noticed by itself. Administrators get a letter about it, too.",
  count: (unseen: number) => (unseen === 1 ? "1 new alert" : `${unseen} new alerts`),
  none: "Nothing needs your attention.",
  unseen: "New",
  before: "Seen before",
  see: "Mark as seen",
  seen: (title: string) => `Marked as seen: ${title}`,
  seenBy: (name: string, when: string) => `Seen by ${name}, ${when}`,
  notYours: "An administrator looks after these and marks them as seen.",
  once: (when: string) => `Noticed ${when}`,
  began: (when: string) => `Began ${when}`,
  last: (when: string) => `last noticed ${when}`,
  somebody: "Somebody",
  what: {
    failed_sign_ins: {
      title: "Many failed sign-ins",
      text: (count: number) => `${count} sign-ins failed within five minutes, in the whole practice.`,
      advice:
        "Somebody may be trying passwords. The server slows them down by itself. Ask whoever runs it to block the addresses this comes from.",
    },
    failed_sign_ins_of_one: {
      title: "Many failed sign-ins of one person",
      text: (count: number, name: string) => `${count} sign-ins of ${name} failed within five minutes.`,
      advice:
        "Call the person. If it wasn't them, have them change their password. Without their second factor nobody gets in.",
    },
    many_records_read: {
      title: "Many records read",
      text: (count: number, name: string) => `${name} opened the records of ${count} patients within an hour.`,
      advice: "Ask why; the audit log says which ones. If nobody can say, suspend the account under People.",
    },
    factor_reset: {
      title: "Second factor reset",
      text: (_count: number, name: string) => `An administrator reset the second factor of ${name}.`,
      advice:
        "The audit log says who, and how they made sure. If neither you nor a colleague did it, suspend both accounts.",
    },
    audit_break: {
      title: "The audit log is broken",
      text: (entry: number) =>
        entry === 0
          ? "The audit log could not be checked."
          : `From entry ${entry} on, the audit log is not the one that was written.`,
      advice:
        "Somebody may have changed the database. Tell whoever runs the server now. Verify on the page Audit log says more.",
    },
  },
  openAudit: "Open the audit log",
};
