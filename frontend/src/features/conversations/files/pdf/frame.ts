/**
 * Draws a PDF, page by page. It runs as one script in a frame without origin (PdfPages.tsx): it has the bytes that it is given
 * and a canvas, and neither keys, store nor cookies, and it may request nothing.
 * Nothing that a file asks for is done: no script, no font or character map is fetched, no form is filled, no link leads anywhere.
 */
import { getDocument, type PDFDocumentProxy } from "pdfjs-dist";
// A frame without origin may start no worker: what would run there runs here.
import "pdfjs-dist/build/pdf.worker.mjs";
import type { Asked, Told } from "./messages";

/** More would not be seen, and might not fit into memory. */
const MOST_PIXELS = 16_000_000;

const canvas = document.createElement("canvas");
let opened: PDFDocumentProxy | null = null;
let newest = 0;

// What the page opens it with is all that it listens to; the frame's origin is nobody's, so no name can be given.
const tell = (told: Told) => parent.postMessage(told, "*");

async function open(bytes: ArrayBuffer): Promise<void> {
  opened = await getDocument({
    data: new Uint8Array(bytes),
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    useWasm: false,
    enableXfa: false,
    isOffscreenCanvasSupported: false,
    isImageDecoderSupported: false,
    maxImageSize: MOST_PIXELS,
    verbosity: 0,
  }).promise;
}

async function draw(number: number, width: number): Promise<void> {
  if (opened === null) return;
  const mine = ++newest;
  const page = await opened.getPage(number);
  const plain = page.getViewport({ scale: 1 });
  const scale = Math.min(
    (width * devicePixelRatio) / plain.width,
    Math.sqrt(MOST_PIXELS / (plain.width * plain.height)),
  );
  const viewport = page.getViewport({ scale });
  const sheet = document.createElement("canvas");
  sheet.width = Math.ceil(viewport.width);
  sheet.height = Math.ceil(viewport.height);
  await page.render({ canvas: sheet, viewport, annotationMode: 1 }).promise;
  // Another page was asked for meanwhile.
  if (mine !== newest) return;
  canvas.width = sheet.width;
  canvas.height = sheet.height;
  canvas.getContext("2d")?.drawImage(sheet, 0, 0);
  scrollTo(0, 0);
  tell({ kind: "drawn", page: number, pages: opened.numPages });
}

async function answer(asked: Asked): Promise<void> {
  try {
    if (asked.kind === "open") await open(asked.bytes);
    await draw(asked.kind === "open" ? 1 : asked.page, asked.width);
  } catch {
    tell({ kind: "failed" });
  }
}

addEventListener("message", (event: MessageEvent<Asked>) => {
  if (event.source === parent) void answer(event.data);
});
document.body.style.margin = "0";
canvas.style.cssText = "display: block; width: 100%";
document.body.append(canvas);
tell({ kind: "ready" });
