import { useEffect, useState } from "react";
import { MAX_TEXT_BYTES } from "../limits";

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;

/** A text that no message can hold is a file too: a field with all of it would stand still for seconds. */
function pasted({ clipboardData, target }: ClipboardEvent): Iterable<File> & { length: number } {
  if (clipboardData === null) return [];
  if (clipboardData.files.length > 0) return clipboardData.files;
  const text = clipboardData.getData("text/plain");
  const written = target instanceof Element && target.matches("[data-composer]") && text.length > MAX_TEXT_BYTES;
  return written ? [new File([text], "Pasted text.txt", { type: "text/plain" })] : [];
}

/** Files that are dropped anywhere on the page or pasted; true while some hang over it. `take` null: none now. */
export function useDrop(take: ((files: Iterable<File>) => void) | null): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      // Else the browser would leave the page for the file.
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = take === null ? "none" : "copy";
      setOver(take !== null);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      take?.(event.dataTransfer?.files ?? []);
    };
    const onPaste = (event: ClipboardEvent) => {
      const files = pasted(event);
      if (take === null || files.length === 0) return;
      event.preventDefault();
      take(files);
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    window.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
      window.removeEventListener("paste", onPaste);
    };
  }, [take]);
  return over;
}
