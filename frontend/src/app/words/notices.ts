import { inSentence, lasting } from "../../lib/time";
import { plural, possessive } from "../../lib/text";
import type { Conversation, ConversationStage, Notice, RoomEvent, SendBlock } from "../../realtime/state";
import { findingWords, fromWhom } from "./findings";

type Tone = "plain" | "verified" | "caution" | "critical";

export interface Line {
  tone: Tone;
  words: string;
}

export const NO_HARDWARE =
  "You asked for randomness of quantum hardware alone, and there is none now. Keys are made when there is, or when you switch that off under Details; what you write waits.";

interface Names {
  selfId: string;
  /** The other person of a session; of a room its name. */
  peer: string;
  /** Of rooms: who that is. */
  nameOf?: (id: string) => string;
  inRoom?: boolean;
}

interface Acted {
  who: string;
  /** Whom it concerns, as the object of a sentence and as its owner. */
  whom: string;
  text: string | null;
}

const IN_ROOM: Record<RoomEvent, (acted: Acted) => string> = {
  person_added: ({ who, whom }) => `${who} added ${whom}.`,
  person_came: ({ who, whom }) => `${who} let in ${whom}, who came by a link.`,
  person_removed: ({ who, whom }) => `${who} removed ${whom}.`,
  person_left: ({ who }) => `${who} left.`,
  person_banned: ({ who, whom }) => `${who} banned ${whom}.`,
  ban_lifted: ({ who, whom }) => `${who} lifted the ban of ${whom}.`,
  owner_changed: ({ who, whom }) => `${who} handed the room over to ${whom}.`,
  moderator_made: ({ who, whom }) => `${who} made ${whom} a moderator.`,
  moderator_dropped: ({ who, whom }) => `${who} made ${whom} a member again.`,
  renamed: ({ who, text }) => `${who} named the room “${text ?? ""}”.`,
  topic_changed: ({ who, text }) => (text ? `${who} set the topic: ${text}` : `${who} removed the topic.`),
  settings_changed: ({ who }) => `${who} changed who may do what.`,
  link_made: ({ who }) => `${who} made an invitation link.`,
  link_revoked: ({ who }) => `${who} revoked an invitation link.`,
};

const CLOSED = {
  self: () => "You ended this conversation for both.",
  peer: (name: string) => `${name} ended this conversation.`,
  server: () => "This conversation was closed by the server. Neither of you ended it.",
};

const ROOM_CLOSED = {
  self: "You deleted this room.",
  peer: "Its owner deleted this room.",
  server: "This room was closed by the server. Nobody in it did.",
};

const LOST = {
  old_copy: "This is an old copy of this browser’s data. It asks for new keys, so that none is used twice.",
  cannot_follow: "This browser could not follow the keys of this conversation. It asks for new ones.",
};

const missedWords = (count: number) =>
  count === 0 ? "" : ` ${plural(count, "message", "messages")} from before that could not be read here so far.`;

const timerWords = (who: string, seconds: number) =>
  seconds === 0 ? `${who} set messages to stay.` : `${who} set messages to disappear after ${lasting(seconds)}.`;

/** One line of the timeline that is not a message. */
export function noticeLine(notice: Notice, { selfId, peer, nameOf = () => peer, inRoom = false }: Names): Line {
  const who = (id: string) => (id === selfId ? "You" : nameOf(id));
  const whose = (id: string) => (id === selfId ? "Your" : possessive(nameOf(id)));
  const theirs = (id: string) => (id === selfId ? "your" : possessive(nameOf(id)));
  switch (notice.code) {
    case "keys_made":
      return {
        tone: "plain",
        words: `Keys are made. Only ${inRoom ? "those in this room" : "your browsers"} can read what follows.`,
      };
    case "rotated":
      return { tone: "plain", words: `${who(notice.by)} made new keys for this ${inRoom ? "room" : "conversation"}.` };
    case "device_added":
      return { tone: "plain", words: `${whose(notice.whose)} new browser joined.` };
    case "device_removed":
      return {
        tone: "plain",
        words: `One of ${theirs(notice.whose)} browsers was removed.`,
      };
    case "device_lost":
      return { tone: "plain", words: `One of ${theirs(notice.whose)} browsers lost its keys to this conversation.` };
    case "device_readded":
      return { tone: "plain", words: `${who(notice.by)} added it again.` };
    case "lost_here":
      return { tone: "caution", words: LOST[notice.reason] };
    case "readded_here":
      return { tone: "plain", words: `${who(notice.by)} added this browser again.${missedWords(notice.missed)}` };
    case "new_group":
      return {
        tone: "caution",
        words: `Nobody could follow the last change of keys, so ${notice.by === selfId ? "you" : nameOf(notice.by)} began anew with new ones.${missedWords(notice.missed)}`,
      };
    case "closed":
      return {
        tone: notice.by === "server" ? "critical" : "plain",
        words: inRoom ? ROOM_CLOSED[notice.by] : CLOSED[notice.by](peer),
      };
    case "late_edit":
      return {
        tone: "plain",
        words: `${who(notice.by)} edited a message after deleting it. It stays deleted.`,
      };
    case "timer_changed":
      return { tone: "plain", words: timerWords(who(notice.by), notice.seconds) };
    case "disappeared":
      return {
        tone: "plain",
        words:
          notice.count === 1
            ? "A message disappeared before this browser read it."
            : `${notice.count} messages disappeared before this browser read them.`,
      };
    case "pinned":
    case "unpinned":
      return { tone: "plain", words: `${who(notice.by)} ${notice.code} a message.` };
    case "key_changed":
      return { tone: "caution", words: `${whose(notice.whose)} keys changed.` };
    case "key_accepted":
      return { tone: "plain", words: `You accepted ${theirs(notice.whose)} new keys.` };
    case "verified":
      return { tone: "verified", words: `You verified ${peer}.` };
    case "before_this_browser":
      return {
        tone: "plain",
        words: `${plural(notice.rows, "entry", "entries")} from before this browser was added. Your other browser has them.`,
      };
    case "joined_room":
      return {
        tone: "plain",
        words: `${who(notice.by)} added you. What was written before is for those who were here.`,
      };
    case "finding": {
      const { finding } = notice;
      const from = finding.from === null ? "" : ` ${fromWhom([theirs(finding.from)])}`;
      return { tone: "critical", words: `${findingWords(finding).title}.${from}` };
    }
    case "person_added":
    case "person_came":
    case "person_removed":
    case "person_left":
    case "person_banned":
    case "ban_lifted":
    case "owner_changed":
    case "moderator_made":
    case "moderator_dropped":
    case "renamed":
    case "topic_changed":
    case "settings_changed":
    case "link_made":
    case "link_revoked": {
      const { by, whose: id, text } = notice;
      const whom = id === selfId ? "you" : nameOf(id ?? "");
      return { tone: "plain", words: IN_ROOM[notice.code]({ who: who(by), whom, text }) };
    }
  }
}

/** What a conversation waits for, in one line; null when it is open. */
export function stageLine(stage: ConversationStage, peer: string, now: number): Line | null {
  switch (stage.kind) {
    case "open":
      return null;
    case "to_agree":
      return {
        tone: "plain",
        words: `You have not confirmed ${peer} from this browser yet. If you know of this connection, agree.`,
      };
    case "waiting_for_device":
      return {
        tone: "plain",
        words:
          stage.whose === "peer"
            ? `${peer} has not opened QuantumChat in a browser yet. What you write waits, and goes out by itself.`
            : "Adding this browser to your account…",
      };
    case "making_keys":
      // Told above the composer, with what to do.
      if (stage.refused !== null) return null;
      if (stage.waitsFor === "quantum_service") {
        return {
          tone: "plain",
          words: "The service that adds fresh randomness is away. Keys are made when it is back; what you write waits.",
        };
      }
      if (stage.waitsFor === "hardware") return { tone: "plain", words: NO_HARDWARE };
      if (stage.waitsFor === "clock") {
        return {
          tone: "caution",
          words:
            "The clock of this device is weeks off, so the other side’s keys look out of date. Set it, and keys are made.",
        };
      }
      return { tone: "plain", words: `Making keys with ${possessive(peer)} browser…` };
    case "being_added":
      return {
        tone: "plain",
        words: `${stage.lost ? "This browser needs new keys for this conversation" : "This conversation began before this browser was added"}. It gets its keys when ${peer} or another browser of yours is online; what you write waits.`,
      };
    case "removed":
      return {
        tone: "caution",
        words: `${stage.by} removed this browser ${inSentence(stage.at, now)}. What it has read stays here.`,
      };
    case "closed":
      return { tone: stage.by === "server" ? "critical" : "plain", words: CLOSED[stage.by](peer) };
  }
}

/** Why nothing may be sent, and what to do. */
export function blockWords(
  block: SendBlock,
  peer: string,
  since: number | null,
  now: number,
): { title: string; text: string } {
  switch (block) {
    case "key_changed":
      return {
        title: `${possessive(peer)} keys changed${since === null ? "" : ` ${inSentence(since, now)}`}`,
        text: `This happens when somebody starts over with new keys. Ask ${peer} in another way, by phone or in person, whether that is so. Until then nothing is sent.`,
      };
    case "keys_differ":
      return {
        title: `Your browsers saw different keys for ${peer}`,
        text: `One of them may have been shown a false key. Compare the safety number with ${peer} in person. Until then nothing is sent.`,
      };
    case "key_swapped":
      return {
        title: `The keys that ${peer} named are not those that you were shown`,
        text: `Somebody may stand between you. Compare the safety number with ${peer} in person; if it is the same, mark it as verified. Until then nothing is sent.`,
      };
    case "not_connected":
      return { title: `You and ${peer} are not connected any more`, text: "You can still read what was written." };
    case "blocked":
      return { title: `You have blocked ${peer}`, text: "Unblock to write again." };
    case "misbehaved":
      return { title: "Sending has stopped here", text: "The server broke a rule that protects this conversation." };
  }
}

const LACKS = {
  deleted: "Message deleted",
  newer: "A message that needs a newer version",
  missing: "A message that is not in this browser",
};

/** The text of a message, or why there is none. */
export const textWords = ({ text, lacks }: { text: string; lacks: keyof typeof LACKS | null }): string =>
  lacks === null ? text : LACKS[lacks];

/** The second line of a row in the list. */
export function previewLine(conversation: Conversation): string {
  const { stage, preview, draft } = conversation;
  if (draft !== "") return `Draft: ${draft}`;
  if (preview !== null) return `${preview.mine ? "You: " : ""}${textWords(preview)}`;
  switch (stage.kind) {
    case "waiting_for_device":
      return stage.whose === "peer" ? "Has not opened a browser yet" : "Adding this browser…";
    case "making_keys":
      return "Making keys…";
    case "to_agree":
      return "Not confirmed yet";
    case "being_added":
      return "Waiting for keys…";
    case "removed":
      return "This browser was removed";
    case "closed":
      return "Ended";
    case "open":
      return "No messages yet";
  }
}
