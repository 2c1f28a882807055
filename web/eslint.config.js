// The walls of the client, held up by the linter: no raw HTML, Svelte only where things are drawn, e2ee on its own.
import globals from "globals";
import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

const onlyDrawingMayImportSvelte = {
  regex: "^svelte(/|$)",
  message: "Only screens/ and components/ may import Svelte.",
};

// The page talks to the worker in its messages and starts it by its address; everything else stays inside.
const e2eeIsBehindItsMessages = {
  regex: "/e2ee/(?!(messages|e2ee-worker-url)(\\.ts)?$)",
  message: "From outside, only e2ee/messages and e2ee/e2ee-worker-url may be imported.",
};

const e2eeStandsAlone = {
  regex: "(\\.\\./|/)(screens|components|state|api|signalling|call|i18n|router)(/|$)",
  message: "e2ee/ imports nothing of the rest but identity/, which imports nothing.",
};

const onlyDrawingMayImportComponents = {
  regex: "/(screens|components)/",
  message: "Logic does not know what draws it.",
};

const restricted = (...patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

export default ts.config(
  { ignores: ["dist", "src/**/*.gen.ts", "src/e2ee/wasm"] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      "no-console": "error",
      "no-eval": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text nodes only." },
        { property: "outerHTML", message: "Text nodes only." },
        { property: "insertAdjacentHTML", message: "Text nodes only." },
      ],
      "max-lines-per-function": ["error", { max: 80 }],
      "max-lines": ["error", { max: 600 }],
      "svelte/no-at-html-tags": "error",
      "svelte/no-inline-styles": "off",
      "svelte/no-navigation-without-resolve": "off",
      // Dates, maps and sets here are values, never changed after they are shown.
      "svelte/prefer-svelte-reactivity": "off",
      "@typescript-eslint/no-dynamic-delete": "off",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig } },
  },
  {
    files: ["**/*.svelte"],
    rules: { "max-lines-per-function": "off", "prefer-const": "off", ...restricted(e2eeIsBehindItsMessages) },
  },
  {
    files: ["src/{state,api,signalling,call,i18n}/**/*.ts", "src/router.ts"],
    rules: restricted(onlyDrawingMayImportSvelte, e2eeIsBehindItsMessages, onlyDrawingMayImportComponents),
  },
  {
    files: ["src/identity/*.ts"],
    rules: restricted(onlyDrawingMayImportSvelte, e2eeIsBehindItsMessages, e2eeStandsAlone),
  },
  { files: ["src/e2ee/**/*.ts"], rules: restricted(onlyDrawingMayImportSvelte, e2eeStandsAlone) },
  { files: ["**/*.test.ts"], rules: { "max-lines-per-function": "off" } },
  { files: ["*.js", "*.ts", "build/**"], languageOptions: { globals: { ...globals.node } } },
);
