/** Fetches the keys of accounts and has crypto/ verify them before anybody relies on them. */
import type { Contact, LearnedKeys, Problem, WireAccountKeys } from "../crypto/client";
import type { Context } from "./context";
import { Lanes } from "./lanes";
import type { Id } from "./state";

/** So many accounts the server shows in one answer. */
const ASKED_AT_ONCE = 50;

export interface KeysWanted {
  readonly userId: Id;
  /** The version of the device list that is known; 0 asks for everything again. */
  readonly since: number;
}

export class Directory {
  readonly #lanes = new Lanes();

  constructor(
    private readonly context: Context,
    private readonly learned: (contact: Contact, problems: readonly Problem[]) => void,
  ) {}

  /** `from` 0 asks for everything again; without it for what is newer than known. */
  learn(userId: Id, from?: number): Promise<Contact> {
    return this.#lanes.run(userId, async () => {
      const since = from ?? (await this.context.crypto.contact(userId))?.listVersion ?? 0;
      const options = { path: { user_id: userId }, query: { since } };
      const keys = await this.context.api.get("/api/users/{user_id}/keys", options);
      const taken = await this.context.crypto.learnKeys(keys);
      this.#took(taken);
      return taken.contact;
    });
  }

  /** Of many people, in few requests; whose keys are not ours to see are left out. `replaced`: ML-KEM keys of the past too. */
  async learnMany(wanted: readonly KeysWanted[], replaced = false): Promise<void> {
    for (let from = 0; from < wanted.length; from += ASKED_AT_ONCE) {
      const some = new Map(wanted.slice(from, from + ASKED_AT_ONCE).map(({ userId, since }) => [userId, since]));
      await this.#lanes.runAll([...some.keys()], async () => {
        const body = { since: Object.fromEntries(some), replaced };
        const { items } = await this.context.api.post("/api/users/keys", { body });
        await this.#takeAll(items.filter(({ user_id }) => some.has(user_id)));
      });
    }
  }

  /** What follows from them comes once all are known: a room of 50 is not looked at 50 times. */
  async #takeAll(items: readonly WireAccountKeys[]): Promise<void> {
    const taken: LearnedKeys[] = [];
    try {
      for (const keys of items) taken.push(await this.context.crypto.learnKeys(keys));
    } finally {
      for (const each of taken) this.#took(each);
    }
  }

  #took({ contact, problems, entries }: LearnedKeys): void {
    this.context.show(entries);
    this.learned(contact, problems);
  }
}
