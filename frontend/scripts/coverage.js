// Prints the percentage of branches below a folder that the tests took, over all reports: coverage.js REPORTS FOLDER
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const [reports, folder] = process.argv.slice(2);

/** File → one count for each way that a branch can go, added up over the reports. */
const files = new Map();
for (const name of readdirSync(reports)) {
  const report = JSON.parse(readFileSync(join(reports, name, "coverage-final.json"), "utf8"));
  for (const [path, { b }] of Object.entries(report)) {
    if (!relative(process.cwd(), path).startsWith(folder)) continue;
    const counts = files.get(path) ?? {};
    for (const [branch, ways] of Object.entries(b))
      counts[branch] = ways.map((count, way) => count + (counts[branch]?.[way] ?? 0));
    files.set(path, counts);
  }
}
const ways = [...files.values()].flatMap((counts) => Object.values(counts).flat());
const taken = ways.filter((count) => count > 0).length;
process.stdout.write(`${((100 * taken) / ways.length).toFixed(1)}\n`);
