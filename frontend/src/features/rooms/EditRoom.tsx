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
  const [before] = useState({ name: room.name, topic: room.topic });
  const save = useCommand(() => {
    const written = { name: name.trim(), topic: topic.trim() };
    return messenger.changeRoom(room.id, {
      act: "profile",
      ...(written.name === before.name ? {} : { name: written.name }),
      ...(written.topic === before.topic ? {} : { topic: written.topic }),
    });
  });
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
