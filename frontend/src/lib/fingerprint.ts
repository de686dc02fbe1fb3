/** Digits that people compare. Groups of five, as in docs/crypto.md: each from five bytes, modulo 100000. */

function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** Six groups of a 32-byte hash (its last two bytes are left out). */
export function fingerprintGroups(hash: string): string[] {
  const bytes = fromBase64Url(hash);
  const groups: string[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5) {
    const value = bytes.subarray(at, at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    groups.push(String(value % 100_000).padStart(5, "0"));
  }
  return groups;
}

/** Spaces between them do not matter. */
export const digitGroups = (digits: string): string[] => digits.replaceAll(/\s/gu, "").match(/.{1,5}/gu) ?? [];
