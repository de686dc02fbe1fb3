/** A signed-in account while this tab writes for it. */
import type { LocalAccount } from "../crypto/client";
import { ConversationCommands } from "./conversationCommands";
import { KeyCommands } from "./keys";
import { Live, type LiveDependencies } from "./live";
import { PeopleCommands } from "./peopleCommands";
import { RoomCommands } from "./roomCommands";

type Told = "publish" | "failed" | "replaced" | "signedOut";

export interface Turn {
  readonly live: Live;
  readonly people: PeopleCommands;
  readonly conversations: ConversationCommands;
  readonly rooms: RoomCommands;
  readonly keys: KeyCommands;
}

/** Starts nothing yet: `live.start()` does. */
export function beginTurn(
  parts: Omit<LiveDependencies, Told>,
  local: LocalAccount,
  told: Pick<LiveDependencies, Told>,
): Turn {
  const live = new Live({ ...parts, ...told }, local);
  return {
    live,
    people: new PeopleCommands(live),
    conversations: new ConversationCommands(live),
    rooms: new RoomCommands(live),
    keys: new KeyCommands(live),
  };
}
