// The words about the safety code. Whoever reads them may just have learned that somebody listens: what it means, what to
// do, in that order, and nothing that sounds like success when it is none.

const list = (names: readonly string[]): string => new Intl.ListFormat("en", { type: "conjunction" }).format(names);

/** Names of people may be missing for a moment. */
const somebody = (names: readonly string[]): string => (names.length === 0 ? "Somebody" : list(names));

export const safety = {
  code: "Safety code",
  checking: "Checking…",
  checkingHint: "We are making a new code. You can talk meanwhile.",
  none: "No code",
  readTo: (names: readonly string[]) =>
    names.length === 0 ? "Read this code aloud." : `Read this code to ${list(names)}.`,
  heardFrom: (name: string) => `Does ${name} read the same code?`,
  heard: "Do the others read the same code?",
  matches: "It matches",
  different: "It's different",
  matched: "You compared this code",
  tryAgain: "Try again",
  asked: (names: readonly string[]) => `${somebody(names)} could not check the code and asks to try again.`,
  failed: {
    no_answer: (names: readonly string[]) =>
      names.length === 0
        ? "We could not make a code: an answer is missing. You can go on, but nothing was checked."
        : `We could not make a code: no answer from ${list(names)}. You can go on, but nothing was checked.`,
    unequal: () =>
      "We could not make a code: your screens were told different things. Somebody may be in between. Don't say anything private until a code is there.",
    false_reveal: (names: readonly string[]) =>
      `We could not make a code: ${somebody(names)} gave a wrong answer. Don't say anything private until a code is there.`,
    two_commitments: (names: readonly string[]) =>
      `We could not make a code: ${somebody(names)} gave two different answers. Don't say anything private until a code is there.`,
    too_many_rounds: () =>
      "We tried too often to make a code. Compare the long code instead. You find it under “What is the safety code for?”.",
  },
  failedBothPress: "Everybody in the visit has to press “Try again”.",
  newDevice: (names: readonly string[]) =>
    names.length === 1
      ? `${list(names)} has another device than last time. Please compare the code now.`
      : `${list(names)} have other devices than last time. Please compare the code now.`,
  theySayDifferent: (names: readonly string[]) =>
    `${somebody(names)} says that the code is different. Read it to each other once more. If it is still different, stop here and use another phone line.`,
  weSaidDifferent: "The codes were different. Somebody may be listening. Don't say anything private here.",
  differentTitle: "The codes are different",
  differentFirst: "Perhaps one of you misread it. Read it to each other once more, slowly, digit by digit.",
  differentMeaning:
    "If it is still different, somebody may be between you who can see and hear this visit. It is not your fault.",
  differentStepsTitle: "Then do this",
  differentStepsPatient: [
    "Stop. Don't say anything private here.",
    "Leave the visit.",
    "Call your practice. Use a number that you already had, not one that you were told here.",
  ],
  differentStepsStaff: [
    "Stop. Don't say anything private here.",
    "Leave the visit.",
    "Call the patient on the number in your records, not one that you were told here. Tell whoever runs this system.",
  ],
  readAgain: "Read it again",
  leave: "Leave the visit",
  question: "What is the safety code for?",
  lead: "Only the people named above can see and hear this visit.",
  how: "The code is the same on every screen of this visit. Nobody can put themselves in between without changing it. To be sure, one of you reads it aloud and the others compare. It changes when somebody enters or leaves.",
  long: "Long code",
  longHow: "If you want to be surer still, compare these thirty digits as well.",
  restarted: "The visit was restarted, so this code is new.",
};
