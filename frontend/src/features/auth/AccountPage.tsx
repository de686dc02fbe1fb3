import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState, type ReactNode } from "react";
import { Avatar } from "../../components/Avatar";
import { Callout } from "../../components/Callout";
import { SignOutIcon } from "../../components/icons";
import { Column, Name, PaneBody, PaneHeader, Secondary, Section } from "../../components/Pane";
import { useArrival } from "../../components/useArrival";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { useTitle } from "../../app/useTitle";
import { FINDING_ADVICE, findingWords } from "../../app/words/findings";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import type { Self } from "../../realtime/state";
import { ChangeEmail } from "./ChangeEmail";
import { ChangePassword } from "./ChangePassword";
import { NewRecoveryCode } from "./NewRecoveryCode";
import { PrivacySwitches } from "./PrivacySwitches";
import { RemoveBrowser } from "./RemoveBrowser";
import { SignIns } from "./SignIns";

const Who = styled("div")(({ theme }) => ({
  display: "flex",
  flexWrap: "wrap",
  alignItems: "center",
  gap: "12px 16px",
  "& > div": { flex: "1 1 180px", minWidth: 0, display: "grid" },
  "& bdi": { ...theme.typography.h2 },
  "& p": { overflowWrap: "anywhere" },
}));

const Buttons = styled("div")({ display: "flex", flexWrap: "wrap", gap: 8, marginTop: 12 });

/** The account: who one is, how it looks, which browsers belong to it, and the two ways to leave. */
export function AccountPage({ appearance }: { appearance: ReactNode }) {
  const messenger = useMessenger();
  const self = useAppSelector(selectSelf);
  const findings = useAppSelector((state) => state.auth.findings);
  const signOut = useCommand(() => messenger.signOut());
  const heading = useArrival();
  useTitle("Account");
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
            <You self={self} />
          </Section>
          <Section aria-labelledby="appearance">
            <h2 id="appearance">Appearance</h2>
            {appearance}
          </Section>
          <Section aria-labelledby="privacy">
            <h2 id="privacy">What others see</h2>
            <PrivacySwitches />
          </Section>
          <Section aria-labelledby="ways-in">
            <h2 id="ways-in">Password and recovery code</h2>
            <WaysIn username={self.username} />
          </Section>
          <Section aria-labelledby="browsers">
            <h2 id="browsers">Browsers of this account</h2>
            <SignIns />
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

function You({ self }: { self: Self }) {
  const [done, setDone] = useState(false);
  return (
    <>
      <Who>
        <Avatar id={self.userId} name={self.username} size={56} />
        <div>
          <Name>{self.username}</Name>
          <Secondary>{self.email}</Secondary>
        </div>
        <ChangeEmail present={self.email} onDone={() => setDone(true)} />
      </Who>
      <Done>{done && "This is the e-mail address of your account now."}</Done>
    </>
  );
}

/** What was done, said where it was asked for. */
const Done = ({ children }: { children: string | false | null }) => (
  <div role="status" style={{ marginTop: children ? 12 : 0 }}>
    {children && <Callout tone="info">{children}</Callout>}
  </div>
);

/** What opens the account: both can be changed, and what was done is said here. */
function WaysIn({ username }: { username: string }) {
  const messenger = useMessenger();
  const [done, setDone] = useState<string | null>(null);
  const reload = useCommand(() => messenger.loadSignIns());
  return (
    <>
      <p>The password opens your keys in a new browser. The recovery code does, when the password is forgotten.</p>
      <Buttons>
        <ChangePassword
          username={username}
          onDone={() => {
            setDone("The new password counts. All your other sign-ins have ended.");
            void reload.run();
          }}
        />
        <NewRecoveryCode
          username={username}
          onDone={() => setDone("The new recovery code counts. The one before it opens nothing any more.")}
        />
      </Buttons>
      <Done>{done}</Done>
    </>
  );
}
