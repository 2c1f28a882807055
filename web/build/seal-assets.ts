// Puts Subresource Integrity on every script and style of index.html and writes assets.json, the list of all files with
// their SHA-256: what *About* shows and what `curtain doctor` prints, so that two people can compare what they run.
import { createHash } from "node:crypto";

import type { Plugin, Rolldown } from "vite";

export interface Asset {
  path: string;
  sha256: string;
}

export type Source = string | Uint8Array;

export function sha256(source: Source): string {
  return createHash("sha256").update(source).digest("hex");
}

export function integrity(source: Source): string {
  return `sha384-${createHash("sha384").update(source).digest("base64")}`;
}

/** Adds `integrity` to each tag that loads a script or a style; refuses a page that names a file it doesn't know. */
export function withIntegrity(html: string, sourceOf: (path: string) => Source | undefined): string {
  const loads =
    /<(?:script\b[^>]*\ssrc|link\b(?=[^>]*\srel="(?:stylesheet|modulepreload)")[^>]*\shref)="\/([^"]+)"[^>]*>/g;
  return html.replace(loads, (tag: string, path: string) => {
    const source = sourceOf(path);
    if (source === undefined) throw new Error(`index.html names ${path}, which is not part of the build`);
    return tag.replace(/>$/, ` integrity="${integrity(source)}">`);
  });
}

/** What a file of the build holds. */
export function sourceIn(bundle: Rolldown.OutputBundle, path: string): Source | undefined {
  const file = bundle[path];
  if (file === undefined) return undefined;
  return file.type === "chunk" ? file.code : file.source;
}

export function sealAssets(): Plugin {
  return {
    name: "curtain:seal-assets",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const sourceOf = (path: string): Source | undefined => sourceIn(bundle, path);
        const page = bundle["index.html"];
        if (page?.type === "asset") {
          page.source = withIntegrity(String(page.source), sourceOf);
        }
        const assets: Asset[] = Object.keys(bundle)
          .sort()
          .map((path) => ({ path, sha256: sha256(sourceOf(path) ?? "") }));
        this.emitFile({ type: "asset", fileName: "assets.json", source: `${JSON.stringify(assets, null, 2)}\n` });
      },
    },
  };
}
