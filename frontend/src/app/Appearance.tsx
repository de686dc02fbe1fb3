import { Choices } from "../components/Choices";
import { HalfIcon, MoonIcon, SunIcon } from "../components/icons";
import { useThemePreference, type ThemePreference } from "./themePreference";

const CHOICES: { value: ThemePreference; word: string; Icon: typeof SunIcon }[] = [
  { value: "system", word: "As the system", Icon: HalfIcon },
  { value: "light", word: "Light", Icon: SunIcon },
  { value: "dark", word: "Dark", Icon: MoonIcon },
];

export function Appearance() {
  const { preference, prefer } = useThemePreference();
  return <Choices label="Appearance" value={preference} options={CHOICES} onChoose={prefer} />;
}
