import { Button } from "@mui/material";
import { useEffect } from "react";
import { Callout } from "../../components/Callout";
import { Column } from "../../components/Pane";
import { TimelineSkeleton } from "../../components/Skeletons";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import type { Talk } from "./talk";
import { Timeline } from "./Timeline";

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

  if (timeline !== undefined && self !== null) return <Timeline talk={talk} timeline={timeline} selfId={self.userId} />;
  return (
    <div style={{ flex: 1, display: "flex", alignItems: "flex-end", overflow: "hidden" }}>
      {open.problem === null ? (
        <TimelineSkeleton label="Loading messages" />
      ) : (
        <Column style={{ margin: "auto" }}>
          <Callout tone="caution" role="alert" actions={<Button onClick={() => void run()}>Try again</Button>}>
            {problemWords(open.problem)}
          </Callout>
        </Column>
      )}
    </div>
  );
}
