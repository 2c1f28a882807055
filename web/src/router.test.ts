// Addresses and what they open.
import { describe, expect, it } from "vitest";

import { OPEN_TO_ALL, Router, routeOf, type Place } from "./router";

describe("an address", () => {
  it.each([
    ["/", "", { name: "visits" }],
    ["/sign-in", "", { name: "sign-in" }],
    ["/sign-in/recovery-code", "", { name: "recovery-code" }],
    ["/activate", "#abc_DEF-9", { name: "activate", token: "abc_DEF-9" }],
    ["/visits/", "", { name: "visits" }],
    ["/visits/0190-77", "", { name: "visit", id: "0190-77" }],
    ["/visits/0190-77/record", "", { name: "record", id: "0190-77" }],
    ["/audit", "", { name: "audit" }],
    ["/settings", "", { name: "settings" }],
    ["/alerts", "", { name: "alerts" }],
    ["/about", "", { name: "about" }],
    ["/visits/1/2/3", "", { name: "not-found" }],
    ["/visits/1/other", "", { name: "not-found" }],
    ["/recovery-code", "", { name: "not-found" }],
    ["/constructor", "", { name: "not-found" }],
  ])("%s%s opens its screen", (path, hash, route) => {
    expect(routeOf(path, hash)).toEqual(route);
  });

  it("of a visit, a record or the settings needs an account", () => {
    for (const path of ["/visits", "/visits/1", "/visits/1/record", "/audit", "/alerts", "/settings", "/nowhere"]) {
      expect(OPEN_TO_ALL).not.toContain(routeOf(path).name);
    }
  });
});

/** A browser's history, reduced to what the router uses. */
function place(path: string): Place & { back(): void; entries: string[] } {
  const entries = [path];
  let popped: () => void = () => undefined;
  return {
    entries,
    location: {
      get pathname() {
        return (entries.at(-1) ?? "").split("#")[0] ?? "";
      },
      get hash() {
        return (entries.at(-1) ?? "").replace(/^[^#]*/, "");
      },
      origin: "https://curtain.example",
    },
    history: {
      pushState: (_data, _unused, url) => entries.push(url),
      replaceState: (_data, _unused, url) => entries.splice(-1, 1, url),
    },
    addEventListener: (_type, listener) => (popped = listener),
    back() {
      entries.pop();
      popped();
    },
  };
}

describe("the router", () => {
  it("tells its listener where one went, and where one came back to", () => {
    const browser = place("/visits");
    const router = new Router(browser);
    const seen: string[] = [];
    router.listen((route) => seen.push(route.name));
    router.go("/visits/7");
    browser.back();
    expect(seen).toEqual(["visit", "visits"]);
  });

  it("leaves no step to go back to when it replaces", () => {
    const browser = place("/sign-in");
    new Router(browser).go("/visits", { replace: true });
    expect(browser.entries).toEqual(["/visits"]);
  });
});
