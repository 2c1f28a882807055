// The limits bite, and only on what they are about.
import { randomBytes } from "node:crypto";

import { expect, test } from "vitest";

import { type File, FIRST_PAGE_BYTES, WORKER_BYTES, firstPage, overBudget } from "./budget.ts";

const HTML =
  '<script type="module" src="/assets/index-1.js"></script><link rel="stylesheet" href="/assets/style-1.css">';
// Chance does not compress: its size is its compressed size.
const file = (path: string, bytes: number, imports: string[] = []): File => ({
  path,
  source: randomBytes(bytes),
  imports,
});
const worker = file("assets/worker-1.js", 10);

test("the first page is what its tags name and what those import", () => {
  const files = [
    file("index.html", 10),
    file("assets/index-1.js", 10, ["assets/svelte-1.js"]),
    file("assets/svelte-1.js", 10),
    file("assets/VisitScreen-1.js", 10),
  ];
  expect(firstPage(HTML, files).map(({ path }) => path)).toEqual([
    "index.html",
    "assets/index-1.js",
    "assets/svelte-1.js",
  ]);
});

test("a first page that is too large is told", () => {
  const told = overBudget(HTML, [
    worker,
    file("assets/index-1.js", 100, ["assets/svelte-1.js"]),
    file("assets/svelte-1.js", FIRST_PAGE_BYTES),
  ]);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("first page");
});

test("what loads later does not count for the first page, but worker and WebAssembly have a limit of their own", () => {
  expect(overBudget(HTML, [worker, file("assets/VisitScreen-1.js", FIRST_PAGE_BYTES)])).toEqual([]);
  expect(overBudget(HTML, [worker, file("assets/group-1.wasm", WORKER_BYTES)])[0]).toContain("WebAssembly");
});

test("a build without a worker is no build", () => {
  expect(overBudget(HTML, [])).toEqual(["the build holds no worker"]);
});
