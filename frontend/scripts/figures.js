// For `python -m tests.bench`: "figures.js build FOLDER" makes the page that a browser measures in, "figures.js run ROUNDS"
// measures in Node, with a store in memory, and prints JSON.
import "fake-indexeddb/auto";
import { join } from "node:path";
import { build, createServer } from "vite";

const root = join(import.meta.dirname, "..");
const [command, argument] = process.argv.slice(2);

if (command === "build") {
  await build({
    root,
    logLevel: "error",
    build: { outDir: argument, emptyOutDir: true, rolldownOptions: { input: join(root, "figures.html") } },
  });
} else {
  const server = await createServer({ root, logLevel: "error", appType: "custom", server: { middlewareMode: true } });
  const { cryptoFigures } = await server.ssrLoadModule("/src/crypto/testing/figures.ts");
  process.stdout.write(JSON.stringify(await cryptoFigures(Number(argument))));
  await server.close();
}
