import { styled } from "@mui/material/styles";
import { hueOf, initials } from "../lib/text";

const Disc = styled("span", { shouldForwardProp: (name) => name !== "hue" && name !== "size" })<{
  hue: number;
  size: number;
}>(({ theme, hue, size }) => ({
  position: "relative",
  flex: "none",
  display: "inline-grid",
  placeItems: "center",
  width: size,
  height: size,
  borderRadius: "50%",
  background: theme.avatar(hue).background,
  color: theme.avatar(hue).text,
  fontSize: Math.round(size * 0.36),
  fontWeight: 600,
  lineHeight: 1,
  letterSpacing: "0.01em",
  userSelect: "none",
  // Drawn, not written: they are no part of the name of what they stand on.
  "&::before": { content: "attr(data-initials)" },
}));

/** The ring has the colour of what lies behind, so that the dot stands off the disc. */
const Dot = styled("span")(({ theme }) => ({
  position: "absolute",
  right: -1,
  bottom: -1,
  width: 11,
  height: 11,
  borderRadius: "50%",
  background: theme.palette.verified,
  border: `2px solid ${theme.palette.page}`,
}));

interface Props {
  id: string;
  name: string;
  size?: number;
  online?: boolean;
}

/** Decoration: the name, and the word for presence, stand beside it. */
export function Avatar({ id, name, size = 36, online = false }: Props) {
  return (
    <Disc hue={hueOf(id)} size={size} data-initials={initials(name)} aria-hidden>
      {online && <Dot />}
    </Disc>
  );
}
