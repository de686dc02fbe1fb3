import { styled } from "@mui/material/styles";
import { HalfIcon, MoonIcon, SunIcon } from "../components/icons";
import { useThemePreference, type ThemePreference } from "./themePreference";

const Choices = styled("div")(({ theme }) => ({
  display: "inline-flex",
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
  padding: "4px 12px 4px 8px",
  borderRadius: 5,
  fontSize: 14,
  cursor: "pointer",
  color: theme.palette.text.secondary,
  [theme.touch]: { minHeight: 44 },
  "& input": { position: "absolute", opacity: 0, width: 0, height: 0 },
  "&:has(:checked)": { background: theme.palette.surface, color: theme.palette.text.primary, fontWeight: 500 },
  "&:has(:focus-visible)": { outline: `2px solid ${theme.palette.accent}`, outlineOffset: 1 },
}));

const CHOICES: { value: ThemePreference; word: string; Icon: typeof SunIcon }[] = [
  { value: "system", word: "As the system", Icon: HalfIcon },
  { value: "light", word: "Light", Icon: SunIcon },
  { value: "dark", word: "Dark", Icon: MoonIcon },
];

export function Appearance() {
  const { preference, prefer } = useThemePreference();
  return (
    <Choices role="radiogroup" aria-label="Appearance">
      {CHOICES.map(({ value, word, Icon }) => (
        <Choice key={value}>
          <input
            type="radio"
            name="appearance"
            value={value}
            checked={preference === value}
            onChange={() => prefer(value)}
          />
          <Icon size={16} />
          {word}
        </Choice>
      ))}
    </Choices>
  );
}
