import { styled } from "@mui/material/styles";
import type { ReactNode } from "react";
import { Avatar } from "../../components/Avatar";
import { Name } from "../../components/Pane";

const Row = styled("li", { shouldForwardProp: (name) => name !== "narrow" })<{ narrow: boolean }>(
  ({ theme, narrow }) => ({
    display: "flex",
    flexWrap: narrow ? "wrap" : "nowrap",
    alignItems: "center",
    gap: narrow ? "8px 12px" : 12,
    minHeight: 56,
    padding: "8px 0",
    listStyle: "none",
    "& + &": { borderTop: `1px solid ${theme.palette.line}` },
  }),
);

const Words = styled("div")(({ theme }) => ({
  flex: 1,
  minWidth: 0,
  display: "grid",
  "& > bdi": { fontWeight: 500 },
  "& > span": { ...theme.typography.body2, color: theme.palette.text.secondary },
}));

const Controls = styled("div", { shouldForwardProp: (name) => name !== "narrow" })<{ narrow: boolean }>(
  ({ narrow }) => ({
    display: "flex",
    gap: 8,
    flex: narrow ? "1 0 100%" : "none",
    alignItems: "center",
    "& > button": { flex: narrow ? 1 : undefined },
  }),
);

export const PersonList = styled("ul")({ margin: 0, padding: 0 });

interface Props {
  person: { id: string; username: string };
  online?: boolean;
  /** Controls stand below the name. */
  narrow?: boolean;
  /** The line below the name. */
  says?: ReactNode;
  children?: ReactNode;
}

export function PersonRow({ person, online = false, narrow = false, says, children }: Props) {
  return (
    <Row narrow={narrow}>
      <Avatar id={person.id} name={person.username} online={online} />
      <Words>
        <Name>{person.username}</Name>
        {says !== undefined && <span>{says}</span>}
      </Words>
      {children !== undefined && <Controls narrow={narrow}>{children}</Controls>}
    </Row>
  );
}
