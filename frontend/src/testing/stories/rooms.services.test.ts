import "fake-indexeddb/auto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { WireRow } from "../../crypto/wire";
import type { FindingKind, Id, MessageEntry, Notice, Room } from "../../realtime/state";
import { lieTo, lyingAbout, ofRoom, ofRows, rolledBack } from "./hostileServer";
import { TestPerson } from "./person";
import { PATIENCE_MS, Services } from "./services";

/** All of a story, on a machine that does much else beside. */
const STORY_MS = 300_000;

let services: Services;
/** The first is connected with all others; registering takes longer than what they do, so all stories are theirs. */
let olga: TestPerson, mona: TestPerson, anna: TestPerson, ben: TestPerson, carl: TestPerson, mallory: TestPerson;
let everybody: TestPerson[];

beforeAll(async () => {
  services = await Services.start();
  const register = (name: string) => TestPerson.registered(services, name);
  olga = await register("olga");
  [mona, anna, ben, carl, mallory] = await Promise.all([
    register("mona"),
    register("anna"),
    register("ben"),
    register("carl"),
    register("mallory"),
  ]);
  const others = [mona, anna, ben, carl, mallory];
  everybody = [olga, ...others];
  for (const other of others) await olga.connectTo(other);
  for (const other of others) {
    await olga.sees(`${other.name} connected`, ({ connections }) => connections.people?.[other.id]?.connectedAt);
  }
}, STORY_MS);
afterEach(() => {
  for (const person of everybody) {
    person.browser.network.tampering = {};
    expect(person.tab.defects).toEqual([]);
  }
});
afterAll(async () => {
  for (const person of everybody) person.leave();
  await services.stop();
});

const room = (person: TestPerson, id: Id): Room | undefined => person.state.rooms.all?.[id];

async function inRoom(person: TestPerson, id: Id): Promise<void> {
  await person.sees("the room", ({ rooms }) => rooms.all?.[id]?.stage.kind === "open" && rooms.all[id].name !== "");
  await person.tab.engine.openConversation(id);
}

const messages = (person: TestPerson, id: Id): MessageEntry[] =>
  (person.state.conversations.timelines[id]?.entries ?? []).filter((entry) => entry.kind === "message");

const texts = (person: TestPerson, id: Id): string[] => messages(person, id).map(({ text }) => text);

const kinds = (person: TestPerson, id: Id): FindingKind[] => room(person, id)?.findings.map(({ kind }) => kind) ?? [];

const named = (person: TestPerson, id: Id, kind: FindingKind) =>
  person.sees(`the finding ${kind}`, () => kinds(person, id).includes(kind));

const notices = (person: TestPerson, id: Id): Notice[] =>
  (person.state.conversations.timelines[id]?.entries ?? []).flatMap((entry) =>
    entry.kind === "notice" ? [entry.notice] : [],
  );

async function everybodyReads(readers: readonly TestPerson[], id: Id, author: TestPerson, text: string): Promise<void> {
  const found = readers.map((reader) =>
    reader.sees(`"${text}"`, () =>
      messages(reader, id).find((entry) => entry.text === text && entry.authorId === author.id),
    ),
  );
  await Promise.all(found);
}

const roles = (person: TestPerson, id: Id) =>
  Object.fromEntries((room(person, id)?.people ?? []).map((each) => [each.id, each.role]));

async function roomOf(...people: [TestPerson, ...TestPerson[]]): Promise<Id> {
  const [owner, ...others] = people;
  const id = await owner.tab.engine.createRoom({ name: "Harbour", topic: "", people: others.map((each) => each.id) });
  for (const person of people) await backIn(person, id, people.length);
  return id;
}

/** In the room, with so many people in it. */
async function backIn(person: TestPerson, id: Id, people: number): Promise<void> {
  await person.sees("everybody in it", () => room(person, id)?.people.length === people);
  await inRoom(person, id);
}

const rename = (name: string, id: Id) => olga.tab.engine.changeRoom(id, { act: "profile", name, topic: "" });

test(
  "P10.3 a room sets a time: what was written since is gone everywhere when it is over, and what comes later stays",
  async () => {
    const id = await olga.tab.engine.createRoom({ name: "Harbour", topic: "", people: [anna.id] });
    for (const person of [olga, anna]) await inRoom(person, id);
    await olga.tab.engine.setTimer(id, 5);
    const told = { code: "timer_changed", by: olga.id, seconds: 5 };
    await anna.sees("who set the time", () => notices(anna, id).some(({ code }) => code === told.code));
    expect(notices(anna, id)).toContainEqual(told);

    await anna.tab.engine.send(id, "not for long", "secured");
    await anna.tab.engine.send(id, "nor this", "critical");
    // What waits for the next epoch would last as long as that one says.
    await anna.sees("both on their way", () => messages(anna, id).every(({ state }) => state === "sent"));
    await olga.tab.engine.setTimer(id, 0);
    await olga.tab.engine.send(id, "this stays", "secured");
    for (const person of [olga, anna]) {
      const texts = () => messages(person, id).map(({ text }) => text);
      await person.sees("only what stays", () => texts().join() === "this stays");
      expect(room(person, id)?.findings).toEqual([]);
    }
  },
  STORY_MS,
);

/** A text and a file of somebody: gone for everybody, and the file, by its author's own browser, from the server. */
async function removes(moderator: TestPerson, author: TestPerson, all: readonly TestPerson[], id: Id): Promise<void> {
  const kept = () => readdirSync(join(services.dataDir, "attachments"));
  const about = { name: "gulls.bin", type: "", width: null, height: null, thumbnail: null };
  await author.tab.engine.sendFile(id, new Blob(["gulls"]), about);
  const theirs = () => messages(moderator, id).filter(({ authorId }) => authorId === author.id);
  await moderator.sees("the file", () => theirs().some(({ file }) => file !== null));
  expect(kept()).toHaveLength(1);
  for (const message of theirs()) await moderator.tab.engine.deleteMessage(id, message.id);
  const deletedBy = { by: moderator.id, role: "moderator" };
  const gone = { text: "", file: null, deletedBy };
  for (const person of all) {
    const removed = () => messages(person, id).filter(({ deletedAt }) => deletedAt !== null);
    await person.sees("both removed", () => removed().length === 2);
    expect(removed()).toMatchObject([gone, gone]);
  }
  await vi.waitFor(() => expect(kept()).toEqual([]), PATIENCE_MS);
}

test(
  "P10.1 P10.3 five people in a room: roles, a new name, removals, leaving, hand-over and the end",
  async () => {
    const all = [olga, mona, anna, ben, carl];
    const id = await olga.tab.engine.createRoom({
      name: "Harbour",
      topic: "",
      people: [mona.id, anna.id, ben.id, carl.id],
    });
    for (const person of all) await inRoom(person, id);
    expect(room(carl, id)).toMatchObject({ name: "Harbour", role: "member" });
    expect(room(carl, id)?.people).toHaveLength(5);

    await carl.tab.engine.send(id, "hello", "secured");
    await everybodyReads(all, id, carl, "hello");
    await anna.tab.engine.send(id, "for the record", "critical");
    await everybodyReads(all, id, anna, "for the record");

    // What a role does not allow is refused before anything leaves the browser.
    await expect(ben.tab.engine.changeRoom(id, { act: "profile", name: "Ben’s", topic: "" })).rejects.toThrow(
      "not_allowed",
    );
    await expect(ben.tab.engine.changeRoom(id, { act: "remove", userId: anna.id, ban: false })).rejects.toThrow(
      "not_allowed",
    );
    await expect(olga.tab.engine.leaveRoom(id)).rejects.toThrow("not_allowed");

    await olga.tab.engine.changeRoom(id, { act: "role", userId: mona.id, role: "moderator" });
    await mona.sees("its new role", ({ rooms }) => rooms.all?.[id]?.role === "moderator");
    await mona.tab.engine.changeRoom(id, { act: "profile", name: "Quay", topic: "boats" });
    for (const person of all) await person.sees("the new name", ({ rooms }) => rooms.all?.[id]?.name === "Quay");
    await anna.sees("who did it", () => notices(anna, id).some(({ code }) => code === "renamed"));
    expect(notices(anna, id)).toContainEqual({ code: "renamed", by: mona.id, whose: null, text: "Quay" });
    expect(notices(anna, id)).toContainEqual({ code: "moderator_made", by: olga.id, whose: mona.id, text: null });

    await removes(mona, carl, all, id);
    const [, critical] = messages(ben, id);
    await expect(ben.tab.engine.deleteMessage(id, critical!.id)).rejects.toThrow("not_changeable");

    await mona.tab.engine.changeRoom(id, { act: "remove", userId: ben.id, ban: true });
    await ben.sees("that it is out", ({ rooms }) => rooms.all?.[id]?.stage.kind === "left");
    expect(room(ben, id)?.stage).toMatchObject({ kind: "left", by: mona.id });
    await olga.tab.engine.send(id, "without ben", "secured");
    await everybodyReads([olga, mona, anna, carl], id, olga, "without ben");
    expect(messages(ben, id).map(({ text }) => text)).toEqual(["", "for the record", ""]);
    await expect(olga.tab.engine.inviteToRoom(id, ben.id)).rejects.toThrow("not_allowed");

    await carl.tab.engine.leaveRoom(id);
    await carl.sees("that it left", ({ rooms }) => rooms.all?.[id]?.stage.kind === "left");
    await anna.sees("that carl is out", ({ rooms }) => rooms.all?.[id]?.people.length === 3);
    const ofCarl = notices(anna, id).filter((notice) => "whose" in notice && notice.whose === carl.id);
    expect(notices(anna, id)).toContainEqual({ code: "person_left", by: carl.id, whose: null, text: null });
    expect(ofCarl.map(({ code }) => code)).toEqual(["person_added"]);
    expect(room(carl, id)?.people.map((each) => each.id)).not.toContain(carl.id);

    await olga.tab.engine.changeRoom(id, { act: "hand_over", userId: anna.id });
    await anna.sees("that it is hers", ({ rooms }) => rooms.all?.[id]?.role === "owner");
    for (const person of [anna, mona]) {
      await person.sees("who owns it", () => roles(person, id)[anna.id] === "owner");
    }
    expect(roles(mona, id)).toEqual({ [olga.id]: "moderator", [mona.id]: "moderator", [anna.id]: "owner" });

    await anna.tab.engine.inviteToRoom(id, carl.id).catch(() => undefined);
    await olga.tab.engine.inviteToRoom(id, carl.id);
    await inRoom(carl, id);
    await carl.tab.engine.send(id, "back again", "secured");
    await everybodyReads([olga, mona, anna, carl], id, carl, "back again");

    await anna.tab.engine.endRoom(id);
    for (const person of [olga, mona, carl]) {
      await person.sees("the end", ({ rooms }) => rooms.all?.[id]?.stage.kind === "closed");
    }
    for (const person of all) expect(room(person, id)?.findings).toEqual([]);
  },
  STORY_MS,
);

test(
  "P10.1 a member whose only browser is lost stays a member: away, then back",
  async () => {
    const id = await olga.tab.engine.createRoom({ name: "Harbour", topic: "", people: [anna.id, ben.id] });
    for (const person of [olga, anna, ben]) await inRoom(person, id);
    await olga.tab.engine.changeRoom(id, { act: "role", userId: ben.id, role: "moderator" });
    await ben.sees("its role", ({ rooms }) => rooms.all?.[id]?.role === "moderator");
    // A commit comes to her without its contribution, so that her browser cannot follow it.
    olga.browser.network.tampering = ofRows((row) =>
      row.kind === "commit" && row.sender_id === ben.id ? { ...row, contribution: null } : row,
    );
    await ben.tab.engine.changeRoom(id, { act: "profile", name: "Quay", topic: "" });
    await olga.sees("that it cannot follow", () => notices(olga, id).some(({ code }) => code === "lost_here"));
    olga.browser.network.tampering = {};
    await inRoom(olga, id);
    await olga.sees("being back", () => notices(olga, id).some(({ code }) => code === "readded_here"));
    await anna.sees("that the owner is back", ({ rooms }) =>
      rooms.all?.[id]?.people.some((each) => each.id === olga.id && each.role === "owner" && !each.away),
    );
    await olga.tab.engine.send(id, "back", "secured");
    await everybodyReads([anna, ben], id, olga, "back");
  },
  STORY_MS,
);

/** What this person's next commits say is garbage to everybody, themselves included. */
function spoil(person: TestPerson): void {
  person.browser.network.tampering = {
    request: (path, body) => {
      if (!path.endsWith("/commits")) return body;
      const { commit, ...rest } = body as { commit: string };
      return { ...rest, commit: `${commit.slice(0, -8)}AAAAAAAA` };
    },
  };
}

test(
  "P9.3 a commit that nobody can follow is named and the room begins anew; who does it again stays behind",
  async () => {
    const id = await olga.tab.engine.createRoom({ name: "Harbour", topic: "", people: [mona.id, anna.id] });
    for (const person of [olga, mona, anna]) await inRoom(person, id);
    await olga.tab.engine.changeRoom(id, { act: "role", userId: mona.id, role: "moderator" });
    await anna.tab.engine.send(id, "before", "secured");
    await everybodyReads([olga, mona], id, anna, "before");
    await mona.sees("its new role", ({ rooms }) => rooms.all?.[id]?.role === "moderator");

    // It says that anna is out, and is nothing that anybody can open.
    spoil(mona);
    await expect(mona.tab.engine.changeRoom(id, { act: "remove", userId: anna.id, ban: true })).rejects.toThrow();
    mona.browser.network.tampering = {};
    await olga.tab.engine.send(id, "written while all was lost", "secured");
    for (const person of [olga, mona, anna]) {
      await person.sees("the new group", () => notices(person, id).some(({ code }) => code === "new_group"));
    }
    await everybodyReads([mona, anna], id, olga, "written while all was lost");
    await anna.tab.engine.send(id, "still here", "secured");
    await everybodyReads([olga, mona], id, anna, "still here");
    for (const person of [olga, mona, anna]) {
      expect(room(person, id)?.name).toBe("Harbour");
      expect(roles(person, id)).toEqual({ [olga.id]: "owner", [mona.id]: "moderator", [anna.id]: "member" });
      expect(messages(person, id).map(({ text }) => text)).toEqual([
        "before",
        "written while all was lost",
        "still here",
      ]);
    }
    for (const person of [olga, anna]) {
      const found = notices(person, id).flatMap((notice) => (notice.code === "finding" ? [notice.finding] : []));
      expect(found).toMatchObject([{ kind: "bad_commit", from: mona.id }]);
    }

    spoil(mona);
    await expect(mona.tab.engine.changeRoom(id, { act: "profile", name: "Mine", topic: "" })).rejects.toThrow();
    mona.browser.network.tampering = {};
    await mona.sees("that it is out", ({ rooms }) => rooms.all?.[id]?.stage.kind === "left");
    for (const person of [olga, anna]) {
      await person.sees("that mona is out", ({ rooms }) => rooms.all?.[id]?.people.length === 2);
    }
    await anna.tab.engine.send(id, "without mona", "secured");
    await everybodyReads([olga], id, anna, "without mona");
    expect(notices(anna, id)).toContainEqual({ code: "person_removed", by: olga.id, whose: mona.id, text: null });
    expect(messages(mona, id).map(({ text }) => text)).not.toContain("without mona");
    await olga.tab.engine.rotate(id);
    await olga.tab.engine.send(id, "renewed", "secured");
    await everybodyReads([anna], id, olga, "renewed");

    // The server shows anna the room as it was two groups ago: named, and her browser stays in the present one.
    anna.browser.network.tampering = rolledBack(id, 0, 5);
    await anna.crashAndReload();
    await named(anna, id, "dropped");
    expect(await anna.tab.crypto.conversation(id)).toMatchObject({ generation: 2, state: "active" });
    anna.browser.network.tampering = {};
    await anna.crashAndReload();
    await inRoom(anna, id);
    await anna.tab.engine.send(id, "no way back", "secured");
    await everybodyReads([olga], id, anna, "no way back");
  },
  STORY_MS,
);

test(
  "P3.1 P3.2 a second browser joins the rooms of its person, and an old list without it is named by who knows the newer one",
  async () => {
    const id = await roomOf(olga, anna, mona);
    const alone = await anna.publishedKeys();
    const second = await anna.atAnotherBrowser();
    everybody.push(second);
    await inRoom(second, id);
    await olga.tab.engine.send(id, "both of you", "secured");
    await everybodyReads([anna, second], id, olga, "both of you");
    await second.tab.engine.send(id, "here too", "secured");
    await everybodyReads([olga, anna, second], id, second, "here too");
    // Whoever comes into a room has no claim on what was written before; another browser of theirs was there.
    expect(notices(anna, id)[0]).toEqual({ code: "joined_room", by: olga.id });
    expect(notices(second, id)[0]).toMatchObject({ code: "before_this_browser" });
    // People are counted, not browsers.
    expect(room(olga, id)?.people).toHaveLength(3);
    for (const person of [olga, anna, second, mona]) expect(room(person, id)?.findings).toEqual([]);

    // Mona and anna share nothing but the room: there she is told that the server offers an old list of anna's browsers.
    mona.browser.network.tampering = lyingAbout(anna.id, () => alone);
    await second.tab.engine.removeBrowser({ password: second.password });
    await named(mona, id, "device_list_rolled_back");
    mona.browser.network.tampering = {};
    await anna.tab.engine.send(id, "one browser again", "secured");
    await everybodyReads([olga, mona], id, anna, "one browser again");
  },
  STORY_MS,
);

test(
  "P10.1 P5.1 P6.8 a server that adds a ghost, swaps a key package, leaves out, alters and closes is named by everybody in a room, and changes nothing",
  async () => {
    const members = [olga, anna, ben] as const;
    const id = await roomOf(...members);

    // Another's key package for somebody who is invited.
    const time = new Date().toISOString();
    const { key_packages } = await ben.tab.crypto.keyPackages({ count: 1, lastResort: false, time });
    olga.browser.network.tampering = {
      answer: ({ path, answer }) => {
        if (!path.endsWith("/invite")) return answer;
        const { items } = answer as { items: object[] };
        return { items: items.map((item) => ({ ...item, key_package: key_packages[0] })) };
      },
    };
    await expect(olga.tab.engine.inviteToRoom(id, carl.id)).rejects.toThrow("bad_key_package");
    await named(olga, id, "ghost_member");
    expect(room(olga, id)?.people).toHaveLength(3);

    // Somebody whom no member added.
    const keys = await carl.publishedKeys();
    const device_id = keys.devices[0]!.id;
    const ghost = { user_id: carl.id, device_id, sender_tag: "AAAAAAAAAAAAAAAAAAAAAA", joined_seq: 1 };
    const haunted = ofRoom(id, (view) => ({ ...view, members: [...(view.members as object[]), ghost] }));
    for (const person of members) person.browser.network.tampering = haunted;
    await rename("Quay", id);
    for (const person of members) {
      const logged = () => room(person, id)?.findings.some(({ kind, seq }) => kind === "ghost_member" && seq !== null);
      await person.sees("the ghost", logged);
      expect(room(person, id)?.people.map((each) => each.id)).not.toContain(carl.id);
      person.browser.network.tampering = {};
    }
    expect(room(carl, id)).toBeUndefined();
    await anna.tab.engine.send(id, "among us", "secured");
    await everybodyReads([anna, olga, ben], id, anna, "among us");

    // A message is left out for one, and altered for another: both have it when the server tells the truth again.
    const olgas = (row: WireRow) => row.kind === "message" && row.sender_id === olga.id;
    const altered = ({ content, ...row }: WireRow) => ({ ...row, content: `${content!.slice(0, -4)}AAAA` });
    let first: number | null = null;
    anna.browser.network.tampering = ofRows((row) => (olgas(row) && row.seq === (first ??= row.seq) ? null : row));
    ben.browser.network.tampering = ofRows((row) => (olgas(row) ? altered(row) : row));
    for (const text of ["tampered with", "behind it"]) await olga.tab.engine.send(id, text, "secured");
    await named(anna, id, "dropped");
    await named(ben, id, "altered");
    for (const person of [anna, ben]) {
      expect(texts(person, id)).toEqual(["among us"]);
      person.browser.network.tampering = {};
      await person.crashAndReload();
      await backIn(person, id, 3);
      await person.sees("both messages", () => texts(person, id).length === 3);
      expect(texts(person, id)).toEqual(["among us", "tampered with", "behind it"]);
    }

    // It says that the room is over. Nobody in it said so: nothing is erased, and it goes on when the server gives in.
    const closed = ofRoom(id, (view) => ({ ...view, state: "terminated" }));
    for (const person of [anna, ben]) person.browser.network.tampering = closed;
    await rename("Pier", id);
    for (const person of [anna, ben]) {
      await named(person, id, "closed_by_server");
      expect(room(person, id)?.stage).toMatchObject({ kind: "closed", by: null });
      person.browser.network.tampering = {};
      await person.crashAndReload();
      await backIn(person, id, 3);
    }
    await ben.tab.engine.send(id, "still here", "secured");
    await everybodyReads([ben, olga, anna], id, ben, "still here");
    for (const person of members) expect(room(person, id)?.name).toBe("Pier");
  },
  STORY_MS,
);

test(
  "P5.3 P5.4 a server that repeats, leaves out or reorders without a hole in its log is named by each whom it lies to",
  async () => {
    const id = await roomOf(olga, anna, ben, carl);
    const lies = [
      [anna, ([one, ...rest]: WireRow[]) => [one!, one!, ...rest], ["replayed", "fork"], ["one", "two", "three"]],
      [ben, ([one, , ...rest]: WireRow[]) => [one!, ...rest], ["fork"], ["one", "three"]],
      [carl, ([one, two, ...rest]: WireRow[]) => [two!, one!, ...rest], ["fork"], ["two", "one", "three"]],
    ] as const;
    const liars = lies.map(([person]) => lieTo(person, id));
    for (const text of ["one", "two", "three"]) await olga.tab.engine.send(id, text, "secured");
    await olga.sees(
      "that all are logged",
      () => messages(olga, id).filter(({ state }) => state === "sent").length === 3,
    );
    for (const [at, [person, forge, findings, shown]] of lies.entries()) {
      await liars[at]!.tell(forge);
      await backIn(person, id, 4);
      for (const kind of findings) await named(person, id, kind);
      await person.sees("what it was shown", () => texts(person, id).length === shown.length);
      expect(texts(person, id)).toEqual(shown);
    }
    expect(kinds(olga, id)).toEqual([]);
  },
  STORY_MS,
);
