import { Button, type ButtonProps } from "@mui/material";
import { CopyIcon, TickIcon } from "./icons";
import { useCopy } from "./useCopy";

export function CopyButton({
  text,
  children,
  ...rest
}: { text: string; children: string } & Pick<ButtonProps, "size">) {
  const { said, done, copy } = useCopy(text);
  return (
    <Button {...rest} onClick={copy} startIcon={done ? <TickIcon size={16} /> : <CopyIcon size={16} />}>
      <span aria-live="polite">{said ?? children}</span>
    </Button>
  );
}
