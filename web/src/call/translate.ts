// Between the wire's JSON and the worker's bytes. Only what concerns the group passes; a KeyPackage or a Welcome that is
// not base64 stops here.
import type { GroupInput, GroupOutput } from "../e2ee/messages";
import { fromBase64, toBase64 } from "../signalling/base64";
import type { Delivery } from "../signalling/connection";
import type { ClientMessage, ServerMessage } from "../signalling/protocol.gen";

/** What the group's worker needs to know of a server message; null when it is not about the group. */
export function groupInput(message: ServerMessage): GroupInput | null {
  switch (message.type) {
    case "placed": {
      const { participant, returning } = message;
      const group = message.group && { groupId: fromBase64(message.group.group_id), epoch: message.group.epoch };
      return { type: "placed", participant, group, returning };
    }
    case "people":
      return {
        type: "people",
        people: message.people.map(({ participant, person, role }) => ({ participant, person, role })),
        present: message.present,
      };
    case "waiting":
      return {
        type: "waiting",
        people: message.people.map(({ who, key_package }) => ({
          participant: who.participant,
          person: who.person,
          role: who.role,
          keyPackage: fromBase64(key_package),
        })),
      };
    case "return": {
      const { participant, person } = message.who;
      return { type: "return", participant, person, keyPackage: fromBase64(message.key_package), turn: message.turn };
    }
    case "commit":
      return { type: "commit", epoch: message.epoch, commit: fromBase64(message.commit) };
    case "welcome":
      return { type: "welcome", welcome: fromBase64(message.welcome) };
    case "application":
      return { type: "application", epoch: message.epoch, message: fromBase64(message.message) };
    case "stale_epoch":
      return { type: "stale_epoch", epoch: message.epoch };
    case "gone":
      return { type: "gone", participant: message.participant };
    case "return_refused":
    case "resumed":
    case "refused":
      return { type: message.type };
    default:
      return null;
  }
}

export function clientMessage(output: GroupOutput): { message: ClientMessage; how: Delivery } {
  switch (output.type) {
    case "open_group":
      return { message: { type: "open_group", group_id: toBase64(output.groupId) }, how: "once" };
    case "commit": {
      const { epoch, admits, removes } = output;
      const welcome = output.welcome && toBase64(output.welcome);
      const commit = toBase64(output.commit);
      // The worker's queue repeats it after a resume.
      return { message: { type: "commit", epoch, commit, welcome, admits, removes }, how: "now" };
    }
    case "application":
      // Members drop a second copy: MLS opens each message once.
      return {
        message: {
          type: "application",
          epoch: output.epoch,
          message: toBase64(output.message),
          receipt: output.chat,
        },
        how: "repeat",
      };
    case "refuse_commit":
      return { message: { type: "refuse_commit", epoch: output.epoch }, how: "repeat" };
    case "refuse_return":
      return { message: { type: "refuse_return", participant: output.participant }, how: "once" };
  }
}
