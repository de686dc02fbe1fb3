// Writes src/api/schema.d.ts from app_service's models; with --check it only says whether the file is what they give.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import openapiTypescript, { astToString } from "openapi-typescript";
import prettier from "prettier";

const root = new URL("..", import.meta.url);
const target = new URL("src/api/schema.d.ts", root);
const own = new URL("../.venv/bin/python", root);
const python = process.env.PYTHON ?? (existsSync(own) ? own.pathname : "python3");

const document = execFileSync(python, [new URL("scripts/openapi.py", root).pathname], {
  maxBuffer: 1 << 26,
  encoding: "utf8",
});
const ast = await openapiTypescript(JSON.parse(document), { alphabetize: true, defaultNonNullable: false });
const banner = "// Made by `npm run api-types` from app_service's OpenAPI document. Do not edit.\n";
const options = await prettier.resolveConfig(target.pathname);
const text = await prettier.format(banner + astToString(ast), { ...options, parser: "typescript" });

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
  process.stderr.write("src/api/schema.d.ts is not what app_service's models give: run npm run api-types.\n");
  process.exitCode = 1;
}
