/** What must be true of a room at the end of whatever happened in it, by what the server's log says and nothing else. */
import { expect } from "vitest";
import type { Id } from "../../realtime/state";
import type { TestPerson } from "./person";
import type { RoomHistory, Said } from "./roomHistory";
import { type LogRow, type ServerLog, type Stay, staysIn } from "./serverLog";
import { until } from "./services";

/** So often in a row nothing must be left to do. */
const QUIET_LOOKS = 3;

type StoredEntry = Awaited<ReturnType<TestPerson["stored"]>>[number];
type Entry = Extract<StoredEntry, { kind: "message" }>;

/** Somebody's browser, and when it was in the group. */
interface Reader {
  person: TestPerson;
  stays: Stay[];
  messages: Entry[];
  entries: StoredEntry[];
}

const isIn = ({ stays }: Pick<Reader, "stays">) => stays.some(({ to }) => to === Infinity);

/** Waits until every browser has followed the log as far as it may, and nobody has anything left to send or to commit. */
export async function quiet({ id, crew }: RoomHistory, log: ServerLog): Promise<void> {
  let [calm, before] = [0, -1];
  await until(async () => {
    const rows = log.rows(id);
    const stays = staysIn(rows);
    const undone = (await Promise.all(crew.map((person) => unfinished(person, id, rows, stays)))).flat();
    calm = undone.length === 0 && rows.length === before ? calm + 1 : 0;
    before = rows.length;
    return calm < QUIET_LOOKS ? `all is quiet: ${undone.join("; ")}` : null;
  });
}

async function unfinished(
  person: TestPerson,
  id: Id,
  rows: readonly LogRow[],
  stays: ReadonlyMap<Id, Stay[]>,
): Promise<string[]> {
  const { name, tab, deviceId } = person;
  const known = (await tab.crypto.conversations()).find((each) => each.id === id);
  const own = stays.get(deviceId) ?? [];
  const last = own.at(-1);
  if (last === undefined) return [];
  if (known === undefined) return [`${name} knows of no room`];
  if (last.to !== Infinity) return known.verifiedSeq < last.to ? [`${name} has not read to its end`] : [];
  const waits = {
    "has not read all": known.verifiedSeq < rows.length,
    [`is ${known.state}`]: known.state !== "active",
    "has something to send": (await person.stored(id)).some((entry) => entry.kind === "message" && isWaiting(entry)),
    "has a commit": (await tab.crypto.pendingCommit(id)) !== null,
    "should commit": (await tab.crypto.dueCommit(id)) !== null,
  };
  return Object.entries(waits).flatMap(([what, holds]) => (holds ? [`${name} ${what}`] : []));
}

/** P10.1: everybody reads what was said while they were in, once and in one order, and nobody anything else. */
export async function check({ id, crew, said, unexpected }: RoomHistory, log: ServerLog): Promise<void> {
  expect(unexpected).toEqual([]);
  const rows = log.rows(id);
  const stays = staysIn(rows);
  const readers = await Promise.all(crew.map((person) => reader(person, id, stays)));
  const own = readers.flatMap(({ messages }) => messages.filter((entry) => entry.own));
  const authors = new Map(own.flatMap((entry) => (entry.seq === null ? [] : [[entry.seq, entry]])));
  for (const each of readers) readsItsShare(each, authors);
  for (const each of said) isKept(each, readers);
  for (const each of said) isChangedForAll(each, readers, rows.length);
  await agree(readers, id, rows);
}

async function reader(person: TestPerson, id: Id, stays: ReadonlyMap<Id, Stay[]>): Promise<Reader> {
  const knows = (await person.tab.crypto.conversations()).some((each) => each.id === id);
  const entries = knows ? await person.stored(id) : [];
  const messages = entries.filter((entry) => entry.kind === "message");
  return { person, stays: stays.get(person.deviceId) ?? [], messages, entries };
}

const isWaiting = ({ state, pending }: Entry) =>
  state === "waiting" || state === "sending" || pending?.state === "waiting";

const placed = ({ messages }: Reader) => messages.filter(({ seq }) => seq !== null);
const briefly = ({ seq, clientId, senderId }: Entry) => `${seq} ${clientId} of ${senderId}`;

/** Exactly the messages that their authors have at places of the log where this browser was in the group. */
function readsItsShare({ person, stays, ...has }: Reader, authors: ReadonlyMap<number, Entry>): void {
  const share = [...authors].filter(([seq]) => stays.some(({ from, to }) => from < seq && seq < to));
  const expected = share.toSorted(([a], [b]) => a - b).map(([, entry]) => briefly(entry));
  expect(placed({ stays, ...has, person }).map(briefly), `what ${person.name} reads`).toEqual(expected);
  expect(has.messages.flatMap(({ faults }) => faults)).toEqual([]);
}

/** What a browser said it keeps is there once; and logged, unless its author was put out before it could go. */
function isKept({ author, text, clientId, sure }: Said, readers: readonly Reader[]): void {
  const own = readers.find(({ person }) => person === author)!;
  const found = own.messages.filter((entry) => isOf(entry, text, clientId));
  expect(found.length, `${author.name} has "${text}"`).toBeLessThanOrEqual(1);
  if (!sure) return;
  expect(found, `${author.name} has "${text}"`).toHaveLength(1);
  const wasOut = own.stays.some(({ to }) => to !== Infinity);
  if (!wasOut) expect(found[0]?.seq, `where "${text}" of ${author.name} stands`).toBeGreaterThan(0);
}

const isOf = (entry: Entry, text: string, clientId: Id | null) =>
  clientId === null ? versions(entry)[0] === text : entry.clientId === clientId;

const versions = ({ earlier, text }: Entry) => [...earlier.map((each) => each.text), text];

/** Edits and deletions, for all who were in from the message to the end; whoever was not has of them what they could see. */
function isChangedForAll(said: Said, readers: readonly Reader[], head: number): void {
  const { author, text, edits, clientId } = said;
  const found = readers.flatMap(({ stays, messages, person }) => {
    const entry = messages.find((each) => each.senderId === author.id && isOf(each, text, clientId));
    if (entry?.seq == null) return [];
    const { seq } = entry;
    return [{ entry, all: stays.some(({ from, to }) => from < seq && head < to), own: person === author }];
  });
  const written = [text, ...edits.map((edit) => edit.text)];
  for (const { entry } of found)
    if (entry.deletedAt === null) expect(written).toEqual(expect.arrayContaining(versions(entry)));
  const whole = found.filter(({ all }) => all);
  for (const { entry } of whole) {
    expect([versions(entry), entry.deletedAt]).toEqual([versions(whole[0]!.entry), whole[0]!.entry.deletedAt]);
  }
  const own = whole.find((each) => each.own)?.entry;
  if (own === undefined) return;
  if (said.deleted?.sure === true) expect(own.deletedAt).not.toBeNull();
  const sure = edits.filter((edit) => edit.sure).map((edit) => edit.text);
  if (said.deleted === null) expect(versions(own)).toEqual(expect.arrayContaining(sure));
}

/** All who are in the group at the end: the same keys, people, roles, and chain as the server; nothing was found wrong. */
async function agree(readers: readonly Reader[], id: Id, rows: readonly LogRow[]): Promise<void> {
  expect(rows.filter(({ kind }) => kind === "generation")).toEqual([]);
  for (const { person, entries } of readers) {
    expect(person.tab.defects, `defects of ${person.name}`).toEqual([]);
    expect(person.state.rooms.all?.[id]?.findings ?? [], `findings of ${person.name}`).toEqual([]);
    expect(entries.filter((entry) => entry.kind === "problem" || isLoss(entry))).toEqual([]);
  }
  const present = readers.filter(isIn);
  const views = await Promise.all(present.map(({ person }) => viewOf(person, id)));
  for (const view of views) expect(view).toEqual(views[0]);
  expect(views[0]?.chain).toBe(rows.at(-1)?.chain);
  expect(views[0]?.members).toEqual(present.map(({ person }) => person.deviceId).toSorted());
}

const isLoss = (entry: StoredEntry) => entry.kind === "system" && /lost|readded|generation/u.test(entry.event);

async function viewOf({ tab }: TestPerson, id: Id) {
  const { conversation, chain, epochAuthenticator, members } = await tab.crypto.details(id);
  const { name, topic, people, banned, settings, links } = conversation.room!;
  const sorted = people.map(({ userId, role, away }) => `${userId} ${role} ${away}`).toSorted();
  return {
    chain,
    epochAuthenticator,
    epoch: conversation.epoch,
    members: members.map(({ deviceId }) => deviceId).toSorted(),
    room: { name, topic, settings, links, people: sorted, banned: banned.map(({ userId }) => userId) },
  };
}
