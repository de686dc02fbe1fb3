import { ApiError, errorOf, isApiError, unreachable } from "./errors";
import type { Answer, Method, Operation, Options, PathWith } from "./operations";
import { AccessToken, type Locks, type RefreshTokens } from "./tokens";
import type { Id, SignedIn } from "./types";

export interface ApiEnvironment {
  /** Empty for the page's own origin. */
  readonly origin: string;
  readonly fetch: typeof fetch;
  readonly locks: Locks;
  readonly refreshTokens: RefreshTokens;
  readonly now: () => number;
}

interface AnyOptions {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** In the place of a JSON body. */
  readonly bytes?: Uint8Array;
  /** The answer is bytes. */
  readonly wantsBytes?: boolean;
  /** The answer is told line by line, each a value of JSON. */
  readonly onLine?: (line: unknown) => void;
}

/** Calls app_service. Paths, parameters, bodies and answers are those of its OpenAPI document. */
export class Api {
  readonly token: AccessToken;
  /** The account that this page is for. The refresh token is shared by all tabs, and another one may sign in as somebody else. */
  userId: Id | null = null;

  constructor(private readonly environment: ApiEnvironment) {
    this.token = new AccessToken(() => this.refresh(), environment.locks, environment.now);
  }

  get<P extends PathWith<"get">>(path: P, options: Options<Operation<P, "get">>): Promise<Answer<Operation<P, "get">>> {
    return this.#authorised("get", path, options as AnyOptions) as Promise<Answer<Operation<P, "get">>>;
  }

  post<P extends PathWith<"post">>(path: P, options: Options<Operation<P, "post">>) {
    return this.#authorised("post", path, options as AnyOptions) as Promise<Answer<Operation<P, "post">>>;
  }

  put<P extends PathWith<"put">>(path: P, options: Options<Operation<P, "put">>) {
    return this.#authorised("put", path, options as AnyOptions) as Promise<Answer<Operation<P, "put">>>;
  }

  patch<P extends PathWith<"patch">>(path: P, options: Options<Operation<P, "patch">>) {
    return this.#authorised("patch", path, options as AnyOptions) as Promise<Answer<Operation<P, "patch">>>;
  }

  /** A body that is no JSON. */
  async putBytes(
    path: PathWith<"put">,
    options: { path: Record<string, string>; headers: Record<string, string>; bytes: Uint8Array },
  ): Promise<void> {
    await this.#authorised("put", path, options);
  }

  /** An answer that is no JSON. */
  getBytes(path: PathWith<"get">, options: { path: Record<string, string> }): Promise<Uint8Array> {
    return this.#authorised("get", path, { ...options, wantsBytes: true }) as Promise<Uint8Array>;
  }

  /** An answer that is told line by line while what was asked for goes on. */
  async postForLines(
    path: PathWith<"post">,
    options: { body: unknown; onLine: (line: unknown) => void },
  ): Promise<void> {
    await this.#authorised("post", path, options);
  }

  delete<P extends PathWith<"delete">>(path: P, options: Options<Operation<P, "delete">>) {
    return this.#authorised("delete", path, options as AnyOptions) as Promise<Answer<Operation<P, "delete">>>;
  }

  /** For the calls that anyone may make: registering, signing in, configuration. */
  anonymous<M extends Method, P extends PathWith<M>>(method: M, path: P, options: Options<Operation<P, M>>) {
    return this.#send(method, path, options as AnyOptions, null) as Promise<Answer<Operation<P, M>>>;
  }

  /** Rotates the refresh token. Callers want `token.renew()`, which does it once for all; after a reload this also says who it was. */
  async refresh(): Promise<SignedIn> {
    const answer = (await this.#send("post", "/api/token/refresh", await this.#refreshOptions(), null)) as SignedIn;
    if (this.userId !== null && answer.user.id !== this.userId) {
      throw new ApiError("refresh_invalid", "Another account signed in here.", 401);
    }
    await this.keepRefreshToken(answer);
    return answer;
  }

  /** For the calls that sign in. */
  get tokenTransport() {
    return { token_transport: this.environment.refreshTokens.transport };
  }

  /** Of whoever signed in. */
  async keepRefreshToken({ refresh_token }: SignedIn): Promise<void> {
    if (refresh_token !== null) await this.environment.refreshTokens.keep(refresh_token);
  }

  async #refreshOptions(): Promise<AnyOptions> {
    const { refreshTokens } = this.environment;
    // A foreign page cannot send the header.
    if (refreshTokens.transport === "cookie") return { headers: { "X-QuantumChat": "1" }, body: {} };
    const refresh_token = await refreshTokens.read();
    if (refresh_token === null) throw new ApiError("refresh_invalid", "This browser has no sign-in.", 401);
    return { body: { refresh_token } };
  }

  async #authorised(method: Method, path: string, options: AnyOptions): Promise<unknown> {
    const token = await this.token.get();
    try {
      return await this.#send(method, path, options, token);
    } catch (error) {
      if (!isApiError(error, "token_expired")) throw error;
      return this.#send(method, path, options, await this.token.renew());
    }
  }

  async #send(method: Method, path: string, options: AnyOptions, token: string | null): Promise<unknown> {
    const headers = new Headers({ Accept: "application/json", ...options.headers });
    if (token !== null) headers.set("Authorization", `Bearer ${token}`);
    const body = options.bytes ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    if (body !== undefined)
      headers.set("Content-Type", options.bytes ? "application/octet-stream" : "application/json");
    const response = await this.#fetch(this.environment.origin + address(path, options), {
      method: method.toUpperCase(),
      headers,
      ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
    });
    if (!response.ok) throw await errorOf(response);
    if (response.status === 204) return undefined;
    if (options.wantsBytes) return bytesOf(response);
    if (options.onLine) return eachLine(response, options.onLine);
    return response.json().catch(() => {
      throw badAnswer();
    });
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.environment.fetch(url, init);
    } catch {
      throw unreachable();
    }
  }
}

const badAnswer = () => new ApiError("bad_answer", "The server's answer cannot be read.", 502);

async function eachLine(response: Response, onLine: (line: unknown) => void): Promise<void> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const part = await reader?.read().catch(() => {
      throw unreachable();
    });
    if (part?.value === undefined) break;
    const lines = (rest + decoder.decode(part.value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") onLine(parsed(line));
  }
  if (rest !== "") onLine(parsed(rest));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw badAnswer();
  }
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    throw unreachable();
  }
}

function address(path: string, options: AnyOptions): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(options.path?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== null && value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? filled : `${filled}?${text}`;
}
