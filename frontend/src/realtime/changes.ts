/**
 * Every way in which the engine changes what the user interface knows. The engine publishes these; the features' slices
 * listen. Each change is whole: applying it twice gives the same state.
 */
import { createAction } from "@reduxjs/toolkit";
import type {
  AccountState,
  Conversation,
  ConversationDetails,
  Download,
  Editing,
  Finding,
  Id,
  LineState,
  OwnDevice,
  Person,
  Privacy,
  Request,
  Join,
  Room,
  SignIn,
  TimelineEntry,
  Upload,
} from "./state";

/** `whole` replaces what the store has; `older` and `newer` go beside it, if it still begins or ends at `beside`. */
export interface Page {
  conversationId: Id;
  which: "whole" | "older" | "newer";
  beside: number | null;
  /** Ascending. */
  entries: TimelineEntry[];
  /** The positions of the log that it spans. */
  from: number;
  to: number;
  hasOlder: boolean;
  hasNewer: boolean;
}

export const changes = {
  /** Leaving `signed_in` clears everything else from the store. */
  account: createAction<AccountState>("account/changed"),
  ownDevices: createAction<OwnDevice[]>("account/devices"),
  signIns: createAction<SignIn[]>("account/signIns"),
  /** Broken rules that belong to no conversation (the server's name, the pins, an own device list); the whole list. */
  accountFindings: createAction<Finding[]>("account/findings"),

  privacy: createAction<Privacy>("account/privacy"),

  line: createAction<LineState>("line/changed"),
  /** quantum_service, as app_service sees it. */
  quantum: createAction<{ available: boolean }>("line/quantum"),

  /** The whole list: after start and after a resync. */
  people: createAction<Person[]>("people/all"),
  person: createAction<Person>("people/one"),
  presence: createAction<{ online: Id[] } | { id: Id; online: boolean }>("people/presence"),

  requests: createAction<Request[]>("requests/all"),
  request: createAction<Request>("requests/one"),
  requestGone: createAction<{ id: Id }>("requests/gone"),

  conversations: createAction<Conversation[]>("conversations/all"),
  conversation: createAction<Conversation>("conversations/one"),
  rooms: createAction<Room[]>("rooms/all"),
  room: createAction<Room>("rooms/one"),
  joins: createAction<Join[]>("rooms/joins"),
  join: createAction<Join>("rooms/join"),

  /** What is being written; known here before it is kept. */
  draft: createAction<{ conversationId: Id; draft: string }>("conversations/draft"),
  editing: createAction<{ conversationId: Id; editing: Editing | null }>("conversations/editing"),

  /** Who else writes there just now. */
  typing: createAction<{ conversationId: Id; people: Id[] }>("conversations/typing"),

  conversationGone: createAction<{ id: Id }>("conversations/gone"),

  /** A page of the local history. */
  page: createAction<Page>("timeline/page"),
  /** New or changed entries; an entry with a known id takes the old one's place. Ignored while no page is loaded. */
  entries: createAction<{ conversationId: Id; entries: TimelineEntry[] }>("timeline/entries"),
  entryGone: createAction<{ conversationId: Id; id: Id }>("timeline/gone"),

  upload: createAction<Upload>("files/upload"),
  uploadGone: createAction<{ id: Id }>("files/uploadGone"),
  download: createAction<Download>("files/download"),
  downloadGone: createAction<{ ref: string }>("files/downloadGone"),

  details: createAction<{ conversationId: Id; details: ConversationDetails }>("details/changed"),
};

export type Change = ReturnType<(typeof changes)[keyof typeof changes]>;
export type Publish = (change: Change) => void;
