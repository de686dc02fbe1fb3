import { fullTime } from "../../lib/time";
import type { Id, Room, RoomRole, RoomStage } from "../../realtime/state";
import { type Line, NO_HARDWARE, textWords } from "./notices";

/** What a room waits for, in one line; null when it is open, or over. */
export function roomStageLine(stage: RoomStage): Line | null {
  switch (stage.kind) {
    case "making_keys":
      return {
        tone: "plain",
        words:
          stage.waitsFor === "quantum_service"
            ? "The service that adds fresh randomness is away. Keys are made when it is back; what you write waits."
            : stage.waitsFor === "hardware"
              ? NO_HARDWARE
              : "Making keys for this room…",
      };
    case "being_added":
      return {
        tone: "plain",
        words: `${stage.lost ? "This browser needs new keys for this room" : "You joined this room in another browser"}. It gets its keys when somebody in it is online; what you write waits.`,
      };
    case "open":
    case "left":
    case "closed":
      return null;
  }
}

/** Why nothing can be written to a room any more. */
export function roomEnd(
  { stage }: Room,
  selfId: Id,
  nameOf: (id: Id) => string,
): { title: string; text: string } | null {
  switch (stage.kind) {
    case "left":
      return stage.by === selfId
        ? { title: "You left this room", text: `What was written until ${fullTime(stage.at)} stays here, to read.` }
        : { title: `${nameOf(stage.by)} removed you`, text: "What was written until then stays here, to read." };
    case "closed":
      return stage.by === null
        ? { title: "The server closed this room", text: "Nobody in it did. What was written stays here, to read." }
        : {
            title: `${stage.by === selfId ? "You" : nameOf(stage.by)} deleted this room`,
            text: "What was written stays here, to read.",
          };
    case "open":
    case "making_keys":
    case "being_added":
      return null;
  }
}

export const ROLE_WORDS: Record<RoomRole, string> = { owner: "Owner", moderator: "Moderator", member: "Member" };

/** Below a room's name in the list. */
export function roomPreview({ stage, preview, draft }: Room): string {
  if (draft !== "") return `Draft: ${draft}`;
  const waits = roomStageLine(stage);
  if (waits !== null) return waits.words;
  if (preview === null) return "Nothing written yet";
  return `${preview.mine ? "You: " : ""}${textWords(preview)}`;
}
