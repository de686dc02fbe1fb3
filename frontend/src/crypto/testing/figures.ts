/** What the vault's own code costs where it runs, for `python -m tests.bench`: milliseconds, and bytes. */

import {
  decodeAuthenticatedData,
  decodePrivate,
  encodeAuthenticatedData,
  openContent,
  sealContent,
} from "../mls/message";
import { openMessage, sealMessage } from "../mls/group";
import { uuidv7 } from "../primitives/bytes";
import { fromBase64url } from "../primitives/encoding";
import type { TextType } from "../types";
import { established, parametersOf, PASSWORD, type World } from "./browser";
import { ackOf } from "./fakeService";

export const TEXTS = { short: "See you at eight?", long: "x".repeat(800) };
const PASSWORDS = 3;

export interface CryptoFigures {
  /** Milliseconds of each round, by operation. */
  times: Record<string, number[]>;
  /** Bytes of the MLS message, by text. */
  bytes: Record<keyof typeof TEXTS, number>;
}

/** `warmUp`: rounds before the first that counts, in which code gets compiled. */
export async function cryptoFigures(rounds: number, warmUp = 10): Promise<CryptoFigures> {
  const world = await established();
  const times: Record<string, number[]> = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    (times[name] ??= []).push(performance.now() - began);
    return result;
  };
  const long = await storedMessages(world, "secured", rounds + warmUp, timed);
  await storedMessages(world, "critical", rounds + warmUp, timed);
  const { length: short } = await bareMessages(world, rounds + warmUp, timed);
  for (const name of Object.keys(times)) times[name] = times[name]!.slice(warmUp);
  for (let round = 0; round < Math.min(rounds, PASSWORDS); round++) await timed("password", () => derive(world));
  return { times, bytes: { short, long } };
}

type Timed = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** As a person's browser does it: the outbox, all rules, and everything durably in the sealed store. Bytes of one message. */
async function storedMessages(world: World, type: TextType, rounds: number, timed: Timed): Promise<number> {
  const { alice, bob, id, service } = world;
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    const next = await timed(`send ${type}`, async () => {
      await alice.api.enqueue(id, TEXTS.long, type);
      return alice.api.nextOutgoing(id, type);
    });
    if (next.kind !== "message") throw new Error(next.kind);
    bytes = fromBase64url(next.message.content).length;
    const row = await service.send(id, alice.sender, next.message);
    await alice.api.acknowledged(id, ackOf(row));
    const received = await timed(`receive ${type}`, () => bob.api.receive(id, [row], row.seq, false));
    if (received.entries[0]?.kind !== "message") throw new Error("not read");
  }
  return bytes;
}

/** Padding, MLS and the hybrid signature alone; nothing is stored. The last message. */
async function bareMessages({ alice, bob, id }: World, rounds: number, timed: Timed): Promise<Uint8Array> {
  const [sender, receiver] = [await alice.inside(), await bob.inside()];
  let sending = (await sender.group(sender.store.begin(), id))!;
  let receiving = (await receiver.group(receiver.store.begin(), id))!;
  let message = new Uint8Array();
  const echo = { seq: 0, chain: new Uint8Array(32) };
  for (let round = 0; round < rounds; round++) {
    const place = { conversation: id, generation: 0, clientId: uuidv7(), type: "secured", expiry: 0 } as const;
    message = await timed("encrypt", async () => {
      const { plaintext, commitment } = await sealContent("secured", { text: TEXTS.short });
      const data = encodeAuthenticatedData({ ...place, commitment, echo, details: new Uint8Array() });
      const sealed = await sealMessage(await sender.suite(), sending, plaintext, data);
      sending = sealed.newState;
      return sealed.message as Uint8Array<ArrayBuffer>;
    });
    await timed("decrypt", async () => {
      const received = decodePrivate(message);
      const opened = await openMessage(await receiver.suite(), receiving, received);
      receiving = opened.newState;
      return openContent(opened.plaintext, decodeAuthenticatedData(received.authenticatedData));
    });
  }
  return message;
}

async function derive({ alice, service }: World): Promise<void> {
  const parameters = parametersOf(service, alice.userId);
  await alice.api.signInSecret({ username: alice.username, password: PASSWORD, parameters });
  await alice.api.lock();
}
