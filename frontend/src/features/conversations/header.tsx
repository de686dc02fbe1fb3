import { IconButton, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { Link, useLocation } from "react-router";
import { PanelIcon } from "../../components/icons";
import { useAppSelector } from "../../app/hooks";
import { paths } from "../../lib/paths";
import type { Id } from "../../realtime/state";

export const HeaderLink = styled(Link)({
  display: "flex",
  alignItems: "center",
  gap: 12,
  flex: 1,
  alignSelf: "stretch",
  minWidth: 0,
  color: "inherit",
  textDecoration: "none",
});

export const HeaderWords = styled("div")(({ theme }) => ({
  minWidth: 0,
  display: "grid",
  "& h1": {
    ...theme.typography.body1,
    fontWeight: 600,
    margin: 0,
    display: "flex",
    alignItems: "center",
    gap: 6,
    minWidth: 0,
  },
  "& p": {
    ...theme.typography.body2,
    margin: 0,
    color: theme.palette.text.secondary,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
}));

/** Who writes just now, in a few words; null: nobody. */
export function useTypingLine(id: Id, nameOf: (userId: Id) => string, inRoom: boolean): string | null {
  const people = useAppSelector((state) => state.conversations.typing[id]);
  if (people === undefined || people.length === 0) return null;
  if (!inRoom) return "Writing…";
  if (people.length > 2) return `${people.length} people are writing…`;
  return `${people.map(nameOf).join(" and ")} ${people.length === 1 ? "is" : "are"} writing…`;
}

export function DetailsToggle({ id }: { id: string }) {
  const { pathname } = useLocation();
  const shown = pathname === paths.details(id);
  return (
    <Tooltip title={shown ? "Close details" : "Details"}>
      <IconButton
        component={Link}
        to={shown ? paths.conversation(id) : paths.details(id)}
        aria-label={shown ? "Close details" : "Details"}
        aria-expanded={shown}
        id="details-toggle"
      >
        <PanelIcon />
      </IconButton>
    </Tooltip>
  );
}
