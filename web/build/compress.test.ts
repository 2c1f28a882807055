// What the server sends compressed is what was built, and the same whoever builds it.
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { compressIn, compressedForms } from "./compress.ts";

const script = Buffer.from("export const word = 'consultation';\n".repeat(200));

test("each form opens to the very file", () => {
  const forms = compressedForms(script);
  expect(brotliDecompressSync(forms[".br"])).toEqual(script);
  expect(gunzipSync(forms[".gz"])).toEqual(script);
  for (const form of Object.values(forms)) expect(form.length).toBeLessThan(script.length / 10);
});

test("a form tells nothing of when and where it was made", () => {
  const gzip = compressedForms(script)[".gz"];
  expect([...gzip.slice(4, 8)]).toEqual([0, 0, 0, 0]);
  expect(gzip[9]).toBe(255);
  expect(compressedForms(script)).toEqual(compressedForms(script));
});

test("forms lie beside their files, and only where they help", async () => {
  const folder = await mkdtemp(join(tmpdir(), "curtain-compress-"));
  try {
    for (const name of ["index.html", "group.wasm", "face.webp"]) await writeFile(join(folder, name), script);
    await compressIn(folder, ["index.html", "group.wasm", "face.webp"]);
    expect((await readdir(folder)).sort()).toEqual([
      "face.webp",
      "group.wasm",
      "group.wasm.br",
      "group.wasm.gz",
      "index.html",
      "index.html.br",
      "index.html.gz",
    ]);
    expect(brotliDecompressSync(await readFile(join(folder, "index.html.br")))).toEqual(script);
  } finally {
    await rm(folder, { recursive: true });
  }
});
