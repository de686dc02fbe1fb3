import { styled } from "@mui/material/styles";
import { useId, type ComponentType, type ReactNode } from "react";
import type { IconProps } from "./icons";

const Row = styled("div")(({ theme }) => ({
  display: "inline-flex",
  flexWrap: "wrap",
  padding: 3,
  gap: 2,
  borderRadius: 8,
  background: theme.palette.sunken,
  border: `1px solid ${theme.palette.line}`,
}));

const Choice = styled("label")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 6,
  padding: "4px 12px",
  "&:has(svg)": { paddingLeft: 8 },
  borderRadius: 5,
  fontSize: 14,
  cursor: "pointer",
  color: theme.palette.text.secondary,
  [theme.touch]: { minHeight: 44 },
  "& input": { position: "absolute", opacity: 0, width: 0, height: 0 },
  "&:has(:checked)": { background: theme.palette.surface, color: theme.palette.text.primary, fontWeight: 500 },
  "&:has(:focus-visible)": { outline: `2px solid ${theme.palette.accent}`, outlineOffset: 1 },
}));

interface Props<T extends string | number> {
  label: string;
  value: T;
  options: readonly { value: T; word: ReactNode; Icon?: ComponentType<IconProps> }[];
  onChoose: (value: T) => void;
}

/** One of a few, all of them in sight. */
export function Choices<T extends string | number>({ label, value, options, onChoose }: Props<T>) {
  const name = useId();
  return (
    <Row role="radiogroup" aria-label={label}>
      {options.map(({ value: each, word, Icon }) => (
        <Choice key={each}>
          <input type="radio" name={name} value={each} checked={value === each} onChange={() => onChoose(each)} />
          {Icon && <Icon size={16} />}
          {word}
        </Choice>
      ))}
    </Row>
  );
}
