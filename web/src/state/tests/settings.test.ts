// One's own way in: what is asked, what is said, and what a closed dialog leaves as it was.
import { describe, expect, it } from "vitest";

import { Problem, type Code } from "../../api/problem";
import type { Authenticator, Factors, Me } from "../../api/types";
import { t } from "../../i18n";
import { passkeyHouse } from "../../passkeys/test-device";
import { FreshFactor } from "../fresh-factor.svelte";
import { Recovery } from "../recovery.svelte";
import { Settings } from "../settings.svelte";

const authenticator: Authenticator = { secret: "ABCD", otpauth_uri: "otpauth://totp/x" };

function settings(refusals: Partial<Record<string, Code>> = {}) {
  const asked: string[] = [];
  const answer = <T>(name: string, value: T): Promise<T> => {
    asked.push(name);
    const code = refusals[name];
    return code === undefined ? Promise.resolve(value) : Promise.reject(new Problem(code));
  };
  const model = new Settings({
    factors: () => answer("factors", { recovery_codes_left: 9, password_minimum: 14 } as Factors),
    sessions: () => answer("sessions", []),
    changePassword: (current, next) => answer(`${current} ${next}`, undefined),
    newAuthenticator: () => answer("new", authenticator),
    confirmNewAuthenticator: (code) => answer(code, undefined),
    newRecoveryCodes: () => answer("codes", ["A", "B"]),
    endSession: (id) => answer(`end ${id}`, undefined),
    endOtherSessions: () => answer("end others", undefined),
    passkeys: passkeyHouse().passkeys,
  });
  return { model, asked, refusals };
}

describe("settings", () => {
  it("change a password, forget it, and say so", async () => {
    const { model, asked } = settings();
    model.current = "old";
    model.replacement = "four rivers meet";
    await model.changePassword();
    expect(asked[0]).toBe("old four rivers meet");
    expect(model).toMatchObject({ current: "", replacement: "" });
    expect(model.said("password")).toBe(t.settings.passwordChanged);
  });

  it("say what is missing without asking the server", async () => {
    const { model, asked } = settings();
    await model.load();
    await model.changePassword();
    expect(model.refused("password")).toBe(t.settings.currentMissing);
    model.current = "old";
    model.replacement = "quiet harbour";
    await model.changePassword();
    expect(model.refused("password")).toBe(t.activate.passwordShort(14));
    expect(asked).toEqual(["factors", "sessions"]);
  });

  it("replace an authenticator in two steps, and go back to the first when it was begun elsewhere", async () => {
    const { model, refusals } = settings({ "123456": "start_again" });
    await model.beginAuthenticator();
    expect(model.authenticator).toEqual(authenticator);
    model.code = "123 456";
    await model.confirmAuthenticator();
    expect(model.authenticator).toBeNull();
    expect(model.refused("authenticator")).toBe(t.problems.start_again);
    delete refusals["123456"];
    await model.beginAuthenticator();
    model.code = "123456";
    await model.confirmAuthenticator();
    expect(model.said("authenticator")).toBe(t.settings.authenticatorReplaced);
  });

  it("leave everything as it was when the dialog for a fresh code is closed", async () => {
    const { model } = settings({ codes: "fresh_factor_needed" });
    await model.newCodes();
    expect(model.recoveryCodes).toEqual([]);
    expect(model.refused("codes")).toBeNull();
  });

  it("take a session that is gone already for ended", async () => {
    const { model } = settings({ "end 1": "not_found" });
    await model.endSession("1");
    expect(model.said("sessions")).toBe(t.settings.sessionEnded);
  });
});

describe("a fresh code", () => {
  it("is asked for once, however many wait for it", async () => {
    const shown: string[] = [];
    const model = new FreshFactor({
      showFreshFactor: (code) => {
        shown.push(code);
        return code === "000000" ? Promise.reject(new Problem("code_wrong")) : Promise.resolve();
      },
      factors: () => Promise.reject(new Problem("unreachable")),
      passkeys: passkeyHouse().passkeys,
    });
    const [first, second] = [model.ask(), model.ask()];
    model.code = "000000";
    await model.submit();
    expect(model).toMatchObject({ open: true, code: "", refusal: t.problems.code_wrong });
    model.code = "123 456";
    await model.submit();
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(shown).toEqual(["000000", "123456"]);
    const third = model.ask();
    model.cancel();
    expect(await third).toBe(false);
  });
});

describe("a recovery code", () => {
  it("leads to a new authenticator and then in", async () => {
    const done: Me[] = [];
    const model = new Recovery(
      {
        signInWithRecoveryCode: () => Promise.resolve(authenticator),
        signInWithNewAuthenticator: () => Promise.resolve({ name: "Ana" } as Me),
      },
      (me) => done.push(me),
    );
    model.code = "0000";
    await model.submitCode();
    expect(model.refusal).toBe(t.recoveryCode.missing);
    model.code = "abcd-efgh jkmn-pqrs";
    await model.submitCode();
    expect(model).toMatchObject({ step: "authenticator", code: "" });
    model.code = "123456";
    await model.confirm();
    expect(done).toHaveLength(1);
  });

  it("says so when the sign-in is over", async () => {
    const refuse = () => Promise.reject(new Problem("sign_in_again"));
    const model = new Recovery({ signInWithRecoveryCode: refuse, signInWithNewAuthenticator: refuse }, () => undefined);
    model.code = "abcdefghjkmnpqrs";
    await model.submitCode();
    expect(model).toMatchObject({ step: "over", refusal: t.problems.sign_in_again });
  });
});
