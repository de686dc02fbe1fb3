/** What the page and the frame say to each other. */

/** `bytes`: the file, given once; `page`: from 1; `width`: in pixels of the screen. */
export type Asked = { kind: "open"; bytes: ArrayBuffer; width: number } | { kind: "page"; page: number; width: number };

/** `ready`: it listens. `drawn`: a page is to be seen. */
export type Told = { kind: "ready" } | { kind: "drawn"; page: number; pages: number } | { kind: "failed" };

/** Whatever the frame says once a file has taken it over; null: nothing that it would say by itself. */
export function toldOf(data: unknown): Told | null {
  const { kind, page, pages } = Object(data) as Record<string, unknown>;
  if (kind === "ready" || kind === "failed") return { kind };
  if (kind !== "drawn" || !isCount(page) || !isCount(pages) || page > pages) return null;
  return { kind, page, pages };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
