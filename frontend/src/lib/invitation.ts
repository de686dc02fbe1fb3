/**
 * What stands behind the # of an invitation link: a secret, so it leaves address and history before anything else runs, and
 * is kept in the memory of this page alone. A page that was loaded anew needs the whole link again.
 */

interface Kept {
  code: string;
  fragment: string;
}

let kept: Kept | null = null;

const JOIN = /^\/(?:chatrooms\/)?join\/([A-Za-z0-9_-]+)\/?$/u;

export const isJoinPath = (pathname: string) => JOIN.test(pathname);

/** At the start of the page. */
export function takeFragment(
  location: Pick<Location, "pathname" | "search" | "hash">,
  history: Pick<History, "replaceState">,
) {
  const code = JOIN.exec(location.pathname)?.[1];
  if (code === undefined || location.hash === "") return;
  kept = { code, fragment: location.hash.slice(1) };
  history.replaceState(null, "", location.pathname + location.search);
}

export function fragmentFor(code: string): string | null {
  return kept?.code === code ? kept.fragment : null;
}

export function forgetFragment(): void {
  kept = null;
}
