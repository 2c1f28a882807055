// How the client is built: strict enough for the Content-Security-Policy, the same bytes every time, small first page.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { budget } from "./build/budget.ts";
import { compress } from "./build/compress.ts";
import { sealAssets } from "./build/seal-assets.ts";

// The server that `vite dev` talks to; `cargo xtask dev` starts one there.
const server = process.env["CURTAIN_DEV_SERVER"] ?? "http://127.0.0.1:8443";

export default defineConfig({
  plugins: [svelte(), sealAssets(), budget(), compress()],
  build: {
    target: "es2022",
    outDir: "dist",
    // Inlined assets would be `data:` addresses, which the policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One stylesheet, so that index.html can carry its integrity.
    cssCodeSplit: false,
    sourcemap: false,
    reportCompressedSize: true,
    // What rarely changes keeps its name, and so its place in the browser's cache, from release to release.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "svelte", test: /node_modules\/svelte\// }] } } },
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: server, ws: true } } },
  test: { include: ["src/**/*.test.ts", "build/**/*.test.ts"], environment: "node" },
});
