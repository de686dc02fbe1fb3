import type { Rank, RoomRole } from "../realtime/state";

export const RANK: Record<RoomRole, Rank> = { member: 0, moderator: 1, owner: 2 };
