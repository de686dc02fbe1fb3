import { IconButton, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { BackIcon, CloseIcon } from "./icons";
import { useArrival } from "./useArrival";

const Bar = styled("header")(({ theme }) => ({
  flex: "none",
  display: "flex",
  alignItems: "center",
  gap: 8,
  minHeight: 56,
  padding: "6px 12px 6px 20px",
  borderBottom: `1px solid ${theme.palette.line}`,
  [theme.breakpoints.down("sm")]: { paddingLeft: 8 },
}));

const Back = styled("span")(({ theme }) => ({ [theme.breakpoints.up("sm")]: { display: "none" } }));

/** The head of a pane. `backTo`: where "Back" leads when only one pane fits. */
export function PaneHeader({ backTo, children }: { backTo?: string; children: ReactNode }) {
  return (
    <Bar>
      {backTo !== undefined && (
        <Back>
          <Tooltip title="Back">
            <IconButton component={Link} to={backTo} aria-label="Back">
              <BackIcon />
            </IconButton>
          </Tooltip>
        </Back>
      )}
      {children}
    </Bar>
  );
}

/** The head of the pane beside a conversation; whoever opens it for another `subject` is led to its title. */
export function SideHeader({ title, subject, closeTo }: { title: string; subject: string; closeTo: string }) {
  const heading = useArrival(subject);
  return (
    <PaneHeader backTo={closeTo}>
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <Tooltip title="Close · Esc">
        <IconButton
          component={Link}
          to={closeTo}
          aria-label="Close details"
          sx={{ display: { xs: "none", sm: "inline-flex" } }}
        >
          <CloseIcon />
        </IconButton>
      </Tooltip>
    </PaneHeader>
  );
}

export const PaneBody = styled("div")({ flex: 1, minHeight: 0, overflowY: "auto", overscrollBehavior: "contain" });

/** A readable column inside a pane. */
export const Column = styled("div")(({ theme }) => ({
  width: "100%",
  maxWidth: 640,
  margin: "0 auto",
  padding: "24px 20px calc(40px + env(safe-area-inset-bottom))",
  [theme.breakpoints.down("sm")]: { padding: "16px 16px calc(32px + env(safe-area-inset-bottom))" },
}));

export const Section = styled("section")(({ theme }) => ({
  "& + &": { marginTop: 28 },
  "& > h2": { ...theme.typography.h3, color: theme.palette.text.secondary, margin: "0 0 8px" },
  "& > p": { margin: "0 0 10px" },
}));

export const Secondary = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  margin: 0,
  color: theme.palette.text.secondary,
}));

/** A name takes the room there is; the direction of its script is its own. */
export const Name = styled("bdi")({ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", minWidth: 0 });
