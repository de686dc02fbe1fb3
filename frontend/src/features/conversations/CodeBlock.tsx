import { IconButton, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { CopyIcon, TickIcon } from "../../components/icons";
import { useCopy } from "../../components/useCopy";
import { VisuallyHidden } from "../../components/VisuallyHidden";

const Frame = styled("div")(({ theme }) => ({
  position: "relative",
  display: "grid",
  gridTemplateColumns: "1fr auto",
  minWidth: 0,
  direction: "ltr",
  borderRadius: 6,
  background: theme.palette.hover,
  "& pre": {
    minWidth: 0,
    margin: 0,
    padding: "8px 10px",
    fontFamily: theme.mono,
    fontSize: 13,
    lineHeight: "19px",
    whiteSpace: "pre",
    overflowWrap: "normal",
    overflowX: "auto",
    unicodeBidi: "normal",
    textAlign: "left",
  },
  [theme.touch]: { "& pre": { padding: "12px 10px" } },
}));

const Copy = styled(IconButton)(({ theme }) => ({
  width: 35,
  height: 35,
  [theme.touch]: { width: 44, height: 44 },
}));

export function CodeBlock({ code }: { code: string }) {
  const { said, done, copy } = useCopy(code);
  return (
    <Frame>
      <pre tabIndex={0} aria-label="Code">
        {code}
      </pre>
      <Tooltip title={said ?? "Copy code"}>
        <Copy onClick={copy} aria-label="Copy code">
          {done ? <TickIcon size={16} /> : <CopyIcon size={16} />}
        </Copy>
      </Tooltip>
      <VisuallyHidden aria-live="polite">{said}</VisuallyHidden>
    </Frame>
  );
}
