/** Base64 of RFC 4648 section 4, as HTTP's structured fields and `data:` addresses have it. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}

/** From base64url without padding, as the API has it. */
export const fromUrlAlphabet = (text: string): string => text.replaceAll("-", "+").replaceAll("_", "/");
