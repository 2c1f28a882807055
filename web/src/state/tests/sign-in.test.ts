// Signing in and making an account one's own, with everything people get wrong.
import { describe, expect, it } from "vitest";

import { Problem, type Code } from "../../api/problem";
import type { Me } from "../../api/types";
import { t } from "../../i18n";
import { passkeyHouse } from "../../passkeys/test-device";
import { Activation } from "../activation.svelte";
import { digitsOf, SignIn } from "../sign-in.svelte";

const me = { person: "1", name: "Ana" } as Me;

function signIn(refusals: { password?: Code; code?: Code } = {}) {
  const asked: string[] = [];
  const done: Me[] = [];
  const model = new SignIn(
    {
      signIn: async (email, password) => {
        asked.push(`${email} ${password}`);
        if (refusals.password !== undefined) throw new Problem(refusals.password);
        return Promise.resolve(null);
      },
      signInWithCode: async (code) => {
        asked.push(code);
        if (refusals.code !== undefined) throw new Problem(refusals.code);
        return Promise.resolve(me);
      },
      passkeys: passkeyHouse().passkeys,
    },
    (somebody) => done.push(somebody),
  );
  model.email = " ana@demo.curtain.example ";
  model.password = "a long password";
  return { model, asked, done, refusals };
}

describe("signing in", () => {
  it("takes the password, then the code, and forgets both", async () => {
    const { model, asked, done } = signIn();
    await model.submitPassword();
    expect(model.step).toBe("code");
    model.code = "123 456";
    await model.submitCode();
    expect(asked).toEqual(["ana@demo.curtain.example a long password", "123456"]);
    expect(done).toEqual([me]);
    expect(model).toMatchObject({ password: "", code: "" });
  });

  it("says what is missing without asking the server", async () => {
    const { model, asked } = signIn();
    model.email = "";
    await model.submitPassword();
    expect(model.refusal).toBe(t.signIn.emailMissing);
    model.email = "ana@x";
    model.password = "";
    await model.submitPassword();
    expect(model.refusal).toBe(t.signIn.passwordMissing);
    model.code = "12345";
    await model.submitCode();
    expect(model.refusal).toBe(t.signIn.codeMissing);
    expect(asked).toEqual([]);
  });

  it("refused keeps the password to look at, and takes the next try", async () => {
    const { model, refusals } = signIn({ password: "sign_in_failed" });
    await model.submitPassword();
    expect(model).toMatchObject({ step: "password", password: "a long password", busy: false });
    expect(model.refusal).toBe(t.problems.sign_in_failed);
    delete refusals.password;
    await model.submitPassword();
    expect(model).toMatchObject({ step: "code", refusal: null });
  });

  it("with a wrong code empties the field for the next one", async () => {
    const { model, refusals } = signIn({ code: "code_wrong" });
    await model.submitPassword();
    model.code = "000000";
    await model.submitCode();
    expect(model).toMatchObject({ step: "code", code: "", refusal: t.problems.code_wrong });
    delete refusals.code;
    model.code = "123456";
    await model.submitCode();
    expect(model.refusal).toBeNull();
  });

  it.each(["sign_in_again", "signed_out"] as const)("starts over when the server says %s", async (code) => {
    const { model } = signIn({ code });
    await model.submitPassword();
    model.code = "123456";
    await model.submitCode();
    expect(model).toMatchObject({ step: "password", password: "", refusal: t.problems.sign_in_again });
  });

  it("pressed twice asks once", async () => {
    const { model, asked } = signIn();
    await Promise.all([model.submitPassword(), model.submitPassword()]);
    expect(asked).toHaveLength(1);
  });
});

describe("a code", () => {
  it("may be pasted as apps and people write it", () => {
    for (const text of ["123456", "123 456", " 123-456\n", "123 456"]) expect(digitsOf(text)).toBe("123456");
  });
});

function activation(refusals: { link?: Code; password?: Code; code?: Code } = {}) {
  const refuse = (code: Code | undefined): void => {
    if (code !== undefined) throw new Problem(code, code === "password_refused" ? "Everybody uses that one." : null);
  };
  return new Activation(
    {
      invitation: async () => {
        refuse(refusals.link);
        return Promise.resolve({ name: "Ana", email: "ana@x", step: "password" as const, password_minimum: 13 });
      },
      choosePassword: async () => {
        refuse(refusals.password);
        return Promise.resolve({ secret: "JBSWY3DP", otpauth_uri: "otpauth://totp/x" });
      },
      confirmAuthenticator: async () => {
        refuse(refusals.code);
        return Promise.resolve(["one", "two"]);
      },
    },
    "token",
  );
}

describe("an invitation", () => {
  it("becomes an account in three steps", async () => {
    const model = activation();
    await model.load();
    expect(model).toMatchObject({ step: "password", invitation: { name: "Ana" } });
    model.password = "three plain words";
    await model.choosePassword();
    expect(model).toMatchObject({ step: "authenticator", password: "", authenticator: { secret: "JBSWY3DP" } });
    model.code = "123 456";
    await model.confirm();
    expect(model).toMatchObject({ step: "codes", recoveryCodes: ["one", "two"] });
  });

  it.each([
    ["link_invalid", "invalid"],
    ["unreachable", "unreachable"],
  ] as const)("that is %s shows the screen for it", async (link, step) => {
    const model = activation({ link });
    await model.load();
    expect(model.step).toBe(step);
  });

  it("whose password is short or known is told why", async () => {
    const model = activation({ password: "password_refused" });
    await model.load();
    model.password = "twelve twelv";
    await model.choosePassword();
    expect(model.refusal).toBe(t.activate.passwordShort(13));
    model.password = "password12345";
    await model.choosePassword();
    expect(model.refusal).toBe("Everybody uses that one.");
    expect(model.step).toBe("password");
  });

  it("that runs out on the way says so", async () => {
    const model = activation({ code: "link_invalid" });
    await model.load();
    model.password = "three plain words";
    await model.choosePassword();
    model.code = "123456";
    await model.confirm();
    expect(model.step).toBe("invalid");
  });
});
