import { Button } from "@mui/material";
import { useCallback, useEffect, useRef, useState } from "react";
import { useCommand, useMessenger } from "../../app/hooks";
import { useTitle } from "../../app/useTitle";
import { problemWords } from "../../app/words/problems";
import { Callout } from "../../components/Callout";
import { Column, PaneBody, PaneHeader, Section } from "../../components/Pane";
import { LinesSkeleton } from "../../components/Skeletons";
import { paths } from "../../lib/paths";
import type { KeysView } from "../../realtime/keys";
import { AccountKey } from "./AccountKey";
import { ConversationKeys } from "./ConversationKeys";
import { OtherBrowsers } from "./OtherBrowsers";
import { ThisBrowser } from "./ThisBrowser";

/** All keys of the account and this browser: how old they are, and made anew when one asks for it. */
export function KeysPage() {
  const messenger = useMessenger();
  const heading = useRef<HTMLHeadingElement>(null);
  const [keys, setKeys] = useState<KeysView | null>(null);
  const { run, problem } = useCommand(async () => setKeys(await messenger.loadKeys()));
  useTitle("Keys");
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => void run(), [run]);
  /** Carries something out, then shows what it came to. */
  const then = useCallback(
    async (work: Promise<void>) => {
      await work;
      await run();
    },
    [run],
  );
  return (
    <>
      <PaneHeader backTo={paths.home}>
        <h1 ref={heading} tabIndex={-1}>
          Keys
        </h1>
      </PaneHeader>
      <PaneBody>
        <Column>
          {problem !== null && (
            <Callout tone="caution" actions={<Button onClick={() => void run()}>Try again</Button>}>
              {problemWords(problem)}
            </Callout>
          )}
          {problem === null && keys === null && <LinesSkeleton count={6} label="Loading keys" />}
          {keys !== null && (
            <>
              <Section aria-labelledby="account-key">
                <h2 id="account-key">Your account</h2>
                <AccountKey keys={keys} />
              </Section>
              <Section aria-labelledby="this-browser">
                <h2 id="this-browser">This browser</h2>
                <ThisBrowser keys={keys} then={then} />
              </Section>
              <Section aria-labelledby="other-browsers">
                <h2 id="other-browsers">Your other browsers</h2>
                <OtherBrowsers keys={keys} />
              </Section>
              <Section aria-labelledby="conversations">
                <h2 id="conversations">Conversations</h2>
                <ConversationKeys keys={keys} then={then} />
              </Section>
            </>
          )}
        </Column>
      </PaneBody>
    </>
  );
}
