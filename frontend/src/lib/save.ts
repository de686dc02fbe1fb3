/** The browser's own download of what is here already, under its name; it is never interpreted. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content.slice(0, content.size, "application/octet-stream"));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it by then; a minute later also the slowest.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
