import { styled } from "@mui/material/styles";

/** What a message has to say of itself to whoever asks. */
export const MoreAbout = styled("details")(({ theme }) => ({
  ...theme.typography.caption,
  marginTop: 2,
  color: theme.palette.text.secondary,
  "& summary": { cursor: "pointer", width: "fit-content", borderRadius: 4 },
  "& dl": { display: "grid", gridTemplateColumns: "auto 1fr", gap: "0 8px", margin: "4px 0 2px" },
  "& dt, & dd": { margin: 0 },
  "& dd": { color: theme.palette.text.primary },
  [theme.touch]: { "& summary": { padding: "12px 0" } },
}));
