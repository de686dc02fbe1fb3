import type { ReactNode } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useAppSelector } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { Composer } from "./Composer";
import { FilesOnTheWay } from "./files/FilesOnTheWay";
import { HandsContext } from "./hands";
import { Messages } from "./Messages";
import type { Talk } from "./talk";
import { useHandsOn } from "./useHandsOn";

/** What stands in the composer's place (`foot`), or above it. */
export interface Instead {
  foot?: ReactNode;
  above?: ReactNode;
}

const NOBODY = { userId: "", username: "" };

/** A conversation on the page, with one person or many: its header, what was written, and where one writes. */
export function Talking({ talk, instead, children }: { talk: Talk; instead: Instead; children: ReactNode }) {
  const self = useAppSelector(selectSelf) ?? NOBODY;
  const { hands, aim, setAim, removing, setRemoving, remove, problem } = useHandsOn(talk, self);
  const own = removing === null || removing.authorId === self.userId;
  const author = removing === null ? "" : hands.nameOf(removing.authorId);
  return (
    <HandsContext value={hands}>
      {children}
      <Messages talk={talk} />
      {instead.above}
      <FilesOnTheWay talk={talk} />
      {instead.foot ?? <Composer talk={talk} aim={aim} onAim={setAim} problem={problem} />}
      <ConfirmDialog
        open={removing !== null}
        title={own ? "Delete this message?" : `Remove this message of ${author}?`}
        action={own ? "Delete for everybody" : "Remove for everybody"}
        running={remove.running}
        problem={remove.problem === null ? null : problemWords(remove.problem)}
        onClose={() => setRemoving(null)}
        onConfirm={() => {
          if (removing !== null) void remove.run(removing).then((done) => done && setRemoving(null));
        }}
      >
        <p>
          Its text goes from your browsers, and from those of {talk.others} as soon as they are online. A mark that you
          {own ? " deleted something" : " removed it"} stays.
        </p>
      </ConfirmDialog>
    </HandsContext>
  );
}
