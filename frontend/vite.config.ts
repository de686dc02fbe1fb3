import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const appService = `http://127.0.0.1:${process.env.PORT ?? "8000"}`;

/** Where app_service is, when the client is served from elsewhere. */
const server = process.env.VITE_API_URL;

/** app_service sends its policy as a header; another server may not, so that page carries it, with the way to app_service open. */
function policyInPage(origin: string): Plugin {
  const { protocol, host } = new URL(origin);
  const socket = `${protocol === "https:" ? "wss:" : "ws:"}//${host}`;
  const file = path("../shared/content_security_policy.json");
  const rules = (JSON.parse(readFileSync(file, "utf8")) as string[])
    // A page cannot say by whom it may be framed; its server has to.
    .filter((rule) => !rule.startsWith("frame-ancestors"))
    .map((rule) => (rule.startsWith("connect-src") ? `${rule} ${protocol}//${host} ${socket}` : rule));
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: rules.join("; ") },
        injectTo: "head-prepend",
      },
    ],
  };
}

export default defineConfig({
  plugins: [react(), ...(server ? [policyInPage(server)] : [])],
  resolve: {
    alias: {
      // The package exports only a facade that imports its modules by computed names, which no bundler can follow.
      "falcon-512-wasm": path("node_modules/@oqs/liboqs-js/dist/falcon-512.min.js"),
    },
  },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // A data: address would break the content security policy (connect-src 'self').
    assetsInlineLimit: 0,
    // The word lists that measure a new password; they load when somebody types one.
    chunkSizeWarningLimit: 1300,
  },
  server: {
    host: "127.0.0.1",
    port: Number(process.env.CLIENT_PORT ?? "5173"),
    proxy: {
      "/api": appService,
      "/ws": { target: appService, ws: true },
    },
  },
  test: {
    // Components ask for a browser-like page with `// @vitest-environment jsdom`; everything else is plain Node.
    environment: "node",
    coverage: {
      provider: "istanbul",
      include: ["src/**/*.{ts,tsx}"],
      // Tests and what they stand on; what runs only in a browser and a worker, where the tests in Chromium go.
      exclude: ["src/**/*.test.{ts,tsx}", "src/**/testing/**", "src/main.tsx", "src/crypto/worker.ts"],
      reporter: ["json"],
      // The report says what is measured, the tests' own lines whether they passed.
      reportOnFailure: true,
    },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["src/**/*.test.{ts,tsx}"],
          exclude: ["src/**/*.services.test.ts"],
          // Every file would load React, MUI or the wasm libraries again: more than half of all time.
          isolate: false,
          // A bound, not a pace: see PATIENCE in tests/processes.py.
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        // Stories over both real services, which each file starts for itself.
        extends: true,
        test: {
          name: "services",
          include: ["src/**/*.services.test.ts"],
          fileParallelism: false,
          // Well above what one wait of a story may take, which then says what it waited for.
          testTimeout: 900_000,
          hookTimeout: 400_000,
        },
      },
    ],
  },
});
