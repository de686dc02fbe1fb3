import { styled } from "@mui/material/styles";
import type { ReactNode } from "react";
import { Mark } from "../../components/icons";

const Page = styled("main")(({ theme }) => ({
  height: "100dvh",
  overflowY: "auto",
  background: theme.palette.page,
  display: "grid",
  gridTemplateRows: "auto 1fr auto",
  padding: "0 20px",
}));

const Brand = styled("p")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 8,
  margin: 0,
  padding: "20px 0",
  fontWeight: 600,
  letterSpacing: "-0.01em",
  "& svg": { color: theme.palette.accent },
}));

const Sheet = styled("div")(({ theme }) => ({
  alignSelf: "center",
  justifySelf: "center",
  width: "100%",
  maxWidth: 380,
  padding: "12px 0 8vh",
  "& h1": { ...theme.typography.h1, margin: "0 0 6px", outline: "none" },
  [theme.breakpoints.down("sm")]: { alignSelf: "start", paddingTop: 16 },
}));

const Foot = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  color: theme.palette.text.secondary,
  margin: 0,
  padding: "16px 0 calc(20px + env(safe-area-inset-bottom))",
  [theme.touch]: { "& a": { display: "inline-block", padding: "13px 0" } },
}));

export const Lead = styled("p")(({ theme }) => ({ margin: "0 0 24px", color: theme.palette.text.secondary }));

export const Form = styled("form")(({ theme }) => ({
  display: "grid",
  gap: 18,
  "& > a": { justifySelf: "start" },
  [theme.touch]: { "& > a": { padding: "11px 0", margin: "-11px 0" } },
}));

/** The pages before one is signed in. */
export function AuthLayout({ children, foot }: { children: ReactNode; foot?: ReactNode }) {
  return (
    <Page>
      <Brand>
        <Mark /> QuantumChat
      </Brand>
      <Sheet>{children}</Sheet>
      <Foot>{foot}</Foot>
    </Page>
  );
}
