import { RANK } from "../../app/ranks";
import type { Room, RoomMember } from "../../realtime/state";

/** What a person may do here, so that nobody is offered what would be refused; crypto/ judges for good. */
export function may({ role, settings, stage }: Room, what: "invite" | "configure"): boolean {
  return stage.kind === "open" && RANK[role] >= settings[what];
}

export function mayRemove({ role, settings, stage }: Room, other: RoomMember): boolean {
  return stage.kind === "open" && RANK[role] >= settings.remove && RANK[role] > RANK[other.role];
}

export const owns = ({ role, stage }: Room) => stage.kind === "open" && role === "owner";
