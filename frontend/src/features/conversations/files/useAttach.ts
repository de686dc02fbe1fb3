import { useCallback } from "react";
import { useMessenger } from "../../../app/hooks";
import type { Talk } from "../talk";
import { describe } from "./about";

/** Whether files can go out now: unlike words, they do not wait for keys that are still to be made. */
export const takesFiles = ({ open, canWrite }: Talk) => open && canWrite;

/** What becomes of them stands among the files on their way, failures too. */
export function useAttach(conversationId: string): (files: Iterable<File>, original?: boolean) => void {
  const messenger = useMessenger();
  return useCallback(
    (files, original = false) => {
      void (async () => {
        for (const file of [...files]) {
          await messenger.sendFile(conversationId, file, await describe(file), original);
        }
      })();
    },
    [messenger, conversationId],
  );
}
