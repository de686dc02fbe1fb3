import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import type { ReactNode } from "react";
import { Mark } from "../components/icons";
import { Name } from "../components/Pane";
import { useArrival } from "../components/useArrival";
import { useAppSelector, useCommand, useMessenger } from "./hooks";
import { selectSelf, selectTalkList } from "./selectors";
import { useTitle } from "./useTitle";
import { problemWords } from "./words/problems";

const Page = styled("main")(({ theme }) => ({
  height: "100dvh",
  display: "grid",
  alignContent: "center",
  justifyItems: "center",
  padding: 24,
  overflowY: "auto",
  background: theme.palette.page,
}));

const Sheet = styled("div")(({ theme }) => ({
  width: "100%",
  maxWidth: 440,
  "& > svg": { color: theme.palette.accent, marginBottom: 16 },
  "& h1": { ...theme.typography.h1, margin: "0 0 8px", outline: "none" },
  "& p": { margin: "0 0 12px", color: theme.palette.text.secondary },
  "& code": { fontFamily: theme.mono, fontSize: 13, color: theme.palette.text.primary },
}));

function WholePage({ title, children }: { title: string; children: ReactNode }) {
  const heading = useArrival();
  return (
    <Page>
      <Sheet>
        <Mark size={28} />
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </Sheet>
    </Page>
  );
}

/** Without a secure context the browser has neither the cryptography nor the storage that the client needs. */
export function InsecurePage() {
  return (
    <WholePage title="This address is not secure">
      <p>
        QuantumChat makes and keeps your keys in the browser. Browsers allow that only over <code>https://</code>, or on
        the machine itself.
      </p>
      <p>
        On the machine that runs the server, open{" "}
        <code>http://localhost:{location.port === "" ? "8000" : location.port}</code>. From elsewhere, the server needs
        a TLS proxy in front; its operator finds how in the README.
      </p>
    </WholePage>
  );
}

export function ElsewherePage({ username }: { username: string }) {
  const messenger = useMessenger();
  const takeOver = useCommand(() => messenger.takeOver());
  return (
    <WholePage title="Open in another tab">
      <p>
        <bdi>{username}</bdi> is using QuantumChat in another tab of this browser. Only one tab at a time holds the
        keys. When that one is closed, this one goes on by itself.
      </p>
      {takeOver.problem !== null && <p role="alert">{problemWords(takeOver.problem)}</p>}
      <Button variant="contained" color="primary" disabled={takeOver.running} onClick={() => void takeOver.run()}>
        {takeOver.running ? "One moment…" : "Use it here"}
      </Button>
    </WholePage>
  );
}

/** A defect of the client; what was written is in the sealed store and comes back. */
export function BrokenPage() {
  return (
    <WholePage title="This page stopped working">
      <p>A defect in the client, not something you did. Your messages are safe in this browser.</p>
      <Button variant="contained" color="primary" onClick={() => location.assign("/")}>
        Load again
      </Button>
    </WholePage>
  );
}

const Quiet = styled("div")(({ theme }) => ({
  flex: 1,
  display: "grid",
  placeContent: "center",
  justifyItems: "center",
  gap: 4,
  padding: 24,
  textAlign: "center",
  color: theme.palette.text.secondary,
  "& p": { margin: 0, maxWidth: 340, textWrap: "balance" },
  "& strong": { color: theme.palette.text.primary },
  "& svg": { color: theme.palette.line, marginBottom: 12 },
  "& kbd": {
    fontFamily: "inherit",
    fontSize: 12,
    padding: "1px 5px",
    border: `1px solid ${theme.palette.line}`,
    borderRadius: 4,
  },
}));

/** The middle while no conversation is chosen. */
export function NoConversation() {
  const self = useAppSelector(selectSelf);
  const count = useAppSelector((state) => selectTalkList(state)?.length ?? null);
  useTitle(null);
  if (count === null) return null;
  return (
    <Quiet>
      <Mark size={40} />
      {count === 0 ? (
        <p>
          Your name here is{" "}
          <strong>
            <Name>{self?.username}</Name>
          </strong>
          . Tell it to the people you want to write with, or find them.
        </p>
      ) : (
        <p>
          Choose a conversation, or press <kbd>{modifierKey} K</kbd> to go anywhere.
        </p>
      )}
    </Quiet>
  );
}

export const modifierKey = /Mac|iP(hone|ad)/u.test(navigator.userAgent) ? "⌘" : "Ctrl";
