import { Button, type ButtonProps } from "@mui/material";
import { useEffect, useState } from "react";
import { CopyIcon, TickIcon } from "./icons";

/** Copies, and says so for two seconds. */
export function CopyButton({
  text,
  children,
  ...rest
}: { text: string; children: string } & Pick<ButtonProps, "size">) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("Copying is not allowed here"),
    );
  };
  return (
    <Button {...rest} onClick={copy} startIcon={said === "Copied" ? <TickIcon size={16} /> : <CopyIcon size={16} />}>
      <span aria-live="polite">{said ?? children}</span>
    </Button>
  );
}
