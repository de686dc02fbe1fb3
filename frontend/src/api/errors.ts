/** What app_service answered when it refused, or `server_unreachable` when nothing answered. The only error of this room. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    /** Seconds, from `Retry-After`. */
    readonly retryAfter: number | null = null,
    readonly details: Readonly<Record<string, unknown>> = {},
    readonly requestId: string | null = null,
  ) {
    super(message);
  }

  /** The same call may succeed later, unchanged. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || (this.status >= 500 && this.status !== 507);
  }
}

export function isApiError(error: unknown, ...codes: string[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
}

export function isTransient(error: unknown): boolean {
  return error instanceof ApiError && error.transient;
}

export const unreachable = () => new ApiError("server_unreachable", "The server cannot be reached.", 0);

/** An answer that is not of the documented shape still becomes a code, so that callers have one thing to look at. */
export async function errorOf(response: Response): Promise<ApiError> {
  const header = Number(response.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(header) && header > 0 ? header : null;
  const body: unknown = await response.json().catch(() => null);
  const error = field(body, "error");
  const code = field(error, "code");
  const message = field(error, "message");
  const details = field(error, "details");
  const requestId = field(error, "request_id");
  return new ApiError(
    typeof code === "string" ? code : `http_${response.status}`,
    typeof message === "string" ? message : `The server answered ${response.status}.`,
    response.status,
    retryAfter,
    typeof details === "object" && details !== null ? (details as Record<string, unknown>) : {},
    typeof requestId === "string" ? requestId : null,
  );
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
