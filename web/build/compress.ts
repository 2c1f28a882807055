// Leaves the compressed forms of each file beside it, once and as small as they get, so that the server compresses
// nothing while people wait.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import type { Plugin } from "vite";

/** What follows a file's name when the file is in this form; `crates/api/src/static_files/negotiation.rs` looks for it. */
export type Ending = ".br" | ".gz";

/** Pictures, sound and fonts come compressed already. */
const COMPRESSES = /\.(?:html|js|css|wasm|svg|json|webmanifest|txt)$/;
/** The byte of gzip's header that tells on which system it was made (RFC 1952 §2.3.1), and its value for "unknown". */
const SYSTEM = { byte: 9, unknown: 255 };

/** The forms in which a file is sent: the same bytes on every machine. */
export function compressedForms(source: Uint8Array): Record<Ending, Uint8Array> {
  const brotli = brotliCompressSync(source, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: source.length,
    },
  });
  const gzip = gzipSync(source, { level: constants.Z_BEST_COMPRESSION });
  gzip[SYSTEM.byte] = SYSTEM.unknown;
  return { ".br": brotli, ".gz": gzip };
}

/** Writes the forms of these files of a folder. */
export async function compressIn(folder: string, paths: string[]): Promise<void> {
  for (const path of paths.filter((path) => COMPRESSES.test(path))) {
    const file = join(folder, path);
    for (const [ending, form] of Object.entries(compressedForms(await readFile(file)))) {
      await writeFile(file + ending, form);
    }
  }
}

export function compress(): Plugin {
  return {
    name: "curtain:compress",
    apply: "build",
    enforce: "post",
    writeBundle: {
      order: "post",
      async handler({ dir }, bundle) {
        if (dir === undefined) this.error("the build has no folder");
        await compressIn(dir, Object.keys(bundle));
      },
    },
  };
}
