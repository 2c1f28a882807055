// Contrast, computed (WCAG 2.2 §1.4.3, §1.4.6, §1.4.11): text 7:1 on every ground it may stand on, lines of controls 3:1.
import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");

function tokens(text: string): Map<string, string> {
  return new Map([...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

const TEXT_ON_GROUND: [string, string[]][] = [
  ["ink", ["paper", "surface", "sunken"]],
  ["ink-soft", ["paper", "surface", "sunken"]],
  ["accent", ["paper", "surface"]],
  ["accent-strong", ["paper", "surface"]],
  ["on-accent", ["accent", "accent-strong"]],
  ["on-accent-soft", ["accent-soft"]],
  ["on-danger", ["danger", "danger-strong"]],
  ["on-danger-soft", ["danger-soft"]],
  ["on-care-soft", ["care-soft"]],
  ["on-good-soft", ["good-soft", "surface"]],
  ["on-stage", ["stage", "stage-raised"]],
  ["on-stage-soft", ["stage", "stage-raised"]],
  ["stage-accent", ["stage", "stage-raised"]],
];

const day = tokens(light);
// What the dark scheme does not name stays as it is in the light one.
const night = new Map([...day, ...tokens(dark)]);

describe.each([
  ["light", day],
  ["dark", night],
])("in the %s scheme", (_scheme, colours) => {
  const of = (name: string): string => colours.get(name) ?? expect.unreachable(`there is no --${name}`);

  it.each(TEXT_ON_GROUND)("%s can be read", (text, grounds) => {
    for (const ground of grounds) expect(contrast(of(text), of(ground)), ground).toBeGreaterThanOrEqual(7);
  });

  it("the edge of a field and the focus ring can be seen", () => {
    for (const ground of ["paper", "surface"]) {
      expect(contrast(of("control-line"), of(ground)), ground).toBeGreaterThanOrEqual(3);
      expect(contrast(of("focus"), of(ground)), ground).toBeGreaterThanOrEqual(3);
    }
  });
});
