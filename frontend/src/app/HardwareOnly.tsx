import { useEffect, useState } from "react";
import { Secondary } from "../components/Pane";
import { SwitchRow } from "../components/SwitchRow";
import type { Id } from "../realtime/state";
import { useCommand, useMessenger } from "./hooks";
import { problemWords } from "./words/problems";

/** Whether keys that this browser makes for a conversation take the service's contribution from quantum hardware alone. */
export function HardwareOnly({ conversationId }: { conversationId: Id }) {
  const messenger = useMessenger();
  const [on, setOn] = useState<boolean | null>(null);
  const { run: look } = useCommand(async () => setOn(await messenger.hardwareOnly(conversationId)));
  const set = useCommand(async (wanted: boolean) => {
    await messenger.setHardwareOnly(conversationId, wanted);
    setOn(wanted);
  });
  useEffect(() => {
    void look();
  }, [look, conversationId]);
  return (
    <>
      <SwitchRow
        label="Only quantum hardware"
        meaning="Keys that this browser makes here take the service’s contribution from a quantum device or not at all. New keys never wait for one; first keys do."
        checked={on ?? false}
        disabled={on === null || set.running}
        onChange={(wanted) => void set.run(wanted)}
      />
      {set.problem !== null && <Secondary role="alert">{problemWords(set.problem)}</Secondary>}
    </>
  );
}
