import type { MessageEntry, TimelineEntry } from "../../realtime/state";

export type Delivery = "waiting" | "sent" | "delivered" | "failed";

export const deliveryOf = (message: MessageEntry, deliveredSeq: number): Delivery =>
  message.state === "sent" && message.position <= deliveredSeq ? "delivered" : message.state;

/** The newest own message in each state: one mark there speaks for all before it. */
export function newestInEachState(entries: TimelineEntry[], selfId: string, deliveredSeq: number): Set<string> {
  const newest = new Map<Delivery, string>();
  for (const entry of entries) {
    if (entry.kind === "message" && entry.authorId === selfId) newest.set(deliveryOf(entry, deliveredSeq), entry.id);
  }
  return new Set(newest.values());
}
