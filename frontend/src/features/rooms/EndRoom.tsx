import { Button } from "@mui/material";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Field } from "../../components/Field";
import { Secondary } from "../../components/Pane";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Room } from "../../realtime/state";

/** Members leave; the owner hands over first, or deletes the room for everybody, which takes its name as proof of meaning it. */
export function EndRoom({ room, owns }: { room: Room; owns: boolean }) {
  const messenger = useMessenger();
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const go = useCommand(() => (owns ? messenger.endRoom(room.id) : messenger.leaveRoom(room.id)));
  const action = owns ? "Delete room for everybody" : "Leave room";
  const what = room.name === "" ? "this room" : room.name;
  const confirm = async () => {
    if (await go.run()) setAsking(false);
  };
  const ask = () => {
    setTyped("");
    setAsking(true);
  };
  return (
    <>
      <Button color="error" onClick={ask}>
        {action}
      </Button>
      {owns && room.people.length > 1 && <Secondary>To leave it, hand it over to somebody first.</Secondary>}
      <ConfirmDialog
        open={asking}
        title={owns ? `Delete ${what}?` : `Leave ${what}?`}
        action={action}
        disabled={owns && typed.trim() !== room.name.trim()}
        running={go.running}
        problem={go.problem === null ? null : problemWords(go.problem)}
        onConfirm={() => void confirm()}
        onClose={() => setAsking(false)}
      >
        <p>
          {owns
            ? "Nobody can write here again, and its keys are erased. What has been read stays in everybody’s browsers."
            : "You cannot read on, and its keys are erased from your browsers. What you have read stays. Somebody in the room can add you again."}
        </p>
        {owns && room.name !== "" && (
          <div style={{ marginTop: 16 }}>
            <Field
              label={`To delete it, type its name: ${room.name}`}
              value={typed}
              onChange={setTyped}
              input={{ autoComplete: "off", spellCheck: false }}
            />
          </div>
        )}
      </ConfirmDialog>
    </>
  );
}
