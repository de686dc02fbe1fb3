/** Fetches the keys of accounts and has crypto/ verify them before anybody relies on them. */
import type { Contact, Problem } from "../crypto/client";
import type { Context } from "./context";
import { Lanes } from "./lanes";
import type { Id } from "./state";

export class Directory {
  readonly #lanes = new Lanes();

  constructor(
    private readonly context: Context,
    private readonly learned: (contact: Contact, problems: readonly Problem[]) => void,
  ) {}

  /** `since` 0 asks for everything again; without it for what is newer than known. `replaced`: ML-KEM keys of the past too. */
  learn(userId: Id, since?: number, replaced = false): Promise<Contact> {
    return this.#lanes.run(userId, async () => {
      const known = since ?? (await this.context.crypto.contact(userId))?.listVersion ?? 0;
      const options = { path: { user_id: userId }, query: { since: known, replaced } };
      const keys = await this.context.api.get("/api/users/{user_id}/keys", options);
      const { contact, problems, entries } = await this.context.crypto.learnKeys(keys);
      this.context.show(entries);
      this.learned(contact, problems);
      return contact;
    });
  }
}
