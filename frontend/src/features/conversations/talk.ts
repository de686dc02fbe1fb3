import { RANK } from "../../app/ranks";
import { stageLine, type Line } from "../../app/words/notices";
import { roomStageLine } from "../../app/words/rooms";
import type { Conversation, Editing, Id, PinnedMessage, Room } from "../../realtime/state";
import type { Mentionable } from "./mentions";

/** What timeline and composer need of a conversation, with one person or with many. */
export interface Talk {
  id: Id;
  /** Of the other person, or of the room. */
  name: string;
  /** Who wrote; one's own messages stand without a name. */
  nameOf: (userId: Id) => string;
  inRoom: boolean;
  /** Whether one's role allows to delete what this person wrote. */
  mayRemove: (authorId: Id) => boolean;
  mayPin: boolean;
  pinned: readonly PinnedMessage[];
  /** Who can be meant: everybody in it but oneself. */
  people: readonly Mentionable[];
  draft: string;
  editing: Editing | null;
  unread: number;
  readSeq: number;
  deliveredSeq: number;
  seenSeq: number;
  open: boolean;
  canWrite: boolean;
  /** Who else has the messages, as the end of "from those of …". */
  others: string;
  /** Keys are still to come: what is written waits, for this reason. */
  waiting: Line | null;
  waitsFor: string;
}

const WAITS: ReadonlySet<Conversation["stage"]["kind"]> = new Set(["making_keys", "waiting_for_device", "being_added"]);

const ENDED: ReadonlySet<Conversation["stage"]["kind"]> = new Set(["closed", "removed"]);

export function talkOf(conversation: Conversation, now: number): Talk {
  const { id, peer, stage, draft, editing, unread, readSeq, deliveredSeq, seenSeq } = conversation;
  return {
    id,
    name: peer.username,
    nameOf: () => peer.username,
    inRoom: false,
    mayRemove: () => false,
    mayPin: true,
    pinned: conversation.pinned,
    people: [{ id: peer.id, name: peer.username }],
    draft,
    editing,
    unread,
    readSeq,
    deliveredSeq,
    seenSeq,
    open: stage.kind === "open",
    canWrite: conversation.sendBlock === null && !ENDED.has(stage.kind),
    others: peer.username,
    waiting: WAITS.has(stage.kind) ? stageLine(stage, peer.username, now) : null,
    waitsFor: `Waiting for ${peer.username}`,
  };
}

export function talkOfRoom(room: Room, selfId: Id, former: (userId: Id) => string): Talk {
  const { id, name, role, people, stage, draft, editing, unread, readSeq, deliveredSeq, seenSeq } = room;
  const names = new Map(people.map((person) => [person.id, person.username]));
  const ranks = new Map(people.map((person) => [person.id, RANK[person.role]]));
  return {
    id,
    name: name === "" ? "this room" : name,
    nameOf: (userId) => names.get(userId) ?? former(userId),
    inRoom: true,
    mayRemove: (authorId) => RANK[role] >= RANK.moderator && RANK[role] > (ranks.get(authorId) ?? RANK.member),
    mayPin: RANK[role] >= RANK.moderator,
    pinned: room.pinned,
    people: people.flatMap((person) => (person.id === selfId ? [] : { id: person.id, name: person.username })),
    draft,
    editing,
    unread,
    readSeq,
    deliveredSeq,
    seenSeq,
    open: stage.kind === "open",
    canWrite: room.sendBlock === null && stage.kind !== "left" && stage.kind !== "closed",
    others: "everybody in the room",
    waiting: roomStageLine(stage),
    waitsFor: "Waiting for keys",
  };
}
