import { Button } from "@mui/material";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Conversation } from "../../realtime/state";

export function EndConversation({ conversation }: { conversation: Conversation }) {
  const messenger = useMessenger();
  const [asking, setAsking] = useState(false);
  const end = useCommand(() => messenger.terminate(conversation.id));
  const name = conversation.peer.username;
  const confirm = async () => {
    if (await end.run()) setAsking(false);
  };
  return (
    <>
      <Button color="error" onClick={() => setAsking(true)}>
        End conversation for both
      </Button>
      <ConfirmDialog
        open={asking}
        title="End this conversation?"
        action="End conversation for both"
        running={end.running}
        problem={end.problem === null ? null : problemWords(end.problem)}
        onConfirm={() => void confirm()}
        onClose={() => setAsking(false)}
      >
        <p>
          Neither you nor {name} can write here again, and its keys are erased. What has been read stays on both sides.
          You stay connected and can start a new conversation.
        </p>
      </ConfirmDialog>
    </>
  );
}
