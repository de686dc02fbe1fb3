import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { lazy, Suspense, useEffect } from "react";
import { Callout } from "../../components/Callout";
import { Column } from "../../components/Pane";
import { TimelineSkeleton } from "../../components/Skeletons";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
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
  const open = useCommand(() => messenger.openConversation(id));
  const { run } = open;

  useEffect(() => {
    void run();
    return () => messenger.closeConversation(id);
  }, [messenger, run, id]);

  if (timeline !== undefined && self !== null)
    return (
      <Suspense fallback={<Loading />}>
        <Timeline talk={talk} timeline={timeline} selfId={self.userId} />
      </Suspense>
    );
  if (open.problem === null) return <Loading />;
  return (
    <Frame>
      <Column style={{ margin: "auto" }}>
        <Callout tone="caution" role="alert" actions={<Button onClick={() => void run()}>Try again</Button>}>
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
