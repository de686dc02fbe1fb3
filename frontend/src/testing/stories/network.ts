/** A browser's way to the server under Node: cookies, Origin, a network that can be cut, and a place to tamper with it. */
import type { RawSocket } from "../../realtime/environment";
import { socketUrl } from "../../realtime/socket";

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: unknown;
  readonly answer: unknown;
}

export interface Tampering {
  /** What the body of a request becomes on its way; JSON only. */
  request?: (path: string, body: unknown) => unknown;
  /** What an answer becomes on its way; JSON only. */
  answer?: (exchange: Exchange) => unknown;
  /** What an answer that is bytes becomes on its way. */
  bytes?: (path: string, answer: Uint8Array) => Uint8Array;
  /** What a frame becomes on its way to the client; null: it gets lost. */
  frame?: (frame: Record<string, unknown>) => Record<string, unknown> | null;
  /** Told of each request that goes out. */
  onRequest?: (path: string, method: string) => void;
  /** True: the request never reaches the server. */
  loseRequest?: (path: string, method: string) => boolean;
  /** True: the request reaches the server, and the answer gets lost. */
  loseAnswer?: (path: string, method: string) => boolean;
}

export class TestNetwork {
  readonly #cookies = new Map<string, string>();
  readonly #sockets = new Set<WebSocket>();
  #connected = true;
  #listeners: (() => void)[] = [];
  tampering: Tampering = {};
  /** A proxy that lets no WebSocket through. */
  blocksSockets = false;
  /** How many WebSockets were asked for. */
  socketsTried = 0;

  constructor(private readonly origin: string) {}

  get connected(): boolean {
    return this.#connected;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  disconnect(): void {
    this.#connected = false;
    for (const socket of this.#sockets) socket.close();
    for (const listener of this.#listeners) listener();
  }

  reconnect(): void {
    this.#connected = true;
    for (const listener of this.#listeners) listener();
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    if (!this.#connected) throw new TypeError("no network");
    const url = input as string;
    const headers = new Headers(init.headers);
    headers.set("Origin", this.origin);
    if (this.#cookies.size > 0) headers.set("Cookie", [...this.#cookies].map((pair) => pair.join("=")).join("; "));
    const { pathname: path, searchParams: query } = new URL(url);
    const method = init.method ?? "GET";
    if (this.tampering.loseRequest?.(path, method)) throw new TypeError("the request got lost");
    this.tampering.onRequest?.(path, method);
    const { request: alter } = this.tampering;
    const body = alter === undefined || typeof init.body !== "string" ? init.body : rewritten(alter, path, init.body);
    const response = await fetch(url, { ...init, headers, ...(body === undefined ? {} : { body }) });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    if (this.tampering.loseAnswer?.(path, method)) throw new TypeError("the answer got lost");
    if (response.headers.get("Content-Type") === "application/octet-stream") return this.#bytes(path, response);
    const { answer } = this.tampering;
    if (answer === undefined || response.status === 204) return response;
    const request: unknown = typeof init.body === "string" ? JSON.parse(init.body) : null;
    const changed = await answer({ method, path, query, request, answer: await response.json() });
    return Response.json(changed, { status: response.status, headers: response.headers });
  };

  async #bytes(path: string, response: Response): Promise<Response> {
    const { bytes } = this.tampering;
    if (bytes === undefined) return response;
    const changed = bytes(path, new Uint8Array(await response.arrayBuffer()));
    return new Response(changed as Uint8Array<ArrayBuffer>, { status: response.status });
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const [name = "", ...value] = pair.split("=");
    const gone = attributes.some((attribute) => attribute.toLowerCase() === "max-age=0");
    if (gone || value.join("=") === '""') this.#cookies.delete(name);
    else this.#cookies.set(name, value.join("="));
  }

  openSocket(): RawSocket {
    const raw: RawSocket = {
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: () => undefined,
      close: () => undefined,
    };
    this.socketsTried += 1;
    if (!this.#connected || this.blocksSockets) {
      queueMicrotask(() => raw.onclose?.({ code: 1006 }));
      return raw;
    }
    // Node's own WebSocket takes headers, which a browser would not.
    const options = { headers: { Origin: this.origin } } as unknown as string[];
    const socket = new WebSocket(socketUrl(this.origin), options);
    this.#sockets.add(socket);
    socket.onopen = () => raw.onopen?.();
    socket.onerror = () => raw.onerror?.();
    socket.onclose = ({ code }) => {
      this.#sockets.delete(socket);
      raw.onclose?.({ code });
    };
    socket.onmessage = ({ data }) => this.#deliver(raw, String(data));
    raw.send = (text) => socket.send(text);
    raw.close = () => socket.close();
    return raw;
  }

  #deliver(raw: RawSocket, text: string): void {
    const { frame } = this.tampering;
    if (frame === undefined) {
      raw.onmessage?.({ data: text });
      return;
    }
    const said = JSON.parse(text) as Record<string, unknown> | Record<string, unknown>[];
    for (const each of Array.isArray(said) ? said : [said]) {
      const changed = frame(each);
      if (changed !== null) raw.onmessage?.({ data: JSON.stringify(changed) });
    }
  }
}

function rewritten(alter: NonNullable<Tampering["request"]>, path: string, body: string): string {
  return JSON.stringify(alter(path, JSON.parse(body) as unknown));
}
