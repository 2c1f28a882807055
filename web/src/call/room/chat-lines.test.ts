// Chat lines: sent when the server has them, offered again when it has not, and given to the next group when the last one
// could not get them out.
import { beforeEach, describe, expect, it } from "vitest";

import { ChatLines } from "./chat-lines";

let lines: ChatLines;
let given: string[];
let online: boolean;
let timers: (() => void)[];

const states = (): string[] => lines.list.map(({ text, state }) => `${text} ${state}`);
const write = (text: string): void => {
  lines.write("lee", "Dr Lee", text);
};
/** Every wait that is on comes to its end. */
const time = (): void => {
  for (const action of timers.splice(0)) action();
};

beforeEach(() => {
  [given, online, timers] = [[], true, []];
  lines = new ChatLines({
    give: (id, text) => given.push(`${String(id)} ${text}`),
    online: () => online,
    changed: () => undefined,
    later: (_, action) => {
      timers.push(action);
      return () => {
        timers = timers.filter((other) => other !== action);
      };
    },
  });
});

describe("a line of ours", () => {
  it("is on its way until the server has it", () => {
    write("one");
    lines.heard("ana", "Ana", "two");
    lines.give();
    expect(given).toEqual(["1 one"]);
    expect(states()).toEqual(["one sending", "two sent"]);
    lines.taken(1);
    time();
    expect(states()).toEqual(["one sent", "two sent"]);
  });

  it("that the server never had is offered again, and sent when a person says so", () => {
    write("one");
    time();
    expect(states()).toEqual(["one unsent"]);
    lines.give();
    expect(given).toEqual(["1 one"]);
    lines.again(1);
    expect([states(), given]).toEqual([["one sending"], ["1 one", "1 one"]]);
    lines.taken(1);
    expect(states()).toEqual(["one sent"]);
    lines.again(1);
    expect(given).toHaveLength(2);
  });

  it("waits for the connection as long as that takes", () => {
    write("one");
    online = false;
    time();
    expect(states()).toEqual(["one sending"]);
    online = true;
    time();
    expect(states()).toEqual(["one unsent"]);
    lines.taken(1);
    expect(states()).toEqual(["one sent"]);
  });
});

it("what a group did not get out is given to the next, in order, and nothing else is", () => {
  for (const text of ["one", "two", "three"]) write(text);
  lines.taken(2);
  time();
  lines.cutOff();
  expect(lines.given(1)).toBe(false);
  expect(states()).toEqual(["one sending", "two sent", "three sending"]);
  lines.give();
  expect(given.slice(3)).toEqual(["1 one", "3 three"]);
  expect(lines.given(1)).toBe(true);
});
