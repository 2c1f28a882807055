// Holds the client to its size: a build that makes people wait longer than agreed is a failed build.
import { gzipSync } from "node:zlib";

import type { Plugin } from "vite";

import { type Source, sourceIn } from "./seal-assets.ts";

/** What an 80-year-old on a slow line loads before the first word stands there. More costs a second on 1 Mbit/s. */
export const FIRST_PAGE_BYTES = 150_000;
/** The worker with its WebAssembly, loaded in the lobby while people look at themselves. */
export const WORKER_BYTES = 250_000;

export interface File {
  path: string;
  source: Source;
  /** Chunks that load together with this one. */
  imports: string[];
}

const compressed = (files: File[]): number =>
  files.reduce((sum, file) => sum + gzipSync(file.source, { level: 9 }).length, 0);

/** The page, everything its tags name, and everything that those import. */
export function firstPage(html: string, files: File[]): File[] {
  const known = new Map(files.map((file) => [file.path, file]));
  const found = new Map<string, File>();
  const add = (path: string): void => {
    const file = known.get(path);
    if (file === undefined || found.has(path)) return;
    found.set(path, file);
    file.imports.forEach(add);
  };
  add("index.html");
  for (const [, path] of html.matchAll(/(?:src|href)="\/([^"]+)"/g)) add(path ?? "");
  return [...found.values()];
}

/** Says what is too large; nothing when all is well. */
export function overBudget(html: string, files: File[]): string[] {
  const page = compressed(firstPage(html, files));
  const worker = compressed(files.filter(({ path }) => /\/worker-[^/]*\.js$|\.wasm$/.test(path)));
  return [
    ...(page > FIRST_PAGE_BYTES ? [`the first page is ${page} bytes compressed, more than ${FIRST_PAGE_BYTES}`] : []),
    ...(worker > WORKER_BYTES
      ? [`worker and WebAssembly are ${worker} bytes compressed, more than ${WORKER_BYTES}`]
      : []),
    ...(worker === 0 ? ["the build holds no worker"] : []),
  ];
}

export function budget(): Plugin {
  return {
    name: "curtain:budget",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const files = Object.entries(bundle).map(([path, file]) => ({
          path,
          source: sourceIn(bundle, path) ?? "",
          imports: file.type === "chunk" ? file.imports : [],
        }));
        const told = overBudget(String(sourceIn(bundle, "index.html") ?? ""), files);
        if (told.length > 0) this.error(told.join("; "));
      },
    },
  };
}
