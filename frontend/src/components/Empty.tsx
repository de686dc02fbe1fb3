import { styled } from "@mui/material/styles";
import type { ReactNode } from "react";

const Holder = styled("div")(({ theme }) => ({
  flex: 1,
  display: "grid",
  placeContent: "center",
  justifyItems: "center",
  gap: 12,
  padding: 24,
  textAlign: "center",
  color: theme.palette.text.secondary,
  "& p": { margin: 0, maxWidth: 320, textWrap: "balance" },
}));

/** Nothing here: one line, and the one useful thing to do. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <Holder>
      <p>{children}</p>
      {action}
    </Holder>
  );
}
