import { Button } from "@mui/material";
import { useState } from "react";
import { RefreshIcon } from "../../components/icons";
import { Secondary } from "../../components/Pane";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";

export function RotateKeys({ conversationId }: { conversationId: string }) {
  const messenger = useMessenger();
  const [done, setDone] = useState(false);
  const rotate = useCommand(() => messenger.rotate(conversationId));
  const start = async () => {
    setDone(false);
    setDone(await rotate.run());
  };
  const said = rotate.problem !== null ? problemWords(rotate.problem) : done ? "New keys are in use." : null;
  return (
    <div style={{ marginTop: 16 }}>
      <Button disabled={rotate.running} onClick={() => void start()} startIcon={<RefreshIcon size={16} />}>
        {rotate.running ? "Making new keys…" : "Make new keys now"}
      </Button>
      <Secondary role="status" style={{ marginTop: 8 }}>
        {said ?? "This happens by itself every 500 messages and every day of use."}
      </Secondary>
    </div>
  );
}
