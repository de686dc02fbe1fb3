import { ButtonBase, Divider, Menu, MenuItem } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Avatar } from "../components/Avatar";
import { AtomIcon, BrowserIcon, DownIcon, KeyboardIcon, KeyIcon, SignOutIcon } from "../components/icons";
import { Name } from "../components/Pane";
import { Shield } from "../components/Shield";
import { paths } from "../lib/paths";
import { useAppSelector, useCommand, useMessenger } from "./hooks";
import { selectSelf } from "./selectors";

const Me = styled(ButtonBase)(({ theme }) => ({
  flex: 1,
  minWidth: 0,
  justifyContent: "flex-start",
  gap: 10,
  minHeight: 44,
  padding: "0 8px",
  borderRadius: 8,
  fontSize: 15,
  fontWeight: 600,
  "&:hover": { background: theme.palette.hover },
  "& > svg": { color: theme.palette.text.secondary },
}));

/** One's own name at the top: account, keys, the way out. */
export function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const messenger = useMessenger();
  const navigate = useNavigate();
  const self = useAppSelector(selectSelf);
  const misbehaved = useAppSelector((state) => state.auth.findings.length > 0);
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const signOut = useCommand(() => messenger.signOut());
  if (self === null) return null;

  const choose = (act: () => void) => () => {
    setOpen(false);
    act();
  };
  return (
    <>
      <Me
        ref={anchor}
        onClick={() => setOpen(true)}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={`Account: ${self.username}`}
      >
        <Avatar id={self.userId} name={self.username} size={28} />
        <Name>{self.username}</Name>
        <Shield state={misbehaved ? "misbehaved" : "none"} />
        <DownIcon size={14} />
      </Me>
      <Menu
        anchorEl={() => anchor.current}
        open={open}
        onClose={() => setOpen(false)}
        slotProps={{ paper: { sx: { minWidth: 240 } } }}
      >
        <MenuItem onClick={choose(() => void navigate(paths.account))}>
          <BrowserIcon size={18} /> Account and browsers
        </MenuItem>
        <MenuItem onClick={choose(() => void navigate(paths.keys))}>
          <KeyIcon size={18} /> Keys
        </MenuItem>
        <MenuItem onClick={choose(() => void navigate(paths.quantum))}>
          <AtomIcon size={18} /> Quantum
        </MenuItem>
        <MenuItem onClick={choose(onKeys)}>
          <KeyboardIcon size={18} /> Keyboard
        </MenuItem>
        <Divider />
        <MenuItem onClick={choose(() => void signOut.run())} sx={{ alignItems: "flex-start" }}>
          <SignOutIcon size={18} />
          <SignOutWords />
        </MenuItem>
      </Menu>
    </>
  );
}

const Words = styled("span")(({ theme }) => ({
  display: "grid",
  whiteSpace: "normal",
  maxWidth: 220,
  "& small": { ...theme.typography.caption, color: theme.palette.text.secondary },
}));

const SignOutWords = () => (
  <Words>
    Sign out
    <small>Messages stay here, sealed, until you sign in again.</small>
  </Words>
);
