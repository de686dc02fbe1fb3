/** Which emoji a person picks says something about them: it is kept with the messages, sealed. */

import type { Store, UnitOfWork } from "../store/storage";
import { isEmoji } from "./content";

const NAME = "emoji/recent";
const KEPT = 21;

export const recentEmoji = async (from: UnitOfWork | Store): Promise<string[]> =>
  (await from.get<string[]>(NAME)) ?? [];

export async function rememberEmoji(unit: UnitOfWork, emoji: string): Promise<void> {
  if (!isEmoji(emoji)) return;
  const before = (await recentEmoji(unit)).filter((one) => one !== emoji);
  unit.put(NAME, [emoji, ...before].slice(0, KEPT));
}
