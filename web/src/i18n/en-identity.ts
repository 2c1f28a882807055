// The texts about who is who: the practice's key, and the browsers that clinicians hold visits in. A part of the catalogue
// in en.ts, under the same rules.

export const identity = {
  browserCode: "Code of this browser",
  practiceCode: "Code of the practice",
  certified: "Confirmed by the practice",
  notKnown:
    "The practice has no practice key yet, so this browser can't confirm who the clinician is. Compare the safety code with each other.",
};

export const browsers = {
  title: "Browsers for visits",
  lead: "Each browser that you hold visits in has a key that never leaves it. An administrator confirms it with the practice key, so that patients can be sure it is you.",
  noKey:
    "Your practice has no practice key yet. Until an administrator makes one, visits work, and nobody's browser is confirmed.",
  unknown: "A browser",
  here: "This browser",
  waiting: "Not confirmed yet",
  waitingHere: "Not confirmed yet. Tell an administrator this code, on the phone or face to face:",
  confirmedUntil: (when: string) => `Confirmed until ${when}`,
  ended: (when: string) => `The confirmation ended ${when}. Ask an administrator to renew it.`,
  registered: (when: string) => `Known since ${when}`,
  revoked: (when: string) => `Revoked ${when}`,
  revoke: "Revoke",
  revokeNamed: (name: string) => `Revoke ${name}`,
  revokeTitle: "Revoke this browser?",
  revokeLead: "It can't hold visits any more. That can't be undone; the browser would have to be confirmed anew.",
  confirmRevoke: "Revoke browser",
  keep: "Keep it",
  revokedNow: "The browser is revoked.",
};

export const practiceKey = {
  title: "Practice key",
  lead: "The practice key confirms the browsers that clinicians hold visits in. Patients' browsers check it, so that not even this server can pretend to be one of your clinicians. It is made in your browser, and its secret part is kept in a file that never comes to the server.",
  code: "Code of the practice",
  inUse: (when: string, by: string) => `In use since ${when}, made by ${by}.`,
  somebody: "somebody",
  makeTitle: "Make the practice key",
  none: "There is no practice key yet. Visits work without one, but nobody's browser can confirm who the clinician is.",
  passphrase: "Passphrase",
  passphraseHint: (characters: number) =>
    `At least ${characters} characters; five or six words are good. It protects the file, and nobody can reset it.`,
  repeat: "The same passphrase again",
  tooShort: (characters: number) => `The passphrase needs at least ${characters} characters.`,
  notSame: "The two passphrases are not the same.",
  make: "Make the key",
  making: "Making the key…",
  fileTitle: "Save the key file",
  fileLead:
    "Save the file where only administrators get to it, for example on a USB stick in a locked drawer, and the passphrase somewhere else. You need both to confirm a browser.",
  save: "Save the key file",
  savedIt: "I saved the file, and I have the passphrase",
  saveFirst: "Save the file first, and say that you have both.",
  use: "Put the key to use",
  putToUse: "The key is in use.",
  cancel: "Cancel",
  openTitle: "Open the practice key",
  openLead:
    "To confirm browsers, choose the key file and type its passphrase. Both stay in this page and are gone when you close it.",
  file: "Key file",
  fileMissing: "Choose the key file first.",
  open: "Open the key",
  opening: "Opening the key…",
  opened: "The practice key is open on this page.",
  close: "Close the key",
  problems: {
    not_a_key_file: "This is not a key file of Curtain.",
    wrong_passphrase: "The passphrase does not open this file.",
    other_key: "This file holds another key than the one that is in use.",
    unsupported_browser: "This browser can't make such a key. Use the newest Chrome, Edge, Firefox or Safari.",
  },
  waiting: "Waiting to be confirmed",
  nobodyWaits: "No browser waits.",
  confirmed: "Confirmed browsers",
  nobodyConfirmed: "No browser is confirmed yet.",
  browserOf: (name: string, browser: string) => `${name}, ${browser}`,
  since: (when: string) => `Since ${when}`,
  until: (when: string) => `Until ${when}`,
  ended: (when: string) => `Ended ${when}`,
  confirm: "Confirm",
  confirmNamed: (name: string, browser: string) => `Confirm ${browser} of ${name}`,
  renew: "Renew",
  renewNamed: (name: string, browser: string) => `Renew ${browser} of ${name}`,
  revoke: "Revoke",
  revokeNamed: (name: string, browser: string) => `Revoke ${browser} of ${name}`,
  openFirst: "Open the practice key below to confirm browsers.",
  compareTitle: (name: string) => `Is this the browser of ${name}?`,
  compareLead: (name: string) =>
    `Ask ${name} to read you the code of their browser, face to face or on the phone at a number you know. They find it under Settings. It has to be this one:`,
  compareNot: "If it is another code, don't confirm it: somebody may be in between.",
  isSame: "It's the same: confirm",
  revokeTitle: (name: string) => `Revoke the browser of ${name}?`,
  confirmedNow: (name: string) => `The browser of ${name} is confirmed.`,
  revokedNow: (name: string) => `The browser of ${name} is revoked.`,
  replaceTitle: "Replace the practice key",
  replaceLead:
    "Replace it when somebody who should not may have the file and the passphrase, or when it was lost. Do it while no visit is running.",
  replaceOpen:
    "The key is open, so the new key is signed by it: patients' browsers follow without a question, and confirmed browsers stay confirmed.",
  replaceLost:
    "The key is not open, so the new key can't be signed by it. Every patient's browser will stop at the next visit and ask them to call you and compare the code of the practice. Every clinician's browser has to be confirmed again.",
  replace: "Make a new key",
  lostIt: "The file or the passphrase is lost",
  lostFirst: "Open the key above, or say that it is lost.",
  earlier: "Earlier keys",
  earlierKey: (code: string, when: string) => `${code}, in use from ${when}`,
};

export const outcomes = {
  practiceMissingTitle: "Your practice's key is missing",
  practiceMissing:
    "This browser knows the practice key of your practice, and the server says that there is none. Somebody may have taken the server over. Don't go on here. Call your practice at a number you know.",
  practiceChangedTitle: "Your practice's key has changed",
  practiceChanged:
    "This browser remembers another key for your practice. It may have been replaced after a loss, or somebody may have taken the server over. Call your practice at a number you know, and ask them to read you the code of the practice:",
  practiceChangedSame: "Is it exactly the same? Then go on.",
  itMatches: "It matches",
  practiceChangedDifferent: "Is it different, or can you reach nobody? Then don't hold the visit here.",
  notCertifiedTitle: "This browser is not confirmed yet",
  notCertified:
    "Your practice confirms the browsers that its clinicians hold visits in. Call an administrator, read them this code, and try again when they have confirmed it.",
  notConfirmedTitle: "We can't confirm who is in this visit",
  notConfirmed:
    "What this browser knows of your practice does not fit what it was shown. Somebody may be in between. Nothing of you was sent or shown. Call your practice at a number you know, then try again.",
};
