import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Field } from "../../components/Field";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Room } from "../../realtime/state";
import { MAX_NAME, MAX_TOPIC } from "./limits";

export function EditRoom({ room, onClose }: { room: Room; onClose: () => void }) {
  const messenger = useMessenger();
  const [name, setName] = useState(room.name);
  const [topic, setTopic] = useState(room.topic);
  const save = useCommand(() =>
    messenger.changeRoom(room.id, { act: "profile", name: name.trim(), topic: topic.trim() }),
  );
  const confirm = async () => {
    if (await save.run()) onClose();
  };
  return (
    <ConfirmDialog
      open
      title="Name and topic"
      action="Save"
      danger={false}
      disabled={name.trim() === ""}
      running={save.running}
      problem={save.problem === null ? null : problemWords(save.problem)}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <div style={{ display: "grid", gap: 16 }}>
        <Field label="Name" value={name} onChange={setName} input={{ maxLength: MAX_NAME, autoComplete: "off" }} />
        <Field label="Topic" value={topic} onChange={setTopic} input={{ maxLength: MAX_TOPIC, autoComplete: "off" }} />
      </div>
    </ConfirmDialog>
  );
}
