/**
 * Both services as real processes, on free ports, with a data folder of their own. Passwords are hashed cheaply but where a
 * story is about them: half of app_service's time went there.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = new URL("../../../../", import.meta.url).pathname;
export const PYTHON = process.env.PYTHON ?? join(ROOT, ".venv/bin/python");
/** As deploy/serve.sh starts it. */
const AS_SERVED = ["--ws-max-size", "1048576", "--ws-per-message-deflate", "false"];
const CHEAP_HASHES = "tests.quick_app";
export const REAL_HASHES = "app_service.main";
/** After so long a story calls something hung, also on a machine that has much else to do: a bound, not a pace. */
export const PATIENCE_MS = 180_000;

/** To look costs the browser that is looked at something too. */
const LOOK_MS = 200;

/** Waits for what no change of a page tells; `left` says what is still missing, null when nothing is. */
export async function until(left: () => Promise<string | null>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const missing = await left();
    if (missing === null) return;
    if (Date.now() > deadline) throw new Error(`it never came that ${missing}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

class Program {
  #process: ChildProcess | null = null;
  #output = "";

  constructor(
    private readonly module: string,
    private readonly environment: Record<string, string>,
    readonly port: number,
    private readonly ready: string,
  ) {}

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it wrote, for a failure's message and for looking for what must not stand there. */
  get output(): string {
    return this.#output;
  }

  async start(): Promise<void> {
    const place = ["--host", "127.0.0.1", "--port", String(this.port)];
    const options = ["-m", "uvicorn", `${this.module}:app`, ...place, ...AS_SERVED];
    const child = spawn(PYTHON, options, {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    const keep = (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-200_000));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${this.module}\n${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #answers(): Promise<boolean> {
    const response = await fetch(this.origin + this.ready).catch(() => null);
    return response?.ok ?? false;
  }

  /** CPU time so far, in steps of 10 ms, threads that have ended included; 0 where the system does not tell as Linux does. */
  cpuMs(): number {
    const file = `/proc/${this.#process?.pid}/stat`;
    if (!existsSync(file)) return 0;
    const behindName = readFileSync(file, "utf8").split(") ").at(-1)!.split(" ");
    const [user, system] = behindName.slice(11, 13).map(Number);
    return 10 * (user! + system!);
  }

  get running(): boolean {
    return this.#process?.exitCode === null;
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await exited;
  }
}

export class Services {
  private constructor(
    readonly dataDir: string,
    readonly app: Program,
    readonly quantum: Program,
  ) {}

  static async start(settings: Record<string, string> = {}, module = CHEAP_HASHES): Promise<Services> {
    const dataDir = mkdtempSync(join(tmpdir(), "quantumchat-story-"));
    const [port, quantumPort] = [await freePort(), await freePort()];
    const environment = {
      DATA_DIR: dataDir,
      PORT: String(port),
      QUANTUM_PORT: String(quantumPort),
      QUANTUM_ENTROPY_SOURCE: "os",
      QUANTUM_THREADS: "1",
      RATE_LIMIT_LOGIN: "10000/minute",
      RATE_LIMIT_REGISTER: "10000/minute",
      RATE_LIMIT_REQUESTS: "10000/minute",
      ...settings,
    };
    const app = new Program(module, environment, port, "/api/health/ready");
    const quantum = new Program("quantum_service.main", environment, quantumPort, "/api/health");
    const services = new Services(dataDir, app, quantum);
    try {
      await Promise.all([quantum.start(), app.start()]);
    } catch (error) {
      await services.stop();
      throw error;
    }
    return services;
  }

  /** Starts what a story has ended. */
  async restore(): Promise<void> {
    for (const program of [this.quantum, this.app]) if (!program.running) await program.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.app.end("SIGTERM"), this.quantum.end("SIGTERM")]);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Below the ports that the system gives to whoever connects: nobody takes it before it is used. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
