/** One family of icons: 20 px grid, one stroke, round ends, the colour of the text around them. */
import { styled } from "@mui/material/styles";
import type { ReactNode, SVGProps } from "react";

const Svg = styled("svg")({ width: 20, height: 20, flex: "none", display: "block" });

export type IconProps = SVGProps<SVGSVGElement> & { size?: number };

function icon(name: string, content: ReactNode) {
  function Icon({ size = 20, ...rest }: IconProps) {
    return (
      <Svg
        viewBox="0 0 20 20"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden
        style={{ width: size, height: size }}
        {...rest}
      >
        {content}
      </Svg>
    );
  }
  Icon.displayName = name;
  return Icon;
}

const shield = <path d="M10 2.5 16 4.6v4.9c0 3.7-2.4 6.4-6 8-3.6-1.6-6-4.3-6-8V4.6L10 2.5Z" />;

export const BackIcon = icon("Back", <path d="m11.5 4.5-5.5 5.5 5.5 5.5" />);
export const ForwardIcon = icon("Forward", <path d="m8.5 4.5 5.5 5.5-5.5 5.5" />);
export const PinIcon = icon("Pin", <path d="M7 3.25h6M8 3.25v5L5.5 11.5h9L12 8.25v-5M10 11.5v5.25" />);
export const CloseIcon = icon("Close", <path d="m5 5 10 10M15 5 5 15" />);
export const SearchIcon = icon(
  "Search",
  <>
    <circle cx="9" cy="9" r="5.25" />
    <path d="m13 13 3.75 3.75" />
  </>,
);
export const RoomAddIcon = icon(
  "RoomAdd",
  <>
    <path d="M3.25 5.5A2.25 2.25 0 0 1 5.5 3.25h5A2.25 2.25 0 0 1 12.75 5.5v3a2.25 2.25 0 0 1-2.25 2.25H7L3.25 14V5.5Z" />
    <path d="M14.75 11.5v5M12.25 14h5" />
  </>,
);
export const PeopleIcon = icon(
  "People",
  <>
    <circle cx="8" cy="7" r="3" />
    <path d="M2.5 16.5c.3-3 2.5-4.8 5.5-4.8s5.2 1.8 5.5 4.8M13 4.3a3 3 0 0 1 0 5.4M15 12.3c1.5.7 2.4 2.2 2.5 4.2" />
  </>,
);
export const PersonAddIcon = icon(
  "PersonAdd",
  <>
    <circle cx="8" cy="7" r="3" />
    <path d="M2.5 16.5c.3-3 2.5-4.8 5.5-4.8s5.2 1.8 5.5 4.8M15.5 5.5v5M13 8h5" />
  </>,
);
export const InfoIcon = icon(
  "Info",
  <>
    <circle cx="10" cy="10" r="7.25" />
    <path d="M10 9.25v4.25M10 6.5v.01" />
  </>,
);
export const PanelIcon = icon(
  "Panel",
  <>
    <rect x="2.75" y="3.75" width="14.5" height="12.5" rx="2" />
    <path d="M12.25 3.75v12.5" />
  </>,
);
export const SendIcon = icon("Send", <path d="M10 16V4.5M4.75 9.5 10 4.25l5.25 5.25" />);
export const ReplyIcon = icon("Reply", <path d="M8 5 3.5 9.5 8 14M3.5 9.5H12a4.5 4.5 0 0 1 4.5 4.5v1.5" />);
export const EditIcon = icon("Edit", <path d="m11.75 5.25 3 3M3.75 16.25l.75-3.75 9-9 3 3-9 9-3.75.75Z" />);
export const MoreIcon = icon(
  "More",
  <>
    <circle cx="4.5" cy="10" r="0.75" fill="currentColor" />
    <circle cx="10" cy="10" r="0.75" fill="currentColor" />
    <circle cx="15.5" cy="10" r="0.75" fill="currentColor" />
  </>,
);
export const SmileIcon = icon(
  "Smile",
  <>
    <circle cx="10" cy="10" r="7.25" />
    <path d="M7 11.75c.6 1.2 1.7 1.9 3 1.9s2.4-.7 3-1.9M7.5 7.75v.5M12.5 7.75v.5" />
  </>,
);
export const SmileAddIcon = icon(
  "SmileAdd",
  <>
    <path d="M16.6 9.2A7.25 7.25 0 1 1 10.8 2.8" />
    <path d="M7 11.75c.6 1.2 1.7 1.9 3 1.9s2.4-.7 3-1.9M7.5 7.75v.5M12.5 7.75v.5M15.75 1.75v4.5M13.5 4H18" />
  </>,
);
export const HistoryIcon = icon(
  "History",
  <>
    <path d="M3.25 4.5v3.75H7M3.5 8.25A7 7 0 1 1 3 10.5" />
    <path d="M10 6.5V10l2.5 1.75" />
  </>,
);
export const ClockIcon = icon(
  "Clock",
  <>
    <circle cx="10" cy="10" r="6.75" />
    <path d="M10 6.25V10l2.5 1.75" />
  </>,
);
export const TimerIcon = icon(
  "Timer",
  <>
    <circle cx="10" cy="11" r="5.75" />
    <path d="M10 8.25V11l1.75 1.25M8.25 2.75h3.5" />
  </>,
);
export const TickIcon = icon("Tick", <path d="m4.5 10.5 3.75 3.75L15.5 6.5" />);
export const TicksIcon = icon("Ticks", <path d="m1.75 10.75 3.5 3.5 6.75-7.5M9.25 13.25l1 1 7-7.5" />);
export const AlertIcon = icon(
  "Alert",
  <>
    <path d="M10 3.25 17.5 16.25h-15L10 3.25Z" />
    <path d="M10 8.25v3.75M10 14v.01" />
  </>,
);
export const ShieldIcon = icon("Shield", shield);
export const ShieldCheckIcon = icon(
  "ShieldCheck",
  <>
    {shield}
    <path d="m7.25 9.75 2 2 3.5-3.75" />
  </>,
);
export const ShieldAlertIcon = icon(
  "ShieldAlert",
  <>
    {shield}
    <path d="M10 6.5v3.75M10 12.75v.01" />
  </>,
);
export const ShieldCrossIcon = icon(
  "ShieldCross",
  <>
    {shield}
    <path d="m8 7.75 4 4M12 7.75l-4 4" />
  </>,
);
export const KeyIcon = icon(
  "Key",
  <>
    <circle cx="6.75" cy="13.25" r="3.25" />
    <path d="m9.25 10.75 7-7M13.25 6.75l2.25 2.25" />
  </>,
);
export const MailIcon = icon("Mail", <path d="M3 5h14v10.5H3zM3.5 5.5 10 11l6.5-5.5" />);
export const UpIcon = icon("Up", <path d="m5 12.25 5-5 5 5" />);
export const DownIcon = icon("Down", <path d="m5 7.75 5 5 5-5" />);
export const CopyIcon = icon(
  "Copy",
  <>
    <rect x="7" y="7" width="9.25" height="9.25" rx="1.75" />
    <path d="M13 4.75v-.25a1.25 1.25 0 0 0-1.25-1.25H4.75A1.25 1.25 0 0 0 3.5 4.5v7a1.25 1.25 0 0 0 1.25 1.25H5" />
  </>,
);
export const PrintIcon = icon(
  "Print",
  <>
    <path d="M6 7.25V3.25h8v4M6 13.75H3.75V8.5c0-.7.55-1.25 1.25-1.25h10c.7 0 1.25.55 1.25 1.25v5.25H14" />
    <path d="M6 11.5h8v5.25H6z" />
  </>,
);
export const RefreshIcon = icon(
  "Refresh",
  <path d="M16 8.5A6.25 6.25 0 0 0 4.75 6.75M4.5 3.75v3.5H8M4 11.5a6.25 6.25 0 0 0 11.25 1.75M15.5 16.25v-3.5H12" />,
);
export const TrashIcon = icon(
  "Trash",
  <path d="M3.75 5.5h12.5M8 5.25v-2h4v2M5.25 5.5l.75 11.25h8l.75-11.25M8.5 8.75v4.75M11.5 8.75v4.75" />,
);
export const SignOutIcon = icon("SignOut", <path d="M8 3.5H4.5v13H8M8.25 10h8.25M13.25 6.75 16.5 10l-3.25 3.25" />);
export const BrowserIcon = icon(
  "Browser",
  <>
    <rect x="2.75" y="3.75" width="14.5" height="12.5" rx="2" />
    <path d="M2.75 7.5h14.5M5.5 5.65v.01M7.75 5.65v.01" />
  </>,
);
export const AtomIcon = icon(
  "Atom",
  <>
    <ellipse cx="10" cy="10" rx="7.5" ry="3" transform="rotate(45 10 10)" />
    <ellipse cx="10" cy="10" rx="7.5" ry="3" transform="rotate(-45 10 10)" />
    <path d="M10 10v.01" />
  </>,
);
export const KeyboardIcon = icon(
  "Keyboard",
  <>
    <rect x="2.25" y="5" width="15.5" height="10" rx="2" />
    <path d="M5.25 8.25v.01M8.4 8.25v.01M11.6 8.25v.01M14.75 8.25v.01M6.5 12h7" />
  </>,
);
export const SunIcon = icon(
  "Sun",
  <>
    <circle cx="10" cy="10" r="3.25" />
    <path d="M10 2.5v1.75M10 15.75v1.75M2.5 10h1.75M15.75 10h1.75M4.7 4.7l1.25 1.25M14.05 14.05l1.25 1.25M4.7 15.3l1.25-1.25M14.05 5.95l1.25-1.25" />
  </>,
);
export const MoonIcon = icon("Moon", <path d="M16.5 11.75A6.75 6.75 0 0 1 8.25 3.5a6.75 6.75 0 1 0 8.25 8.25Z" />);
export const HalfIcon = icon(
  "Half",
  <>
    <circle cx="10" cy="10" r="6.75" />
    <path d="M10 3.25a6.75 6.75 0 0 1 0 13.5Z" fill="currentColor" />
  </>,
);
export const BlockIcon = icon(
  "Block",
  <>
    <circle cx="10" cy="10" r="6.75" />
    <path d="m5.25 5.25 9.5 9.5" />
  </>,
);
export const EyeIcon = icon(
  "Eye",
  <>
    <path d="M2 10s2.75-5.25 8-5.25S18 10 18 10s-2.75 5.25-8 5.25S2 10 2 10Z" />
    <circle cx="10" cy="10" r="2.25" />
  </>,
);
export const EyeOffIcon = icon(
  "EyeOff",
  <path d="M3.5 3.5l13 13M8.25 4.95A8 8 0 0 1 10 4.75C15.25 4.75 18 10 18 10a13 13 0 0 1-2.25 2.9M5.25 6.35A12.5 12.5 0 0 0 2 10s2.75 5.25 8 5.25a7.8 7.8 0 0 0 3.5-.8M8.4 8.4a2.25 2.25 0 0 0 3.2 3.2" />,
);

/** The mark of the product: a ring that opens where somebody speaks. */
export const Mark = icon(
  "Mark",
  <>
    <path d="M14.9 14.9A7 7 0 1 1 16.6 12" strokeWidth={2} />
    <path d="m12 12 5 5" strokeWidth={2} />
  </>,
);
/** A seal on its ribbons: a signed message. */
export const SealIcon = icon(
  "Seal",
  <>
    <circle cx="10" cy="7.5" r="5" />
    <path d="m7.8 7.6 1.6 1.6 2.9-3.2M7 11.8 5.8 17.5l4.2-2 4.2 2-1.2-5.7" />
  </>,
);
export const AttachIcon = icon(
  "Attach",
  <path d="m15.8 9.6-5.7 5.7a3.6 3.6 0 0 1-5.1-5.1l6-6a2.4 2.4 0 0 1 3.4 3.4l-6 6a1.2 1.2 0 0 1-1.7-1.7l5.4-5.4" />,
);
export const FileIcon = icon(
  "File",
  <>
    <path d="M5 3h6.5L15 6.5V17H5V3Z" />
    <path d="M11.5 3v3.5H15" />
  </>,
);
export const PauseIcon = icon("Pause", <path d="M7.5 5v10M12.5 5v10" />);
export const ResumeIcon = icon("Resume", <path d="M7 4.5v11l8.5-5.5L7 4.5Z" />);
