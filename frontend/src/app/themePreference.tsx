import CssBaseline from "@mui/material/CssBaseline";
import { ThemeProvider } from "@mui/material/styles";
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import { themes, type Mode } from "./theme";

export type ThemePreference = Mode | "system";

const KEY = "quantumchat.theme";
const DARK = "(prefers-color-scheme: dark)";

const ThemePreferenceContext = createContext<{
  preference: ThemePreference;
  prefer: (preference: ThemePreference) => void;
} | null>(null);

function stored(): ThemePreference {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}

function watchSystem(onChange: () => void): () => void {
  const query = window.matchMedia(DARK);
  query.addEventListener("change", onChange);
  return () => query.removeEventListener("change", onChange);
}

/** Light, dark, or what the system says; remembered by this browser. */
export function ThemeRoot({ children }: { children: ReactNode }) {
  const [preference, setPreference] = useState(stored);
  const systemDark = useSyncExternalStore(watchSystem, () => window.matchMedia(DARK).matches);
  const mode: Mode = preference === "system" ? (systemDark ? "dark" : "light") : preference;
  const theme = themes[mode];

  const prefer = useCallback((next: ThemePreference) => {
    setPreference(next);
    if (next === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  }, []);

  useEffect(() => {
    let meta = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]');
    if (meta === null) {
      meta = document.createElement("meta");
      meta.name = "theme-color";
      document.head.append(meta);
    }
    meta.content = theme.palette.page;
  }, [theme]);

  const value = useMemo(() => ({ preference, prefer }), [preference, prefer]);
  return (
    <ThemePreferenceContext.Provider value={value}>
      <ThemeProvider theme={theme}>
        <CssBaseline />
        {children}
      </ThemeProvider>
    </ThemePreferenceContext.Provider>
  );
}

export function useThemePreference() {
  const value = useContext(ThemePreferenceContext);
  if (value === null) throw new Error("No ThemeRoot above this component");
  return value;
}
