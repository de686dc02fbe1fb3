import "fake-indexeddb/auto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Id, MessageEntry, Notice, Room } from "../../realtime/state";
import type { Tampering } from "./network";
import { TestPerson } from "./person";
import { Services } from "./services";

/** All of a story, on a machine that does much else beside. */
const STORY_MS = 300_000;
const HOUR_MS = 3_600_000;

/** How many come by one link at once; `JOINERS=50` measures what that takes. */
const JOINERS = Number(process.env.JOINERS ?? 3);

let services: Services;
let olga: TestPerson, mona: TestPerson;
let joiners: TestPerson[];
let everybody: TestPerson[];

beforeAll(
  async () => {
    services = await Services.start();
    olga = await TestPerson.registered(services, "olga");
    mona = await TestPerson.registered(services, "mona");
    joiners = [];
    for (let at = 0; at < Math.max(JOINERS, 3); at++)
      joiners.push(await TestPerson.registered(services, `joiner${at}`));
    everybody = [olga, mona, ...joiners];
    await olga.connectTo(mona);
    await olga.sees("mona connected", ({ connections }) => connections.people?.[mona.id]?.connectedAt);
  },
  STORY_MS + JOINERS * 20_000,
);
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

async function inRoom(person: TestPerson, id: Id, people?: number): Promise<void> {
  await person.sees("the room", ({ rooms }) => {
    const found = rooms.all?.[id];
    const open = found?.stage.kind === "open" && found.name !== "";
    return open && (people === undefined || found.people.length === people);
  });
  await person.tab.engine.openConversation(id);
}

const entries = (person: TestPerson, id: Id) => person.state.conversations.timelines[id]?.entries ?? [];

const notices = (person: TestPerson, id: Id): Notice[] =>
  entries(person, id).flatMap((entry) => (entry.kind === "notice" ? [entry.notice] : []));

async function reads(person: TestPerson, id: Id, author: TestPerson, text: string): Promise<MessageEntry> {
  return person.sees(`"${text}"`, () =>
    entries(person, id).find(
      (entry): entry is MessageEntry => entry.kind === "message" && entry.text === text && entry.authorId === author.id,
    ),
  );
}

/** The parts of a link's address, as the page of the link takes them apart. */
function parts(address: string): [code: string, fragment: string] {
  const url = new URL(address, "http://localhost");
  return [url.pathname.slice("/join/".length), url.hash.slice(1)];
}

const inAnHour = (allowed: number) => ({ expiry: Date.now() + HOUR_MS, allowed });

function told(people: number, commits: number, calls: number, ms: number): void {
  const within = `within ${(ms / 1000).toFixed(1)} s`;
  process.stdout.write(`${people} came in by ${commits} commits and ${calls} calls of the server, ${within}\n`);
}

const newRoom = (people: TestPerson[] = []) =>
  olga.tab.engine.createRoom({ name: "Harbour", topic: "", people: people.map(({ id }) => id) });

test(
  "P10.2 many come by one link at once, and a handful of commits lets them all in",
  async () => {
    const id = await newRoom([mona]);
    await inRoom(olga, id);
    await inRoom(mona, id);
    const link = parts(await olga.tab.engine.makeLink(id, inAnHour(JOINERS)));
    await olga.sees("its link", ({ rooms }) => rooms.all?.[id]?.links.length === 1);
    const [before, began] = [olga.state.rooms.all?.[id]?.people.length, Date.now()];
    expect(before).toBe(2);

    const come = joiners.slice(0, JOINERS);
    for (const person of come) {
      expect(await person.tab.engine.lookAtLink(...link)).toMatchObject({ inviter: { id: olga.id }, approval: false });
    }
    const all = [olga, mona, ...come];
    let calls = 0;
    for (const person of all) person.browser.network.tampering = { onRequest: () => (calls += 1) };
    await Promise.all(come.map((person) => person.tab.engine.askToJoin(...link)));
    await Promise.all(all.map((person) => inRoom(person, id, all.length)));

    const details = await olga.tab.crypto.details(id);
    const founded = 1;
    const commits = details.conversation.epoch - founded - 2;
    if (process.env.JOINERS !== undefined) told(JOINERS, commits, calls, Date.now() - began);
    expect(commits).toBeLessThanOrEqual(Math.max(JOINERS / 2, 2));
    expect(room(olga, id)?.links).toMatchObject([{ used: JOINERS, allowed: JOINERS }]);
    for (const person of come) {
      await person.sees("that it asks no more", ({ rooms }) => rooms.joins[id] === undefined);
      expect(room(person, id)?.findings).toEqual([]);
    }
    expect(notices(mona, id).filter(({ code }) => code === "person_came")).toHaveLength(JOINERS);
    await come[0]!.tab.engine.send(id, "all in", "secured");
    await Promise.all(all.map((person) => reads(person, id, come[0]!, "all in")));
    await expect(joiners.at(-1)!.tab.engine.lookAtLink(...link)).rejects.toThrow("already_member");
  },
  STORY_MS + JOINERS * 10_000,
);

if (process.env.JOINERS === undefined) {
  test(
    "P10.2 with approval somebody says yes or no, and who was declined may ask again",
    async () => {
      const [anna, ben] = joiners as [TestPerson, TestPerson];
      const id = await newRoom([mona]);
      await inRoom(mona, id);
      const settings = { ...room(olga, id)!.settings, approval: true };
      await olga.tab.engine.changeRoom(id, { act: "settings", settings });
      const link = parts(await olga.tab.engine.makeLink(id, inAnHour(5)));
      for (const person of [anna, ben]) await person.tab.engine.askToJoin(...link);
      await anna.sees("that it waits", ({ rooms }) => rooms.joins[id]?.state === "waiting");
      // A page that is loaded anew has the link's secret no more, and still knows that it waits.
      await anna.crashAndReload();
      await anna.sees("that it still waits", ({ rooms }) => rooms.joins[id]?.state === "waiting");
      expect(await anna.tab.engine.askedByLink(link[0])).toBe(id);
      expect(await ben.tab.engine.askedByLink("A".repeat(22))).toBeNull();
      await olga.sees("both", ({ rooms }) => rooms.all?.[id]?.joining.length === 2);
      expect(room(mona, id)?.joining).toEqual([]);

      await olga.tab.engine.decline(id, ben.id);
      await ben.sees("that it was declined", ({ rooms }) => rooms.joins[id]?.state === "declined");
      await olga.tab.engine.admit(id, [anna.id]);
      await inRoom(anna, id, 3);
      expect(room(ben, id)).toBeUndefined();

      await ben.tab.engine.askToJoin(...link);
      await olga.sees("ben again", ({ rooms }) => rooms.all?.[id]?.joining.some((each) => each.id === ben.id));
      await ben.tab.engine.withdrawJoin(id);
      await olga.sees("nobody", ({ rooms }) => rooms.all?.[id]?.joining.length === 0);
      await ben.sees("nothing asked", ({ rooms }) => rooms.joins[id] === undefined);

      // A revoked link leads nowhere, and who banned somebody is not asked again.
      await olga.tab.engine.changeRoom(id, { act: "revoke_link", link: room(olga, id)!.links[0]!.id });
      await expect(ben.tab.engine.askToJoin(...link)).rejects.toThrow("link_unknown");
      await mona.sees("that it was revoked", () => notices(mona, id).some(({ code }) => code === "link_revoked"));
      for (const person of [olga, mona, anna]) expect(room(person, id)?.findings).toEqual([]);
    },
    STORY_MS,
  );

  test(
    "P10.2 a server that puts another in a joiner’s place lets nobody in, and is named",
    async () => {
      const [anna, ben] = joiners as [TestPerson, TestPerson];
      const id = await newRoom();
      await inRoom(olga, id);
      const link = parts(await olga.tab.engine.makeLink(id, inAnHour(5)));
      const time = new Date().toISOString();
      const ghost = await mona.tab.crypto.keyPackages({ count: 1, lastResort: false, time });
      let offered = 0;
      const swapped: Tampering = {
        answer: ({ path, answer }) => {
          if (!path.endsWith("/requests")) return answer;
          const { items } = answer as { items: object[] };
          offered += items.length;
          return { items: items.map((item) => ({ ...item, key_package: ghost.key_packages[0] })) };
        },
      };
      olga.browser.network.tampering = swapped;
      await anna.tab.engine.askToJoin(...link);
      await olga.sees("that it was forged", ({ rooms }) =>
        rooms.all?.[id]?.findings.some(({ kind }) => kind === "forged_join"),
      );
      expect(offered).toBeGreaterThan(0);
      expect(room(olga, id)?.people).toHaveLength(1);

      // A link that was damaged on its way opens nothing.
      olga.browser.network.tampering = {};
      const [code, fragment] = link;
      const other = fragment.slice(0, 43) + parts(await olga.tab.engine.makeLink(id, inAnHour(5)))[1].slice(43);
      await expect(ben.tab.engine.askToJoin(code, `${other.slice(1)}A`)).rejects.toThrow("bad_link");
      await expect(ben.tab.engine.lookAtLink(code, fragment.slice(2))).rejects.toThrow("bad_link");
    },
    STORY_MS,
  );
}
