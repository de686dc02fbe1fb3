import type { MessageEntry, TimelineEntry } from "../../realtime/state";

export type Delivery = "waiting" | "sent" | "delivered" | "read" | "failed";

/** How far the others have a conversation (seq): stored by a browser of theirs, and read. */
export interface Reached {
  deliveredSeq: number;
  seenSeq: number;
}

export function deliveryOf({ state, position }: MessageEntry, { deliveredSeq, seenSeq }: Reached): Delivery {
  if (state !== "sent") return state;
  if (position <= seenSeq) return "read";
  return position <= deliveredSeq ? "delivered" : "sent";
}

/** The newest own message in each state: one mark there speaks for all before it. */
export function newestInEachState(entries: TimelineEntry[], selfId: string, reached: Reached): Set<string> {
  const newest = new Map<Delivery, string>();
  for (const entry of entries) {
    if (entry.kind === "message" && entry.authorId === selfId) newest.set(deliveryOf(entry, reached), entry.id);
  }
  return new Set(newest.values());
}
