// What Vite and Svelte add to the language: addresses of assets, and components, as imports.
/// <reference types="vite/client" />
/// <reference types="svelte" />
