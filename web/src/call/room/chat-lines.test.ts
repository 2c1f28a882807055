// Chat lines: sent when they were, and given to the next group when the last one could not get them out.
import { expect, it } from "vitest";

import { ChatLines } from "./chat-lines";

const states = (lines: ChatLines): string[] => lines.list.map(({ text, state }) => `${text} ${state}`);

it("a line is on its way until it was written", () => {
  const lines = new ChatLines();
  lines.write("lee", "Dr Lee", "one", 1);
  lines.heard("ana", "Ana", "two", 2);
  expect(lines.take().map(({ text }) => text)).toEqual(["one"]);
  expect(lines.take()).toEqual([]);
  expect(states(lines)).toEqual(["one sending", "two sent"]);
  lines.sent(1);
  expect(states(lines)).toEqual(["one sent", "two sent"]);
});

it("what a group did not get out is given to the next, in order, and nothing else is", () => {
  const lines = new ChatLines();
  for (const text of ["one", "two", "three"]) lines.write("lee", "Dr Lee", text, 1);
  lines.take();
  lines.sent(2);
  lines.cutOff();
  expect(lines.given(1)).toBe(false);
  expect(states(lines)).toEqual(["one sending", "two sent", "three sending"]);
  expect(lines.take().map(({ text }) => text)).toEqual(["one", "three"]);
  expect(lines.given(1)).toBe(true);
});
