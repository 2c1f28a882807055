// What leaves the build: nothing is loaded without its checksum.
import { describe, expect, it } from "vitest";

import { integrity, sha256, withIntegrity } from "./seal-assets.ts";

const files = new Map<string, string>([
  ["assets/index-1.js", "start()"],
  ["assets/style-1.css", "body{}"],
  ["assets/shared-1.js", "share()"],
]);
const sourceOf = (path: string) => files.get(path);

describe("the page", () => {
  it("names the checksum of every script, style and preloaded module", () => {
    const page = withIntegrity(
      `<script type="module" crossorigin src="/assets/index-1.js"></script>
       <link rel="modulepreload" crossorigin href="/assets/shared-1.js">
       <link rel="stylesheet" crossorigin href="/assets/style-1.css">`,
      sourceOf,
    );
    for (const source of files.values()) expect(page).toContain(`integrity="${integrity(source)}"`);
  });

  it("keeps its icon as it is", () => {
    const icon = `<link rel="icon" type="image/svg+xml" href="/assets/favicon.svg" />`;
    expect(withIntegrity(icon, sourceOf)).toBe(icon);
  });

  it("is refused when it loads something that was not built", () => {
    expect(() => withIntegrity(`<script src="/assets/other.js"></script>`, sourceOf)).toThrow(/not part of the build/);
  });
});

describe("a checksum", () => {
  it("is the one that everybody computes", () => {
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(integrity("abc")).toBe("sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn");
  });
});
