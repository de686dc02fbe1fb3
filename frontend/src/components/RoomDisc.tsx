import { styled } from "@mui/material/styles";
import { hueOf, initials } from "../lib/text";

/** A room's mark: a square, where people have a disc. */
const Square = styled("span", { shouldForwardProp: (name) => name !== "hue" && name !== "size" })<{
  hue: number;
  size: number;
}>(({ theme, hue, size }) => ({
  flex: "none",
  display: "inline-grid",
  placeItems: "center",
  width: size,
  height: size,
  borderRadius: Math.round(size * 0.28),
  background: theme.avatar(hue).background,
  color: theme.avatar(hue).text,
  fontSize: Math.round(size * 0.36),
  fontWeight: 600,
  lineHeight: 1,
  userSelect: "none",
}));

/** Decoration: the name stands beside it. */
export function RoomDisc({ id, name, size = 36 }: { id: string; name: string; size?: number }) {
  return (
    <Square hue={hueOf(id)} size={size} aria-hidden>
      {name === "" ? "#" : initials(name)}
    </Square>
  );
}
