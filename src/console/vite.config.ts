import { defineConfig } from "vite";

/** The page works under any path prefix: its links are relative to the `<base>` that the server writes. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false }, // an inline script
    assetsInlineLimit: 0, // data: URLs, which the Content-Security-Policy refuses
  },
});
