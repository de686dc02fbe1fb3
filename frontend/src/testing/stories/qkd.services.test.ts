/** Keys of a QKD link, by ETSI GS QKD 014 over mutual TLS, all the way into the receipt that a browser verified. */
import "fake-indexeddb/auto";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { twoConnected } from "./person";
import { freePort, PATIENCE_MS, PYTHON, ROOT, Services } from "./services";

const KEYS_OF_A_BLOCK = 128;
const folder = mkdtempSync(join(tmpdir(), "quantumchat-kme-"));
const file = (name: string) => join(folder, name);
let simulator: ChildProcess;
let services: Services;

beforeAll(async () => {
  const [port, other] = [await freePort(), await freePort()];
  const options = ["-m", "quantum_service.qkd.kme_simulator", folder, `--port-a=${port}`, `--port-b=${other}`];
  simulator = spawn(PYTHON, options, { cwd: ROOT, stdio: "ignore" });
  await vi.waitUntil(() => keysAt(port).then((keys) => keys >= KEYS_OF_A_BLOCK), {
    timeout: PATIENCE_MS,
    interval: 200,
  });
  services = await Services.start({
    QUANTUM_ENTROPY_SOURCE: "qkd",
    QUANTUM_QKD_URL: `https://localhost:${port}`,
    QUANTUM_QKD_PEER: "sae-b",
    QUANTUM_QKD_AUTHORITY: file("ca.pem"),
    QUANTUM_QKD_CERTIFICATE: file("sae-a.pem"),
    QUANTUM_QKD_PRIVATE_KEY: file("sae-a.key"),
  });
});
afterAll(async () => {
  simulator.kill("SIGKILL");
  await services.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** How many keys the link has; 0 while there is no KME yet. */
async function keysAt(port: number): Promise<number> {
  if (!["ca.pem", "sae-a.pem", "sae-a.key"].every((name) => existsSync(file(name)))) return 0;
  const [ca, cert, key] = [file("ca.pem"), file("sae-a.pem"), file("sae-a.key")].map((path) => readFileSync(path));
  return new Promise((resolve) => {
    const asked = request({ host: "localhost", port, path: "/api/v1/keys/sae-b/status", ca, cert, key }, (answer) => {
      let body = "";
      answer.on("data", (part: Buffer) => (body += part.toString()));
      answer.on("end", () => resolve((JSON.parse(body) as { stored_key_count: number }).stored_key_count));
    });
    asked.on("error", () => resolve(0));
    asked.end();
  });
}

interface Health {
  entropy: { sources: { health: string; last_failure: string | null }[] };
}

const sourceNow = async () => {
  const answer = await fetch(`${services.quantum.origin}/api/health`);
  return ((await answer.json()) as Health).entropy.sources[0]?.health;
};

test("a session's contribution comes from a QKD link, and both people's browsers read so in the verified receipt", async () => {
  await vi.waitUntil(async () => (await sourceNow()) === "healthy", { timeout: PATIENCE_MS, interval: 100 });
  const [alice, bob] = await twoConnected(services);
  await alice.writes(bob, "made with keys of a link");
  await bob.reads(alice, "made with keys of a link");
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const { id } = one.conversation(other)!;
    const [newest] = await one.tab.engine.loadNewestKeys();
    expect(newest?.conversationId).toBe(id);
    expect(newest?.receipt?.absent).toEqual([]);
    // The simulator says that it is one: it is credited nothing, and told as simulated.
    expect(newest?.receipt?.parts).toMatchObject([
      { source: "qkd", backend: "kme-a/kme-b", simulated: true, creditedBits: 0 },
    ]);
    expect(newest?.receipt?.parts[0]?.jobId).toMatch(/^[\da-f]{8}-/u);
    await one.tab.engine.loadDetails(id);
    const details = await one.sees("details", (state) => state.details[id]);
    expect(details.contribution?.receipt).toEqual(newest?.receipt);
    expect(one.conversation(other)?.findings).toEqual([]);
  }
  const { receipt } = await alice.tab.engine.runBb84({ pulses: 64, noise: 0, eavesdropper: 0 }, () => undefined);
  expect(receipt?.parts.map(({ source }) => source)).toEqual(["qkd"]);
  for (const person of [alice, bob]) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
});
