import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { lazy, Suspense, useEffect, useState } from "react";
import { Callout } from "../../components/Callout";
import { Column } from "../../components/Pane";
import { TimelineSkeleton } from "../../components/Skeletons";
import { problemOf, useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import type { Place } from "../../realtime/state";
import { useWanted } from "./moving";
import type { Talk } from "./talk";

// It brings Markdown along: fetched beside the first page, not before it.
const timelineModule = import("./Timeline");
const Timeline = lazy(() => timelineModule.then((module) => ({ default: module.Timeline })));

/** Timeline of a conversation while it is on the page; in its place, that it loads or does not. */
export function Messages({ talk }: { talk: Talk }) {
  const { id } = talk;
  const messenger = useMessenger();
  const self = useAppSelector(selectSelf);
  const timeline = useAppSelector((state) => state.conversations.timelines[id]);
  const wanted = useWanted();
  // Where one had read to, also when more has come than a page holds.
  const [begin] = useState<Place | null>(() => wanted ?? (talk.unread > 0 ? talk.readSeq : null));
  const open = useCommand(async () => {
    try {
      await messenger.openConversation(id, begin);
    } catch (error) {
      if (problemOf(error).code !== "unknown_message") throw error;
      await messenger.openConversation(id);
    }
  });
  const { run } = open;
  // Until then the store has what was loaded when one was here before.
  const [opened, setOpened] = useState(false);

  useEffect(() => {
    void run().then(setOpened);
    return () => messenger.closeConversation(id);
  }, [messenger, run, id]);

  if (opened && timeline !== undefined && self !== null)
    return (
      <Suspense fallback={<Loading />}>
        <Timeline talk={talk} timeline={timeline} selfId={self.userId} />
      </Suspense>
    );
  if (open.problem === null) return <Loading />;
  return (
    <Frame>
      <Column style={{ margin: "auto" }}>
        <Callout
          tone="caution"
          role="alert"
          actions={<Button onClick={() => void run().then(setOpened)}>Try again</Button>}
        >
          {problemWords(open.problem)}
        </Callout>
      </Column>
    </Frame>
  );
}

const Frame = styled("div")({ flex: 1, display: "flex", alignItems: "flex-end", overflow: "hidden" });

const Loading = () => (
  <Frame>
    <TimelineSkeleton label="Loading messages" />
  </Frame>
);
