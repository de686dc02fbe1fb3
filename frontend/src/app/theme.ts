/**
 * The one place where colours, sizes and motion are decided. Components name what they mean (`line`, `bubble.own`,
 * `critical`); light and dark are two values of the same names. Contrast: text at least 11.9, secondary 5.3, state colours 4.5
 * on every background they stand on.
 */
import { createTheme, type Theme } from "@mui/material/styles";
import type {} from "@mui/material/themeCssVarsAugmentation";

export type Mode = "light" | "dark";

interface Tokens {
  page: string;
  surface: string;
  sunken: string;
  text: string;
  secondary: string;
  line: string;
  accent: string;
  onAccent: string;
  ownBubble: string;
  verified: string;
  critical: string;
  onCritical: string;
  warning: string;
  /** Behind a dialog. */
  veil: string;
  shadow: string;
  /** A tint of the accent for what is chosen or hovered. */
  hover: string;
  chosen: string;
}

const tokens: Record<Mode, Tokens> = {
  light: {
    page: "#F7F7F5",
    surface: "#FFFFFF",
    sunken: "#EFEFEC",
    text: "#1B1C1E",
    secondary: "#5A5E66",
    line: "#DCDDD8",
    accent: "#4B3FE0",
    onAccent: "#FFFFFF",
    ownBubble: "#E7E5FD",
    verified: "#0F766E",
    critical: "#B42318",
    onCritical: "#FFFFFF",
    warning: "#8A5200",
    veil: "rgba(27, 28, 30, 0.32)",
    shadow: "0 1px 2px rgba(27, 28, 30, 0.06), 0 8px 28px rgba(27, 28, 30, 0.14)",
    hover: "rgba(27, 28, 30, 0.045)",
    chosen: "rgba(75, 63, 224, 0.10)",
  },
  dark: {
    page: "#101114",
    surface: "#17181C",
    sunken: "#0B0C0E",
    text: "#ECEDEE",
    secondary: "#A0A4AD",
    line: "#2A2C32",
    accent: "#9D94FF",
    onAccent: "#0B0C0E",
    ownBubble: "#2A2750",
    verified: "#4FD1C5",
    critical: "#FF8A7A",
    onCritical: "#0B0C0E",
    warning: "#F2B84B",
    veil: "rgba(0, 0, 0, 0.56)",
    shadow: "0 0 0 1px rgba(255, 255, 255, 0.06), 0 12px 32px rgba(0, 0, 0, 0.5)",
    hover: "rgba(255, 255, 255, 0.05)",
    chosen: "rgba(157, 148, 255, 0.16)",
  },
};

declare module "@mui/material/styles" {
  interface Palette {
    page: string;
    surface: string;
    sunken: string;
    line: string;
    accent: string;
    bubble: { own: string; other: string };
    verified: string;
    critical: string;
    onCritical: string;
    caution: string;
    veil: string;
    hover: string;
    chosen: string;
  }
  interface PaletteOptions extends Partial<Pick<Palette, OwnPaletteNames>> {
    bubble?: Palette["bubble"];
  }
  interface Theme {
    /** Floating things only. */
    float: string;
    mono: string;
    /** Where a finger points, or may: targets are of 44 px. */
    touch: string;
    /** Initials on a hue; even in lightness, so that every hue has the same contrast. */
    avatar: (hue: number) => { background: string; text: string };
  }
  interface ThemeOptions {
    float?: string;
    mono?: string;
    touch?: string;
    avatar?: Theme["avatar"];
  }
}

type OwnPaletteNames =
  | "page"
  | "surface"
  | "sunken"
  | "line"
  | "accent"
  | "verified"
  | "critical"
  | "onCritical"
  | "caution"
  | "veil"
  | "hover"
  | "chosen";

const sans = [
  "system-ui",
  "-apple-system",
  '"Segoe UI"',
  "Roboto",
  '"Noto Sans"',
  '"Liberation Sans"',
  "sans-serif",
  '"Apple Color Emoji"',
  '"Segoe UI Emoji"',
  '"Noto Color Emoji"',
].join(", ");
const mono = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace';

/** Widths at which panes come and go. */
export const TWO_PANES = 700;
export const THREE_PANES = 1100;

const touch = `@media (pointer: coarse), (max-width: ${TWO_PANES - 0.05}px)`;
const TARGET = 44;

const radius = 6;
const motion = "140ms cubic-bezier(0.2, 0, 0, 1)";

const avatar: Record<Mode, (hue: number) => { background: string; text: string }> = {
  light: (hue) => ({ background: `oklch(0.91 0.045 ${hue})`, text: `oklch(0.40 0.09 ${hue})` }),
  dark: (hue) => ({ background: `oklch(0.33 0.055 ${hue})`, text: `oklch(0.88 0.06 ${hue})` }),
};

export function makeTheme(mode: Mode): Theme {
  const t = tokens[mode];
  const focusRing = { outline: `2px solid ${t.accent}`, outlineOffset: 2 };
  return createTheme({
    spacing: 4,
    shape: { borderRadius: radius },
    breakpoints: { values: { xs: 0, sm: TWO_PANES, md: THREE_PANES, lg: 1440, xl: 1920 } },
    float: t.shadow,
    mono,
    touch,
    avatar: avatar[mode],
    palette: {
      mode,
      primary: { main: t.accent, contrastText: t.onAccent },
      error: { main: t.critical, contrastText: t.onCritical },
      warning: { main: t.warning },
      success: { main: t.verified },
      text: { primary: t.text, secondary: t.secondary },
      background: { default: t.page, paper: t.surface },
      divider: t.line,
      page: t.page,
      surface: t.surface,
      sunken: t.sunken,
      line: t.line,
      accent: t.accent,
      bubble: { own: t.ownBubble, other: mode === "light" ? t.sunken : t.line },
      verified: t.verified,
      critical: t.critical,
      onCritical: t.onCritical,
      caution: t.warning,
      veil: t.veil,
      hover: t.hover,
      chosen: t.chosen,
    },
    typography: {
      fontFamily: sans,
      htmlFontSize: 16,
      fontSize: 15,
      fontWeightMedium: 500,
      h1: { fontSize: 24, lineHeight: "32px", fontWeight: 600, letterSpacing: "-0.015em" },
      h2: { fontSize: 17, lineHeight: "24px", fontWeight: 600, letterSpacing: "-0.008em" },
      h3: { fontSize: 13, lineHeight: "20px", fontWeight: 600 },
      body1: { fontSize: 15, lineHeight: "22px" },
      body2: { fontSize: 13, lineHeight: "18px" },
      caption: { fontSize: 12, lineHeight: "16px" },
      button: { fontSize: 14, lineHeight: "20px", fontWeight: 500, textTransform: "none" },
    },
    components: {
      MuiCssBaseline: {
        styleOverrides: {
          html: { height: "100%", colorScheme: mode, WebkitTextSizeAdjust: "100%" },
          body: { height: "100%", fontSize: 15, lineHeight: "22px", overflow: "hidden" },
          "#root": { height: "100%" },
          a: { color: t.accent, textUnderlineOffset: 3 },
          "*:focus-visible": focusRing,
          "::selection": { background: t.chosen },
          "@media (prefers-reduced-motion: reduce)": {
            "*, *::before, *::after": {
              animationDuration: "0.01ms !important",
              animationIterationCount: "1 !important",
              transitionDuration: "0.01ms !important",
              scrollBehavior: "auto !important",
            },
          },
          // Paper is white, whatever the screen is.
          "@media print": {
            body: { overflow: "visible", background: tokens.light.surface, color: tokens.light.text },
          },
        },
      },
      MuiButtonBase: {
        defaultProps: { disableRipple: true, disableTouchRipple: true },
        styleOverrides: { root: { fontFamily: "inherit", "&.Mui-focusVisible": focusRing } },
      },
      MuiButton: {
        defaultProps: { disableElevation: true, variant: "outlined", color: "inherit" },
        styleOverrides: {
          root: {
            minHeight: 36,
            minWidth: 0,
            padding: "7px 14px",
            transition: `background-color ${motion}, border-color ${motion}`,
            [touch]: { minHeight: TARGET },
          },
          sizeSmall: { minHeight: 28, padding: "3px 10px", fontSize: 13, [touch]: { minHeight: TARGET } },
          outlined: { borderColor: t.line, "&:hover": { backgroundColor: t.hover, borderColor: t.line } },
          text: { "&:hover": { backgroundColor: t.hover } },
          contained: { "&.Mui-disabled": { backgroundColor: t.line, color: t.secondary } },
        },
        variants: [
          {
            props: { variant: "outlined", color: "error" },
            style: { color: t.critical, "&:hover": { borderColor: t.critical, backgroundColor: t.hover } },
          },
        ],
      },
      MuiIconButton: {
        defaultProps: { size: "medium", color: "inherit" },
        styleOverrides: {
          root: {
            width: 36,
            height: 36,
            borderRadius: radius,
            color: t.secondary,
            transition: `background-color ${motion}, color ${motion}`,
            "&:hover": { backgroundColor: t.hover, color: t.text },
            [touch]: { width: TARGET, height: TARGET },
          },
        },
      },
      MuiPaper: { defaultProps: { elevation: 0 }, styleOverrides: { root: { backgroundImage: "none" } } },
      MuiDialog: {
        styleOverrides: {
          paper: { boxShadow: t.shadow, borderRadius: 12, margin: 16, maxHeight: "calc(100dvh - 32px)" },
        },
      },
      MuiBackdrop: {
        styleOverrides: { root: { backgroundColor: t.veil }, invisible: { backgroundColor: "transparent" } },
      },
      MuiMenu: {
        styleOverrides: { paper: { boxShadow: t.shadow, borderRadius: 10 }, list: { padding: 4 } },
      },
      MuiMenuItem: {
        styleOverrides: {
          root: {
            minHeight: 36,
            borderRadius: radius,
            fontSize: 14,
            gap: 10,
            padding: "6px 10px",
            [touch]: { minHeight: TARGET },
            "&:hover, &.Mui-focusVisible": { backgroundColor: t.hover },
            "&.Mui-selected, &.Mui-selected:hover": { backgroundColor: t.chosen },
          },
        },
      },
      MuiTooltip: {
        defaultProps: { enterDelay: 400, disableInteractive: true },
        styleOverrides: {
          tooltip: {
            backgroundColor: t.text,
            color: t.page,
            fontSize: 12,
            lineHeight: "16px",
            padding: "6px 8px",
            fontWeight: 450,
          },
        },
      },
      MuiLink: { defaultProps: { underline: "always" }, styleOverrides: { root: { textUnderlineOffset: 3 } } },
      MuiFormControlLabel: { styleOverrides: { root: { [touch]: { minHeight: TARGET } } } },
      MuiCheckbox: { defaultProps: { size: "small", disableRipple: true } },
    },
    transitions: {
      duration: {
        shortest: 120,
        shorter: 120,
        short: 140,
        standard: 160,
        complex: 180,
        enteringScreen: 160,
        leavingScreen: 120,
      },
    },
  });
}

export const themes: Record<Mode, Theme> = { light: makeTheme("light"), dark: makeTheme("dark") };
