import { Button } from "@mui/material";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { BlockIcon, TrashIcon } from "../../components/icons";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Person } from "../../realtime/state";

type Asked = "remove" | "block" | null;

const ASK = {
  remove: {
    title: (name: string) => `Remove ${name}?`,
    text: (name: string) =>
      `Neither of you can write any more. What has been written stays on your devices. You can connect with ${name} again later.`,
    action: "Remove and end contact",
  },
  block: {
    title: (name: string) => `Block ${name}?`,
    text: (name: string) => `${name} cannot write to you, ask to connect, or see when you are online, and is not told.`,
    action: "Block",
  },
};

/** Remove, block, unblock; in the details panel and in the list of people. */
export function PersonActions({ person, size = "medium" }: { person: Person; size?: "small" | "medium" }) {
  const messenger = useMessenger();
  const [asked, setAsked] = useState<Asked>(null);
  const remove = useCommand(() => messenger.removePerson(person.id));
  const block = useCommand(() => messenger.block(person.id));
  const unblock = useCommand(() => messenger.unblock(person.id));
  const doing = asked === "block" ? block : remove;
  const ask = ASK[asked ?? "remove"];

  const confirm = async () => {
    if (await doing.run()) setAsked(null);
  };
  return (
    <>
      {person.connectedAt !== null && (
        <Button size={size} startIcon={<TrashIcon size={16} />} onClick={() => setAsked("remove")}>
          Remove
        </Button>
      )}
      {person.blocked ? (
        <Button size={size} disabled={unblock.running} onClick={() => void unblock.run()}>
          Unblock
        </Button>
      ) : (
        <Button size={size} startIcon={<BlockIcon size={16} />} onClick={() => setAsked("block")}>
          Block
        </Button>
      )}
      <ConfirmDialog
        open={asked !== null}
        title={ask.title(person.username)}
        action={ask.action}
        running={doing.running}
        problem={doing.problem === null ? null : problemWords(doing.problem)}
        onConfirm={() => void confirm()}
        onClose={() => setAsked(null)}
      >
        <p>{ask.text(person.username)}</p>
      </ConfirmDialog>
    </>
  );
}
