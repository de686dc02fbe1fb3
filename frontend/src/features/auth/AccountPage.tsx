import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useRef, type ReactNode } from "react";
import { Avatar } from "../../components/Avatar";
import { Callout } from "../../components/Callout";
import { BrowserIcon, SignOutIcon } from "../../components/icons";
import { Column, Name, PaneBody, PaneHeader, Secondary, Section } from "../../components/Pane";
import { LinesSkeleton } from "../../components/Skeletons";
import { useAppSelector, useCommand, useMessenger, useNow } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { useTitle } from "../../app/useTitle";
import { FINDING_ADVICE, findingWords } from "../../app/words/findings";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import { inSentence } from "../../lib/time";
import type { OwnDevice } from "../../realtime/state";
import { RemoveBrowser } from "./RemoveBrowser";

const Who = styled("div")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 16,
  "& > div": { minWidth: 0, display: "grid" },
  "& bdi": { ...theme.typography.h2 },
}));

const Row = styled("li")(({ theme }) => ({
  display: "grid",
  gridTemplateColumns: "20px 1fr",
  columnGap: 12,
  padding: "8px 0",
  listStyle: "none",
  "& svg": { marginTop: 1, color: theme.palette.text.secondary },
}));

const Buttons = styled("div")({ display: "flex", flexWrap: "wrap", gap: 8, marginTop: 12 });

/** The account: who one is, how it looks, which browsers belong to it, and the two ways to leave. */
export function AccountPage({ appearance }: { appearance: ReactNode }) {
  const messenger = useMessenger();
  const self = useAppSelector(selectSelf);
  const findings = useAppSelector((state) => state.auth.findings);
  const signOut = useCommand(() => messenger.signOut());
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle("Account");
  useEffect(() => heading.current?.focus(), []);
  if (self === null) return null;

  return (
    <>
      <PaneHeader backTo={paths.home}>
        <h1 ref={heading} tabIndex={-1}>
          Account
        </h1>
      </PaneHeader>
      <PaneBody>
        <Column>
          {findings.map((finding) => (
            <Section key={finding.id}>
              <Callout tone="critical" title={findingWords(finding).title}>
                <p>{findingWords(finding).meaning}</p>
                <p>{FINDING_ADVICE}</p>
              </Callout>
            </Section>
          ))}
          <Section aria-label="You">
            <Who>
              <Avatar id={self.userId} name={self.username} size={56} />
              <div>
                <Name>{self.username}</Name>
                <Secondary>{self.email}</Secondary>
              </div>
            </Who>
          </Section>
          <Section aria-labelledby="appearance">
            <h2 id="appearance">Appearance</h2>
            {appearance}
          </Section>
          <Section aria-labelledby="browsers">
            <h2 id="browsers">Browsers of this account</h2>
            <OwnDevices />
          </Section>
          <Section aria-labelledby="leave">
            <h2 id="leave">Leave</h2>
            <p>
              Signing out keeps your messages in this browser, sealed. They open again when you sign in here. Removing
              the browser erases them.
            </p>
            {signOut.problem !== null && <Secondary role="alert">{problemWords(signOut.problem)}</Secondary>}
            <Buttons>
              <Button
                disabled={signOut.running}
                onClick={() => void signOut.run()}
                startIcon={<SignOutIcon size={16} />}
              >
                Sign out
              </Button>
              <RemoveBrowser />
            </Buttons>
          </Section>
        </Column>
      </PaneBody>
    </>
  );
}

function OwnDevices() {
  const messenger = useMessenger();
  const devices = useAppSelector((state) => state.auth.devices);
  const load = useCommand(() => messenger.loadOwnDevices());
  const now = useNow(60_000);
  const { run } = load;
  useEffect(() => void run(), [run]);

  if (load.problem !== null && devices === null) {
    return (
      <Callout tone="caution" actions={<Button onClick={() => void run()}>Try again</Button>}>
        {problemWords(load.problem)}
      </Callout>
    );
  }
  if (devices === null) return <LinesSkeleton count={3} label="Loading browsers" />;
  return (
    <ul style={{ margin: 0, padding: 0 }}>
      {devices.map((device, index) => (
        <Row key={device.id}>
          <BrowserIcon />
          <div>
            Browser {index + 1}
            {device.current && " · this one"}
            <Secondary>{deviceSays(device, now)}</Secondary>
          </div>
        </Row>
      ))}
    </ul>
  );
}

function deviceSays({ createdAt, revokedAt, lastSeenAt, current }: OwnDevice, now: number): string {
  if (revokedAt !== null) return `Removed ${inSentence(revokedAt, now)}`;
  const added = `Added ${inSentence(createdAt, now)}`;
  return current || lastSeenAt === null ? added : `${added} · last seen ${inSentence(lastSeenAt, now)}`;
}
