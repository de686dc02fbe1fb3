/**
 * What others may see of this person: each switch with the time at which it was last moved, sealed into the pins record, so that
 * all browsers of the account hold to it and the server cannot read or turn it.
 */

import type { Store, UnitOfWork } from "../store/storage";
import type { Privacy } from "../types";

type Switch = keyof Privacy;

/** Only what the person has decided; all else is shown. */
export type Decided = Partial<Record<Switch, { on: boolean; at: number }>>;

const NAME = "privacy";
const SWITCHES: readonly Switch[] = ["receipts", "typing", "presence"];

export const decidedPrivacy = async (from: UnitOfWork | Store): Promise<Decided> =>
  (await from.get<Decided>(NAME)) ?? {};

export async function privacy(from: UnitOfWork | Store): Promise<Privacy> {
  const decided = await decidedPrivacy(from);
  const on = (which: Switch) => decided[which]?.on ?? true;
  return { receipts: on("receipts"), typing: on("typing"), presence: on("presence") };
}

export async function setPrivacy(unit: UnitOfWork, change: Partial<Privacy>): Promise<Privacy> {
  const decided = { ...(await decidedPrivacy(unit)) };
  for (const which of SWITCHES) {
    const on = change[which];
    // Later than what it replaces, also when this clock is behind the one that wrote that.
    if (on !== undefined) decided[which] = { on, at: Math.max(Date.now(), (decided[which]?.at ?? 0) + 1) };
  }
  unit.put(NAME, decided);
  return privacy(unit);
}

/** The later decision wins; of two at the same moment the one that shows less. */
export async function mergePrivacy(unit: UnitOfWork, theirs: Decided): Promise<void> {
  const decided = { ...(await decidedPrivacy(unit)) };
  for (const which of SWITCHES) {
    const [own, other] = [decided[which], theirs[which]];
    if (other === undefined) continue;
    if (own === undefined || other.at > own.at || (other.at === own.at && !other.on)) decided[which] = other;
  }
  unit.put(NAME, decided);
}
