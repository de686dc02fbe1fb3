/** From what crypto/ says of a room to what the user interface knows. Pure. */
import type { Conversation as Sealed, ShownRoom } from "../crypto/client";
import { findingsOf } from "./findings";
import { pinnedOf } from "./messages";
import { editingOf, previewOf, type Recent, sendBlockOf, timeOf } from "./projection";
import type { Finding, Id, Room, RoomStage, WaitsFor } from "./state";

export type SealedRoom = Sealed & { room: ShownRoom };

export interface RoomFacts {
  readonly sealed: SealedRoom;
  readonly recent: Recent;
  readonly waitsFor: WaitsFor | null;
  readonly refused: readonly Finding[];
  readonly seenSeq: number;
  readonly selfId: Id;
}

export function roomOf(facts: RoomFacts): Room {
  const { sealed, recent } = facts;
  const { name, topic, role, banned, settings, links, joining } = sealed.room;
  const stage = stageOf(facts);
  // Who is out of it keeps the others as they were last seen.
  const people = sealed.room.people.filter(({ userId }) => stage.kind !== "left" || userId !== facts.selfId);
  return {
    id: sealed.id,
    name,
    topic,
    role,
    people: people.map(({ userId: id, username, role: theirs, away }) => ({ id, username, role: theirs, away })),
    banned: banned.map(({ userId: id, username }) => ({ id, username })),
    links: links.map(({ inviter, expiry, ...link }) => ({ ...link, by: inviter, expiresAt: expiry })),
    joining: joining.map(({ userId: id, username, since }) => ({ id, username, since: timeOf(since) })),
    settings,
    stage,
    sendBlock: sealed.blocked?.reason === "read_only" ? "read_only" : sendBlockOf(sealed),
    sendBlockOf: sealed.blocked !== null && "userId" in sealed.blocked ? sealed.blocked.userId : null,
    createdAt: timeOf(sealed.createdAt),
    lastActivityAt: timeOf(sealed.last?.time ?? sealed.createdAt),
    preview: previewOf(recent),
    unread: sealed.unread,
    mentioned: sealed.mentioned,
    readSeq: sealed.readSeq,
    deliveredSeq: recent.deliveredSeq,
    seenSeq: facts.seenSeq,
    pinned: sealed.pinned.map(pinnedOf),
    draft: sealed.draft,
    editing: editingOf(sealed),
    findings: [...facts.refused, ...findingsOf(sealed.problems)],
  };
}

function stageOf({ sealed, recent, waitsFor, selfId }: RoomFacts): RoomStage {
  switch (sealed.state) {
    case "waiting_for_devices":
    case "establishing":
      return { kind: "making_keys", waitsFor };
    case "elsewhere":
    case "lost":
    case "removed":
      return { kind: "being_added", lost: sealed.state !== "elsewhere" };
    case "left": {
      const last = recent.left?.userId === selfId ? recent.left : recent.removal;
      return { kind: "left", by: last?.userId ?? selfId, at: timeOf(last?.time ?? sealed.createdAt) };
    }
    case "terminated": {
      if (recent.end === null) return { kind: "closed", by: null, at: null };
      return { kind: "closed", by: recent.end.userId, at: timeOf(recent.end.time) };
    }
    case "active":
    case "refused":
      return { kind: "open" };
  }
}
