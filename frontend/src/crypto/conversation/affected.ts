import { isChange, isText, type OutboxItem, outboxEntry } from "./outbox";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { MessageEntry } from "../types";
import type { Id } from "../wire";
import { findMessage } from "./kept";

/** Where the person sees these items of the outbox: texts as themselves, changes at the message that they change. */
export async function affected(
  room: Room,
  unit: UnitOfWork,
  conversation: Id,
  items: readonly OutboxItem[],
): Promise<MessageEntry[]> {
  const entries = items.map(async (item) => {
    if (isChange(item)) return (await findMessage(unit, conversation, item.content.target))?.entry;
    return isText(item) ? outboxEntry(room, conversation, item) : undefined;
  });
  return (await Promise.all(entries)).filter((entry) => entry !== undefined);
}
