// Requests: what every one of them carries, and how each kind of failure comes out.
import { describe, expect, it } from "vitest";

import { Api } from "../client";
import { Problem } from "../problem";
import { Requests, type Fetch } from "../request";

const HERE = "https://curtain.example";

function server(...answers: (Response | Error)[]): { requests: Requests; sent: Request[] } {
  const sent: Request[] = [];
  const fetch: Fetch = async (request) => {
    sent.push(request);
    const answer = answers.shift();
    if (answer === undefined) throw new Error("no answer was prepared");
    if (answer instanceof Error) throw answer;
    return Promise.resolve(answer);
  };
  return { requests: new Requests(fetch, HERE), sent };
}

const problem = (status: number, body: object, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/problem+json", ...headers } });

async function refusalOf(work: Promise<unknown>): Promise<Problem> {
  return work.then(
    () => expect.unreachable("it was not refused"),
    (error: unknown) => error as Problem,
  );
}

describe("a request", () => {
  it("carries the mark that other sites can't send, and JSON", async () => {
    const { requests, sent } = server(Response.json({ id: "1" }, { status: 201 }));
    await new Api(requests).newVisit("ana", null);
    expect(sent[0]?.url).toBe(`${HERE}/api/v1/visits`);
    expect(sent[0]?.headers.get("x-curtain")).toBe("1");
    expect(sent[0]?.headers.get("content-type")).toBe("application/json");
    expect(await sent[0]?.text()).toBe('{"patient":"ana","scheduled_at":null}');
    expect(sent[0]?.credentials).toBe("same-origin");
    expect(sent[0]?.redirect).toBe("error");
  });

  it("names the version it read when it saves a note", async () => {
    const { requests, sent } = server(Response.json({ version: 8, saved_at: "2026-11-22T10:00:00Z" }));
    await new Api(requests).saveNote("v", "text", 7);
    expect(sent[0]?.method).toBe("PUT");
    expect(sent[0]?.headers.get("if-match")).toBe('"7"');
  });

  it("keeps an id inside its part of the address", async () => {
    const { requests, sent } = server(Response.json({}));
    await new Api(requests).visit("../me?x=1");
    expect(sent[0]?.url).toBe(`${HERE}/api/v1/visits/..%2Fme%3Fx%3D1`);
  });

  it("that is answered with nothing gives nothing", async () => {
    const { requests } = server(new Response(null, { status: 204 }));
    expect(await new Api(requests).signOut()).toBeUndefined();
  });
});

describe("a failure", () => {
  it("has the server's code and its words", async () => {
    const { requests } = server(problem(422, { code: "password_refused", detail: "That one is in every list." }));
    const refusal = await refusalOf(new Api(requests).choosePassword("t", "password1234"));
    expect(refusal).toMatchObject({ code: "password_refused", detail: "That one is in every list." });
  });

  it("tells how long to wait", async () => {
    const { requests } = server(problem(429, { code: "too_many_attempts" }, { "retry-after": "40" }));
    expect(await refusalOf(new Api(requests).signIn("a", "b"))).toMatchObject({ retryAfterSeconds: 40 });
  });

  it.each([
    [401, "signed_out"],
    [404, "not_found"],
    [412, "note_changed"],
    [502, "unreachable"],
    [503, "busy"],
    [500, "unexpected"],
  ])("of a proxy in front (%d) is understood by its status", async (status, code) => {
    const { requests } = server(new Response("<html>", { status, headers: { "content-type": "text/html" } }));
    expect(await refusalOf(new Api(requests).me())).toMatchObject({ code });
  });

  it("with a code of the future is an unexpected one", async () => {
    const { requests } = server(problem(409, { code: "toString" }));
    expect(await refusalOf(new Api(requests).me())).toMatchObject({ code: "unexpected" });
  });

  it("with broken JSON still has its status", async () => {
    const { requests } = server(new Response("{", { status: 404, headers: { "content-type": "application/json" } }));
    expect(await refusalOf(new Api(requests).me())).toMatchObject({ code: "not_found" });
  });

  it("to reach the server says so", async () => {
    const { requests } = server(new TypeError("Failed to fetch"));
    expect(await refusalOf(new Api(requests).me())).toMatchObject({ code: "unreachable" });
  });

  it("of the session is told to whoever keeps it, and nothing else is", async () => {
    const { requests } = server(problem(401, { code: "signed_out" }), problem(401, { code: "code_wrong" }));
    let told = 0;
    requests.onSignedOut = () => (told += 1);
    await refusalOf(new Api(requests).visits());
    await refusalOf(new Api(requests).visits());
    expect(told).toBe(1);
  });
});

describe("a request that needs a fresh code", () => {
  const refused = () => problem(403, { code: "fresh_factor_needed" });

  it("is sent again, with its body, once the person showed one", async () => {
    const { requests, sent } = server(refused(), Response.json({ name: "Ana" }));
    let asked = 0;
    requests.onFreshFactorNeeded = () => {
      asked += 1;
      return Promise.resolve(true);
    };
    await new Api(requests).changePassword("old", "new");
    expect(asked).toBe(1);
    expect(await sent[1]?.text()).toBe('{"current":"old","new":"new"}');
  });

  it("is refused when the person thinks better of it", async () => {
    const { requests, sent } = server(refused());
    const refusal = await refusalOf(new Api(requests).newRecoveryCodes());
    expect(refusal.code).toBe("fresh_factor_needed");
    expect(sent).toHaveLength(1);
  });

  it("is not asked about anything else that is refused", async () => {
    const { requests } = server(problem(403, { code: "not_allowed" }));
    requests.onFreshFactorNeeded = () => expect.unreachable("nobody is asked");
    expect((await refusalOf(new Api(requests).newRecoveryCodes())).code).toBe("forbidden");
  });
});
