/**
 * What may be shown in the page, by its type: a closed list. Whatever can hold scripts or fetch things (SVG, HTML …) is saved,
 * but for PDF, which is drawn in a frame without origin (docs/decisions/0013-pdf.md).
 */
const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];
const AUDIO = ["audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/wav", "audio/webm", "audio/flac"];
const VIDEO = ["video/mp4", "video/webm", "video/ogg"];

export type FileKind = "image" | "audio" | "video" | "pdf" | "other";

export function kindOf(type: string): FileKind {
  if (IMAGES.includes(type)) return "image";
  if (AUDIO.includes(type)) return "audio";
  if (type === "application/pdf") return "pdf";
  return VIDEO.includes(type) ? "video" : "other";
}

/** Of the address that the page makes: nothing else is ever interpreted. */
export const blobType = (type: string): string =>
  ["other", "pdf"].includes(kindOf(type)) ? "application/octet-stream" : type;
