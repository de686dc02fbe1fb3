import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { build, type Plugin } from "vite";
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

const PDF_FRAME = "virtual:pdf-frame";

/** One plain script: a frame without origin loads neither modules nor workers. */
async function pdfFrameScript(): Promise<string> {
  const built = await build({
    configFile: false,
    root: path("."),
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      rolldownOptions: {
        input: path("src/features/conversations/files/pdf/frame.ts"),
        output: { format: "iife" },
      },
    },
  });
  const chunk = [built]
    .flat()
    .flatMap((one) => ("output" in one ? one.output : []))
    .find(({ type }) => type === "chunk");
  if (chunk?.type !== "chunk") throw new Error("the script of the PDF frame was not built");
  return chunk.code;
}

/** Gives the page the address of the script that draws PDFs in their frame. */
function pdfFrame(): Plugin {
  let served = false;
  return {
    name: "pdf-frame",
    configResolved: ({ command }) => {
      served = command === "serve";
    },
    configureServer: ({ middlewares }) => {
      middlewares.use("/pdf-frame.js", (_request, response) => {
        void pdfFrameScript().then((script) => {
          response.setHeader("Content-Type", "text/javascript");
          response.end(script);
        });
      });
    },
    resolveId: (source) => (source === PDF_FRAME ? `\0${PDF_FRAME}` : undefined),
    async load(id) {
      if (id !== `\0${PDF_FRAME}`) return undefined;
      if (served) return 'export default "/pdf-frame.js"';
      const file = this.emitFile({ type: "asset", name: "pdf-frame.js", source: await pdfFrameScript() });
      return `export default import.meta.ROLLUP_FILE_URL_${file}`;
    },
  };
}

export default defineConfig({
  plugins: [react(), pdfFrame(), ...(server ? [policyInPage(server)] : [])],
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
      exclude: [
        "src/**/*.test.{ts,tsx}",
        "src/**/testing/**",
        "src/main.tsx",
        "src/crypto/worker.ts",
        "src/features/conversations/files/pdf/frame.ts",
      ],
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
          // Otherwise each file loads React, MUI and the wasm libraries anew: half of the CPU time of those with a page.
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
