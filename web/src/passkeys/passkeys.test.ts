// What the screens do with a passkey: signing in, confirming, adding and removing, and everything that comes to nothing.
import { describe, expect, it } from "vitest";

import { Problem, type Code } from "../api/problem";
import type { Factors, Me, OwnPasskey, OwnSession } from "../api/types";
import { t } from "../i18n";
import { FreshFactor } from "../state/fresh-factor.svelte";
import { Settings } from "../state/settings.svelte";
import { SignIn } from "../state/sign-in.svelte";
import { DuePasskey } from "./due.svelte";
import { passkeyHouse, type Step } from "./test-device";

const me = { person: "1", name: "Ana" } as Me;
const never = () => Promise.reject(new Error("not asked for here"));
const phone: OwnPasskey = { id: "7", name: "Phone", created_at: "2026-03-03T12:00:00Z", last_used_at: null };
const factors = (passkeys: OwnPasskey[], possible = true) =>
  ({ recovery_codes_left: 9, passkeys, passkeys_possible: possible }) as unknown as Factors;

function signIn(refusals: Partial<Record<Step, Code>> = {}, possible = true) {
  const house = passkeyHouse(me, refusals, possible);
  const done: Me[] = [];
  const api = { signIn: never, signInWithCode: never, passkeys: house.passkeys };
  return { ...house, done, model: new SignIn(api, (somebody) => done.push(somebody), house.device) };
}

function settings(refusals: Partial<Record<Step, Code>> = {}, passkeys = [phone], possible = true) {
  const house = passkeyHouse(me, refusals);
  const session = { id: "1", current: true, device: "Firefox on Linux" } as OwnSession;
  const model = new Settings(
    {
      factors: () => Promise.resolve(factors(passkeys, possible)),
      sessions: () => Promise.resolve([session]),
      changePassword: never,
      newAuthenticator: never,
      confirmNewAuthenticator: never,
      newRecoveryCodes: never,
      endSession: never,
      endOtherSessions: never,
      passkeys: house.passkeys,
    },
    house.device,
  );
  return { ...house, model };
}

describe("signing in with a passkey", () => {
  it("asks the server, then the device, and is in", async () => {
    const { model, steps, done } = signIn();
    await model.usePasskey();
    expect(steps).toEqual(["request", "show", "signIn"]);
    expect(done).toEqual([me]);
    expect(model).toMatchObject({ asking: false, busy: false, refusal: null, remark: null });
  });

  it("says calmly that nothing happened when the person thought better of it", async () => {
    const { model, done } = signIn({ show: "passkey_cancelled" });
    await model.usePasskey();
    expect(model).toMatchObject({ refusal: null, remark: t.passkeys.cancelled, asking: false });
    expect(done).toEqual([]);
  });

  it("says why the server refused, and forgets it with the next try", async () => {
    const { model, refusals, done } = signIn({ signIn: "passkey_refused" });
    await model.usePasskey();
    expect(model.refusal).toBe(t.problems.passkey_refused);
    delete refusals.signIn;
    await model.usePasskey();
    expect(model.refusal).toBeNull();
    expect(done).toHaveLength(1);
  });

  it("is not offered where it can't work", () => {
    expect(signIn({}, false).model.passkeysPossible).toBe(false);
  });
});

describe("confirming with a passkey", () => {
  function fresh(refusals: Partial<Record<Step, Code>> = {}, passkeys = [phone], possible = true) {
    const house = passkeyHouse(me, refusals, possible);
    const api = {
      showFreshFactor: never,
      factors: () => Promise.resolve(factors(passkeys)),
      passkeys: house.passkeys,
    };
    return { ...house, model: new FreshFactor(api, house.device) };
  }

  it("is offered to who has one, on a device that could show it", async () => {
    for (const [passkeys, possible, offered] of [
      [[phone], true, true],
      [[], true, false],
      [[phone], false, false],
    ] as const) {
      const { model } = fresh({}, [...passkeys], possible);
      void model.ask();
      await Promise.resolve();
      await Promise.resolve();
      expect(model.hasPasskey).toBe(offered);
    }
  });

  it("counts like a code", async () => {
    const { model, steps } = fresh();
    const asked = model.ask();
    await model.usePasskey();
    expect(await asked).toBe(true);
    expect(steps).toEqual(["requestFresh", "show", "showFresh"]);
  });

  it("leaves the dialog open when nothing happened or the server refused", async () => {
    const { model, refusals } = fresh({ show: "passkey_cancelled" });
    void model.ask();
    await model.usePasskey();
    expect(model).toMatchObject({ open: true, refusal: null, remark: t.problems.passkey_cancelled });
    delete refusals.show;
    refusals.showFresh = "passkey_refused";
    await model.usePasskey();
    expect(model).toMatchObject({ open: true, refusal: t.problems.passkey_refused, remark: null });
  });
});

describe("a passkey that is due", () => {
  function due(refusals: Partial<Record<Step, Code>> = {}, possible = true) {
    const house = passkeyHouse(me, refusals, possible);
    const done: Me[] = [];
    const model = new DuePasskey({ passkeys: house.passkeys }, (somebody) => done.push(somebody), house.device);
    return { ...house, done, model };
  }

  it("is made, and then its person is in", async () => {
    const { model, steps, done } = due();
    model.name = "  Phone ";
    await model.add();
    expect(steps).toEqual(["creationDue", "make", "addDue Phone"]);
    expect(done).toEqual([me]);
  });

  it("can be called off and tried again", async () => {
    const { model, refusals, done } = due({ make: "passkey_cancelled" });
    await model.add();
    expect(model).toMatchObject({ remark: t.passkeys.addCancelled, refusal: null, over: false, busy: false });
    delete refusals.make;
    await model.add();
    expect(done).toHaveLength(1);
  });

  it("needs a name, and says so when the sign-in is over", async () => {
    const { model, steps } = due({ creationDue: "sign_in_again" });
    model.name = " ";
    await model.add();
    expect([model.refusal, steps.length]).toEqual([t.passkeys.nameMissing, 0]);
    model.name = "Phone";
    await model.add();
    expect(model).toMatchObject({ over: true, refusal: t.problems.sign_in_again });
  });

  it("follows a code where the practice asks for it, and one's own is asked for where there is one", async () => {
    const house = passkeyHouse(me);
    const done: Me[] = [];
    const answers = [() => Promise.resolve(null), () => Promise.reject(new Problem("passkey_needed"))];
    const api = {
      signIn: () => Promise.resolve(null),
      signInWithCode: () => (answers.shift() ?? never)(),
      passkeys: house.passkeys,
    };
    const model = new SignIn(api, (somebody) => done.push(somebody), house.device);
    for (const after of ["passkey", "password"]) {
      Object.assign(model, { email: "ana@x", password: "words", code: "123456", step: "code" });
      await model.submitCode();
      expect([model.step, model.code, model.password]).toEqual([after, "", ""]);
    }
    expect(model.refusal).toBe(t.problems.passkey_needed);
    expect(done).toEqual([]);
  });
});

describe("one's own passkeys", () => {
  it("are added under a name that the browser suggests", async () => {
    const { model, steps } = settings();
    await model.load();
    model.namePasskey();
    expect(model.passkeyName).toBe("Firefox on Linux");
    await model.addPasskey();
    expect(steps).toEqual(["creation", "make", "add Firefox on Linux"]);
    expect(model.passkeyName).toBeNull();
    expect(model.said("passkeys")).toBe(t.passkeys.ready("Firefox on Linux"));
  });

  it("need a name before anything is asked", async () => {
    const { model, steps } = settings();
    model.passkeyName = "  ";
    await model.addPasskey();
    expect(model.refused("passkeys")).toBe(t.passkeys.nameMissing);
    expect(steps).toEqual([]);
  });

  it("stay as they are when the person thought better of it", async () => {
    const { model } = settings({ make: "passkey_cancelled" });
    model.passkeyName = "Phone";
    await model.addPasskey();
    expect(model).toMatchObject({ passkeyName: "Phone", remark: t.passkeys.addCancelled });
    expect(model.refused("passkeys")).toBeNull();
    model.cancelPasskey();
    expect(model.passkeyName).toBeNull();
  });

  it("are removed after a question, and one that is gone already is gone", async () => {
    const { model, steps } = settings({ remove: "not_found" });
    await model.removePasskey();
    expect(steps).toEqual([]);
    model.leaving = phone;
    await model.removePasskey();
    expect(steps).toEqual(["remove 7"]);
    expect(model.said("passkeys")).toBe(t.passkeys.removed("Phone"));
    expect(model.leaving).toBeNull();
  });

  it("are nothing to show where the practice's address has no name", async () => {
    const { model } = settings({}, [], false);
    await model.load();
    expect([model.passkeysPossible, model.canAddPasskey]).toEqual([false, false]);
  });
});
