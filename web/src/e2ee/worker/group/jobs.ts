// The four changes that a member may make to the group, as jobs for the commit queue: each knows how to be built for
// whatever epoch it is then, and when it is no longer needed.
import type { GroupInput, WaitingLine } from "../../messages";
import type { Member, Newcomer, Refusal } from "../../wasm/curtain_e2ee";
import type { Change, Job } from "./commit-queue";
import { ROLE_CODES } from "./leaf";
import { uuidText } from "./uuid";

/** The machine wants to hear first for ten seconds that somebody is gone (rule R3): ask again this soon. */
const NOT_GONE_RETRY_MS = 2_000;

type Common = { member(): Member | null; now(): number };

/**
 * The clinician, or a co-host, lets somebody in: `pressed` is the line of the waiting room that they saw. The KeyPackage
 * may be a later one by the time it is used (a reload), but never somebody else's: the server chooses what it sends us.
 */
export function admission(
  of: Common & {
    participant: string;
    pressed: WaitingLine;
    keyPackage(): Uint8Array | null;
    refused(code: string): void;
  },
): Job {
  return {
    key: `admit ${of.participant}`,
    build() {
      const [member, keyPackage] = [of.member(), of.keyPackage()];
      if (member === null || keyPackage === null) return null;
      checkIs(member.inspect_key_package(keyPackage, of.now()), of.pressed);
      const { commit, welcome } = member.admit(keyPackage, of.now());
      return change(member, commit, { welcome, admits: [of.participant] });
    },
    refused(code) {
      of.refused(code);
      return null;
    },
    turnedDown() {
      of.refused("server_refused");
    },
  };
}

/** Refuses as the machine does: by throwing one of its codes. */
function checkIs(newcomer: Newcomer, pressed: WaitingLine): void {
  const refusal: Refusal | null =
    uuidText(newcomer.person) !== pressed.person
      ? "other_person"
      : newcomer.role !== ROLE_CODES[pressed.role]
        ? "other_role"
        : null;
  if (refusal !== null) throw refusal;
}

/** Anybody takes somebody back whose tab was reloaded (rule R2). */
export function taking(
  of: Common & { back: Extract<GroupInput, { type: "return" }>; stillThere(): boolean; refuse(): void },
): Job {
  return {
    key: `return ${of.back.participant}`,
    build() {
      const member = of.member();
      if (member === null || !of.stillThere()) return null;
      const { commit, welcome } = member.readmit(of.back.keyPackage, of.now());
      return change(member, commit, { welcome, admits: [of.back.participant] });
    },
    refused() {
      of.refuse();
      return null;
    },
  };
}

/** Somebody is taken out, or is gone. */
export function removal(of: Common & { participant: string; person: Uint8Array; stillThere(): boolean }): Job {
  return {
    key: `remove ${of.participant}`,
    build() {
      const member = of.member();
      if (member === null || !of.stillThere()) return null;
      return change(member, member.remove(of.person, of.now()).commit, { removes: [of.participant] });
    },
    refused(code) {
      return code === "not_gone" ? { retry: NOT_GONE_RETRY_MS } : null;
    },
  };
}

/** New keys for our leaf. */
export function update(of: Common): Job {
  return {
    key: "update",
    build() {
      const member = of.member();
      return member === null ? null : change(member, member.update(of.now()).commit, {});
    },
    refused() {
      return null;
    },
  };
}

function change(member: Member, commit: Uint8Array, rest: Partial<Change>): Change {
  const { epoch } = member.roster();
  return { type: "commit", epoch, commit, welcome: null, admits: [], removes: [], ...rest };
}
