// A place in a visit over sockets that come and go: nothing lost, nothing twice, and an end that is an end.
import { beforeEach, describe, expect, it } from "vitest";

import { backoff } from "./backoff";
import { fromBase64, toBase64 } from "./base64";
import { Connection, type Verdict } from "./connection";
import type { ClientMessage, Envelope, ServerMessage } from "./protocol.gen";

/** A WebSocket whose other end is the test. */
class Socket extends EventTarget {
  readyState: number = 0;
  readonly sent: ClientMessage[] = [];

  send(text: string): void {
    if (this.readyState === 1) this.sent.push(JSON.parse(text) as ClientMessage);
  }

  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }

  opens(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  says(seq: number, message: ServerMessage): void {
    const envelope: Envelope = { seq, message };
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(envelope) }));
  }

  types(): string[] {
    return this.sent.map(({ type }) => type);
  }
}

const placed: ServerMessage = {
  type: "placed",
  participant: "p1",
  role: "patient",
  resume: "c2VjcmV0",
  state: "waiting",
  group: null,
  returning: false,
};
const gone = (participant: string): ServerMessage => ({ type: "gone", participant, reason: "left" });
const chat: ClientMessage = { type: "application", epoch: 1, message: "aGk=", receipt: null };

let sockets: Socket[];
let heard: ServerMessage[];
let events: string[];
let timers: { at: number; action: () => void }[];
let now: number;
let verdict: Verdict;
let connection: Connection;

const socket = (): Socket => {
  const last = sockets.at(-1);
  if (last === undefined) throw new Error("no socket");
  return last;
};

/** Lets promises settle, then time pass. */
async function pass(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  now += milliseconds;
  const due = timers.filter(({ at }) => at <= now);
  timers = timers.filter(({ at }) => at > now);
  for (const { action } of due) action();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Arrived and placed. */
function arrived(): void {
  connection.arrive("a2V5");
  socket().opens();
  socket().says(1, placed);
}

beforeEach(() => {
  [sockets, heard, events, timers, now, verdict] = [[], [], [], [], 0, "try_again"];
  connection = new Connection(
    {
      connect: () => {
        const made = new Socket();
        sockets.push(made);
        return made as unknown as WebSocket;
      },
      ask: () => Promise.resolve(verdict),
      now: () => now,
      random: () => 1,
      later: (milliseconds, action) => {
        const timer = { at: now + milliseconds, action };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    {
      message: (message) => heard.push(message),
      online: (online) => events.push(online ? "online" : "offline"),
      lobby: () => events.push("lobby"),
      needsArrival: () => events.push("needs arrival"),
      over: (why) => events.push(why),
      failing: (failures) => events.push(`failed ${String(failures)}`),
    },
  );
});

describe("a place in a visit", () => {
  it("is asked for first of all, also when the socket was open before", () => {
    connection.open();
    socket().opens();
    expect(socket().sent).toEqual([]);
    connection.arrive("a2V5");
    expect(socket().sent).toEqual([{ type: "arrive", key_package: "a2V5" }]);
  });

  it("is taken back with its secret after the connection was lost", async () => {
    arrived();
    socket().says(2, gone("a"));
    socket().close();
    await pass(250);
    expect(sockets).toHaveLength(2);
    socket().opens();
    expect(socket().sent).toEqual([{ type: "resume", token: "c2VjcmV0", received: 2 }]);
    expect(events).toEqual(["online", "offline", "failed 1"]);
    socket().says(0, { type: "resumed" });
    expect(events.at(-1)).toBe("online");
  });

  it("hears everything once and in order, whatever the server repeats", async () => {
    arrived();
    socket().says(2, gone("a"));
    socket().close();
    await pass(250);
    socket().opens();
    socket().says(0, { type: "resumed" });
    socket().says(2, gone("a"));
    socket().says(3, gone("b"));
    expect(heard.filter(({ type }) => type === "gone")).toEqual([gone("a"), gone("b")]);
  });

  it("asks again for what is missing", async () => {
    arrived();
    socket().says(3, gone("b"));
    expect(heard.filter(({ type }) => type === "gone")).toEqual([]);
    await pass(0);
    expect(sockets).toHaveLength(2);
    socket().opens();
    expect(socket().sent).toEqual([{ type: "resume", token: "c2VjcmV0", received: 1 }]);
  });

  it("that was kept too long ago is asked for afresh", async () => {
    arrived();
    socket().close();
    await pass(250);
    socket().opens();
    socket().says(0, { type: "refused", code: "cant_resume", closing: false });
    expect(events.at(-1)).toBe("needs arrival");
    connection.arrive("ZnJlc2g=");
    expect(socket().types()).toEqual(["resume", "arrive"]);
    socket().says(1, placed);
    socket().says(2, gone("a"));
    expect(heard.at(-1)).toEqual(gone("a"));
  });

  it("acknowledges every thirty-second message", () => {
    arrived();
    for (let seq = 2; seq <= 70; seq += 1) socket().says(seq, gone(String(seq)));
    expect(socket().sent.slice(1)).toEqual([
      { type: "acknowledge", received: 33 },
      { type: "acknowledge", received: 65 },
    ]);
  });
});

it("what is no message changes nothing", () => {
  arrived();
  for (const data of ["", "null", "[]", '{"seq":2}', '{"seq":"2","message":{"type":"gone"}}']) {
    socket().dispatchEvent(new MessageEvent("message", { data }));
  }
  socket().says(2, gone("a"));
  expect(heard.at(-1)).toEqual(gone("a"));
});

describe("what is said", () => {
  it("while there is no connection waits for it, in order", async () => {
    arrived();
    socket().close();
    connection.send(chat, "repeat");
    connection.send({ type: "leave" }, "once");
    await pass(250);
    socket().opens();
    expect(socket().types()).toEqual(["resume"]);
    socket().says(0, { type: "resumed" });
    expect(socket().types()).toEqual(["resume", "application", "leave"]);
  });

  it("with a receipt is said again until the server has it, however long that takes, and not after", async () => {
    arrived();
    const asked = (receipt: number): ClientMessage => ({ type: "application", epoch: 1, message: "aGk=", receipt });
    connection.send(asked(7), "repeat");
    connection.send(asked(8), "repeat");
    socket().says(2, { type: "taken", receipt: 8 });
    await pass(60_000);
    await pass(250);
    socket().opens();
    socket().says(0, { type: "resumed" });
    expect(socket().sent.slice(1)).toEqual([asked(7)]);
    socket().says(3, { type: "taken", receipt: 7 });
    socket().close();
    await pass(250);
    socket().opens();
    socket().says(0, { type: "resumed" });
    expect(socket().types()).toEqual(["resume"]);
  });

  it("for a place that is void is not said in the next", async () => {
    arrived();
    socket().close();
    connection.send(chat, "repeat");
    connection.arrive("ZnJlc2g=");
    await pass(250);
    socket().opens();
    socket().says(1, placed);
    expect(socket().types()).toEqual(["arrive"]);
  });

  it("just before a loss is said again only if that does no harm", async () => {
    arrived();
    connection.send(chat, "repeat");
    connection.send({ type: "decline", participant: "b" }, "once");
    connection.send({ type: "restart_media" }, "now");
    socket().close();
    await pass(250);
    socket().opens();
    socket().says(0, { type: "resumed" });
    expect(socket().types()).toEqual(["resume", "application"]);
  });

  it("long before a loss is not said again", async () => {
    arrived();
    connection.send(chat, "repeat");
    await pass(20_000);
    socket().close();
    await pass(250);
    socket().opens();
    socket().says(0, { type: "resumed" });
    expect(socket().types()).toEqual(["resume"]);
  });

  it("by its sender's own care is not kept", () => {
    connection.open();
    connection.send(chat, "now");
    arrived();
    expect(socket().types()).toEqual(["arrive"]);
  });
});

describe("a socket that does not open", () => {
  it("is tried again, slower and slower", async () => {
    connection.arrive("a2V5");
    for (const wait of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
      const before = sockets.length;
      socket().close();
      await pass(wait - 1);
      expect(sockets).toHaveLength(before);
      await pass(1);
      expect(sockets).toHaveLength(before + 1);
    }
    expect(events.filter((event) => event.startsWith("failed"))).toHaveLength(7);
  });

  it("because nobody is signed in any more is the end", async () => {
    arrived();
    socket().close();
    await pass(250);
    verdict = "session_expired";
    socket().close();
    await pass(60_000);
    expect(events.at(-1)).toBe("session_expired");
    expect(sockets).toHaveLength(2);
  });

  it("is given up when it hangs", async () => {
    connection.arrive("a2V5");
    await pass(8_000);
    await pass(250);
    expect(sockets).toHaveLength(2);
  });

  it("or opens and is never answered is given up as well, arriving or resuming", async () => {
    connection.arrive("a2V5");
    socket().opens();
    await pass(4_000);
    socket().says(0, { type: "beat" });
    await pass(4_000);
    await pass(250);
    expect(sockets).toHaveLength(2);
    socket().opens();
    expect(socket().types()).toEqual(["arrive"]);
    socket().says(1, placed);
    socket().close();
    await pass(250);
    socket().opens();
    await pass(8_000);
    expect(events.at(-1)).toBe("failed 2");
    await pass(500);
    expect(sockets).toHaveLength(4);
  });

  it("is replaced when it was quiet and something else broke, and only then", async () => {
    arrived();
    connection.doubt();
    expect(sockets).toHaveLength(1);
    await pass(7_000);
    connection.doubt();
    expect(sockets).toHaveLength(2);
    socket().opens();
    expect(socket().types()).toEqual(["resume"]);
  });

  it("is dropped when two beats are missing, and what was missed is asked for", async () => {
    arrived();
    for (let beats = 0; beats < 10; beats += 1) {
      await pass(5_000);
      socket().says(0, { type: "beat" });
    }
    expect([sockets.length, heard.length, events]).toEqual([1, 1, ["online"]]);
    await pass(11_000);
    expect(events.at(-1)).toBe("online");
    await pass(1_000);
    expect(events.slice(1)).toEqual(["offline", "failed 1"]);
    await pass(250);
    socket().opens();
    expect(socket().types()).toEqual(["resume"]);
  });

  it("and is silent in the lobby is dropped too", async () => {
    connection.open();
    socket().opens();
    await pass(12_000);
    await pass(250);
    expect(sockets).toHaveLength(2);
  });

  it("is not waited for when the network is back", async () => {
    arrived();
    socket().close();
    await pass(1);
    connection.reconnect();
    expect(sockets).toHaveLength(2);
    await pass(60_000);
    expect(sockets.filter(({ readyState }) => readyState === 1)).toHaveLength(0);
  });
});

it("a closed connection stays closed", async () => {
  arrived();
  connection.close();
  connection.open();
  connection.send(chat, "repeat");
  await pass(60_000);
  expect(sockets).toHaveLength(1);
});

it("waiting grows to a bound and is never the same for all", () => {
  expect(backoff(0, 0)).toBe(125);
  expect(backoff(0, 1)).toBe(250);
  for (const failures of [5, 10, 100, 1_000]) expect(backoff(failures, 1)).toBe(5_000);
});

it("bytes survive the wire", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  expect(toBase64(Uint8Array.of(1))).toBe("AQ==");
  expect(() => fromBase64("not base64!")).toThrow();
});

describe("a lobby", () => {
  it("may ask ahead of its arrival, and answers on the same socket while the place is not ours yet", () => {
    connection.open();
    connection.send({ type: "prepare_media" }, "ahead");
    expect(socket().types()).toEqual([]);
    socket().opens();
    expect(events).toEqual(["lobby"]);
    connection.send({ type: "prepare_media" }, "ahead");
    connection.arrive("a2V5");
    connection.send({ type: "answer", generation: 1, sdp: "v=0" }, "ahead");
    expect(socket().types()).toEqual(["prepare_media", "arrive", "answer"]);
  });

  it("repeats an answer that a lost socket may not have carried", () => {
    connection.open();
    socket().opens();
    connection.arrive("a2V5");
    connection.send({ type: "answer", generation: 1, sdp: "v=0" }, "ahead");
    socket().says(1, placed);
    connection.reconnect();
    socket().opens();
    socket().says(0, { type: "resumed" });
    expect(socket().types()).toEqual(["resume", "answer"]);
  });

  it("is not one any more once somebody waits for a place or has it", () => {
    arrived();
    expect(events).toEqual(["online"]);
    connection.reconnect();
    socket().opens();
    connection.send({ type: "answer", generation: 1, sdp: "v=0" }, "ahead");
    expect(socket().types()).toEqual(["resume"]);
    socket().says(0, { type: "resumed" });
    expect(socket().types()).toEqual(["resume", "answer"]);
  });
});
