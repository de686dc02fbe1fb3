import { styled } from "@mui/material/styles";

/** What is there for those who care, behind its `summary`. */
export const More = styled("details")(({ theme }) => ({
  "& summary": {
    ...theme.typography.h3,
    cursor: "pointer",
    color: theme.palette.text.secondary,
    padding: "6px 0",
    borderRadius: 4,
    [theme.touch]: { padding: "12px 0" },
  },
  "& summary:hover": { color: theme.palette.text.primary },
}));
