// A device and a server's side of passkeys for tests: each step can be refused, and all of them are written down.
import type { Api } from "../api/client";
import { Problem, type Code } from "../api/problem";
import type { MadePasskey, Me, PasskeyCreation, PasskeyRequest, ShownPasskey } from "../api/types";
import type { PasskeyDevice } from "./device";

export const shown = { credential_id: "AA" } as ShownPasskey;
export const made = { credential_id: "AA" } as MadePasskey;

export type Step =
  | "creationDue"
  | "addDue"
  | "request"
  | "show"
  | "signIn"
  | "requestFresh"
  | "showFresh"
  | "creation"
  | "make"
  | "add"
  | "remove";

export function passkeyHouse(me = {} as Me, refusals: Partial<Record<Step, Code>> = {}, possible = true) {
  const steps: string[] = [];
  const step = <T>(name: Step, value: T, told = ""): Promise<T> => {
    steps.push(`${name}${told}`);
    const code = refusals[name];
    return code === undefined ? Promise.resolve(value) : Promise.reject(new Problem(code));
  };
  const device: PasskeyDevice = {
    possible,
    show: () => step("show", shown),
    make: () => step("make", made),
  };
  const passkeys: Api["passkeys"] = {
    request: () => step("request", {} as PasskeyRequest),
    signIn: () => step("signIn", me),
    requestFresh: () => step("requestFresh", {} as PasskeyRequest),
    showFresh: () => step("showFresh", undefined),
    creationDue: () => step("creationDue", {} as PasskeyCreation),
    addDue: (name) => step("addDue", me, ` ${name}`),
    creation: () => step("creation", {} as PasskeyCreation),
    add: (name) => step("add", undefined, ` ${name}`),
    remove: (id) => step("remove", undefined, ` ${id}`),
  };
  return { device, passkeys, steps, refusals };
}
