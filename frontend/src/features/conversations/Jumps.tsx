import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { DownIcon, UpIcon } from "../../components/icons";
import { plural } from "../../lib/text";

const Pill = styled(Button)(({ theme }) => ({
  position: "absolute",
  left: "50%",
  transform: "translateX(-50%)",
  borderRadius: 18,
  boxShadow: theme.float,
  background: theme.palette.surface,
  fontVariantNumeric: "tabular-nums",
  "&:hover": { background: theme.palette.surface, borderColor: theme.palette.text.secondary },
}));

interface Props {
  count: number;
  disabled: boolean;
  onClick: () => void;
}

/** Up to where the unread messages begin. */
export function ToUnread({ count, ...rest }: Props) {
  return (
    <Pill
      size="small"
      sx={{ top: 12 }}
      startIcon={<UpIcon size={16} />}
      aria-label={`${plural(count, "unread message")}, go to the first`}
      {...rest}
    >
      {count} unread
    </Pill>
  );
}

export function ToNewest({ count, ...rest }: Props) {
  return (
    <Pill
      size="small"
      sx={{ bottom: 12 }}
      endIcon={<DownIcon size={16} />}
      aria-label={count > 0 ? `${count} new, go to the newest message` : "Go to the newest message"}
      {...rest}
    >
      {count > 0 ? `${count} new` : "Newest"}
    </Pill>
  );
}
